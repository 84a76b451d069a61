/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/sweep.h"
#include "harness/commands/standard_streams.h"

#include "harness/base/outputs.h"
#include "harness/board/board.h"
#include "harness/commands/command.h"
#include "harness/commands/series.h"
#include "harness/sweep/plot.h"
#include "harness/sweep/pool.h"
#include "harness/sweep/sweep_io.h"
#include "sim/memory.h"
#include "wave/draw/picture.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OPT_VARY = 256,
    OPT_CSV,
    OPT_JSON,
    OPT_PLOT,
    OPT_SHARD,
    OPT_MERGE,
    OPT_X,
    OPT_Y,
    OPT_LIST,
    OPT_MARKDOWN,
    OPT_STATS
};

#define MAX_VARY SWEEP_MAX_AXES
#define MAX_POINTS_TO_LOOK_AT 4096u /* before the runs: a second or so */

struct options {
    const char *vary[MAX_VARY];
    unsigned n_vary;
    const char *csv, *json, *plot, *markdown, *x, *y;
    unsigned shard, shards;
    bool merge, list, stats;
    bool clash; /* an output is what a sweep reads */
    struct scenario_choice choice;
    struct report_args report;
    const char **args;
    unsigned n_args;
    bool many; /* sweeps */
};

static const struct argp_option option_table[] = {
    { "vary", OPT_VARY, "PATH=VALUES", 0,
      "An axis: \"a, b, c\", \"0x60..0x6F\", \"1 kHz..4 kHz step 500 Hz\", \"1 ms..64 ms times 2\"", 0 },
    { "shard", OPT_SHARD, "I/N", 0, "Run only every N-th point, from the I-th on (1..N)", 0 },
    { "merge", OPT_MERGE, NULL, 0, "The files are JSON results of shards: put them together, run nothing", 0 },
    { "csv", OPT_CSV, "FILE", 0, "Write a line per point", 0 },
    { "json", OPT_JSON, "FILE", 0, "Write the results, to be merged or read by programs", 0 },
    { "markdown", OPT_MARKDOWN, "FILE", 0, "Write the table with the SCK rate of what passed", 0 },
    { "plot", OPT_PLOT, "FILE", 0, "Draw them (.png or .svg)", 0 },
    { "columns", OPT_X, "AXIS", 0, "Axis across in table and plot (the last one)", 0 },
    { "rows", OPT_Y, "AXIS", 0, "Axis down (the first one)", 0 },
    { "list", OPT_LIST, NULL, 0, "Print a line per point, not grids", 0 },
    { "stats", OPT_STATS, NULL, 0,
      "Say where the work of all points went: instructions executed and skipped, events by kind, the same in every run "
      "with any number of jobs; and the time it took, on stderr (docs/speed.md)",
      0 },
    { 0 },
};

/* Where another program draws, it starts now: nothing has been read yet. */
static void plot_to(struct options *o, char *path, const struct argp_state *state)
{
    struct problem err;

    if (!plot_name_ok(path, &err)) {
        argp_error(state, "--plot: %s", err.text);
    } else if (!picture_ready(path, &err)) {
        argp_failure(state, EXIT_BAD_INPUT, 0, "%s", err.text);
    }
    o->plot = path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->choice;
        state->child_inputs[1] = &o->report;
        return 0;
    case OPT_VARY:
        if (o->n_vary == MAX_VARY) {
            argp_error(state, "more than %d axes", MAX_VARY);
        }
        o->vary[o->n_vary++] = arg;
        return 0;
    case OPT_SHARD: report_args_shard(state, arg, &o->shard, &o->shards); return 0;
    case OPT_MERGE: o->merge = true; return 0;
    case OPT_CSV: o->csv = arg; return 0;
    case OPT_JSON: o->json = arg; return 0;
    case OPT_MARKDOWN: o->markdown = arg; return 0;
    case OPT_PLOT: plot_to(o, arg, state); return 0;
    case OPT_X: o->x = arg; return 0;
    case OPT_Y: o->y = arg; return 0;
    case OPT_LIST: o->list = true; return 0;
    case OPT_STATS: o->stats = true; return 0;
    case ARGP_KEY_ARGS:
        o->args = (const char **)state->argv + state->next;
        o->n_args = (unsigned)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which sweep or scenario?"); return EINVAL;
    case ARGP_KEY_END:
        for (unsigned i = 0; i < o->report.n_files; i++) {
            if (!strcmp(o->report.files[i].format->name, "findings")) {
                argp_error(state, "--findings goes with limpet run: a sweep keeps numbers of findings only");
            }
        }
        if (o->merge && (o->n_vary || o->shards || o->stats || scenario_choice_is_made(&o->choice))) {
            argp_error(state, "--merge runs nothing: --vary, --shard, --stats and tags don't go with it");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool make_sweep(struct sweep *s, const char *path, const struct options *o, struct problem *err)
{
    if (!sweep_load(s, path, err)) {
        return false;
    }
    for (unsigned i = 0; i < o->n_vary; i++) {
        if (!sweep_vary(s, o->vary[i], err)) {
            sweep_free(s);
            return false;
        }
    }
    return true;
}

/*
 * Files that only a combination of choices names: read too, unless that takes longer than it is worth. What is wrong
 * with one of them its own point says.
 */
static void read_all_inputs(struct sweep *s)
{
    unsigned n = sweep_points(s) <= MAX_POINTS_TO_LOOK_AT ? sweep_points(s) : 0;

    for (unsigned p = 0; p < n; p++) {
        struct problem ignored;
        struct scenario *sc = sweep_scenario_at(s, p, &ignored);

        if (sc) {
            scenario_read_inputs(sc, &ignored);
        }
        scenario_free(sc);
    }
    s->inputs.closed = true;
}

/* Every choice is tried once with the first of the other axes: what is wrong with the input shows before a run. */
static bool points_load(struct sweep *s, struct problem *err)
{
    unsigned weight = 1;

    for (unsigned a = s->n_axes; a-- || s->n_axes == 0;) {
        for (unsigned c = 0; c < (s->n_axes ? s->axes[a].n : 1); c++) {
            struct scenario *sc = sweep_scenario_at(s, c * weight, err);
            struct board *b = sc ? board_new(sc, NULL, err) : NULL;
            bool ok = b != NULL;

            board_free(b);
            scenario_free(sc);
            if (!ok) {
                return false;
            }
        }
        if (!s->n_axes) {
            break;
        }
        weight *= s->axes[a].n;
    }
    read_all_inputs(s);
    return true;
}

struct progress {
    bool tty;
    unsigned last;
    struct timespec begin;
};

static void show_progress(void *ctx, unsigned done, unsigned total, const unsigned count[SWEEP_STATES])
{
    struct progress *p = ctx;
    struct timespec now;

    if (!p->tty && done < total && done < p->last + total / 10) {
        return; /* into a file: ten lines are enough */
    }
    if (done == p->last && done) {
        return;
    }
    p->last = done;
    clock_gettime(CLOCK_MONOTONIC, &now);
    dprintf(STDERR_FILENO, "%s%u of %u: %u pass, %u with findings, %u fail, %u bad, %ld s%s", p->tty ? "\r" : "", done,
            total, count[SWEEP_PASS], count[SWEEP_FINDINGS], count[SWEEP_FAIL], count[SWEEP_BAD],
            (long)(now.tv_sec - p->begin.tv_sec), p->tty && done < total ? "  " : "\n");
}

/* As a terminal takes it: green, yellow, red. */
static const char *colour_of(enum sweep_state state)
{
    return state == SWEEP_PASS ? "\033[32m" : state == SWEEP_FINDINGS ? "\033[33m" : "\033[31m";
}

static bool counts_as_failed(const struct sweep_result *r, bool strict)
{
    return r->state == SWEEP_FAIL || r->state == SWEEP_BAD || r->outcome == OUTCOME_SILENT ||
           (strict && r->state == SWEEP_FINDINGS);
}

/* With --quiet only those that failed. */
static void list_points(const struct sweep *s, const struct sweep_result *r, const struct report_args *args)
{
    bool colour = report_args_colour(args);

    for (unsigned p = 0; p < sweep_points(s); p++) {
        if (args->quiet ? !counts_as_failed(&r[p], args->strict) : r[p].state == SWEEP_NOT_RUN) {
            continue;
        }
        for (unsigned a = 0; a < s->n_axes; a++) {
            printf("%s=%s  ", s->axes[a].name, sweep_value_at(s, p, a));
        }
        printf("%s%s%s  %s  SCK %llu Hz, CPU %llu Hz  %s%s%s%s\n", colour ? colour_of(r[p].state) : "",
               sweep_state_name(r[p].state), colour ? "\033[0m" : "", outcome_name((enum outcome)r[p].outcome),
               (unsigned long long)r[p].sck_hz, (unsigned long long)r[p].cpu_hz, r[p].why, r[p].why[0] ? "  " : "",
               r[p].message, r[p].outcome == OUTCOME_SILENT ? r[p].cells : "");
    }
}

/* What two points that fail for one reason have alike. Of those whose chip lacked nothing, the message says it. */
static const char *reason_of(const struct sweep_result *r)
{
    return r->why[0] ? r->why : r->message;
}

static int by_reason(const void *a, const void *b, void *results)
{
    const struct sweep_result *r = results;
    unsigned p = *(const unsigned *)a, q = *(const unsigned *)b;
    int order = strcmp(reason_of(&r[p]), reason_of(&r[q]));

    return order ? order : p < q ? -1 : 1;
}

struct reason {
    unsigned first, alike; /* points */
};

static int by_first(const void *a, const void *b)
{
    return ((const struct reason *)a)->first < ((const struct reason *)b)->first ? -1 : 1;
}

/* Into reasons, of which there is room for as many as points; returns how many, in the order of their first points. */
static unsigned find_reasons(unsigned points, const struct sweep_result *r, struct reason *reasons)
{
    unsigned *failed = memory_zeroed(points, sizeof *failed), n = 0, n_reasons = 0;

    for (unsigned p = 0; p < points; p++) {
        if (r[p].state == SWEEP_FAIL) {
            failed[n++] = p;
        }
    }
    qsort_r(failed, n, sizeof *failed, by_reason, (void *)r);
    for (unsigned i = 0; i < n; i++) {
        if (i == 0 || strcmp(reason_of(&r[failed[i - 1]]), reason_of(&r[failed[i]])) != 0) {
            reasons[n_reasons++] = (struct reason){ .first = failed[i] };
        }
        reasons[n_reasons - 1].alike++;
    }
    free(failed);
    qsort(reasons, n_reasons, sizeof *reasons, by_first);
    return n_reasons;
}

/* Below the table, which has no room for it: a line for each reason, with the first point that it holds for. */
static void tell_why(const struct sweep *s, const struct sweep_result *r)
{
    enum { MOST = 10 };
    struct reason *reasons = memory_zeroed(sweep_points(s), sizeof *reasons);
    unsigned n = find_reasons(sweep_points(s), r, reasons);

    for (unsigned i = 0; i < n && i < MOST; i++) {
        const struct sweep_result *first = &r[reasons[i].first];

        printf("fail, %u point%s from", reasons[i].alike, reasons[i].alike == 1 ? "" : "s");
        for (unsigned a = 0; a < s->n_axes; a++) {
            printf(" %s=%s", s->axes[a].name, sweep_value_at(s, reasons[i].first, a));
        }
        printf(": %s%s%s\n", first->why, first->why[0] ? ": " : "", first->message);
    }
    if (n > MOST) {
        puts("fail for further reasons: --list tells them");
    }
    free(reasons);
}

static bool axis_option(const struct sweep *s, const char *name, unsigned usual, unsigned *axis, struct problem *err)
{
    int i = name ? sweep_axis_find(s, name) : (int)usual;

    if (i < 0) {
        return problem_set(err, "there is no axis '%.60s'", name);
    }
    *axis = (unsigned)i;
    return true;
}

static bool choose_axes(const struct sweep *s, const struct options *o, unsigned *x, unsigned *y, struct problem *err)
{
    *x = *y = 0;
    if (s->n_axes && (!axis_option(s, o->x, s->n_axes - 1, x, err) || !axis_option(s, o->y, 0, y, err))) {
        return false;
    }
    return s->n_axes < 2 || *x != *y || problem_set(err, "--columns and --rows are the same axis");
}

/* What would be lost after a long run: a file that can't be written. */
static unsigned list_outputs(const struct options *o, struct output files[4 + REPORT_ARGS_MOST])
{
    files[0] = (struct output){ "--csv", o->csv };
    files[1] = (struct output){ "--json", o->json };
    files[2] = (struct output){ "--markdown", o->markdown };
    files[3] = (struct output){ "--plot", o->plot };
    return 4 + report_args_outputs(&o->report, files + 4);
}

static bool outputs_are_possible(const struct options *o, const char *const *inputs, unsigned n_inputs,
                                 struct problem *err)
{
    struct output files[4 + REPORT_ARGS_MOST];
    unsigned n = list_outputs(o, files);

    if (outputs_given(files, n)) {
        standard_streams_outlive_reader();
    }
    return outputs_possible(files, n, inputs, n_inputs, err);
}

/* "file.yaml:3:5: what" as place and text; without a place: the file's first line. */
static void report_message(struct report *r, const char *file, const char *message)
{
    char place[300];
    size_t n = strcspn(message, " ");

    if (n > 1 && n < sizeof place && message[n - 1] == ':' && message[n]) {
        snprintf(place, sizeof place, "%.*s", (int)n - 1, message);
        message += n + 1;
    } else {
        snprintf(place, sizeof place, "%.280s:1:1", file);
    }
    report_failure_at(r, place, message);
}

static void report_point(struct report *to, const struct sweep *s, unsigned p, const struct sweep_result *r,
                         const struct options *o)
{
    char name[512] = "";
    size_t n = 0;

    if (o->many && s->n_axes) {
        n = (size_t)snprintf(name, sizeof name, "%.80s: ", s->name);
    }
    for (unsigned a = 0; a < s->n_axes && n < sizeof name; a++) {
        n += (size_t)snprintf(name + n, sizeof name - n, "%s%s=%s", a ? ", " : "", s->axes[a].name,
                              sweep_value_at(s, p, a));
    }
    const struct report_run run = { .file = s->scenario, .name = s->n_axes ? name : s->name, .seedless = true };
    if (r->state == SWEEP_BAD) {
        report_error(to, &run, r->message);
        return;
    }
    if (r->state == SWEEP_NOT_RUN) {
        report_skipped(to, &run, o->report.fail_fast ? "not run after a failure (--fail-fast)" : "not run");
        return;
    }
    report_begin(to, &run);
    if (r->state == SWEEP_FAIL) {
        report_message(to, s->scenario, r->message);
    } else if (r->state == SWEEP_FINDINGS) {
        char text[80];

        snprintf(text, sizeof text, "%u finding%s%s", r->violations, r->violations == 1 ? "" : "s",
                 o->report.strict ? " (--strict)" : "");
        if (o->report.strict) {
            report_message(to, s->scenario, text);
        } else {
            report_note(to, "%s", text);
        }
    }
    report_end_as(to, r->state == SWEEP_FINDINGS ? REPORT_FINDINGS : REPORT_PASS, r->took_ps);
}

/* Each point as a case. Points of other shards are not there. */
static void report_points(struct report *to, const struct sweep *s, const struct sweep_result *r,
                          const struct options *o)
{
    for (unsigned p = 0; o->report.n_files && p < sweep_points(s); p++) {
        if (r[p].state != SWEEP_NOT_RUN || o->report.fail_fast) {
            report_point(to, s, p, &r[p], o);
        }
    }
}

static bool write_results(const struct sweep *s, const struct sweep_result *r, const struct options *o,
                          struct problem *err)
{
    unsigned x, y;

    if (!choose_axes(s, o, &x, &y, err)) {
        return false;
    }
    if (o->list || o->report.quiet) {
        list_points(s, r, &o->report);
    } else {
        sweep_table(stdout, s, r, x, y);
        tell_why(s, r);
    }
    return (!o->csv || sweep_write_csv(o->csv, s, r, err)) && (!o->json || sweep_write_json(o->json, s, r, err)) &&
           (!o->markdown || sweep_write_markdown(o->markdown, s, r, x, y, err)) &&
           (!o->plot || plot_write(o->plot, s, r, x, y, err));
}

/* Is point % shards == shard of no point run, of every other one all? */
static bool is_split_by(const struct sweep_result *r, unsigned n, unsigned shards)
{
    for (unsigned p = shards; p < n; p++) {
        if ((r[p].state == SWEEP_NOT_RUN) != (r[p % shards].state == SWEEP_NOT_RUN)) {
            return false;
        }
    }
    return true;
}

/* What is missing is one or more shards of the fewest that would leave just these points out. */
static void name_missing(const struct sweep_result *r, unsigned n)
{
    enum { MOST_SHARDS = 4096, MOST_NAMED = 20 };
    unsigned shards = 2, named = 0;

    while (shards <= MOST_SHARDS && shards <= n && !is_split_by(r, n, shards)) {
        shards++;
    }
    if (shards > MOST_SHARDS || shards > n) {
        return;
    }
    for (unsigned i = 0; i < shards && named < MOST_NAMED; i++) {
        if (r[i].state == SWEEP_NOT_RUN) {
            fprintf(stderr, "%s --shard %u/%u", named++ ? "," : "lost:", i + 1, shards);
        }
    }
    fputs("\n", stderr);
}

/* Points that are missing, or could not be run: told on stderr. */
static bool is_whole(const struct sweep *s, const struct sweep_result *r, const struct options *o,
                     const unsigned count[SWEEP_STATES])
{
    unsigned n = sweep_points(s);

    for (unsigned p = 0; count[SWEEP_BAD] && p < n; p++) {
        if (r[p].state == SWEEP_BAD) {
            fprintf(stderr, "point %u: %s\n", p, r[p].message);
            return false;
        }
    }
    if (o->merge && count[SWEEP_NOT_RUN]) {
        fprintf(stderr, "shards are missing: %u points were not run\n", count[SWEEP_NOT_RUN]);
        name_missing(r, n);
        return false;
    }
    if (count[SWEEP_NOT_RUN] == n) {
        fprintf(stderr, "nothing was run: %s\n",
                o->merge ? "the results hold no point" : "this shard has no point, the sweep has fewer than shards");
        return false;
    }
    return true;
}

static int verdict(const struct sweep *s, const struct sweep_result *r, const struct options *o)
{
    unsigned count[SWEEP_STATES] = { 0 }, failed = 0;

    for (unsigned p = 0; p < sweep_points(s); p++) {
        count[r[p].state]++;
        failed += counts_as_failed(&r[p], o->report.strict);
    }
    if (failed || !o->report.quiet) {
        printf("%u pass, %u pass with findings, %u fail, %u could not be run", count[SWEEP_PASS], count[SWEEP_FINDINGS],
               count[SWEEP_FAIL], count[SWEEP_BAD]);
        if (count[SWEEP_NOT_RUN]) {
            printf(", %u not run", count[SWEEP_NOT_RUN]);
        }
        putchar('\n');
        sweep_write_outcomes(stdout, s, r);
    }
    return !is_whole(s, r, o, count) ? EXIT_BAD_INPUT : failed ? EXIT_FAILED : EXIT_OK;
}

static void stats_line(void *ctx, const char *line)
{
    (void)ctx;
    printf("note: %s\n", line);
}

/* The part that differs from run to run goes to stderr. */
static void tell_work(const struct sweep *s, const struct timespec *begin)
{
    struct timespec now;
    double simulated_s = (double)s->work->simulated_ps / (double)SIM_S;

    clock_gettime(CLOCK_MONOTONIC, &now);
    double wall_s = (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) * 1e-9;
    board_work_tell(s->work, stats_line, NULL);
    fflush(stdout);
    fprintf(stderr, "%llu points: %.6f s simulated in %.6f s, %.1f x real time\n", (unsigned long long)s->work->runs,
            simulated_s, wall_s, wall_s > 0 ? simulated_s / wall_s : 0);
}

static bool run(struct sweep *s, struct sweep_result **r, const struct options *o, struct problem *err)
{
    struct progress p = { .tty = isatty(2) };
    struct sweep_job job = {
        .sweep = s,
        .run = sweep_run_point,
        .begin = sweep_begin_points,
        .alike = sweep_points_alike,
        .run_alike = sweep_run_alike,
        .end = sweep_end_point,
        .free_begun = sweep_begun_free,
        .jobs = o->report.jobs < SWEEP_MAX_JOBS ? o->report.jobs : SWEEP_MAX_JOBS,
        .fail_fast = o->report.fail_fast,
        .strict = o->report.strict,
        .shard = o->shards ? o->shard - 1 : 0,
        .shards = o->shards ? o->shards : 1,
        .progress = o->report.quiet ? NULL : show_progress,
        .ctx = &p,
    };
    unsigned x, y;

    clock_gettime(CLOCK_MONOTONIC, &p.begin);
    if (!choose_axes(s, o, &x, &y, err) || !points_load(s, err)) {
        return false;
    }
    *r = memory_zeroed(sweep_points(s), sizeof **r);

    struct board_work work = { 0 };
    s->work = o->stats ? &work : NULL;
    fflush(stdout); /* before others write to it */
    bool ok = sweep_run(&job, *r, err);
    if (ok && o->stats) {
        tell_work(s, &p.begin);
    }
    s->work = NULL;
    return ok;
}

/* For the list of what did not pass: the first point's failure, or what else fails. */
static void first_failure(const struct sweep *s, const struct sweep_result *r, struct problem *err)
{
    for (unsigned p = 0; p < sweep_points(s); p++) {
        if (r[p].state == SWEEP_FAIL) {
            problem_set(err, "%s", r[p].message);
            return;
        }
    }
    for (unsigned p = 0; p < sweep_points(s); p++) {
        if (r[p].state == SWEEP_FINDINGS || r[p].outcome == OUTCOME_SILENT) {
            problem_set(err, "point %u: %u finding%s%s%s", p, r[p].violations, r[p].violations == 1 ? "" : "s",
                        r[p].outcome == OUTCOME_SILENT ? ", and silently wrong: " : "",
                        r[p].outcome == OUTCOME_SILENT ? r[p].cells : "");
            return;
        }
    }
}

/* Several, of which only those that failed are told: what would have been its title. */
static void title_if_failed(const struct sweep *s, const struct sweep_result *r, const struct options *o,
                            const char *path)
{
    unsigned p = 0, n = sweep_points(s);

    while (p < n && !counts_as_failed(&r[p], o->report.strict)) {
        p++;
    }
    if (p < n) {
        printf("== %s\n", path);
    }
}

/* Of one that was run or merged, or not: ok. */
static int conclude(bool ok, struct sweep *s, struct sweep_result *r, const struct options *o, struct report *to,
                    struct problem *err)
{
    int status = EXIT_BAD_INPUT;

    if (ok) {
        report_points(to, s, r, o);
        if (write_results(s, r, o, err)) {
            status = verdict(s, r, o);
        }
        if (status == EXIT_FAILED) {
            first_failure(s, r, err);
        }
    }
    free(r);
    return status;
}

static int run_one(void *ctx, const char *path, void *loaded, struct report *to, struct problem *err)
{
    const struct options *o = ctx;
    struct sweep *s = loaded;
    struct sweep_result *results = NULL;
    bool ok = run(s, &results, o, err);

    if (ok && o->many && o->report.quiet) {
        title_if_failed(s, results, o, path);
    }
    return conclude(ok, s, results, o, to, err);
}

static void unload_one(void *loaded)
{
    sweep_free(loaded);
    free(loaded);
}

/* tags: those of its first point. */
static void *load_one(void *ctx, const char *path, char **tags, struct problem *err)
{
    struct sweep *s = memory_zeroed(1, sizeof *s);
    struct output files[4 + REPORT_ARGS_MOST];
    struct problem told_later;

    if (!make_sweep(s, path, ctx, err)) {
        free(s);
        return NULL;
    }
    struct scenario *first = sweep_scenario_at(s, 0, &told_later);
    if (first && !outputs_spare(files, list_outputs(ctx, files), first->inputs, err)) {
        ((struct options *)ctx)->clash = true;
        scenario_free(first);
        unload_one(s);
        return NULL;
    }
    if (first && tags) {
        *tags = scenario_choice_tags(first);
    }
    scenario_free(first);
    return s;
}

static bool find_sweeps(struct options *o, struct series *s, struct problem *err)
{
    s->paths.with_sweeps = true;
    s->paths.only_sweeps = !o->n_vary; /* another scenario would be a sweep of one point */
    for (unsigned i = 0; i < o->n_args; i++) {
        if (!scenario_paths_add(&s->paths, o->args[i], err)) {
            return false;
        }
    }
    if (s->paths.n > 1 && (o->csv || o->json || o->markdown || o->plot || o->x || o->y || o->shards)) {
        return problem_set(err,
                           "--csv, --json, --markdown, --plot, --columns, --rows and --shard go with one sweep, and "
                           "these are %u; --report goes with many",
                           s->paths.n);
    }
    o->many = s->paths.n > 1;
    return outputs_are_possible(o, (const char *const *)s->paths.list, s->paths.n, err);
}

static int run_all(struct options *o)
{
    struct series s = {
        .command = "limpet sweep",
        .one = "sweep",
        .many = "sweeps",
        .choice = &o->choice,
        .args = &o->report,
        .load = load_one,
        .run = run_one,
        .unload = unload_one,
        .ctx = o,
        .clash = &o->clash,
    };
    struct problem err = { "" };
    int status = EXIT_BAD_INPUT;

    if (find_sweeps(o, &s, &err)) {
        status = series_run(&s);
    } else {
        fprintf(stderr, "limpet sweep: %s\n", err.text);
    }
    scenario_paths_free(&s.paths);
    return status;
}

static int merge_all(const struct options *o)
{
    struct sweep s = { 0 };
    struct sweep_result *results = NULL;
    struct report report = { .sinks = NULL };
    struct problem err = { "" };
    unsigned x, y;
    bool ok = true;

    for (unsigned i = 0; ok && i < o->n_args; i++) {
        ok = sweep_merge_json(o->args[i], &s, &results, &err);
    }
    ok = ok && outputs_are_possible(o, o->args, o->n_args, &err) && choose_axes(&s, o, &x, &y, &err);
    if (ok) {
        report_args_add_sinks(&o->report, &o->report.options, &report);
    }
    int status = conclude(ok, &s, results, o, &report, &err);
    if (status != EXIT_BAD_INPUT) {
        err.text[0] = '\0';
    }
    if (!report_close(&report, &err)) {
        status = EXIT_BAD_INPUT;
    }
    if (status == EXIT_BAD_INPUT && err.text[0]) {
        fprintf(stderr, "limpet sweep: %s\n", err.text);
    }
    sweep_free(&s);
    return status;
}

static const struct argp_child children[] = { { &scenario_choice_argp, 0, NULL, 0 },
                                              { &report_args_argp, 0, NULL, 1 },
                                              { 0 } };

const struct argp sweep_argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "SWEEP|SCENARIO|FOLDER|NAME|RESULT...",
    .children = children,
    .doc =
        "Runs a scenario with its values varied along axes, every combination, in parallel: \"pass\", "
        "\"findings\" (passed, but the programmer broke rules), \"fail\", and \"SILENT\": every step worked, and the chip "
        "holds something else than they asked for. A folder stands for all sweeps in it and below, with --vary for all "
        "scenarios too; a name that is no file here for what is installed.\v"
        "Results don't depend on the number of jobs or shards. Exit status: 0 all passed, 1 some failed or are "
        "silently wrong, 2 bad usage or bad input.",
};

int cmd_sweep(int argc, char **argv)
{
    struct options o = { 0 };

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&sweep_argp, argc, argv, 0, NULL, &o);
    return o.merge ? merge_all(&o) : run_all(&o);
}
