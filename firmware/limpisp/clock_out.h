/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_out.h - the recovery clock: a square wave for the target's XTAL1, out of OC1A
 *
 * 1 MHz unless the host chooses: OSC_PSCALE 0 switches it off, else it and OSC_CMATCH name a frequency in terms
 * of the STK500's 7.3728 MHz crystal, and the next higher one that 16 MHz can make is taken. It runs from entering
 * programming mode to leaving it; otherwise the pin is an input.
 */
#ifndef LIMPISP_CLOCK_OUT_H
#define LIMPISP_CLOCK_OUT_H

#include <stdbool.h>
#include <stdint.h>

void clock_out_init(void); /* 1 MHz, stopped */
void clock_out_run(bool run);
bool clock_out_set_pscale(uint8_t pscale); /* false: no such prescaler */
void clock_out_set_cmatch(uint8_t cmatch);
uint8_t clock_out_pscale(void);
uint8_t clock_out_cmatch(void);
/* Half period in CPU cycles (at least 1), 0 = off. */
uint32_t clock_out_half_ck(void);

#endif
