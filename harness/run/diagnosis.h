/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnosis.h - why a step failed, as far as the simulation knows: one line, and the way out
 *
 *      step fails --> rows of causes, the deepest first --> "the host speaks at 19200 baud, the firmware listens at 115200"
 *
 * A further cause is a row in diagnosis.c. What no row knows has no line: a guess would be worse.
 */
#ifndef HARNESS_RUN_DIAGNOSIS_H
#define HARNESS_RUN_DIAGNOSIS_H

#include "harness/board/board.h"
#include "sim/checker.h"

#define DIAGNOSIS_BYTES 500

struct diagnosis { /* what had been found when the step began */
    uint64_t findings[CHECKER_RULES];
    uint64_t rx_overruns;
    sim_time since_ps;
};

void diagnosis_begin(struct diagnosis *d, struct board *b);
/* False: nothing is known. */
bool diagnosis_make(const struct diagnosis *d, struct board *b, char *buf, size_t n);

#endif
