/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/timer_parts.h"

/* ---- modes ---- */

#define BOTH 3 /* toggle; in PWM only OCnA does, where TOP is its register, or ICR1 in mode 14 */

static const struct timer_mode modes8[8] = {
    /* WGM02:0, Table 15-8 */
    { TIMER_NORMAL, TOP_FF, 0xff, BOTH, false, 0 }, { TIMER_PHASE, TOP_FF, 0xff, 0, true, 0 },
    { TIMER_CTC, TOP_OCRA, 0, BOTH, false, 0 },     { TIMER_FAST, TOP_FF, 0xff, 0, true, 0 },
    { TIMER_NORMAL, TOP_FF, 0xff, BOTH, false, 0 }, { TIMER_PHASE, TOP_OCRA, 0, 1, true, 0 },
    { TIMER_NORMAL, TOP_FF, 0xff, BOTH, false, 0 }, { TIMER_FAST, TOP_OCRA, 0, 1, true, 0 },
};

static const struct timer_mode modes16[16] = {
    /* WGM13:0, Table 16-4 */
    { TIMER_NORMAL, TOP_MAX, 0xffff, BOTH, false, 0 },
    { TIMER_PHASE, TOP_FF, 0xff, 0, true, 0 },
    { TIMER_PHASE, TOP_1FF, 0x1ff, 0, true, 0 },
    { TIMER_PHASE, TOP_3FF, 0x3ff, 0, true, 0 },
    { TIMER_CTC, TOP_OCRA, 0, BOTH, false, 0 },
    { TIMER_FAST, TOP_FF, 0xff, 0, true, 0 },
    { TIMER_FAST, TOP_1FF, 0x1ff, 0, true, 0 },
    { TIMER_FAST, TOP_3FF, 0x3ff, 0, true, 0 },
    { TIMER_PHASE_FREQ, TOP_ICR, 0, 0, true, 0 },
    { TIMER_PHASE_FREQ, TOP_OCRA, 0, 1, true, 0 },
    { TIMER_PHASE, TOP_ICR, 0, 0, true, 0 },
    { TIMER_PHASE, TOP_OCRA, 0, 1, true, 0 },
    { TIMER_CTC, TOP_ICR, 0, BOTH, false, 0 },
    { TIMER_NORMAL, TOP_MAX, 0xffff, BOTH, false, 0 },
    { TIMER_FAST, TOP_ICR, 0, 1, true, 0 },
    { TIMER_FAST, TOP_OCRA, 0, 1, true, 0 },
};

const struct timer_mode *timer_modes(const struct timer *t)
{
    return t->max == 0xff ? modes8 : modes16;
}

static inline unsigned value_of(const avr_t *avr, const struct timer_field field[2])
{
    return (avr->data[field[0].reg] >> field[0].shift & field[0].mask) |
           (unsigned)(avr->data[field[1].reg] >> field[1].shift & field[1].mask) << field[1].to;
}

void timer_read_control(struct timer *t, avr_io_addr_t changed)
{
    const avr_t *avr = timer_avr(t);
    unsigned wgm = value_of(avr, t->wgm_field), cs = value_of(avr, t->cs_field), shift = t->simavr->cs_div[cs];
    for (unsigned i = 0; i < 2; i++) {
        struct timer_output *o = &t->out[i];
        if (changed && changed != o->com.reg) {
            break; /* both are in one register */
        }
        o->com_now = o->com.reg ? avr->data[o->com.reg] >> o->com.bit & o->com.mask : 0;
    }
    t->wgm = (uint8_t)wgm;
    t->mode = &t->modes[wgm];
    t->clocked = cs && shift < 16;
    t->shift = (uint8_t)shift;
}

void timer_read_enables(struct timer *t)
{
    timer_set_enables(t, timer_enables(t, timer_avr(t)->data[t->r_timsk]));
}

/* ---- where the counter is ---- */

uint32_t timer_value_at(const struct timer *t, int64_t p)
{
    if (p < 0) {
        return (uint32_t)(timer_is_dual(t) ? -p : t->max + 1 + p);
    }
    return (uint32_t)(timer_is_dual(t) && p > t->top ? 2 * (int64_t)t->top - p : p);
}

uint16_t timer_tcnt(const struct timer *t, uint64_t cycle)
{
    timer_end_steps((struct timer *)t);
    return (uint16_t)timer_value_at(t, timer_place(t, timer_tick_at(t, cycle)));
}

bool timer_count_is_open(const struct timer *t)
{
    timer_end_steps((struct timer *)t);
    return timer_is_pwm(t) && timer_update_pending(t);
}

bool timer_ramp_from(const struct timer *t, uint64_t cycle, struct timer_ramp *r)
{
    timer_end_steps((struct timer *)t);
    uint32_t mask = t->period - 1;
    if (!t->prescale || timer_is_dual(t) || (t->period & mask) || timer_tick_at(t, cycle) < t->zero) {
        return false;
    }
    *r = (struct timer_ramp){ .from = (uint32_t)(cycle - *t->prescaler - ((uint64_t)t->zero << t->shift)),
                              .mask = mask,
                              .shift = t->shift };
    return true;
}

/* Where in the period flags are set. */
static void find_ends(struct timer *t)
{
    int64_t(*ends)[2] = t->ends;
    ends[TIMER_ICF][0] = t->mode->top == TOP_ICR ? (timer_is_dual(t) ? (int64_t)t->top + 1 : 0) : -1;
    ends[TIMER_TOV][0] = timer_is_dual(t) ? 1 : t->kind == TIMER_CTC && t->top != t->max ? -1 : 0;
    ends[TIMER_ICF][1] = ends[TIMER_TOV][1] = -1;
    for (unsigned i = 0; i < 2; i++) {
        timer_match_places(t, t->ocr[i], &ends[TIMER_OCFA + i][0], &ends[TIMER_OCFA + i][1]);
    }
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        if (ends[f][0] >= t->period) {
            ends[f][0] %= t->period;
        }
    }
    t->has_ends = true;
}

int64_t timer_acts_after(const struct timer *t, int64_t tick)
{
    return t->prescale ? tick + timer_least_to_act(t, timer_place(t, tick), 1) : TIMER_NEVER;
}

void timer_stand_at(struct timer *t, int64_t p, uint64_t cycle)
{
    t->prescale = timer_prescale(t);
    int64_t tick = timer_tick_at(t, cycle);
    /* a tick's number changes with the prescaler */
    bool block = t->blocked != TIMER_NEVER && t->blocked > t->flags_tick;
    t->stood = p;
    t->zero = tick - p;
    t->flags_tick = tick;
    t->flags_next = t->acts_next = tick + timer_least_to_act(t, p, 1);
    t->blocked = block ? tick + 1 : TIMER_NEVER;
}

void timer_find_period(struct timer *t)
{
    t->of_mode = t->mode;
    t->of_ocr[0] = t->ocr[0];
    t->of_ocr[1] = t->ocr[1];
    t->period = timer_is_dual(t) ? 2 * t->top : t->top + 1;
    if (!t->period) {
        t->period = 1; /* TOP = BOTTOM in a dual-slope mode: it stands at 0 */
    }
    t->has_ends = false;
}

/* A new regime from the registers, with the counter at v at this cycle. */
void timer_set_regime(struct timer *t, uint32_t v, bool down, uint64_t cycle)
{
    uint32_t top = timer_top(t);
    if (top != t->top || t->mode != t->of_mode || t->of_ocr[0] != t->ocr[0] || t->of_ocr[1] != t->ocr[1]) {
        t->kind = t->mode->kind;
        t->top = top;
        timer_find_period(t);
    }
    int64_t p = v;
    if (timer_is_dual(t) && down && v > t->top) {
        p = -(int64_t)v;
    } else if (timer_is_dual(t)) {
        v = v > t->top ? t->top : v;
        p = down ? 2 * (int64_t)t->top - v : v;
        p = p < t->period ? p : p % t->period;
    } else if (v > t->top) {
        p = (int64_t)v - t->max - 1;
    }
    timer_stand_at(t, p, cycle);
}

/* ---- events ---- */

/* Ends of the value OCRnx: up and, in dual-slope modes, down (-1 none). */
void timer_match_places(const struct timer *t, uint32_t ocr, int64_t *up, int64_t *down)
{
    *up = *down = -1;
    if (ocr <= t->top) {
        *up = (ocr + 1) % t->period;
        if (timer_is_dual(t)) {
            *down = (2 * (int64_t)t->top - ocr + 1) % t->period;
        }
    }
}

/* On the way from above TOP the counter passes OCRnx once, or not at all. */
int64_t timer_match_in_lead(const struct timer *t, int64_t after, uint32_t ocr)
{
    int64_t at = timer_is_dual(t) ? t->zero - (int64_t)ocr + 1 : t->zero + (int64_t)ocr - t->max;
    return (timer_is_dual(t) ? ocr : ocr > t->top) && at > after && at <= t->zero ? at : TIMER_NEVER;
}

static int64_t next_match(const struct timer *t, int64_t after, unsigned channel)
{
    int64_t up, down, at = timer_match_in_lead(t, after, t->ocr[channel]);
    timer_match_places(t, t->ocr[channel], &up, &down);
    if (up >= 0) {
        at = timer_earlier(at, timer_next_end(t, after, up));
    }
    if (down >= 0) {
        at = timer_earlier(at, timer_next_end(t, after, down));
    }
    if (at == t->blocked && at != TIMER_NEVER) {
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
        return t->top == t->max ? timer_next_place(t, after, 0) : TIMER_NEVER;
    case TIMER_PHASE:
    case TIMER_PHASE_FREQ: return timer_next_end(t, after, 1);
    default: return timer_next_place(t, after, 0);
    }
}

/* From place p to the next begin of place `end`. */
static inline int64_t ticks_to(const struct timer *t, int64_t p, int64_t end)
{
    if (end < 0) {
        return TIMER_NEVER;
    }
    return end > p ? end - p : end - p + t->period;
}

static inline int64_t ticks_to_either(const struct timer *t, int64_t p, const int64_t end[2])
{
    int64_t n = ticks_to(t, p, end[0]);
    return end[1] < 0 ? n : timer_earlier(n, ticks_to(t, p, end[1]));
}

int64_t timer_next_flag(const struct timer *t, int64_t after, enum timer_flag flag)
{
    if (!t->prescale) {
        return TIMER_NEVER;
    }
    if (!t->has_ends) {
        find_ends((struct timer *)t);
    }
    if (after >= t->zero) {
        int64_t p = timer_in_period(t, after - t->zero), n = ticks_to_either(t, p, t->ends[flag]);
        if (n != TIMER_NEVER && after + n == t->blocked && (flag == TIMER_OCFA || flag == TIMER_OCFB)) {
            n += ticks_to_either(t, timer_in_period(t, p + n), t->ends[flag]);
        }
        return n == TIMER_NEVER ? n : after + n;
    }
    switch (flag) {
    case TIMER_TOV: return next_overflow(t, after);
    case TIMER_OCFA: return next_match(t, after, 0);
    case TIMER_OCFB: return next_match(t, after, 1);
    default:
        return t->mode->top == TOP_ICR ? timer_next_end(t, after, timer_is_dual(t) ? (int64_t)t->top + 1 : 0)
                                       : TIMER_NEVER;
    }
}

/* When written OCRnx take over: fast and phase-and-frequency correct at BOTTOM, phase correct at TOP. */
int64_t timer_next_update(const struct timer *t, int64_t after)
{
    if (!t->prescale || !timer_is_pwm(t) || !timer_update_pending(t)) {
        return TIMER_NEVER;
    }
    if (t->kind == TIMER_FAST) {
        return timer_next_place(t, after, 0);
    }
    return timer_next_end(t, after, t->kind == TIMER_PHASE ? (int64_t)t->top + 1 : 1);
}

void timer_settle_flags(struct timer *t, int64_t tick)
{
    t->flags_next = TIMER_NEVER;
    if ((timer_avr(t)->data[t->r_tifr] & t->all_flags) == t->all_flags) {
        t->flags_tick = tick;
        return;
    }
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        if (t->vector[f] && !timer_flag_is_set(t, f)) {
            int64_t at = timer_next_flag(t, t->flags_tick, f);
            if (at <= tick) {
                core_raise(t->bank->core, t->vector[f]);
            } else {
                t->flags_next = timer_earlier(t->flags_next, at);
            }
        }
    }
    t->flags_tick = tick;
}

void timer_rebase(struct timer *t, uint64_t cycle)
{
    int64_t p = timer_place(t, timer_tick_at(t, cycle));
    timer_set_regime(t, timer_value_at(t, p), timer_goes_down(t, p), cycle);
}

void timer_take_over(struct timer *t, uint64_t cycle)
{
    t->ocr[0] = t->ocr_next[0];
    t->ocr[1] = t->ocr_next[1];
    timer_rebase(t, cycle);
}
