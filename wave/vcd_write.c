/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/vcd_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "sim/net.h"
#include "wave/out_file.h"
#include "wave/trace_feed.h"

static const struct {
    const char *name;
    uint64_t ps;
} units[] = { { "ps", 1 }, { "ns", SIM_NS }, { "us", SIM_US }, { "ms", SIM_MS }, { "s", SIM_S } };
enum { N_UNITS = sizeof units / sizeof units[0] };

uint64_t vcd_tick_parse(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9') {
        return 0;
    }
    unsigned long n = strtoul(text, &end, 10);
    if (n != 1 && n != 10 && n != 100) {
        return 0;
    }
    while (*end == ' ') {
        end++;
    }
    for (unsigned i = 0; i < N_UNITS; i++) {
        if (strcmp(end, units[i].name) == 0) {
            return n * units[i].ps;
        }
    }
    return 0;
}

struct vcd {
    struct out_file *out;
    const struct trace *trace;
    uint64_t tick_ps, tick; /* last #tick written */
};

/* Where the bit or range begins with which the name ends; its length: there is none. */
static size_t range_of(const char *name)
{
    size_t n = strlen(name);
    const char *open = strrchr(name, '[');
    if (!open || open == name || name[n - 1] != ']') {
        return n;
    }
    size_t digits = strspn(open + 1, "0123456789:");
    return digits && open[1 + digits] == ']' && !open[2 + digits] ? (size_t)(open - name) : n;
}

void vcd_name(const char *name, char *to, size_t size)
{
    size_t range = range_of(name), n = 0;
    for (; name[n] && n + 1 < size; n++) {
        bool bracket = (name[n] == '[' || name[n] == ']') && n < range;
        bool keyword = name[n] == '$' && (n == 0 || strncmp(name + n, "$end", 4) == 0); /* even in the middle */
        to[n] = name[n] > ' ' && name[n] < 127 && !bracket && !keyword ? name[n] : '_';
    }
    to[n] = 0;
}

static void put_name(struct out_file *out, const char *name)
{
    char safe[1024];
    vcd_name(name, safe, sizeof safe);
    out_file_text(out, safe);
}

/* '!' .. '~' are 94 ids, more than there can be signals */
static char id_of(unsigned signal)
{
    _Static_assert(TRACE_MAX_SIGNALS <= 94, "one-letter identifiers");
    return (char)('!' + signal);
}

static void put_header(struct vcd *v)
{
    unsigned unit = N_UNITS - 1;
    while (v->tick_ps < units[unit].ps) {
        unit--;
    }
    out_file_text(v->out, "$version limpet $end\n$timescale ");
    out_file_number(v->out, v->tick_ps / units[unit].ps, 1);
    out_file_char(v->out, ' ');
    out_file_text(v->out, units[unit].name);
    out_file_text(v->out, " $end\n$scope module limpet $end\n");
    for (unsigned i = 0; i < v->trace->n_signals; i++) {
        const struct trace_signal *s = &v->trace->signals[i];
        out_file_text(v->out, s->is_mv ? "$var real 64 " : "$var wire 1 ");
        out_file_char(v->out, id_of(i));
        out_file_char(v->out, ' ');
        put_name(v->out, s->name);
        out_file_text(v->out, " $end\n");
    }
    out_file_text(v->out, "$upscope $end\n$enddefinitions $end\n");
}

static void put_value(struct vcd *v, unsigned signal, int32_t value)
{
    if (v->trace->signals[signal].is_mv) {
        uint32_t mv = value < 0 ? -(uint32_t)value : (uint32_t)value;
        out_file_text(v->out, value < 0 ? "r-" : "r");
        out_file_number(v->out, mv / 1000, 1);
        out_file_char(v->out, '.');
        out_file_number(v->out, mv % 1000, 3);
        out_file_char(v->out, ' ');
    } else {
        out_file_char(v->out, "01zx"[value & 3]);
    }
    out_file_char(v->out, id_of(signal));
    out_file_char(v->out, '\n');
}

static void put_time(struct vcd *v, sim_time at_ps)
{
    uint64_t tick = at_ps / v->tick_ps + (at_ps % v->tick_ps >= (v->tick_ps + 1) / 2);
    if (tick > v->tick) {
        out_file_char(v->out, '#');
        out_file_number(v->out, tick, 1);
        out_file_char(v->out, '\n');
        v->tick = tick;
    }
}

bool vcd_write(const char *path, const struct trace *t, sim_time end_ps, uint64_t tick_ps, struct problem *err)
{
    struct out_file *out = memory_zeroed(1, sizeof *out);
    if (!out_file_open(out, path, err)) {
        free(out);
        return false;
    }
    struct vcd v = { .out = out, .trace = t, .tick_ps = tick_ps };
    put_header(&v);
    struct trace_feed feed;
    struct trace_change c;
    trace_feed_start(&feed, t);
    out_file_text(out, "#0\n$dumpvars\n");
    while (trace_feed_at_start(&feed) && trace_feed_next(&feed, &c)) {
        put_value(&v, c.signal, c.value);
    }
    for (unsigned i = 0; i < t->n_signals; i++) {
        if (t->signals[i].from_ps > 0 && !t->signals[i].is_mv) {
            put_value(&v, i, NET_X);
        }
    }
    out_file_text(out, "$end\n");
    while (!out->error && trace_feed_next(&feed, &c)) {
        put_time(&v, c.at_ps);
        put_value(&v, c.signal, c.value);
    }
    put_time(&v, end_ps);
    bool ok = out_file_close(out, err);
    free(out);
    return ok;
}

struct vcd_stream {
    struct out_file out;
    struct vcd vcd;
    struct trace_reader reader;
};

struct vcd_stream *vcd_stream_open(const char *path, const struct trace *t, uint64_t tick_ps, struct problem *err)
{
    struct vcd_stream *s = memory_zeroed(1, sizeof *s);
    if (!out_file_open_growing(&s->out, path, err)) {
        free(s);
        return NULL;
    }
    s->vcd = (struct vcd){ .out = &s->out, .trace = t, .tick_ps = tick_ps };
    put_header(&s->vcd);
    out_file_text(&s->out, "#0\n$dumpvars\n");
    for (unsigned i = 0; i < t->n_signals; i++) {
        put_value(&s->vcd, i, t->signals[i].initial);
    }
    out_file_text(&s->out, "$end\n");
    trace_read_start(&s->reader, t);
    vcd_stream_more(s, 0);
    return s;
}

void vcd_stream_heeds(struct vcd_stream *s, const volatile sig_atomic_t *stop)
{
    s->out.stop = stop;
}

void vcd_stream_more(struct vcd_stream *s, sim_time now_ps)
{
    struct trace_change c;
    while (!s->out.error && trace_read(&s->reader, &c)) {
        put_time(&s->vcd, c.at_ps);
        put_value(&s->vcd, c.signal, c.value);
    }
    put_time(&s->vcd, now_ps);
    out_file_flush(&s->out);
}

bool vcd_stream_close(struct vcd_stream *s, sim_time end_ps, struct problem *err)
{
    vcd_stream_more(s, end_ps);
    bool ok = out_file_close(&s->out, err);
    free(s);
    return ok;
}
