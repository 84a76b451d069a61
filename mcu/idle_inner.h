/* SPDX-License-Identifier: GPL-3.0-or-later */
/* idle_inner.h - what the parts of idle_skip.h have of each other */
#ifndef MCU_IDLE_INNER_H
#define MCU_IDLE_INNER_H

#include "mcu/idle_skip.h"

#define WAIT_LEAST_CK 16 /* after a probe that failed, doubled each time */

/* The run ends at `end` at the latest; 0: at once. */
uint64_t idle_end_now(const avr_t *avr, uint64_t end);

/* So much was added, not executed. */
void idle_skipped(struct idle_skip *k, enum idle_means means, uint64_t ck, uint64_t instructions);

/* The core is in the lap: as many as end before `end` are over. Returns the cycle up to which it goes on so. */
uint64_t idle_skip_laps(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/* Calls and what lies between them are over. */
void idle_pass_calls(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_leap *leap);
/* Fewer calls than were asked for went the recorded way. */
void idle_calls_missed(struct idle_skip *k, const struct idle_leap *leap);

/* ---- at a jump's target; true: it was one of these, and has been skipped as far as it goes ---- */

bool idle_skip_poll(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/*
 * n counts down: NOPs, one of SBIW, DEC, SUBI SBCI SBCI..., NOPs, BRNE back; RJMP to the next instruction is a NOP. What is left of it is laps; all but the last two
 * are taken off at once (the last leaves the loop, the one before sets the flags). Calls of a handler that only counts are
 * skipped with the laps between them, all but the last, before which a lap is executed.
 */
bool idle_skip_count(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);
/* Can so many more laps hold two calls, which come so often? Of the core somewhere in the loop: more or less. */
bool idle_count_is_worth_calls(const struct idle_count *c, const avr_t *avr, uint64_t period_ck);

#endif
