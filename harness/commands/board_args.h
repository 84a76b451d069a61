/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_args.h - options of every command that puts up a board: --vcd --vcd-profile --csv --vcd-tick --chip --seed --firmware ...
 *
 * A command names board_args_argp as a child of its own parser and hands it a struct board_args (child_inputs).
 */
#ifndef HARNESS_COMMANDS_BOARD_ARGS_H
#define HARNESS_COMMANDS_BOARD_ARGS_H

#include "harness/base/outputs.h"
#include "harness/board/board.h"
#include "harness/commands/wave_range.h"
#include "harness/run/kept_chip.h"

#include <argp.h>

struct board_args { /* begin with board_args_default */
    const char *vcd, *csv, *chip, *firmware;
    uint64_t tick_ps;        /* of the VCD */
    struct wave_range range; /* the part of it that is wanted */
    const char *signals;     /* of them; NULL: all */
    bool full;               /* with what the simulation knows as strings (wave/doc_write.h) */
    bool notes;              /* keep what the simulation knows beside the wires: for pictures */
    bool record;             /* record, though no file is named yet */
    bool has_seed;
    uint64_t seed;
    sim_time budget_ps; /* 0: not given */
    uint64_t budget_ck;
    const volatile int *stop; /* see struct board_options */
    bool no_shortcuts;
    bool stats;       /* say where the work went: harness/board/board_stats.h */
    bool has_shuffle; /* sim_shuffle() */
    uint64_t shuffle_seed;
};

extern const struct board_args board_args_default;
extern const struct argp board_args_argp;
/* Only a part of the VCD is wanted, so that it is written at the end. */
bool board_args_cuts(const struct board_args *a);

#define BOARD_ARGS_OUTPUTS 3
/* The files that the options name, for outputs_possible(); their number. */
unsigned board_args_outputs(const struct board_args *a, struct output out[BOARD_ARGS_OUTPUTS]);
/* The firmware goes into s. chip: the one that is kept, if one is; kept_chip_free() it in any case. NULL: err. */
struct board *board_args_new(const struct board_args *a, struct scenario *s, struct kept_chip *chip,
                             struct problem *err);
/* What outlives the board: the chip that is kept, then the waveforms. One that fails keeps no other from its file. */
bool board_args_write(const struct board_args *a, struct board *b, struct kept_chip *chip, struct problem *err);

#endif
