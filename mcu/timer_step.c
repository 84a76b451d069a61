/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer_step.c - a quiet timer that steps: what is not inline of it (timer_steps.h) */
#include "mcu/timer_steps.h"

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
        const struct timer_control *c = &t->control[i];
        t->steps.wgm[i] = c->reg ? (uint8_t)in_register(t->wgm_field, c->reg, *c->byte) : 0;
    }
}

void timer_close_steps(struct timer *t)
{
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

/* Of a quick store. */
bool timer_interrupts_earlier(struct timer *t, uint64_t at)
{
    timer_move_interrupt(t, at);
    return core_quick_ends(t->bank->core);
}

uint64_t timer_steps_interrupt(const struct timer *t)
{
    return interrupt_at(t);
}

bool timer_arm_steps(struct timer *t)
{
    return arm(t);
}
bool timer_steps_to(struct timer *t, uint64_t cycle)
{
    return t->steps.on && (cycle == t->steps.cycle || steps_to(t, cycle));
}
