/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer_store.c - stores to registers of a timer whose doings nobody sees: quick ways and callbacks, each a step */
#include <assert.h>
#include <string.h>

#include "mcu/timer_steps.h"

enum { FOC = 0xc0 };

static inline unsigned with_temp(const struct timer *t, unsigned low)
{
    return t->max == 0xff ? low : low | (unsigned)t->temp << 8;
}

static ALWAYS_INLINE bool tcnt_step(struct timer *t, uint64_t cycle, unsigned v, enum way way, quick_store *slowly)
{
    if (!is_step(t, cycle, way)) {
        return way == AT_ONCE && slowly(t, cycle, v);
    }
    t->steps.value = with_temp(t, v);
    t->steps.way = TIMER_UP;
    find_way(t);
    t->steps.blocks = true;
    return has_stepped(t, way);
}

static ALWAYS_INLINE bool ocr_step(struct timer *t, unsigned channel, uint64_t cycle, unsigned v, enum way way,
                                   quick_store *slowly)
{
    uint8_t *data = timer_avr(t)->data;
    uint16_t value = (uint16_t)with_temp(t, v);
    bool is_new = value != t->ocr_next[channel] || value != t->ocr[channel];
    if (is_new && !is_step(t, cycle, way)) {
        return way == AT_ONCE && slowly(t, cycle, v);
    }
    data[t->r_ocr[channel]] = (uint8_t)v;
    if (t->r_ocrh[channel]) {
        data[t->r_ocrh[channel]] = (uint8_t)(value >> 8);
    }
    if (!is_new) {
        return true;
    }
    t->ocr_next[channel] = value;
    if (!timer_is_pwm(t)) {
        take_over(t);
    }
    return has_stepped(t, way);
}

static NOINLINE bool ocra_slowly(void *ctx, uint64_t cycle, unsigned v)
{
    return ocr_step(ctx, 0, cycle, v, QUICK, NULL);
}

static bool ocra_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return ocr_step(ctx, 0, cycle, v, AT_ONCE, ocra_slowly);
}

static NOINLINE bool ocrb_slowly(void *ctx, uint64_t cycle, unsigned v)
{
    return ocr_step(ctx, 1, cycle, v, QUICK, NULL);
}

static bool ocrb_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return ocr_step(ctx, 1, cycle, v, AT_ONCE, ocrb_slowly);
}

static ALWAYS_INLINE bool icr_step(struct timer *t, uint64_t cycle, unsigned v, enum way way)
{
    bool is_top = t->mode->top == TOP_ICR;
    if (!is_top && (!t->bank->told_of_icr || !t->bank->icr_sticks)) {
        return false;
    }
    if (!is_step(t, cycle, way)) {
        return false;
    }
    t->icr = (uint16_t)with_temp(t, v);
    t->top = timer_top(t);
    find_way(t);
    return has_stepped(t, way);
}

static NOINLINE bool tcnt_slowly(void *ctx, uint64_t cycle, unsigned v)
{
    return tcnt_step(ctx, cycle, v, QUICK, NULL);
}

static bool tcnt_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return tcnt_step(ctx, cycle, v, AT_ONCE, tcnt_slowly);
}

static bool icr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return icr_step(ctx, cycle, v, QUICK);
}

/* True: they fit. */
static NOINLINE bool find_bits(const struct timer_control *c, unsigned v, struct timer_bits *bits)
{
    const struct timer *t = c->timer;
    unsigned cs = in_register(t->cs_field, c->reg, v), shift = t->simavr->cs_div[cs];
    unsigned connects = 0;
    *bits = (struct timer_bits){ .fits = 0,
                                 .wgm = (uint8_t)in_register(t->wgm_field, c->reg, v),
                                 .clocked = cs && shift < 16,
                                 .shift = (uint8_t)shift };
    for (unsigned i = 0; i < 2; i++) {
        const struct timer_output *o = &t->out[i];
        unsigned com = o->pin && o->com.reg == c->reg ? v >> o->com.bit & o->com.mask : 0;
        bits->coms |= (uint8_t)(com << 2 * i);
        connects |= (unsigned)(com != 0) << i;
    }
    for (unsigned resting = 0; resting < 4; resting++) {
        bits->fits |= (uint8_t)(!(connects & ~resting) << resting);
    }
    return (bits->fits & t->resting_bit) != 0;
}

/* COMnA and COMnB as they act in modes of those `toggles`: a byte each. */
static ALWAYS_INLINE void new_kinds(struct timer *t)
{
#define KIND(com_, toggles_) ((com_) == 1 && !(toggles_) ? 0 : (com_))
#define KINDS(coms_, toggles_)                                             \
    {                                                                      \
        KIND((coms_)&3, (toggles_)&1), KIND((coms_) >> 2, (toggles_) >> 1) \
    }
#define KINDS_4(coms_, toggles_) \
    KINDS(coms_, toggles_), KINDS((coms_) + 1, toggles_), KINDS((coms_) + 2, toggles_), KINDS((coms_) + 3, toggles_)
#define KINDS_16(toggles_)                                                                      \
    {                                                                                           \
        KINDS_4(0, toggles_), KINDS_4(4, toggles_), KINDS_4(8, toggles_), KINDS_4(12, toggles_) \
    }
    static const uint8_t kinds[4][16][2] = { KINDS_16(0), KINDS_16(1), KINDS_16(2), KINDS_16(3) };
    memcpy(t->steps.now.kind, kinds[t->mode->toggles][t->steps.coms], sizeof t->steps.now.kind);
}

static ALWAYS_INLINE void new_mode(struct timer *t, const struct timer_mode *mode)
{
    bool was_pwm = t->mode->is_pwm;
    t->mode = mode;
    t->kind = mode->kind;
    if (mode->is_pwm != was_pwm) { /* the buffers are out of use, or not yet in use */
        memcpy(t->ocr, t->ocr_next, sizeof t->ocr);
    }
    t->top = timer_top(t);
    find_way(t);
}

static ALWAYS_INLINE void new_control(struct timer *t, const struct timer_bits *bits, uint64_t cycle, bool has_com,
                                      bool has_cs)
{
    const struct timer_mode *mode = t->mode;
    if (has_com) {
        t->steps.coms = bits->coms;
    }
    if (has_com || has_cs) {
        t->steps.wgm[!has_com] = bits->wgm;
        mode = &t->modes[t->steps.wgm[0] + t->steps.wgm[1]];
    }
    if (mode != t->mode) {
        new_mode(t, mode);
        new_kinds(t);
    } else if (has_com) {
        new_kinds(t);
    }
    if (has_cs && (t->shift != bits->shift || t->clocked != bits->clocked)) {
        t->shift = bits->shift;
        t->clocked = bits->clocked;
        t->prescale = timer_prescale(t);
        t->flags_tick = timer_tick_at(t, cycle);
        find_due_tick(t);
    }
}

static ALWAYS_INLINE void force(struct timer *t, unsigned foc)
{
    for (unsigned i = 0; i < 2; i++) {
        unsigned kind = t->steps.now.kind[i];
        uint8_t *level = &t->steps.now.level[i];
        if (foc >> (7 - i) & 1 && kind) {
            *level = kind == 1 ? !*level : kind == 3;
        }
    }
}

/* The bits that a store of v would bring, if it may be a step; then the timer is there. NULL: not so. */
static ALWAYS_INLINE const struct timer_bits *bits_of_step(struct timer_control *c, uint64_t cycle, unsigned v,
                                                           enum way way)
{
    struct timer_bits *bits = &c->bits[v];
    struct timer *t = c->timer;
    bool fits = bits->fits & t->resting_bit || (way != AT_ONCE && find_bits(c, v, bits));
    return fits && is_step(t, cycle, way) ? bits : NULL;
}

static ALWAYS_INLINE bool control_step(struct timer_control *c, uint64_t cycle, unsigned v, enum way way, bool has_com,
                                       bool has_cs, quick_store *slowly)
{
    struct timer *t = c->timer;
    uint8_t *byte = c->byte;
    if (*byte == v) {
        return true;
    }
    const struct timer_bits *bits = bits_of_step(c, cycle, v, way);
    if (!bits) {
        return way == AT_ONCE && slowly(c, cycle, v);
    }
    new_control(t, bits, cycle, has_com, has_cs);
    *byte = (uint8_t)v;
    return has_stepped(t, way);
}

/* Of the register with FOCnx, which read as 0. */
static ALWAYS_INLINE bool foc_step(struct timer_control *c, uint64_t cycle, unsigned v, enum way way,
                                   quick_store *slowly)
{
    unsigned foc = v & FOC;
    if (!foc) {
        return control_step(c, cycle, v, way, c->has_com, c->has_cs, slowly);
    }
    v -= foc;
    struct timer *t = c->timer;
    uint8_t *byte = c->byte;
    const struct timer_bits *bits = bits_of_step(c, cycle, v, way);
    if (!bits) {
        return way == AT_ONCE && slowly(c, cycle, v | foc);
    }
    if (*byte != v) {
        new_control(t, bits, cycle, c->has_com, c->has_cs);
    }
    if (!t->mode->is_pwm && t->steps.coms) {
        force(t, foc);
    }
    *byte = (uint8_t)v;
    return has_stepped(t, way);
}

static NOINLINE bool control_slowly(void *ctx, uint64_t cycle, unsigned v)
{
    struct timer_control *c = ctx;
    return control_step(c, cycle, v, QUICK, c->has_com, c->has_cs, NULL);
}

static bool control_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct timer_control *c = ctx;
    return control_step(c, cycle, v, AT_ONCE, c->has_com, c->has_cs, control_slowly);
}

/* TCCRnA of most */
static bool com_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return control_step(ctx, cycle, v, AT_ONCE, true, false, control_slowly);
}

static NOINLINE bool foc_slowly(void *ctx, uint64_t cycle, unsigned v)
{
    return foc_step(ctx, cycle, v, QUICK, NULL);
}

static bool foc_quick(void *ctx, uint64_t cycle, unsigned v)
{
    return foc_step(ctx, cycle, v, AT_ONCE, foc_slowly);
}

/* Of a program that has shown no interest in input capture, whose flag is in this timer's register. */
static inline bool is_first_look(const struct timers_of_timsk *g)
{
    return g->icp && !g->icp->icp_wanted;
}

/* Ones clear. A register may be several timers'. */
static bool tifr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    const struct timers_of_timsk *g = ctx;
    if (is_first_look(g)) {
        return false;
    }
    unsigned i = 0;
    do {
        struct timer *t = g->timer[i];
        if (t->prescale && !is_step(t, cycle, QUICK)) {
            return false;
        }
    } while (++i < g->n);
    uint8_t *byte = g->timer[0]->tifr;
    bool clears = *byte & v, ends = false;
    *byte &= (uint8_t)~v;
    for (i = 0; clears && i < g->n; i++) {
        struct timer *t = g->timer[i];
        if (t->prescale && t->enabled && !is_lazy(t)) {
            ends |= timer_arm_steps(t);
        }
    }
    return !ends || core_quick_ends(g->timer[0]->core);
}

/* Interrupts of a timer that are not on yet: may they be turned on by a quick store? Then it is there. */
static NOINLINE bool may_enable(struct timer *t, uint64_t cycle, unsigned fresh)
{
    const struct pins *pins = t->bank->pins;
    return !(fresh >> TIMER_ICF && pins->icp_ctx == t && !pins->icp_wanted) &&
           (!t->prescale || is_step(t, cycle, QUICK));
}

/* The core looks at what has been enabled. */
static bool timsk_quick(void *ctx, uint64_t cycle, unsigned v)
{
    const struct timers_of_timsk *g = ctx;
    unsigned ticking = 0; /* a bit for each that counts and has something new on */
    for (unsigned i = 0; i < g->n; i++) {
        struct timer *t = g->timer[i];
        unsigned fresh = timer_enables(t, v) & ~(unsigned)t->enabled & 0xff;
        if (fresh && (t->prescale || fresh >> TIMER_ICF)) {
            if (!may_enable(t, cycle, fresh)) {
                return false;
            }
            ticking |= (unsigned)(t->prescale != 0) << i;
        }
    }
    *g->timsk = (uint8_t)v;
    for (unsigned i = 0; i < g->n; i++) {
        timer_set_enables(g->timer[i], timer_enables(g->timer[i], v));
    }
    bool ends = false;
    for (; ticking; ticking &= ticking - 1) {
        ends |= arm(g->timer[__builtin_ctz(ticking)]);
    }
    return !ends || core_quick_ends(g->timer[0]->bank->core);
}

/* Of timers that step. */
static bool tifr_quick_read(void *ctx, uint64_t cycle)
{
    const struct timers_of_timsk *g = ctx;
    if (is_first_look(g)) {
        return false;
    }
    for (unsigned i = 0; i < g->n; i++) {
        struct timer *t = g->timer[i];
        if (t->prescale && !timer_steps_to(t, cycle)) {
            return false;
        }
    }
    return true;
}

bool timer_capture_quick(void *ctx, bool level, uint64_t cycle)
{
    struct timer *t = ctx;
    struct core *c = t->core;
    const avr_regbit_t ices = t->simavr->ices;
    if (t->mode->top == TOP_ICR || level != (c->avr->data[ices.reg] >> ices.bit & 1)) {
        return true;
    }
    if (t->is_unheard) {
        come_to(t, cycle);
        t->icr = (uint16_t)t->steps.value;
    } else {
        timer_settle(t, cycle);
        t->icr = timer_tcnt(t, cycle);
    }
    raise_flag(t, TIMER_ICF);
    if (!c->avr->sreg[S_I]) {
        return true;
    }
    core_irq_update(c);
    return !c->avr->interrupt_state || core_quick_ends(c);
}

/* The prescalers begin anew, or are held by TSM. */
static bool gtccr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct timers *b = ctx;
    unsigned halted = v & 0x80 ? v & 3 : 0, restart = b->halted | (v & 3);
    if (!core_is_quick(b->core, cycle)) {
        return false;
    }
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (t->clocked && restart & t->psr) {
            if (!t->is_unheard) {
                return false;
            }
            come_to(t, cycle);
        }
    }
    bool ends = false;
    b->core->avr->data[b->r_gtccr] = (uint8_t)(halted ? v & 0x83 : 0);
    b->halted = (uint8_t)halted;
    b->prescaler[0] = restart & 1 ? cycle : b->prescaler[0];
    b->prescaler[1] = restart & 2 ? cycle : b->prescaler[1];
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (t->clocked && restart & t->psr) {
            bool stood = !t->prescale; /* else its ticks come later than they would have */
            t->prescale = halted & t->psr ? 0 : 1u << t->shift;
            t->flags_tick = t->due_tick = 0;
            ends |= stood && t->enabled && timer_arm_steps(t);
        }
    }
    return !ends || core_quick_ends(b->core);
}

/* ---- with interrupts ---- */

bool timer_step_tcnt(struct timer *t, uint64_t cycle, unsigned v)
{
    return tcnt_step(t, cycle, v, BY_CALLBACK, NULL);
}

bool timer_step_ocr(struct timer *t, unsigned channel, uint64_t cycle, unsigned v)
{
    return t->enabled && ocr_step(t, channel, cycle, v, BY_CALLBACK, NULL);
}

bool timer_step_icr(struct timer *t, uint64_t cycle, unsigned v)
{
    return icr_step(t, cycle, v, BY_CALLBACK);
}

bool timer_step_control(struct timer *t, avr_io_addr_t addr, uint64_t cycle, unsigned v)
{
    for (unsigned i = 0; t->enabled && i < 3; i++) {
        struct timer_control *c = &t->control[i];
        if (c->reg == addr) {
            return addr == t->r_foc ? foc_step(c, cycle, v, BY_CALLBACK, NULL)
                                    : control_step(c, cycle, v, BY_CALLBACK, c->has_com, c->has_cs, NULL);
        }
    }
    return false;
}

void timers_step_init(struct timers *b)
{
    if (b->r_gtccr) {
        core_io_quick(b->core, b->r_gtccr, gtccr_quick, b);
    }
}

/* With its like. */
static struct timers_of_timsk *of_timsk(struct timer *t)
{
    struct timers_of_timsk *g = t->bank->of_timsk;
    uint8_t *timsk = &timer_avr(t)->data[t->r_timsk];
    while (g->n && g->timsk != timsk) {
        g++;
    }
    assert(!g->n || g->timer[0]->tifr == t->tifr);
    g->timsk = timsk;
    g->timer[g->n++] = t;
    return g;
}

void timer_step_captures(struct timer *t)
{
    struct timers_of_timsk *g = t->bank->of_timsk;
    while (g->timer[0]->tifr != t->tifr) {
        g++;
    }
    g->icp = t->bank->pins;
}

void timer_step_init(struct timer *t)
{
    struct core *c = t->core;
    core_io_quick(c, t->simavr->r_tcnt, tcnt_quick, t);
    if (t->r_tifr) {
        struct timers_of_timsk *g = of_timsk(t);
        core_io_quick(c, t->r_tifr, tifr_quick, g);
        core_io_quick_read(c, t->r_tifr, tifr_quick_read, g);
        core_io_quick(c, t->r_timsk, timsk_quick, g);
    }
    if (t->simavr->r_icr) {
        core_io_quick(c, t->simavr->r_icr, icr_quick, t);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (t->r_ocr[i]) {
            core_io_quick(c, t->r_ocr[i], i ? ocrb_quick : ocra_quick, t);
        }
    }
    const avr_io_addr_t com = t->out[0].com.reg, cs = t->cs_field[0].reg,
                        reg[3] = { com, cs == com ? 0 : cs, t->r_foc };
    for (unsigned i = 0; i < 3; i++) {
        struct timer_control *k = &t->control[i];
        if (reg[i] && (i < 2 || reg[i] != cs)) {
            *k = (struct timer_control){ .timer = t,
                                         .byte = &timer_avr(t)->data[reg[i]],
                                         .reg = reg[i],
                                         .has_com = reg[i] == com,
                                         .has_cs = reg[i] == cs };
            core_io_quick(c, k->reg,
                          k->reg == t->r_foc         ? foc_quick
                          : k->has_com && !k->has_cs ? com_quick
                                                     : control_quick,
                          k);
        }
    }
}
