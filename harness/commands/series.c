/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/series.h"

#include "harness/base/printable.h"
#include "harness/commands/command.h"
#include "sim/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = SERIES_SKIPPED + 1 };

struct course { /* of a series */
    unsigned chosen, by[STATES];
    char *listed; /* what did not pass */
    size_t listed_bytes;
    FILE *list;
    bool stopped;
};

static void complain(const struct series *s, const char *text)
{
    char *clean = printable_text(text, true);

    fflush(stdout);
    fprintf(stderr, "%s: %s\n", s->command, clean);
    free(clean);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void list(struct course *c, const char *path, int status, const char *why)
{
    static const char *const words[STATES] = { "", "fail", "error", "skipped" };
    size_t n = strlen(path);
    bool told = !strncmp(why, path, n) && why[n] == ':'; /* it begins with its place */
    char text[sizeof((struct problem){ "" }).text + PATH_MAX + 4];

    snprintf(text, sizeof text, "%s%s%s", told ? "" : path, told || !*why ? "" : ": ", why);
    char *clean = printable_text(text, true);
    fprintf(c->list, "  %-8s %s\n", words[status], clean);
    free(clean);
}

/* loaded: NULL: it can't be read, err says why. */
static void one(struct series *s, struct course *c, const char *path, void *loaded, struct report *to,
                struct problem *err)
{
    const struct report_run run = { .file = path, .name = base_of(path), .seedless = true };
    int status = SERIES_SKIPPED;

    if (c->stopped) {
        problem_set(err, "not run after a failure (--fail-fast)");
    } else {
        if (s->paths.n > 1 && !s->args->quiet) {
            printf("%s== %s\n", c->chosen ? "\n" : "", path);
        }
        status = loaded ? s->run(s->ctx, path, loaded, to, err) : EXIT_BAD_INPUT;
    }
    c->chosen++;
    c->by[status]++;
    if (err->text[0] && status == SERIES_SKIPPED) {
        report_skipped(to, &run, err->text);
    } else if (err->text[0] && status == EXIT_BAD_INPUT) {
        complain(s, err->text);
        report_error(to, &run, err->text);
    }
    if (status != EXIT_OK) {
        list(c, path, status, err->text);
    }
    c->stopped |= s->args->fail_fast && (status == EXIT_FAILED || status == EXIT_BAD_INPUT);
}

/* One that can't be read is taken, whatever is wanted: it is told why. */
static void one_if_chosen(struct series *s, struct course *c, const char *path, struct report *to)
{
    struct problem err = { "" };
    char *tags = NULL;
    void *loaded = s->load(s->ctx, path, scenario_choice_is_made(s->choice) ? &tags : NULL, &err);

    if (!tags || scenario_choice_takes(s->choice, tags)) {
        one(s, c, path, loaded, to, &err);
    }
    if (loaded) {
        s->unload(loaded);
    }
    free(tags);
}

static void tell_end(const struct series *s, struct course *c)
{
    fclose(c->list);
    if (s->paths.n > 1 && c->chosen) {
        if (c->listed_bytes) {
            printf("%sNot passed:\n%s", s->args->quiet ? "" : "\n", c->listed);
        }
        printf("%u of %u %s passed", c->by[EXIT_OK], c->chosen, c->chosen == 1 ? s->one : s->many);
        if (c->by[EXIT_FAILED]) {
            printf(", %u failed", c->by[EXIT_FAILED]);
        }
        if (c->by[EXIT_BAD_INPUT]) {
            printf(", %u could not be run", c->by[EXIT_BAD_INPUT]);
        }
        if (c->by[SERIES_SKIPPED]) {
            printf(", %u skipped", c->by[SERIES_SKIPPED]);
        }
        putchar('\n');
    }
    free(c->listed);
}

int series_run(struct series *s)
{
    struct course c = { .chosen = 0 };
    struct report report = { .sinks = NULL };
    struct problem err = { "" };

    c.list = memory_checked(open_memstream(&c.listed, &c.listed_bytes));
    report_args_add_sinks(s->args, &s->args->options, &report);
    for (unsigned i = 0; i < s->paths.n; i++) {
        one_if_chosen(s, &c, s->paths.list[i], &report);
    }
    tell_end(s, &c);
    if (s->clash && *s->clash) {
        report_abandon(&report);
        return EXIT_BAD_INPUT;
    }
    if (!c.chosen) {
        problem_set(&err, "none of %u %s has the tags that are wanted", s->paths.n, s->many);
        complain(s, err.text);
        report_abandon(&report);
        return EXIT_BAD_INPUT;
    }
    if (c.by[SERIES_SKIPPED] == c.chosen) {
        complain(s, "nothing was run: all were skipped");
    }
    bool closed = report_close(&report, &err);
    if (!closed) {
        complain(s, err.text);
    }
    return !closed || c.by[EXIT_BAD_INPUT] || c.by[SERIES_SKIPPED] == c.chosen ? EXIT_BAD_INPUT
           : c.by[EXIT_FAILED]                                                 ? EXIT_FAILED
                                                                               : EXIT_OK;
}
