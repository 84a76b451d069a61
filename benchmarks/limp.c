/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limp.c - limp mode: the slowest session there is against real time, and the shipped sweep
 *
 * limp-session   a chip at 4096 Hz: enter, signature, three fuses, verify. Simulated time over CPU time.
 * sweep          scenarios/sweeps/recovery.yaml, 480 sessions, on two processes. Wall clock.
 */
#include "benchmarks/benchmark.h"
#include "harness/board/board.h"
#include "harness/sweep/pool.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLICES 5

static bool session(struct board *b, struct problem *err)
{
    static const uint8_t fuses[3] = { 0x62, 0xD9, 0xFF };
    struct programmer *p = board_programmer(b);
    uint8_t sig[3], value;

    if (!p->ops->enter(p->ctx, err) || !p->ops->signature(p->ctx, sig, err)) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (!p->ops->write_fuse(p->ctx, (enum prog_fuse)i, fuses[i], err)) {
            return false;
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        if (!p->ops->read_fuse(p->ctx, (enum prog_fuse)i, &value, err) || value != fuses[i]) {
            return err->text[0] ? false : problem_set(err, "%s reads 0x%02X", prog_fuse_name((enum prog_fuse)i), value);
        }
    }
    return p->ops->leave(p->ctx, err);
}

bool measure_limp_session(double *value, char *error, size_t error_size)
{
    static const char text[] = "board:\n"
                               "  target: {fuses: {low: 0x64}, clock: {crystal: 32.768 kHz}}\n"
                               "  programmer: {firmware: " FIRMWARE_DIR "/limpisp.elf, host: stk500v2}\n";
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("limp-session", text, strlen(text), NULL, 0, &err);
    bool ok = s != NULL;

    *value = 0;
    for (int i = 0; ok && i < SLICES; i++) {
        struct board *b = board_new(s, NULL, &err);
        double t0, cpu_s;
        sim_time begin;

        ok = b && board_run(b, 1500 * SIM_MS, &err); /* the crystal starts */
        if (!ok) {
            break;
        }
        begin = board_now(b);
        t0 = benchmark_cpu_s();
        ok = session(b, &err);
        cpu_s = benchmark_cpu_s() - t0;
        if ((double)(board_now(b) - begin) / 1e12 / cpu_s > *value) {
            *value = (double)(board_now(b) - begin) / 1e12 / cpu_s;
        }
        board_free(b);
    }
    scenario_free(s);
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}

bool measure_sweep(double *value, char *error, size_t error_size)
{
    struct problem err = { "" };
    struct sweep s;
    struct sweep_job job = { .sweep = &s, .run = sweep_run_point, .jobs = 2, .shards = 1 };
    struct sweep_result *results;
    struct timespec t0, t1;
    unsigned n, bad = 0;
    bool ok;

    if (!sweep_load(&s, SOURCE_DIR "/scenarios/sweeps/recovery.yaml", &err)) {
        return benchmark_fail(error, error_size, "%s", err.text);
    }
    n = sweep_points(&s);
    results = memory_zeroed(n, sizeof *results);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    ok = sweep_run(&job, results, &err);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    *value = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) * 1e-9;
    for (unsigned i = 0; i < n; i++) {
        bad += results[i].state == SWEEP_BAD || results[i].state == SWEEP_NOT_RUN;
    }
    if (ok && (bad || n < 480)) {
        ok = problem_set(&err, "%u of %u sessions could not be run: %s", bad, n, results[0].message);
    }
    free(results);
    sweep_free(&s);
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}
