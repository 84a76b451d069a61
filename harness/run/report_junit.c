/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/report_formats.h"

#include "harness/run/report_text.h"
#include "sim/memory.h"
#include "wave/out_file.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct junit_case {
    char *file, *name, *message;
    char *output; /* the scenario's whole report as text */
    size_t output_bytes;
    sim_time took_ps;
    unsigned failures;
};

struct junit_sink {
    struct report_sink sink; /* first */
    const char *path;
    bool verbose;
    struct junit_case *cases;
    size_t n;
    /* the run that goes on: the last of cases */
    FILE *out;
    struct report_sink *text;
};

static void attribute(xmlTextWriterPtr w, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

static void number(xmlTextWriterPtr w, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    attribute(w, name, text);
}

static void one_case(xmlTextWriterPtr w, const struct junit_case *c)
{
    char seconds[32];

    snprintf(seconds, sizeof seconds, "%" PRIu64 ".%06" PRIu64, c->took_ps / SIM_S, c->took_ps % SIM_S / SIM_US);
    xmlTextWriterStartElement(w, BAD_CAST "testcase");
    attribute(w, "classname", "limpet");
    attribute(w, "name", c->name);
    attribute(w, "file", c->file);
    attribute(w, "time", seconds);
    if (c->failures) {
        xmlTextWriterStartElement(w, BAD_CAST "failure");
        attribute(w, "message", c->message);
        xmlTextWriterEndElement(w);
    }
    xmlTextWriterStartElement(w, BAD_CAST "system-out");
    xmlTextWriterWriteString(w, BAD_CAST c->output);
    xmlTextWriterEndElement(w);
    xmlTextWriterEndElement(w);
}

static bool junit_write(const char *path, const struct junit_case *cases, size_t n, uint64_t failed,
                        struct problem *err)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr w = xmlNewTextWriterMemory(buffer, 0);
    struct out_file out;
    bool ok;

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
    xmlTextWriterStartElement(w, BAD_CAST "testsuite");
    attribute(w, "name", "limpet run");
    number(w, "tests", n);
    number(w, "failures", failed);
    for (size_t i = 0; i < n; i++) {
        one_case(w, &cases[i]);
    }
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    ok = out_file_open(&out, path, err);
    if (ok) {
        out_file_put(&out, xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer));
        ok = out_file_close(&out, err);
    }
    xmlBufferFree(buffer);
    return ok;
}

/* ---- the sink: each run's text goes through a sink of its own ---- */

static struct report_sink *text_of(struct report_sink *s)
{
    return ((struct junit_sink *)s)->text;
}

static void begin(struct report_sink *s, const struct report_run *run)
{
    struct junit_sink *j = (struct junit_sink *)s;

    j->cases = memory_grown(j->cases, j->n + 1, sizeof *j->cases);
    struct junit_case *c = &j->cases[j->n++];
    *c = (struct junit_case){ .file = memory_text(run->file), .name = memory_text(run->name) };
    j->out = memory_checked(open_memstream(&c->output, &c->output_bytes));
    j->text = report_text_new(j->out, j->verbose);
    j->text->ops->begin(j->text, run);
}

static void step(struct report_sink *s, unsigned number, sim_time at_ps, const char *what)
{
    text_of(s)->ops->step(text_of(s), number, at_ps, what);
}

static void note(struct report_sink *s, const char *said)
{
    text_of(s)->ops->note(text_of(s), said);
}

static void output(struct report_sink *s, const char *said)
{
    text_of(s)->ops->output(text_of(s), said);
}

static void failure(struct report_sink *s, const char *place, const char *said)
{
    text_of(s)->ops->failure(text_of(s), place, said);
}

static void close_text(struct junit_sink *j)
{
    if (j->text) {
        j->text->ops->abandon(j->text);
        fclose(j->out);
        j->text = NULL;
    }
}

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    struct junit_sink *j = (struct junit_sink *)s;
    struct junit_case *c = &j->cases[j->n - 1];

    j->text->ops->end(j->text, run, result);
    close_text(j);
    c->took_ps = result->took_ps;
    c->failures = result->failures;
    c->message = memory_text(result->first_failure);
}

static void abandon(struct report_sink *s)
{
    struct junit_sink *j = (struct junit_sink *)s;

    close_text(j);
    for (size_t i = 0; i < j->n; i++) {
        free(j->cases[i].file);
        free(j->cases[i].name);
        free(j->cases[i].message);
        free(j->cases[i].output);
    }
    free(j->cases);
    free(j);
}

static bool close_junit(struct report_sink *s, unsigned n, unsigned failed, struct problem *err)
{
    struct junit_sink *j = (struct junit_sink *)s;
    bool ok = junit_write(j->path, j->cases, n, failed, err);

    abandon(s);
    return ok;
}

struct report_sink *report_junit_new(const char *path, bool verbose)
{
    static const struct report_sink_ops ops = {
        .begin = begin,
        .step = step,
        .note = note,
        .output = output,
        .failure = failure,
        .end = end,
        .close = close_junit,
        .abandon = abandon,
    };
    struct junit_sink *j = memory_zeroed(1, sizeof *j);

    j->sink.ops = &ops;
    j->path = path;
    j->verbose = verbose;
    return &j->sink;
}
