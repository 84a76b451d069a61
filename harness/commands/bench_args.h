/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_args.h - what `serve` and `exec` have alike on their command lines: options of the board, --set, one SCENARIO;
 * and the board that comes of them
 */
#ifndef HARNESS_COMMANDS_BENCH_ARGS_H
#define HARNESS_COMMANDS_BENCH_ARGS_H

#include "harness/commands/board_args.h"
#include "harness/commands/set_args.h"

struct bench_args { /* begin with zeros */
    struct board_args board;
    struct set_args set;
    const char *scenario; /* NULL: the built-in board */
    const char *hint;     /* after the complaint about a second one; NULL: none */
    struct scenario *loaded;
    struct kept_chip chip;
    struct output more; /* a further file that is written; path NULL: none */
};

extern const struct argp bench_args_argp; /* a child: its input is the struct */

/* Loads the scenario. more: a further file that is written, or NULL. place: for places_possible(). False: err. */
bool bench_args_load(struct bench_args *a, const struct output *more, const struct output *place, unsigned n_places,
                     struct problem *err);
/* The board of what was loaded; NULL: err. stop: see struct board_options. */
struct board *bench_args_board(struct bench_args *a, const volatile int *stop, struct problem *err);
/* After the board. */
void bench_args_free(struct bench_args *a);

#endif
