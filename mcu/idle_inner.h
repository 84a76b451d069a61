/* SPDX-License-Identifier: GPL-3.0-or-later */
/* idle_inner.h - what the parts of idle_skip.h have of each other */
#ifndef MCU_IDLE_INNER_H
#define MCU_IDLE_INNER_H

#include "mcu/fast_kinds.h"
#include "mcu/idle_skip.h"

#define WAIT_LEAST_CK 16 /* after a probe that failed, doubled each time */

/* The run ends at `end` at the latest; 0: at once. */
static inline uint64_t idle_end_now(const avr_t *avr, uint64_t end)
{
    const avr_cycle_timer_slot_t *timer = avr->cycle_timers.timer;
    if (avr->interrupt_state || !avr->run_cycle_count || !timer) {
        return 0;
    }
    return timer->when < end ? timer->when : end;
}

/* So much was added, not executed. */
static inline void idle_skipped(struct idle_skip *k, enum idle_means means, uint64_t ck, uint64_t instructions)
{
    k->computed_ck += ck;
    k->skipped_ck[means] += ck;
    k->skipped_instructions[means] += instructions;
    k->skips[means] += ck != 0;
}

/* The core is in the lap: as many as end before `end` are over. Returns the cycle up to which it goes on so. */
uint64_t idle_skip_laps(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/* When the handler's calls come. Beyond the run's end they are of no interest once what comes there is known. */
bool idle_find_beat(const struct idle_skip *k, const struct fast_core *f, const void *source, struct idle_beat *beat);
/* What comes is known up to there, wherever the run ends. */
void idle_tell_quiet(struct idle_skip *k, const struct fast_core *f, uint64_t cycle);
/* Calls and what lies between them are over. */
void idle_pass_calls(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_leap *leap);
/* Fewer calls than were asked for went the recorded way. */
void idle_calls_missed(struct idle_skip *k, const struct idle_leap *leap);

/* ---- counting loops ---- */

/* One begins at pc. */
bool idle_count_find(const struct fast_core *f, uint32_t pc, struct idle_count *c);
/* Laps, with the one that leads out. */
uint64_t idle_count_left(const struct idle_count *c, const avr_t *avr);
void idle_count_take(const struct idle_count *c, avr_t *avr, uint64_t n);

struct idle_laps { /* that only use registers, from a lap's start on */
    uint64_t ck, instructions;
    uint64_t most;        /* may be skipped */
    uint64_t executed_ck; /* before the last call */
};

/* Are there calls that can be skipped with such laps? *beat: when they come. */
bool idle_calls_come_between(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr,
                             struct idle_beat *beat);
/* Laps that were skipped with calls between them, 0: none. Registers are the caller's business. */
uint64_t idle_skip_calls_between(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_laps *way,
                                 const struct idle_beat *beat);

/* The first instruction at a jump's target says which it can be. */
static inline bool idle_may_be_poll(enum fast_kind kind)
{
    return kind == IN || kind == LDS || kind == SBIS || kind == SBIC;
}

static inline bool idle_may_be_count(enum fast_kind kind)
{
    return kind == DEC || kind == SBIW || kind == SUBI || kind == NOP || kind == RJMP;
}

/* ---- at a jump's target; true: it was one of these, and has been skipped as far as it goes ---- */

bool idle_skip_poll(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/*
 * n counts down: NOPs, one of SBIW, DEC, SUBI SBCI SBCI..., NOPs, BRNE back; RJMP to the next instruction is a NOP. What
 * is left of it is laps; all but the last two are taken off at once (the last leaves the loop, the one before sets the
 * flags). Calls of a handler that only counts are skipped with the laps between them, all but the last, before which a lap
 * is executed.
 */
bool idle_skip_count(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);
#define COUNT_NEAR 64 /* bytes of code from the outer loop's start to the inner one's */

/* The counting loop met last lies ahead. */
static inline bool idle_count_is_near(const struct idle_skip *k, uint32_t pc)
{
    return k->count.pc >= pc && k->count.pc - pc <= COUNT_NEAR;
}

/*
 * A loop around a counting loop that is near (for (i = 0; i < ms; i++) _delay_ms(1), DEC in DEC), as long as each of its
 * laps takes as long as the last and uses only registers: many laps at once, and calls between them. A lap is recorded with
 * the counting loop as one step; registers that change are guessed as what calls count is (idle_calls.h), and hold as far
 * as each lap leaves what the next began with.
 */
bool idle_skip_nest(struct idle_skip *k, struct idle_place *place, struct fast_core *f, avr_t *avr, uint64_t end);
/* The core is in its code. */
bool idle_nest_is_at(const struct idle_nest *nest, const struct fast_core *f, const avr_t *avr);
enum idle_recorded idle_record_nest(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end);

/* Can so many more laps hold two calls, which come so often? Of the core somewhere in the loop: more or less. */
bool idle_count_is_worth_calls(const struct idle_count *c, const avr_t *avr, uint64_t period_ck);

#endif
