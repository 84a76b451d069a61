/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limp.h - finds an SCK rate that the target can follow
 *
 * The port samples SCK with the target's clock: both phases of SCK must last more than two of its cycles
 * (three from 12 MHz on). So a target on 128 kHz, on a watch crystal, or divided by 8 is deaf at 125 kHz.
 *
 * Plain    the rate asked for first; without a sync echo, or with a signature that does not read the same
 *          three times, a RESET pulse and the next slower rate, down to 357 Hz.
 * Careful  begins at the slowest rate and goes up while every echo and every signature read is right, so that one
 *          step at most is too fast; enters again with phases 2.5 times the shortest that were right, checks once
 *          more, and goes slower if anything is in doubt. MISO's delay says nothing about the target's clock: it
 *          follows SCK's pin.
 *
 * What worked is remembered until the session ends, and used first when the target is entered again.
 */
#ifndef LIMPISP_LIMP_H
#define LIMPISP_LIMP_H

#include <stdbool.h>
#include <stdint.h>

#include "isp.h"

/*
 * A host waits 2 s for an answer (avrdude): the search ends in time to say no.
 */
#define LIMP_BUDGET_MS 1800

#define LIMP_DEFAULT_HALF_CK 64 /* 125 kHz */

void limp_init(void);
/* Phase of SCK to begin with, in CPU cycles. */
void limp_ask(uint16_t half_ck);
void limp_set_careful(bool on);
bool limp_is_careful(void);

/* Takes the pins and enters programming mode. False: pins released. */
bool limp_enter(const struct isp_entry *e);
/* The same again with what worked before, then slower, after the target was lost or released. */
bool limp_resume(void);
/* The session is over: the next one starts at the rate asked for. */
void limp_forget(void);
/* Phase in use; 0: none has worked. */
uint16_t limp_half_ck(void);

#endif
