/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/report.h"

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
    r->failures = 0;
    r->first_failure[0] = '\0';
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->begin) {
            s->ops->begin(s, &r->run);
        }
    }
}

void report_end(struct report *r, sim_time took_ps, const struct checker *c, struct source_lines *lines)
{
    const struct report_result result = { r->failures, r->first_failure, took_ps, c, lines };

    r->n++;
    r->failed += r->failures != 0;
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->end) {
            s->ops->end(s, &r->run, &result);
        }
    }
}

bool report_close(struct report *r, struct problem *err)
{
    bool ok = true;

    for (struct report_sink *s = r->sinks, *next; s; s = next) {
        struct problem ignored;

        next = s->next;
        ok = s->ops->close(s, r->n, r->failed, ok ? err : &ignored) && ok;
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
    printable(text, sizeof text, raw, false);
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->note) {
            s->ops->note(s, text);
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

void report_failure(struct report *r, const struct scenario_place *at, const char *fmt, ...)
{
    char raw[TEXT_BYTES], text[TEXT_BYTES], place[300];
    va_list args;

    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    printable(text, sizeof text, raw, false);
    snprintf(place, sizeof place, "%s:%u:%u", r->run.file, at->line, at->column);
    if (!r->failures++) {
        snprintf(r->first_failure, sizeof r->first_failure, "%s: %.300s", place, text);
    }
    for (struct report_sink *s = r->sinks; s; s = s->next) {
        if (s->ops->failure) {
            s->ops->failure(s, place, text);
        }
    }
}
