/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_junit.c - JUnit XML: flat suites, one a folder, a <testcase> a scenario
 *
 * What readers make of it decides its form: nested suites vanish, a case is its class and name, a newline in an attribute
 * is a space, an attachment is a line [[ATTACHMENT|path]] in system-out.
 */
#include "harness/base/printable.h"
#include "harness/report/attachment.h"
#include "harness/report/report_cases.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum dialect {
    LOOSE,   /* what CI servers read */
    JENKINS, /* what junit-10.xsd of Jenkins' xunit plugin allows: a case has no file, line or properties */
    ANT      /* what JUnit.xsd of Ant's format requires: one system-out a suite, nothing at the root */
};

struct junit {
    xmlTextWriterPtr w;
    const struct report_cases *cases;
    const char *path;
    const struct report_options *o;
    enum dialect dialect;
    unsigned suites; /* written */
    time_t now;
    bool reproducible; /* SOURCE_DATE_EPOCH: no wall time */
};

struct counts {
    unsigned tests, failures, errors, skipped;
    uint64_t us;
};

static void begin(struct junit *j, const char *name)
{
    xmlTextWriterStartElement(j->w, BAD_CAST name);
}

static void end(struct junit *j)
{
    xmlTextWriterEndElement(j->w);
}

static void attribute(struct junit *j, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(j->w, BAD_CAST name, BAD_CAST value);
}

static void number(struct junit *j, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    attribute(j, name, text);
}

static void seconds(struct junit *j, uint64_t us)
{
    char text[40];

    snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    attribute(j, "time", text);
}

static uint64_t time_us(const struct junit *j, const struct report_case *c)
{
    return j->reproducible ? c->took_ps / SIM_US : c->wall_us;
}

/* folder NULL: all of them. */
static struct counts count(const struct junit *j, const char *folder)
{
    struct counts n = { 0 };

    for (size_t i = 0; i < j->cases->n; i++) {
        const struct report_case *c = &j->cases->list[i];

        if (folder && strcmp(folder, c->folder)) {
            continue;
        }
        n.tests++;
        n.failures += c->verdict == REPORT_FAIL;
        n.errors += c->verdict == REPORT_ERROR;
        n.skipped += c->verdict == REPORT_SKIPPED;
        n.us += time_us(j, c);
    }
    return n;
}

static void write_counts(struct junit *j, const struct counts *n, bool skipped)
{
    number(j, "tests", n->tests);
    number(j, "failures", n->failures);
    number(j, "errors", n->errors);
    if (skipped) {
        number(j, "skipped", n->skipped);
    }
    seconds(j, n->us);
}

static void property(struct junit *j, const char *name, const char *value)
{
    begin(j, "property");
    attribute(j, "name", name);
    attribute(j, "value", value);
    end(j);
}

static void properties(struct junit *j, const struct report_case *c)
{
    char text[40];

    if (c->seedless && !c->ran && !c->tags[0]) {
        return;
    }
    begin(j, "properties");
    if (!c->seedless) {
        snprintf(text, sizeof text, "%" PRIu64, c->seed);
        property(j, "seed", text);
    }
    if (c->ran) {
        snprintf(text, sizeof text, "%" PRIu64 ".%012" PRIu64, c->took_ps / SIM_S, c->took_ps % SIM_S);
        property(j, "simulated_s", text);
        snprintf(text, sizeof text, "%" PRIu64, c->checker.violations);
        property(j, "findings", text);
        snprintf(text, sizeof text, "%" PRIu64, c->unexpected);
        property(j, "unexpected_findings", text);
    }
    if (c->tags[0]) {
        property(j, "tags", c->tags);
    }
    end(j);
}

/* Its text says all; the attribute is the first line of it, since some readers look at one only. */
static void outcome(struct junit *j, const struct report_case *c)
{
    static const char *const elements[REPORT_VERDICTS] = {
        [REPORT_FAIL] = "failure", [REPORT_ERROR] = "error", [REPORT_SKIPPED] = "skipped"
    };
    static const char *const types[REPORT_VERDICTS] = { [REPORT_FAIL] = "failed", [REPORT_ERROR] = "not run" };

    if (!elements[c->verdict]) {
        return;
    }
    begin(j, elements[c->verdict]);
    if (j->dialect == LOOSE || c->verdict != REPORT_SKIPPED) {
        attribute(j, "message", c->message);
    }
    if (types[c->verdict]) {
        attribute(j, "type", types[c->verdict]);
    }
    if (!c->n_failures) {
        xmlTextWriterWriteString(j->w, BAD_CAST c->message);
    }
    for (unsigned i = 0; i < c->n_failures; i++) {
        const struct report_case_failure *f = &c->failures[i];

        xmlTextWriterWriteFormatString(j->w, "%s%s: %s%s%s", i ? "\n" : "", f->place, f->text,
                                       f->cause[0] ? "\n  cause: " : "", f->cause);
    }
    end(j);
}

/* file "": there is none. */
static void attach(struct junit *j, const char *file)
{
    char *path = attachment_path(file, j->o->attachment_base, j->path);

    char *shown = printable_text(path, false); /* XML has no other names */

    if (*file && !strpbrk(path, "[]|") && !strcmp(path, shown)) { /* readers take those for the tag's own */
        xmlTextWriterWriteFormatString(j->w, "[[ATTACHMENT|%s]]\n", path);
    }
    free(shown);
    free(path);
}

static void write_output(struct junit *j, const struct report_case *c)
{
    xmlTextWriterWriteString(j->w, BAD_CAST c->output);
    attach(j, c->vcd);
    attach(j, c->picture);
}

static void begin_case(struct junit *j, const char *class, const char *name, const char *file, unsigned line)
{
    begin(j, "testcase");
    attribute(j, "classname", class);
    attribute(j, "name", name);
    if (j->dialect == LOOSE) {
        attribute(j, "file", file);
        number(j, "line", line);
    }
}

static void write_case(struct junit *j, const struct report_case *c)
{
    begin_case(j, c->folder, c->unique, c->file, c->line);
    seconds(j, time_us(j, c));
    if (j->dialect == LOOSE) {
        properties(j, c);
    }
    outcome(j, c);
    if (j->dialect != ANT) {
        begin(j, "system-out");
        write_output(j, c);
        end(j);
    }
    end(j);
}

static bool is_first_of_folder(const struct report_cases *c, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (!strcmp(c->list[k].folder, c->list[i].folder)) {
            return false;
        }
    }
    return true;
}

static void begin_suite(struct junit *j, const char *name, const struct counts *n)
{
    struct tm tm;
    char text[32];

    begin(j, "testsuite");
    attribute(j, "name", name);
    if (j->dialect == ANT) {
        attribute(j, "package", name);
        number(j, "id", j->suites);
        attribute(j, "hostname", "localhost"); /* whose name is of no matter to what is simulated */
    }
    write_counts(j, n, true);
    gmtime_r(&j->now, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    attribute(j, "timestamp", text);
    if (j->dialect == ANT) {
        begin(j, "properties");
        end(j);
    }
    j->suites++;
}

static void write_suite(struct junit *j, const char *folder)
{
    const struct counts n = count(j, folder);
    const struct report_cases *all = j->cases;

    begin_suite(j, folder, &n);
    for (size_t i = 0; i < all->n; i++) {
        if (!strcmp(all->list[i].folder, folder)) {
            write_case(j, &all->list[i]);
        }
    }
    if (j->dialect == ANT) {
        begin(j, "system-out");
        for (size_t i = 0; i < all->n; i++) {
            if (!strcmp(all->list[i].folder, folder)) {
                write_output(j, &all->list[i]);
            }
        }
        end(j);
        begin(j, "system-err");
        end(j);
    }
    end(j);
}

static void write_change(struct junit *j, const char *baseline, const struct report_change *d)
{
    begin_case(j, "baseline", d->figure, baseline, 1);
    seconds(j, 0);
    if (d->kind == REPORT_CHANGE_WORSE) {
        begin(j, "failure");
        xmlTextWriterWriteFormatAttribute(j->w, BAD_CAST "message", "%s: %s, was %s", d->figure, d->is, d->was);
        attribute(j, "type", "worse");
        xmlTextWriterWriteFormatString(j->w, "%s: %s, was %s, allowed %s", d->figure, d->is, d->was, d->allowed);
        end(j);
    } else if (j->dialect != ANT) {
        begin(j, "system-out");
        xmlTextWriterWriteFormatString(j->w, "%s: %s, was %s", report_change_name(d->kind), d->is, d->was);
        end(j);
    }
    end(j);
}

/* Every figure that changed is a case; worse ones fail. */
static void write_changes(struct junit *j, const struct report_changes *c)
{
    struct counts n = { .tests = (unsigned)c->n, .failures = (unsigned)c->worse };

    begin_suite(j, "baseline", &n);
    for (size_t i = 0; i < c->n; i++) {
        write_change(j, c->baseline, &c->list[i]);
    }
    if (j->dialect == ANT) {
        begin(j, "system-out");
        for (size_t i = 0; i < c->n; i++) {
            const struct report_change *d = &c->list[i];

            xmlTextWriterWriteFormatString(j->w, "%s: %s: %s, was %s\n", report_change_name(d->kind), d->figure, d->is,
                                           d->was);
        }
        end(j);
        begin(j, "system-err");
        end(j);
    }
    end(j);
}

static bool write_junit(const struct report_cases *cases, const char *path, const struct report_options *o,
                        enum dialect dialect, struct problem *err)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    struct junit j = { .w = xmlNewTextWriterMemory(buffer, 0),
                       .cases = cases,
                       .path = path,
                       .o = o,
                       .dialect = dialect,
                       .now = time(NULL) };
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    bool ok = j.w != NULL;

    if (epoch && *epoch) {
        j.now = (time_t)strtoll(epoch, NULL, 10);
        j.reproducible = true;
    }
    if (ok) {
        struct counts n = count(&j, NULL);

        n.tests += cases->changes ? (unsigned)cases->changes->n : 0;
        n.failures += cases->changes ? (unsigned)cases->changes->worse : 0;

        xmlTextWriterSetIndent(j.w, 1);
        xmlTextWriterStartDocument(j.w, NULL, "UTF-8", NULL);
        begin(&j, "testsuites");
        if (dialect != ANT) {
            attribute(&j, "name", "limpet run");
            write_counts(&j, &n, false);
        }
        for (size_t i = 0; i < cases->n; i++) {
            if (is_first_of_folder(cases, i)) {
                write_suite(&j, cases->list[i].folder);
            }
        }
        if (cases->changes) {
            write_changes(&j, cases->changes);
        }
        ok = xmlTextWriterEndDocument(j.w) >= 0;
        xmlFreeTextWriter(j.w);
    }
    ok = ok ? report_write_file(path, (const char *)xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer), err)
            : problem_set(err, "%s: out of memory", path);
    xmlBufferFree(buffer);
    return ok;
}

static bool write_loose(const struct report_cases *c, const char *path, const struct report_options *o,
                        struct problem *err)
{
    return write_junit(c, path, o, LOOSE, err);
}

static bool write_strict(const struct report_cases *c, const char *path, const struct report_options *o,
                         struct problem *err)
{
    return write_junit(c, path, o, JENKINS, err);
}

static bool write_ant(const struct report_cases *c, const char *path, const struct report_options *o,
                      struct problem *err)
{
    return write_junit(c, path, o, ANT, err);
}

struct report_sink *report_junit_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_TEXT, path, o, write_loose);
}

struct report_sink *report_junit_strict_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_TEXT, path, o, write_strict);
}

struct report_sink *report_junit_ant_new(const char *path, const struct report_options *o)
{
    return report_cases_new(REPORT_CASES_TEXT, path, o, write_ant);
}
