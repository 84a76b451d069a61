/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/report/report_cases.h"

#include "harness/report/finding_json.h"
#include "harness/report/finding_text.h"
#include "harness/report/report_text.h"
#include "sim/memory.h"
#include "wave/out_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cases_sink {
    struct report_sink sink; /* first */
    enum report_cases_what what;
    const char *path;
    const struct report_options *o;
    bool (*write)(const struct report_cases *c, const char *path, const struct report_options *o, struct problem *err);
    struct report_cases cases;
    /* the run that goes on: the last of cases */
    FILE *out;
    struct report_sink *text;
};

static struct cases_sink *self(struct report_sink *s)
{
    return (struct cases_sink *)s;
}

static struct report_sink *text_of(struct report_sink *s)
{
    return self(s)->text;
}

static struct report_case *last(struct report_sink *s)
{
    return &self(s)->cases.list[self(s)->cases.n - 1];
}

/* "./scenarios/miniframe/write.yaml" is of "scenarios.miniframe", as readers of class names group them. */
static char *folder_of(const char *file)
{
    const char *end = strrchr(file, '/');
    char *folder;

    while (!strncmp(file, "./", 2)) {
        file += 2;
    }
    while (!strncmp(file, "../", 3)) {
        file += 3;
    }
    file += *file == '/';
    if (!end || end <= file) {
        return memory_text("limpet");
    }
    folder = memory_text(file);
    folder[end - file] = '\0';
    for (char *p = folder; *p; p++) {
        *p = *p == '/' ? '.' : *p == '.' ? '_' : *p;
    }
    return folder;
}

static char *unique_name(const struct report_cases *c, const char *folder, const char *name)
{
    char *text = memory_zeroed(strlen(name) + 24, 1);
    unsigned before = 0;

    for (size_t i = 0; i + 1 < c->n; i++) {
        before += !strcmp(c->list[i].folder, folder) && !strcmp(c->list[i].name, name);
    }
    sprintf(text, before ? "%s (%u)" : "%s", name, before + 1);
    return text;
}

static void begin(struct report_sink *s, const struct report_run *run)
{
    static const struct report_text_options plain = { .verbose = false }, verbose = { .verbose = true };
    struct cases_sink *j = self(s);

    j->cases.list = memory_grown(j->cases.list, j->cases.n + 1, sizeof *j->cases.list);
    struct report_case *c = &j->cases.list[j->cases.n++];
    *c = (struct report_case){
        .file = memory_text(run->file),
        .name = memory_text(run->name),
        .tags = memory_text(run->tags),
        .description = memory_text(run->description),
        .folder = folder_of(run->file),
        .seed = run->seed,
        .seedless = run->seedless,
    };
    c->unique = unique_name(&j->cases, c->folder, c->name);
    j->out = memory_checked(open_memstream(&c->output, &c->output_bytes));
    j->text = report_text_new(j->out, j->o->verbose ? &verbose : &plain);
    j->text->ops->begin(j->text, run);
}

static void remark(struct report_sink *s, const char *said)
{
    text_of(s)->ops->remark(text_of(s), said);
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

/* "file:line:column" */
static unsigned line_of(const char *place)
{
    const char *column = strrchr(place, ':');

    while (column && column > place && column[-1] != ':') {
        column--;
    }
    return column && column > place ? (unsigned)strtoul(column, NULL, 10) : 0;
}

/* "file:line:column: ", which the message of one that could not be run may begin with; else its first line. */
static unsigned line_of_error(const struct report_case *c)
{
    size_t n = strlen(c->file);
    unsigned line = 0, column = 0;

    if (!strncmp(c->message, c->file, n)) {
        (void)sscanf(c->message + n, ":%9u:%9u: ", &line, &column);
    }
    return line && column ? line : 1;
}

static void failure(struct report_sink *s, const char *place, const char *said)
{
    struct report_case *c = last(s);

    c->failures = memory_grown(c->failures, c->n_failures + 1, sizeof *c->failures);
    c->failures[c->n_failures++] = (struct report_case_failure){
        .place = memory_text(place),
        .text = memory_text(said),
        .cause = memory_text(""),
        .line = line_of(place),
    };
    text_of(s)->ops->failure(text_of(s), place, said);
}

static void cause(struct report_sink *s, const char *said)
{
    struct report_case *c = last(s);

    if (c->n_failures) {
        free(c->failures[c->n_failures - 1].cause);
        c->failures[c->n_failures - 1].cause = memory_text(said);
    }
    text_of(s)->ops->cause(text_of(s), said);
}

static void close_text(struct cases_sink *j)
{
    if (j->text) {
        j->text->ops->abandon(j->text);
        fclose(j->out);
        j->text = NULL;
    }
}

static void keep_checker(struct report_case *c, const struct checker *from)
{
    c->ran = true;
    c->checker = *from;
    c->checker.sim = NULL;
    c->checker.found = NULL;
    c->checker.findings = memory_zeroed(from->n_findings + 1, sizeof *from->findings);
    for (size_t i = 0; i < from->n_findings; i++) {
        struct checker_finding *f = &c->checker.findings[i];

        *f = from->findings[i];
        f->net = memory_text(f->net);
        f->text = f->text ? memory_text(f->text) : NULL;
    }
}

static void keep_sources(struct report_case *c, struct source_lines *lines)
{
    char text[600];

    c->sources = memory_zeroed(c->checker.n_findings + 1, sizeof *c->sources);
    for (size_t i = 0; i < c->checker.n_findings; i++) {
        c->sources[i] = memory_text(finding_source_text(&c->checker.findings[i].where, lines, 3, text, sizeof text));
    }
}

static void keep_pictures(struct report_case *c, const struct report_result *result)
{
    c->pictures = memory_zeroed(result->n_pictures + 1, sizeof *c->pictures);
    c->n_pictures = result->n_pictures;
    for (unsigned i = 0; i < result->n_pictures; i++) {
        const struct report_picture *p = &result->pictures[i];

        c->pictures[i] = (struct report_picture){ memory_text(p->title), p->at_ps, memory_text(p->svg) };
    }
}

static void end(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    struct cases_sink *j = self(s);
    struct report_case *c = last(s);

    j->text->ops->end(j->text, run, result);
    close_text(j);
    c->verdict = result->verdict;
    c->message = memory_text(result->first_failure);
    c->line = c->n_failures && c->failures[0].line ? c->failures[0].line : line_of_error(c);
    c->took_ps = result->took_ps;
    c->wall_us = result->wall_us;
    c->unexpected = result->unexpected;
    c->instructions = memory_text(result->instructions ? result->instructions : "");
    c->vcd = memory_text(result->vcd ? result->vcd : "");
    c->picture = memory_text(result->picture ? result->picture : "");
    keep_pictures(c, result);
    if (result->checker) {
        keep_checker(c, result->checker);
    }
    if (result->checker && j->what == REPORT_CASES_SOURCES) {
        keep_sources(c, result->lines);
    }
    if (result->checker && j->what == REPORT_CASES_JSON) {
        c->findings = findings_json(&j->cases.b, result->checker, result->lines);
        c->margins = margins_json(&j->cases.b, result->checker, result->lines);
        c->cut = findings_cut_json(&j->cases.b, result->checker);
    }
}

static void changes(struct report_sink *s, const struct report_changes *c)
{
    self(s)->cases.changes = c;
}

static void free_case(struct report_case *c)
{
    char *const texts[] = { c->file,    c->name,   c->tags,         c->description, c->folder, c->unique,
                            c->message, c->output, c->instructions, c->vcd,         c->picture };

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    for (unsigned i = 0; i < c->n_failures; i++) {
        free(c->failures[i].place);
        free(c->failures[i].text);
        free(c->failures[i].cause);
    }
    for (unsigned i = 0; i < c->n_pictures; i++) {
        free((char *)c->pictures[i].title);
        free((char *)c->pictures[i].svg);
    }
    for (size_t i = 0; i < c->checker.n_findings; i++) {
        free((char *)c->checker.findings[i].net);
        free(c->checker.findings[i].text);
        if (c->sources) {
            free(c->sources[i]);
        }
    }
    json_decref(c->findings);
    json_decref(c->margins);
    json_decref(c->cut);
    free(c->sources);
    free(c->failures);
    free(c->pictures);
    free(c->checker.findings);
}

static void abandon(struct report_sink *s)
{
    struct cases_sink *j = self(s);

    close_text(j);
    for (size_t i = 0; i < j->cases.n; i++) {
        free_case(&j->cases.list[i]);
    }
    free(j->cases.list);
    free(j);
}

static bool close_cases(struct report_sink *s, const struct report_totals *t, struct problem *err)
{
    struct cases_sink *j = self(s);

    j->cases.totals = *t;
    bool ok = j->write(&j->cases, j->path, j->o, err);
    abandon(s);
    return ok;
}

struct report_sink *report_cases_new(enum report_cases_what what, const char *path, const struct report_options *o,
                                     bool (*write)(const struct report_cases *c, const char *path,
                                                   const struct report_options *o, struct problem *err))
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
        .close = close_cases,
        .abandon = abandon,
    };
    struct cases_sink *j = memory_zeroed(1, sizeof *j);

    j->sink.ops = &ops;
    j->path = path;
    j->o = o;
    j->what = what;
    j->write = write;
    return &j->sink;
}

bool report_write_file(const char *path, const char *text, size_t n, struct problem *err)
{
    struct out_file out;

    if (!out_file_open(&out, path, err)) {
        return false;
    }
    out_file_put(&out, text, n);
    return out_file_close(&out, err);
}
