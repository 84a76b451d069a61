/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/turn_taking.h"

const struct turn_taking_limits turn_taking_limits_default = { 100 * SIM_MS, 5 * SIM_S };

void turn_taking_init(struct turn_taking *t, const struct turn_taking_limits *limits)
{
    *t = (struct turn_taking){ .limits = *limits };
}

void turn_taking_asked(struct turn_taking *t, sim_time at_ps)
{
    t->programmer_has_word = true;
    t->answered = false;
    t->last_ps = at_ps;
}

void turn_taking_line_busy(struct turn_taking *t, sim_time at_ps)
{
    t->last_ps = at_ps;
}

void turn_taking_answered(struct turn_taking *t, sim_time at_ps)
{
    t->answered = true;
    t->last_ps = at_ps;
}

bool turn_taking_runs(struct turn_taking *t, sim_time now_ps)
{
    if (t->programmer_has_word && now_ps - t->last_ps >= (t->answered ? t->limits.quiet_ps : t->limits.overdue_ps)) {
        t->programmer_has_word = false;
    }
    return t->programmer_has_word;
}
