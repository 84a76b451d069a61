/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_core.h - the released target executes its flash: simavr behind target_core_ops (sim/target_avr.h)
 *
 *      struct target  --start, stop, clock_changed, clock_edge-->  target_core  -- port pins, UART, SPI --> nets
 *                     <--CLKPR, OSCCAL, watchdog-----
 *      struct nvm     <--SPM, EEPROM registers--------
 *
 * Models      execution at the target's own clock (fuses, OSCCAL, CLKPR; it stands still while there is no clock; a
 *             clock that is driven by hand gives it a cycle an edge, see core_clock_edge() for the limits),
 *             start address, MCUSR, memories shared with nvm, pins that the clock, RESET and CKOUT fuses take away
 *             from the ports, all pins open while stopped.
 * Leaves out  SRAM keeps its contents through a power cycle shorter than the run (silicon: undefined).
 * The core is an agent that follows the others (kernel.h): make it after the Uno.
 */
#ifndef MCU_TARGET_CORE_H
#define MCU_TARGET_CORE_H

#include "mcu/core_work.h"
#include "sim/net.h"
#include "sim/problem.h"
#include "sim/target_avr.h"

struct target_core;

/* Installs itself with target_set_core(). NULL with err when simavr has no core for the part. */
struct target_core *target_core_new(struct sim *sim, struct target *target, struct problem *err);
/* Takes itself away from the target, which must still be there. */
void target_core_free(struct target_core *tc);

/* Puts a port pin ("PB5", "PD1") on a net, or on none. False: the part has no such pin. */
bool target_core_connect(struct target_core *tc, const char *pin, struct net *net);

struct target_core_counters {
    uint64_t cycles; /* executed since the run began */
    uint64_t starts, watchdog_resets;
};
struct target_core_counters target_core_counters(const struct target_core *tc);

struct core_work target_core_work(const struct target_core *tc);
/* The speed that its USART listens at now; 0: not at all. */
uint32_t target_core_baud(const struct target_core *tc);

/* For tests: data space, next instruction in bytes. */
const uint8_t *target_core_data(const struct target_core *tc);
uint32_t target_core_pc(const struct target_core *tc);
/* What a load of an I/O register gives now, and what comes of it. */
uint8_t target_core_load(struct target_core *tc, uint16_t address);
/* The net of a port pin, its own if it is on none; NULL: the part has no such pin. */
struct net *target_core_net(struct target_core *tc, const char *pin);

#endif
