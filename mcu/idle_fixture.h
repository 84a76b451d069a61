/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_fixture.h - for tests: random programs of waiting loops on an ATmega328P
 *
 * A program is drawn: loops that wait for memory which a handler changes, for a timer's count or flag, for a pin, SPI,
 * the UART or the EEPROM, with a body of random instructions, calls, small loops and stores; handlers that count. Or
 * loops that sleep, or that count registers down.
 */
#ifndef MCU_IDLE_FIXTURE_H
#define MCU_IDLE_FIXTURE_H

#include "sim/rng.h"

struct board; /* uno_fixture.h: only its flash is written */

enum idle_program { IDLE_PROGRAM_WAITS, IDLE_PROGRAM_SLEEPS, IDLE_PROGRAM_COUNTS };

void idle_program_draw(struct board *b, struct sim_rng *random, enum idle_program kind);

#endif
