/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_paths.h - what a user names on the command line as a list of scenario files
 *
 *      FILE            itself
 *      FOLDER          every .yaml and .yml in it and below, in the order of their names; files of sweeps are left out
 *      NAME            no such file here: a scenario that is installed, "miniframe/write_3_bit", or a folder of them
 *
 * Installed ones lie in $LIMPET_SCENARIO_DIR, or ../share/limpet/scenarios from the program (build tree: ../scenarios).
 */
#ifndef HARNESS_COMMANDS_SCENARIO_PATHS_H
#define HARNESS_COMMANDS_SCENARIO_PATHS_H

#include "sim/problem.h"

struct scenario_paths {
    char **list;
    unsigned n;
    bool with_sweeps; /* set before: of a folder, files of sweeps are not left out */
    bool only_sweeps; /* set before: ... and all else is */
    bool images;      /* set before: the name of a built-in image is that, whatever else is called so */
};

/* Adds what arg names. A file that is not there is added as it stands: opening it says why. False: err. */
bool scenario_paths_add(struct scenario_paths *p, const char *arg, struct problem *err);
void scenario_paths_free(struct scenario_paths *p);
/* The file is of a sweep, and not of a scenario. */
bool scenario_path_is_sweep(const char *path);

#endif
