/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_cursor.h - a periodic clock asked for neighbouring edges, fast
 *
 * Gives exactly what sim_clock_edge() and sim_clock_edges_before() give, with multiplications instead of 128-bit
 * divisions: the period and a nearby edge are kept in 64.64 fixed point, rounded up, and renewed from the exact
 * clock before the rounding can reach a picosecond boundary.
 */
#ifndef SIM_CLOCK_CURSOR_H
#define SIM_CLOCK_CURSOR_H

#include "sim/clock.h"

struct clock_cursor {
    struct sim_clock clk;
    uint64_t base_n;    /* an edge ... */
    sim_time base_ps;   /* ... its time, */
    uint64_t base_frac; /* and the fraction of a picosecond beyond it, in 1/2^64 */
    uint64_t period_ps, period_frac;
    uint64_t inverse;   /* edges per ps, in 1/2^64 */
    uint64_t reach;     /* base_n + reach edges are exact */
};

void clock_cursor_init(struct clock_cursor *c, const struct sim_clock *clk);
/* sim_clock_edge(); n may be anything, neighbours of the last n are cheap */
sim_time clock_cursor_edge(struct clock_cursor *c, uint64_t n);
/* Number of the first edge after t (edges at t are before it). */
uint64_t clock_cursor_after(struct clock_cursor *c, sim_time t_ps);

#endif
