/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.c - runs the named benchmarks, or all, and prints a table or JSON lines: see ../benchmark */
#include "benchmarks/benchmark.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct benchmark benchmarks[] = {
    { "cosim-idle", "x avr_run", 2.0, true, measure_cosim_idle },
    { "cosim-session", "x avr_run", 2.0, true, measure_cosim_session },
    { "cosim-trace", "x avr_run", 1.6, true, measure_cosim_trace },
    { "target-sck", "Medges/s", 10.0, true, measure_target_sck },
    { "rules-kept", "ns an edge", 30.0, false, measure_rules_kept },
    { "rules-broken", "ns an edge", 30.0, false, measure_rules_broken },
    { "idle-second", "ms", 1.0, false, measure_idle_second },
    { "miniframe-write", "x real time", 50.0, true, measure_miniframe_write },
    { "session-memory", "MiB", 32.0, false, measure_session_memory },
    { "two-cores", "x avr_run", 0.8, true, measure_two_cores },
    { "limp-session", "x real time", 20.0, true, measure_limp_session },
    { "wave-open", "s", 1.5, false, measure_wave_open },
    { "wave-memory", "MiB", 200.0, false, measure_wave_memory },
    { "wave-draw", "ms", 16.0, false, measure_wave_draw },
    { "wave-record", "ns/change", 100.0, false, measure_wave_record },
    { "wave-write", "ns/change", 150.0, false, measure_wave_write },
    { "wave-gtkwave", "x vcd2fst", 1.0, true, measure_wave_gtkwave },
    { "sweep", "s", 5.0, false, measure_sweep },
    { "sweep-shared", "x apart", 5.0, true, measure_sweep_shared },
    { "arduinoisp-session", "x real time", 120.0, true, measure_arduinoisp_session },
    { "arduinoisp-session-traced", "x real time", 70.0, true, measure_arduinoisp_session_traced },
    { "arduinoisp-session-peer", "x avr_run", 12.0, true, measure_arduinoisp_session_peer },
    { "arduinoisp-session-avr8js", "x avr8js", 12.0, true, measure_arduinoisp_session_avr8js },
    { "limpisp-session", "x real time", 40.0, true, measure_limpisp_session },
    { "limphv-session", "x real time", 20.0, true, measure_limphv_session },
    { "optiboot-upload", "x real time", 30.0, true, measure_optiboot_upload },
    { "idle-loop", "x real time", 350.0, true, measure_idle_loop },
    { "idle-loop-released", "x real time", 250.0, true, measure_idle_loop_released },
    { "asleep", "x real time", 10000.0, true, measure_asleep },
    { "no-timer", "x real time", 10000.0, true, measure_no_timer },
    { "compute", "x avr_run", 5.0, true, measure_compute },
    { "gallery", "s", 10.0, false, measure_gallery },
    { "short-sessions", "s", 20.0, false, measure_short_sessions },
    { "exec-signature", "ms wall", 120.0, false, measure_exec_signature },
    { "exec-write-verify", "x built-in", 1.3, false, measure_exec_write_verify },
    { NULL, NULL, 0, false, NULL },
};

double benchmark_cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double benchmark_median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, compare);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

bool benchmark_fail(char *error, size_t error_size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error, error_size, fmt, ap);
    va_end(ap);
    return false;
}

static bool was_skipped;
static unsigned n_skipped;

bool benchmark_skip(char *error, size_t error_size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error, error_size, fmt, ap);
    va_end(ap);
    was_skipped = true;
    return false;
}

static const struct benchmark *find(const char *name)
{
    for (const struct benchmark *b = benchmarks; b->name; b++) {
        if (!strcmp(b->name, name)) {
            return b;
        }
    }
    return NULL;
}

static void print_json(const struct benchmark *b, double value)
{
    json_t *row = json_pack("{s:s, s:f, s:s, s:f, s:s}", "name", b->name, "value", value, "unit", b->unit, "goal",
                            b->goal, "better", b->at_least ? "more" : "less");

    json_dumpf(row, stdout, JSON_REAL_PRECISION(6) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(row);
}

/* 0: goal met, or skipped */
static int measure(const struct benchmark *b, bool json)
{
    char error[1200] = "";
    double value;

    was_skipped = false;
    if (!b->run(&value, error, sizeof error)) {
        if (was_skipped) {
            fprintf(stderr, "benchmark: %s skipped: %s\n", b->name, error);
            n_skipped++;
            return 0;
        }
        fprintf(stderr, "benchmark: %s: %s\n", b->name, error);
        return 1;
    }
    bool met = b->at_least ? value >= b->goal : value <= b->goal;
    if (json) {
        print_json(b, value);
    } else {
        printf("%-26s %10.3f  %-10s %s %g%s\n", b->name, value, b->unit, b->at_least ? ">=" : "<=", b->goal,
               met ? "" : "  MISSED");
    }
    fflush(stdout);
    return met ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool json = false, named = false;
    int status = 0;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json")) {
            json = true;
        } else if (find(argv[i])) {
            named = true;
        } else {
            fprintf(stderr, "benchmark: no benchmark '%s'; there are:", argv[i]);
            for (const struct benchmark *b = benchmarks; b->name; b++) {
                fprintf(stderr, " %s", b->name);
            }
            fprintf(stderr, "\nusage: benchmark [NAME...] [--json]\n");
            return 2;
        }
    }
    if (!json) {
        printf("%-26s %10s  %-10s %s\n", "name", "value", "unit", "goal");
    }
    for (int i = 1; i < argc; i++) {
        if (find(argv[i])) {
            status |= measure(find(argv[i]), json);
        }
    }
    for (const struct benchmark *b = benchmarks; !named && b->name; b++) {
        status |= measure(b, json);
    }
    if (n_skipped) {
        fprintf(stderr, "benchmark: %u skipped\n", n_skipped);
    }
    return status;
}
