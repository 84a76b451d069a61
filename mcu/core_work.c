/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/core_work.h"

#include <assert.h>

#include "mcu/core.h"

_Static_assert((int)CORE_MEANS_N == (int)IDLE_MEANS && (int)CORE_MEANS_ERASED == (int)IDLE_ERASED &&
                   (int)CORE_MEANS_TIMER_LAPS == (int)IDLE_TIMER_LAPS && (int)CORE_MEANS_COUNTS == (int)IDLE_COUNTS &&
                   (int)CORE_MEANS_POLLS == (int)IDLE_POLLS && (int)CORE_MEANS_CALLS == (int)IDLE_CALLS,
               "the means of idle_skip.h, by name");

const char *core_means_name(enum core_means means)
{
    static const char *const names[CORE_MEANS_N] = {
        [CORE_MEANS_LAPS] = "waiting loops",    [CORE_MEANS_POLLS] = "polls of a bit",
        [CORE_MEANS_COUNTS] = "counting loops", [CORE_MEANS_TIMER_LAPS] = "loops that read a timer",
        [CORE_MEANS_ERASED] = "erased flash",   [CORE_MEANS_CALLS] = "handlers that count",
    };

    assert(means < CORE_MEANS_N);
    return names[means];
}

struct core_work core_work(const struct core *c)
{
    struct core_work w = {
        .cycles = c->avr->cycle,
        .slept_ck = c->slept_ck,
        .executed = c->fast.executed,
        .simavr = c->simavr_instructions,
        .interrupts = c->interrupts,
    };

    for (unsigned i = 0; i < CORE_MEANS_N; i++) {
        w.skipped[i] = c->idle.skipped_instructions[i];
        w.skipped_ck[i] = c->idle.skipped_ck[i];
        w.skips[i] = c->idle.skips[i];
    }
    return w;
}
