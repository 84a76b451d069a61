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

/* Each line by itself, without its end; told = called for each. */
void board_stats_tell(struct board *b, void (*told)(void *ctx, const char *line), void *ctx);

#endif
