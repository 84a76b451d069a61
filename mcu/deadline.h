/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * deadline.h - a cycle at which a unit of a core has something to do, moved and called off at no cost
 *
 * simavr's cycle timer behind it stays where it is when the deadline moves back or goes: it looks again when it comes. A
 * program that starts and stops a unit all the time touches simavr's list once in the unit's own time.
 */
#ifndef MCU_DEADLINE_H
#define MCU_DEADLINE_H

#include "mcu/core.h"
#include "mcu/cycle_list.h"

struct deadline {
    struct core *core;
    uint64_t at, timer_at; /* cycles, UINT64_MAX: none */
    void (*due)(void *ctx, uint64_t cycle);
    void *ctx;
};

/* After each reset, too: simavr forgets its timers. */
static inline void deadline_init(struct deadline *d, struct core *core, void (*due)(void *, uint64_t), void *ctx)
{
    *d = (struct deadline){ core, UINT64_MAX, UINT64_MAX, due, ctx };
}

static inline avr_cycle_count_t deadline_look(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct deadline *d = param;
    if (d->at <= when) {
        d->at = UINT64_MAX;
        d->timer_at = 0;
        d->due(d->ctx, when); /* may set the next one: simavr puts the timer back */
    }
    d->timer_at = d->at == UINT64_MAX || d->at > avr->cycle ? d->at : avr->cycle + 1;
    return d->at == UINT64_MAX ? 0 : d->timer_at;
}

static inline void deadline_set(struct deadline *d, uint64_t cycle)
{
    avr_t *avr = d->core->avr;
    d->at = cycle;
    if (cycle < d->timer_at) {
        d->timer_at = cycle > avr->cycle ? cycle : avr->cycle + 1;
        cycle_list_set(avr, deadline_look, d, d->timer_at);
    }
}

/* It can be set without simavr's list: for quick stores. */
static inline bool deadline_is_free(const struct deadline *d, uint64_t cycle)
{
    return cycle >= d->timer_at;
}

static inline void deadline_off(struct deadline *d)
{
    d->at = UINT64_MAX;
}

#endif
