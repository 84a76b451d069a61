/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h - sweeps, or judgements, one after another: what was named, chosen by tags, one report, one exit status
 *
 *      paths --> load, choose by tags --> run each: title, its own output, cases --> what did not pass --> worst status
 *
 * One that can't be read or run is told and does not keep the others from running.
 */
#ifndef HARNESS_COMMANDS_SERIES_H
#define HARNESS_COMMANDS_SERIES_H

#include "harness/commands/report_args.h"
#include "harness/commands/scenario_choice.h"
#include "harness/commands/scenario_paths.h"
#include "harness/report/report.h"

#define SERIES_SKIPPED 3 /* beside enum exit_status: it can't take part, err says why */

struct series {
    const char *command;         /* "limpet sweep" */
    const char *one, *many;      /* "sweep", "sweeps" */
    struct scenario_paths paths; /* those named, by scenario_paths_add() */
    const struct scenario_choice *choice;
    const struct report_args *args;
    /* Reads it, once. tags: where its tags go, to be freed, if it has any; NULL: nobody asks. NULL: err. */
    void *(*load)(void *ctx, const char *path, char **tags, struct problem *err);
    /*
     * Runs one, tells its cases; with --quiet only of one that failed, which it then names itself, for no title is
     * written. enum exit_status, or SERIES_SKIPPED. err: why it did not pass, for the list at the end, with its place
     * if there is one; of bad input it is told at once too, unless it is empty.
     */
    int (*run)(void *ctx, const char *path, void *loaded, struct report *to, struct problem *err);
    void (*unload)(void *loaded);
    void *ctx;
    const bool *clash; /* set by load: a report would overwrite what is read, none is written. NULL: no */
};

/* Runs them. Whoever calls has looked whether the reports can be written. Returns the exit status; all is told. */
int series_run(struct series *s);

#endif
