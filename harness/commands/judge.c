/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/judge.h"

#include "harness/base/outputs.h"
#include "harness/base/printable.h"
#include "harness/base/quantity.h"
#include "harness/commands/command.h"
#include "harness/commands/series.h"
#include "harness/commands/standard_streams.h"
#include "harness/judge/judge.h"
#include "sim/memory.h"
#include "wave/out_file.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAMPAIGNS 32
#define CAMPAIGNS_QUICK 4
#define MOST_CAMPAIGNS 100
#define BUDGET_PS (120 * SIM_S)
#define BUDGET_CK UINT64_C(10000000000)
#define MOST_TOLERANCES 64

enum {
    OPT_HOST = 256,
    OPT_BAUD,
    OPT_BOARD,
    OPT_PART,
    OPT_JSON,
    OPT_QUICK,
    OPT_CAMPAIGNS,
    OPT_BUDGET,
    OPT_MAX_CYCLES,
    OPT_REQUIRE,
    OPT_SAVE,
    OPT_TOLERATE,
    OPT_ONLY,
    OPT_SHARD,
    OPT_MERGE,
};

struct options {
    struct judge_options judge;
    const char *require, *save, *json;
    bool clash; /* an output is what a scenario reads */
    struct scenario_choice choice;
    struct report_args report;
    char **args;
    unsigned n_args;
    unsigned n_subjects; /* of those that are judged */
    struct limits required;
    bool merge;
    const char *tolerances[MOST_TOLERANCES];
    unsigned n_tolerances;
    bool campaigns_given;
};

static const struct argp_option options[] = {
    { "host", OPT_HOST, "NAME", 0,
      "What it speaks on its serial port; without it the known ones are tried. steps: a SCENARIO's own steps (uart, avrdude, exec) are the session",
      0 },
    { "baud", OPT_BAUD, "N", 0, "The speed of its serial port; without it the one that it listens at", 0 },
    { "board", OPT_BOARD, "NAME", 0, "The microcontroller board that a FIRMWARE is for (board.use; default: uno)", 0 },
    { "part", OPT_PART, "NAME", 0, "The target (default: atmega328p, or the scenario's)", 0 },
    { "quick", OPT_QUICK, NULL, 0, "A reduced plan: a second or two", 0 },
    { "only", OPT_ONLY, "PARTS", 0, "Of the plan only these: rules, reach, fails, faults, separated by commas", 0 },
    { "campaigns", OPT_CAMPAIGNS, "N", 0, "Seeds that each fault is tried with (default: 32; --quick: 4)", 0 },
    { "budget", OPT_BUDGET, "TIME", 0, "Simulated time that a session may take (default: 120 s)", 0 },
    { "max-cycles", OPT_MAX_CYCLES, "N", 0, "CPU cycles that a session may execute (default: 10000000000)", 0 },
    { "shard", OPT_SHARD, "I/N", 0,
      "Run only every N-th session, from the I-th on (1..N), and write what comes of them to --json FILE", 0 },
    { "merge", OPT_MERGE, NULL, 0, "The files are what shards wrote: put them together, run nothing", 0 },
    { "json", OPT_JSON, "FILE", 0, "Write all of it as JSON; - : in place of the page", 0 },
    { "save-limits", OPT_SAVE, "FILE", 0, "Write today's figures, for --require", 0 },
    { "require", OPT_REQUIRE, "FILE", 0, "Fail where a figure is worse than in FILE, and only there", 0 },
    { "tolerance", OPT_TOLERATE, "NAME:20%", 0, "How much worse a figure of FILE may be, or NAME:1us; NAME may hold *",
      0 },
    { 0 },
};

static uint32_t number(struct argp_state *state, const char *option, const char *arg, int64_t min, int64_t max)
{
    struct problem err = { "" };
    int64_t value = 0;

    if (!quantity_parse(QUANTITY_COUNT, arg, min, max, &value, &err)) {
        argp_error(state, "%s: %s", option, err.text);
    }
    return (uint32_t)value;
}

static unsigned parts(struct argp_state *state, char *arg)
{
    static const char *const names[] = { "rules", "reach", "fails", "faults" };
    unsigned all = 0;

    for (char *save, *one = strtok_r(arg, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
        unsigned i = 0;

        while (i < 4 && strcmp(one, names[i]) != 0) {
            i++;
        }
        if (i == 4) {
            argp_error(state, "--only %s: rules, reach, fails or faults", one);
        }
        all |= 1u << i;
    }
    if (!all) {
        argp_error(state, "--only: rules, reach, fails or faults");
    }
    return all;
}

static uint64_t cycles(struct argp_state *state, const char *text)
{
    struct problem err;
    int64_t n = 0;

    if (!quantity_parse(QUANTITY_COUNT, text, 1, INT64_MAX, &n, &err)) {
        argp_error(state, "--max-cycles: %s", err.text);
    }
    return (uint64_t)n;
}

static sim_time budget(struct argp_state *state, const char *arg)
{
    struct problem err = { "" };
    int64_t value = 0;

    if (!quantity_parse(QUANTITY_TIME_PS, arg, SIM_MS, 3600 * (int64_t)SIM_S, &value, &err)) {
        argp_error(state, "--budget: %s", err.text);
    }
    return (sim_time)value;
}

static void check(struct options *o, struct argp_state *state)
{
    if (o->merge && o->n_args < 2) {
        argp_error(state, "--merge: first the programmer, as the shards had it, then their files");
    }
    if (o->judge.shards && o->merge) {
        argp_error(state, "--shard or --merge?");
    }
    if (o->judge.shards && (!o->json || o->require || o->save || o->report.n_files)) {
        argp_error(state, "--shard goes with --json FILE alone: the page and all else come with --merge");
    }
    o->judge.jobs = o->report.jobs;
    if (o->merge) {
        o->judge.merge = (const char *const *)o->args + 1;
        o->judge.n_merge = o->n_args - 1;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    struct subject_options *s = &o->judge.subject;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->choice;
        state->child_inputs[1] = &o->report;
        return 0;
    case OPT_SHARD: report_args_shard(state, arg, &o->judge.shard, &o->judge.shards); return 0;
    case OPT_MERGE: o->merge = true; return 0;
    case OPT_HOST: s->host = arg; return 0;
    case OPT_BAUD: s->baud = number(state, "--baud", arg, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD); return 0;
    case OPT_BOARD: s->board = arg; return 0;
    case OPT_PART: s->part = arg; return 0;
    case OPT_QUICK: o->judge.quick = true; return 0;
    case OPT_CAMPAIGNS:
        o->judge.campaigns = number(state, "--campaigns", arg, 0, MOST_CAMPAIGNS);
        o->campaigns_given = true;
        return 0;
    case OPT_ONLY: o->judge.parts = parts(state, arg); return 0;
    case OPT_BUDGET: o->judge.budget_ps = budget(state, arg); return 0;
    case OPT_MAX_CYCLES: o->judge.budget_ck = cycles(state, arg); return 0;
    case OPT_JSON: o->json = arg; return 0;
    case OPT_SAVE: o->save = arg; return 0;
    case OPT_REQUIRE: o->require = arg; return 0;
    case OPT_TOLERATE:
        if (o->n_tolerances == MOST_TOLERANCES) {
            argp_error(state, "--tolerance: more than %d", MOST_TOLERANCES);
        }
        o->tolerances[o->n_tolerances++] = arg;
        return 0;
    case ARGP_KEY_ARGS:
        o->args = state->argv + state->next;
        o->n_args = (unsigned)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which firmware, or which scenario?"); return EINVAL;
    case ARGP_KEY_END:
        if (!o->campaigns_given) {
            o->judge.campaigns = o->judge.quick ? CAMPAIGNS_QUICK : CAMPAIGNS;
        }
        if (o->n_tolerances && !o->require && !o->save) {
            argp_error(state, "--tolerance goes with --require or --save-limits");
        }
        check(o, state);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void show_progress(void *ctx, unsigned done, unsigned total)
{
    (void)ctx;
    dprintf(STDERR_FILENO, "\rlimpet judge: %u of %u jobs", done, total);
    if (done == total) {
        dprintf(STDERR_FILENO, "\r                                \r");
    }
}

static bool write_file(const char *path, const char *text, struct problem *err)
{
    struct out_file out;

    if (!strcmp(path, "-")) {
        puts(text);
        return true;
    }
    if (!out_file_open(&out, path, err)) {
        return false;
    }
    out_file_text(&out, text);
    out_file_char(&out, '\n');
    return out_file_close(&out, err);
}

static bool write_json(const char *path, const struct judgement *j, struct problem *err)
{
    char *text = judge_json(j);
    bool ok = text ? write_file(path, text, err) : problem_set(err, "%s: out of memory", path);

    free(text);
    return ok;
}

static bool tolerate(const struct options *o, struct limits *l, struct problem *err)
{
    for (unsigned i = 0; i < o->n_tolerances; i++) {
        if (!limits_tolerate(l, o->tolerances[i], err)) {
            return false;
        }
    }
    return true;
}

static bool save_limits(const struct options *o, struct judgement *j, struct problem *err)
{
    char by[300];

    snprintf(by, sizeof by, "limpet judge %s%.200s", o->judge.quick ? "--quick " : "", j->subject.name);
    return tolerate(o, &j->limits, err) && limits_save(&j->limits, o->save, by, err);
}

static void tell(void *ctx, const struct limit_difference *d)
{
    char text[400];

    fprintf(ctx, "  worse: %s\n", limit_difference_text(d, text, sizeof text));
}

/* Of what was required. */
static int compare(const struct limits *was, const struct judgement *j, FILE *to, bool quiet)
{
    size_t n = limits_compare(was, &j->limits, tell, to);

    if (n) {
        fprintf(to, "%zu of %zu required figures are worse\n", n, was->n);
    } else if (!quiet) {
        fprintf(to, "none of %zu required figures is worse\n", was->n);
    }
    return n ? EXIT_FAILED : EXIT_OK;
}

/* A name that no judgement can have is a mistake in the file, not a figure that got lost. */
static bool figures_exist(const char *path, const struct limits *l, struct problem *err)
{
    for (size_t i = 0; i < l->n; i++) {
        if (!judge_has_figure(l->limit[i].name)) {
            return problem_set(err,
                               "%s: judge has no figure '%s'; those it has are what --save-limits writes: "
                               "findings.RULE and margin.RULE (docs/scenarios.md lists the rules), reach.AXIS ...",
                               path, l->limit[i].name);
        }
    }
    return true;
}

static unsigned list_outputs(const struct options *o, struct output outputs[2 + REPORT_ARGS_MOST])
{
    outputs[0] = (struct output){ "--json", o->json && strcmp(o->json, "-") != 0 ? o->json : NULL };
    outputs[1] = (struct output){ "--save-limits", o->save };
    return 2 + report_args_outputs(&o->report, outputs + 2);
}

/* Bad input is told before anything runs. */
static bool check_files(struct options *o, const struct scenario_paths *subjects, struct problem *err)
{
    struct output outputs[2 + REPORT_ARGS_MOST];
    unsigned n = list_outputs(o, outputs);

    if (o->n_subjects > 1 && (o->json || o->save || o->require || o->judge.shards)) {
        return problem_set(err,
                           "--json, --save-limits, --require and --shard go with one programmer, and these are "
                           "%u; --report goes with many",
                           o->n_subjects);
    }
    if (o->require && (!limits_load(&o->required, o->require, err) || !figures_exist(o->require, &o->required, err) ||
                       !tolerate(o, &o->required, err))) {
        return false;
    }
    if (outputs_given(outputs, n)) {
        standard_streams_outlive_reader();
    }
    return outputs_possible(outputs, n, (const char *const *)subjects->list, subjects->n, err) &&
           outputs_possible(outputs, n, &o->require, o->require ? 1 : 0, err) &&
           outputs_possible(outputs, n, (const char *const *)o->args, o->n_args, err);
}

static void put_verdict(const struct report_args *a, const struct judgement *j)
{
    bool colour = report_args_colour(a);

    printf("%s%s%s: %s\n", colour ? j->passed ? "\033[32m" : "\033[31m" : "", j->subject.name, colour ? "\033[0m" : "",
           j->verdict);
}

/* Its parts as cases. False: with --strict what is documented, close to the edge or silently wrong fails too. */
static bool report_parts(const struct options *o, const struct judgement *j, struct report *to, struct problem *why)
{
    const struct report_totals before = to->totals, *now = &to->totals;

    judge_report(to, j, o->report.strict, o->n_subjects > 1);
    unsigned bad = now->by[REPORT_FAIL] + now->by[REPORT_ERROR] - before.by[REPORT_FAIL] - before.by[REPORT_ERROR];
    return !o->report.strict || !bad || problem_set(why, "--strict: %u of %u parts fail", bad, now->n - before.n);
}

static void list_if_failed(struct report_sink *s, const struct report_run *run, const struct report_result *result)
{
    const char *text = strstr(result->first_failure, ":1:1: "); /* the image's name would be said again and again */

    (void)s;
    if (result->verdict == REPORT_FAIL) {
        printf("  fail     %s: %s\n", run->name, text ? text + strlen(":1:1: ") : result->first_failure);
    }
}

static void nothing_to_free(struct report_sink *s)
{
    (void)s;
}

/* In place of the page. */
static void list_failed_parts(const struct options *o, const struct judgement *j)
{
    static const struct report_sink_ops ops = { .end = list_if_failed, .abandon = nothing_to_free };
    struct report_sink sink = { .ops = &ops };
    struct report list = { .sinks = NULL };

    report_add(&list, &sink);
    judge_report(&list, j, o->report.strict, false);
    report_abandon(&list);
}

static int report(const struct options *o, struct judgement *j, struct report *to, struct problem *err)
{
    bool page = !o->json || strcmp(o->json, "-") != 0, quiet = o->report.quiet;
    int status = j->passed ? EXIT_OK : EXIT_FAILED;
    struct problem strict = { "" };

    if (j->shard) {
        return write_file(o->json, j->shard, err) ? EXIT_OK : EXIT_BAD_INPUT;
    }
    if (page && !quiet) {
        judge_write_text(stdout, j);
    }
    if (!report_parts(o, j, to, &strict)) {
        status = EXIT_FAILED;
    }
    if (o->require) {
        status = compare(&o->required, j, page ? stdout : stderr, quiet);
        status = j->answers ? status : EXIT_FAILED;
    }
    if (page && quiet && status == EXIT_FAILED) {
        put_verdict(&o->report, j);
        list_failed_parts(o, j);
    }
    if (strict.text[0]) {
        fprintf(page ? stdout : stderr, "%s\n", strict.text);
    }
    if (status == EXIT_FAILED) {
        problem_set(err, "%s", j->passed && strict.text[0] ? strict.text : j->verdict);
    }
    if ((o->json && !write_json(o->json, j, err)) || (o->save && !save_limits(o, j, err))) {
        return EXIT_BAD_INPUT;
    }
    return status;
}

static const struct argp_child children[] = { { &scenario_choice_argp, 0, NULL, 0 },
                                              { &report_args_argp, 0, NULL, 1 },
                                              { 0 } };

const struct argp judge_argp = {
    .options = options,
    .parser = parse,
    .children = children,
    .args_doc = "FIRMWARE|SCENARIO|FOLDER|NAME... [SHARD...]",
    .doc =
        "Judges a programmer: what it does, which of the datasheet's rules it breaks or nearly breaks and in which "
        "line of its source, what it can reach, and what it does when something goes wrong. FIRMWARE is an image "
        "(ELF with -gdwarf-4 for lines of the source) or a built-in name; of a SCENARIO the board and its programmer "
        "count, its steps and its target are replaced by the plan's (--host steps keeps its steps). A FOLDER "
        "stands for all scenarios in it and below, of which those without such a programmer are skipped.\v"
        "The page repeats byte for byte. Exit status: 0 nothing is wrong beyond what is documented of the programmer "
        "(with --require: no figure is worse than there), 1 something is, 2 bad usage or bad input.\n\n"
        "Examples:\n"
        "  limpet judge arduinoisp\n"
        "  limpet judge mine.elf --json mine.json --save-limits mine.limits\n"
        "  limpet judge mine.elf --require mine.limits --tolerance 'margin.*:5%'\n"
        "  limpet judge boards --tag mcu --quick --report html=boards.html\n"
        "  limpet judge mine.elf --campaigns 100 --shard 2/8 --json 2.json      on one of eight machines\n"
        "  limpet judge mine.elf --campaigns 100 --merge *.json                 then the page of all of them",
};

static int judge_one(void *ctx, const char *path, void *loaded, struct report *to, struct problem *err)
{
    struct options *o = ctx;
    struct judgement *j = memory_zeroed(1, sizeof *j);
    int status = EXIT_BAD_INPUT;

    o->judge.subject.what = path;
    o->judge.subject.inputs = loaded;
    fflush(stdout); /* before others write to it */
    if (judge(&o->judge, j, err)) {
        status = report(o, j, to, err);
    } else if (j->subject.mute && o->n_subjects > 1) {
        status = SERIES_SKIPPED;
    }
    judgement_free(j);
    free(j);
    return status;
}

static void unload_one(void *loaded)
{
    input_files_free(loaded);
    free(loaded);
}

/* What the judgement begins with: files that were read. An image has no tags, and is always taken. */
static void *load_one(void *ctx, const char *path, char **tags, struct problem *err)
{
    struct input_files *inputs = memory_zeroed(1, sizeof *inputs);
    struct output outputs[2 + REPORT_ARGS_MOST];
    struct problem told_later;
    struct options *o = ctx;
    struct scenario *s = scenario_load_from(inputs, path, NULL, 0, &told_later);

    if (s && scenario_read_inputs(s, &told_later) &&
        !outputs_spare(outputs, list_outputs(o, outputs), s->inputs, err)) {
        o->clash = true;
        scenario_free(s);
        unload_one(inputs);
        return NULL;
    }
    if (s && tags) {
        *tags = scenario_choice_tags(s);
    }
    scenario_free(s);
    return inputs;
}

static bool find_subjects(struct options *o, struct scenario_paths *paths, struct problem *err)
{
    unsigned n = o->merge ? 1 : o->n_args;

    paths->images = true;
    for (unsigned i = 0; i < n; i++) {
        if (!scenario_paths_add(paths, o->args[i], err)) {
            return false;
        }
    }
    o->n_subjects = paths->n;
    return check_files(o, paths, err);
}

static int judge_all(struct options *o)
{
    struct series s = {
        .command = "limpet judge",
        .one = "judgement",
        .many = "judgements",
        .choice = &o->choice,
        .args = &o->report,
        .load = load_one,
        .run = judge_one,
        .unload = unload_one,
        .ctx = o,
        .clash = &o->clash,
    };
    struct problem err = { "" };
    int status = EXIT_BAD_INPUT;

    if (find_subjects(o, &s.paths, &err)) {
        status = series_run(&s);
    } else {
        char text[2048];
        fprintf(stderr, "limpet judge: %s\n", printable(text, sizeof text, err.text, true));
    }
    scenario_paths_free(&s.paths);
    return status;
}

int cmd_judge(int argc, char **argv)
{
    struct options o = { .judge = { .budget_ps = BUDGET_PS, .budget_ck = BUDGET_CK, .parts = JUDGE_ALL } };

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&judge_argp, argc, argv, 0, NULL, &o);
    if (isatty(STDERR_FILENO) && !o.report.quiet) {
        o.judge.progress = show_progress;
    }
    limits_init(&o.required);
    int status = judge_all(&o);
    limits_free(&o.required);
    return status;
}
