/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_findings.c - every finding, note and margin of every scenario as one JSON file */
#include "harness/report/finding_json.h"
#include "harness/report/report_formats.h"
#include "sim/memory.h"
#include "wave/out_file.h"

#include <stdlib.h>

struct findings_sink {
    struct report_sink sink; /* first */
    const char *path;
    struct json_builder b;
    json_t *runs;
};

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    struct findings_sink *f = (struct findings_sink *)s;
    const struct checker *c = result->checker;
    json_t *of;

    if (!c) {
        return; /* it did not run */
    }
    of = json_object();

    json_put(&f->b, of, "file", json_any_text(run->file));
    json_put(&f->b, of, "name", json_any_text(run->name));
    json_put(&f->b, of, "seed", json_integer((json_int_t)run->seed));
    json_put(&f->b, of, "passed", json_boolean(!result->failures));
    json_put(&f->b, of, "violations", json_integer((json_int_t)c->violations));
    json_put(&f->b, of, "notes", json_integer((json_int_t)c->notes));
    json_put(&f->b, of, "findings", findings_json(&f->b, c, result->lines));
    json_put(&f->b, of, "cut", findings_cut_json(&f->b, c));
    json_put(&f->b, of, "margins", margins_json(&f->b, c, result->lines));
    json_append(&f->b, f->runs, of);
}

static void abandon(struct report_sink *s)
{
    json_decref(((struct findings_sink *)s)->runs);
    free(s);
}

static bool close_findings(struct report_sink *s, const struct report_totals *t, struct problem *err)
{
    struct findings_sink *f = (struct findings_sink *)s;
    json_t *root = json_object();
    struct out_file out;
    bool ok;

    (void)t;
    json_put(&f->b, root, "format", json_string("limpet-findings-1"));
    json_put(&f->b, root, "runs", f->runs);
    char *text = json_text(&f->b, root, JSON_INDENT(1));
    ok = text ? out_file_open(&out, f->path, err) : problem_set(err, "%s: out of memory", f->path);
    if (ok) {
        out_file_text(&out, text);
        out_file_char(&out, '\n');
        ok = out_file_close(&out, err);
    }
    free(text);
    free(s);
    return ok;
}

struct report_sink *report_findings_new(const char *path, const struct report_options *o)
{
    static const struct report_sink_ops ops = {
        .end = end,
        .close = close_findings,
        .abandon = abandon,
    };
    struct findings_sink *f = memory_zeroed(1, sizeof *f);

    (void)o;
    f->sink.ops = &ops;
    f->path = path;
    f->runs = json_array();
    return &f->sink;
}
