/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outcome.h - what came of a session, seen from the user's desk: is the chip right, and if not, does anybody know?
 *
 *      right     every step worked, and the chip holds what they asked for
 *      noticed   a step failed: the host, or its user, knows
 *      silent    every step worked, so all was said to be well, and the chip holds something else
 *      unknown   every step worked, and what they asked for is not known: avrdude, other programs, bare instructions and
 *                bytes, steps that are to fail
 *
 * What the chip holds is looked up in its cells, not read through the pins: faults on the wires would also be faults of the
 * reading. That both agree where no fault is, tests/judge_cli.py tries. What `expect` finds at the end is the bench's
 * knowledge, not the host's: it makes no difference here.
 */
#ifndef HARNESS_RUN_OUTCOME_H
#define HARNESS_RUN_OUTCOME_H

#include "harness/board/board.h"
#include "sim/nvm.h"

enum outcome { OUTCOME_NOT_RUN, OUTCOME_RIGHT, OUTCOME_NOTICED, OUTCOME_SILENT, OUTCOME_UNKNOWN, OUTCOMES };

const char *outcome_name(enum outcome o); /* "right", "noticed", "silent", "unknown"; "not_run" */

struct outcome_watch {
    struct nvm_cells must; /* what the chip should hold: at first what it holds */
};

/* Before the steps. */
void outcome_begin(struct outcome_watch *w, struct board *b);
/*
 * After them: lets the last write end. step_failed: one of them did not work. cells (size bytes): where the chip holds
 * something else than was asked for; "": nowhere, or that is not known.
 */
enum outcome outcome_end(struct outcome_watch *w, struct board *b, bool step_failed, char *cells, size_t size);

#endif
