/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_work.h - what a core has executed, and what was skipped by which shortcut (docs/speed.md) */
#ifndef MCU_CORE_WORK_H
#define MCU_CORE_WORK_H

#include <stdint.h>

enum core_means { /* as in idle_skip.h */
                  CORE_MEANS_LAPS,
                  CORE_MEANS_POLLS,
                  CORE_MEANS_COUNTS,
                  CORE_MEANS_TIMER_LAPS,
                  CORE_MEANS_ERASED,
                  CORE_MEANS_CALLS,
                  CORE_MEANS_N,
};

struct core_work { /* since power-up; resets count on */
    uint64_t cycles, slept_ck;
    uint64_t executed; /* instructions, by our executor; counted only while sim->stats is set */
    uint64_t simavr;   /* instructions left to simavr */
    uint64_t interrupts;
    uint64_t skipped[CORE_MEANS_N]; /* instructions */
    uint64_t skipped_ck[CORE_MEANS_N];
    uint64_t skips[CORE_MEANS_N]; /* how often */
};

const char *core_means_name(enum core_means means); /* "waiting loops" ... */

#endif
