/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer_step.c - a quiet timer that steps: what is not inline of it (timer_steps.h) */
#include "mcu/timer_steps.h"

#include <assert.h>

/* Ticks on which something happens. */
void timer_step_by_step(struct timer *t, uint64_t cycle, uint32_t n)
{
    if (n > 1 && leaps(t, n)) {
        return;
    }
    for (; n > 1; n--) {
        step(t);
    }
    last_step(t, cycle);
}

void timer_begin_steps(struct timer *t, uint64_t cycle)
{
    struct core *c = t->core;
    unsigned lazy = c->lazy & t->bit;
    c->lazy -= (uint8_t)lazy;
    t->due_tick = 0;
    timer_settle(t, cycle);
    timer_advance_outputs(t, cycle);
    int64_t p = timer_place(t, t->flags_tick);
    t->steps = (struct timer_steps){
        .on = true,
        .blocks = t->blocked != TIMER_NEVER && t->blocked > t->flags_tick,
        .way = !timer_is_dual(t) || !timer_goes_down(t, p) ? TIMER_UP
               : p < 0                                     ? TIMER_LEAD
                                                           : TIMER_DOWN,
        .value = timer_value_at(t, p),
        .cycle = cycle,
    };
    for (unsigned i = 0; i < 2; i++) {
        const struct timer_output *o = &t->out[i];
        if (o->rests) {
            t->steps.now.level[i] = o->level;
            t->steps.now.kind[i] = (uint8_t)o->kind;
            t->steps.before.level[i] = o->before;
            t->steps.before.kind[i] = o->was;
            t->steps.coms |= (uint8_t)(o->com_now << 2 * i);
        }
        const struct timer_control *r = &t->control[i];
        t->steps.wgm[i] = r->reg ? (uint8_t)in_register(t->wgm_field, r->reg, *r->byte) : 0;
    }
    c->lazy |= (uint8_t)lazy;
}

/* The event comes in time for what comes next. */
static void plan_steps(struct timer *t)
{
    uint64_t at = interrupt_at(t);
    if (is_late(t, at)) {
        timer_move_interrupt(t, at);
    }
}

void timer_close_steps(struct timer *t)
{
    struct core *c = t->core;
    if (c->lazy & t->bit) {
        c->lazy = (uint8_t)(c->lazy & ~(unsigned)t->bit);
        plan_steps(t);
    }
    t->steps.on = false;
    timer_read_control(t, 0);
    for (unsigned i = 0; i < 2; i++) {
        struct timer_output *o = &t->out[i];
        if (o->rests) {
            o->level = t->steps.now.level[i];
            o->kind = t->steps.now.kind[i];
            o->before = t->steps.before.level[i];
            o->was = t->steps.before.kind[i];
            o->since = t->steps.cycle;
            o->period = 0;
            o->planned = false;
        }
    }
    int64_t p = t->steps.value;
    timer_find_period(t);
    if (t->steps.way == TIMER_LEAD) {
        p = -p;
    } else if (t->steps.way == TIMER_DOWN) {
        p = 2 * (int64_t)t->top - p;
    } else if (p > t->top) {
        p -= (int64_t)t->max + 1;
    }
    t->blocked = t->steps.blocks ? t->flags_tick + 1 : TIMER_NEVER;
    timer_stand_at(t, p, t->steps.cycle);
}

/* Of a quick store: what its quick way returns. */
bool timer_arm_quick(struct timer *t)
{
    return !arm(t) || core_quick_ends(t->core);
}

uint64_t timer_steps_interrupt(struct timer *t)
{
    return gets_lazy(t) ? 0 : interrupt_at(t);
}

bool timer_arm_steps(struct timer *t)
{
    return arm(t);
}
bool timer_steps_to(struct timer *t, uint64_t cycle)
{
    return t->steps.on && (cycle == t->steps.cycle || steps_to(t, cycle));
}

void timers_wake_lazy(void *ctx, uint64_t cycle)
{
    struct timers *b = ctx;
    struct core *c = b->core;
    for (struct timer *t = b->timer; t < b->timer + b->n; t++) {
        if (c->lazy & t->bit) {
            assert(t->steps.on && t->steps.cycle <= cycle);
            if (!steps_to(t, cycle)) {
                timer_settle(t, cycle);
                timer_plan_interrupt(t);
            } else {
                plan_steps(t);
            }
        }
    }
}
