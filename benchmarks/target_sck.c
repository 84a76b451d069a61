/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_sck.c - the target alone, driven through its pins by a C loop: SCK edges per second of CPU time
 *
 * 125 kHz, factory-fresh (1 MHz). Reads the signature over and over, and looks at the answer on MISO.
 */
#include "benchmarks/benchmark.h"
#include "sim/rng.h"
#include "sim/target_avr.h"

#include <stdlib.h>

#define HALF_PS (4 * SIM_US)
#define INSTRUCTIONS 20000
#define SLICES 9

struct rig {
    struct sim sim;
    struct net reset_n, sck, mosi, miso;
    struct net_driver d_reset, d_sck, d_mosi;
    struct nvm nvm;
    struct target target;
};

static void level(struct net_driver *d, bool high)
{
    net_drive(d, high ? NET_1 : NET_0, NET_STRONG);
}

static void pass(struct rig *r, sim_time d_ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + d_ps);
}

static void start(struct rig *r)
{
    const struct target_config cfg = target_config_default(&part_atmega328p);
    const struct target_pins pins = { .reset_n = &r->reset_n, .sck = &r->sck, .mosi = &r->mosi, .miso = &r->miso };

    sim_init(&r->sim, 1);
    net_init(&r->reset_n, &r->sim, "reset");
    net_init(&r->sck, &r->sim, "sck");
    net_init(&r->mosi, &r->sim, "mosi");
    net_init(&r->miso, &r->sim, "miso");
    net_attach(&r->reset_n, &r->d_reset, "script");
    net_attach(&r->sck, &r->d_sck, "script");
    net_attach(&r->mosi, &r->d_mosi, "script");
    level(&r->d_sck, false);
    level(&r->d_mosi, false);
    level(&r->d_reset, false);
    nvm_init(&r->nvm, &part_atmega328p, &cfg.switches, 1);
    target_init(&r->target, &r->sim, &cfg, &r->nvm, &pins, NULL);
    pass(r, 20 * SIM_MS);
    level(&r->d_reset, true);
    pass(r, SIM_MS);
    level(&r->d_reset, false);
    pass(r, 25 * SIM_MS);
}

/* Sends four bytes and returns what came back, 64 SCK edges. */
static uint32_t instruction(struct rig *r, uint32_t send)
{
    uint32_t answer = 0;

    for (int bit = 31; bit >= 0; bit--) {
        level(&r->d_mosi, send >> bit & 1);
        pass(r, HALF_PS);
        level(&r->d_sck, true);
        answer = answer << 1 | net_is_high(&r->miso, true);
        pass(r, HALF_PS);
        level(&r->d_sck, false);
    }
    return answer;
}

bool measure_target_sck(double *value, char *error, size_t error_size)
{
    static const uint8_t signature[3] = { 0x1e, 0x95, 0x0f };
    struct rig *r = calloc(1, sizeof *r);
    double best = 0;
    bool ok;

    start(r);
    ok = (instruction(r, 0xac530000) >> 8 & 0xff) == 0x53;
    for (int i = 0; ok && i < SLICES; i++) {
        double t0 = benchmark_cpu_s();
        for (unsigned k = 0; ok && k < INSTRUCTIONS; k++) {
            ok = (instruction(r, 0x30000000 | k % 3 << 8) & 0xff) == signature[k % 3];
        }
        double rate = 64.0 * INSTRUCTIONS / (benchmark_cpu_s() - t0) / 1e6;
        best = rate > best ? rate : best;
    }
    free(r);
    if (!ok) {
        return benchmark_fail(error, error_size, "the target answers wrong");
    }
    *value = best;
    return true;
}
