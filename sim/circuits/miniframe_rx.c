/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/miniframe_inside.h"

#include <math.h>

#define OPTO_PULL_OHM 15000.0 /* RX to TX */

void miniframe_show_rx_line(struct miniframe *mf)
{
    if (!mf->w.rx_line || mf->deaf) {
        return;
    }
    const struct rs232_line *tx = mf->w.tx;
    double vdd = miniframe_vdd_v(mf), v;
    if (is_two(mf) && mf->cfg.rx_driver == MINIFRAME_RX_DIRECT) {
        v = mf->rx ? vdd - 0.4 : 0; /* 5 kohm behind ro */
    } else if (mf->rx || mf->tx_at_rx) {
        v = is_two(mf) && mf->tx_at_rx ? vdd + 0.5 : vdd - 0.1;
    } else {
        v = tx->levels.low_mv * 1e-3 + 0.3; /* 15 k to TX against 300 k of leakage and receiver */
    }
    vline_set(mf->w.rx_line, (int32_t)lround(v * 1000));
}

static bool rx_hangs_on_tx(const struct miniframe *mf)
{
    return !is_two(mf) || mf->cfg.rx_driver != MINIFRAME_RX_DIRECT;
}

static void set_rx(struct miniframe *mf, bool level)
{
    mf->rx = mf->rx_to = level;
    drive(mf, &mf->d_rx, level);
    miniframe_show_rx_line(mf);
}

static void rx_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    set_rx(mf, mf->rx_to);
}

static void rx_goes(struct miniframe *mf, bool level, sim_time at_ps)
{
    struct sim *sim = mf->sim;
    if (sim_event_pending(&mf->rx_ev) && level == mf->rx) {
        sim_cancel(sim, &mf->rx_ev); /* too short to get through */
        mf->rx_to = mf->rx;
    } else if (level != mf->rx) {
        mf->rx_to = level;
        sim_schedule(sim, &mf->rx_ev, at_ps);
    }
}

static void opto_update(struct miniframe *mf)
{
    const struct miniframe_config *c = &mf->cfg;
    double dt = us_since(mf, mf->opto_ps);
    mf->opto_ma = mf->opto_goal_ma + (mf->opto_ma - mf->opto_goal_ma) * exp(-dt / c->opto_tau_us);
    mf->opto_ps = mf->sim->now_ps;
    mf->opto_goal_ma = mf->miso && !mf->sck ? c->opto_ctr * miniframe_led_ma(c) : 0;
    /* what 15 k to TX low takes before RX gets to the receiver's threshold */
    double need_ma = (c->rx_threshold_v - mf->w.tx->levels.low_mv * 1e-3) / OPTO_PULL_OHM * 1e3;
    bool on = mf->opto_ma >= need_ma, goes_on = mf->opto_goal_ma > need_ma;
    sim_cancel(mf->sim, &mf->rx_ev);
    set_rx(mf, mf->tx_at_rx || on);
    if (!mf->tx_at_rx && on != goes_on) {
        double d = c->opto_tau_us * log((mf->opto_ma - mf->opto_goal_ma) / (need_ma - mf->opto_goal_ma));
        mf->rx_to = goes_on;
        sim_schedule(mf->sim, &mf->rx_ev, mf->sim->now_ps + us_to_ps(d));
    }
}

void miniframe_rx_update(struct miniframe *mf)
{
    if (!mf->alive || mf->deaf) {
        return;
    }
    if (!is_two(mf)) {
        opto_update(mf);
        return;
    }
    bool level = !mf->u7 && !mf->sck;
    if (level != (sim_event_pending(&mf->rx_ev) ? mf->rx_to : mf->rx)) {
        rx_goes(mf, level, mf->sim->now_ps + mf->g_ps);
    }
}

static void tx_arrived(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    mf->tx_at_rx = mf->w.tx->high;
    if (!is_two(mf)) {
        miniframe_rx_update(mf);
    } else if (mf->alive) {
        miniframe_show_rx_line(mf);
    }
}

void miniframe_rx_tx_moves(struct miniframe *mf)
{
    if (mf->deaf || !rx_hangs_on_tx(mf)) {
        return;
    }
    const struct rs232_line *tx = mf->w.tx;
    double way_v = fabs(mf->cfg.rx_threshold_v - tx->from_v);
    bool passes = (tx->from_v > mf->cfg.rx_threshold_v) != (tx->to_v > mf->cfg.rx_threshold_v);
    sim_schedule(mf->sim, &mf->tx_at_rx_ev,
                 passes ? mf->sim->now_ps + us_to_ps(way_v / (tx->levels.slew_mv_per_us * 1e-3)) : SIM_NEVER);
}

void miniframe_u7_update(struct miniframe *mf)
{
    mf->u7 = !(mf->txl_high || mf->miso);
    miniframe_rx_update(mf);
}

bool miniframe_miso_level(const struct miniframe *mf)
{
    return mf->w.miso && net_is_high(mf->w.miso, false);
}

void miniframe_miso_arrived(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    mf->miso = miniframe_miso_level(mf);
    miniframe_u7_update(mf);
}

void miniframe_miso_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    struct miniframe *mf = ctx;
    if (mf->deaf) {
        return;
    }
    sim_schedule(mf->sim, &mf->miso_ev, is_two(mf) ? at_ps + mf->g_ps : at_ps);
}

void miniframe_listen(struct miniframe *mf, bool on)
{
    bool recorded = (mf->w.rx && mf->w.rx->trace_id >= 0) || (mf->w.rx_line && mf->w.rx_line->trace_id >= 0);
    if (mf->deaf != !on && !recorded) {
        mf->deaf = !on;
        mf->tx_at_rx = mf->w.tx->high;
        miniframe_miso_arrived(mf, mf->sim->now_ps);
    }
}

void miniframe_rx_init(struct miniframe *mf)
{
    mf->opto_ps = mf->sim->now_ps;
    mf->tx_at_rx = mf->w.tx->high;
    sim_event_init(&mf->miso_ev, "U7", miniframe_miso_arrived, mf);
    sim_event_init(&mf->rx_ev, "RX", rx_switch, mf);
    sim_event_init(&mf->tx_at_rx_ev, "TX at RX", tx_arrived, mf);
}
