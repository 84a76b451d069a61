/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/csv_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "wave/out_file.h"
#include "wave/trace_feed.h"

static void put_row(struct out_file *out, const struct trace_signal *s, sim_time at_ps, int32_t value)
{
    out_file_number(out, at_ps / SIM_US, 1);
    out_file_char(out, '.');
    out_file_number(out, at_ps % SIM_US, 6);
    out_file_char(out, ',');
    for (const char *p = s->name; *p; p++) {
        out_file_char(out, *p < ' ' || *p == ',' || *p == '"' ? '_' : *p);
    }
    out_file_char(out, ',');
    if (s->is_mv) {
        uint32_t mv = value < 0 ? -(uint32_t)value : (uint32_t)value;
        out_file_text(out, value < 0 ? "-" : "");
        out_file_number(out, mv / 1000, 1);
        out_file_char(out, '.');
        out_file_number(out, mv % 1000, 3);
    } else {
        out_file_char(out, "01ZX"[value & 3]);
    }
    out_file_char(out, '\n');
}

bool csv_write(const char *path, const struct trace *t, struct problem *err)
{
    struct out_file *out = memory_zeroed(1, sizeof *out);
    if (!out_file_open(out, path, err)) {
        free(out);
        return false;
    }
    out_file_text(out, "time_us,signal,level\n");
    struct trace_feed feed;
    struct trace_change c;
    trace_feed_start(&feed, t);
    while (!out->error && trace_feed_next(&feed, &c)) {
        put_row(out, &t->signals[c.signal], c.at_ps, c.value);
    }
    bool ok = out_file_close(out, err);
    free(out);
    return ok;
}
