/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_wire.h - a run's report as bytes, from the process that runs it to the one that reports
 *
 *      steps --> report --> wire sink --> FILE ... bytes --> report_replay() --> report --> sinks
 *
 * Both are the same program: numbers and enums go as they are in memory. What is replayed gives each sink what it would
 * have been told in one process.
 */
#ifndef HARNESS_RUN_REPORT_WIRE_H
#define HARNESS_RUN_REPORT_WIRE_H

#include "harness/report/report.h"

#include <stdio.h>

/* out stays the caller's. */
struct report_sink *report_wire_new(FILE *out);
/* Beside the report: what went wrong with the run's files. */
void report_wire_problem(FILE *out, const char *text);

struct report_replay { /* whom a replay asks and tells */
    void (*problem)(void *ctx, const char *text);
    /* The firmware's lines, asked for where something was found; they live until the next call. NULL: not known. */
    struct source_lines *(*lines)(void *ctx);
    void *ctx;
};

/*
 * died: "was killed by signal 11", NULL: it did not. Problems go to problem, told each. False: the bytes end before the
 * run does; it has been reported as an error then.
 */
bool report_replay(struct report *r, const struct report_run *run, const char *bytes, size_t n, const char *died,
                   const struct report_replay *how);

#endif
