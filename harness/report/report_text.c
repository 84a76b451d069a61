/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/report_text.h"

#include "harness/report/finding_text.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum colour { PLAIN, RED, GREEN, YELLOW, BOLD };

struct text_sink {
    struct report_sink sink; /* first */
    struct report_text_options o;
    FILE *out;  /* of the run that goes on */
    FILE *to;   /* the caller's */
    char *held; /* quiet: what a run has said until it is known whether that is wanted */
    size_t held_bytes;
    const struct report_run *pending; /* its header is still to be written */
    FILE *list;                       /* what did not pass, for the end */
    char *listed;
    size_t listed_bytes;
    struct skipped { /* one line for all that share a reason */
        char *because;
        unsigned n;
    } * skipped;
    unsigned n_reasons;
};

static struct text_sink *self(struct report_sink *s)
{
    return (struct text_sink *)s;
}

static const char *colour(const struct report_sink *s, enum colour c)
{
    static const char *const codes[] = { "\033[0m", "\033[1;31m", "\033[32m", "\033[33m", "\033[1m" };

    return ((const struct text_sink *)s)->o.colour ? codes[c] : "";
}

/* Seconds with all nine decimals, so that they stand below each other. */
static const char *time_text(sim_time t_ps, char *buf, size_t n)
{
    snprintf(buf, n, "%" PRIu64 ".%09" PRIu64 " s", t_ps / SIM_S, t_ps % SIM_S / 1000);
    return buf;
}

static void begin(struct report_sink *s, const struct report_run *run)
{
    struct text_sink *t = self(s);

    t->out = t->to;
    t->pending = run;
    if (t->o.quiet) {
        t->out = memory_checked(open_memstream(&t->held, &t->held_bytes));
    }
}

/* Of one that was skipped there is nothing to read, not even a header. */
static FILE *out_of(struct report_sink *s)
{
    struct text_sink *t = self(s);

    if (t->pending) {
        if (t->out == t->to && t->o.before) {
            t->o.before(t->o.ctx);
        }
        fprintf(t->out, "%s== %s", colour(s, BOLD), t->pending->name);
        if (!t->pending->seedless) {
            fprintf(t->out, " (seed %" PRIu64 ")", t->pending->seed);
        }
        fprintf(t->out, "%s\n", colour(s, PLAIN));
        t->pending = NULL;
    }
    return t->out;
}

static void remark(struct report_sink *s, const char *text)
{
    fprintf(out_of(s), "  note: %s\n", text);
}

static void step(struct report_sink *s, unsigned number, sim_time at_ps, const char *what)
{
    char at[40];

    if (self(s)->o.verbose) {
        fprintf(out_of(s), "%3u  %s  %s\n", number, time_text(at_ps, at, sizeof at), what);
    }
}

static void note(struct report_sink *s, const char *text)
{
    if (self(s)->o.verbose) {
        fprintf(out_of(s), "     %s\n", text);
    }
}

static void output(struct report_sink *s, const char *text)
{
    if (self(s)->o.verbose) {
        fputs(text, out_of(s));
    }
}

static void failure(struct report_sink *s, const char *place, const char *text)
{
    fprintf(out_of(s), "%s%s:%s %s\n", colour(s, RED), place, colour(s, PLAIN), text);
}

static void cause(struct report_sink *s, const char *text)
{
    fprintf(out_of(s), "  cause: %s\n", text);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void say_verdict(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    FILE *out = out_of(s);
    char took[40];

    switch (result->verdict) {
    case REPORT_PASS: fprintf(out, "%sPASS%s %s", colour(s, GREEN), colour(s, PLAIN), run->name); break;
    case REPORT_FINDINGS:
        fprintf(out, "%sPASS with %" PRIu64 " finding%s%s %s", colour(s, YELLOW), result->unexpected,
                plural(result->unexpected), colour(s, PLAIN), run->name);
        break;
    case REPORT_ERROR:
        fprintf(out, "%sERROR%s %s: %s\n", colour(s, RED), colour(s, PLAIN), run->name, result->first_failure);
        return;
    default: fprintf(out, "%sFAIL%s %s", colour(s, RED), colour(s, PLAIN), run->name); break;
    }
    fprintf(out, ", %s simulated\n", time_text(result->took_ps, took, sizeof took));
}

static FILE *list_line(struct report_sink *s, const char *word, enum colour c)
{
    struct text_sink *t = self(s);

    if (!t->list) {
        t->list = memory_checked(open_memstream(&t->listed, &t->listed_bytes));
    }
    fprintf(t->list, "  %s%-8s%s ", colour(s, c), word, colour(s, PLAIN));
    return t->list;
}

static void list_skipped(struct report_sink *s)
{
    struct text_sink *t = self(s);

    for (unsigned i = 0; i < t->n_reasons; i++) {
        fprintf(list_line(s, report_verdict_name(REPORT_SKIPPED), YELLOW), "%u: %s\n", t->skipped[i].n,
                t->skipped[i].because);
    }
}

static void add_skipped(struct text_sink *t, const char *because)
{
    for (unsigned i = 0; i < t->n_reasons; i++) {
        if (!strcmp(t->skipped[i].because, because)) {
            t->skipped[i].n++;
            return;
        }
    }
    t->skipped = memory_grown(t->skipped, t->n_reasons + 1, sizeof *t->skipped);
    t->skipped[t->n_reasons++] = (struct skipped){ memory_text(because), 1 };
}

static void list(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    struct text_sink *t = self(s);
    const char *word = report_verdict_name(result->verdict);

    if (result->verdict == REPORT_FINDINGS && t->o.quiet) {
        return; /* it passed */
    }
    if (result->verdict == REPORT_FINDINGS) {
        fprintf(list_line(s, word, YELLOW), "%s: %" PRIu64 " that no expectation names\n", run->file,
                result->unexpected);
    } else if (result->verdict == REPORT_SKIPPED) {
        add_skipped(t, result->first_failure);
    } else if (result->verdict != REPORT_PASS) {
        fprintf(list_line(s, word, RED), "%s\n", result->first_failure);
    }
}

/* Quiet: what the run said is either wanted now or never. */
static void let_go(struct text_sink *t, bool wanted)
{
    if (t->out == t->to) {
        return;
    }
    fclose(t->out);
    t->out = t->to;
    if (wanted) {
        if (t->o.before) {
            t->o.before(t->o.ctx);
        }
        fwrite(t->held, 1, t->held_bytes, t->to);
    }
    free(t->held);
    t->held = NULL;
}

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    struct text_sink *t = self(s);

    if (result->checker) {
        findings_list(out_of(s), result->checker, result->lines, "  ");
        findings_summary(out_of(s), result->checker, "  ");
    }
    if (result->verdict != REPORT_SKIPPED) {
        say_verdict(s, run, result);
    }
    list(s, run, result);
    let_go(t, result->verdict == REPORT_FAIL || result->verdict == REPORT_ERROR);
    fflush(t->to);
}

static void abandon(struct report_sink *s)
{
    struct text_sink *t = self(s);

    let_go(t, false);
    for (unsigned i = 0; i < t->n_reasons; i++) {
        free(t->skipped[i].because);
    }
    free(t->skipped);
    if (t->list) {
        fclose(t->list);
        free(t->listed);
    }
    free(s);
}

static void changes(struct report_sink *s, const struct report_changes *c)
{
    static const enum colour colours[] = { RED, GREEN, YELLOW };
    struct text_sink *t = self(s);

    if (t->o.before) {
        t->o.before(t->o.ctx);
    }
    fprintf(t->to, "Compared with %s: %zu figures are worse, %zu changed otherwise", c->baseline, c->worse,
            c->n - c->worse);
    fprintf(t->to, c->not_run ? ", %zu are of scenarios that were not run\n" : "\n", c->not_run);
    for (size_t i = 0; i < c->n; i++) {
        const struct report_change *d = &c->list[i];

        fprintf(t->to, "  %s%-9s%s %s: %s, was %s%s%s\n", colour(s, colours[d->kind]), report_change_name(d->kind),
                colour(s, PLAIN), d->figure, d->is, d->was, d->allowed[0] ? ", allowed " : "", d->allowed);
    }
}

static void say_totals(FILE *out, const struct report_totals *t)
{
    static const struct {
        enum report_verdict verdict;
        const char *text;
    } others[] = {
        { REPORT_FINDINGS, "with findings" },
        { REPORT_FAIL, "failed" },
        { REPORT_ERROR, "could not be run" },
        { REPORT_SKIPPED, "skipped" },
    };

    fprintf(out, "%u of %u scenarios passed", t->by[REPORT_PASS] + t->by[REPORT_FINDINGS], t->n);
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (t->by[others[i].verdict]) {
            fprintf(out, ", %u %s", t->by[others[i].verdict], others[i].text);
        }
    }
    fputc('\n', out);
}

static bool close_text(struct report_sink *s, const struct report_totals *totals, struct problem *err)
{
    struct text_sink *t = self(s);

    (void)err;
    if (totals->n > 1) {
        if (t->o.before) {
            t->o.before(t->o.ctx);
        }
        list_skipped(s);
        if (t->list) {
            fflush(t->list);
            fprintf(t->to, "Not simply passed:\n");
            fwrite(t->listed, 1, t->listed_bytes, t->to);
        }
        say_totals(t->to, totals);
    }
    abandon(s);
    return true; /* what can't be written main() says */
}

struct report_sink *report_text_new(FILE *out, const struct report_text_options *o)
{
    static const struct report_sink_ops ops = {
        .begin = begin,
        .remark = remark,
        .step = step,
        .note = note,
        .output = output,
        .failure = failure,
        .cause = cause,
        .end = end,
        .changes = changes,
        .close = close_text,
        .abandon = abandon,
    };
    struct text_sink *t = memory_zeroed(1, sizeof *t);

    t->sink.ops = &ops;
    t->o = *o;
    t->out = t->to = out;
    return &t->sink;
}
