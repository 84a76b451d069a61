/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_sck.c - the target alone, driven through its pins by a C loop: SCK edges per second of CPU time
 *
 * 125 kHz, factory-fresh (1 MHz). Reads the signature over and over, and looks at the answer on MISO.
 */
#include "benchmarks/benchmark.h"
#include "benchmarks/target_rig.h"

#include <stdlib.h>

#define HALF_PS (4 * SIM_US)
#define INSTRUCTIONS 20000
#define SLICES 9

/* Sends four bytes and returns what came back, 64 SCK edges. */
static uint32_t instruction(struct target_rig *r, uint32_t send)
{
    uint32_t answer = 0;

    for (int bit = 31; bit >= 0; bit--) {
        target_rig_level(r, RIG_MOSI, send >> bit & 1);
        target_rig_pass(r, HALF_PS);
        target_rig_level(r, RIG_SCK, true);
        answer = answer << 1 | net_is_high(&r->net[RIG_MISO], true);
        target_rig_pass(r, HALF_PS);
        target_rig_level(r, RIG_SCK, false);
    }
    return answer;
}

bool measure_target_sck(double *value, char *error, size_t error_size)
{
    static const uint8_t signature[3] = { 0x1e, 0x95, 0x0f };
    struct target_rig *r = calloc(1, sizeof *r);
    double best = 0;
    bool ok;

    target_rig_start(r, NULL);
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
