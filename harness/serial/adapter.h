/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adapter.h - what a USB serial adapter and its driver put between a program on the PC and the line
 *
 *      program --out--> line          a write reaches the line so much later
 *      program <--in--- packet <---   what has come is sent when the timer ticks or a packet is full, and arrives
 *                        ^            so much later
 *                      tick
 *
 * One latency per command, then: an answer waits for the tick, 0 to one period (half a period on average, but a
 * program that answers at once is locked to it: its exchanges last whole periods).
 *
 * Source of figures
 *   16u2    Arduino's usbserial firmware: its timer 0 runs free at 16 MHz / 256 and sends at each overflow (4.096 ms),
 *           or from 96 of 128 bytes on. Measured: about 4 ms per exchange of a few bytes (P. Stoffregen in the Arduino
 *           forum, topic "UNO serial latency"; 1.3 to 2.5 ms per command in avrdude#1337 and #1383).
 *   ft232   FTDI AN232B-04: latency timer, 16 ms unless the driver is told otherwise, begun anew by each packet; 62
 *           bytes in a packet. Measured: 15.5 ms per exchange (araffin/arduino-robust-serial#6), 16 ms (avrdude#1245).
 *   ch340   no timer that can be set; 32 bytes in a packet. Figures assumed.
 *   USB     1 ms each way, a frame of the bus: assumed. With it ArduinoISP's EEPROM takes what a user of Windows
 *           measured; with 0.1 ms ("16u2 0.1 ms") ScratchMonkey's sessions take what its author measured on a Mac: one
 *           tick a command (docs/durations.md).
 * Leaves out jitter of the operating system, handshake lines.
 */
#ifndef HARNESS_SERIAL_ADAPTER_H
#define HARNESS_SERIAL_ADAPTER_H

#include "sim/kernel.h"
#include "sim/problem.h"

struct adapter { /* all 0: none, bytes go through at once */
    sim_time out_ps, in_ps;
    sim_time tick_ps;      /* 0: no timer, what has come is sent at once */
    bool packet_restarts;  /* a packet that left because it was full begins the timer anew; else it runs free */
    unsigned packet_bytes; /* full from so many bytes on; 0: never */
};

extern const struct adapter adapter_none, adapter_16u2;

/*
 * "none", "16u2", "16u2 0.1 ms" (USB, each way), "ft232", "ft232 1 ms" (its latency timer), "ch340", or figures, each of them optional:
 * "out 0.2 ms, in 0.5 ms, tick 4 ms, packet 64". False and err: what there is.
 */
bool adapter_parse(const char *text, struct adapter *a, struct problem *err);

#endif
