/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * same.h - a program with shortcuts against itself without
 *
 * Four boards go side by side: one without shortcuts; and with them one that nobody looks at, one of which somebody
 * asks the levels of the target's pins now and then, one that tells every edge of them. What is compared after each
 * slice: pc, cycles, registers and SRAM of all; the levels of the pins of the third; every edge and its time of the
 * last. At the end, of all: levels, what a load of each I/O register gives, memories, findings.
 */
#ifndef TESTS_COST_SAME_H
#define TESTS_COST_SAME_H

#include "tests/cost/random_program.h"

/* Does something differ? What is told in `what`. */
bool is_other(const struct program *p, const struct kind *kind, char *what, unsigned n);
/* The control: a board that is a slice ahead is another, and a level, an edge, a register. */
bool notices_others(void);

#endif
