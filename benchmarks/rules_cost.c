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
#include "sim/target_avr.h"

#include <stdlib.h>
#include <string.h>

#define INSTRUCTIONS 4000
#define SLICES 31

struct rig {
    struct sim sim;
    struct net reset_n, sck, mosi, miso;
    struct net_driver d_reset, d_sck, d_mosi;
    struct nvm nvm;
    struct checker checker;
    struct checker_contention contention[4];
    struct target target;
    sim_time half_ps;
};

static void level(struct net_driver *d, bool high)
{
    net_drive(d, high ? NET_1 : NET_0, NET_STRONG);
}

static void pass(struct rig *r, sim_time d_ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + d_ps);
}

static void where(void *ctx, struct checker_where *w)
{
    static const uint8_t stack[CHECKER_STACK_BYTES];

    (void)ctx;
    w->has_pc = true;
    w->pc = 0x1234;
    w->n_stack = 40;
    memcpy(w->stack, stack, 40);
}

static void start(struct rig *r, bool with_rules, sim_time half_ps)
{
    const struct target_config cfg = target_config_default(&part_atmega328p);
    const struct target_pins pins = { .reset_n = &r->reset_n, .sck = &r->sck, .mosi = &r->mosi, .miso = &r->miso };
    struct net *const wires[4] = { &r->reset_n, &r->sck, &r->mosi, &r->miso };
    struct net_driver *const drivers[3] = { &r->d_reset, &r->d_sck, &r->d_mosi };

    r->half_ps = half_ps;
    sim_init(&r->sim, 1);
    checker_init(&r->checker, &r->sim);
    r->checker.where = where;
    for (unsigned i = 0; i < 4; i++) {
        net_init(wires[i], &r->sim, "wire");
        if (i < 3) {
            net_attach(wires[i], drivers[i], "script");
            level(drivers[i], false);
        }
        if (with_rules) {
            checker_watch_contention(&r->checker, &r->contention[i], wires[i]);
        }
    }
    nvm_init(&r->nvm, &part_atmega328p, &cfg.switches, 1);
    target_init(&r->target, &r->sim, &cfg, &r->nvm, &pins, with_rules ? &r->checker : NULL);
    pass(r, 20 * SIM_MS);
    level(&r->d_reset, true);
    pass(r, SIM_MS);
    level(&r->d_reset, false);
    pass(r, 25 * SIM_MS);
}

static void instruction(struct rig *r, uint32_t send)
{
    for (int bit = 31; bit >= 0; bit--) {
        level(&r->d_mosi, send >> bit & 1);
        pass(r, r->half_ps);
        level(&r->d_sck, true);
        pass(r, r->half_ps);
        level(&r->d_sck, false);
    }
}

static double slice_s(struct rig *r)
{
    double t0 = benchmark_cpu_s();

    for (unsigned k = 0; k < INSTRUCTIONS; k++) {
        instruction(r, 0x30000000 | k % 3 << 8);
    }
    return benchmark_cpu_s() - t0;
}

static bool measure(sim_time half_ps, bool broken, double *value, char *error, size_t error_size)
{
    struct rig *with = calloc(1, sizeof *with), *without = calloc(1, sizeof *without);
    double ns[SLICES];

    start(with, true, half_ps);
    start(without, false, half_ps);
    instruction(with, 0xAC530000);
    instruction(without, 0xAC530000);
    for (unsigned i = 0; i < SLICES; i++) {
        double alone_s = slice_s(without);

        ns[i] = (slice_s(with) - alone_s) * 1e9 / (64.0 * INSTRUCTIONS);
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
