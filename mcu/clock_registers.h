/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_registers.h - CLKPR and OSCCAL, with which a program changes its own clock
 *
 *      store to CLKPR, OSCCAL --> clock_registers --set_prescaler(), set_osccal()--> whoever makes the clock
 *
 * Models      the 4-cycle sequence of CLKPCE, reserved CLKPS values (ignored); the change takes effect at the end of
 *             the store, and whoever counts its cycles (SPI, USART, timers) goes on at the new clock
 * Leaves out  the switch-over time (T1 + T2 to T1 + 2 T2)
 * Source      ATmega328P datasheet 42735B, "System Clock Prescaler", "Oscillator Calibration Register"
 */
#ifndef MCU_CLOCK_REGISTERS_H
#define MCU_CLOCK_REGISTERS_H

#include "mcu/core.h"

struct clock_registers_ops { /* the board stands at the time of the change */
    void (*set_prescaler)(void *ctx, uint32_t divide);
    void (*set_osccal)(void *ctx, uint8_t osccal);
    /* Before any of these: the board is about to come to this cycle of the old clock. */
    void (*before_change)(void *ctx, uint64_t cycle);
};

struct clock_registers { /* do not move after init */
    struct core *core;
    avr_io_addr_t r_osccal, r_clkpr; /* 0: none */
    uint64_t clkpr_until;            /* cycle: CLKPCE stands */
    const struct clock_registers_ops *ops;
    void *ctx;
};

void clock_registers_init(struct clock_registers *r, struct core *core, avr_io_addr_t r_osccal, avr_io_addr_t r_clkpr,
                          const struct clock_registers_ops *ops, void *ctx);
/* From a unit's reset, or after core_start(): their reset values. */
void clock_registers_reset(struct clock_registers *r, uint32_t divide, uint8_t osccal);

#endif
