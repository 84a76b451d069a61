/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scratch_dir.h - a folder for what is made on the way; gone at the end, and after a kill by the next one
 *
 * It lies in $TMPDIR or /tmp ("limpet-NAME-XXXXXX") and is locked while its process lives. One of the same name and
 * user that nobody locks was left by a kill: scratch_dir_make() removes it.
 */
#ifndef HARNESS_BASE_SCRATCH_DIR_H
#define HARNESS_BASE_SCRATCH_DIR_H

#include "sim/problem.h"

#include <stdbool.h>

struct scratch_dir {
    char *path;
    int fd; /* of the folder, locked */
};

/* False and err: "PATH: reason". */
bool scratch_dir_make(struct scratch_dir *d, const char *name, struct problem *err);
/* With all that is in it. */
void scratch_dir_remove(struct scratch_dir *d);

#endif
