/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/miniframe_inside.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define GATE_LAG 1.12       /* input crossing to output crossing, in tpd: the output's own rise */
#define SLOW_INPUT_LAG 0.49 /* X crosses slowly: the gate's output follows so much of a delay later */

/* ---- latch ---- */

static void set_q(struct miniframe *mf, bool level)
{
    if (level == mf->q) {
        return;
    }
    miniframe_c2_bring_here(mf);
    mf->q = level;
    drive(mf, &mf->d_q, level);
    miniframe_x_source_changes(mf);
}

void miniframe_latch_update(struct miniframe *mf)
{
    struct sim *sim = mf->sim;
    if (!mf->cfg.lock_fitted || !mf->alive) {
        return;
    }
    if (!(mf->reset || mf->q) != mf->qb) {
        if (!sim_event_pending(&mf->qb_ev)) {
            sim_schedule(sim, &mf->qb_ev, sim->now_ps + mf->g_ps);
        }
    } else {
        sim_cancel(sim, &mf->qb_ev);
    }
    if (!mf->q && !mf->qb) {
        sim_time from = p_is_high(mf, sim->now_ps) ? mf->p_to_ps : sim->now_ps;
        sim_schedule(sim, &mf->q_ev, from + mf->g_ps);
    } else if (mf->q && mf->qb) {
        sim_schedule(sim, &mf->q_ev, sim->now_ps + mf->g_ps);
    } else {
        sim_cancel(sim, &mf->q_ev);
    }
}

static void q_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    set_q(mf, !mf->qb);
    miniframe_latch_update(mf);
}

static void qb_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    mf->qb = !(mf->reset || mf->q);
    miniframe_latch_update(mf);
}

/* One gate after P rose: it reaches U1 and U3 at once. */
static void spike_arrived(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    if (!mf->alive) {
        return;
    }
    if (mf->q) {
        set_q(mf, false);
        miniframe_latch_update(mf);
    }
    if (mf->sck) { /* while SCK is low a spike has no effect on the period */
        miniframe_set_sck(mf, false);
    }
}

/* ---- inputs ---- */

void miniframe_drive_mosi(struct miniframe *mf)
{
    if (is_two(mf)) {
        drive(mf, &mf->d_mosi, !mf->txl_high);
    } else { /* straight from TX */
        net_drive(&mf->d_mosi, mf->txl_high ? NET_1 : NET_0, mf->powered ? NET_STRONG : NET_PULL);
    }
}

static void txl_arrived(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    mf->txl_high = edge_queue_take(&mf->txl, mf->sim);
    miniframe_drive_mosi(mf);
    if (mf->alive) {
        miniframe_u7_update(mf);
        miniframe_show_rx_line(mf);
    }
}

/* With no supply U6 holds RESET towards ground behind its diode, against the target's pull-up. */
static void drive_dead_reset(struct miniframe *mf)
{
    const struct miniframe_config *c = &mf->cfg;
    double pulled = c->vf_v;
    if (c->reset_pullup_ohm > 0) {
        pulled += (c->target_vcc_v - c->vf_v) * c->dead_ohm / (c->dead_ohm + c->reset_pullup_ohm);
    }
    if (pulled < c->reset_vih_v) {
        net_drive(&mf->d_reset, NET_0, c->reset_pullup_ohm > 0 ? NET_STRONG : NET_PULL);
    } else {
        net_open(&mf->d_reset);
    }
}

void miniframe_drive_reset(struct miniframe *mf)
{
    if (!is_two(mf)) {
        net_drive(&mf->d_reset, mf->reset ? NET_1 : NET_0, NET_STRONG); /* straight from DTR */
    } else if (mf->supply_steps >> AT_RESET & 1) {
        drive(mf, &mf->d_reset, mf->reset);
    } else {
        drive_dead_reset(mf);
    }
}

static void dtl_arrived(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    bool high = edge_queue_take(&mf->dtl, mf->sim);
    mf->reset = high != is_two(mf);
    miniframe_drive_reset(mf);
    miniframe_latch_update(mf);
}

void miniframe_input_levels(const struct miniframe *mf, double *threshold, struct rc_clamp *clamp)
{
    *clamp = input_clamp(mf);
    *threshold = threshold_v(mf);
    if (!is_two(mf)) {
        *threshold = MINIFRAME_OUTPUT_V;
        *clamp = (struct rc_clamp){ -0.7, 5.05 };
    } else if (*threshold < 0.1) {
        *threshold = 0.1; /* no supply: what comes out is not driven anyway */
    }
}

static struct rc_ramp ramp_of(const struct rs232_line *line)
{
    return rc_ramp_between(line->from_v, line->to_v, line->levels.slew_mv_per_us * 1e-3);
}

/* P is high from one time to another (0, 0: no spike), which U1 and U3 notice a gate later. */
static void new_spike(struct miniframe *mf, sim_time from_ps, sim_time to_ps)
{
    if (to_ps > from_ps && to_ps - from_ps >= mf->g_ps) { /* long enough to get through a gate */
        mf->p_from_ps = from_ps;
        mf->p_to_ps = to_ps;
        sim_schedule(mf->sim, &mf->trigger, from_ps + mf->g_ps);
    }
    if (mf->alive && !mf->sck && sim_event_pending(&mf->sck_ev)) {
        miniframe_plan_sck_rise(mf);
    }
}

static void tx_spike(struct miniframe *mf)
{
    struct rc_clamp clamp = input_clamp(mf);
    double vth = threshold_v(mf);
    sim_time now = mf->sim->now_ps;
    struct rc_crossings c = rc_spike_crossings(&mf->tx_ramp, mf->p_v, mf->spike_gain_us, mf->spike_tau_us, clamp,
                                               vth < 0.1 ? 0.1 : vth);
    if (p_is_high(mf, now)) { /* a falling ramp cuts it short */
        mf->p_to_ps = now + (c.n ? us_to_ps(c.at_us[0]) : 0);
        if (sim_event_pending(&mf->trigger) && mf->p_to_ps - mf->p_from_ps < mf->g_ps) {
            sim_cancel(mf->sim, &mf->trigger);
            mf->p_to_ps = mf->p_from_ps;
        }
        new_spike(mf, 0, 0);
        if (mf->alive && sim_event_pending(&mf->q_ev)) {
            miniframe_latch_update(mf);
        }
        return;
    }
    if (mf->p_from_ps > now) {
        sim_cancel(mf->sim, &mf->trigger); /* the ramp that would have made it was broken off */
        mf->p_from_ps = mf->p_to_ps = 0;
    }
    new_spike(mf, c.n == 2 ? now + us_to_ps(c.at_us[0]) : 0, c.n == 2 ? now + us_to_ps(c.at_us[1]) : 0);
}

/* ---- the lines move ---- */

/* TX moves from one end to the other after all has come to rest: P within 10 mV of 0, TXL at its clamp. */
static bool tx_from_rest(const struct miniframe *mf)
{
    sim_time now = mf->sim->now_ps;
    const struct rs232_line *tx = mf->w.tx;
    return now >= mf->settled_ps && now - mf->tx_ps >= (tx->high ? mf->p_rest_ps : mf->txl_rest_ps) &&
           now >= mf->p_to_ps && mf->txl.n == 0;
}

static void tx_moves(void *ctx)
{
    struct miniframe *mf = ctx;
    if (!miniframe_supply_is_held(mf)) {
        miniframe_supply_line_moves(mf, FROM_TX, mf->w.tx);
    }
    miniframe_rx_tx_moves(mf);
    bool rest = tx_from_rest(mf), high = mf->w.tx->high;
    double vdd = miniframe_vdd_v(mf), vth;
    sim_time now = mf->sim->now_ps, before = mf->tx_ps;
    mf->tx_ps = now;
    struct miniframe_edge *e = &mf->from_rest[high];
    if (rest && e->vdd == vdd) {
        mf->p_v = 0;
        mf->txl_v = e->txl_v;
        mf->tx_ramp = e->ramp;
        mf->txl.n = 1;
        mf->txl.level[0] = high;
        mf->txl.at_ps[0] = now + e->txl_ps;
        sim_schedule(mf->sim, &mf->txl.ev, mf->txl.at_ps[0]);
        new_spike(mf, e->p_to_ps ? now + e->p_from_ps : 0, e->p_to_ps ? now + e->p_to_ps : 0);
        return;
    }
    double since = us_since(mf, before);
    struct rc_clamp clamp = input_clamp(mf), txl_clamp;
    miniframe_input_levels(mf, &vth, &txl_clamp);
    mf->txl_v = rc_lag_at(&mf->tx_ramp, mf->txl_v, mf->txl_tau_us, txl_clamp, since);
    mf->p_v = rest ? 0 : rc_spike_at(&mf->tx_ramp, mf->p_v, mf->spike_gain_us, mf->spike_tau_us, clamp, since);
    mf->tx_ramp = ramp_of(mf->w.tx);
    tx_spike(mf);
    struct rc_crossings c = rc_lag_crossings(&mf->tx_ramp, mf->txl_v, mf->txl_tau_us, txl_clamp, vth);
    edge_queue_add(&mf->txl, mf->sim, mf->txl_v > vth, &c, is_two(mf) ? mf->g_ps : 0);
    if (rest && mf->txl.n == 1) {
        bool spike = mf->p_from_ps > now;
        *e = (struct miniframe_edge){ .vdd = vdd,
                                      .ramp = mf->tx_ramp,
                                      .txl_v = mf->txl_v,
                                      .p_from_ps = spike ? mf->p_from_ps - now : 0,
                                      .p_to_ps = spike ? mf->p_to_ps - now : 0,
                                      .txl_ps = mf->txl.at_ps[0] - now };
    }
}

static void rts_crosses(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    miniframe_c2_bring_here(mf);
    mf->rts_low = !mf->w.rts->high;
    if (mf->alive && mf->cfg.r3_ohm != 0) {
        miniframe_x_source_changes(mf);
    }
}

static void rts_moves(void *ctx)
{
    struct miniframe *mf = ctx;
    miniframe_supply_line_moves(mf, FROM_RTS, mf->w.rts);
    sim_schedule(mf->sim, &mf->rts_crossed, mf->sim->now_ps + rs232_line_lead_ps(mf->w.rts, mf->w.rts->high));
}

static void dtr_moves(void *ctx)
{
    struct miniframe *mf = ctx;
    struct rc_clamp clamp;
    double vth;
    miniframe_input_levels(mf, &vth, &clamp);
    mf->dtl_v = rc_lag_at(&mf->dtr_ramp, mf->dtl_v, mf->dtl_tau_us, clamp, us_since(mf, mf->dtr_ps));
    mf->dtr_ramp = ramp_of(mf->w.dtr);
    mf->dtr_ps = mf->sim->now_ps;
    struct rc_crossings c = rc_lag_crossings(&mf->dtr_ramp, mf->dtl_v, mf->dtl_tau_us, clamp, vth);
    edge_queue_add(&mf->dtl, mf->sim, mf->dtl_v > vth, &c, is_two(mf) ? mf->g_ps : 0);
    if (mf->cfg.supply_from_dtr || !miniframe_supply_is_held(mf)) {
        miniframe_supply_line_moves(mf, FROM_DTR, mf->w.dtr);
    }
}

/* ---- wiring ---- */

static void attach(struct net *net, struct net_driver *d, const char *name)
{
    if (net) {
        net_attach(net, d, name);
    }
}

void miniframe_connect(struct miniframe *mf, struct net *sck, struct net *mosi, struct net *reset, struct net *miso)
{
    struct miniframe_wires *w = &mf->w;
    net_hold(mf->sim);
    net_move(&mf->d_sck, sck, "programmer SCK");
    net_move(&mf->d_mosi, mosi, "programmer MOSI");
    net_move(&mf->d_reset, reset, "programmer RESET");
    if (w->miso != miso) {
        if (w->miso) {
            net_watch_remove(w->miso, &mf->miso_watch);
        }
        w->miso = miso;
        if (miso) {
            net_watch_add(miso, &mf->miso_watch, NET_WATCH_EDGES, miniframe_miso_changed, mf);
        }
        miniframe_miso_arrived(mf, mf->sim->now_ps);
    }
    net_release(mf->sim);
}

void miniframe_init(struct miniframe *mf, struct sim *sim, const struct miniframe_config *cfg,
                    const struct miniframe_wires *wires)
{
    assert(miniframe_config_check(cfg, &(struct problem){ "" }));
    memset(mf, 0, sizeof *mf);
    mf->cfg = *cfg;
    mf->w = *wires;
    mf->sim = sim;
    bool two = is_two(mf);
    mf->g_ps = (sim_time)(GATE_LAG * cfg->tpd_ns * 1000 + 0.5);
    mf->slow_ps = (sim_time)(SLOW_INPUT_LAG * (double)mf->g_ps);
    mf->spike_gain_us = cfg->r1_ohm * cfg->c1_pf * 1e-6;
    mf->spike_tau_us = cfg->r1_ohm * (cfg->c1_pf + 2 * cfg->cg_pf) * 1e-6;
    mf->txl_tau_us = cfg->r6_ohm * (two ? 3 : 1) * cfg->cg_pf * 1e-6;
    mf->dtl_tau_us = cfg->r7_ohm * 2 * cfg->cg_pf * 1e-6;
    const struct rs232_levels *lv = &wires->tx->levels;
    double ramp_us = (lv->high_mv - lv->low_mv) / (double)lv->slew_mv_per_us;
    mf->txl_rest_ps = us_to_ps(ramp_us + 15 * mf->txl_tau_us);
    mf->p_rest_ps = us_to_ps(ramp_us + mf->spike_tau_us * log(cfg->vf_v / 0.01));
    mf->p_rest_ps = mf->p_rest_ps > mf->txl_rest_ps ? mf->p_rest_ps : mf->txl_rest_ps;

    struct miniframe_wires *w = &mf->w;
    attach(w->rx, &mf->d_rx, "U8");
    attach(w->q, &mf->d_q, "U1");
    attach(w->vdd_ok, &mf->d_vdd_ok, "VDD");
    rs232_watch_add(w->tx, &mf->tx_watch, tx_moves, mf);
    rs232_watch_add(w->dtr, &mf->dtr_watch, dtr_moves, mf);
    rs232_watch_add(w->rts, &mf->rts_watch, rts_moves, mf);

    sim_event_init(&mf->txl.ev, "TXL", txl_arrived, mf);
    sim_event_init(&mf->dtl.ev, "DTL", dtl_arrived, mf);
    sim_event_init(&mf->trigger, "spike on P", spike_arrived, mf);
    sim_event_init(&mf->rts_crossed, "RTS crosses 0 V", rts_crosses, mf);
    sim_event_init(&mf->q_ev, "Q", q_switch, mf);
    sim_event_init(&mf->qb_ev, "QB", qb_switch, mf);
    miniframe_mono_init(mf);
    miniframe_rx_init(mf);

    /* long at rest */
    mf->tx_ps = mf->dtr_ps = sim->now_ps;
    miniframe_supply_init(mf);
    mf->rts_low = !w->rts->high;
    mf->tx_ramp = ramp_of(w->tx);
    mf->dtr_ramp = ramp_of(w->dtr);
    struct rc_clamp clamp;
    double vth;
    miniframe_input_levels(mf, &vth, &clamp);
    mf->txl_v = w->tx->to_v > clamp.hi ? clamp.hi : w->tx->to_v < clamp.lo ? clamp.lo : w->tx->to_v;
    mf->dtl_v = w->dtr->to_v > clamp.hi ? clamp.hi : w->dtr->to_v < clamp.lo ? clamp.lo : w->dtr->to_v;
    mf->txl_high = mf->txl_v > vth;
    mf->reset = (mf->dtl_v > vth) != two;
    struct miniframe_wires now = *w;
    w->miso = NULL;
    miniframe_connect(mf, now.sck, now.mosi, now.reset, now.miso);
    miniframe_supply_show(mf);
}
