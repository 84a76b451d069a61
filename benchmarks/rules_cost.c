/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rules_cost.c - what the rules cost an edge of SCK: the same target with a checker and without, in turn
 *
 * With: as on a board, contention is watched on all four wires, and each finding and worse margin is told where the
 * programmer's program is (a stack of the usual depth is copied). Symbols are looked up by reports only, once a finding.
 * kept: 125 kHz on a chip at 1 MHz, no rule is broken. broken: 1 MHz, both phases of all bits are, and the list is full
 * after a millisecond; without a checker the target hears just as little.
 */
#include "benchmarks/benchmark.h"
#include "benchmarks/target_rig.h"

#include <stdlib.h>
#include <string.h>

#define INSTRUCTIONS 4000
#define SLICES 31

static void where(void *ctx, struct checker_where *w)
{
    static const uint8_t stack[CHECKER_STACK_BYTES];

    (void)ctx;
    w->has_pc = true;
    w->pc = 0x1234;
    w->n_stack = 40;
    memcpy(w->stack, stack, 40);
}

static void instruction(struct target_rig *r, sim_time half_ps, uint32_t send)
{
    for (int bit = 31; bit >= 0; bit--) {
        target_rig_level(r, RIG_MOSI, send >> bit & 1);
        target_rig_pass(r, half_ps);
        target_rig_level(r, RIG_SCK, true);
        target_rig_pass(r, half_ps);
        target_rig_level(r, RIG_SCK, false);
    }
}

static double slice_s(struct target_rig *r, sim_time half_ps)
{
    double t0 = benchmark_cpu_s();

    for (unsigned k = 0; k < INSTRUCTIONS; k++) {
        instruction(r, half_ps, 0x30000000 | k % 3 << 8);
    }
    return benchmark_cpu_s() - t0;
}

static bool measure(sim_time half_ps, bool broken, double *value, char *error, size_t error_size)
{
    struct target_rig *with = calloc(1, sizeof *with), *without = calloc(1, sizeof *without);
    double ns[SLICES];

    target_rig_start(with, where);
    target_rig_start(without, NULL);
    instruction(with, half_ps, 0xAC530000);
    instruction(without, half_ps, 0xAC530000);
    for (unsigned i = 0; i < SLICES; i++) {
        double alone_s = slice_s(without, half_ps);

        ns[i] = (slice_s(with, half_ps) - alone_s) * 1e9 / (64.0 * INSTRUCTIONS);
    }
    bool as_meant = (with->checker.violations > 1000) == broken &&
                    checker_margin(&with->checker, CHECK_SCK_HIGH)->measured_once;
    *value = benchmark_median(ns, SLICES);
    checker_free(&with->checker);
    free(with);
    free(without);
    return as_meant || benchmark_fail(error, error_size, "the rules saw something else than was meant");
}

bool measure_rules_kept(double *value, char *error, size_t error_size)
{
    return measure(4 * SIM_US, false, value, error, error_size);
}

bool measure_rules_broken(double *value, char *error, size_t error_size)
{
    return measure(500 * SIM_NS, true, value, error, error_size);
}
