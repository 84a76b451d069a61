/* SPDX-License-Identifier: GPL-3.0-or-later */
/* idle_second.c - a board in programming mode on which nothing moves: CPU time of one simulated second */
#include "benchmarks/benchmark.h"
#include "harness/board/board.h"

#include <string.h>

#define SECONDS 100
#define SLICES 9

bool measure_idle_second(double *value, char *error, size_t error_size)
{
    static const char text[] = "board:\n  programmer:\n    script: {}\n";
    const struct board_options options = { 0 };
    struct problem problem = { "" };
    double best = 0;
    struct scenario *s = scenario_load_text("idle", text, strlen(text), NULL, 0, &problem);
    struct board *b = s ? board_new(s, &options, &problem) : NULL;
    bool ok = b && board_programmer(b)->ops->enter(board_programmer(b)->ctx, &problem);

    for (int i = 0; ok && i < SLICES; i++) {
        double t0 = benchmark_cpu_s();
        for (int k = 0; ok && k < SECONDS; k++) {
            ok = board_run(b, SIM_S, &problem);
        }
        double ms = (benchmark_cpu_s() - t0) * 1e3 / SECONDS;
        best = i == 0 || ms < best ? ms : best;
    }
    if (ok) {
        *value = best;
    }
    if (b) {
        board_free(b);
    }
    if (s) {
        scenario_free(s);
    }
    return ok || benchmark_fail(error, error_size, "%s", problem.text);
}
