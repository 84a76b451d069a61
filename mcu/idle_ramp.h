/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_ramp.h - waiting loops that read a timer's count: delay(), micros(), millis() by polling
 *
 * Such a lap never repeats: what it read of TCNT is in its registers. But TCNT is a function of the cycle, so the next
 * laps can be computed beside each other. One lap is executed and recorded: every instruction whose operands depend on
 * the count becomes an operation on IDLE_LANES values, lane k holding what lap k will have; all else is the same in
 * every lap. The laps up to the first one in which a branch would go another way are skipped but for the last, which
 * is executed: it sets the registers that nobody reads before they are written again.
 * Exact if    every register, flag and byte that the lap reads before it writes it comes back with its old value and
 *             does not depend on the count; all laps end before `end`; addresses, I/O and SREG do not depend on it.
 *             Else the lap is executed. No pattern of a compiler's code is looked for.
 */
#ifndef MCU_IDLE_RAMP_H
#define MCU_IDLE_RAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "mcu/fast_core.h"

#define IDLE_LANES 256

/*
 * pc is at the target of a jump backwards. Executes a lap from there and skips the ones after it. Returns the cycles
 * skipped, *instructions how many that were; *failed: there is no such lap here.
 */
uint64_t idle_ramp_run(struct fast_core *f, avr_t *avr, uint64_t end, bool *failed, uint64_t *instructions);

#endif
