/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/timer.h"

#include <string.h>

#define NEVER INT64_MAX

/* ---- modes ---- */

struct timer_mode {
    uint8_t kind, top;
};

static const struct timer_mode modes8[8] = { /* WGM02:0, Table 15-8 */
    { TIMER_NORMAL, TOP_FF }, { TIMER_PHASE, TOP_FF },    { TIMER_CTC, TOP_OCRA }, { TIMER_FAST, TOP_FF },
    { TIMER_NORMAL, TOP_FF }, { TIMER_PHASE, TOP_OCRA },  { TIMER_NORMAL, TOP_FF }, { TIMER_FAST, TOP_OCRA },
};

static const struct timer_mode modes16[16] = { /* WGM13:0, Table 16-4 */
    { TIMER_NORMAL, TOP_MAX },    { TIMER_PHASE, TOP_FF },       { TIMER_PHASE, TOP_1FF },
    { TIMER_PHASE, TOP_3FF },     { TIMER_CTC, TOP_OCRA },       { TIMER_FAST, TOP_FF },
    { TIMER_FAST, TOP_1FF },      { TIMER_FAST, TOP_3FF },       { TIMER_PHASE_FREQ, TOP_ICR },
    { TIMER_PHASE_FREQ, TOP_OCRA }, { TIMER_PHASE, TOP_ICR },    { TIMER_PHASE, TOP_OCRA },
    { TIMER_CTC, TOP_ICR },       { TIMER_NORMAL, TOP_MAX },     { TIMER_FAST, TOP_ICR },
    { TIMER_FAST, TOP_OCRA },
};

static avr_t *avr_of(const struct timer *t)
{
    return t->bank->core->avr;
}

static const struct timer_mode *mode_of(const struct timer *t)
{
    unsigned wgm = avr_regbit_get_array(avr_of(t), t->simavr->wgm, 4);
    return t->max == 0xff ? &modes8[wgm & 7] : &modes16[wgm & 15];
}

static bool is_dual(const struct timer *t)
{
    return t->kind == TIMER_PHASE || t->kind == TIMER_PHASE_FREQ;
}

static bool is_pwm(const struct timer *t)
{
    return is_dual(t) || t->kind == TIMER_FAST;
}

static uint32_t top_of(const struct timer *t, const struct timer_mode *m)
{
    switch (m->top) {
    case TOP_FF:
        return 0xff;
    case TOP_1FF:
        return 0x1ff;
    case TOP_3FF:
        return 0x3ff;
    case TOP_OCRA:
        return t->ocr[0];
    case TOP_ICR:
        return t->icr;
    }
    return t->max;
}

/* ---- where the counter is ---- */

/* Ticks of the prescaler up to and including this cycle. */
static int64_t tick_at(const struct timer *t, uint64_t cycle)
{
    return t->prescale ? (int64_t)((cycle - *t->prescaler) >> t->shift) : 0;
}

static uint64_t cycle_of(const struct timer *t, int64_t tick)
{
    return *t->prescaler + (uint64_t)tick * t->prescale;
}

/*
 * Place in the period. Negative: above TOP, and on the way to 0 at tick `zero`: through MAX, or down in the
 * dual-slope modes (TOP was lowered while the counter stood at it).
 */
static int64_t place(const struct timer *t, int64_t tick)
{
    int64_t p = t->prescale ? tick - t->zero : t->stood;
    if (p < 0 || p < t->period) {
        return p;
    }
    return t->period & (t->period - 1) ? p % t->period : p & (t->period - 1);
}

static uint32_t value_at(const struct timer *t, int64_t p)
{
    if (p < 0) {
        return (uint32_t)(is_dual(t) ? -p : t->max + 1 + p);
    }
    return (uint32_t)(is_dual(t) && p > t->top ? 2 * (int64_t)t->top - p : p);
}

static bool goes_down(const struct timer *t, int64_t p)
{
    return is_dual(t) && (p < 0 || p > t->top);
}

uint16_t timer_tcnt(const struct timer *t, uint64_t cycle)
{
    return (uint16_t)value_at(t, place(t, tick_at(t, cycle)));
}

/* PSRSYNC 1: timers 0 and 1; PSRASY 2: timer 2. With TSM they stay in reset, else the bits clear themselves. */
static unsigned psr_of(const struct timer *t)
{
    return t->prescaler == &t->bank->prescaler[0] ? 1 : 2;
}

/* A new regime from the registers, with the counter at v at this cycle. */
static void set_regime(struct timer *t, uint32_t v, bool down, uint64_t cycle)
{
    const struct timer_mode *m = mode_of(t);
    unsigned cs = avr_regbit_get_array(avr_of(t), t->simavr->cs, 4), shift = t->simavr->cs_div[cs];
    t->kind = m->kind;
    t->top = top_of(t, m);
    t->period = is_dual(t) ? 2 * t->top : t->top + 1;
    if (!t->period) {
        t->period = 1; /* TOP = BOTTOM in a dual-slope mode: it stands at 0 */
    }
    t->shift = (uint8_t)shift;
    t->prescale = cs && shift < 16 && !(t->bank->halted & psr_of(t)) ? 1u << shift : 0;
    int64_t p = v;
    if (is_dual(t) && down && v > t->top) {
        p = -(int64_t)v;
    } else if (is_dual(t)) {
        v = v > t->top ? t->top : v;
        p = (down ? 2 * (int64_t)t->top - v : v) % t->period;
    } else if (v > t->top) {
        p = (int64_t)v - t->max - 1;
    }
    int64_t tick = tick_at(t, cycle);
    bool block = t->blocked != NEVER && t->blocked > t->flags_tick; /* a tick's number changes with the prescaler */
    t->stood = p;
    t->zero = tick - p;
    t->flags_tick = t->flags_next = tick;
    t->blocked = block ? tick + 1 : NEVER;
}

/* ---- events ---- */

/* The first tick after `after` at which the place is p (a value that stood one tick before it). */
static int64_t next_place(const struct timer *t, int64_t after, int64_t p)
{
    int64_t first = t->zero + p % t->period;
    if (after < first) {
        return first;
    }
    return after + t->period - (after - first) % t->period;
}

/* Ends of the value OCRnx: up and, in dual-slope modes, down (-1 none). */
static void match_places(const struct timer *t, uint32_t ocr, int64_t *up, int64_t *down)
{
    *up = *down = -1;
    if (ocr <= t->top) {
        *up = (ocr + 1) % t->period;
        if (is_dual(t)) {
            *down = (2 * (int64_t)t->top - ocr + 1) % t->period;
        }
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* On the way from above TOP the counter passes OCRnx once, or not at all. */
static int64_t match_in_lead(const struct timer *t, int64_t after, uint32_t ocr)
{
    int64_t at = is_dual(t) ? t->zero - (int64_t)ocr + 1 : t->zero + (int64_t)ocr - t->max;
    return (is_dual(t) ? ocr : ocr > t->top) && at > after && at <= t->zero ? at : NEVER;
}

/* next_place() for the end of a value: a counter that comes to 0 from MAX has not left TOP. */
static int64_t next_end(const struct timer *t, int64_t after, int64_t p)
{
    return next_place(t, p == 0 && after < t->zero ? t->zero : after, p);
}

static int64_t next_match(const struct timer *t, int64_t after, unsigned channel)
{
    int64_t up, down, at = match_in_lead(t, after, t->ocr[channel]);
    match_places(t, t->ocr[channel], &up, &down);
    if (up >= 0) {
        at = earlier(at, next_end(t, after, up));
    }
    if (down >= 0) {
        at = earlier(at, next_end(t, after, down));
    }
    if (at == t->blocked && at != NEVER) {
        return next_match(t, at, channel);
    }
    return at;
}

static int64_t next_overflow(const struct timer *t, int64_t after)
{
    switch (t->kind) {
    case TIMER_CTC: /* only when TOP is MAX, or on the way down from above TOP */
        if (after < t->zero) {
            return t->zero;
        }
        return t->top == t->max ? next_place(t, after, 0) : NEVER;
    case TIMER_PHASE:
    case TIMER_PHASE_FREQ:
        return next_place(t, after, 1);
    default:
        return next_place(t, after, 0);
    }
}

static int64_t next_flag(const struct timer *t, int64_t after, enum timer_flag flag)
{
    if (!t->prescale) {
        return NEVER;
    }
    switch (flag) {
    case TIMER_TOV:
        return next_overflow(t, after);
    case TIMER_OCFA:
        return next_match(t, after, 0);
    case TIMER_OCFB:
        return next_match(t, after, 1);
    default:
        return mode_of(t)->top == TOP_ICR ? next_end(t, after, is_dual(t) ? (int64_t)t->top + 1 : 0) : NEVER;
    }
}

static bool update_pending(const struct timer *t)
{
    return t->ocr[0] != t->ocr_next[0] || t->ocr[1] != t->ocr_next[1];
}

/* When written OCRnx take over: fast and phase-and-frequency correct at BOTTOM, phase correct at TOP. */
static int64_t next_update(const struct timer *t, int64_t after)
{
    if (!t->prescale || !is_pwm(t) || !update_pending(t)) {
        return NEVER;
    }
    int64_t p = t->kind == TIMER_FAST ? 0 : t->kind == TIMER_PHASE ? (int64_t)t->top + 1 : 1;
    return next_place(t, after, p);
}

static void settle_flags(struct timer *t, int64_t tick)
{
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        if (t->vector[f] && next_flag(t, t->flags_tick, f) <= tick) {
            core_raise(t->bank->core, t->vector[f]);
        }
    }
    t->flags_tick = tick;
    t->flags_next = NEVER;
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        if (t->vector[f]) {
            t->flags_next = earlier(t->flags_next, next_flag(t, tick, f));
        }
    }
}

static void rebase(struct timer *t, uint64_t cycle)
{
    int64_t p = place(t, tick_at(t, cycle));
    set_regime(t, value_at(t, p), goes_down(t, p), cycle);
}

static void take_over(struct timer *t, uint64_t cycle)
{
    t->ocr[0] = t->ocr_next[0];
    t->ocr[1] = t->ocr_next[1];
    rebase(t, cycle);
}

/* ---- outputs ---- */

static bool output_level(const struct timer_output *o, uint64_t cycle)
{
    if (!o->period || cycle < o->rise) {
        return o->level && !o->period;
    }
    return (cycle - o->rise) % o->period < o->high;
}

/* COMnx as it acts in the present mode: 0 not connected, 1 toggle, 2 or 3. */
static unsigned com_of(const struct timer_output *o)
{
    const struct timer *t = o->timer;
    unsigned com = avr_regbit_get(avr_of(t), o->com);
    if (com == 1 && is_pwm(t)) { /* toggles only OCnA, and only in these modes */
        unsigned wgm = avr_regbit_get_array(avr_of(t), t->simavr->wgm, 4);
        bool toggles = t->max == 0xff ? wgm & 4 : wgm == 14 || wgm == 15 || wgm == 9 || wgm == 11;
        return o->channel == 0 && toggles ? 1 : 0;
    }
    return com;
}

/* Places where the output goes high and low; -1 never. toggle: *rise is where it toggles. */
static void output_places(const struct timer_output *o, unsigned com, int64_t *rise, int64_t *fall)
{
    const struct timer *t = o->timer;
    uint32_t ocr = t->ocr[o->channel];
    int64_t up, down;
    match_places(t, ocr, &up, &down);
    *rise = *fall = -1;
    if (com == 1) {
        *rise = up;
    } else if (!is_pwm(t)) {
        *(com == 3 ? rise : fall) = up;
    } else {
        int64_t clear = up, set = is_dual(t) ? down : 0;
        if (is_dual(t)) {
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

static void show(struct timer_output *o, uint64_t cycle)
{
    struct core *c = o->timer->bank->core;
    if (!o->pin || o->pin->claimed || (!o->kind && !o->shown)) {
        return;
    }
    o->shown = o->kind;
    if (!o->kind) {
        pin_override(o->pin, PIN_NORMAL, false);
    } else if (o->period) {
        struct net_wave w = { .clk = { .t0_ps = core_ps(c, o->rise) } };
        core_span(c, o->period, &w.clk.period_num, &w.clk.period_den);
        w.high_num = (uint64_t)((unsigned __int128)w.clk.period_num * o->high / o->period);
        pin_override_wave(o->pin, PIN_WAVE, &w);
    } else {
        pin_override(o->pin, PIN_LEVEL, output_level(o, cycle));
    }
}

static void set_wave(struct timer_output *o, int64_t tick, uint64_t period, uint64_t high)
{
    const struct timer *t = o->timer;
    o->rise = cycle_of(t, tick);
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
        return next_place(t, tick, 0);
    }
    int64_t at = next_end(t, tick, p);
    return at == t->blocked ? next_place(t, at, p) : at;
}

/*
 * From `cycle` on the output is a level, or a wave whose first rise lies ahead. When it is high now, it stays
 * so up to its next fall, and the plan is made again there.
 */
static void plan(struct timer_output *o, uint64_t cycle)
{
    struct timer *t = o->timer;
    struct core *c = t->bank->core;
    unsigned com = com_of(o);
    bool level = output_level(o, cycle);
    if (sim_event_pending(&o->turn) && o->turn.at_ps <= core_ps(c, cycle)) {
        level = !level; /* due at this instant, behind the event that plans anew */
    }
    o->level = level;
    o->period = 0;
    o->kind = com;
    sim_cancel(c->sim, &o->turn);
    int64_t tick = tick_at(t, cycle), rise, fall;
    if (com && t->prescale) {
        output_places(o, com, &rise, &fall);
        int64_t lead = match_in_lead(t, tick, t->ocr[o->channel]);
        lead = lead == t->blocked ? NEVER : lead;
        bool lead_rises = com == (is_dual(t) ? 2 : 3); /* dual slope: it is passed on the way down */
        int64_t at = NEVER; /* next change */
        if (com == 1) {
            at = rise >= 0 ? earlier(lead, next_act(t, tick, rise, com)) : lead;
            if (!level && at != NEVER && at != lead) {
                set_wave(o, at, 2 * (uint64_t)t->period, t->period);
                at = NEVER;
            }
        } else if (level) {
            at = earlier(fall >= 0 ? next_act(t, tick, fall, com) : NEVER, lead_rises ? NEVER : lead);
        } else if (lead_rises && lead != NEVER) {
            at = lead;
        } else if (rise >= 0 && fall >= 0) {
            int64_t first = next_act(t, tick, rise, com), len = (fall - rise) % (int64_t)t->period;
            set_wave(o, first, t->period, (uint64_t)(len < 0 ? len + t->period : len));
        } else if (rise >= 0) {
            at = next_act(t, tick, rise, com);
        }
        if (at != NEVER) {
            sim_schedule(c->sim, &o->turn, core_ps(c, cycle_of(t, at)));
        }
    }
    show(o, cycle);
}

/* The planned single change: the level turns over, then a wave may follow. */
static void turn(void *ctx, sim_time at_ps)
{
    struct timer_output *o = ctx;
    uint64_t cycle = core_cycle_at(o->timer->bank->core, at_ps);
    o->level = !o->level;
    plan(o, cycle);
}

/* ---- settling and planning ---- */

static avr_cycle_count_t interrupt_due(avr_t *avr, avr_cycle_count_t when, void *param);

static uint64_t next_interrupt(const struct timer *t)
{
    const uint8_t *data = avr_of(t)->data;
    int64_t at = NEVER;
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        const avr_int_vector_t *v = t->vector[f];
        if (v && (data[v->enable.reg] >> v->enable.bit & 1)) {
            at = earlier(at, next_flag(t, t->flags_tick, f));
        }
    }
    return at == NEVER ? 0 : cycle_of(t, at);
}

/* Everything up to and including this cycle has happened. True if OCRnx took over on the way. */
static bool settle(struct timer *t, uint64_t cycle)
{
    bool updated = false;
    int64_t tick = tick_at(t, cycle), at;
    while ((at = next_update(t, t->flags_tick)) <= tick) {
        settle_flags(t, at);
        take_over(t, cycle_of(t, at));
        updated = true;
    }
    if (tick >= t->flags_next) {
        settle_flags(t, tick);
    } else {
        t->flags_tick = tick; /* a loop that reads TCNT comes here every time */
    }
    return updated;
}

static void plan_all(struct timer *t, uint64_t cycle)
{
    struct core *c = t->bank->core;
    for (unsigned i = 0; i < 2; i++) {
        if (t->out[i].pin) {
            plan(&t->out[i], cycle);
        }
    }
    int64_t update = next_update(t, t->flags_tick);
    sim_schedule(c->sim, &t->update, update == NEVER ? SIM_NEVER : core_ps(c, cycle_of(t, update)));
    uint64_t when = next_interrupt(t);
    if (when) {
        avr_cycle_timer_register(c->avr, when > c->avr->cycle ? when - c->avr->cycle : 1, interrupt_due, t);
    } else {
        avr_cycle_timer_cancel(c->avr, interrupt_due, t);
    }
    core_horizon_changed(c);
}

static avr_cycle_count_t interrupt_due(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct timer *t = param;
    (void)avr;
    settle(t, when);
    uint64_t next = next_interrupt(t);
    return next > when ? next : 0;
}

static void update_due(void *ctx, sim_time at_ps)
{
    struct timer *t = ctx;
    uint64_t cycle = core_cycle_at(t->bank->core, at_ps);
    settle(t, cycle);
    plan_all(t, cycle);
}

/* ---- registers ---- */

/* The cycle at which a store acts; the board and the timer are brought there. */
static uint64_t store_begins(struct timer *t)
{
    struct core *c = t->bank->core;
    uint64_t cycle = c->avr->cycle + core_store_ck(c->avr);
    core_sync(c, cycle);
    settle(t, cycle);
    return cycle;
}

static void set_tcnt(struct timer *t, uint32_t v, uint64_t cycle)
{
    set_regime(t, v, false, cycle);
    t->blocked = t->flags_tick + 1;
}

static void control_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    uint8_t foc = addr == t->r_foc ? v & 0xc0 : 0;
    v = addr == t->r_foc ? v & 0x3f : v;
    if (avr->data[addr] == v && !foc) {
        return;
    }
    uint64_t cycle = store_begins(t);
    bool pwm = is_pwm(t);
    int64_t p = place(t, tick_at(t, cycle));
    uint32_t value = value_at(t, p);
    avr->data[addr] = v;
    if (pwm != (mode_of(t)->kind >= TIMER_FAST)) { /* the buffers are out of use, or not yet in use */
        t->ocr[0] = t->ocr_next[0];
        t->ocr[1] = t->ocr_next[1];
    }
    set_regime(t, value, goes_down(t, p), cycle);
    for (unsigned i = 0; i < 2; i++) {
        unsigned com = t->out[i].pin ? com_of(&t->out[i]) : 0;
        if ((foc >> (7 - i) & 1) && com && !is_pwm(t)) {
            bool level = output_level(&t->out[i], cycle);
            t->out[i].period = 0;
            t->out[i].level = com == 1 ? !level : com == 3;
        }
    }
    plan_all(t, cycle);
}

static uint8_t tcnt_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timer *t = param;
    uint64_t cycle = avr->cycle + core_load_ck(avr);
    if (update_pending(t)) {
        settle(t, cycle);
    }
    uint16_t v = timer_tcnt(t, cycle);
    t->temp = (uint8_t)(v >> 8);
    avr->data[addr] = (uint8_t)v;
    return (uint8_t)v;
}

static uint8_t temp_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timer *t = param;
    avr->data[addr] = t->temp;
    return t->temp;
}

static uint8_t icr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timer *t = param;
    t->temp = (uint8_t)(t->icr >> 8);
    avr->data[addr] = (uint8_t)t->icr;
    return (uint8_t)t->icr;
}

/* High bytes of 16-bit registers go to TEMP; OCRnxH read back directly. */
static void temp_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    (void)avr;
    (void)addr;
    t->temp = v;
}

static uint32_t with_temp(const struct timer *t, uint8_t low)
{
    return t->max == 0xff ? low : low | (uint32_t)t->temp << 8;
}

static void tcnt_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    (void)avr;
    (void)addr;
    uint64_t cycle = store_begins(t);
    set_tcnt(t, with_temp(t, v), cycle);
    plan_all(t, cycle);
}

static void ocr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    unsigned i = addr == t->r_ocr[1];
    uint16_t value = (uint16_t)with_temp(t, v);
    avr->data[addr] = v;
    if (t->r_ocrh[i]) {
        avr->data[t->r_ocrh[i]] = (uint8_t)(value >> 8);
    }
    if (value == t->ocr_next[i] && value == t->ocr[i]) {
        return;
    }
    uint64_t cycle = store_begins(t);
    t->ocr_next[i] = value;
    if (!is_pwm(t)) {
        take_over(t, cycle);
    }
    plan_all(t, cycle);
}

static void icr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    (void)avr;
    (void)addr;
    if (mode_of(t)->top != TOP_ICR) {
        return; /* writable only where it is TOP */
    }
    uint64_t cycle = store_begins(t);
    t->icr = (uint16_t)with_temp(t, v);
    rebase(t, cycle);
    plan_all(t, cycle);
}

/* Input capture is on as soon as the firmware shows interest: ICIE, or a look at TIFR. */
static void want_icp(struct timers *b)
{
    if (b->pins->icp && !b->pins->icp_wanted) {
        b->pins->icp_wanted = true;
        pins_rewatch(b->pins);
    }
}

static uint8_t tifr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timers *b = param;
    if (b->pins->icp_ctx && addr == ((struct timer *)b->pins->icp_ctx)->r_tifr) {
        want_icp(b);
    }
    uint64_t cycle = avr->cycle + core_load_ck(avr);
    for (unsigned i = 0; i < b->n; i++) {
        if (b->timer[i].r_tifr == addr) {
            settle(&b->timer[i], cycle);
        }
    }
    return avr->data[addr];
}

static void tifr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    tifr_read(avr, addr, param);
    avr->data[addr] &= (uint8_t)~v;
}

static void timsk_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timers *b = param;
    for (unsigned i = 0; i < b->n; i++) {
        settle(&b->timer[i], avr->cycle + core_store_ck(avr));
    }
    avr->data[addr] = v;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        const avr_int_vector_t *icf = t->vector[TIMER_ICF];
        if (t == b->pins->icp_ctx && icf->enable.reg == addr && (v >> icf->enable.bit & 1)) {
            want_icp(b);
        }
        uint64_t when = next_interrupt(t);
        if (when) {
            avr_cycle_timer_register(avr, when > avr->cycle ? when - avr->cycle : 1, interrupt_due, t);
        } else {
            avr_cycle_timer_cancel(avr, interrupt_due, t);
        }
    }
}

static void gtccr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timers *b = param;
    uint64_t cycle = avr->cycle + core_store_ck(avr);
    unsigned halted = v & 0x80 ? v & 3 : 0, restart = b->halted | (v & 3);
    core_sync(b->core, cycle);
    avr->data[addr] = halted ? v & 0x83 : 0;
    for (unsigned i = 0; i < b->n; i++) {
        settle(&b->timer[i], cycle);
    }
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        int64_t p = place(t, tick_at(t, cycle));
        t->stood = value_at(t, p);
        t->stood_down = goes_down(t, p);
    }
    b->halted = (uint8_t)halted;
    for (unsigned i = 0; i < 2; i++) {
        if (restart >> i & 1) {
            b->prescaler[i] = cycle;
        }
    }
    for (unsigned i = 0; i < b->n; i++) {
        set_regime(&b->timer[i], (uint32_t)b->timer[i].stood, b->timer[i].stood_down, cycle);
        plan_all(&b->timer[i], cycle);
    }
}

static void captured(void *ctx, bool level, sim_time at_ps)
{
    struct timer *t = ctx;
    if (mode_of(t)->top == TOP_ICR || level != (avr_regbit_get(avr_of(t), t->simavr->ices) != 0)) {
        return;
    }
    uint64_t cycle = core_cycle_at(t->bank->core, at_ps);
    settle(t, cycle);
    t->icr = timer_tcnt(t, cycle);
    core_raise(t->bank->core, t->vector[TIMER_ICF]);
}

/* ---- building ---- */

static void timers_reset(void *ctx)
{
    struct timers *b = ctx;
    uint64_t cycle = b->core->avr->cycle;
    b->prescaler[0] = b->prescaler[1] = cycle;
    b->halted = 0;
    b->pins->icp_wanted = false;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        t->ocr[0] = t->ocr[1] = t->ocr_next[0] = t->ocr_next[1] = t->icr = 0;
        t->temp = 0;
        t->blocked = NEVER;
        set_regime(t, 0, false, cycle);
        for (unsigned k = 0; k < 2; k++) {
            t->out[k].level = false;
            t->out[k].period = 0;
            t->out[k].shown = false;
        }
        plan_all(t, cycle);
    }
}

void timers_replan(struct timers *b)
{
    uint64_t cycle = b->core->avr->cycle;
    for (unsigned i = 0; i < b->n; i++) {
        settle(&b->timer[i], cycle);
        plan_all(&b->timer[i], cycle);
    }
}

static void hook_reg(struct core *c, avr_io_addr_t addr, avr_io_read_t read, avr_io_write_t write, void *param)
{
    if (addr) {
        core_hook_read(c, addr, read, param);
        core_hook_write(c, addr, write, param);
    }
}

static void init_timer(struct timers *b, struct timer *t, avr_timer_t *io)
{
    struct core *c = b->core;
    t->bank = b;
    t->simavr = io;
    t->name = io->name;
    t->max = io->r_tcnth ? 0xffff : 0xff;
    t->prescaler = &b->prescaler[io->name == '2'];
    t->vector[TIMER_TOV] = io->overflow.vector ? &io->overflow : NULL;
    t->vector[TIMER_ICF] = io->icr.vector ? &io->icr : NULL;
    sim_event_init(&t->update, "OCR takes over", update_due, t);
    for (unsigned i = 0; i < 4; i++) {
        hook_reg(c, io->wgm[i].reg, NULL, control_write, t);
        hook_reg(c, io->cs[i].reg, NULL, control_write, t);
    }
    for (unsigned i = 0; i < 2; i++) {
        avr_timer_comp_t *comp = &io->comp[i];
        struct timer_output *o = &t->out[i];
        o->timer = t;
        o->channel = i;
        sim_event_init(&o->turn, "OC turns", turn, o);
        if (!comp->r_ocr) {
            continue;
        }
        t->vector[TIMER_OCFA + i] = comp->interrupt.vector ? &comp->interrupt : NULL;
        t->r_ocr[i] = comp->r_ocr;
        t->r_ocrh[i] = comp->r_ocrh;
        hook_reg(c, comp->r_ocr, NULL, ocr_write, t);
        hook_reg(c, comp->r_ocrh, NULL, temp_write, t);
        hook_reg(c, comp->com.reg, NULL, control_write, t);
        o->com = comp->com;
        for (unsigned k = 0; k < b->pins->n_ports; k++) {
            if (comp->com_pin.reg == b->pins->ports[k].r_port) {
                o->pin = &b->pins->ports[k].pin[comp->com_pin.bit];
            }
        }
    }
    hook_reg(c, io->r_tcnt, tcnt_read, tcnt_write, t);
    hook_reg(c, io->r_tcnth, temp_read, temp_write, t);
    hook_reg(c, io->r_icr, icr_read, icr_write, t);
    hook_reg(c, io->r_icrh, temp_read, temp_write, t);
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        if (t->vector[f]) {
            hook_reg(c, t->vector[f]->enable.reg, NULL, timsk_write, b);
            t->r_tifr = t->vector[f]->raised.reg;
            hook_reg(c, t->r_tifr, tifr_read, tifr_write, b);
        }
    }
}

void timers_init(struct timers *b, struct core *core, struct pins *pins, avr_io_addr_t gtccr, const char *icp)
{
    memset(b, 0, sizeof *b);
    b->core = core;
    b->pins = pins;
    b->r_gtccr = gtccr;
    avr_timer_t *io;
    for (unsigned i = 0; b->n < TIMERS_MAX && (io = core_module(core, "timer", i)); i++) {
        init_timer(b, &b->timer[b->n++], io);
    }
    hook_reg(core, gtccr, NULL, gtccr_write, b);
    core_add_unit(core, timers_reset, b);
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (gtccr) { /* FOCnx: TCCRnC of the 16-bit timer, TCCRnB of the others */
            t->r_foc = t->max == 0xff ? t->simavr->cs[0].reg : t->simavr->cs[0].reg + 1;
            hook_reg(core, t->r_foc, NULL, control_write, t);
        }
        if (icp && t->vector[TIMER_ICF]) {
            pins->icp = pins_find(pins, icp);
            pins->icp_ctx = t;
            pins->icp_changed = captured;
        }
    }
}

void timers_free(struct timers *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        sim_cancel(b->core->sim, &b->timer[i].update);
        sim_cancel(b->core->sim, &b->timer[i].out[0].turn);
        sim_cancel(b->core->sim, &b->timer[i].out[1].turn);
    }
}
