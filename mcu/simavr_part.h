/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simavr_part.h - one of simavr's microcontrollers, made without a word and freed without a leak */
#ifndef MCU_SIMAVR_PART_H
#define MCU_SIMAVR_PART_H

#include <simavr/sim_avr.h>

/* name as simavr has it ("atmega328p"); data: its custom.data while it is initialised. NULL: simavr knows none. */
avr_t *simavr_part_make(const char *name, void *data);
/* flash must be the caller's to free, and NULL by now. */
void simavr_part_free(avr_t *avr);

#endif
