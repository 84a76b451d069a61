/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_parts.h - how the three files of target_avr see each other; nobody else includes it
 *
 *      target_avr.c     supply, RESET, modes, pins and wiring
 *      target_clock.c   the system clock and what it is made from
 *      target_train.c   most of an SPI byte in one step
 *      target_port.c    what the port's instructions do to the memories, and the rules about that
 */
#ifndef SIM_TARGET_PARTS_H
#define SIM_TARGET_PARTS_H

#include "sim/target_avr.h"

/* ---- target_avr.c ---- */

void target_miso_output(void *ctx, bool driven, bool level);
/* RESET is high while the port listens: leave once two system clocks have seen it. Without a clock, wait for one. */
void target_await_release(struct target *t);
/* RESET is released: start once the start-up delay is over, if there is a clock. */
void target_await_start(struct target *t);

/* ---- target_clock.c ---- */

/* Something that the clock depends on may have changed: fuses in effect, wiring, supply, OSCCAL. */
void target_update_clock(struct target *t);
void target_drive_clko(struct target *t);
/* XTAL1 or XTAL2 moved, or a wave came or went. */
void target_xtal_changed(struct target *t, struct net *net, enum target_pin pin);

/* ---- target_train.c ---- */

struct spi_train;
bool target_take_train(void *ctx, struct spi_train *tr);

/* ---- target_port.c ---- */

extern const struct spi_slave_ops target_port_ops;
bool target_port_has(const struct target *t, enum isp_op op);

#endif
