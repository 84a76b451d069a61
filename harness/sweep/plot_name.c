/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plot_name.c - which files a plot can be */
#include <string.h>

#include "harness/sweep/plot.h"

bool plot_name_ok(const char *path, struct problem *err)
{
    const char *dot = strrchr(path, '.');

    return (dot && (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".svg"))) ||
           problem_set(err, "%s: a plot is a .png or .svg", path);
}
