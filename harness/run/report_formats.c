/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/report_formats.h"

const struct report_format report_formats[] = {
    { "junit", "Write the results as JUnit XML", report_junit_new },
    { "findings", "Write findings, notes and margins as JSON", report_findings_new },
    { NULL, NULL, NULL },
};

_Static_assert(sizeof report_formats / sizeof report_formats[0] <= REPORT_FORMATS_MAX + 1, "REPORT_FORMATS_MAX");
