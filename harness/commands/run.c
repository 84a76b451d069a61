/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/run.h"

#include "harness/base/printable.h"
#include "harness/commands/board_args.h"
#include "harness/commands/command.h"
#include "harness/run/report_formats.h"
#include "harness/run/report_text.h"
#include "harness/run/steps.h"
#include "sim/memory.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPT_SET = 256, OPT_VCD_DIR, OPT_ON_FAILURE, OPT_REPORT /* and one on for each of report_formats[] */ };

struct options {
    struct board_args board;
    const char *reports[REPORT_FORMATS_MAX]; /* path for each format, NULL: not wanted */
    const char *vcd_dir;
    bool vcd_on_failure;
    bool verbose;
    struct scenario_set *sets;
    unsigned n_sets;
    const char **files;
    unsigned n_files;
};

static const struct argp_option own_options[] = {
    { "set", OPT_SET, "PATH=VALUE", 0, "Set a value of the scenario, such as board.target.fuses.low=0x62", 0 },
    { "vcd-dir", OPT_VCD_DIR, "DIR", 0, "A VCD of each scenario, in DIR, named after its path", 0 },
    { "vcd-on-failure", OPT_ON_FAILURE, NULL, 0, "With --vcd or --vcd-dir: only of scenarios that fail", 0 },
    { "verbose", 'v', NULL, 0, "Show every step", 0 },
};
#define OWN_OPTIONS (sizeof own_options / sizeof own_options[0])

static void add_set(struct options *o, char *arg, struct argp_state *state)
{
    char *equals = strchr(arg, '=');

    if (!equals) {
        argp_error(state, "--set %s: expected PATH=VALUE", arg);
    }
    *equals = '\0'; /* argv is ours */
    o->sets = memory_grown(o->sets, o->n_sets + 1, sizeof *o->sets);
    o->sets[o->n_sets++] = (struct scenario_set){ arg, equals + 1 };
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    if (key >= OPT_REPORT && key < OPT_REPORT + REPORT_FORMATS_MAX) {
        o->reports[key - OPT_REPORT] = arg;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->board; return 0;
    case OPT_SET: add_set(o, arg, state); return 0;
    case OPT_VCD_DIR:
        o->vcd_dir = arg;
        o->board.record = true;
        return 0;
    case OPT_ON_FAILURE: o->vcd_on_failure = true; return 0;
    case 'v': o->verbose = true; return 0;
    case ARGP_KEY_ARGS:
        o->files = (const char **)state->argv + state->next;
        o->n_files = (unsigned)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which scenario?"); return EINVAL;
    case ARGP_KEY_END:
        if (o->n_files > 1 && (o->board.vcd || o->board.csv)) {
            argp_error(state, "--vcd and --csv go with one scenario; --vcd-dir with many");
        }
        if (o->vcd_dir && o->board.vcd) {
            argp_error(state, "--vcd or --vcd-dir?");
        }
        if (o->vcd_on_failure && !o->vcd_dir && !o->board.vcd) {
            argp_error(state, "--vcd-on-failure: where to? --vcd FILE or --vcd-dir DIR");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* "scenarios/limp/rc_128k.yaml" is DIR/scenarios__limp__rc_128k.vcd: two scenarios never share a file. */
static bool name_vcd(const struct options *o, const char *scenario, char *to, size_t size, struct problem *err)
{
    while (strncmp(scenario, "./", 2) == 0 || *scenario == '/') {
        scenario += *scenario == '/' ? 1 : 2;
    }
    int n = snprintf(to, size, "%s/", o->vcd_dir);
    const char *dot = strrchr(scenario, '.'), *slash = strrchr(scenario, '/');
    size_t len = dot && (!slash || dot > slash) ? (size_t)(dot - scenario) : strlen(scenario);
    for (size_t i = 0; i < len && n > 0 && (size_t)n + 8 < size; i++) {
        n += snprintf(to + n, size - (size_t)n, scenario[i] == '/' ? "__" : "%c", scenario[i]);
    }
    if (n < 0 || (size_t)n + 8 >= size) {
        return problem_set(err, "--vcd-dir: the name for %s gets too long", scenario);
    }
    strcpy(to + n, ".vcd");
    if (mkdir(o->vcd_dir, 0777) != 0 && errno != EEXIST) {
        return problem_set(err, "%s: %s", o->vcd_dir, strerror(errno));
    }
    return true;
}

/* The waveforms, of a run that failed or not. */
static bool write_files(const struct options *o, const struct scenario *s, struct board *b,
                        const struct kept_chip *chip, bool failed, struct problem *err)
{
    struct board_args a = o->board;
    char path[4096];
    if (o->vcd_dir) {
        if (!name_vcd(o, s->path, path, sizeof path, err)) {
            return false;
        }
        a.vcd = path;
    }
    if (o->vcd_on_failure && !failed) {
        a.vcd = NULL;
    }
    return board_args_write(&a, b, chip, err);
}

/* False: bad input after all (a file that can't be written). */
static bool run_one(struct scenario *s, const struct options *o, struct report *r, struct problem *err)
{
    struct kept_chip chip = { 0 };
    struct board *b = board_args_new(&o->board, s, &chip, err);
    bool ok = b != NULL;

    if (b) {
        const struct report_run run = { s->path, s->name, board_sim(b)->seed };

        report_begin(r, &run);
        for (unsigned i = 0; i < s->n_notes; i++) {
            report_remark(r, s->notes[i]);
        }
        for (unsigned i = 0; board_firmware_note(b, i); i++) {
            report_remark(r, board_firmware_note(b, i));
        }
        steps_run(b, r);
        report_end(r, board_now(b), board_checker(b),
                   board_checker(b)->n_findings ? board_source_lines(b, NULL) : NULL);
        ok = write_files(o, s, b, &chip, r->failures, err);
    }
    board_free(b);
    kept_chip_free(&chip);
    return ok;
}

static void complain(const struct problem *err)
{
    char text[sizeof err->text];

    fprintf(stderr, "%s\n", printable(text, sizeof text, err->text, true));
}

static bool can_write(const struct options *o)
{
    struct output out[BOARD_ARGS_OUTPUTS + REPORT_FORMATS_MAX];
    char option[REPORT_FORMATS_MAX][32];
    struct problem err = { "" };
    unsigned n = board_args_outputs(&o->board, out);

    for (unsigned i = 0; report_formats[i].option; i++) {
        snprintf(option[i], sizeof option[i], "--%s", report_formats[i].option);
        out[n++] = (struct output){ option[i], o->reports[i] };
    }
    if (!outputs_possible(out, n, o->files, o->n_files, &err)) {
        complain(&err);
        return false;
    }
    return true;
}

/* Everything that can be wrong with the input shows here, before anything runs. */
static bool load_all(const struct options *o, struct scenario **scenarios)
{
    struct problem err = { "" };
    bool ok = can_write(o);

    for (unsigned i = 0; i < o->n_files; i++) {
        struct board *b = NULL;
        struct kept_chip chip = { 0 };

        scenarios[i] = scenario_load(o->files[i], o->sets, o->n_sets, &err);
        if (scenarios[i]) {
            b = board_args_new(&o->board, scenarios[i], &chip, &err);
        }
        if (!b) {
            complain(&err);
            ok = false;
        }
        board_free(b);
        kept_chip_free(&chip);
    }
    return ok;
}

static int run_all(const struct options *o, struct scenario **scenarios)
{
    struct report report = { .sinks = NULL };
    struct problem err = { "" };
    bool ok = true;

    report_add(&report, report_text_new(stdout, o->verbose));
    for (unsigned i = 0; report_formats[i].option; i++) {
        if (o->reports[i]) {
            report_add(&report, report_formats[i].create(o->reports[i], o->verbose));
        }
    }
    for (unsigned i = 0; i < o->n_files && ok; i++) {
        ok = run_one(scenarios[i], o, &report, &err);
    }
    if (ok) {
        ok = report_close(&report, &err);
    } else {
        report_abandon(&report);
    }
    if (!ok) {
        complain(&err);
    }
    return !ok ? EXIT_BAD_INPUT : report.failed ? EXIT_FAILED : EXIT_OK;
}

/* Its own options, and one for each format of reports. */
static void parse_options(int argc, char **argv, struct options *o)
{
    static const struct argp_child children[] = { { &board_args_argp, 0, NULL, 0 }, { 0 } };
    struct argp_option options[OWN_OPTIONS + REPORT_FORMATS_MAX + 1] = { 0 };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "SCENARIO...",
        .doc = "Runs scenarios without a wall clock: the same input gives the same output, byte for byte.\v"
               "Exit status: 0 all passed, 1 a scenario failed, 2 bad usage or bad input.",
        .children = children,
    };

    memcpy(options, own_options, sizeof own_options);
    for (unsigned i = 0; report_formats[i].option; i++) {
        options[OWN_OPTIONS + i] = (struct argp_option){
            .name = report_formats[i].option,
            .key = OPT_REPORT + (int)i,
            .arg = "FILE",
            .doc = report_formats[i].help,
        };
    }
    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&argp, argc, argv, 0, NULL, o);
}

int cmd_run(int argc, char **argv)
{
    struct options o = { .board = board_args_default };
    struct scenario **scenarios;
    int status = EXIT_BAD_INPUT;

    parse_options(argc, argv, &o);
    scenarios = memory_zeroed(o.n_files, sizeof *scenarios);
    if (load_all(&o, scenarios)) {
        status = run_all(&o, scenarios);
    }
    for (unsigned i = 0; i < o.n_files; i++) {
        scenario_free(scenarios[i]);
    }
    free(scenarios);
    free(o.sets);
    return status;
}
