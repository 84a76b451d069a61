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

#include "harness/scenario/scenario.h"
#include "sim/problem.h"

#include <stdio.h>

#define LINT_MOST 200 /* mistakes of a file that are told */

enum lint_result { LINT_CLEAN, LINT_MISTAKES, LINT_UNREADABLE };

/* Reads a file's text without the values that gone names (scenario_set); false and err: the first mistake of the rest. */
typedef bool lint_loader(const char *path, const char *text, size_t n, const struct scenario_set *gone, unsigned n_gone,
                         struct problem *err);

/* Whatever a loader reads, told to out. *n: how many mistakes. */
enum lint_result lint_by(lint_loader *load, const char *path, FILE *out, unsigned *n);
/* A scenario, told to out. *n: how many mistakes. */
enum lint_result lint_scenario(const char *path, FILE *out, unsigned *n);
/* The message, and the line that its place names with a caret below, if it names one of the text. */
void lint_tell(FILE *out, const char *path, const char *text, size_t n, const char *message);

#endif
