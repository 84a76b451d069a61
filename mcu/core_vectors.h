/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_vectors.h - a core's interrupts: inline what the run loop asks; for core.c and core_vectors.c */
#ifndef MCU_CORE_VECTORS_H
#define MCU_CORE_VECTORS_H

#include "mcu/core.h"

static inline bool core_is_wanted(const struct core *c, unsigned i)
{
    const struct core_flag *f = &c->flags[i];
    return f->reg ? (c->avr->data[f->reg] & f->mask) == f->when : c->vectors[i].simavr->pending;
}

/* `enabled` with what was stored while I was clear, when nobody asks for it. */
void core_enables_follow(struct core *c);
static inline uint64_t core_enabled(struct core *c)
{
    if (c->stale) {
        core_enables_follow(c);
    }
    return c->enabled;
}

static inline struct core_vector *core_first_wanted(struct core *c)
{
    for (uint64_t left = core_enabled(c); left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        if (core_is_wanted(c, i)) {
            return &c->vectors[i];
        }
    }
    return NULL;
}

/* All peripherals are there: their vectors, sorted. */
void core_read_vectors(struct core *c);

/* Once all peripherals are installed: the wrappers must be the outermost callbacks. */
void core_wrap_enables(struct core *c);

#endif
