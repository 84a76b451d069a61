/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/report_args.h"

#include "harness/base/quantity.h"
#include "harness/base/workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_FAIL_FAST = 0x2000, OPT_STRICT, OPT_COLOUR, OPT_REPORT, OPT_JUNIT, OPT_FINDINGS, OPT_ATTACHMENTS };

static const struct argp_option option_table[] = {
    { NULL, 0, NULL, 0, "How they run:", 1 },
    { "jobs", 'j', "N", 0, "Run so many at a time (default: one per core); the output is the same", 1 },
    { "fail-fast", OPT_FAIL_FAST, NULL, 0, "Skip the others after the first failure", 1 },
    { "strict", OPT_STRICT, NULL, 0, "Findings fail: what passes only but for them does not pass", 1 },
    { NULL, 0, NULL, 0, "What is told:", 2 },
    { "quiet", 'q', NULL, 0, "Show only what failed", 2 },
    { "color", OPT_COLOUR, "auto|always|never", 0, "Colours; auto: on a terminal, unless NO_COLOR is set", 2 },
    { "report", OPT_REPORT, "FORMAT=FILE", 0,
      "Write the results too; FORMAT is junit, junit-strict, junit-ant, html, tap, tap-flat, jsonl or findings. May be given "
      "several times",
      2 },
    { "junit", OPT_JUNIT, "FILE", 0, "The same as --report junit=FILE", 2 },
    { "findings", OPT_FINDINGS, "FILE", 0, "The same as --report findings=FILE: findings, notes and margins as JSON",
      2 },
    { "attachment-base", OPT_ATTACHMENTS, "DIR", 0,
      "Where paths of attachments in JUnit begin: a folder, \"report\" (the report's own), \"absolute\"; default: as "
      "the path was given",
      2 },
    { 0 },
};

uint32_t report_args_number(struct argp_state *state, const char *option, const char *text, uint32_t max)
{
    struct problem err;
    int64_t n = 1;

    if (!quantity_parse(QUANTITY_COUNT, text, 1, max, &n, &err)) {
        argp_error(state, "%s: %s", option, err.text);
    }
    return (uint32_t)n;
}

void report_args_shard(struct argp_state *state, const char *text, unsigned *shard, unsigned *shards)
{
    const char *slash = strchr(text, '/');
    char first[24];

    if (!slash || (size_t)(slash - text) >= sizeof first) {
        argp_error(state, "--shard %s: expected I/N with I from 1 to N", text);
        return;
    }
    snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
    *shards = report_args_number(state, "--shard I/N", slash + 1, UINT32_MAX);
    *shard = report_args_number(state, "--shard I/N", first, UINT32_MAX);
    if (*shard > *shards) {
        argp_error(state, "--shard %s: expected I/N with I from 1 to N", text);
    }
}

static void add_file(struct report_args *a, const char *name, const char *path, struct argp_state *state)
{
    struct problem err;
    const struct report_format *f = report_format_find(name, &err);

    if (!f) {
        argp_error(state, "--report: %s", err.text);
    }
    if (a->n_files == REPORT_ARGS_MOST) {
        argp_error(state, "more than %d reports", REPORT_ARGS_MOST);
    }
    struct report_args_file *to = &a->files[a->n_files++];
    *to = (struct report_args_file){ .format = f, .path = path };
    snprintf(to->option, sizeof to->option, "--report %s", f->name);
    a->pictures |= f->pictures;
    a->attaches |= f->attaches;
}

static void add_report(struct report_args *a, char *arg, struct argp_state *state)
{
    char *equals = strchr(arg, '=');

    if (!equals) {
        argp_error(state, "--report %s: expected FORMAT=FILE, such as junit=results.xml", arg);
    }
    *equals = '\0'; /* argv is ours */
    add_file(a, arg, equals + 1, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct report_args *a = state->input;

    switch (key) {
    case 'j': a->jobs = report_args_number(state, "--jobs", arg, WORKERS_MAX); return 0;
    case OPT_FAIL_FAST: a->fail_fast = true; return 0;
    case OPT_STRICT: a->strict = true; return 0;
    case 'q': a->quiet = true; return 0;
    case OPT_COLOUR:
        if (strcmp(arg, "auto") && strcmp(arg, "always") && strcmp(arg, "never")) {
            argp_error(state, "--color %s: expected auto, always or never", arg);
        }
        a->colour = arg;
        return 0;
    case OPT_REPORT: add_report(a, arg, state); return 0;
    case OPT_JUNIT: add_file(a, "junit", arg, state); return 0;
    case OPT_FINDINGS: add_file(a, "findings", arg, state); return 0;
    case OPT_ATTACHMENTS: a->options.attachment_base = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp report_args_argp = { .options = option_table, .parser = parse };

bool report_args_colour(const struct report_args *a)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (a->colour && strcmp(a->colour, "auto")) {
        return !strcmp(a->colour, "always");
    }
    return isatty(1) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

unsigned report_args_outputs(const struct report_args *a, struct output *out)
{
    for (unsigned i = 0; i < a->n_files; i++) {
        out[i] = (struct output){ a->files[i].option, a->files[i].path };
    }
    return a->n_files;
}

void report_args_add_sinks(const struct report_args *a, const struct report_options *o, struct report *r)
{
    for (unsigned i = 0; i < a->n_files; i++) {
        report_add(r, a->files[i].format->create(a->files[i].path, o));
    }
}
