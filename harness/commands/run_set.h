/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_set.h - the scenarios that `limpet run` was given: read, chosen, run one by one or several at a time
 *
 *      paths --> load: bad ones are told at once --> choose by tags --> run, in processes --> report, in their order
 *
 * However many run at a time, the report is told the same in the same order.
 */
#ifndef HARNESS_COMMANDS_RUN_SET_H
#define HARNESS_COMMANDS_RUN_SET_H

#include "harness/commands/board_args.h"
#include "harness/commands/run_firmware.h"
#include "harness/commands/scenario_choice.h"
#include "harness/commands/scenario_paths.h"
#include "harness/report/report.h"

struct run_set_options {
    struct board_args board;
    const char *vcd_dir;
    bool vcd_on_failure;
    const struct scenario_set *sets;
    unsigned n_sets;
    struct scenario_choice choice;
    unsigned jobs;  /* 0: one per core */
    bool fail_fast; /* after a failure the others are skipped */
    bool strict;    /* findings that no expectation names fail */
    bool pictures;  /* a report wants them */
    bool attach;    /* a report names files: beside a VCD a picture of what went wrong */
    bool progress;  /* a line on stderr, a terminal, that goes away again */
};

struct run_set_item {
    const char *path;
    struct scenario *scenario;   /* NULL: it could not be read */
    struct recording *recording; /* whose scenario it is; NULL: a scenario as such */
    char *problem;               /* ... and why; NULL: none */
    char *tags;                  /* "isp, slow" */
    char *skip;                  /* why it is not run; NULL: it is */
    struct board *board;         /* built to see whether it can be; the run takes it. NULL: it is built anew */
    struct kept_chip chip;       /* the board's */
};

struct run_set {
    const struct run_set_options *o;
    struct scenario_paths paths;
    struct run_firmware firmware; /* image NULL: none was given, or for one scenario only */
    struct run_set_item *items;
    unsigned n;
    unsigned n_taking; /* of n: those that can take the firmware */
    unsigned ended;    /* for the progress line */
    bool progress_shown, stopped, went_wrong;
    struct report *report;
};

/* args: as scenario_paths.h. False: a folder can't be read, or nothing has the tags; err. Files that are wrong are told. */
bool run_set_load(struct run_set *s, const struct run_set_options *o, const char *const *args, unsigned n_args,
                  struct problem *err);
/* False: something could not be run or written; it was told. */
bool run_set_run(struct run_set *s, struct report *r, struct problem *err);
void run_set_free(struct run_set *s);
/* Takes the line of progress away, if there is one. */
void run_set_clear_progress(void *set);

#endif
