/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/lint.h"

#include "harness/base/limits.h"
#include "harness/base/printable.h"
#include "harness/commands/command.h"
#include "harness/commands/scenario_paths.h"
#include "harness/lint/lint.h"
#include "harness/scenario/scenario.h"
#include "harness/sweep/sweep.h"
#include "sim/memory.h"
#include "wave/in_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    char **args;
    unsigned n;
    bool quiet;
};

static const struct argp_option option_table[] = {
    { "quiet", 'q', NULL, 0, "Say nothing of files that are right", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    (void)arg;
    switch (key) {
    case 'q': o->quiet = true; return 0;
    case ARGP_KEY_ARGS:
        o->args = state->argv + state->next;
        o->n = (unsigned)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which file?"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp lint_argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "FILE|FOLDER...",
    .doc =
        "Says every mistake of scenarios, sweeps and files of limits (FILE.json), each with its line and a caret. "
        "Nothing is run.\v"
        "Exit status: 0 all are right, 1 there are mistakes (a file that a scenario names and that cannot be read is one, at its "
        "place), 2 a file of the command line cannot be read.",
};

/* What of a text file can be told without the loader: its whole text, for the caret. */
static enum lint_result tell_one(const char *path, const struct problem *err)
{
    FILE *f = in_file_is_regular(path) ? fopen(path, "rb") : NULL; /* a pipe is empty by now */
    char *text = memory_zeroed(1000001, 1);
    size_t n = f ? fread(text, 1, 1000000, f) : 0;

    lint_tell(stdout, path, text, n, err->text);
    if (f) {
        fclose(f);
    }
    free(text);
    return access(path, R_OK) == 0 ? LINT_MISTAKES : LINT_UNREADABLE;
}

static enum lint_result lint_limits(const char *path)
{
    struct problem err = { "" };
    struct limits l;

    limits_init(&l);
    enum lint_result result = limits_load(&l, path, &err) ? LINT_CLEAN : tell_one(path, &err);
    limits_free(&l);
    return result;
}

/* Each choice of each axis is read once with the scenario. */
static bool load_sweep(const char *path, const char *text, size_t n, const struct scenario_set *gone, unsigned n_gone,
                       struct problem *err)
{
    struct sweep s;
    unsigned weight = 1;
    bool ok = sweep_load_text(&s, path, text, n, gone, n_gone, err);

    if (!ok) {
        return false;
    }
    for (unsigned a = s.n_axes; a-- && ok;) {
        for (unsigned c = 0; c < s.axes[a].n && ok; c++) {
            struct scenario *sc = sweep_scenario_at(&s, c * weight, err);

            ok = sc != NULL;
            scenario_free(sc);
        }
        weight *= s.axes[a].n;
    }
    sweep_free(&s);
    return ok;
}

static enum lint_result lint_file(const char *path, unsigned *n)
{
    const char *dot = strrchr(path, '.');

    if (dot && !strcmp(dot, ".json")) {
        enum lint_result result = lint_limits(path);

        *n = result == LINT_MISTAKES;
        return result;
    }
    return scenario_path_is_sweep(path) ? lint_by(load_sweep, path, stdout, n) : lint_scenario(path, stdout, n);
}

int cmd_lint(int argc, char **argv)
{
    struct options o = { .args = NULL };
    struct scenario_paths paths = { .with_sweeps = true };
    struct problem err = { "" };
    unsigned mistakes = 0, wrong = 0;
    enum lint_result worst = LINT_CLEAN;

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&lint_argp, argc, argv, 0, NULL, &o);
    for (unsigned i = 0; i < o.n; i++) {
        if (!scenario_paths_add(&paths, o.args[i], &err)) {
            fprintf(stderr, "%s\n", err.text);
            scenario_paths_free(&paths);
            return EXIT_BAD_INPUT;
        }
    }
    for (unsigned i = 0; i < paths.n; i++) {
        unsigned n;
        enum lint_result result = lint_file(paths.list[i], &n);

        worst = result > worst ? result : worst;
        mistakes += n;
        wrong += result != LINT_CLEAN;
        if (result == LINT_CLEAN && !o.quiet) {
            char *shown = printable_text(paths.list[i], false);
            printf("%s: ok\n", shown);
            free(shown);
        }
    }
    if (mistakes) {
        printf("%u mistake%s in %u of %u file%s\n", mistakes, mistakes == 1 ? "" : "s", wrong, paths.n,
               paths.n == 1 ? "" : "s");
    }
    scenario_paths_free(&paths);
    return worst == LINT_UNREADABLE ? EXIT_BAD_INPUT : worst == LINT_MISTAKES ? EXIT_FAILED : EXIT_OK;
}
