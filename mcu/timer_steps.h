/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer_steps.h - a quiet timer whose registers are written every few cycles: its steps, inline
 *
 * Where the counter is and what comes next is computed for a long time ahead (timer_count.c): too much work for a store
 * that the next store overtakes. Such a timer is kept as its value and way, and steps tick by tick from store to store,
 * until somebody asks for more than that, or more than a few ticks have passed. For timer_step.c and timer_store.c.
 */
#ifndef MCU_TIMER_STEPS_H
#define MCU_TIMER_STEPS_H

#include "mcu/timer_parts.h"

enum { STEPS_MOST = 16 };

/* What each store goes through is one function then: half of its instructions were calls' otherwise. */
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

/* Out of the way of stores, timer_step.c: ticks on which something happens; a timer begins to step; a quick store has moved
 * an interrupt forward (what its quick way returns). */
void timer_step_by_step(struct timer *t, uint64_t cycle, uint32_t n);
void timer_begin_steps(struct timer *t, uint64_t cycle);
bool timer_arm_quick(struct timer *t);

static inline void raise_flag(struct timer *t, enum timer_flag f)
{
    *t->tifr |= t->flag[f];
}

static inline bool is_pending(const struct timer *t)
{
    return t->ocr[0] != t->ocr_next[0] || t->ocr[1] != t->ocr_next[1];
}

/* In a dual-slope mode: after the mode, the value or TOP became other. */
static ALWAYS_INLINE void find_way(struct timer *t)
{
    if (!timer_is_dual(t)) {
        t->steps.way = TIMER_UP;
    } else if (t->steps.way != TIMER_UP && t->steps.value > t->top) {
        t->steps.way = TIMER_LEAD;
    } else {
        t->steps.value = t->steps.value > t->top ? t->top : t->steps.value;
        t->steps.way = t->steps.way != TIMER_UP && t->steps.value && t->steps.value != t->top ? TIMER_DOWN : TIMER_UP;
    }
}

static ALWAYS_INLINE void take_over(struct timer *t)
{
    t->ocr[0] = t->ocr_next[0];
    t->ocr[1] = t->ocr_next[1];
    t->top = timer_top(t);
    find_way(t);
}

/* The value that is OCRnx of this channel ends. */
static ALWAYS_INLINE void match(struct timer *t, unsigned channel)
{
    unsigned kind = t->steps.now.kind[channel];
    uint8_t *level = &t->steps.now.level[channel];
    raise_flag(t, TIMER_OCFA + channel);
    if (kind == 1) {
        *level = !*level;
    } else if (kind && !timer_is_dual(t)) {
        *level = kind == 3;
    } else if (
        kind) { /* counting up it clears with COMnx 2; that TOP is one of the way down, and BOTTOM of the way up */
        bool up = !t->steps.value || (t->steps.way == TIMER_UP && t->steps.value < t->top);
        *level = up == (kind == 3);
    }
}

static ALWAYS_INLINE void step_single(struct timer *t)
{
    bool is_top = t->steps.value == t->top;
    if (!is_top && t->steps.value != t->max) {
        t->steps.value++;
        return;
    }
    if (t->kind != TIMER_CTC || t->steps.value == t->max) {
        raise_flag(t, TIMER_TOV);
    }
    if (is_top && t->mode->top == TOP_ICR) {
        raise_flag(t, TIMER_ICF);
    }
    t->steps.value = 0;
    if (t->kind == TIMER_FAST) {
        for (unsigned i = 0; i < 2; i++) {
            unsigned kind = t->steps.now.kind[i];
            t->steps.now.level[i] = kind >= 2 ? kind == 2 : t->steps.now.level[i];
        }
        if (is_pending(t)) {
            take_over(t);
        }
    }
}

static ALWAYS_INLINE void step_dual(struct timer *t)
{
    uint32_t was = t->steps.value;
    bool is_top = was == t->top && t->steps.way != TIMER_LEAD;
    if (!was) {
        raise_flag(t, TIMER_TOV);
    }
    if (is_top && t->mode->top == TOP_ICR) {
        raise_flag(t, TIMER_ICF);
    }
    if (is_top || t->steps.way != TIMER_UP) {
        t->steps.value -= was != 0;
        t->steps.way = !t->steps.value ? TIMER_UP : is_top ? TIMER_DOWN : t->steps.way;
    } else {
        t->steps.value++;
    }
    if ((t->kind == TIMER_PHASE ? is_top : !was) && is_pending(t)) {
        take_over(t);
    }
}

static ALWAYS_INLINE void step(struct timer *t)
{
    if (!t->steps.blocks) {
        for (unsigned i = 0; i < 2; i++) {
            if (t->steps.value == t->ocr[i]) {
                match(t, i);
            }
        }
    }
    t->steps.blocks = false;
    if (timer_is_dual(t)) {
        step_dual(t);
    } else {
        step_single(t);
    }
}

/* So many ticks on which nothing happens but that it counts, if they are such. */
static ALWAYS_INLINE bool glides(struct timer *t, uint32_t n)
{
    uint32_t v = t->steps.value;
    if (t->steps.way == TIMER_UP) {
        if ((v + n > t->top && (v <= t->top || v + n > t->max)) || t->ocr[0] - v < n || t->ocr[1] - v < n ||
            (!v && timer_is_dual(t))) {
            return false;
        }
        t->steps.value = v + n;
    } else {
        if (v <= n || v - t->ocr[0] < n || v - t->ocr[1] < n) {
            return false;
        }
        t->steps.value = v - n;
    }
    t->steps.blocks = false;
    return true;
}

/* OCRnx in so many ticks from this value on, if it comes by; counting up, from below TOP. */
static inline unsigned passes(const struct timer *t, unsigned channel, uint32_t n)
{
    uint32_t ocr = t->ocr[channel], from = t->steps.value;
    return ocr <= t->top && (ocr < from ? ocr + t->top + 1 : ocr) - from < n ? t->flag[TIMER_OCFA + channel] : 0;
}

/* So many ticks of a timer without outputs that counts up again and again. */
static inline bool leaps(struct timer *t, uint32_t n)
{
    uint32_t v = t->steps.value;
    if (t->steps.now.kind[0] | t->steps.now.kind[1] || timer_is_dual(t) || v > t->top || t->steps.blocks ||
        is_pending(t)) {
        return false;
    }
    unsigned flags = passes(t, 0, n) | passes(t, 1, n);
    v += n;
    if (v > t->top) {
        flags |= t->kind != TIMER_CTC || t->top == t->max ? t->flag[TIMER_TOV] : 0;
        flags |= t->mode->top == TOP_ICR ? t->flag[TIMER_ICF] : 0;
        for (v -= t->top + 1; v > t->top; v -= t->top + 1) {
        }
    }
    t->steps.value = v;
    *t->tifr |= (uint8_t)flags;
    return true;
}

static ALWAYS_INLINE void last_step(struct timer *t, uint64_t cycle)
{
    t->steps.before = t->steps.now;
    step(t);
    if ((cycle - *t->prescaler) & (t->prescale - 1)) { /* that tick was before this cycle */
        t->steps.before = t->steps.now;
    }
}

/* Up to this cycle, if that is not far. */
static ALWAYS_INLINE bool steps_to(struct timer *t, uint64_t cycle)
{
    int64_t tick = timer_tick_at(t, cycle), n = tick - t->flags_tick;
    t->steps.before = t->steps.now;
    if (n) {
        if (n > STEPS_MOST) {
            return false;
        }
        t->flags_tick = tick;
        bool glided = glides(t, (uint32_t)n);
        if (!glided && n == 1) {
            last_step(t, cycle);
        } else if (!glided) {
            timer_step_by_step(t, cycle, (uint32_t)n);
        }
    }
    t->steps.cycle = cycle;
    return true;
}

static inline unsigned in_register(const struct timer_field field[2], avr_io_addr_t addr, unsigned v)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct timer_field *f = &field[i];
        bits |= f->mask && f->reg == addr ? (v >> f->shift & f->mask) << f->to : 0;
    }
    return bits;
}

static ALWAYS_INLINE void come_to(struct timer *t, uint64_t cycle)
{
    if (!t->steps.on || !steps_to(t, cycle)) {
        timer_begin_steps(t, cycle);
    }
}

/*
 * AT_ONCE    QUICK, as far as it goes without a function's being called, which costs as much again; SLOWLY does the rest
 * QUICK      a quick store
 */
enum way { AT_ONCE, QUICK, BY_CALLBACK };
typedef bool quick_store(void *ctx, uint64_t cycle, unsigned v);

/* A callback's: the board is brought there, as by every store that is not quick. */
static inline bool may_step(struct timer *t, uint64_t cycle)
{
    struct core *c = t->core;
    if (!t->is_unheard || !t->enabled || c->sim->no_shortcuts) {
        return false;
    }
    core_sync(c, cycle);
    return t->is_unheard;
}

static ALWAYS_INLINE bool may_be_quick(const struct timer *t, uint64_t cycle)
{
    const struct core *c = t->core;
    return t->is_unheard && (t->resting ? core_is_alone(c, cycle) && c->late_cycle > cycle : cycle < c->quick_end);
}

/* It is known to be quick. False: it has not moved. */
static ALWAYS_INLINE bool comes_at_once(struct timer *t, uint64_t cycle)
{
    if (!t->steps.on) {
        return false;
    }
    int64_t tick = timer_tick_at(t, cycle);
    uint64_t n = (uint64_t)(tick - t->flags_tick);
    if (!n) {
        t->steps.before = t->steps.now;
    } else if (n <= STEPS_MOST && glides(t, (uint32_t)n)) {
        t->flags_tick = tick;
        t->steps.before = t->steps.now;
    } else if (n == 1) {
        t->flags_tick = tick;
        last_step(t, cycle);
    } else {
        return false;
    }
    t->steps.cycle = cycle;
    return true;
}

/* May a store that acts at this cycle be a step? Then the timer is there. */
static ALWAYS_INLINE bool is_step(struct timer *t, uint64_t cycle, enum way way)
{
    if (way == AT_ONCE) {
        return may_be_quick(t, cycle) && comes_at_once(t, cycle);
    }
    if (way == BY_CALLBACK ? !may_step(t, cycle) : !may_be_quick(t, cycle)) {
        return false;
    }
    come_to(t, cycle);
    return true;
}

/* Ticks to the end of this value of OCRnx, or to the end of the ramp, if that comes before. */
static ALWAYS_INLINE uint32_t ticks_to_match(const struct timer *t, uint32_t ocr, uint32_t ramp)
{
    uint32_t n = t->steps.way == TIMER_UP ? ocr - t->steps.value : t->steps.value - ocr;
    return n < ramp ? n + 1 : ramp;
}

static ALWAYS_INLINE uint64_t interrupt_at(const struct timer *t)
{
    unsigned awaited = t->awaited & ~(unsigned)*t->tifr;
    if (!awaited || !t->prescale) {
        return 0;
    }
    uint32_t v = t->steps.value;
    /* to the end of what is counted in one way: then it is looked at again. Down is never at 0. */
    uint32_t least = t->steps.way != TIMER_UP ? v : (v > t->top ? t->max : t->top) - v + 1;
    least = !v && timer_is_dual(t) ? 1 : least;
    least = awaited & t->flag[TIMER_OCFA] ? ticks_to_match(t, t->ocr[0], least) : least;
    least = awaited & t->flag[TIMER_OCFB] ? ticks_to_match(t, t->ocr[1], least) : least;
    return timer_cycle_of(t, t->flags_tick + least);
}

/* Its next interrupt is left open, as I is clear: it was, or is from now on. */
static ALWAYS_INLINE bool is_lazy(const struct timer *t)
{
    return t->core->lazy & t->bit;
}

static ALWAYS_INLINE bool gets_lazy(struct timer *t)
{
    struct core *c = t->core;
    if (c->avr->sreg[S_I]) {
        return false;
    }
    c->lazy |= t->bit;
    return true;
}

/* The event does not come in time for what comes next, at that cycle. 0 is the latest: none. */
static ALWAYS_INLINE bool is_late(const struct timer *t, uint64_t at)
{
    return at - 1 < t->due - 1;
}

static ALWAYS_INLINE void find_due_tick(struct timer *t)
{
    t->due_tick = t->due ? timer_tick_at(t, t->due + t->prescale - 1) : 0;
}

static ALWAYS_INLINE bool arm(struct timer *t)
{
    if (is_lazy(t)) {
        return false;
    }
    uint64_t at = interrupt_at(t);
    bool moves = is_late(t, at);
    if (moves) {
        if (gets_lazy(t)) {
            return false;
        }
        timer_move_interrupt(t, at);
    }
    find_due_tick(t);
    return moves;
}

/* Counting up, nothing happens before the event that stands, as is seen at little cost; false: perhaps. */
static ALWAYS_INLINE bool is_in_time(const struct timer *t)
{
    uint32_t v = t->steps.value;
    uint64_t n = (uint64_t)t->due_tick - (uint64_t)t->flags_tick - 1;
    return t->steps.way == TIMER_UP && (v + n <= t->top || (v > t->top && v + n <= t->max)) &&
           (uint32_t)t->ocr[0] - v >= n && (uint32_t)t->ocr[1] - v >= n && (v || !timer_is_dual(t));
}

/* The step is made: what its quick way returns. */
static ALWAYS_INLINE bool has_stepped(struct timer *t, enum way way)
{
    return !t->awaited || is_in_time(t) || (way == BY_CALLBACK ? timer_arm_steps(t), true : timer_arm_quick(t));
}

#endif
