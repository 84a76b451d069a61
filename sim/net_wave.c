/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_wave.c - level and edges of a wave: arithmetic */
#include "sim/net.h"

struct net_wave net_wave_square(sim_time t0_ps, uint64_t f_millihz)
{
    struct net_wave w = { .clk = sim_clock_mhz(t0_ps, f_millihz, 1) };
    if (w.clk.period_num % 2) { /* keep the half period exact */
        w.clk.period_num *= 2;
        w.clk.period_den *= 2;
    }
    w.high_num = w.clk.period_num / 2;
    return w;
}

static sim_time wave_fall(const struct net_wave *w, uint64_t n)
{
    unsigned __int128 at = (unsigned __int128)n * w->clk.period_num + w->clk.lead_num + w->high_num;
    return w->clk.t0_ps + (sim_time)(at / w->clk.period_den);
}

/* The bit of a frame that is on the line at t, not before its start. */
static uint32_t frame_bit(const struct net_wave *w, sim_time t_ps)
{
    uint64_t n = sim_clock_edges_before(&w->clk, t_ps + 1);
    return (uint32_t)(n > w->n_bits ? w->n_bits : n) - 1;
}

static sim_time frame_next_change(const struct net_wave *w, sim_time t_ps)
{
    uint32_t k = t_ps < w->clk.t0_ps ? 0 : frame_bit(w, t_ps) + 1;
    while (k && k < w->n_bits && (w->bits >> k & 1) == (w->bits >> (k - 1) & 1)) {
        k++;
    }
    return k < w->n_bits ? sim_clock_edge(&w->clk, k) : SIM_NEVER;
}

bool net_wave_level(const struct net_wave *w, sim_time t_ps)
{
    if (w->n_bits) {
        return t_ps < w->clk.t0_ps || (w->bits >> frame_bit(w, t_ps) & 1);
    }
    if (!sim_clock_runs(&w->clk) || t_ps < w->clk.t0_ps) {
        return false;
    }
    uint64_t n = sim_clock_edges_before(&w->clk, t_ps + 1); /* edges at or before t: at least one */
    return t_ps < wave_fall(w, n - 1);
}

sim_time net_wave_next_change(const struct net_wave *w, sim_time t_ps)
{
    if (w->n_bits) {
        return frame_next_change(w, t_ps);
    }
    if (!sim_clock_runs(&w->clk)) {
        return SIM_NEVER;
    }
    if (t_ps < w->clk.t0_ps) {
        return w->clk.t0_ps;
    }
    uint64_t n = sim_clock_edges_before(&w->clk, t_ps + 1);
    sim_time fall = wave_fall(w, n - 1);
    return fall > t_ps ? fall : sim_clock_edge(&w->clk, n);
}
