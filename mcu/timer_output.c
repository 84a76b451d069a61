/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/timer_parts.h"

bool timer_output_level(const struct timer_output *o, uint64_t cycle)
{
    if (!o->period || cycle < o->rise) {
        return o->level && !o->period;
    }
    return (cycle - o->rise) % o->period < o->high;
}

/* Places where the output goes high and low; -1 never. toggle: *rise is where it toggles. */
static void output_places(const struct timer_output *o, unsigned com, int64_t *rise, int64_t *fall)
{
    const struct timer *t = o->timer;
    uint32_t ocr = t->ocr[o->channel];
    int64_t up, down;
    timer_match_places(t, ocr, &up, &down);
    *rise = *fall = -1;
    if (com == 1) {
        *rise = up;
    } else if (!timer_is_pwm(t)) {
        *(com == 3 ? rise : fall) = up;
    } else {
        int64_t clear = up, set = timer_is_dual(t) ? down : 0;
        if (timer_is_dual(t)) {
            if (ocr == 0) {
                set = -1;
            } else if (ocr == t->top) {
                clear = -1;
            }
        } else if (ocr == t->top) {
            clear = -1; /* the set at BOTTOM comes with it and wins */
        }
        *rise = com == 2 ? set : clear;
        *fall = com == 2 ? clear : set;
    }
}

struct net_wave timer_output_wave(const struct timer_output *o)
{
    const struct core *c = o->timer->bank->core;
    struct net_wave w = { .clk = { .t0_ps = core_ps(c, o->rise) } };
    core_span(c, o->period, &w.clk.period_num, &w.clk.period_den);
    w.high_num = (uint64_t)((unsigned __int128)w.clk.period_num * o->high / o->period);
    return w;
}

static void show(struct timer_output *o, uint64_t cycle)
{
    if (!o->pin || o->pin->claimed || (!o->kind && !o->shown)) {
        return;
    }
    o->shown = o->kind;
    if (!o->kind) {
        pin_override(o->pin, PIN_NORMAL, false);
    } else if (o->period) {
        struct net_wave w = timer_output_wave(o);
        pin_override_wave(o->pin, PIN_WAVE, &w);
    } else {
        pin_override(o->pin, PIN_LEVEL, timer_output_level(o, cycle));
    }
}

static void set_wave(struct timer_output *o, int64_t tick, uint64_t period, uint64_t high)
{
    const struct timer *t = o->timer;
    o->rise = timer_cycle_of(t, tick);
    o->period = period * t->prescale;
    o->high = high * t->prescale;
}

/*
 * First tick after `tick` that acts at place p; the compare blocked by a write to TCNT does not. Place 0 is
 * BOTTOM in fast PWM's settings 2 and 3, else the end of TOP.
 */
static int64_t next_act(const struct timer *t, int64_t tick, int64_t p, unsigned com)
{
    if (t->kind == TIMER_FAST && com != 1 && p == 0) {
        return timer_next_place(t, tick, 0);
    }
    int64_t at = timer_next_end(t, tick, p);
    return at == t->blocked ? timer_next_place(t, at, p) : at;
}

uint64_t timer_output_find_plan(struct timer_output *o, uint64_t cycle)
{
    const struct timer *t = o->timer;
    unsigned com = timer_output_com(o);
    bool level = o->level;
    o->period = 0;
    o->kind = com;
    if (!com || !t->prescale) {
        return 0;
    }
    int64_t tick = timer_tick_at(t, cycle), rise, fall;
    output_places(o, com, &rise, &fall);
    int64_t lead = timer_match_in_lead(t, tick, t->ocr[o->channel]);
    if (lead == t->blocked || (lead == t->zero && com != 1 && t->kind == TIMER_FAST)) { /* at MAX: BOTTOM wins */
        lead = TIMER_NEVER;
    }
    bool lead_rises = com == (timer_is_dual(t) ? 2 : 3); /* dual slope: it is passed on the way down */
    int64_t at = TIMER_NEVER;                            /* next change */
    if (com == 1) {
        at = rise >= 0 ? timer_earlier(lead, next_act(t, tick, rise, com)) : lead;
        if (!level && at != TIMER_NEVER && at != lead) {
            set_wave(o, at, 2 * (uint64_t)t->period, t->period);
            at = TIMER_NEVER;
        }
    } else if (level) {
        at = timer_earlier(fall >= 0 ? next_act(t, tick, fall, com) : TIMER_NEVER, lead_rises ? TIMER_NEVER : lead);
    } else if (lead_rises && lead != TIMER_NEVER) {
        at = lead;
    } else if (rise >= 0 && fall >= 0) {
        int64_t first = next_act(t, tick, rise, com), len = (fall - rise) % (int64_t)t->period;
        set_wave(o, first, t->period, (uint64_t)(len < 0 ? len + t->period : len));
    } else if (rise >= 0) {
        at = next_act(t, tick, rise, com);
    }
    return at == TIMER_NEVER ? 0 : timer_cycle_of(t, at);
}

/*
 * From `cycle` on the output is a level, or a wave whose first rise lies ahead. When it is high now, it stays
 * so up to its next fall, and the plan is made again there.
 */
void timer_output_plan(struct timer_output *o, uint64_t cycle)
{
    struct core *c = o->timer->bank->core;
    bool level = timer_output_level(o, cycle);
    if (sim_event_pending(&o->change) && o->change.at_ps <= c->sim->now_ps) {
        level = !level; /* due at this instant, behind the event that plans anew */
    }
    o->level = level;
    sim_cancel(c->sim, &o->change);
    uint64_t at = timer_output_find_plan(o, cycle);
    if (at) {
        sim_schedule(c->sim, &o->change, core_ps(c, at));
    }
    show(o, cycle);
}

/* ---- at rest ---- */

static bool latch_at(struct timer_output *o, uint64_t cycle)
{
    const struct timer *t = o->timer;
    if (!o->planned) {
        if (timer_tick_at(t, cycle) < t->acts_next) {
            return o->level;
        }
        o->next = timer_output_find_plan(o, o->since);
        o->planned = true;
    }
    while (o->next && o->next <= cycle) {
        o->before = o->level;
        o->was = (uint8_t)o->kind;
        o->level = !o->level;
        o->since = o->next;
        o->next = timer_output_find_plan(o, o->since);
    }
    return timer_output_level(o, cycle);
}

bool timer_output_resting_level(struct timer_output *o, uint64_t cycle, bool port)
{
    if (cycle < o->since) {
        return o->was ? o->before : port;
    }
    return o->kind ? latch_at(o, cycle) : port;
}

void timer_output_advance(struct timer_output *o, uint64_t cycle)
{
    if (cycle > o->since) {
        if (!o->planned && timer_tick_at(o->timer, cycle) < o->timer->acts_next) {
            o->before = o->level;
        } else {
            bool before = latch_at(o, cycle - 1);
            o->level = latch_at(o, cycle);
            o->before = before;
        }
        o->was = (uint8_t)o->kind;
        o->since = cycle;
    }
    o->period = 0;
    o->planned = false;
}

/* The planned single change: the level turns over, then a wave may follow. */
void timer_output_change(void *ctx, sim_time at_ps)
{
    struct timer_output *o = ctx;
    uint64_t cycle = core_cycle_at(o->timer->bank->core, at_ps);
    o->level = !o->level;
    timer_output_plan(o, cycle);
}
