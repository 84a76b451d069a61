/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_columns.h - CSV with a column per signal: Saleae's and sigrok's exports
 *
 * Saleae      Logic 2 and 1, Kingst: `Time [s],Channel 0,...`, a row per change, times may begin below zero (then the
 *             first row is at 0). X: no data there.
 * sigrok      `; Samplerate: 4 MHz` or `META samplerate: 4000000` and `; Channels (n/m): SCK, ...` above, then a row
 *             per sample; or a first column microseconds (milliseconds, nanoseconds, seconds), then the first row is
 *             at 0. Its `Time` and `samples` columns have no unit: passed over where a sample rate is given, so every
 *             sample must have its row.
 * Both        only what changes is kept; a name may stand in quotes.
 * Source      Saleae Support, "Binary and CSV Export Formats"; files written by libsigrok 0.5.2.
 */
#ifndef WAVE_CSV_COLUMNS_H
#define WAVE_CSV_COLUMNS_H

#include "wave/csv_line.h"

#define CSV_MAX_COLUMNS 256

enum csv_time { CSV_TIME_ROWS /* none: a row per sample */, CSV_TIME_COLUMN, CSV_TIME_IGNORED /* no unit */ };

struct csv_columns {
    bool is_sigrok, has_header;
    enum csv_time time;
    uint64_t unit_ps;               /* of the time column */
    uint64_t rate_hz;               /* 0: not said */
    uint64_t row;                   /* number of the next */
    __int128 first_ps;              /* time of the first row, as written */
    char names[CSV_LINE_MAX_BYTES]; /* of sigrok's comment: "SCK, MOSI" */
    unsigned n;                     /* columns behind that of the time */
    int signal[CSV_MAX_COLUMNS];    /* of the list; -1: a column to pass over */
    int32_t value[CSV_MAX_COLUMNS]; /* as last seen */
    bool is_mv[CSV_MAX_COLUMNS];
};

void csv_columns_init(struct csv_columns *t);
/* Does a file that begins with this line have a column per signal? */
bool csv_columns_begin(const char *s);
/* One line, trimmed, that is neither empty nor one of our comments; cuts s. False with the message. */
bool csv_columns_line(struct csv_columns *t, struct csv *c, char *s);
/* The end of the file. False with the message. */
bool csv_columns_end(struct csv_columns *t, struct csv *c);

#endif
