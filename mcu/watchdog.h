/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watchdog.h - the watchdog of a core, on its own oscillator
 *
 * Models      interrupt, reset and interrupt-then-reset mode, the timed change sequence (WDCE), WDRF keeping the
 *             watchdog on, WDTON, WDR. The time-out is 2048 << WDP cycles of the 128 kHz oscillator, counted from
 *             the last WDR or change of WDTCSR.
 * Leaves out  the phase of the oscillator against the instruction (a time-out is exact, not spread).
 * Source      ATmega328P datasheet "Watchdog Timer", Table 15-1, 15-2; the ATmega8A has no interrupt mode.
 */
#ifndef MCU_WATCHDOG_H
#define MCU_WATCHDOG_H

#include <simavr/avr_watchdog.h>

#include "mcu/core.h"

struct watchdog { /* do not move after init */
    avr_io_t io;  /* hears WDR; first, simavr hands us this */
    struct core *core;
    avr_watchdog_t *simavr;  /* where its bits are */
    uint64_t f_millihz;      /* of its oscillator: 128 kHz nominal */
    uint8_t wdp;             /* mask of its prescaler's bits */
    uint8_t wde, wdie, wdif; /* masks of these */
    uint8_t opens;           /* mask: what a store must have to open it */
    sim_time period_ps;      /* of these bits and that oscillator; 0: not looked up */
    uint8_t period_wdp;
    uint64_t period_millihz;
    bool always_on;        /* WDTON */
    uint64_t change_until; /* cycle: WDCE in force up to here */
    sim_time from_ps;      /* counting since */
    struct sim_event due;
    void (*reset)(void *ctx); /* the system reset, from an event of the kernel */
    void *reset_ctx;
};

/* reset: what a time-out in reset mode does. -1 when the core has no watchdog. */
int watchdog_init(struct watchdog *w, struct core *core, void (*reset)(void *), void *ctx);
void watchdog_free(struct watchdog *w);

#endif
