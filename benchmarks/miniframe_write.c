/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe_write.c - 32 KiB written through the RS232 miniframe circuit at 115200 baud: simulated time over CPU time
 *
 * About 10^6 miniframes: UART cells, RC circuit, target, all of it by its edges; trace off.
 */
#include "benchmarks/benchmark.h"
#include "harness/board/board.h"
#include "sim/nvm.h"
#include "sim/rng.h"

#include <string.h>

#define BYTES 32768
#define SLICES 3

static const char board[] = "board:\n"
                            "  programmer:\n"
                            "    miniframe: {circuit: two_4001}\n"
                            "  pull_ups: {reset: 10 kOhm}\n";

static bool session(struct board *b, const uint8_t *data, double *ratio, struct problem *err)
{
    struct programmer *p = board_programmer(b);
    sim_time before;
    double cpu;

    if (!p->ops->enter(p->ctx, err) || !p->ops->erase(p->ctx, err)) {
        return false;
    }
    before = board_now(b);
    cpu = benchmark_cpu_s();
    if (!p->ops->write(p->ctx, PROG_FLASH, 0, data, BYTES, err)) {
        return false;
    }
    *ratio = (double)(board_now(b) - before) * 1e-12 / (benchmark_cpu_s() - cpu);
    if (memcmp(board_nvm(b)->cells.flash, data, BYTES)) {
        return problem_set(err, "the flash does not hold what was written");
    }
    return p->ops->leave(p->ctx, err);
}

bool measure_miniframe_write(double *value, char *error, size_t error_size)
{
    static uint8_t data[BYTES];
    struct sim_rng rng = sim_rng_stream(1, "benchmark data");
    double ratio[SLICES];
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("miniframe-write", board, sizeof board - 1, NULL, 0, &err);
    struct board *b = s ? board_new(s, NULL, &err) : NULL;
    bool ok = b != NULL;

    for (unsigned i = 0; i < BYTES; i++) {
        data[i] = (uint8_t)sim_rng_next(&rng);
    }
    for (unsigned i = 0; ok && i < SLICES; i++) {
        ok = session(b, data, &ratio[i], &err);
    }
    board_free(b);
    scenario_free(s);
    if (!ok) {
        return benchmark_fail(error, error_size, "%s", err.text);
    }
    *value = benchmark_median(ratio, SLICES);
    return true;
}
