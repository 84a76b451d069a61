/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_formats.h - formats that `limpet run` writes results in, beside the text on its standard output
 *
 * A further format is a file with its sink and a row. All but JUnit's wall time and timestamp come from the simulation:
 * the same run gives the same file, with SOURCE_DATE_EPOCH JUnit's too.
 */
#ifndef HARNESS_RUN_REPORT_FORMATS_H
#define HARNESS_RUN_REPORT_FORMATS_H

#include "harness/report/report.h"

struct report_options {
    bool verbose;
    /* What paths of attachments start from: "absolute", "report" (the report's folder), a folder; NULL: as given */
    const char *attachment_base;
    const char *picture_css; /* html: colours of pictures in the dark; NULL: as they are */
};

struct report_format {
    const char *name; /* --report NAME=FILE */
    const char *help;
    bool pictures; /* wants them, and the instructions: the run is recorded for it */
    bool attaches; /* names files beside it: VCDs, and a picture of what went wrong */
    /* Writes to path when it is closed. path and o must outlive the sink. */
    struct report_sink *(*create)(const char *path, const struct report_options *o);
};

extern const struct report_format report_formats[]; /* name NULL at the end */

/* NULL: there is none, err lists those that there are. */
const struct report_format *report_format_find(const char *name, struct problem *err);

/* report_junit.c. Strict: only what junit-10.xsd knows */
struct report_sink *report_junit_new(const char *path, const struct report_options *o);
struct report_sink *report_junit_strict_new(const char *path, const struct report_options *o);
struct report_sink *report_junit_ant_new(const char *path, const struct report_options *o);
/* report_tap.c: TAP 14; flat: without subtests and YAML, for readers of TAP 12 and 13 */
struct report_sink *report_tap_new(const char *path, const struct report_options *o);
struct report_sink *report_tap_flat_new(const char *path, const struct report_options *o);
/* report_jsonl.c: a line of JSON a scenario, docs/results.schema.json */
struct report_sink *report_jsonl_new(const char *path, const struct report_options *o);
/* report_html.c: one page that holds everything and fetches nothing */
struct report_sink *report_html_new(const char *path, const struct report_options *o);
/* report_findings.c: docs/findings.schema.json */
struct report_sink *report_findings_new(const char *path, const struct report_options *o);

#endif
