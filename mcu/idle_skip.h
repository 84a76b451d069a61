/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_skip.h - waiting loops of a core, advanced whole laps at a time
 *
 *      jump backwards --> state remembered --> one lap, noting what it touches --> the same state again?
 *                                                                                  then n laps are one addition
 *
 * Skipped is only what provably changes nothing but time. A lap counts as such when registers, SREG, SP and every
 * byte it stored are as they were at its start, and it touched no I/O but registers that stay until an event (their
 * peripheral says so: struct fast_io) and stores of the value that is there. Then it repeats until something from
 * outside comes: the next cycle timer of the core (interrupts, SPIF, the end of the run, which is the kernel's next
 * event), or the cycle at which one of those registers changes by itself (a timer's flag). Laps are added only while
 * they end before that; what remains of the last one is executed.
 * Orbit       while nothing that such a lap reads has changed, the core goes on from wherever in the lap it was
 *             left, without a probe: most events (bits on the UART) don't concern it.
 * Returns     an interrupt that leaves all that a kept lap reads as it was comes back into the lap: no probe either.
 * Calls       of a handler that only counts, and the laps between them: many at once, idle_calls.h.
 * Wakes       of a core that sleeps in a loop, by a handler that only counts: idle_wakes.h.
 * Polls       of one bit (IN SBRS RJMP, SBIS RJMP, LDS SBRS RJMP): the same without a lap, in closed form.
 * Places      a jump's target that gave no lap is passed by some times before it is tried again.
 * Counts      of SBIW/BRNE, DEC/BRNE and SUBI/SBCI/BRNE loops: the count is reduced, the last lap executed; with calls
 *             between the laps, too: idle_counts.c. Loops around such loops: idle_nest.c.
 * Kept        laps that are met often, or read TCNT, are recorded once and computed from then on: idle_lap.h.
 * Erased      flash of FFs is SBRS r31,7: while that bit is 0, pc and cycle go up together.
 * Off         sim.no_shortcuts: everything is executed. tests/shortcuts_test.c holds both ways against each other.
 */
#ifndef MCU_IDLE_SKIP_H
#define MCU_IDLE_SKIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcu/fast_core.h"
#include "mcu/idle_calls.h"
#include "mcu/idle_lap.h"
#include "mcu/idle_wakes.h"

struct idle_state { /* of a core: what decides how it goes on, without memories */
    uint8_t reg[32], sreg[8], sp[2];
    uint64_t cycle;
};

#define IDLE_PLACES 64

struct idle_place { /* a target of jumps backwards */
    uint32_t pc;
    uint16_t passes;            /* left without a probe */
    uint8_t fails, interrupted; /* probes in a row */
    uint8_t laps, not_kept;     /* found by probes; recordings without one, in a row */
    uint8_t no_nest;            /* recordings as a loop around a counting loop that gave none */
};

#define IDLE_KEPT 8 /* laps recorded */

struct idle_poll { /* of one bit, in a loop */
    uint32_t pc;
    uint64_t code_changes;
    uint64_t lap_ck;          /* 0: none */
    unsigned at;              /* data address */
    uint8_t mask, goes_on_at; /* while (value & mask) == goes_on_at */
    int reg;                  /* that gets the value, -1: none */
};

#define COUNT_BYTES 4

struct idle_count {   /* a counting loop */
    uint32_t pc, end; /* of its first instruction, and behind its last */
    uint64_t code_changes;
    uint64_t ck; /* of a lap */
    unsigned instructions, bytes;
    uint8_t reg[COUNT_BYTES]; /* the lowest first */
};

struct idle_nest { /* a loop around a counting loop */
    struct idle_lap lap;
    uint32_t last_pc; /* of its jump back */
    uint8_t misses;   /* in a row */
};

struct idle_left {              /* where an interrupt took the core out of a kept lap, or a counting loop */
    const struct idle_lap *lap; /* NULL: nowhere */
    bool in_count, in_nest;
    uint32_t pc;
    const void *source; /* of the interrupt */
    bool entered;       /* the handler is about to begin */
    struct idle_state state;
    uint8_t byte[LANE_BYTES];
};

struct idle_erased { /* words of FF, as of so many changes of code */
    uint64_t changes;
    uint32_t from, to;
};

enum idle_means { IDLE_LAPS, IDLE_POLLS, IDLE_COUNTS, IDLE_TIMER_LAPS, IDLE_ERASED, IDLE_CALLS, IDLE_MEANS };

struct idle_skip {
    bool off;
    uint32_t wait_ck; /* without probes after one that failed */
    struct idle_state start;
    struct idle_place place[IDLE_PLACES]; /* by pc, the last one met */
    struct idle_lap kept[IDLE_KEPT], recorded;
    const struct idle_lap *in_kept; /* the lap that the core is in, if it is one of these */
    struct idle_poll poll;          /* met last */
    struct idle_count count;        /* met last */
    uint64_t count_waits_for;       /* a flag: its call, or the one behind it, goes another way */
    struct idle_nest nest;
    struct idle_left left;
    struct idle_call call;                                                  /* the handler recorded last */
    struct idle_wake wake;                                                  /* of a core that sleeps in a loop */
    bool (*beat_of)(void *ctx, const void *source, struct idle_beat *beat); /* ctx: fast_core's */
    void (*pass_calls)(void *ctx, const void *source, const struct idle_leap *leap);
    void (*wake_lazy)(void *ctx,
                      uint64_t cycle);        /* NULL, or: interrupts that are not planned while I is clear are now */
    void (*quiet)(void *ctx, uint64_t cycle); /* before it the core touches nothing, if nobody touches it */
    uint64_t quiet_ck;                        /* the last such cycle, 0: none */
    struct idle_erased erased;
    unsigned next_kept; /* to be given up for another */
    /* the lap that the core is in, if any */
    bool in_lap, wdr;
    uint64_t lap_ck, lap_instructions, start_executed;
    enum idle_means lap_means; /* IDLE_LAPS or IDLE_POLLS */
    uint32_t at_pc;            /* where the core was left, and when */
    uint64_t at_cycle, code_changes;
    unsigned n_reads;
    uint16_t read[FAST_PROBE_READS];
    uint8_t seen[FAST_PROBE_READS];
    /* statistics */
    uint64_t computed_ck; /* added, not executed, so far */
    uint64_t skipped_ck[IDLE_MEANS], skipped_instructions[IDLE_MEANS], skips[IDLE_MEANS];
    uint64_t probes, probes_failed, leaps_from_start, leaps_in_counts, nest_laps,
        wakes; /* leaps: of calls; wakes: skipped */
};

void idle_skip_init(struct idle_skip *k);

/*
 * Executes up to end like fast_core_run(), skipping what can be skipped. The same state at every return as without
 * skipping.
 */
enum fast_stop idle_skip_run(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/* pc stands on erased flash: executes words of FF up to end, or up to other code or the end of flash. */
void idle_skip_erased(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/* Without an interrupt it does nothing else before this cycle; 0: other code. loops: none comes behind flash's end. */
uint64_t idle_skip_erased_until(struct idle_skip *k, const struct fast_core *f, const avr_t *avr, bool loops);

/* An interrupt is about to be taken. Where it changes nothing of the lap, the core is in it again when it returns. */
void idle_skip_interrupted(struct idle_skip *k, struct fast_core *f, const avr_t *avr, const void *source);

/*
 * The core sleeps, and no interrupt is wanted: wakes that only count, with what the program does in them, are passed. Those
 * of the interrupt that comes next must begin at `handler`. ck_before_entry: from the flag to where it is taken.
 */
void idle_skip_wakes(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint32_t handler, uint64_t ck_before_entry);

/* The core goes round in a lap, and touches nothing before this cycle if no interrupt comes; 0: not so, or nobody knows. */
uint64_t idle_skip_quiet_until(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr);

/* Something else than the loop's own code moved the core: an interrupt, a reset, an instruction of simavr's. */
static inline void idle_skip_leave(struct idle_skip *k)
{
    k->in_lap = false;
    k->left.lap = NULL;
    k->left.in_count = k->left.in_nest = false;
    k->wake.woken = k->wake.entered = false;
}

#endif
