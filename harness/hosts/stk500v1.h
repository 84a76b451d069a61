/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v1.h - the PC's side of an STK500v1 programmer, inside the simulation
 *
 *      steps --> host_stk500v1 --bytes--> board's serial port --> firmware on the Uno --> pins
 *
 * Models      the order of commands, parameters, time-outs and retries of avrdude 7.1 -c stk500v1, so that a
 *             session puts the same bytes on the wire: drain and sync at open, SET_DEVICE, ENTER_PROGMODE, page
 *             writes and reads, everything else through UNIVERSAL; fuse writes with read back and polling;
 *             chip erase followed by a second initialisation. Errors are worded as avrdude words them.
 * EEPROM      is addressed in words, as ArduinoISP and optiboot expect; the host named "stk500v1-avrdude-7.1"
 *             counts bytes, as that one version of avrdude does (avrdude#1337), and so reaches the wrong cells.
 * Leaves out  what avrdude does between commands on its own (progress, file formats); the operating system's
 *             latency: it reacts at the next multiple of HOST_SLICE_PS.
 * Source      STK500 communication protocol (AVR061); avrdude 7.1's behaviour, observed
 */
#ifndef HARNESS_HOSTS_STK500V1_H
#define HARNESS_HOSTS_STK500V1_H

#include "harness/hosts/host.h"
#include "harness/hosts/programmer.h"

/* host is copied; there is nothing to set. */
struct programmer host_stk500v1_new(const struct host *host, const struct host_settings *settings);
struct programmer host_stk500v1_avrdude_71_new(const struct host *host, const struct host_settings *settings);

#endif
