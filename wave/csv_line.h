/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_line.h - pieces that every CSV reader of this folder needs: fields, times, levels, messages with their place
 *
 * For csv_read.c and csv_columns.c.
 */
#ifndef WAVE_CSV_LINE_H
#define WAVE_CSV_LINE_H

#include "sim/problem.h"
#include "wave/wave_list.h"

enum { CSV_LINE_MAX_BYTES = 1024 };

struct csv {
    struct wave_list *list;
    const char *path;
    struct problem *err;
    unsigned long line;
    const char *text; /* of the line, to count columns from */
    sim_time last_ps;
};

/* "PATH:LINE:COLUMN: text". at: what is wrong in c->text; NULL: the line as a whole. Always false. */
bool csv_fail(struct csv *c, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "12.0345" of a unit, in whole ps. False: not such a number, or beyond the range of time. */
bool csv_parse_time(const char *s, uint64_t unit_ps, sim_time *ps);

/* "0", "1", "Z", "X" as enum net_level, or volts ("-9", "4.95"). False: neither. */
bool csv_parse_level(const char *s, int32_t *value, bool *is_mv);

/* Adds a change, or says that there are too many. */
bool csv_add(struct csv *c, sim_time at_ps, unsigned signal, bool is_mv, int32_t value);

#endif
