/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnosis.h - why a step failed, as far as the simulation knows: one line, and the way out
 *
 *      step fails --> rows of causes, the deepest first --> "the host speaks at 19200 baud, the firmware listens at 115200"
 *
 * Looked at is what was found since the step began; then since its session began; then, where something that was
 * written is compared, all of the run. A further cause is a row in diagnosis.c. What no row knows has no line: a guess
 * would be worse.
 */
#ifndef HARNESS_RUN_DIAGNOSIS_H
#define HARNESS_RUN_DIAGNOSIS_H

#include "harness/board/board.h"
#include "harness/exec/exec.h"
#include "harness/run/diagnosis_facts.h"

#define DIAGNOSIS_BYTES 600

void diagnosis_begin(struct diagnosis *d, struct board *b);
/* The step's program has ended: args as it got them, NULL at the end. */
void diagnosis_program_ended(struct diagnosis_program *p, const char *program, const char *const *args, bool on_target,
                             const struct exec_result *result);
/* False: nothing is known. */
bool diagnosis_make(const struct diagnosis *d, struct board *b, char *buf, size_t n);

#endif
