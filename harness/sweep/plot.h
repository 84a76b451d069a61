/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot.h - a sweep as a picture: a coloured cell for each point, a grid for each combination of further axes
 *
 * Format by the file's name: .png or .svg (text as text, the same bytes on every machine). Each state has a colour and a mark, so that it can be read without
 * colour too.
 */
#ifndef HARNESS_SWEEP_PLOT_H
#define HARNESS_SWEEP_PLOT_H

#include "harness/sweep/sweep.h"

/* Ends in .png or .svg? */
bool plot_name_ok(const char *path, struct problem *err);
/* x, y: axes (equal when there is one only). False: err. */
bool plot_write(const char *path, const struct sweep *s, const struct sweep_result *results, unsigned x, unsigned y,
                struct problem *err);

#endif
