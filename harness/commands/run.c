/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/run.h"

#include "harness/base/printable.h"
#include "harness/commands/command.h"
#include "harness/commands/report_args.h"
#include "harness/commands/run_pictures.h"
#include "harness/commands/run_set.h"
#include "harness/commands/standard_streams.h"
#include "harness/report/baseline.h"
#include "harness/report/report_formats.h"
#include "harness/report/report_text.h"
#include "sim/memory.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TOLERANCES 64

enum {
    OPT_SET = 256,
    OPT_VCD_DIR,
    OPT_ON_FAILURE,
    OPT_BASELINE,
    OPT_SAVE_BASELINE,
    OPT_TOLERANCE,
};

struct options {
    struct run_set_options set;
    struct report_args report;
    bool verbose;
    const char *baseline, *save_baseline, *tolerances[MAX_TOLERANCES];
    unsigned n_tolerances;
    struct scenario_set *sets;
    const char **args;
    unsigned n_args;
};

static const struct argp_option option_table[] = {
    { NULL, 0, NULL, 0, "What is other than they say:", 1 },
    { "set", OPT_SET, "PATH=VALUE", 0, "Set a value of each scenario, such as board.target.fuses.low=0x62", 1 },
    { NULL, 0, NULL, 0, "What they are compared with:", 2 },
    { "baseline", OPT_BASELINE, "FILE", 0,
      "Compare margins, findings and durations with those in FILE; what is worse fails", 2 },
    { "save-baseline", OPT_SAVE_BASELINE, "FILE", 0, "Keep them in FILE, unless something failed", 2 },
    { "tolerance", OPT_TOLERANCE, "NAME:20%|NAME:1us", 0,
      "How much worse a figure may be than in the baseline; NAME may hold *. Default: not at all, simulated figures "
      "are exact",
      2 },
    { NULL, 0, NULL, 0, "What else is written:", 3 },
    { "verbose", 'v', NULL, 0, "Show every step", 3 },
    { "vcd-dir", OPT_VCD_DIR, "DIR", 0, "A VCD of each scenario, in DIR, named after its path", 3 },
    { "vcd-on-failure", OPT_ON_FAILURE, NULL, 0, "With --vcd or --vcd-dir: only of scenarios that fail", 3 },
    { 0 },
};

static void add_set(struct options *o, char *arg, struct argp_state *state)
{
    char *equals = strchr(arg, '=');

    if (!equals) {
        argp_error(state, "--set %s: expected PATH=VALUE", arg);
    }
    *equals = '\0'; /* argv is ours */
    o->sets = memory_grown(o->sets, o->set.n_sets + 1, sizeof *o->sets);
    o->sets[o->set.n_sets++] = (struct scenario_set){ arg, equals + 1 };
    o->set.sets = o->sets;
}

static void check(const struct options *o, struct argp_state *state)
{
    const struct board_args *b = &o->set.board;

    if (o->set.vcd_dir && b->vcd) {
        argp_error(state, "--vcd or --vcd-dir?");
    }
    if (o->set.vcd_on_failure && !o->set.vcd_dir && !b->vcd) {
        argp_error(state, "--vcd-on-failure: where to? --vcd FILE or --vcd-dir DIR");
    }
    if (o->n_tolerances && !o->baseline) {
        argp_error(state, "--tolerance goes with --baseline FILE");
    }
    if (o->report.quiet && o->verbose) {
        argp_error(state, "--quiet or --verbose?");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->set.choice;
        state->child_inputs[1] = &o->report;
        state->child_inputs[2] = &o->set.board;
        return 0;
    case OPT_SET: add_set(o, arg, state); return 0;
    case OPT_VCD_DIR:
        o->set.vcd_dir = arg;
        o->set.board.record = true;
        return 0;
    case OPT_ON_FAILURE: o->set.vcd_on_failure = true; return 0;
    case OPT_BASELINE: o->baseline = arg; return 0;
    case OPT_SAVE_BASELINE: o->save_baseline = arg; return 0;
    case OPT_TOLERANCE:
        if (o->n_tolerances == MAX_TOLERANCES) {
            argp_error(state, "more than %d tolerances", MAX_TOLERANCES);
        }
        o->tolerances[o->n_tolerances++] = arg;
        return 0;
    case 'v': o->verbose = o->report.options.verbose = true; return 0;
    case ARGP_KEY_ARGS:
        o->args = (const char **)state->argv + state->next;
        o->n_args = (unsigned)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which scenario?"); return EINVAL;
    case ARGP_KEY_END: check(o, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void complain(const struct problem *err)
{
    char text[sizeof err->text];

    fprintf(stderr, "%s\n", printable(text, sizeof text, err->text, true));
}

static bool can_write(const struct options *o, const struct run_set *set, struct problem *err)
{
    struct output out[BOARD_ARGS_OUTPUTS + REPORT_ARGS_MOST + 1];
    unsigned n = board_args_outputs(&o->set.board, out);

    if (set->n > 1 && (o->set.board.vcd || o->set.board.csv)) {
        return problem_set(err, "--vcd and --csv go with one scenario; --vcd-dir with many");
    }
    n += report_args_outputs(&o->report, out + n);
    out[n++] = (struct output){ "--save-baseline", o->save_baseline };
    if (outputs_given(out, n) || o->set.vcd_dir) {
        standard_streams_outlive_reader();
    }
    bool ok = outputs_possible(out, n, (const char *const *)set->paths.list, set->paths.n, err);
    for (unsigned i = 0; ok && i < set->n; i++) {
        ok = !set->items[i].scenario || outputs_spare(out, n, set->items[i].scenario->inputs, err);
    }
    return ok;
}

/* What a run is compared with, and what comes of it. */
struct comparison {
    struct limits was, is;
    struct report_changes changes;
};

static bool load_baseline(const struct options *o, struct comparison *c, struct problem *err)
{
    bool ok = !o->baseline || limits_load(&c->was, o->baseline, err);

    for (unsigned i = 0; ok && i < o->n_tolerances; i++) {
        ok = limits_tolerate(&c->was, o->tolerances[i], err);
    }
    return ok;
}

static bool failed(const struct report *r)
{
    return r->totals.by[REPORT_FAIL] || r->totals.by[REPORT_ERROR];
}

/* After the last run. False: told. */
static bool compare(const struct options *o, struct comparison *c, struct report *r)
{
    struct problem err = { "" };
    bool ok = true;

    if (o->baseline) {
        ok = baseline_compare(&c->was, &c->is, o->baseline, &c->changes, &err);
        if (ok) {
            report_changed(r, &c->changes);
        }
    }
    if (ok && o->save_baseline && failed(r)) {
        fprintf(stderr, "%s: not written, since something failed\n", o->save_baseline);
    } else if (ok && o->save_baseline) {
        ok = limits_save(&c->is, o->save_baseline, "limpet run", &err);
    }
    if (!ok) {
        complain(&err);
    }
    return ok;
}

static void add_sinks(const struct options *o, const struct report_options *options, struct comparison *c,
                      struct run_set *set, struct report *report)
{
    const struct report_text_options text = {
        .verbose = o->verbose,
        .quiet = o->report.quiet,
        .colour = report_args_colour(&o->report),
        .before = run_set_clear_progress,
        .ctx = set,
    };

    report_add(report, report_text_new(stdout, &text));
    report_args_add_sinks(&o->report, options, report);
    if (o->baseline || o->save_baseline) {
        report_add(report, baseline_sink_new(&c->is));
    }
}

static int run_all(const struct options *o, struct comparison *c, struct run_set *set)
{
    struct report report = { .sinks = NULL };
    struct problem err = { "" };
    char *css = o->set.pictures ? run_pictures_dark_css() : NULL;
    struct report_options options = o->report.options;
    bool ok;

    options.picture_css = css;
    add_sinks(o, &options, c, set, &report);
    ok = run_set_run(set, &report, &err);
    if (err.text[0]) {
        complain(&err);
    }
    ok = compare(o, c, &report) && ok;
    err.text[0] = '\0';
    if (!report_close(&report, &err)) {
        complain(&err);
        ok = false;
    }
    free(css);
    return !ok || report.totals.by[REPORT_ERROR] ? EXIT_BAD_INPUT
           : failed(&report) || c->changes.worse ? EXIT_FAILED
                                                 : EXIT_OK;
}

/* A single one that is wrong has been told; there is nothing to run, and nothing to add to it. */
static bool nothing_to_run(const struct options *o, const struct run_set *set)
{
    return set->n == 1 && set->items[0].problem && !o->report.n_files;
}

static const struct argp_child children[] = { { &scenario_choice_argp, 0, NULL, 0 },
                                              { &report_args_argp, 0, NULL, 4 },
                                              { &board_args_argp, 0, "The board:", 5 },
                                              { 0 } };
const struct argp run_argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "SCENARIO|FOLDER|NAME...",
    .doc =
        "Runs scenarios without a wall clock: the same input gives the same output, byte for byte. A folder stands for "
        "all scenarios in it and below; a name that is no file here for one that is installed, such as "
        "sck_too_fast or miniframe/write_3_bit.\v"
        "A scenario passes, passes with findings (the programmer broke rules of the datasheet that the scenario says "
        "nothing about), fails, or can't be run; then the others run all the same. Exit status: 0 all passed, 1 a "
        "scenario failed, 2 bad usage or bad input.",
    .children = children,
};

int cmd_run(int argc, char **argv)
{
    struct options o = { .set.board = board_args_default };
    struct problem err = { "" };
    struct comparison c = { .changes = { .n = 0 } };
    struct run_set set = { .n = 0 };
    int status = EXIT_BAD_INPUT;

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&run_argp, argc, argv, 0, NULL, &o);
    o.set.jobs = o.report.jobs;
    o.set.fail_fast = o.report.fail_fast;
    o.set.strict = o.report.strict;
    o.set.progress = isatty(2) && !o.report.quiet;
    if (o.report.pictures) {
        o.set.pictures = o.set.board.record = o.set.board.notes = true;
    }
    o.set.attach = o.report.attaches && (o.set.vcd_dir || o.set.board.vcd);
    o.set.board.notes |= o.set.attach; /* pictures show them */
    limits_init(&c.was);
    limits_init(&c.is);
    if (!load_baseline(&o, &c, &err) || !run_set_load(&set, &o.set, o.args, o.n_args, &err) ||
        !can_write(&o, &set, &err)) {
        complain(&err);
    } else if (!nothing_to_run(&o, &set)) {
        status = run_all(&o, &c, &set);
    }
    run_set_free(&set);
    baseline_changes_free(&c.changes);
    limits_free(&c.was);
    limits_free(&c.is);
    free(o.sets);
    return status;
}
