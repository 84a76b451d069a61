/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h - a periodic signal as phase and period: asked for its edges, never ticked
 *
 * Rising edge n is at t0 + floor((lead_num + n * period_num) / period_den) ps, computed from the start of the phase,
 * so it does not drift whatever the frequency (a rounded period times n would: 1.3 us per second at 3.6864 MHz).
 * A change of frequency starts a new phase at a known instant.
 * Range: frequencies 1 uHz .. 1 THz, times up to 2^63 ps (106 days).
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "sim/kernel.h"

struct sim_clock {
    sim_time t0_ps;      /* edge 0 */
    uint64_t period_num; /* period = num / den ps; num = 0: stopped, it has no edges */
    uint64_t period_den;
    uint64_t lead_num; /* below den: the fraction of a picosecond by which edge 0 lies behind t0 */
};

/* f = f_mhz (millihertz, so that 32.768 kHz with a tolerance stays exact) / divide. f = 0 stops it. */
struct sim_clock sim_clock_mhz(sim_time t0_ps, uint64_t f_millihz, uint32_t divide);
struct sim_clock sim_clock_hz(sim_time t0_ps, uint64_t f_hz, uint32_t divide);

static inline bool sim_clock_runs(const struct sim_clock *c)
{
    return c->period_num != 0;
}

/* floor(n * period) ps */
sim_time sim_clock_span(const struct sim_clock *c, uint64_t n);

static inline sim_time sim_clock_edge(const struct sim_clock *c, uint64_t n)
{
    if (c->period_den == 1) {
        return c->t0_ps + n * c->period_num;
    }
    uint64_t near;
    if (!__builtin_mul_overflow(n, c->period_num, &near) && !__builtin_add_overflow(near, c->lead_num, &near)) {
        return c->t0_ps + near / c->period_den;
    }
    return c->t0_ps + (sim_time)(((unsigned __int128)n * c->period_num + c->lead_num) / c->period_den);
}

/* Every divide-th edge of c, beginning with the first one at or after from. */
struct sim_clock sim_clock_divided(const struct sim_clock *c, sim_time from_ps, uint32_t divide);

/* sim_clock_edges_before() of a period that is no whole number of picoseconds. */
uint64_t sim_clock_edges_by_fraction(const struct sim_clock *c, sim_time t_ps);

/* How many edges lie before t (t itself not counted): also the number of the first edge at or after t. */
static inline uint64_t sim_clock_edges_before(const struct sim_clock *c, sim_time t_ps)
{
    if (!sim_clock_runs(c) || t_ps <= c->t0_ps) {
        return 0;
    }
    return c->period_den == 1 ? (t_ps - c->t0_ps - 1) / c->period_num + 1 : sim_clock_edges_by_fraction(c, t_ps);
}

/* The k-th edge at or after t, k = 1 the first. SIM_NEVER when stopped. */
sim_time sim_clock_nth_from(const struct sim_clock *c, sim_time t_ps, uint32_t k);

/* Frequency rounded to 1 Hz, for people. */
uint64_t sim_clock_f_hz(const struct sim_clock *c);

#endif
