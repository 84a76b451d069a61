/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_vectors.c - which interrupts a chip has, the registers that enable them, and who is told when one is taken */
#include "mcu/core_vectors.h"

#include <stdlib.h>

/* ---- the vectors ---- */

static void pack_flag(struct core *c, unsigned i)
{
    const struct core_vector *v = &c->vectors[i];
    c->flags[i] = (struct core_flag){ v->raised_reg, v->raised_mask, v->raised_when };
}

static int by_vector(const void *a, const void *b)
{
    const struct core_vector *x = a, *y = b;
    return (int)x->simavr->vector - (int)y->simavr->vector;
}

void core_read_vectors(struct core *c)
{
    avr_int_table_t *table = &c->avr->interrupts;
    c->n_vectors = 0;
    for (unsigned i = 0; i < table->vector_count && c->n_vectors < CORE_MAX_VECTORS; i++) {
        avr_int_vector_t *v = table->vector[i];
        if (!v->enable.reg) {
            continue;
        }
        c->vectors[c->n_vectors++] = (struct core_vector){
            .simavr = v,
            .enable_reg = v->enable.reg,
            .enable_mask = (uint8_t)(v->enable.mask << v->enable.bit),
            .raised_reg = v->raised.reg,
            .raised_mask = (uint8_t)(v->raised.mask << v->raised.bit),
            .raised_when = (uint8_t)(v->raised.mask << v->raised.bit),
        };
    }
    qsort(c->vectors, c->n_vectors, sizeof c->vectors[0], by_vector);
    for (unsigned i = 0; i < c->n_vectors; i++) {
        pack_flag(c, i);
        c->enable_masks[i] = c->vectors[i].enable_mask;
    }
}

void core_on_taken(struct core *c, avr_int_vector_t *v, void (*taken)(void *ctx, avr_int_vector_t *v), void *ctx)
{
    for (unsigned i = 0; i < c->n_vectors; i++) {
        if (c->vectors[i].simavr == v) {
            c->vectors[i].taken = taken;
            c->vectors[i].ctx = ctx;
        }
    }
}

void core_on_beats(struct core *c, avr_int_vector_t *v, bool (*beats)(void *, avr_int_vector_t *, struct idle_beat *),
                   void (*pass)(void *, avr_int_vector_t *, uint64_t))
{
    for (unsigned i = 0; i < c->n_vectors; i++) {
        if (c->vectors[i].simavr == v) {
            c->vectors[i].beats = beats;
            c->vectors[i].pass = pass;
        }
    }
}

void core_set_level_vector(struct core *c, avr_int_vector_t *v, uint16_t reg, uint8_t mask, uint8_t when)
{
    for (unsigned i = 0; i < c->n_vectors; i++) {
        if (c->vectors[i].simavr == v) {
            c->vectors[i].raised_reg = reg;
            c->vectors[i].raised_mask = mask;
            c->vectors[i].raised_when = when;
            pack_flag(c, i);
        }
    }
}

/* ---- what enables them ---- */

void core_enables_changed(struct core *c)
{
    c->enabled = 0;
    c->stale = NULL;
    for (unsigned i = 0; i < c->n_vectors; i++) {
        const struct core_vector *v = &c->vectors[i];
        c->enabled |= (uint64_t)((c->avr->data[v->enable_reg] & v->enable_mask) != 0) << i;
    }
}

static inline uint64_t own_enabled_by(const struct core_wrap *w, unsigned v)
{
    return w->by_low[v & 15] | w->by_high[v >> 4 & 15];
}

static inline uint64_t enabled_by(const struct core_wrap *w, unsigned v)
{
    return (core_enabled(w->core) & ~w->vectors) | own_enabled_by(w, v);
}

void core_enables_follow(struct core *c)
{
    const struct core_wrap *w = c->stale;
    c->stale = NULL;
    c->enabled = enabled_by(w, c->avr->data[w->reg]);
}

/* A write to a register with enable bits: interrupts whose flag is already set fire now. */
static void enable_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct core_wrap *w = param;
    if (w->write) {
        w->write(avr, addr, v, w->param);
    } else {
        avr->data[addr] = v;
    }
    w->core->enabled = enabled_by(w, avr->data[addr]);
    core_irq_update(w->core);
}

/* None of these has its flag set. */
static bool none_is_raised(const struct core *c, uint64_t vectors)
{
    for (; vectors; vectors &= vectors - 1) {
        if (core_is_wanted(c, (unsigned)__builtin_ctzll(vectors))) {
            return false;
        }
    }
    return true;
}

/* While I is set. */
bool core_flagged_live(struct core *c)
{
    if (c->avr->interrupt_state == 0 && core_first_wanted(c)) {
        c->avr->interrupt_state = 1;
        return core_quick_ends(c);
    }
    return !c->fast.is_stored;
}

/* While I is set, or of a register that is nothing but memory. */
static bool __attribute__((noinline)) enable_live(struct core_wrap *w, uint64_t cycle, unsigned v)
{
    struct core *c = w->core;
    const avr_t *avr = c->avr;
    uint64_t was = core_enabled(c);
    if (avr->sreg[S_I] && !none_is_raised(c, enabled_by(w, v) & ~was)) {
        return false;
    }
    if (!w->quick) {
        avr->data[w->reg] = (uint8_t)v;
    } else if (!w->quick(w->quick_ctx, cycle, v) && !c->fast.is_stored) {
        return false;
    }
    c->enabled = enabled_by(w, avr->data[w->reg]);
    if (avr->sreg[S_I] && c->enabled & ~was && w->quick) {
        return core_flagged_live(c); /* flags that have come up to now are interrupts */
    }
    return !c->fast.is_stored;
}

/* None of the register's flags is set, whatever it enables. */
static inline bool is_calm(const struct core_wrap *w)
{
    return !(*w->flags & w->flags_mask);
}

/* enable_quick() while I is set: as if it were not, where none of the register's flags is set. */
static bool __attribute__((noinline)) enable_calm(struct core_wrap *w, uint64_t cycle, unsigned v)
{
    struct core *c = w->core;
    if (!w->flags || !is_calm(w)) {
        return enable_live(w, cycle, v);
    }
    if (c->stale != w) {
        core_enabled(c);
    }
    bool is_all = w->quick(w->quick_ctx, cycle, v);
    if (!is_all && !c->fast.is_stored) {
        return false;
    }
    c->stale = w; /* again: who asked by the way took the byte that was */
    return is_calm(w) ? is_all : core_flagged_live(c);
}

/* enable_quick() where the register enabled last is another. */
static bool __attribute__((noinline)) enable_other(struct core_wrap *w, uint64_t cycle, unsigned v)
{
    struct core *c = w->core;
    if (!w->quick) {
        return enable_live(w, cycle, v);
    }
    core_enabled(c);
    c->stale = w;
    return w->quick(w->quick_ctx, cycle, v);
}

/* enable_write() of a store that brings no interrupt about. Every instruction counts here: nothing is saved on the stack. */
static bool enable_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct core_wrap *w = ctx;
    struct core *c = w->core;
    if (cycle >= c->quick_end) {
        return false;
    }
    if (c->avr->sreg[S_I]) {
        return enable_calm(w, cycle, v);
    }
    if (c->stale != w) { /* one that is stale has a quick way */
        return enable_other(w, cycle, v);
    }
    return w->quick(w->quick_ctx, cycle, v);
}

/* One flag more of those that it enables. */
static void wrap_flag(struct core_wrap *w, const struct core_flag *f)
{
    const uint8_t *byte = &w->core->avr->data[f->reg];
    if (!w->vectors) {
        w->flags = w->quick && f->reg ? byte : NULL;
    }
    if (byte != w->flags || f->when != f->mask) {
        w->flags = NULL;
    }
    w->flags_mask |= f->mask;
}

static void wrap_vector(struct core_wrap *w, unsigned i)
{
    uint8_t mask = w->core->vectors[i].enable_mask;
    wrap_flag(w, &w->core->flags[i]);
    w->vectors |= UINT64_C(1) << i;
    for (unsigned v = 0; v < 16; v++) {
        w->by_low[v] |= (uint64_t)((v & mask) != 0) << i;
        w->by_high[v] |= (uint64_t)((v << 4 & mask) != 0) << i;
    }
}

void core_wrap_enables(struct core *c)
{
    if (c->n_wraps) {
        return;
    }
    for (unsigned i = 0; i < c->n_vectors; i++) {
        uint16_t reg = c->vectors[i].enable_reg;
        avr_io_addr_t io = AVR_DATA_TO_IO(reg);
        if (c->avr->io[io].w.c != enable_write) {
            struct core_wrap *w = &c->wraps[c->n_wraps++];
            struct fast_io *f = &c->fast.io[io];
            *w = (struct core_wrap){ .reg = reg,
                                     .write = c->avr->io[io].w.c,
                                     .param = c->avr->io[io].w.param,
                                     .core = c,
                                     .quick = f->quick,
                                     .quick_ctx = f->quick_ctx };
            if (w->quick || !w->write) {
                f->quick = enable_quick;
                f->quick_ctx = w;
            }
            c->avr->io[io].w.c = enable_write;
            c->avr->io[io].w.param = w;
        }
        wrap_vector(c->avr->io[io].w.param, i);
    }
}
