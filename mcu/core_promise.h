/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_promise.h - how long a core that another one leads will touch nothing (sim_promise(), sim/kernel.h)
 *
 * Asleep, in a lap, on wakes or calls that are computed it knows. The one that leads runs up to there without a stop, and
 * leaves this one as long a run, so that both skip many wakes and calls in one.
 */
#ifndef MCU_CORE_PROMISE_H
#define MCU_CORE_PROMISE_H

#include "mcu/core.h"

/* At the begin of a run that ends before the next event, with more than one core awake: would it pay to say so? */
bool core_would_promise(struct core *c);
/* ctx: struct core. In such a run: nothing comes of it before that cycle, if nobody touches it. */
void core_promise(void *ctx, uint64_t cycle);
/* At the end of such a run. */
void core_promise_up_to_timer(struct core *c);

#endif
