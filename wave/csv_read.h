/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_read.h - CSV files as a list of changes: our own, sigrok's and Saleae's
 *
 * Own         a change a row, `time_us,signal,level`. The header names the unit: time_ps, time_ns, time_us, time_ms
 *             or time_s. Times never fall. '#' begins a comment line.
 * Columns     a time and a column per signal, `Time [s],SCK,MOSI` (Saleae Logic 1 and 2, Kingst) or `time_us,SCK,MOSI`;
 *             sigrok's, with or without its time column: wave/csv_columns.h.
 *
 * Times are decimals without exponent, cut to whole picoseconds. Levels: 0 1 Z X (any case), or volts with sign or
 * decimal point ("-9.0"). Blank lines, CRLF and a byte-order mark are fine.
 */
#ifndef WAVE_CSV_READ_H
#define WAVE_CSV_READ_H

#include <stdio.h>

#include "wave/wave_list.h"

/* False: err holds "PATH:LINE: reason"; w then holds rubbish, to be freed. path is for messages only. */
bool csv_read(struct wave_list *w, FILE *f, const char *path, struct problem *err);

#endif
