/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/clock.h"

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static struct sim_clock clock_from(sim_time t0_ps, uint64_t num, uint64_t den)
{
    if (den == 0 || num == 0) {
        return (struct sim_clock){ t0_ps, 0, 1, 0 };
    }
    uint64_t g = gcd(num, den);
    return (struct sim_clock){ t0_ps, num / g, den / g, 0 };
}

struct sim_clock sim_clock_mhz(sim_time t0_ps, uint64_t f_millihz, uint32_t divide)
{
    return clock_from(t0_ps, 1000 * SIM_S * divide, f_millihz);
}

struct sim_clock sim_clock_hz(sim_time t0_ps, uint64_t f_hz, uint32_t divide)
{
    return clock_from(t0_ps, SIM_S * divide, f_hz);
}

sim_time sim_clock_span(const struct sim_clock *c, uint64_t n)
{
    uint64_t near;
    if (c->period_den == 1) {
        return n * c->period_num;
    }
    if (!__builtin_mul_overflow(n, c->period_num, &near)) {
        return near / c->period_den;
    }
    return (sim_time)((unsigned __int128)n * c->period_num / c->period_den);
}

struct sim_clock sim_clock_divided(const struct sim_clock *c, sim_time from_ps, uint32_t divide)
{
    if (!sim_clock_runs(c) || (divide == 1 && from_ps <= c->t0_ps)) {
        return *c;
    }
    unsigned __int128 at = (unsigned __int128)sim_clock_edges_before(c, from_ps) * c->period_num + c->lead_num;
    return (struct sim_clock){ c->t0_ps + (sim_time)(at / c->period_den), c->period_num * divide, c->period_den,
                               (uint64_t)(at % c->period_den) };
}

/* The smallest n with floor((lead + n * num) / den) >= d, that is n >= (d * den - lead) / num. */
uint64_t sim_clock_edges_by_fraction(const struct sim_clock *c, sim_time t_ps)
{
    uint64_t d = t_ps - c->t0_ps;
    uint64_t near, more = c->period_num - 1;
    if (!__builtin_mul_overflow(d, c->period_den, &near) && !__builtin_add_overflow(near, more, &near)) {
        return (near - c->lead_num) / c->period_num;
    }
    return (uint64_t)(((unsigned __int128)d * c->period_den - c->lead_num + more) / c->period_num);
}

sim_time sim_clock_nth_from(const struct sim_clock *c, sim_time t_ps, uint32_t k)
{
    if (!sim_clock_runs(c)) {
        return SIM_NEVER;
    }
    return sim_clock_edge(c, sim_clock_edges_before(c, t_ps) + k - 1);
}

uint64_t sim_clock_f_hz(const struct sim_clock *c)
{
    if (!sim_clock_runs(c)) {
        return 0;
    }
    return (uint64_t)(((unsigned __int128)SIM_S * c->period_den + c->period_num / 2) / c->period_num);
}
