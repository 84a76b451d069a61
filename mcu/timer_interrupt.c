/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer_interrupt.c - when a flag whose interrupt is on is set by itself, and what follows */
#include "mcu/cycle_list.h"
#include "mcu/timer_parts.h"

static avr_cycle_count_t interrupt_due(avr_t *avr, avr_cycle_count_t when, void *param);

/* A flag that is set already needs no event: interrupt_taken() and tifr_write() plan the next. */
static uint64_t next_interrupt(const struct timer *t)
{
    int64_t at = TIMER_NEVER;
    for (unsigned left = t->enabled; left; left &= left - 1) {
        unsigned f = (unsigned)__builtin_ctz(left);
        if (!timer_flag_is_set(t, f)) {
            at = timer_earlier(at, timer_next_flag(t, t->flags_tick, f));
        }
    }
    return at == TIMER_NEVER ? 0 : timer_cycle_of(t, at);
}

void timer_plan_interrupt(struct timer *t)
{
    avr_t *avr = timer_avr(t);
    uint64_t when = next_interrupt(t);
    if (timer_update_pending(t)) { /* the next one may be of another OCRnx */
        timer_plan_update(t);
        core_horizon_changed(t->core);
    }
    if (when == t->due && (!when || when > avr->cycle)) {
        return;
    }
    if (when) {
        cycle_list_set(avr, interrupt_due, t, when > avr->cycle ? when : avr->cycle + 1);
    } else {
        avr_cycle_timer_cancel(avr, interrupt_due, t);
    }
    t->due = when;
    t->due_tick = 0;
}

static avr_cycle_count_t interrupt_due(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct timer *t = param;
    (void)avr;
    /* an event that a step left as it was may lie before that step's store */
    uint64_t cycle = t->steps.on && t->steps.cycle > when ? t->steps.cycle : when;
    bool stepped = t->steps.on, steps = timer_steps_to(t, cycle);
    if (stepped) { /* flags may have been set by the way */
        core_irq_update(t->core);
    }
    t->due_tick = 0;
    if (steps) {
        t->due = timer_steps_interrupt(t); /* 0, too, where it leaves that open */
        return t->due;
    }
    t->core->lazy &= (uint8_t)~t->bit; /* this plans */
    timer_end_steps(t);
    if (timer_tick_at(t, cycle) >=
        t->flags_tick) { /* else a load or store of this instruction's has brought it further */
        timer_settle(t, cycle);
    }
    if (timer_update_pending(t)) {
        timer_plan_update(t);
        core_horizon_changed(t->core);
    }
    t->due = next_interrupt(t);
    return t->due;
}

void timer_move_interrupt(struct timer *t, uint64_t cycle)
{
    t->due = cycle;
    t->due_tick = 0;
    cycle_list_set(timer_avr(t), interrupt_due, t, cycle);
}

/* Its flag is about to be cleared; what set it again up to now is gone with it. */
static void interrupt_taken(void *ctx, avr_int_vector_t *v)
{
    struct timer *t = ctx;
    avr_t *avr = timer_avr(t);
    if (timer_steps_to(t, avr->cycle)) {
        avr->data[v->raised.reg] &= (uint8_t) ~(1u << v->raised.bit);
        timer_arm_steps(t);
        return;
    }
    timer_settle(t, avr->cycle);
    avr->data[v->raised.reg] &= (uint8_t) ~(1u << v->raised.bit);
    t->flags_next = t->flags_tick;
    timer_plan_interrupt(t);
}

/* The first cycle at which something else happens than this timer's interrupt. */
static uint64_t others_from(const struct timer *t)
{
    for (const avr_cycle_timer_slot_t *s = timer_avr(t)->cycle_timers.timer; s; s = s->next) {
        if (s->timer != interrupt_due || s->param != t) {
            return s->when;
        }
    }
    return 0;
}

/* Each flag comes once in a period: while nothing else is on, for ever. */
static bool beats(void *ctx, avr_int_vector_t *v, struct idle_beat *b)
{
    struct timer *t = ctx;
    unsigned f = 0;
    timer_end_steps(t);
    while (t->vector[f] != v) {
        f++;
    }
    if (t->enabled != 1u << f || !t->prescale || timer_is_dual(t) || timer_update_pending(t) ||
        timer_flag_is_set(t, f) || !t->due) {
        return false;
    }
    int64_t first = timer_next_flag(t, t->flags_tick, f), second = timer_next_flag(t, first, f);
    if (first == TIMER_NEVER || second - first != t->period || t->due != timer_cycle_of(t, first)) {
        return false;
    }
    *b = (struct idle_beat){ t->due, (uint64_t)t->period * t->prescale, others_from(t), 0 };
    b->quiet = t->core->promises ? core_next_timer_but(t->core, interrupt_due, t) : b->limit;
    return true;
}

static void pass(void *ctx, avr_int_vector_t *v, uint64_t taken_ck)
{
    struct timer *t = ctx;
    timer_settle(t, taken_ck);
    timer_avr(t)->data[v->raised.reg] &= (uint8_t) ~(1u << v->raised.bit);
    t->flags_next = t->flags_tick;
    timer_plan_interrupt(t);
}

void timer_hook_interrupt(struct timer *t, enum timer_flag f)
{
    core_on_taken(t->core, t->vector[f], interrupt_taken, t);
    core_on_beats(t->core, t->vector[f], beats, pass);
}
