/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer_step.c - a quiet timer whose registers are written every few cycles
 *
 * Where the counter is and what comes next is computed for a long time ahead (timer_count.c): too much work for a store
 * that the next store overtakes. Such a timer is kept as its value and way, and steps tick by tick from store to store,
 * until somebody asks for more than that, or more than a few ticks have passed.
 */
#include "mcu/timer_parts.h"

enum { STEPS_MOST = 24 };

static inline void raise_flag(struct timer *t, enum timer_flag f)
{
    const avr_int_vector_t *v = t->vector[f];
    if (v) {
        timer_avr(t)->data[t->r_tifr] |= (uint8_t)(1u << v->raised.bit);
    }
}

static inline bool is_pending(const struct timer *t)
{
    return t->ocr[0] != t->ocr_next[0] || t->ocr[1] != t->ocr_next[1];
}

/* In a dual-slope mode: after the mode, the value or TOP became other. */
static inline void find_way(struct timer *t)
{
    if (!timer_is_dual(t)) {
        t->way = TIMER_UP;
    } else if (t->way != TIMER_UP && t->value > t->top) {
        t->way = TIMER_LEAD;
    } else {
        t->value = t->value > t->top ? t->top : t->value;
        t->way = t->way != TIMER_UP && t->value && t->value != t->top ? TIMER_DOWN : TIMER_UP;
    }
}

static void take_over(struct timer *t)
{
    t->ocr[0] = t->ocr_next[0];
    t->ocr[1] = t->ocr_next[1];
    t->top = timer_top(t);
    find_way(t);
}

/* The value that is OCRnx of this channel ends. */
static inline void match(struct timer *t, unsigned channel)
{
    struct timer_output *o = &t->out[channel];
    raise_flag(t, TIMER_OCFA + channel);
    switch (o->kind) {
    case 0: return;
    case 1: o->level = !o->level; return;
    default:
        if (!timer_is_dual(t)) {
            o->level = o->kind == 3;
        } else { /* counting up it clears with COMnx 2; that TOP is one of the way down, and BOTTOM of the way up */
            bool up = !t->value || (t->way == TIMER_UP && t->value < t->top);
            o->level = up == (o->kind == 3);
        }
    }
}

static inline void step_single(struct timer *t)
{
    bool is_top = t->value == t->top;
    if (!is_top && t->value != t->max) {
        t->value++;
        return;
    }
    if (t->kind != TIMER_CTC || t->value == t->max) {
        raise_flag(t, TIMER_TOV);
    }
    if (is_top && t->mode->top == TOP_ICR) {
        raise_flag(t, TIMER_ICF);
    }
    t->value = 0;
    if (t->kind == TIMER_FAST) {
        for (unsigned i = 0; i < 2; i++) {
            t->out[i].level = t->out[i].kind >= 2 ? t->out[i].kind == 2 : t->out[i].level;
        }
        if (is_pending(t)) {
            take_over(t);
        }
    }
}

static void step_dual(struct timer *t)
{
    uint32_t was = t->value;
    bool is_top = was == t->top && t->way != TIMER_LEAD;
    if (!was) {
        raise_flag(t, TIMER_TOV);
    }
    if (is_top && t->mode->top == TOP_ICR) {
        raise_flag(t, TIMER_ICF);
    }
    if (is_top || t->way != TIMER_UP) {
        t->value -= was != 0;
        t->way = !t->value ? TIMER_UP : is_top ? TIMER_DOWN : t->way;
    } else {
        t->value++;
    }
    if ((t->kind == TIMER_PHASE ? is_top : !was) && is_pending(t)) {
        take_over(t);
    }
}

static inline void step(struct timer *t)
{
    if (!t->blocks) {
        for (unsigned i = 0; i < 2; i++) {
            if (t->value == t->ocr[i]) {
                match(t, i);
            }
        }
    }
    t->blocks = false;
    if (timer_is_dual(t)) {
        step_dual(t);
    } else {
        step_single(t);
    }
}

static inline void keep_before(struct timer *t)
{
    for (unsigned i = 0; i < 2; i++) {
        t->out[i].before = t->out[i].level;
        t->out[i].was = (uint8_t)t->out[i].kind;
    }
}

/* Up to this cycle, if that is not far. */
static inline bool steps_to(struct timer *t, uint64_t cycle)
{
    if (cycle == t->store_cycle) {
        return true;
    }
    int64_t tick = timer_tick_at(t, cycle), n = tick - t->flags_tick;
    if (n > STEPS_MOST) {
        return false;
    }
    if (n > 1) {
        t->flags_tick = tick - 1;
        do {
            step(t);
        } while (--n > 1);
    }
    keep_before(t);
    if (n) {
        t->flags_tick = tick;
        step(t);
        if ((cycle - *t->prescaler) & (t->prescale - 1)) { /* that tick was before this cycle */
            keep_before(t);
        }
    }
    t->store_cycle = cycle;
    return true;
}

static void begin_steps(struct timer *t, uint64_t cycle)
{
    timer_settle(t, cycle);
    timer_advance_outputs(t, cycle);
    int64_t p = timer_place(t, t->flags_tick);
    t->value = timer_value_at(t, p);
    t->way = !timer_is_dual(t) || !timer_goes_down(t, p) ? TIMER_UP : p < 0 ? TIMER_LEAD : TIMER_DOWN;
    t->blocks = t->blocked != TIMER_NEVER && t->blocked > t->flags_tick;
    for (unsigned i = 0; i < 2; i++) {
        if (!t->out[i].rests) {
            t->out[i].kind = 0;
        }
    }
    t->store_cycle = cycle;
    t->steps = true;
}

void timer_close_steps(struct timer *t)
{
    t->steps = false;
    for (unsigned i = 0; i < 2; i++) {
        if (t->out[i].rests) {
            t->out[i].since = t->store_cycle;
            t->out[i].period = 0;
            t->out[i].planned = false;
        } else {
            t->out[i].level = false;
        }
    }
    int64_t p = t->value;
    timer_find_period(t);
    if (t->way == TIMER_LEAD) {
        p = -p;
    } else if (t->way == TIMER_DOWN) {
        p = 2 * (int64_t)t->top - p;
    } else if (p > t->top) {
        p -= (int64_t)t->max + 1;
    }
    t->blocked = t->blocks ? t->flags_tick + 1 : TIMER_NEVER;
    timer_stand_at(t, p, t->store_cycle);
}

/* May a store that acts at this cycle be a step? Then the timer is there. */
static inline bool is_step(struct timer *t, uint64_t cycle)
{
    struct core *c = t->bank->core;
    if (!t->is_quiet || (t->out[0].rests | t->out[1].rests ? !core_is_quick(c, cycle) : cycle >= c->quick_end)) {
        return false;
    }
    if (!t->steps || !steps_to(t, cycle)) {
        begin_steps(t, cycle);
    }
    return true;
}

/* ---- stores ---- */

static inline unsigned with_temp(const struct timer *t, unsigned low)
{
    return t->max == 0xff ? low : low | (unsigned)t->temp << 8;
}

static bool tcnt_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct timer *t = ctx;
    if (!is_step(t, cycle)) {
        return false;
    }
    t->value = with_temp(t, v);
    t->way = TIMER_UP;
    find_way(t);
    t->blocks = true;
    return true;
}

static inline bool ocr_quick(struct timer *t, unsigned channel, uint64_t cycle, unsigned v)
{
    uint8_t *data = timer_avr(t)->data;
    uint16_t value = (uint16_t)with_temp(t, v);
    if ((value != t->ocr_next[channel] || value != t->ocr[channel]) && !is_step(t, cycle)) {
        return false;
    }
    data[t->r_ocr[channel]] = (uint8_t)v;
    if (t->r_ocrh[channel]) {
        data[t->r_ocrh[channel]] = (uint8_t)(value >> 8);
    }
    if (value != t->ocr_next[channel] || value != t->ocr[channel]) {
        t->ocr_next[channel] = value;
        if (!timer_is_pwm(t)) {
            take_over(t);
        }
    }
    return true;
}

static bool ocra_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return ocr_quick(ctx, 0, cycle, v);
}

static bool ocrb_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return ocr_quick(ctx, 1, cycle, v);
}

static bool icr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct timer *t = ctx;
    bool is_top = t->mode->top == TOP_ICR;
    if (!is_top && (!t->bank->told_of_icr || !t->bank->icr_sticks)) {
        return false;
    }
    if (!is_step(t, cycle)) {
        return false;
    }
    t->icr = (uint16_t)with_temp(t, v);
    t->top = timer_top(t);
    find_way(t);
    return true;
}

static unsigned in_register(const struct timer_field field[2], avr_io_addr_t addr, unsigned v)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct timer_field *f = &field[i];
        bits |= f->mask && f->reg == addr ? (v >> f->shift & f->mask) << f->to : 0;
    }
    return bits;
}

static void find_bits(const struct timer *t, const struct timer_control *c, unsigned v, struct timer_bits *bits)
{
    *bits = (struct timer_bits){
        true, (uint8_t)in_register(t->wgm_field, c->reg, v), (uint8_t)in_register(t->cs_field, c->reg, v), { 0, 0 }
    };
    for (unsigned i = 0; i < 2; i++) {
        const avr_regbit_t *com = &t->out[i].com;
        bits->com[i] = com->reg == c->reg ? (uint8_t)(v >> com->bit & com->mask) : 0;
    }
}

/* Would an output that has not rested yet be connected? */
static inline bool connects(const struct timer_output *o, unsigned com)
{
    return com && !o->rests && o->pin;
}

static inline void new_mode(struct timer *t, unsigned wgm)
{
    bool pwm = timer_is_pwm(t);
    t->wgm = (uint8_t)wgm;
    t->mode = timer_mode_of(t, wgm);
    t->kind = t->mode->kind;
    if (pwm != timer_is_pwm(t)) { /* the buffers are out of use, or not yet in use */
        t->ocr[0] = t->ocr_next[0];
        t->ocr[1] = t->ocr_next[1];
    }
    t->top = timer_top(t);
    find_way(t);
}

static inline void new_control(struct timer *t, const struct timer_control *c, const struct timer_bits *bits,
                               uint64_t cycle)
{
    unsigned wgm = (t->wgm & ~(unsigned)c->wgm) | bits->wgm;
    if (wgm != t->wgm) {
        new_mode(t, wgm);
    }
    if (c->has_cs) {
        t->shift = (uint8_t)t->simavr->cs_div[bits->cs];
        t->clocked = bits->cs && t->shift < 16;
        t->prescale = timer_prescale(t);
        t->flags_tick = timer_tick_at(t, cycle);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct timer_output *o = &t->out[i];
        if (c->has_com) {
            o->com_now = bits->com[i];
        }
        if (o->rests) {
            o->kind = timer_output_com(o);
        }
    }
}

static inline void force(struct timer *t, unsigned foc)
{
    for (unsigned i = 0; i < 2; i++) {
        struct timer_output *o = &t->out[i];
        if (foc >> (7 - i) & 1 && o->kind && !timer_is_pwm(t)) {
            o->level = o->kind == 1 ? !o->level : o->kind == 3;
        }
    }
}

static inline bool control_quick(struct timer *t, unsigned which, uint64_t cycle, unsigned v)
{
    struct timer_control *c = &t->control[which];
    uint8_t *reg = &timer_avr(t)->data[c->reg];
    unsigned foc = 0;
    if (c->reg == t->r_foc) {
        foc = v & 0xc0;
        v &= 0x3f;
    }
    if (*reg == v && !foc) {
        return true;
    }
    struct timer_bits *bits = &c->bits[v];
    if (!bits->known) {
        find_bits(t, c, v, bits);
    }
    if (connects(&t->out[0], bits->com[0]) || connects(&t->out[1], bits->com[1]) || !is_step(t, cycle)) {
        return false;
    }
    if (*reg != v) {
        *reg = (uint8_t)v;
        new_control(t, c, bits, cycle);
    }
    if (foc) {
        force(t, foc);
    }
    return true;
}

static bool control_0_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return control_quick(ctx, 0, cycle, v);
}

static bool control_1_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return control_quick(ctx, 1, cycle, v);
}

static bool control_2_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return control_quick(ctx, 2, cycle, v);
}

/* Ones clear. A register may be several timers'. */
static bool tifr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct timer *t = ctx;
    struct timers *b = t->bank;
    if (b->pins->icp_ctx == t && !b->pins->icp_wanted) {
        return false;
    }
    for (unsigned i = 0; i < b->n; i++) {
        if (b->timer[i].r_tifr == t->r_tifr && !is_step(&b->timer[i], cycle)) {
            return false;
        }
    }
    timer_avr(t)->data[t->r_tifr] &= (uint8_t)~v;
    return true;
}

/* ---- loads ---- */

bool timer_steps_to(struct timer *t, uint64_t cycle)
{
    return t->steps && steps_to(t, cycle);
}

void timer_step_init(struct timer *t)
{
    static bool (*const control[])(void *, uint64_t, unsigned) = { control_0_quick, control_1_quick, control_2_quick };
    struct core *c = t->bank->core;
    core_io_quick(c, t->simavr->r_tcnt, tcnt_quick, t);
    core_io_quick(c, t->r_tifr, tifr_quick, t);
    if (t->simavr->r_icr) {
        core_io_quick(c, t->simavr->r_icr, icr_quick, t);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (t->r_ocr[i]) {
            core_io_quick(c, t->r_ocr[i], i ? ocrb_quick : ocra_quick, t);
        }
    }
    const avr_io_addr_t reg[3] = { t->out[0].com.reg, t->cs_field[0].reg, t->r_foc };
    for (unsigned i = 0; i < 3; i++) {
        struct timer_control *k = &t->control[i];
        k->reg = reg[i];
        k->has_com = k->reg == t->out[0].com.reg;
        k->has_cs = k->reg == t->cs_field[0].reg;
        k->wgm = (uint8_t)in_register(t->wgm_field, k->reg, 0xff);
        if (k->reg) {
            core_io_quick(c, k->reg, control[i], t);
        }
    }
}
