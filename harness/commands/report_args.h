/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_args.h - the options that run, sweep and judge share: how many at a time, what counts, what is told
 *
 *      --jobs --strict --fail-fast, --quiet --color --report --junit ...
 *
 * An argp child of each of these commands. It fills struct report_args, whose results go into struct report.
 */
#ifndef HARNESS_COMMANDS_REPORT_ARGS_H
#define HARNESS_COMMANDS_REPORT_ARGS_H

#include "harness/base/outputs.h"
#include "harness/report/report_formats.h"

#include <argp.h>

#define REPORT_ARGS_MOST 16

struct report_args { /* zeroed: the defaults */
    unsigned jobs;   /* 0: one per core */
    bool strict, fail_fast, quiet;
    const char *colour; /* NULL: auto */
    struct report_options options;
    struct report_args_file {
        const struct report_format *format;
        const char *path;
        char option[40]; /* "--report junit" */
    } files[REPORT_ARGS_MOST];
    unsigned n_files;
    bool pictures; /* a report wants them */
    bool attaches; /* a report names files beside it */
};

extern const struct argp report_args_argp; /* input: struct report_args */

/* Colours on standard output: asked for, or a terminal, unless NO_COLOR is set or it is dumb. */
bool report_args_colour(const struct report_args *a);
/* Into out, which has room for REPORT_ARGS_MOST; returns how many. */
unsigned report_args_outputs(const struct report_args *a, struct output *out);
/* Adds a sink for each file; o (its picture_css may have been added) must live until the report is closed. */
void report_args_add_sinks(const struct report_args *a, const struct report_options *o, struct report *r);
/* 1..max, or the end of the program with a message. */
uint32_t report_args_number(struct argp_state *state, const char *option, const char *text, uint32_t max);
/* "2/5": the second of five; else the end of the program with a message. */
void report_args_shard(struct argp_state *state, const char *text, unsigned *shard, unsigned *shards);

#endif
