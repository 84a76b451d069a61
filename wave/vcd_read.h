/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcd_read.h - a Value Change Dump (IEEE 1364) as a list of changes
 *
 * Takes        any timescale from 1 fs to 100 s, scopes (names become "scope.name"), one-bit variables with
 *              0 1 x z (weak h l as 1 0, which a sink is told; u w - as x), reals (volts, kept in millivolts), several names for one identifier,
 *              buses of up to 64 bits: each bit is a signal, "data[7:0]" gives data[7] to data[0].
 * Tolerates    wider vectors, events and strings: their names are listed, their values go to a sink only, cut at 1023
 *              letters with "..." there.
 * Leaves out   extended VCD (port directions and strengths).
 * Limits       an identifier's names are known as long as they make no more than 256 signals (a bus's bits count).
 * Times finer than 1 ps are cut. A change before the first #time is at 0.
 */
#ifndef WAVE_VCD_READ_H
#define WAVE_VCD_READ_H

#include <stdio.h>

#include "wave/wave_list.h"

/* False: err holds "PATH:LINE: reason"; w then holds rubbish, to be freed. path is for messages only. */
bool vcd_read(struct wave_list *w, FILE *f, const char *path, struct problem *err);

#endif
