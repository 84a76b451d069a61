/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/sweep_io.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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
            fprintf(out, "  %-*s", cw > 8 ? cw : 8, sweep_state_name(l->results[point_of(l->s, choice)].state));
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
        fprintf(out, "%s\n", sweep_state_name(results[0].state));
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

static bool close_file(FILE *f, const char *path, struct problem *err)
{
    bool bad = ferror(f);

    if (fclose(f) || bad) {
        return problem_set(err, "%s: %s", path, strerror(errno));
    }
    return true;
}

bool sweep_write_markdown(const char *path, const struct sweep *s, const struct sweep_result *results, unsigned x,
                          unsigned y, struct problem *err)
{
    const struct layout l = { s, results, x, y };
    FILE *f;

    if (!s->n_axes) {
        return problem_set(err, "%s: a sweep without axes has no table", path);
    }
    f = fopen(path, "w");
    if (!f) {
        return problem_set(err, "%s: %s", path, strerror(errno));
    }
    each_grid(&l, f, markdown_grid);
    return close_file(f, path, err);
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

bool sweep_write_csv(const char *path, const struct sweep *s, const struct sweep_result *results, struct problem *err)
{
    FILE *f = fopen(path, "w");

    if (!f) {
        return problem_set(err, "%s: %s", path, strerror(errno));
    }
    for (unsigned a = 0; a < s->n_axes; a++) {
        csv_text(f, s->axes[a].name);
        fputc(',', f);
    }
    fputs("result,violations,sck_hz,cpu_hz,simulated_s,why,message\n", f);
    for (unsigned p = 0; p < sweep_points(s); p++) {
        const struct sweep_result *r = &results[p];

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
        fputc('\n', f);
    }
    return close_file(f, path, err);
}

/* ---- JSON ---- */

static json_t *sweep_to_json(const struct sweep *s, const struct sweep_result *results)
{
    json_t *axes = json_array(), *runs = json_array();

    for (unsigned a = 0; a < s->n_axes; a++) {
        json_t *values = json_array();

        for (unsigned c = 0; c < s->axes[a].n; c++) {
            json_array_append_new(values, json_string(s->axes[a].choices[c].name));
        }
        json_array_append_new(axes, json_pack("{s:s, s:o}", "name", s->axes[a].name, "values", values));
    }
    for (unsigned p = 0; p < sweep_points(s); p++) {
        const struct sweep_result *r = &results[p];
        json_t *values;

        if (r->state == SWEEP_NOT_RUN) {
            continue;
        }
        values = json_array();
        for (unsigned a = 0; a < s->n_axes; a++) {
            json_array_append_new(values, json_string(sweep_value_at(s, p, a)));
        }
        json_array_append_new(runs, json_pack("{s:i, s:o, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "point", (int)p,
                                              "values", values, "result", sweep_state_name(r->state), "violations",
                                              (json_int_t)r->violations, "sck_hz", (json_int_t)r->sck_hz, "cpu_hz",
                                              (json_int_t)r->cpu_hz, "simulated_ps", (json_int_t)r->took_ps, "why",
                                              r->why, "message", r->message));
    }
    return json_pack("{s:s, s:s, s:o, s:o}", "sweep", s->name, "scenario", s->scenario, "axes", axes, "runs", runs);
}

bool sweep_write_json(const char *path, const struct sweep *s, const struct sweep_result *results, struct problem *err)
{
    json_t *root = sweep_to_json(s, results);
    FILE *f = root ? fopen(path, "w") : NULL;
    bool ok = f != NULL;

    if (f) {
        ok = json_dumpf(root, f, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == 0 && fputc('\n', f) != EOF;
        ok = fclose(f) == 0 && ok;
    }
    json_decref(root);
    return ok || problem_set(err, "%s: %s", path, root ? strerror(errno) : "a text is not UTF-8");
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

        if (!name || json_array_size(values) == 0) {
            return false;
        }
        to->name = strdup(name);
        s->n_axes++;
        to->choices = calloc(json_array_size(values), sizeof *to->choices);
        if (!to->name || !to->choices) {
            abort(); /* out of memory */
        }
        json_array_foreach(values, c, value)
        {
            if (!json_is_string(value)) {
                return false;
            }
            to->choices[to->n].name = strdup(json_string_value(value));
            if (!to->choices[to->n++].name) {
                abort(); /* out of memory */
            }
        }
        if (sweep_points(s) > SWEEP_MAX_POINTS) {
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

static bool read_run(const json_t *run, unsigned points, unsigned *point, struct sweep_result *r)
{
    const char *result = json_string_value(json_object_get(run, "result"));
    const char *message = json_string_value(json_object_get(run, "message"));
    const char *why = json_string_value(json_object_get(run, "why"));
    const json_t *at = json_object_get(run, "point");

    *r = (struct sweep_result){ 0 };
    if (!json_is_integer(at) || json_integer_value(at) < 0 || json_integer_value(at) >= (json_int_t)points || !result ||
        !why || !message) {
        return false;
    }
    *point = (unsigned)json_integer_value(at);
    for (unsigned i = SWEEP_PASS; i < SWEEP_STATES; i++) {
        if (!strcmp(result, sweep_state_name(i))) {
            r->state = i;
        }
    }
    r->violations = (uint32_t)json_integer_value(json_object_get(run, "violations"));
    r->sck_hz = (uint64_t)json_integer_value(json_object_get(run, "sck_hz"));
    r->cpu_hz = (uint64_t)json_integer_value(json_object_get(run, "cpu_hz"));
    r->took_ps = (uint64_t)json_integer_value(json_object_get(run, "simulated_ps"));
    snprintf(r->why, sizeof r->why, "%s", why);
    snprintf(r->message, sizeof r->message, "%s", message);
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

        if (!read_run(run, sweep_points(s), &p, &r)) {
            return problem_set(err, "%s: run %zu is no run of this sweep", path, i);
        }
        if (results[p].state != SWEEP_NOT_RUN &&
            (results[p].state != r.state || strcmp(results[p].message, r.message))) {
            return problem_set(err, "%s: point %u came out as '%s' here and as '%s' in a file before", path, p,
                               sweep_state_name(r.state), sweep_state_name(results[p].state));
        }
        results[p] = r;
    }
    return true;
}

bool sweep_merge_json(const char *path, struct sweep *s, struct sweep_result **results, struct problem *err)
{
    json_error_t jerr;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &jerr);
    const char *name, *scenario;
    struct sweep t;
    bool ok;

    if (!root) {
        return jerr.line > 0 ? problem_set(err, "%s:%d:%d: %s", path, jerr.line, jerr.column, jerr.text)
                             : problem_set(err, "%s", jerr.text);
    }
    name = json_string_value(json_object_get(root, "sweep"));
    scenario = json_string_value(json_object_get(root, "scenario"));
    sweep_init(&t, name ? name : "", scenario ? scenario : "");
    if (!name || !scenario || !read_axes(&t, json_object_get(root, "axes")) ||
        !json_is_array(json_object_get(root, "runs"))) {
        sweep_free(&t);
        json_decref(root);
        return problem_set(err, "%s: this is no result of `limpet sweep --json`", path);
    }
    if (!*results) {
        *s = t;
        *results = calloc(sweep_points(s), sizeof **results);
        if (!*results) {
            abort(); /* out of memory */
        }
        ok = true;
    } else {
        ok = same_sweep(s, &t) || problem_set(err, "%s: of another sweep than the files before", path);
        sweep_free(&t);
    }
    ok = ok && read_runs(path, json_object_get(root, "runs"), s, *results, err);
    json_decref(root);
    return ok;
}
