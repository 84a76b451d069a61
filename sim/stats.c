/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/stats.h"

#include <string.h>

void sim_stats_event(struct sim_stats *s, const char *name)
{
    for (unsigned i = 0; i < s->n_kinds; i++) {
        if (s->kind[i].name == name || !strcmp(s->kind[i].name, name)) {
            s->kind[i].n++;
            return;
        }
    }
    if (s->n_kinds == SIM_STATS_KINDS) {
        s->other_kinds++;
        return;
    }
    s->kind[s->n_kinds++] = (struct sim_stats_kind){ name, 1 };
}
