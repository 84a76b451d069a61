/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waiting.c - boards on which nothing happens, and a program that never waits
 *
 * idle-loop           ArduinoISP's loop(), the target held in reset: simulated time over CPU time
 * idle-loop-released  the same beside an erased target that runs at 1 MHz
 * asleep              an application in power-down; no-timer: one in `rjmp .`
 * compute             compute.elf (sort, CRC, sieve, products) against simavr's avr_run on the same image
 * gallery             every shipped scenario that starts no other program, two at a time: wall clock
 */
#include "benchmarks/benchmark.h"
#include "benchmarks/peer.h"
#include "harness/board/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define F_CPU_HZ 16000000
#define SLICES 5

static bool speed(const char *text, sim_time warm_up, sim_time each, double *value, char *error, size_t error_size)
{
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("waiting", text, strlen(text), NULL, 0, &err);
    struct board *b = s ? board_new(s, NULL, &err) : NULL;
    bool ok = b && board_run(b, warm_up, &err);

    *value = 0;
    for (int i = 0; ok && i < SLICES; i++) {
        double t0 = benchmark_cpu_s(), x;
        ok = board_run(b, each, &err);
        x = (double)each / 1e12 / (benchmark_cpu_s() - t0);
        *value = x > *value ? x : *value;
    }
    board_free(b);
    scenario_free(s);
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}

bool measure_idle_loop(double *value, char *error, size_t error_size)
{
    return speed("board:\n  programmer: {firmware: " FIRMWARE_DIR "/arduinoisp.elf}\n  wiring: {reset: gnd}\n",
                 2 * SIM_S, 5 * SIM_S, value, error, error_size);
}

bool measure_idle_loop_released(double *value, char *error, size_t error_size)
{
    return speed("board: {programmer: {firmware: " FIRMWARE_DIR "/arduinoisp.elf}}\n", 2 * SIM_S, 5 * SIM_S, value,
                 error, error_size);
}

bool measure_asleep(double *value, char *error, size_t error_size)
{
    /* ldi r16, 5; out SMCR, r16; sleep; rjmp back */
    return speed("board:\n"
                 "  target: {fuses: {low: 0xFF}, clock: {crystal: 16 MHz}, flash: {hex: 05E003BF8895FECF}}\n"
                 "  programmer: {script: {}}\n",
                 2 * SIM_S, 1000 * SIM_S, value, error, error_size);
}

bool measure_no_timer(double *value, char *error, size_t error_size)
{
    return speed("board:\n"
                 "  target: {fuses: {low: 0xFF}, clock: {crystal: 16 MHz}, flash: {hex: FFCF}}\n" /* rjmp . */
                 "  programmer: {script: {}}\n",
                 2 * SIM_S, 1000 * SIM_S, value, error, error_size);
}

bool measure_compute(double *value, char *error, size_t error_size)
{
    static const char text[] = "board:\n"
                               "  programmer: {firmware: " FIRMWARE_DIR "/compute.elf}\n"
                               "  wiring: {reset: gnd}\n";
    struct problem err = { "" };
    struct scenario *s = scenario_load_text("compute", text, strlen(text), NULL, 0, &err);
    struct board *b = s ? board_new(s, NULL, &err) : NULL;
    struct peer *p = peer_new(FIRMWARE_DIR "/compute.elf", false);
    double ratio[SLICES];
    bool ok = b && p && board_run(b, SIM_S, &err);

    for (int i = 0; ok && i < SLICES; i++) {
        double t0 = benchmark_cpu_s();
        ok = peer_run(p, F_CPU_HZ);
        double t1 = benchmark_cpu_s();
        ok = ok && board_run(b, SIM_S, &err);
        ratio[i] = (t1 - t0) / (benchmark_cpu_s() - t1);
    }
    if (ok) {
        *value = benchmark_median(ratio, SLICES);
    }
    if (p) {
        peer_free(p);
    }
    board_free(b);
    scenario_free(s);
    return ok || benchmark_fail(error, error_size, "%s", err.text);
}

bool measure_gallery(double *value, char *error, size_t error_size)
{
    char self[4096], command[8192];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    struct timespec t0, t1;
    char *slash;

    if (n < 0) {
        return benchmark_fail(error, error_size, "no /proc/self/exe");
    }
    self[n] = '\0';
    for (int i = 0; i < 2; i++) { /* build/benchmarks/limpet-benchmark */
        slash = strrchr(self, '/');
        *slash = '\0';
    }
    snprintf(command, sizeof command,
             "cd '" SOURCE_DIR "' && find scenarios -name '*.yaml' ! -path '*/sweeps/*' -print0 | "
             "xargs -0 grep -L -Z 'avrdude' | xargs -0 -P 2 -n 4 '%s/limpet' run >/dev/null",
             self);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    if (system(command)) {
        return benchmark_fail(error, error_size, "a scenario failed");
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    *value = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) * 1e-9;
    return true;
}
