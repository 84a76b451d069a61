/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_calls.h - an interrupt handler that only counts, many times in one, while the core waits in a kept lap
 *
 *      flag --> handler --> lap ... lap --> flag --> handler --> lap ...      every `period` cycles
 *      '-------------- n calls and the laps between them: one step -----'
 *
 * A call is recorded as laps are (idle_lap.h): what it makes of the bytes that it reads. It only counts if registers and
 * flags are as they were whatever they were, nothing of them is used, it touches no I/O, and does not depend on them.
 * Counted bytes that lie side by side are taken for one number that grows by as much with each call as it did when the
 * call was recorded. That is a guess: the calls are computed beside each other (idle_lanes.h), each from the number that
 * it should find, and hold only as far as each leaves what the next one began with, carries included, and all branches go
 * the recorded way. When each call comes is computed from the lap's instructions: an interrupt waits for the next
 * boundary.
 * Exact if    no other event comes; the lap reads no I/O by callbacks; the last of the calls is executed (it leaves what lies
 *             below SP).
 * In mid-lap  right behind a call, where the lap neither pushes, calls nor changes I, and reads nothing that the handler
 *             counts: idle_calls_leap() ends where it began in the lap.
 * From start  of laps that do all that: idle_calls_leap_from_start() ends at the start of a lap, with at least one to be
 *             added before the next call (it sets what laps leave). The laps are computed, too, with what each call leaves.
 *             An interrupt comes only where I is set and was before; a call between two reads of what it counts is not
 *             skipped; none of those skipped pushes deeper than the one executed, so what lies below SP is that one's.
 * Source      of the flag: its peripheral says when it comes again (struct idle_beat).
 */
#ifndef MCU_IDLE_CALLS_H
#define MCU_IDLE_CALLS_H

#include "mcu/idle_lap.h"

struct idle_beat {         /* a flag that comes again and again */
    uint64_t next, period; /* cycles */
    uint64_t limit;        /* before this one nothing else happens to the core, and the run goes on */
    uint64_t quiet;        /* the same wherever the run ends, as long as nobody touches the core; at least limit */
};

#define CALL_DIGITS 8 /* bytes of a number */
#define CALL_LANES 16 /* calls computed at least */

struct idle_number { /* bytes side by side that it reads and writes, the lowest first: their slots */
    unsigned n, slot[CALL_DIGITS];
};

struct idle_call {
    struct idle_lap lap; /* of the handler, from its first instruction to behind RETI */
    const void *source;  /* of the interrupt */
    uint64_t ck;         /* from where it is taken to behind RETI */
    uint64_t code_changes;
    uint8_t misses;     /* in a row: the calls went another way */
    uint8_t recordings; /* since the code was changed */
    unsigned lanes;     /* calls that are computed at a time: about as many as hold */
    unsigned n_numbers;
    struct idle_number number[LANE_BYTES];
};

struct idle_leap { /* what calls and laps come to */
    uint64_t calls, to_cycle, taken_ck, instructions;
    uint64_t quiet;           /* before this cycle all is known, wherever the run ends; 0: nothing is */
    unsigned follow;          /* calls that go the recorded way, of those that could be asked */
    uint8_t byte[LANE_BYTES]; /* what the handler's bytes are then */
};

/* Once the lap is recorded. */
void idle_calls_prepare(struct idle_call *call);
/* Can calls come between laps of this one, and be skipped with them? */
bool idle_calls_fit(const struct idle_call *call, const struct idle_lap *lap, const struct fast_core *f,
                    const avr_t *avr);
/* Of the core in the lap, right behind a call. False: not one call can be skipped. */
bool idle_calls_leap(struct idle_call *call, const struct idle_lap *lap, const avr_t *avr, const struct idle_beat *beat,
                     struct idle_leap *leap);
/* The same for laps that call, push, change I or read what it counts. */
bool idle_calls_fit_start(const struct idle_call *call, const struct idle_lap *lap, const struct fast_core *f);
/* Of the core at the lap's start, which has been computed for what it reads now. */
bool idle_calls_leap_from_start(struct idle_call *call, const struct idle_lap *lap, const avr_t *avr,
                                const struct idle_beat *beat, struct idle_leap *leap);
/* The handler's bytes become what the leap says. */
void idle_calls_leave(const struct idle_call *call, const struct idle_leap *leap, avr_t *avr);

/* ---- for idle_counts.c, too ---- */

/* Can calls come while the program only uses registers, and be skipped? SP need not be what it was. */
bool idle_calls_fit_registers(const struct idle_call *call, const struct fast_core *f, const avr_t *avr);
/* As many as may come, and are worth computing. */
unsigned idle_calls_at_once(const struct idle_call *call, const avr_t *avr, const struct idle_beat *beat);
/* What n calls leave goes into l. How many of them go the recorded way. */
unsigned idle_calls_compute(struct idle_call *call, const avr_t *avr, struct lanes *l, unsigned n);
/* What leap->calls of them leave goes into leap->byte. */
void idle_calls_left(const struct idle_call *call, const struct lanes *l, struct idle_leap *leap);

/* ---- for idle_wakes.c, too ---- */

/* What each of n calls should find in bytes goes into l. */
void idle_calls_load_bytes(const struct idle_call *call, const avr_t *avr, struct lanes *l, unsigned n);
/* How many calls from here on are as recorded, 0..n; before: what each should find, l: what it leaves. */
unsigned idle_calls_that_follow(const struct idle_call *call, const struct lanes *before, const struct lanes *l,
                                unsigned n);
/* About as many are computed next time as held this time, twice as many if all did. */
void idle_calls_choose_lanes(struct idle_call *call, unsigned asked, unsigned held);

#endif
