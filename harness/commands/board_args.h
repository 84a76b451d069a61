/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_args.h - options of every command that puts up a board: --vcd --csv --vcd-tick --chip --seed --firmware
 *
 * A command names board_args_argp as a child of its own parser and hands it a struct board_args (child_inputs).
 */
#ifndef HARNESS_COMMANDS_BOARD_ARGS_H
#define HARNESS_COMMANDS_BOARD_ARGS_H

#include "harness/board/board.h"
#include "harness/run/kept_chip.h"

#include <argp.h>

struct board_args { /* begin with board_args_default */
    const char *vcd, *csv, *chip, *firmware;
    uint64_t tick_ps; /* of the VCD */
    bool has_seed;
    uint64_t seed;
};

extern const struct board_args board_args_default;
extern const struct argp board_args_argp;

/* Can the files be written that the options name? */
bool board_args_can_write(const struct board_args *a, struct problem *err);
/* The firmware goes into s. chip: the one that is kept, if one is; kept_chip_free() it in any case. NULL: err. */
struct board *board_args_new(const struct board_args *a, struct scenario *s, struct kept_chip *chip,
                             struct problem *err);
/* The waveforms that the options ask for. */
bool board_args_write(const struct board_args *a, struct board *b, struct problem *err);

#endif
