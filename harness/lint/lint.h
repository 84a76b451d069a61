/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint.h - every mistake of a file at once, each with its line and a caret
 *
 *      load --mistake at a place--> told; the value there is taken out --> load again ... --> no mistake is left
 *
 * The loader itself says what is wrong, so that lint and run agree. What only a value that was taken out has caused (its
 * map is incomplete now) is not told.
 */
#ifndef HARNESS_LINT_LINT_H
#define HARNESS_LINT_LINT_H

#include "sim/problem.h"

#include <stdio.h>

#define LINT_MOST 200 /* mistakes of a file that are told */

enum lint_result { LINT_CLEAN, LINT_MISTAKES, LINT_UNREADABLE };

/* A scenario, told to out. *n: how many mistakes. */
enum lint_result lint_scenario(const char *path, FILE *out, unsigned *n);
/* The message, and the line that its place names with a caret below, if it names one of the text. */
void lint_tell(FILE *out, const char *path, const char *text, size_t n, const char *message);

#endif
