/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problem.h - why something could not be done, as text for the user
 *
 * Functions that can fail on bad input return false (or NULL) and fill a struct problem; the command prints it
 * and exits 2. Texts name the place ("file:line:column: ") where there is one, and say what to do.
 */
#ifndef SIM_PROBLEM_H
#define SIM_PROBLEM_H

#include <stdarg.h>
#include <stdbool.h>

struct problem {
    char text[1024]; /* "" = none; one or more lines, no newline at the end */
};

/*
 * Sets the text (cut to fit); always false, so that a caller may `return problem_set(...)`. Where it begins with "%s:",
 * that is a file's name: control characters of it are escaped.
 */
bool problem_set(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds to the end of what is there, cut to fit; always false. */
bool problem_append(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void problem_append_v(struct problem *p, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
/* Puts "text: " before what is there; always false. */
bool problem_prefix(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
