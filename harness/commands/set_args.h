/* SPDX-License-Identifier: GPL-3.0-or-later */
/* set_args.h - the option --set PATH=VALUE of commands that load a scenario */
#ifndef HARNESS_COMMANDS_SET_ARGS_H
#define HARNESS_COMMANDS_SET_ARGS_H

#include "harness/scenario/scenario.h"

#include <argp.h>

struct set_args { /* zeroed at first; a command names set_args_argp as a child and hands it this (child_inputs) */
    struct scenario_set *sets;
    unsigned n;
};

extern const struct argp set_args_argp;

void set_args_free(struct set_args *a);

#endif
