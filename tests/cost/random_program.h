/* SPDX-License-Identifier: GPL-3.0-or-later */
/* random_program.h - programs of stores to registers and loads, drawn at random */
#ifndef TESTS_COST_RANDOM_PROGRAM_H
#define TESTS_COST_RANDOM_PROGRAM_H

#include "sim/rng.h"
#include "tests/cost/cost_bench.h"

/* Which registers a part has, and which of them random programs use together. */
struct kind {
    struct bench (*build)(const struct program *p);
    const uint8_t (*parts)[24];
    unsigned n_parts, first, n;
    const char *name;
};
enum { KINDS = 4 }; /* the first two are ATmega328Ps */
extern const struct kind kinds[KINDS];

/* lds or sts, or in or out where it goes. Bytes. */
unsigned put_access(uint8_t *code, unsigned reg, unsigned address, bool stores);
/*
 * Values into registers, then up to 30 stores of r16, r17 or what was loaded, in a loop; wild: with SPM, SLEEP, SBI, a
 * stack that runs away. Bytes.
 */
unsigned random_program(struct sim_rng *r, const struct kind *kind, bool wild, uint8_t *code);

#endif
