/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_wakes.h - a core that sleeps again and again between calls of one interrupt: many wakes in one
 *
 *      asleep --> flag --> handler --> program --> SLEEP, asleep --> flag --> ...      every `period` cycles
 *                 '------------- a wake, so many cycles ---------'
 *
 * A wake is recorded as one lap (idle_record_wake()), handler and program together, so that the program may read and change
 * what the handler counts. Bytes that it reads and changes are taken for numbers that grow by as much with each wake, as
 * idle_calls.h does; wakes are computed beside each other, and hold as far as each goes the recorded way and leaves what
 * the next one should find. Of registers and flags, what is used must come back.
 * Exact if    the next sleep begins before the next flag; no other event comes; the I/O that it reads stays; it changes
 *             none but SMCR. The last three are executed, for what is not computed: what the handler finds in registers and
 *             flags and only saves and restores (one that computes flags, one that saves these in a register, one that pushes
 *             the register), what nobody reads, what lies below SP.
 */
#ifndef MCU_IDLE_WAKES_H
#define MCU_IDLE_WAKES_H

#include "mcu/idle_calls.h"

#define WAKES_EXECUTED 3 /* the last ones */

struct idle_wake {
    struct idle_call call; /* its lap ends with SLEEP; ck: from the flag to there */
    uint32_t asleep_pc;
    unsigned executed;   /* WAKES_EXECUTED */
    uint64_t leads_away; /* the flag whose wake goes another way, as the last leap found; 0: none known */
    /* the wake on its way */
    bool woken, entered; /* the handler is about to be called, or to begin */
    const void *source;
    uint32_t woken_pc;
    uint64_t woken_ck, taken_ck;
};

/* The core, which slept, is about to be interrupted, wake_ck from now. */
void idle_wakes_woken(struct idle_wake *w, const avr_t *avr, uint64_t wake_ck);
void idle_wakes_interrupted(struct idle_wake *w, const avr_t *avr, const void *source);
/* At the handler's first instruction: should this wake be recorded? */
bool idle_wakes_wants_record(const struct idle_wake *w, const struct fast_core *f, const avr_t *avr);
/* Executes and records it. */
void idle_wakes_record(struct idle_wake *w, struct fast_core *f, avr_t *avr, uint64_t end);

/* Of a core asleep: could wakes be skipped? */
bool idle_wakes_fit(const struct idle_wake *w, const struct fast_core *f, const avr_t *avr);
/*
 * Skips as many as can be, but for the flag's own state: the core is asleep again. 0: none. *leap: where to; its quiet
 * holds without a leap, too.
 */
unsigned idle_wakes_skip(struct idle_wake *w, avr_t *avr, const struct idle_beat *beat, struct idle_leap *leap);

#endif
