/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shared_beginning.c - a sweep whose points share a beginning runs it once
 *
 * sweep-shared   shared_beginning.yaml, a session of 4 KiB, with eight waits behind it: CPU time of the points run each
 *                from its start over that of the sweep, of all processes. What comes out must be the same.
 */
#include "benchmarks/benchmark.h"
#include "harness/sweep/pool.h"

#include <string.h>
#include <sys/resource.h>

#define POINTS 8
#define RUNS 3 /* of both, in turn: the median of their ratios */

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

static double cpu_of_all_s(void)
{
    struct rusage own, children;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return seconds(&own.ru_utime) + seconds(&own.ru_stime) + seconds(&children.ru_utime) + seconds(&children.ru_stime);
}

static bool run(struct sweep *s, bool together, struct sweep_result *results, double *cpu_s, struct problem *err)
{
    struct sweep_job job = { .sweep = s, .run = sweep_run_point, .jobs = 1, .shards = 1 };
    double t0 = cpu_of_all_s();

    if (together) {
        job.begin = sweep_begin_points;
        job.end = sweep_end_point;
        job.free_begun = sweep_begun_free;
    }
    memset(results, 0, POINTS * sizeof *results);
    bool ok = sweep_run(&job, results, err);
    *cpu_s = cpu_of_all_s() - t0;
    for (unsigned i = 0; ok && i < POINTS; i++) {
        ok = results[i].state == SWEEP_PASS || problem_set(err, "point %u: %s", i, results[i].message);
    }
    return ok;
}

bool measure_sweep_shared(double *value, char *error, size_t error_size)
{
    static struct sweep_result apart[POINTS], together[POINTS];
    double ratio[RUNS], apart_s, together_s;
    struct problem err = { "" };
    struct sweep s;

    if (!sweep_load(&s, SOURCE_DIR "/benchmarks/shared_beginning.yaml", &err)) {
        return benchmark_fail(error, error_size, "%s", err.text);
    }
    bool ok = sweep_vary(&s, "steps[3].wait=1 ms..8 ms step 1 ms", &err);
    for (unsigned i = 0; ok && i < RUNS; i++) {
        ok = run(&s, false, apart, &apart_s, &err) && run(&s, true, together, &together_s, &err) &&
             (!memcmp(apart, together, sizeof apart) || problem_set(&err, "the points came out otherwise"));
        ratio[i] = ok ? apart_s / together_s : 0;
    }
    if (ok) {
        *value = benchmark_median(ratio, RUNS);
    }
    sweep_free(&s);
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}
