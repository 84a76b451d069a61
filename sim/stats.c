/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/stats.h"

#include <string.h>

static void count(struct sim_stats *s, const char *name, uint64_t n)
{
    for (unsigned i = 0; i < s->n_kinds; i++) {
        if (s->kind[i].name == name || !strcmp(s->kind[i].name, name)) {
            s->kind[i].n += n;
            return;
        }
    }
    if (s->n_kinds == SIM_STATS_KINDS) {
        s->other_kinds += n;
        return;
    }
    s->kind[s->n_kinds++] = (struct sim_stats_kind){ name, n };
}

void sim_stats_event(struct sim_stats *s, const char *name)
{
    count(s, name, 1);
}

void sim_stats_join(struct sim_stats *sum, const struct sim_stats *more)
{
    for (unsigned i = 0; i < more->n_kinds; i++) {
        count(sum, more->kind[i].name, more->kind[i].n);
    }
    sum->other_kinds += more->other_kinds;
    sum->spi_bytes += more->spi_bytes;
    sum->trains += more->trains;
    sum->frames += more->frames;
    sum->frames_refused += more->frames_refused;
}
