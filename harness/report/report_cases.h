/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_cases.h - what file reports keep of each scenario until they are written, and a sink that keeps it
 *
 *      report --> cases sink: collects, each run's text as for people --> write(all cases) at the end
 */
#ifndef HARNESS_RUN_REPORT_CASES_H
#define HARNESS_RUN_REPORT_CASES_H

#include "harness/base/json_text.h"
#include "harness/report/report_formats.h"

#include <stdio.h>

struct report_case_failure {
    char *place, *text, *cause; /* the latter may be "" */
    unsigned line;              /* of place */
};

struct report_case {
    char *file, *name, *tags, *description; /* the latter two may be "" */
    char *folder;                           /* of the file, with dots: "scenarios.miniframe"; "limpet": none */
    char *unique;                           /* the name, with " (2)" where folder and name repeat */
    uint64_t seed;
    bool seedless;
    enum report_verdict verdict;
    char *message; /* the first failure, or why it did not run */
    unsigned line; /* of file, that message is about */
    struct report_case_failure *failures;
    unsigned n_failures;
    char *output; /* the scenario's whole report as text */
    size_t output_bytes;
    sim_time took_ps;
    uint64_t wall_us, unexpected;
    struct checker checker; /* findings and margins, owned; zeroed: it did not run */
    bool ran;
    char **sources; /* of each finding: where the firmware was; "" not known */
    struct report_picture *pictures;
    unsigned n_pictures;
    char *instructions, *vcd, *picture; /* "" none */
    json_t *findings, *margins, *cut;   /* as finding_json.h has them; NULL unless asked for, or it did not run */
};

struct report_cases {
    struct report_case *list;
    size_t n;
    struct report_totals totals;
    const struct report_changes *changes; /* NULL: nothing was compared */
    struct json_builder b;                /* of findings, margins, cut */
};

enum report_cases_what { REPORT_CASES_TEXT, REPORT_CASES_JSON, REPORT_CASES_SOURCES };

/* write: false and err if it can't be. path and o must outlive the sink. */
struct report_sink *report_cases_new(enum report_cases_what what, const char *path, const struct report_options *o,
                                     bool (*write)(const struct report_cases *c, const char *path,
                                                   const struct report_options *o, struct problem *err));
/* The whole of text to path, or nothing. */
bool report_write_file(const char *path, const char *text, size_t n, struct problem *err);

#endif
