/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/report.h"

#include "harness/base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 1400 /* of a note or failure; longer ones are cut */

void report_add(struct report *r, struct report_sink *s)
{
    if (!r->last) {
        r->last = &r->sinks;
    }
    s->next = NULL;
    *r->last = s;
    r->last = &s->next;
}

void report_remark(struct report *r, const char *text)
{
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->remark) {
            s->ops->remark(s, text);
        }
    }
}

void report_begin(struct report *r, const struct report_run *run)
{
    r->run = *run;
    r->run.file = printable(r->file, sizeof r->file, run->file, false);
    r->run.name = printable(r->name, sizeof r->name, run->name, false);
    r->run.tags = printable(r->tags, sizeof r->tags, run->tags ? run->tags : "", false);
    r->run.description = printable(r->description, sizeof r->description, run->description ? run->description : "",
                                   true);
    r->open = true;
    r->failures = 0;
    r->step_failed = r->lacked = false;
    r->first_failure[0] = '\0';
    r->judged = 0;
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->begin) {
            s->ops->begin(s, &r->run);
        }
    }
}

const char *report_verdict_name(enum report_verdict verdict)
{
    static const char *const names[REPORT_VERDICTS] = { "pass", "findings", "fail", "error", "skipped" };

    return names[verdict];
}

static void end(struct report *r, const struct report_result *result)
{
    r->open = false;
    r->totals.n++;
    r->totals.by[result->verdict]++;
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->end) {
            s->ops->end(s, &r->run, result);
        }
    }
}

void report_end(struct report *r, const struct report_result *result)
{
    struct report_result all = *result;

    all.failures = r->failures;
    all.first_failure = r->first_failure;
    all.unexpected = result->checker ? result->checker->violations - r->judged : 0;
    all.verdict = r->lacked ? REPORT_ERROR : r->failures ? REPORT_FAIL : all.unexpected ? REPORT_FINDINGS : REPORT_PASS;
    end(r, &all);
}

void report_end_as(struct report *r, enum report_verdict verdict, sim_time took_ps)
{
    end(r, &(const struct report_result){
               .verdict = r->failures ? REPORT_FAIL : verdict,
               .failures = r->failures,
               .first_failure = r->first_failure,
               .took_ps = took_ps,
           });
}

static void not_run(struct report *r, const struct report_run *run, enum report_verdict verdict, const char *text)
{
    if (!r->open) { /* else it died on the way */
        report_begin(r, run);
    }
    printable(r->first_failure, sizeof r->first_failure, text, true);
    end(r, &(const struct report_result){ .verdict = verdict, .first_failure = r->first_failure });
}

void report_error(struct report *r, const struct report_run *run, const char *text)
{
    not_run(r, run, REPORT_ERROR, text);
}

void report_skipped(struct report *r, const struct report_run *run, const char *why)
{
    not_run(r, run, REPORT_SKIPPED, why);
}

const char *report_change_name(enum report_change_kind kind)
{
    static const char *const names[] = { "worse", "better", "tolerated" };

    return names[kind];
}

void report_changed(struct report *r, const struct report_changes *c)
{
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->changes) {
            s->ops->changes(s, c);
        }
    }
}

bool report_close(struct report *r, struct problem *err)
{
    bool ok = true;

    for (struct report_sink *s = r->sinks, *next; s; s = next) {
        struct problem why = { "" };

        next = s->next;
        if (!s->ops->close(s, &r->totals, &why)) {
            ok ? problem_set(err, "%s", why.text) : problem_append(err, "\n%s", why.text);
            ok = false;
        }
    }
    r->sinks = NULL;
    r->last = NULL;
    return ok;
}

void report_abandon(struct report *r)
{
    for (struct report_sink *s = r->sinks, *next; s; s = next) {
        next = s->next;
        s->ops->abandon(s);
    }
    r->sinks = NULL;
    r->last = NULL;
}

void report_judged(struct report *r, const struct checker *c)
{
    r->judged = c->violations;
}

void report_step(struct report *r, unsigned number, sim_time at_ps, const char *what)
{
    char text[TEXT_BYTES];

    printable(text, sizeof text, what, false);
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->step) {
            s->ops->step(s, number, at_ps, text);
        }
    }
}

void report_note(struct report *r, const char *fmt, ...)
{
    char raw[TEXT_BYTES], text[TEXT_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    report_note_text(r, printable(text, sizeof text, raw, false));
}

void report_note_text(struct report *r, const char *text)
{
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->note) {
            s->ops->note(s, text);
        }
    }
}

void report_cause(struct report *r, const char *cause)
{
    char text[TEXT_BYTES];

    printable(text, sizeof text, cause, false);
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->cause) {
            s->ops->cause(s, text);
        }
    }
}

void report_output(struct report *r, const char *said)
{
    char *text = printable_text(said, true);

    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->output) {
            s->ops->output(s, text);
        }
    }
    free(text);
}

static void failure_v(struct report *r, const struct scenario_place *at, const char *fmt, va_list args)
{
    char raw[TEXT_BYTES], text[TEXT_BYTES], place[300];

    vsnprintf(raw, sizeof raw, fmt, args);
    printable(text, sizeof text, raw, false);
    snprintf(place, sizeof place, "%s:%u:%u", r->run.file, at->line, at->column);
    report_failure_at(r, place, text);
}

void report_failure(struct report *r, const struct scenario_place *at, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    failure_v(r, at, fmt, args);
    va_end(args);
}

void report_lack(struct report *r, const struct scenario_place *at, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    failure_v(r, at, fmt, args);
    va_end(args);
    r->lacked = true;
}

void report_failure_at(struct report *r, const char *place, const char *text)
{
    if (!r->failures++) {
        snprintf(r->first_failure, sizeof r->first_failure, "%s: %.300s", place, text);
    }
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->failure) {
            s->ops->failure(s, place, text);
        }
    }
}
