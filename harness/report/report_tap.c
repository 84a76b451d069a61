/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_tap.c - TAP 14: a point a scenario, its failures and rules as a subtest; flat without those
 *
 * A rule that was broken in a scenario that passed is a point "not ok ... # TODO": known, and no failure of the file.
 */
#include "harness/base/quantity.h"
#include "harness/report/finding_text.h"
#include "harness/report/report_cases.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "#" and "\" mean something in a description, a newline ends it. */
static void put_description(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (*text == '#' || *text == '\\') {
            fputc('\\', f);
        }
        fputc(*text == '\n' ? ' ' : *text, f);
    }
}

/* In double quotes YAML takes JSON's escapes; what comes here is printable. */
static void put_quoted(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', f);
        }
        if (*text == '\n' || *text == '\t') {
            fputs(*text == '\n' ? "\\n" : "\\t", f);
        } else {
            fputc(*text, f);
        }
    }
    fputc('"', f);
}

static bool is_ok(const struct report_case *c)
{
    return c->verdict != REPORT_FAIL && c->verdict != REPORT_ERROR;
}

/* The plan comes last: the number of points is known then. */
static void put_subtest(FILE *f, const struct report_case *c)
{
    unsigned n = 0;

    fputs("# Subtest: ", f);
    put_description(f, c->unique);
    fputc('\n', f);
    for (unsigned i = 0; i < c->n_failures; i++) {
        fprintf(f, "    not ok %u - ", ++n);
        put_description(f, c->failures[i].place);
        fputs(": ", f);
        put_description(f, c->failures[i].text);
        fputc('\n', f);
    }
    for (unsigned i = 0; c->ran && i < CHECKER_RULES; i++) {
        const struct checker_rule_info *r = checker_rule_info((enum checker_rule)i);
        const struct checker_margin *m = checker_margin(&c->checker, (enum checker_rule)i);
        bool broken = m->findings > m->follow && r->severity == CHECK_VIOLATION;
        char text[FINDING_TEXT_BYTES];

        if (m->measured_once || m->findings) {
            fprintf(f, "    %s %u - ", broken ? "not ok" : "ok", ++n);
            put_description(f, margin_text(m, (enum checker_rule)i, text, sizeof text));
            fputs(broken ? c->unexpected ? " # TODO no expectation names it\n" : " # TODO the scenario expects it\n"
                         : "\n",
                  f);
        }
    }
    fprintf(f, "    1..%u%s\n", n, n ? "" : " # no rule was measured");
}

static void put_yaml(FILE *f, const struct report_case *c)
{
    fputs("  ---\n  message: ", f);
    put_quoted(f, c->message);
    if (c->n_failures && c->failures[0].cause[0]) {
        fputs("\n  cause: ", f);
        put_quoted(f, c->failures[0].cause);
    }
    fprintf(f, "\n  severity: %s\n  at:\n    file: ", c->verdict == REPORT_ERROR ? "error" : "fail");
    put_quoted(f, c->file);
    fprintf(f, "\n    line: %u\n", c->line);
    if (!c->seedless) {
        fprintf(f, "  seed: %" PRIu64 "\n", c->seed);
    }
    if (c->ran) {
        fprintf(f, "  simulated_s: %" PRIu64 ".%012" PRIu64 "\n", c->took_ps / SIM_S, c->took_ps % SIM_S);
    }
    fputs("  ...\n", f);
}

static void put_comments(FILE *f, const struct report_case *c)
{
    for (unsigned i = 0; i < c->n_failures; i++) {
        fprintf(f, "# %s: %s\n", c->failures[i].place, c->failures[i].text);
        if (c->failures[i].cause[0]) {
            fprintf(f, "#   cause: %s\n", c->failures[i].cause);
        }
    }
    if (c->verdict == REPORT_ERROR) {
        fputs("# ", f);
        for (const char *p = c->message; *p; p++) {
            fputc(*p, f);
            fputs(*p == '\n' ? "# " : "", f);
        }
        fputc('\n', f);
    }
}

static void put_changes(FILE *f, const struct report_changes *c, size_t number)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct report_change *d = &c->list[i];

        fprintf(f, "%s %zu - baseline %s: %s, was %s\n", d->kind == REPORT_CHANGE_WORSE ? "not ok" : "ok", ++number,
                d->figure, d->is, d->was);
    }
}

static bool write_tap(const struct report_cases *cases, const char *path, bool flat, struct problem *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = memory_checked(open_memstream(&text, &n));

    size_t points = cases->n + (cases->changes ? cases->changes->n : 0);
    fprintf(f, "TAP version %s\n1..%zu%s\n", flat ? "13" : "14", points, points ? "" : " # nothing was run");
    for (size_t i = 0; i < cases->n; i++) {
        const struct report_case *c = &cases->list[i];

        if (!flat && c->ran) {
            put_subtest(f, c);
        }
        fprintf(f, "%s %zu - ", is_ok(c) ? "ok" : "not ok", i + 1);
        put_description(f, c->unique);
        if (c->verdict == REPORT_SKIPPED) {
            fputs(" # SKIP ", f);
            put_description(f, c->message);
        }
        fputc('\n', f);
        if (!is_ok(c)) {
            (flat ? put_comments : put_yaml)(f, c);
        }
    }
    if (cases->changes) {
        put_changes(f, cases->changes, cases->n);
    }
    fclose(f);
    bool ok = report_write_file(path, text, n, err);
    free(text);
    return ok;
}

static bool write_nested(const struct report_cases *c, const char *path, const struct report_options *o,
                         struct problem *err)
{
    (void)o;
    return write_tap(c, path, false, err);
}

static bool write_flat(const struct report_cases *c, const char *path, const struct report_options *o,
                       struct problem *err)
{
    (void)o;
    return write_tap(c, path, true, err);
}

struct report_sink *report_tap_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_TEXT, path, o, write_nested);
}

struct report_sink *report_tap_flat_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_TEXT, path, o, write_flat);
}
