/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_write.h - a trace as rows `time_us,signal,level`
 *
 * Times are exact: microseconds with six decimals, one unit of the last is 1 ps. Levels are 0, 1, Z and X;
 * lines in millivolts are in volts with three decimals. The first row of a signal is its level when its
 * recording began. wave/csv_read.h reads it back.
 */
#ifndef WAVE_CSV_WRITE_H
#define WAVE_CSV_WRITE_H

#include "sim/problem.h"
#include "sim/trace.h"

/* False and "PATH: reason": nothing is left. */
bool csv_write(const char *path, const struct trace *t, struct problem *err);

#endif
