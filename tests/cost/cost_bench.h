/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cost_bench.h - boards whose target, or whose programmer's Uno, executes a small program */
#ifndef TESTS_COST_COST_BENCH_H
#define TESTS_COST_COST_BENCH_H

#include "harness/board/board.h"
#include "tests/cost/program.h"

#define SLICE_PS (SIM_MS / 2)
#define START_PS (67 * SIM_MS) /* start-up takes 65 */

/* A board and what it came of. */
struct bench {
    struct scenario *s;
    struct board *b;
};

extern bool no_shortcuts;       /* of the boards that are built */
extern const char *bench_wires; /* of those with an ATmega328P as the target, more of the board in YAML */
extern const char bench_ties[]; /* resistors, strong and faint, and supplies on pins of ports B and D */

/* p NULL: compute. An ATmega328P: */
struct bench at_8_mhz(const struct program *p);
struct bench at_20_mhz(const struct program *p);
/* The programmer's Uno executes it, and a target in reset listens. */
struct bench on_uno(const struct program *p);
/* Another part, with these fuses. */
struct bench on_chip(const struct program *p, const char *chip, const char *fuses);
struct bench on_atmega8a(const struct program *p);
struct bench on_attiny85(const struct program *p);
void bench_end(struct bench *e);

void run(struct bench *e, sim_time t);

#endif
