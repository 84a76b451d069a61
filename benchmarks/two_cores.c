/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * two_cores.c - the Uno with ArduinoISP, and a released target that runs its program beside it
 *
 * Against two of simavr's own loops with the same two images, one after the other on one thread. All four run at
 * 16 MHz, so a simulated second is 16 million cycles of each. The target's program is the demo's: it waits for
 * its serial port, and sends Morse code from a timer interrupt.
 */
#include "benchmarks/benchmark.h"
#include "benchmarks/peer.h"
#include "harness/board/board.h"
#include "sim/target_avr.h"

#include <string.h>

#define F_CPU_HZ 16000000
#define WARM_UP_S 1
#define SLICES 9

bool measure_two_cores(double *value, char *error, size_t error_size)
{
    static const char text[] = "board:\n"
                               "  target:\n"
                               "    fuses: {low: 0xFF}\n"
                               "    clock: {crystal: 16 MHz}\n"
                               "    flash: {file: " FIRMWARE_DIR "/demo_app.hex}\n"
                               "  programmer: {firmware: " FIRMWARE_DIR "/arduinoisp.elf}\n";
    const struct board_options options = { 0 };
    struct problem problem = { "" };
    struct peer *p[2] = {
        peer_new(FIRMWARE_DIR "/arduinoisp.elf", false),
        peer_new(FIRMWARE_DIR "/demo_app.elf", false),
    };
    struct scenario *s = scenario_load_text("two-cores", text, strlen(text), NULL, 0, &problem);
    struct board *b = s ? board_new(s, &options, &problem) : NULL;
    double ratio[WARM_UP_S + SLICES];
    bool ok = b && p[0] && p[1];

    for (int i = 0; ok && i < WARM_UP_S + SLICES; i++) {
        double t0 = benchmark_cpu_s();
        ok = peer_run(p[0], F_CPU_HZ) && peer_run(p[1], F_CPU_HZ);
        double t1 = benchmark_cpu_s();
        ok = ok && board_run(b, SIM_S, &problem);
        ratio[i] = (t1 - t0) / (benchmark_cpu_s() - t1);
    }
    if (ok && !board_target(b)->core_runs) {
        ok = problem_set(&problem, "the target does not run its program");
    }
    if (ok) {
        *value = benchmark_median(ratio + WARM_UP_S, SLICES);
    }
    for (int i = 0; i < 2; i++) {
        if (p[i]) {
            peer_free(p[i]);
        }
    }
    if (b) {
        board_free(b);
    }
    if (s) {
        scenario_free(s);
    }
    return ok || benchmark_fail(error, error_size, "%s", problem.text);
}
