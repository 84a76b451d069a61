/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_stats.h - where the work of a run went, as lines of text: --stats
 *
 * Instructions executed and skipped by each core, by what means, and events by kind. Simulated work only: the same run
 * gives the same lines. A board made with board_options.stats.
 */
#ifndef HARNESS_BOARD_BOARD_STATS_H
#define HARNESS_BOARD_BOARD_STATS_H

#include "harness/board/board.h"
#include "mcu/core_work.h"
#include "sim/stats.h"

struct board_work { /* of one run, or of several added up; zero it */
    uint64_t runs;
    bool has_programmer, has_target; /* a core of that name */
    struct core_work programmer, target;
    uint64_t events, simulated_ps;
    struct sim_stats stats;
};

/* Adds what was done on a board made with board_options.stats; without, nothing is added. */
void board_work_add(struct board_work *sum, struct board *b);
/* Adds what was added up elsewhere. */
void board_work_join(struct board_work *sum, const struct board_work *more);
/* Each line by itself, without its end; told = called for each. */
void board_work_tell(const struct board_work *w, void (*told)(void *ctx, const char *line), void *ctx);

/* Of one board. */
void board_stats_tell(struct board *b, void (*told)(void *ctx, const char *line), void *ctx);

#endif
