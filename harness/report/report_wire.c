/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/report_wire.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum message { MSG_BEGIN, MSG_REMARK, MSG_STEP, MSG_NOTE, MSG_OUTPUT, MSG_CAUSE, MSG_FAILURE, MSG_END, MSG_PROBLEM };

struct wire_sink {
    struct report_sink sink; /* first */
    FILE *out;
};

/* ---- writing ---- */

static void put(FILE *f, const void *p, size_t n)
{
    fwrite(p, n, 1, f);
}

/* NULL is kept apart from "". */
static void put_text(FILE *f, const char *text)
{
    uint64_t n = text ? strlen(text) + 1 : 0;

    put(f, &n, sizeof n);
    if (n) {
        put(f, text, n);
    }
}

static void put_u64(FILE *f, uint64_t v)
{
    put(f, &v, sizeof v);
}

static FILE *message(struct report_sink *s, enum message m)
{
    FILE *f = ((struct wire_sink *)s)->out;

    fputc((int)m, f);
    return f;
}

static void begin(struct report_sink *s, const struct report_run *run)
{
    put_u64(message(s, MSG_BEGIN), run->seed);
}

static void remark(struct report_sink *s, const char *text)
{
    put_text(message(s, MSG_REMARK), text);
}

static void step(struct report_sink *s, unsigned number, sim_time at_ps, const char *what)
{
    FILE *f = message(s, MSG_STEP);

    put_u64(f, number);
    put_u64(f, at_ps);
    put_text(f, what);
}

static void note(struct report_sink *s, const char *text)
{
    put_text(message(s, MSG_NOTE), text);
}

static void output(struct report_sink *s, const char *text)
{
    put_text(message(s, MSG_OUTPUT), text);
}

static void cause(struct report_sink *s, const char *text)
{
    put_text(message(s, MSG_CAUSE), text);
}

static void failure(struct report_sink *s, const char *place, const char *text)
{
    FILE *f = message(s, MSG_FAILURE);

    put_text(f, place);
    put_text(f, text);
}

static void put_checker(FILE *f, const struct checker *c)
{
    put_u64(f, c->n_findings);
    for (size_t i = 0; i < c->n_findings; i++) {
        put(f, &c->findings[i], sizeof c->findings[i]);
        put_text(f, c->findings[i].net);
        put_text(f, c->findings[i].text);
    }
    put(f, c->margins, sizeof c->margins);
    put_u64(f, c->violations);
    put_u64(f, c->notes);
    put_u64(f, c->follow);
}

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    FILE *f = message(s, MSG_END);

    (void)run;
    put_u64(f, result->took_ps);
    put_u64(f, result->wall_us);
    put_u64(f, result->verdict == REPORT_ERROR);
    put_u64(f, result->checker->violations - result->unexpected);
    put_checker(f, result->checker);
    put_u64(f, result->n_pictures);
    for (unsigned i = 0; i < result->n_pictures; i++) {
        put_text(f, result->pictures[i].title);
        put_u64(f, result->pictures[i].at_ps);
        put_text(f, result->pictures[i].svg);
    }
    put_text(f, result->instructions);
    put_text(f, result->vcd);
    put_text(f, result->picture);
}

static bool close_wire(struct report_sink *s, const struct report_totals *t, struct problem *err)
{
    (void)t;
    (void)err;
    free(s);
    return true;
}

static void abandon(struct report_sink *s)
{
    free(s);
}

struct report_sink *report_wire_new(FILE *out)
{
    static const struct report_sink_ops ops = {
        .begin = begin,
        .remark = remark,
        .step = step,
        .note = note,
        .output = output,
        .cause = cause,
        .failure = failure,
        .end = end,
        .close = close_wire,
        .abandon = abandon,
    };
    struct wire_sink *w = memory_zeroed(1, sizeof *w);

    w->sink.ops = &ops;
    w->out = out;
    return &w->sink;
}

void report_wire_problem(FILE *out, const char *text)
{
    fputc(MSG_PROBLEM, out);
    put_text(out, text);
}

/* ---- reading: what a process that died has left may end anywhere ---- */

struct reader {
    const char *p, *end;
    bool bad;
};

static void get(struct reader *r, void *to, size_t n)
{
    if (r->bad || (size_t)(r->end - r->p) < n) {
        r->bad = true;
        memset(to, 0, n);
        return;
    }
    memcpy(to, r->p, n);
    r->p += n;
}

static uint64_t get_u64(struct reader *r)
{
    uint64_t v;

    get(r, &v, sizeof v);
    return v;
}

/* Points into the bytes. */
static const char *get_text(struct reader *r)
{
    uint64_t n = get_u64(r);
    const char *text = r->p;

    if (r->bad || !n) {
        return NULL;
    }
    if ((uint64_t)(r->end - r->p) < n || text[n - 1]) {
        r->bad = true;
        return NULL;
    }
    r->p += n;
    return text;
}

static const char *some(const char *text)
{
    return text ? text : "";
}

static void get_checker(struct reader *r, struct checker *c)
{
    uint64_t n = get_u64(r);

    if (n > (uint64_t)(r->end - r->p) / sizeof *c->findings) {
        r->bad = true;
        return;
    }
    c->findings = memory_zeroed(n + 1, sizeof *c->findings);
    c->n_findings = n;
    for (size_t i = 0; i < n; i++) {
        get(r, &c->findings[i], sizeof c->findings[i]);
        c->findings[i].net = some(get_text(r));
        c->findings[i].text = (char *)get_text(r); /* only read */
    }
    get(r, c->margins, sizeof c->margins);
    c->violations = get_u64(r);
    c->notes = get_u64(r);
    c->follow = get_u64(r);
}

static void replay_end(struct report *to, struct reader *r, const struct report_replay *how)
{
    struct checker c = { 0 };
    struct report_result result = { .checker = &c };
    struct report_picture *pictures = NULL;

    result.took_ps = get_u64(r);
    result.wall_us = get_u64(r);
    to->lacked = get_u64(r) != 0;
    to->judged = get_u64(r);
    get_checker(r, &c);
    uint64_t n = get_u64(r);
    if (!r->bad && n <= (uint64_t)(r->end - r->p)) {
        pictures = memory_zeroed(n + 1, sizeof *pictures);
        for (uint64_t i = 0; i < n; i++) {
            pictures[i].title = some(get_text(r));
            pictures[i].at_ps = get_u64(r);
            pictures[i].svg = some(get_text(r));
        }
        result.pictures = pictures;
        result.n_pictures = (unsigned)n;
    }
    result.instructions = get_text(r);
    result.vcd = get_text(r);
    result.picture = get_text(r);
    if (!r->bad) {
        result.lines = c.n_findings && how->lines ? how->lines(how->ctx) : NULL;
        report_end(to, &result);
    }
    free(pictures);
    free(c.findings);
}

/* A message that is cut off in the middle is not told. */
static void replay_message(struct report *to, const struct report_run *run, struct reader *r,
                           const struct report_replay *how)
{
    const enum message m = (enum message) * r->p++;
    uint64_t a = 0, b = 0;
    const char *text = NULL, *more = NULL;

    if (m == MSG_END) {
        replay_end(to, r, how);
        return;
    }
    if (m == MSG_BEGIN || m == MSG_STEP) {
        a = get_u64(r);
    }
    if (m == MSG_STEP) {
        b = get_u64(r);
    }
    if (m != MSG_BEGIN) {
        text = some(get_text(r));
    }
    if (m == MSG_FAILURE) {
        more = some(get_text(r));
    }
    if (r->bad) {
        return;
    }
    struct report_run now = *run;
    now.seed = a;
    switch (m) {
    case MSG_BEGIN: report_begin(to, &now); return;
    case MSG_REMARK: report_remark(to, text); return;
    case MSG_STEP: report_step(to, (unsigned)a, b, text); return;
    case MSG_NOTE: report_note_text(to, text); return;
    case MSG_OUTPUT: report_output(to, text); return;
    case MSG_CAUSE: report_cause(to, text); return;
    case MSG_FAILURE: report_failure_at(to, text, more); return;
    case MSG_PROBLEM: how->problem(how->ctx, text); return;
    default: r->bad = true; return;
    }
}

bool report_replay(struct report *to, const struct report_run *run, const char *bytes, size_t n, const char *died,
                   const struct report_replay *how)
{
    struct reader r = { bytes, bytes + n, false };
    unsigned before = to->totals.n;
    char text[700];

    while (!r.bad && r.p < r.end) {
        replay_message(to, run, &r, how);
    }
    if (to->totals.n > before) {
        return true;
    }
    snprintf(text, sizeof text, "%.500s: the run %s", run->file, died ? died : "left no result");
    report_error(to, run, text);
    return false;
}
