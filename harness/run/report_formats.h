/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_formats.h - formats that `limpet run` writes results in, beside the text on its standard output
 *
 * A further format is a file with its sink and a row.
 */
#ifndef HARNESS_RUN_REPORT_FORMATS_H
#define HARNESS_RUN_REPORT_FORMATS_H

#include "harness/run/report.h"

struct report_format {
    const char *option; /* limpet run --OPTION FILE */
    const char *help;
    /* Writes to path when it is closed. path must outlive the sink. */
    struct report_sink *(*create)(const char *path, bool verbose);
};

extern const struct report_format report_formats[]; /* option NULL at the end */
#define REPORT_FORMATS_MAX 8                        /* rows */

/* report_junit.c: one <testsuite>, a <testcase> per scenario; `time` is simulated, so two runs give the same file */
struct report_sink *report_junit_new(const char *path, bool verbose);
/* report_findings.c: docs/findings.schema.json */
struct report_sink *report_findings_new(const char *path, bool verbose);

#endif
