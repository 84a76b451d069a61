/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h - findings, margins and the verdict of a run as text for people
 *
 * Writes to a stream that the caller gives. The same run gives the same text, byte for byte.
 */
#ifndef HARNESS_RUN_REPORT_H
#define HARNESS_RUN_REPORT_H

#include "harness/scenario/scenario.h"
#include "sim/checker.h"

#include <stdio.h>

struct report {
    FILE *out;
    const char *file; /* of the scenario, for places */
    bool verbose;     /* every step, not only what failed */
    unsigned failures;
    char first_failure[400];
};

/* "12.345 678 901 ms" style is avoided: seconds with nine decimals and picoseconds where they matter. */
const char *report_time(sim_time t_ps, char *buf, unsigned n);

/* The first REPORT_FINDINGS_PER_RULE of each rule, then how many there were, and the worst margins. */
#define REPORT_FINDINGS_PER_RULE 5
void report_findings(FILE *out, const struct checker *c);

/* A step that is about to happen (verbose only). */
void report_step(struct report *r, unsigned number, sim_time at_ps, const char *what);
/* An indented line under it (verbose only). */
void report_note(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What a program said, as it is (verbose only). */
void report_output(struct report *r, const char *text);
/* Something came out wrong: "file:line:column: text". */
void report_failure(struct report *r, const struct scenario_place *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
