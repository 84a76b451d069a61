/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcd_write.h - a trace as a Value Change Dump (IEEE 1364, clause "Value change dump files")
 *
 * Nets        one-bit wires with 0 1 z x. Readers of logic only (sigrok) take z and x as 0: whether a pin drives
 *             is a net of its own, traced beside it (MISO's output enable).
 * Lines       in millivolts become real variables, in volts.
 * Time        in ticks of tick_ps, rounded to the nearest. 100 ps holds a cycle of 16 MHz (62.5 ns) exactly.
 * Same trace  same file, byte for byte: the header has no date.
 * Signals     recorded from the middle of a run on are x (reals: absent) before.
 */
#ifndef WAVE_VCD_WRITE_H
#define WAVE_VCD_WRITE_H

#include <signal.h>
#include <stddef.h>

#include "sim/problem.h"
#include "sim/trace.h"

#define VCD_TICK_PS UINT64_C(100)

/* end_ps: end of the run, so that a viewer shows the last levels. False and "PATH: reason": nothing is left. */
bool vcd_write(const char *path, const struct trace *t, sim_time end_ps, uint64_t tick_ps, struct problem *err);

/*
 * The same file while the run goes on: others can read it (limpet view --live). NULL and err: it can't be written. The
 * trace must outlive the stream; all its signals are there from the beginning.
 */
struct vcd_stream;
struct vcd_stream *vcd_stream_open(const char *path, const struct trace *t, uint64_t tick_ps, struct problem *err);
/* A FIFO whose reader takes nothing does not hold us up any longer once *stop is set: out_file.h. */
void vcd_stream_heeds(struct vcd_stream *s, const volatile sig_atomic_t *stop);
/* What has been recorded since the last call, now being the time. */
void vcd_stream_more(struct vcd_stream *s, sim_time now_ps);
/* Frees it. False: some of it could not be written; what could, stays. */
bool vcd_stream_close(struct vcd_stream *s, sim_time end_ps, struct problem *err);

/*
 * The name as a VCD can have it, and GTKWave read it: other signs than printable ASCII become '_', brackets too unless they
 * are a bit's or a range's at the end ("data[3]", "data[7:0]").
 */
void vcd_name(const char *name, char *to, size_t size);

/* "100 ps", "1ns": 1, 10 or 100 of ps, ns, us, ms or s. 0 if it is none of these. */
uint64_t vcd_tick_parse(const char *text);

#endif
