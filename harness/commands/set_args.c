/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/set_args.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_SET = 0x200000 };

static const struct argp_option option_table[] = {
    { "set", OPT_SET, "PATH=VALUE", 0, "Set a value of the scenario, such as board.target.fuses.low=0x62", 0 },
    { 0 },
};

static void add_set(struct set_args *a, char *arg, struct argp_state *state)
{
    char *equals = strchr(arg, '=');

    if (!equals) {
        argp_error(state, "--set %s: expected PATH=VALUE", arg);
    }
    *equals = '\0'; /* argv is ours */
    a->sets = memory_grown(a->sets, a->n + 1, sizeof *a->sets);
    a->sets[a->n++] = (struct scenario_set){ arg, equals + 1 };
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    if (key != OPT_SET) {
        return ARGP_ERR_UNKNOWN;
    }
    add_set(state->input, arg, state);
    return 0;
}

const struct argp set_args_argp = { .options = option_table, .parser = parse };

void set_args_free(struct set_args *a)
{
    free(a->sets);
    *a = (struct set_args){ .n = 0 };
}
