/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/report_text.h"

#include "harness/run/finding_text.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>

struct text_sink {
    struct report_sink sink; /* first */
    FILE *out;
    bool verbose;
};

/* Seconds with all nine decimals, so that they stand below each other. */
static const char *time_text(sim_time t_ps, char *buf, size_t n)
{
    snprintf(buf, n, "%" PRIu64 ".%09" PRIu64 " s", t_ps / SIM_S, t_ps % SIM_S / 1000);
    return buf;
}

static FILE *out_of(struct report_sink *s)
{
    return ((struct text_sink *)s)->out;
}

static bool is_verbose(const struct report_sink *s)
{
    return ((const struct text_sink *)s)->verbose;
}

static void begin(struct report_sink *s, const struct report_run *run)
{
    fprintf(out_of(s), "== %s (seed %" PRIu64 ")\n", run->name, run->seed);
}

static void remark(struct report_sink *s, const char *text)
{
    fprintf(out_of(s), "  note: %s\n", text);
}

static void step(struct report_sink *s, unsigned number, sim_time at_ps, const char *what)
{
    char at[40];

    if (is_verbose(s)) {
        fprintf(out_of(s), "%3u  %s  %s\n", number, time_text(at_ps, at, sizeof at), what);
    }
}

static void note(struct report_sink *s, const char *text)
{
    if (is_verbose(s)) {
        fprintf(out_of(s), "     %s\n", text);
    }
}

static void output(struct report_sink *s, const char *text)
{
    if (is_verbose(s)) {
        fputs(text, out_of(s));
    }
}

static void failure(struct report_sink *s, const char *place, const char *text)
{
    fprintf(out_of(s), "%s: %s\n", place, text);
}

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    char took[40];

    findings_list(out_of(s), result->checker, result->lines, "  ");
    findings_summary(out_of(s), result->checker, "  ");
    fprintf(out_of(s), "%s %s, %s simulated\n", result->failures ? "FAIL" : "PASS", run->name,
            time_text(result->took_ps, took, sizeof took));
    fflush(out_of(s));
}

static void abandon(struct report_sink *s)
{
    free(s);
}

static bool close_text(struct report_sink *s, unsigned n, unsigned failed, struct problem *err)
{
    (void)err;
    if (n > 1) {
        fprintf(out_of(s), "%u of %u scenarios passed\n", n - failed, n);
    }
    free(s);
    return true; /* what can't be written main() says */
}

struct report_sink *report_text_new(FILE *out, bool verbose)
{
    static const struct report_sink_ops ops = {
        .begin = begin,
        .remark = remark,
        .step = step,
        .note = note,
        .output = output,
        .failure = failure,
        .end = end,
        .close = close_text,
        .abandon = abandon,
    };
    struct text_sink *t = memory_zeroed(1, sizeof *t);

    t->sink.ops = &ops;
    t->out = out;
    t->verbose = verbose;
    return &t->sink;
}
