/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * benchmark.h - a figure with a goal, measured by one function
 *
 * A ratio comes from one run: both sides take turns in slices, so that what else the machine does hits both,
 * and the median of the slices' ratios is the result. An absolute figure is that of the fastest slice: whatever
 * else runs can only slow one down. Time is CPU time of this process, where the row says nothing else.
 */
#ifndef BENCHMARKS_BENCHMARK_H
#define BENCHMARKS_BENCHMARK_H

#include <stdbool.h>
#include <stddef.h>

struct benchmark {
    const char *name, *unit;
    double goal;
    bool at_least; /* else at most */
    /* False: it could not be measured, error says why; with benchmark_skip(), that is no failure. */
    bool (*run)(double *value, char *error, size_t error_size);
};

extern const struct benchmark benchmarks[]; /* ends with name NULL */

double benchmark_cpu_s(void);
/* Sorts v; n > 0. */
double benchmark_median(double *v, size_t n);
bool benchmark_fail(char *error, size_t error_size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Something that it needs is not on this machine. Returns false. */
bool benchmark_skip(char *error, size_t error_size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

bool measure_cosim_idle(double *value, char *error, size_t error_size);
bool measure_cosim_session(double *value, char *error, size_t error_size);
bool measure_cosim_trace(double *value, char *error, size_t error_size);
bool measure_target_sck(double *value, char *error, size_t error_size);
bool measure_rules_kept(double *value, char *error, size_t error_size);
bool measure_rules_broken(double *value, char *error, size_t error_size);
bool measure_idle_second(double *value, char *error, size_t error_size);
bool measure_miniframe_write(double *value, char *error, size_t error_size);
bool measure_session_memory(double *value, char *error, size_t error_size);
bool measure_limp_session(double *value, char *error, size_t error_size);
bool measure_wave_open(double *value, char *error, size_t error_size);
bool measure_wave_memory(double *value, char *error, size_t error_size);
bool measure_wave_draw(double *value, char *error, size_t error_size);
bool measure_wave_record(double *value, char *error, size_t error_size);
bool measure_wave_write(double *value, char *error, size_t error_size);
bool measure_wave_gtkwave(double *value, char *error, size_t error_size);
bool measure_two_cores(double *value, char *error, size_t error_size);
bool measure_arduinoisp_session(double *value, char *error, size_t error_size);
bool measure_arduinoisp_session_traced(double *value, char *error, size_t error_size);
bool measure_arduinoisp_session_peer(double *value, char *error, size_t error_size);
bool measure_arduinoisp_session_avr8js(double *value, char *error, size_t error_size);
bool measure_limpisp_session(double *value, char *error, size_t error_size);
bool measure_limphv_session(double *value, char *error, size_t error_size);
bool measure_optiboot_upload(double *value, char *error, size_t error_size);
bool measure_short_sessions(double *value, char *error, size_t error_size);
bool measure_idle_loop(double *value, char *error, size_t error_size);
bool measure_idle_loop_released(double *value, char *error, size_t error_size);
bool measure_asleep(double *value, char *error, size_t error_size);
bool measure_no_timer(double *value, char *error, size_t error_size);
bool measure_compute(double *value, char *error, size_t error_size);
bool measure_gallery(double *value, char *error, size_t error_size);
bool measure_exec_signature(double *value, char *error, size_t error_size);
bool measure_exec_write_verify(double *value, char *error, size_t error_size);
bool measure_sweep_shared(double *value, char *error, size_t error_size);
bool measure_sweep(double *value, char *error, size_t error_size);

#endif
