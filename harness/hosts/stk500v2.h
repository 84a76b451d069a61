/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v2.h - the PC's side of an STK500v2 programmer, inside the simulation
 *
 *      steps --> host_stk500v2 --bytes--> board's serial port --> firmware on the Uno --> pins
 *
 * Models      the order of commands, parameters, time-outs and retries of avrdude 7.1 -c stk500v2, so that a
 *             session puts the same bytes on the wire: sign-on, SCK duration (-B), reset polarity, entering
 *             programming mode, a LOAD_ADDRESS before every page, fuses through their own commands, chip erase
 *             followed by entering again. Errors are worded as avrdude words them.
 * Beyond it   the recovery clock is chosen when the port is opened (avrdude's `fosc` works in terminal mode only),
 *             and limpisp's own careful mode.
 * Leaves out  what avrdude does between commands on its own; the operating system's latency: it reacts at the
 *             next multiple of HOST_SLICE_PS. avrdude's patience with an answer is 2 to 3 s, as whole seconds
 *             fall; here it is the shorter.
 * Source      STK500 communication protocol (AVR068); avrdude 7.1's behaviour, observed
 */
#ifndef HARNESS_HOSTS_STK500V2_H
#define HARNESS_HOSTS_STK500V2_H

#include "harness/hosts/host.h"
#include "harness/hosts/programmer.h"

/* host and settings are copied. */
struct programmer host_stk500v2_new(const struct host *host, const struct host_settings *settings);

/* PARAM_SCK_DURATION for a period as avrdude chooses it (-B), 0..254. */
uint8_t host_stk500v2_sck_duration(uint64_t period_ps);
/* PARAM_OSC_PSCALE and PARAM_OSC_CMATCH for a frequency as avrdude chooses them (fosc); 0: off. */
void host_stk500v2_oscillator(uint32_t f_hz, uint8_t *pscale, uint8_t *cmatch);

#endif
