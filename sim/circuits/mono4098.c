/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/mono4098.h"

#include <assert.h>
#include <string.h>

const struct mono4098_config mono4098_115200 = {
    .t1_ps = SIM_S,
    .t2_ps = 21701389,
    .q1_delay_ps = 200 * SIM_NS,
    .q2_delay_ps = 200 * SIM_NS,
    .gate_ps = 100 * SIM_NS,
};

bool mono4098_config_check(const struct mono4098_config *c, struct problem *err)
{
    if (c->t2_ps < SIM_US / 10 || c->t2_ps > SIM_S) {
        return problem_set(err, "T2 must be 0.1 us to 1 s");
    }
    if (c->t1_ps < c->t2_ps || c->t1_ps > 1000 * SIM_S) {
        return problem_set(err, "T1 must be T2 to 1000 s");
    }
    if (c->q1_delay_ps > 10 * SIM_US || c->q2_delay_ps > 10 * SIM_US || c->gate_ps > 10 * SIM_US) {
        return problem_set(err, "delays must be 0 to 10 us");
    }
    return true;
}

static void drive(struct net_driver *d, bool level)
{
    net_drive(d, level ? NET_1 : NET_0, NET_STRONG);
}

static bool level_of(const struct net_driver *d)
{
    return d->level == NET_1;
}

/* Whatever a gate's inputs did, its output follows one gate later; a change taken back before that is gone. */
static void gate(struct mono4098 *m, struct sim_event *ev, const struct net_driver *out, bool level)
{
    if (level == level_of(out)) {
        sim_cancel(m->sim, ev);
    } else if (!sim_event_pending(ev)) {
        sim_schedule(m->sim, ev, m->sim->now_ps + m->cfg.gate_ps);
    }
}

static void rx_update(struct mono4098 *m)
{
    bool miso = m->w.miso && net_is_high(m->w.miso, false);
    bool rx = !level_of(&m->d_sck) && (m->tx || miso);
    gate(m, &m->rx_ev, &m->d_rx, rx);
}

static void rx_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct mono4098 *m = ctx;
    drive(&m->d_rx, !level_of(&m->d_rx));
    if (m->w.rx_line) {
        vline_set(m->w.rx_line, level_of(&m->d_rx) ? 4700 : 0);
    }
}

static void sck_update(struct mono4098 *m)
{
    gate(m, &m->sck_ev, &m->d_sck, m->q1 && !m->q2);
}

static void sck_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct mono4098 *m = ctx;
    drive(&m->d_sck, !level_of(&m->d_sck));
    rx_update(m);
}

static void mosi_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct mono4098 *m = ctx;
    drive(&m->d_mosi, !level_of(&m->d_mosi));
}

/* A trigger has come through, or the time since the last one may be over. */
static void q1_event(void *ctx, sim_time at_ps)
{
    struct mono4098 *m = ctx;
    sim_time end = m->last_rise_ps + m->cfg.q1_delay_ps + m->cfg.t1_ps;
    m->q1 = at_ps < end;
    drive(&m->d_reset, !m->q1);
    sck_update(m);
    if (m->q1) {
        sim_schedule(m->sim, &m->q1_ev, end);
    }
}

static void q2_event(void *ctx, sim_time at_ps)
{
    struct mono4098 *m = ctx;
    sim_time end = m->last_rise_ps + m->cfg.q2_delay_ps + m->cfg.t2_ps;
    m->q2 = at_ps < end;
    sck_update(m);
    if (m->q2) {
        sim_schedule(m->sim, &m->q2_ev, end);
    }
}

static void tx_crosses(void *ctx, sim_time at_ps)
{
    struct mono4098 *m = ctx;
    m->tx = m->w.tx->high;
    gate(m, &m->mosi_ev, &m->d_mosi, !m->tx);
    rx_update(m);
    if (!m->tx) {
        return;
    }
    m->last_rise_ps = at_ps;
    if (!m->q1) {
        sim_schedule(m->sim, &m->q1_ev, at_ps + m->cfg.q1_delay_ps);
    }
    if (!m->q2) {
        sim_schedule(m->sim, &m->q2_ev, at_ps + m->cfg.q2_delay_ps);
    }
}

static void tx_moves(void *ctx)
{
    struct mono4098 *m = ctx;
    const struct rs232_line *tx = m->w.tx;
    double to_zero = tx->high ? -tx->from_v : tx->from_v;
    sim_time at = m->sim->now_ps;
    if (to_zero > 0) {
        at += (sim_time)(to_zero * 1e9 / tx->levels.slew_mv_per_us + 0.5);
    }
    if (m->tx == tx->high) {
        sim_cancel(m->sim, &m->tx_crossed); /* turned back before it crossed */
    } else {
        sim_schedule(m->sim, &m->tx_crossed, at);
    }
}

static void miso_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    rx_update(ctx);
}

void mono4098_connect(struct mono4098 *m, struct net *sck, struct net *mosi, struct net *reset, struct net *miso)
{
    net_hold(m->sim);
    net_move(&m->d_sck, sck, "programmer SCK");
    net_move(&m->d_mosi, mosi, "programmer MOSI");
    net_move(&m->d_reset, reset, "programmer RESET");
    if (m->w.miso != miso) {
        if (m->w.miso) {
            net_watch_remove(m->w.miso, &m->miso_watch);
        }
        m->w.miso = miso;
        if (miso) {
            net_watch_add(miso, &m->miso_watch, NET_WATCH_EDGES, miso_changed, m);
        }
        rx_update(m);
    }
    net_release(m->sim);
}

void mono4098_init(struct mono4098 *m, struct sim *sim, const struct mono4098_config *cfg,
                   const struct mono4098_wires *wires)
{
    assert(mono4098_config_check(cfg, &(struct problem){ "" }));
    memset(m, 0, sizeof *m);
    m->cfg = *cfg;
    m->w = *wires;
    m->sim = sim;
    m->tx = wires->tx->high;
    sim_event_init(&m->tx_crossed, "TX crosses 0 V", tx_crosses, m);
    sim_event_init(&m->q1_ev, "Q1", q1_event, m);
    sim_event_init(&m->q2_ev, "Q2", q2_event, m);
    sim_event_init(&m->mosi_ev, "MOSI", mosi_switch, m);
    sim_event_init(&m->sck_ev, "SCK", sck_switch, m);
    sim_event_init(&m->rx_ev, "RX", rx_switch, m);
    rs232_watch_add(wires->tx, &m->tx_watch, tx_moves, m);
    m->w.miso = NULL;
    mono4098_connect(m, wires->sck, wires->mosi, wires->reset, wires->miso);
    if (wires->rx) {
        net_attach(wires->rx, &m->d_rx, "RX");
    }
    drive(&m->d_sck, false);
    drive(&m->d_mosi, !m->tx);
    drive(&m->d_reset, true);
    drive(&m->d_rx, m->tx);
}
