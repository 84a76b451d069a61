/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer_quick.c - stores to a timer whose doings nobody sees: a few assignments, and the same as by timer.c's ways */
#include "mcu/timer_parts.h"

/* A store to TCNT of a timer that counts up, whose doings nobody sees: what tcnt_write() makes of it. */
static bool tcnt_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct timer *t = ctx;
    int64_t tick = timer_tick_at(t, cycle);
    v |= t->max == 0xff ? 0 : (unsigned)t->temp << 8;
    if (cycle >= t->bank->core->quick_end || !timer_is_unseen(t) || !t->prescale || tick >= t->flags_next ||
        v > t->top || timer_is_dual(t) || timer_update_pending(t)) {
        return false;
    }
    t->stood = v;
    t->zero = tick - v;
    t->flags_tick = tick;
    t->blocked = tick + 1;
    t->flags_next = t->acts_next = tick + timer_least_to_act(t, v, 2);
    return true;
}

/* Only CSn2:0 change, of a timer whose doings nobody sees and that has no output; or nothing does. */
static bool control_quick(struct timer *t, avr_io_addr_t addr, uint64_t cycle, unsigned v)
{
    uint8_t *reg = &timer_avr(t)->data[addr];
    const struct timer_field *cs = &t->cs_field[0];
    unsigned changed = *reg ^ v;
    int64_t tick = timer_tick_at(t, cycle);
    if (addr == t->r_foc && v & 0xc0) {
        return false;
    }
    if (changed & ~((unsigned)cs->mask << cs->shift) || addr != cs->reg || t->cs_field[1].mask ||
        cycle >= t->bank->core->quick_end || !timer_is_unseen(t) || t->out[0].com_now || t->out[1].com_now ||
        t->mode != t->of_mode || tick >= t->flags_next || timer_update_pending(t)) {
        return !changed;
    }
    *reg = (uint8_t)v;
    v = v >> cs->shift & cs->mask;
    t->flags_tick = tick;
    int64_t p = timer_place(t, tick);
    t->shift = (uint8_t)t->simavr->cs_div[v];
    t->clocked = v && t->shift < 16;
    timer_stand_at(t, p, cycle);
    return true;
}

static bool clock_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return control_quick(ctx, ((struct timer *)ctx)->cs_field[0].reg, cycle, v);
}

void timer_quick_init(struct timer *t)
{
    struct core *c = t->bank->core;
    core_io_quick(c, t->simavr->r_tcnt, tcnt_quick, t);
    core_io_quick(c, t->cs_field[0].reg, clock_quick, t);
}
