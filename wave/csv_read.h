/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_read.h - rows `time_us,signal,level` as a list of changes
 *
 * The header names the unit: time_ps, time_ns, time_us, time_ms or time_s. Times are decimals without exponent,
 * never falling, and cut to whole picoseconds. Levels: 0 1 Z X (any case), or volts with sign or decimal point
 * ("-9.0"). '#' begins a comment line; blank lines and CRLF are fine.
 */
#ifndef WAVE_CSV_READ_H
#define WAVE_CSV_READ_H

#include <stdio.h>

#include "wave/wave_list.h"

/* False: err holds "PATH:LINE: reason"; w then holds rubbish, to be freed. path is for messages only. */
bool csv_read(struct wave_list *w, FILE *f, const char *path, char *err, size_t err_size);

#endif
