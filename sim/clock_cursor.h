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
    uint64_t inverse; /* edges per ps, in 1/2^64 */
    uint64_t reach;   /* base_n + reach edges are exact */
};

void clock_cursor_init(struct clock_cursor *c, const struct sim_clock *clk);
/* Takes edge n as the base. */
void clock_cursor_rebase(struct clock_cursor *c, uint64_t n);

/* For the two below: edge base_n + k. */
static inline sim_time clock_cursor_near(const struct clock_cursor *c, uint64_t k)
{
    unsigned __int128 frac = (unsigned __int128)k * c->period_frac + c->base_frac;
    return c->base_ps + k * c->period_ps + (uint64_t)(frac >> 64);
}

/* sim_clock_edge() */
static inline sim_time clock_cursor_edge(struct clock_cursor *c, uint64_t n)
{
    if (n - c->base_n > c->reach) { /* before base_n too */
        clock_cursor_rebase(c, n);
    }
    return clock_cursor_near(c, n - c->base_n);
}

/* Number of the first edge after t (edges at t are before it). */
static inline uint64_t clock_cursor_after(struct clock_cursor *c, sim_time t_ps)
{
    if (t_ps < c->base_ps) {
        if (t_ps < c->clk.t0_ps) {
            return 0;
        }
        clock_cursor_rebase(c, 0);
    }
    /* k * period <= t - base, so edge k is not after t: the one looked for comes next, or few later */
    uint64_t k = (uint64_t)(((unsigned __int128)(t_ps - c->base_ps) * c->inverse) >> 64);
    if (k >= c->reach - 8) {
        clock_cursor_rebase(c, sim_clock_edges_before(&c->clk, t_ps + 1) - 1);
        k = 0;
    }
    do {
        k++;
    } while (clock_cursor_near(c, k) <= t_ps);
    return c->base_n + k;
}

#endif
