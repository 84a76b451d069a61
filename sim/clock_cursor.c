/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/clock_cursor.h"

#include <assert.h>

typedef unsigned __int128 u128;

/* rest / den as a fraction in 1/2^64, rounded up; rest < den */
static uint64_t fraction_up(uint64_t rest, uint64_t den)
{
    return (uint64_t)((((u128)rest << 64) + den - 1) / den);
}

void clock_cursor_rebase(struct clock_cursor *c, uint64_t n)
{
    u128 at = (u128)n * c->clk.period_num + c->clk.lead_num;

    c->base_n = n;
    c->base_ps = c->clk.t0_ps + (sim_time)(at / c->clk.period_den);
    c->base_frac = fraction_up((uint64_t)(at % c->clk.period_den), c->clk.period_den);
}

void clock_cursor_init(struct clock_cursor *c, const struct sim_clock *clk)
{
    *c = (struct clock_cursor){ .clk = *clk };
    if (!sim_clock_runs(clk)) {
        return;
    }
    assert(clk->period_num >= clk->period_den); /* up to 1 THz */
    c->period_ps = clk->period_num / clk->period_den;
    c->period_frac = fraction_up(clk->period_num % clk->period_den, clk->period_den);
    u128 inverse = ((u128)clk->period_den << 64) / clk->period_num;
    c->inverse = inverse > UINT64_MAX ? UINT64_MAX : (uint64_t)inverse;
    /*
     * Rounding adds less than (k + 1) / 2^64 ps at edge base_n + k. True fractions are multiples of 1 / den, so
     * the sum cannot pass a picosecond too many while (k + 1) / 2^64 < 1 / den.
     */
    c->reach = UINT64_MAX / clk->period_den / 2; /* halved: an n below base_n, wrapped, lies beyond it */
    clock_cursor_rebase(c, 0);
}
