/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outputs.h - the files that a command will write, looked at before anything runs
 *
 * An empty path, one that can't be written, two options that name one file, and an input that would be overwritten are
 * told at once, and not after a run whose results would be lost. Nothing is changed.
 */
#ifndef HARNESS_BASE_OUTPUTS_H
#define HARNESS_BASE_OUTPUTS_H

#include "harness/base/input_file.h"
#include "sim/problem.h"

#include <stdbool.h>

struct output {
    const char *option; /* "--vcd" */
    const char *path;   /* NULL: not asked for */
};

/* Is any of them asked for? */
bool outputs_given(const struct output *o, unsigned n);
/* inputs: paths that must stay as they are. */
bool outputs_possible(const struct output *o, unsigned n, const char *const *inputs, unsigned n_inputs,
                      struct problem *err);
/* The same of what a scenario and its board have read. */
bool outputs_spare(const struct output *o, unsigned n, const struct input_files *inputs, struct problem *err);
/* Where a link or a socket is made: each a path of its own, and no output's. */
bool places_possible(const struct output *place, unsigned n_places, const struct output *o, unsigned n,
                     struct problem *err);

#endif
