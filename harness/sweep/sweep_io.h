/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep_io.h - results of a sweep as text, CSV and JSON, and JSON back again
 *
 * CSV     a line per point: the axes' values, result, violations, sck_hz, cpu_hz, simulated_s, why, message,
 *         outcome, cells
 * JSON    the sweep (name, scenario, axes) and its runs; what one shard did not run is absent. Merging files of
 *         the same sweep gives the whole.
 */
#ifndef HARNESS_SWEEP_SWEEP_IO_H
#define HARNESS_SWEEP_SWEEP_IO_H

#include "harness/sweep/sweep.h"

#include <stdio.h>

/*
 * Grids of results: columns from one axis, rows from another, a grid for each combination of the rest. Axes by
 * index; x may equal y when there is only one.
 */
void sweep_table(FILE *out, const struct sweep *s, const struct sweep_result *results, unsigned x, unsigned y);
/* How many of each outcome, and the first that is silently wrong. True: there is one. */
void sweep_write_outcomes(FILE *out, const struct sweep *s, const struct sweep_result *results);
/*
 * The same grids as Markdown; a cell that passed says at which SCK and which clock of the target, one that
 * failed why.
 */
bool sweep_write_markdown(const char *path, const struct sweep *s, const struct sweep_result *results, unsigned x,
                          unsigned y, struct problem *err);
bool sweep_write_csv(const char *path, const struct sweep *s, const struct sweep_result *results, struct problem *err);
bool sweep_write_json(const char *path, const struct sweep *s, const struct sweep_result *results, struct problem *err);

/*
 * Adds the runs of a JSON file. The first file (*results NULL) makes the sweep, without what its choices set; the
 * others must be of the same one. A point in two files must have come out the same.
 */
bool sweep_merge_json(const char *path, struct sweep *s, struct sweep_result **results, struct problem *err);

#endif
