/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_choice.h - which of the scenarios that were named: the options --tag and --not-tag of run, sweep and judge
 *
 * An argp child of each of these commands. It fills struct scenario_choice.
 */
#ifndef HARNESS_COMMANDS_SCENARIO_CHOICE_H
#define HARNESS_COMMANDS_SCENARIO_CHOICE_H

#include "harness/scenario/scenario.h"

#include <argp.h>

#define SCENARIO_CHOICE_MOST 32

struct scenario_choice { /* zeroed: all of them */
    const char *tags[SCENARIO_CHOICE_MOST], *not_tags[SCENARIO_CHOICE_MOST];
    unsigned n_tags, n_not_tags;
};

extern const struct argp scenario_choice_argp; /* input: struct scenario_choice */

/* Of a scenario with these tags, "isp, slow": one of those wanted is there, if any is wanted, and none of the others. */
bool scenario_choice_takes(const struct scenario_choice *c, const char *tags);
/* Is anything left out at all? */
bool scenario_choice_is_made(const struct scenario_choice *c);
/* Its own, and those that every scenario has: "field, mcu, stk500v1"; to be freed. */
char *scenario_choice_tags(const struct scenario *s);

#endif
