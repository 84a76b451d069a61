/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/run.h"

#include "harness/base/quantity.h"
#include "harness/board/board.h"
#include "harness/commands/command.h"
#include "harness/run/junit.h"
#include "harness/run/kept_chip.h"
#include "harness/run/report.h"
#include "harness/run/steps.h"
#include "sim/memory.h"
#include "wave/csv_write.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_VCD = 256, OPT_CSV, OPT_JUNIT, OPT_SET, OPT_CHIP, OPT_TICK, OPT_NO_SHORTCUTS };

struct options {
    struct board_options board;
    const char *vcd, *csv, *junit, *chip, *firmware;
    uint64_t tick_ps;
    bool verbose;
    struct scenario_set *sets;
    unsigned n_sets;
    const char **files;
    unsigned n_files;
};

static const struct argp_option option_table[] = {
    { "vcd", OPT_VCD, "FILE", 0, "Write the recorded nets as VCD (one scenario)", 0 },
    { "csv", OPT_CSV, "FILE", 0, "Write the same changes as rows time_us,signal,level", 0 },
    { "vcd-tick", OPT_TICK, "TIME", 0, "Time step of the VCD: 1, 10 or 100 of a unit (default 100ps)", 0 },
    { "chip", OPT_CHIP, "FILE", 0, "The chip is the one kept in FILE, and goes back there; one scenario after another",
      0 },
    { "seed", 's', "N", 0, "Seed instead of the scenario's", 0 },
    { "firmware", 'f', "FILE", 0,
      "Put this image (ELF or hex), or the built-in one of this name, on the Uno of every scenario", 0 },
    { "set", OPT_SET, "PATH=VALUE", 0, "Set a value of the scenario, such as board.target.fuses.low=0x62", 0 },
    { "junit", OPT_JUNIT, "FILE", 0, "Write the results as JUnit XML", 0 },
    { "no-shortcuts", OPT_NO_SHORTCUTS, NULL, 0,
      "Execute every instruction and make every edge: slow, and the results are the same (docs/speed.md)", 0 },
    { "verbose", 'v', NULL, 0, "Show every step", 0 },
    { 0 },
};

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
    struct problem err;
    int64_t v;

    switch (key) {
    case OPT_VCD: o->vcd = arg; return 0;
    case OPT_CSV: o->csv = arg; return 0;
    case OPT_TICK:
        o->tick_ps = vcd_tick_parse(arg);
        if (!o->tick_ps) {
            argp_error(state, "--vcd-tick: \"%s\" is not 1, 10 or 100 of ps, ns, us, ms or s", arg);
        }
        return 0;
    case OPT_CHIP: o->chip = arg; return 0;
    case OPT_JUNIT: o->junit = arg; return 0;
    case OPT_SET: add_set(o, arg, state); return 0;
    case 's':
        if (!quantity_parse(QUANTITY_COUNT, arg, 0, INT64_MAX, &v, &err)) {
            argp_error(state, "--seed: %s", err.text);
        }
        o->board.seed = (uint64_t)v;
        o->board.has_seed = true;
        return 0;
    case 'f': o->firmware = arg; return 0;
    case OPT_NO_SHORTCUTS: o->board.no_shortcuts = true; return 0;
    case 'v': o->verbose = true; return 0;
    case ARGP_KEY_ARGS:
        o->files = (const char **)state->argv + state->next;
        o->n_files = (unsigned)(state->argc - state->next);
        if (o->n_files > 1 && (o->vcd || o->csv)) {
            argp_error(state, "--vcd and --csv go with one scenario");
        }
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which scenario?"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

struct outcome {
    char *text; /* the report */
    size_t n;
    struct report report;
    sim_time took_ps;
};

static bool write_waves(struct board *b, const struct options *o, struct problem *err)
{
    const struct trace *t = board_trace(b);

    return (!o->vcd || vcd_write(o->vcd, t, board_now(b), o->tick_ps, err)) && (!o->csv || csv_write(o->csv, t, err));
}

/* With the chip that is kept, if there is one. */
static struct board *new_bench(const struct scenario *s, const struct options *o, struct kept_chip *chip,
                               struct problem *err)
{
    struct board_options bo = o->board;
    struct board *b = NULL;

    if (kept_chip_load(chip, o->chip, s, bo.has_seed ? bo.seed : s->seed, err)) {
        bo.chip = chip->nvm;
        b = board_new(s, &bo, err);
    }
    if (!b) {
        kept_chip_free(chip);
    }
    return b;
}

/* False: bad input after all (a file that can't be written). */
static bool run_one(const struct scenario *s, const struct options *o, struct outcome *out, struct problem *err)
{
    struct kept_chip chip;
    struct board *b = new_bench(s, o, &chip, err);
    char took[40];
    bool ok;

    if (!b) {
        return false;
    }
    out->report = (struct report){ .file = s->path, .verbose = o->verbose };
    out->report.out = memory_checked(open_memstream(&out->text, &out->n));
    fprintf(out->report.out, "== %s (seed %llu)\n", s->name, (unsigned long long)board_sim(b)->seed);
    steps_run(b, &out->report);
    report_findings(out->report.out, board_checker(b));
    out->took_ps = board_now(b);
    fprintf(out->report.out, "%s %s, %s simulated\n", out->report.failures ? "FAIL" : "PASS", s->name,
            report_time(out->took_ps, took, sizeof took));
    fclose(out->report.out);
    ok = write_waves(b, o, err) && kept_chip_finish(&chip, b, err);
    board_free(b);
    kept_chip_free(&chip);
    return ok;
}

static bool can_write(const char *path)
{
    struct problem err;
    bool ok = !path || out_file_possible(path, &err);

    if (!ok) {
        fprintf(stderr, "%s\n", err.text);
    }
    return ok;
}

/* Everything that can be wrong with the input shows here, before anything runs. */
static bool load_all(const struct options *o, struct scenario **scenarios)
{
    struct problem err = { "" };
    bool ok = can_write(o->vcd) && can_write(o->csv) && can_write(o->junit);

    for (unsigned i = 0; i < o->n_files; i++) {
        struct board *b = NULL;
        struct kept_chip chip = { 0 };

        scenarios[i] = scenario_load(o->files[i], o->sets, o->n_sets, &err);
        if (scenarios[i] && o->firmware) {
            scenario_set_firmware(scenarios[i], o->firmware);
        }
        if (scenarios[i]) {
            b = new_bench(scenarios[i], o, &chip, &err);
        }
        if (!b) {
            fprintf(stderr, "%s\n", err.text);
            ok = false;
        }
        board_free(b);
        kept_chip_free(&chip);
    }
    return ok;
}

static int run_all(const struct options *o, struct scenario **scenarios)
{
    struct outcome *out = memory_zeroed(o->n_files, sizeof *out);
    struct junit_case *cases = memory_zeroed(o->n_files, sizeof *cases);
    struct problem err = { "" };
    unsigned failed = 0;
    bool ok = true;

    for (unsigned i = 0; i < o->n_files && ok; i++) {
        ok = run_one(scenarios[i], o, &out[i], &err);
        if (out[i].text) {
            fputs(out[i].text, stdout);
        }
        fflush(stdout);
        failed += out[i].report.failures != 0;
        cases[i] = (struct junit_case){ scenarios[i]->path,     scenarios[i]->name,          out[i].took_ps,
                                        out[i].report.failures, out[i].report.first_failure, out[i].text };
    }
    if (ok && o->junit) {
        ok = junit_write(o->junit, cases, o->n_files, &err);
    }
    if (ok && o->n_files > 1) {
        printf("%u of %u scenarios passed\n", o->n_files - failed, o->n_files);
    }
    if (!ok) {
        fprintf(stderr, "%s\n", err.text);
    }
    for (unsigned i = 0; i < o->n_files; i++) {
        free(out[i].text);
    }
    free(out);
    free(cases);
    return !ok ? EXIT_BAD_INPUT : failed ? EXIT_FAILED : EXIT_OK;
}

int cmd_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_table,
        .parser = parse,
        .args_doc = "SCENARIO...",
        .doc = "Runs scenarios without a wall clock: the same input gives the same output, byte for byte.\v"
               "Exit status: 0 all passed, 1 a scenario failed, 2 bad usage or bad input.",
    };
    struct options o = { .tick_ps = VCD_TICK_PS };
    struct scenario **scenarios;
    int status = EXIT_BAD_INPUT;

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    o.board.trace = o.vcd || o.csv;
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
