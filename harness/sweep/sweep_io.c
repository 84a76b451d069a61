/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/sweep_io.h"

#include "harness/base/json_text.h"
#include "sim/memory.h"
#include "wave/in_file.h"
#include "wave/out_file.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RESULT_BYTES ((size_t)1 << 30)

/* ---- table ---- */

static int width_of(const struct sweep_axis *a)
{
    int w = (int)strlen(a->name);

    for (unsigned c = 0; c < a->n; c++) {
        if ((int)strlen(a->choices[c].name) > w) {
            w = (int)strlen(a->choices[c].name);
        }
    }
    return w;
}

/* The point that has these choices on the axes. */
static unsigned point_of(const struct sweep *s, const unsigned *choice)
{
    unsigned p = 0;

    for (unsigned a = 0; a < s->n_axes; a++) {
        p = p * s->axes[a].n + choice[a];
    }
    return p;
}

struct layout {
    const struct sweep *s;
    const struct sweep_result *results;
    unsigned x, y;
};

/* Calls one() for each combination of the axes that are neither x nor y. */
static void each_grid(const struct layout *l, FILE *out, void (*one)(FILE *, const struct layout *, unsigned *choice))
{
    unsigned choice[SWEEP_MAX_AXES] = { 0 };
    const struct sweep *s = l->s;

    for (;;) {
        unsigned a = s->n_axes;

        one(out, l, choice);
        while (a--) {
            if (a == l->x || a == l->y) {
                continue;
            }
            if (++choice[a] < s->axes[a].n) {
                break;
            }
            choice[a] = 0;
        }
        if (a == UINT32_MAX) {
            return;
        }
    }
}

/* "programmer: limpisp, vcc: 5 V"; false: there are no other axes. */
static bool heading(FILE *out, const struct layout *l, const unsigned *choice, const char *before)
{
    bool any = false;

    for (unsigned a = 0; a < l->s->n_axes; a++) {
        if (a != l->x && a != l->y) {
            fprintf(out, "%s%s: %s", any ? ", " : before, l->s->axes[a].name, l->s->axes[a].choices[choice[a]].name);
            any = true;
        }
    }
    return any;
}

/* A chip that is wrong while all was said to be well is worse than any failure. */
static const char *cell_text(const struct sweep_result *r)
{
    return r->outcome == OUTCOME_SILENT ? "SILENT" : sweep_state_name(r->state);
}

static void text_grid(FILE *out, const struct layout *l, unsigned *choice)
{
    const struct sweep_axis *ax = &l->s->axes[l->x], *ay = &l->s->axes[l->y];
    bool row = l->x == l->y;
    int w = row ? 0 : width_of(ay);

    heading(out, l, choice, "\n");
    fputc('\n', out);
    if (!row) {
        fprintf(out, "columns: %s\n", ax->name);
    }
    fprintf(out, "%-*s", w, row ? "" : ay->name);
    for (unsigned c = 0; c < ax->n; c++) {
        fprintf(out, "  %-8s", ax->choices[c].name);
    }
    fputc('\n', out);
    for (unsigned r = 0; r < (row ? 1 : ay->n); r++) {
        if (!row) {
            choice[l->y] = r;
        }
        fprintf(out, "%-*s", w, row ? "" : ay->choices[r].name);
        for (unsigned c = 0; c < ax->n; c++) {
            int cw = (int)strlen(ax->choices[c].name);

            choice[l->x] = c;
            fprintf(out, "  %-*s", cw > 8 ? cw : 8, cell_text(&l->results[point_of(l->s, choice)]));
        }
        fputc('\n', out);
    }
}

void sweep_table(FILE *out, const struct sweep *s, const struct sweep_result *results, unsigned x, unsigned y)
{
    const struct layout l = { s, results, x, y };

    if (s->n_axes) {
        each_grid(&l, out, text_grid);
    } else {
        fprintf(out, "%s\n", cell_text(&results[0]));
    }
}

void sweep_write_outcomes(FILE *out, const struct sweep *s, const struct sweep_result *results)
{
    unsigned count[OUTCOMES] = { 0 }, first = 0;

    for (unsigned p = sweep_points(s); p-- > 0;) {
        count[results[p].outcome]++;
        first = results[p].outcome == OUTCOME_SILENT ? p : first;
    }
    fprintf(out, "outcomes: %u right, %u noticed, %u silently wrong", count[OUTCOME_RIGHT], count[OUTCOME_NOTICED],
            count[OUTCOME_SILENT]);
    if (count[OUTCOME_UNKNOWN]) {
        fprintf(out, ", %u not known", count[OUTCOME_UNKNOWN]);
    }
    fputc('\n', out);
    if (count[OUTCOME_SILENT]) {
        fputs("silently wrong, first", out);
        for (unsigned a = 0; a < s->n_axes; a++) {
            fprintf(out, " %s=%s", s->axes[a].name, sweep_value_at(s, first, a));
        }
        fprintf(out, ": %s\n", results[first].cells);
    }
}

/* ---- Markdown ---- */

static void frequency(FILE *out, uint64_t hz)
{
    if (hz >= 1000000) {
        fprintf(out, "%.3g MHz", (double)hz / 1e6);
    } else if (hz >= 1000) {
        fprintf(out, "%.3g kHz", (double)hz / 1e3);
    } else {
        fprintf(out, "%u Hz", (unsigned)hz);
    }
}

static void markdown_cell(FILE *out, const struct sweep_result *r)
{
    if (r->outcome == OUTCOME_SILENT) {
        fputs(" **silently wrong** |", out);
        return;
    }
    if (r->state == SWEEP_FAIL && r->why[0]) {
        fprintf(out, " no: %s |", r->why);
        return;
    }
    if (r->state != SWEEP_PASS && r->state != SWEEP_FINDINGS) {
        fputs(r->state == SWEEP_FAIL ? " no |" : r->state == SWEEP_BAD ? " bad |" : " not run |", out);
        return;
    }
    fputs(" **SCK ", out);
    frequency(out, r->sck_hz);
    fputs("**", out);
    if (r->cpu_hz) {
        fputs(" (CPU ", out);
        frequency(out, r->cpu_hz);
        fputc(')', out);
    }
    fputs(" |", out);
}

static void markdown_grid(FILE *out, const struct layout *l, unsigned *choice)
{
    const struct sweep_axis *ax = &l->s->axes[l->x], *ay = &l->s->axes[l->y];
    bool row = l->x == l->y;

    if (heading(out, l, choice, "\n### ")) {
        fputc('\n', out);
    }
    fprintf(out, "\n| %s |", row ? "" : ay->name);
    for (unsigned c = 0; c < ax->n; c++) {
        fprintf(out, " %s |", ax->choices[c].name);
    }
    fputs("\n| --- |", out);
    for (unsigned c = 0; c < ax->n; c++) {
        fputs(" --- |", out);
    }
    fputc('\n', out);
    for (unsigned r = 0; r < (row ? 1 : ay->n); r++) {
        if (!row) {
            choice[l->y] = r;
        }
        fprintf(out, "| %s |", row ? "" : ay->choices[r].name);
        for (unsigned c = 0; c < ax->n; c++) {
            choice[l->x] = c;
            markdown_cell(out, &l->results[point_of(l->s, choice)]);
        }
        fputc('\n', out);
    }
}

/* A file that is there whole or as it was before. */
static bool write_file(const char *path, void (*print)(FILE *f, const void *ctx), const void *ctx, struct problem *err)
{
    struct out_file *o = malloc(sizeof *o);
    if (!o) {
        return problem_set(err, "%s: out of memory", path);
    }
    if (!out_file_open(o, path, err)) {
        free(o);
        return false;
    }
    FILE *f = out_file_stream(o);
    bool ok = f != NULL || problem_set(err, "%s: out of memory", path);
    if (ok) {
        print(f, ctx);
        ok = fclose(f) == 0;
        ok = out_file_close(o, err) && (ok || problem_set(err, "%s: cannot write", path));
    } else {
        out_file_abandon(o);
    }
    free(o);
    return ok;
}

static void print_markdown(FILE *f, const void *ctx)
{
    each_grid(ctx, f, markdown_grid);
}

bool sweep_write_markdown(const char *path, const struct sweep *s, const struct sweep_result *results, unsigned x,
                          unsigned y, struct problem *err)
{
    const struct layout l = { s, results, x, y };

    if (!s->n_axes) {
        return problem_set(err, "%s: a sweep without axes has no table", path);
    }
    return write_file(path, print_markdown, &l, err);
}

/* ---- CSV ---- */

static void csv_text(FILE *f, const char *t)
{
    if (!strpbrk(t, ",\"\n")) {
        fputs(t, f);
        return;
    }
    fputc('"', f);
    for (; *t; t++) {
        if (*t == '"') {
            fputc('"', f);
        }
        fputc(*t == '\n' ? ' ' : *t, f);
    }
    fputc('"', f);
}

static void print_csv(FILE *f, const void *ctx)
{
    const struct layout *l = ctx;
    const struct sweep *s = l->s;

    for (unsigned a = 0; a < s->n_axes; a++) {
        csv_text(f, s->axes[a].name);
        fputc(',', f);
    }
    fputs("result,violations,sck_hz,cpu_hz,simulated_s,why,message,outcome,cells\n", f);
    for (unsigned p = 0; p < sweep_points(s); p++) {
        const struct sweep_result *r = &l->results[p];

        if (r->state == SWEEP_NOT_RUN) {
            continue;
        }
        for (unsigned a = 0; a < s->n_axes; a++) {
            csv_text(f, sweep_value_at(s, p, a));
            fputc(',', f);
        }
        fprintf(f, "%s,%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ".%06" PRIu64 ",", sweep_state_name(r->state),
                r->violations, r->sck_hz, r->cpu_hz, r->took_ps / SIM_S, r->took_ps % SIM_S / SIM_US);
        csv_text(f, r->why);
        fputc(',', f);
        csv_text(f, r->message);
        fprintf(f, ",%s,", outcome_name((enum outcome)r->outcome));
        csv_text(f, r->cells);
        fputc('\n', f);
    }
}

bool sweep_write_csv(const char *path, const struct sweep *s, const struct sweep_result *results, struct problem *err)
{
    const struct layout l = { .s = s, .results = results };

    return write_file(path, print_csv, &l, err);
}

/* ---- JSON ---- */

static json_t *axes_to_json(struct json_builder *b, const struct sweep *s)
{
    json_t *axes = json_array();

    for (unsigned a = 0; a < s->n_axes; a++) {
        json_t *axis = json_object(), *values = json_array();

        for (unsigned c = 0; c < s->axes[a].n; c++) {
            json_append(b, values, json_any_text(s->axes[a].choices[c].name));
        }
        json_put(b, axis, "name", json_any_text(s->axes[a].name));
        json_put(b, axis, "values", values);
        json_append(b, axes, axis);
    }
    return axes;
}

static json_t *inputs_to_json(struct json_builder *b, const struct sweep *s)
{
    json_t *inputs = json_array();

    for (unsigned i = 0; i < s->inputs.n; i++) {
        json_t *input = json_object();

        json_put(b, input, "path", json_any_text(s->inputs.file[i]->path));
        json_put(b, input, "sha256", json_string(input_file_digest(s->inputs.file[i])));
        json_append(b, inputs, input);
    }
    return inputs;
}

static json_t *run_to_json(struct json_builder *b, const struct sweep *s, unsigned p, const struct sweep_result *r)
{
    json_t *run = json_object(), *values = json_array();

    for (unsigned a = 0; a < s->n_axes; a++) {
        json_append(b, values, json_any_text(sweep_value_at(s, p, a)));
    }
    json_put(b, run, "point", json_integer(p));
    json_put(b, run, "values", values);
    json_put(b, run, "result", json_string(sweep_state_name(r->state)));
    json_put(b, run, "violations", json_integer(r->violations));
    json_put(b, run, "sck_hz", json_integer((json_int_t)r->sck_hz));
    json_put(b, run, "cpu_hz", json_integer((json_int_t)r->cpu_hz));
    json_put(b, run, "simulated_ps", json_integer((json_int_t)r->took_ps));
    json_put(b, run, "why", json_any_text(r->why));
    json_put(b, run, "message", json_any_text(r->message));
    json_put(b, run, "outcome", json_string(outcome_name((enum outcome)r->outcome)));
    json_put(b, run, "cells", json_any_text(r->cells));
    return run;
}

static void print_text(FILE *f, const void *text)
{
    fputs(text, f);
    fputc('\n', f);
}

bool sweep_write_json(const char *path, const struct sweep *s, const struct sweep_result *results, struct problem *err)
{
    struct json_builder b = { false };
    json_t *root = json_object(), *runs = json_array();

    for (unsigned p = 0; p < sweep_points(s); p++) {
        if (results[p].state != SWEEP_NOT_RUN) {
            json_append(&b, runs, run_to_json(&b, s, p, &results[p]));
        }
    }
    json_put(&b, root, "sweep", json_any_text(s->name));
    json_put(&b, root, "scenario", json_any_text(s->scenario));
    json_put(&b, root, "inputs", inputs_to_json(&b, s));
    json_put(&b, root, "axes", axes_to_json(&b, s));
    json_put(&b, root, "runs", runs);
    char *text = json_text(&b, root, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    bool ok = text ? write_file(path, print_text, text, err) : problem_set(err, "%s: out of memory", path);
    free(text);
    return ok;
}

static bool read_axes(struct sweep *s, const json_t *axes)
{
    size_t a, c;
    json_t *axis, *value;

    if (!json_is_array(axes) || json_array_size(axes) > SWEEP_MAX_AXES) {
        return false;
    }
    json_array_foreach(axes, a, axis)
    {
        const char *name = json_string_value(json_object_get(axis, "name"));
        const json_t *values = json_object_get(axis, "values");
        struct sweep_axis *to = &s->axes[s->n_axes];

        if (!name || json_array_size(values) == 0 || json_array_size(values) > SWEEP_MAX_POINTS) {
            return false;
        }
        to->name = memory_text(name);
        s->n_axes++;
        to->choices = memory_zeroed(json_array_size(values), sizeof *to->choices);
        json_array_foreach(values, c, value)
        {
            if (!json_is_string(value)) {
                return false;
            }
            to->choices[to->n++].name = memory_text(json_string_value(value));
        }
        if (!sweep_sizes_fit(s)) {
            return false;
        }
    }
    return true;
}

static bool same_sweep(const struct sweep *s, const struct sweep *t)
{
    if (strcmp(s->name, t->name) || s->n_axes != t->n_axes) {
        return false;
    }
    for (unsigned a = 0; a < s->n_axes; a++) {
        if (strcmp(s->axes[a].name, t->axes[a].name) || s->axes[a].n != t->axes[a].n) {
            return false;
        }
        for (unsigned c = 0; c < s->axes[a].n; c++) {
            if (strcmp(s->axes[a].choices[c].name, t->axes[a].choices[c].name)) {
                return false;
            }
        }
    }
    return true;
}

/* A whole number of 0..max; false: none. */
static bool read_number(const json_t *run, const char *key, uint64_t max, uint64_t *to)
{
    const json_t *v = json_object_get(run, key);

    if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max) {
        return false;
    }
    *to = (uint64_t)json_integer_value(v);
    return true;
}

static bool read_values(const json_t *run, const struct sweep *s, unsigned point)
{
    const json_t *values = json_object_get(run, "values");

    if (!json_is_array(values) || json_array_size(values) != s->n_axes) {
        return false;
    }
    for (unsigned a = 0; a < s->n_axes; a++) {
        const char *value = json_string_value(json_array_get(values, a));

        if (!value || strcmp(value, sweep_value_at(s, point, a))) {
            return false;
        }
    }
    return true;
}

/* Results of before there were outcomes have none: not known. */
static void read_outcome(const json_t *run, struct sweep_result *r)
{
    const char *outcome = json_string_value(json_object_get(run, "outcome"));
    const char *cells = json_string_value(json_object_get(run, "cells"));

    r->outcome = OUTCOME_UNKNOWN;
    for (unsigned i = 0; outcome && i < OUTCOMES; i++) {
        if (!strcmp(outcome, outcome_name((enum outcome)i))) {
            r->outcome = i;
        }
    }
    snprintf(r->cells, sizeof r->cells, "%s", cells ? cells : "");
}

static bool read_run(const json_t *run, const struct sweep *s, unsigned *point, struct sweep_result *r)
{
    const char *result = json_string_value(json_object_get(run, "result"));
    const char *message = json_string_value(json_object_get(run, "message"));
    const char *why = json_string_value(json_object_get(run, "why"));
    uint64_t at, violations;

    *r = (struct sweep_result){ 0 };
    if (!result || !why || !message || !read_number(run, "point", sweep_points(s) - 1, &at) ||
        !read_values(run, s, (unsigned)at) || !read_number(run, "violations", UINT32_MAX, &violations) ||
        !read_number(run, "sck_hz", INT64_MAX, &r->sck_hz) || !read_number(run, "cpu_hz", INT64_MAX, &r->cpu_hz) ||
        !read_number(run, "simulated_ps", INT64_MAX, &r->took_ps)) {
        return false;
    }
    *point = (unsigned)at;
    r->violations = (uint32_t)violations;
    for (unsigned i = SWEEP_PASS; i < SWEEP_STATES; i++) {
        if (!strcmp(result, sweep_state_name(i))) {
            r->state = i;
        }
    }
    snprintf(r->why, sizeof r->why, "%s", why);
    snprintf(r->message, sizeof r->message, "%s", message);
    read_outcome(run, r);
    return r->state != SWEEP_NOT_RUN;
}

static bool read_runs(const char *path, const json_t *runs, const struct sweep *s, struct sweep_result *results,
                      struct problem *err)
{
    size_t i;
    json_t *run;

    json_array_foreach(runs, i, run)
    {
        struct sweep_result r;
        unsigned p = 0;

        if (!read_run(run, s, &p, &r)) {
            return problem_set(err, "%s: run %zu is no run of this sweep", path, i);
        }
        if (results[p].state != SWEEP_NOT_RUN &&
            (results[p].state != r.state || strcmp(results[p].message, r.message) || results[p].outcome != r.outcome)) {
            return problem_set(err, "%s: point %u came out as '%s' here and as '%s' in a file before", path, p,
                               sweep_state_name(r.state), sweep_state_name(results[p].state));
        }
        results[p] = r;
    }
    return true;
}

static bool read_inputs(struct sweep *s, const json_t *inputs)
{
    size_t i;
    json_t *input;

    json_array_foreach(inputs, i, input)
    {
        const char *path = json_string_value(json_object_get(input, "path"));
        const char *sha256 = json_string_value(json_object_get(input, "sha256"));

        if (!path || !sha256 || !input_files_note(&s->inputs, path, sha256)) {
            return false;
        }
    }
    return json_is_array(inputs);
}

/* Built-in images are elsewhere on another machine. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Shards of one sweep ran the same files, or their points can't stand in one table. */
static bool same_inputs(const struct sweep *s, const struct sweep *t, const char *path, struct problem *err)
{
    if (s->inputs.n != t->inputs.n) {
        return problem_set(err, "%s: ran %u files, the results before %u", path, t->inputs.n, s->inputs.n);
    }
    for (unsigned i = 0; i < s->inputs.n; i++) {
        if (strcmp(file_name(s->inputs.file[i]->path), file_name(t->inputs.file[i]->path)) ||
            strcmp(input_file_digest(s->inputs.file[i]), input_file_digest(t->inputs.file[i]))) {
            return problem_set(err, "%s: ran another '%.100s' than the results before: run all shards again with one",
                               path, t->inputs.file[i]->path);
        }
    }
    return true;
}

static json_t *load_json(const char *path, struct problem *err)
{
    json_error_t jerr;
    char *text;
    size_t n;

    if (!in_file_read(path, MAX_RESULT_BYTES, &text, &n, NULL, err)) {
        return NULL;
    }
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &jerr);
    free(text);
    if (!root) {
        problem_set(err, "%s:%d:%d: %s", path, jerr.line, jerr.column, jerr.text);
    }
    return root;
}

/* What a result says of its sweep; false: it is none. */
static bool read_sweep(struct sweep *t, const json_t *root)
{
    const char *name = json_string_value(json_object_get(root, "sweep"));
    const char *scenario = json_string_value(json_object_get(root, "scenario"));

    sweep_init(t, name ? name : "", scenario ? scenario : "");
    return name && scenario && read_axes(t, json_object_get(root, "axes")) &&
           read_inputs(t, json_object_get(root, "inputs")) && json_is_array(json_object_get(root, "runs"));
}

bool sweep_merge_json(const char *path, struct sweep *s, struct sweep_result **results, struct problem *err)
{
    json_t *root = load_json(path, err);
    struct sweep t;
    bool ok;

    if (!root) {
        return false;
    }
    if (!read_sweep(&t, root)) {
        sweep_free(&t);
        json_decref(root);
        return problem_set(err, "%s: this is no result of `limpet sweep --json`", path);
    }
    if (!*results) {
        *s = t;
        *results = memory_zeroed(sweep_points(s), sizeof **results);
        ok = true;
    } else {
        ok = (same_sweep(s, &t) || problem_set(err, "%s: of another sweep than the files before", path)) &&
             same_inputs(s, &t, path, err);
        sweep_free(&t);
    }
    ok = ok && read_runs(path, json_object_get(root, "runs"), s, *results, err);
    json_decref(root);
    return ok;
}
