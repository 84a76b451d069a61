/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/miniframe.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define OUTPUT_V 2.5          /* where an output counts as switched, and VDD as up */
#define RX_V 1.4              /* the same for RX, which has RX_LOAD_OHM to GND */
#define RX_LOAD_OHM 5000.0
#define RESET_LOAD_OHM 1e6
#define ALIVE_V 0.3           /* supply at which the gates decide; they keep their states down to it */
#define GATE_LAG 1.12         /* input crossing to output crossing, in tpd: the output's own rise */
#define SLOW_INPUT_LAG 0.49   /* X crosses slowly: the gate's output follows so much of a delay later */
#define GATE_TAU 1.62         /* of the lag inside a gate, in tpd: GATE_LAG / ln 2 */
#define OUTPUT_GAIN 8.0      /* what follows that lag: output = (1 + tanh(gain * (lag - 1/2))) / 2 */
#define OPTO_PULL_OHM 15000.0 /* RX to TX */
#define SHOWN_VDD_STEP_V 0.1

/* What happens at some voltages of the supply, from below. */
enum { AT_ALIVE, AT_RX, AT_VDD_OK, AT_OUTPUTS, AT_RESET, SUPPLY_STEPS };

/* ---- small helpers ---- */

static double us_since(const struct miniframe *mf, sim_time t_ps)
{
    return ((double)mf->sim->now_ps - (double)t_ps) * 1e-6;
}

static bool is_two(const struct miniframe *mf)
{
    return mf->cfg.circuit == MINIFRAME_TWO_4001;
}

double miniframe_vdd_v(const struct miniframe *mf)
{
    return mf->sim->now_ps >= mf->settled_ps ? mf->charge.end_v
                                             : rts_supply_v(&mf->charge, us_since(mf, mf->charge_ps));
}

static double threshold_v(const struct miniframe *mf)
{
    return mf->cfg.vt * miniframe_vdd_v(mf);
}

static struct rc_clamp input_clamp(const struct miniframe *mf)
{
    return (struct rc_clamp){ -mf->cfg.vf_v, miniframe_vdd_v(mf) + mf->cfg.vf_v };
}

static bool p_is_high(const struct miniframe *mf, sim_time t_ps)
{
    return t_ps >= mf->p_from_ps && t_ps < mf->p_to_ps;
}

static void drive(struct miniframe *mf, struct net_driver *d, bool level)
{
    bool up = d == &mf->d_rx ? mf->rx_up : mf->powered;
    net_drive(d, level && up ? NET_1 : NET_0, mf->powered ? NET_STRONG : NET_PULL);
}

/* ---- receive side ---- */

static void show_rx_line(struct miniframe *mf)
{
    if (!mf->w.rx_line || mf->deaf) {
        return;
    }
    const struct rs232_line *tx = mf->w.tx;
    double vdd = miniframe_vdd_v(mf), v;
    if (is_two(mf) && mf->cfg.rx_driver == MINIFRAME_RX_DIRECT) {
        v = mf->rx ? vdd - 0.4 : 0; /* 5 kohm behind ro */
    } else if (mf->rx || mf->txl_high) {
        v = is_two(mf) && mf->txl_high ? vdd + 0.5 : vdd - 0.1;
    } else {
        v = tx->levels.low_mv * 1e-3 + 0.3; /* 15 k to TX against 300 k of leakage and receiver */
    }
    vline_set(mf->w.rx_line, (int32_t)lround(v * 1000));
}

static void set_rx(struct miniframe *mf, bool level)
{
    mf->rx = mf->rx_to = level;
    drive(mf, &mf->d_rx, level);
    show_rx_line(mf);
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
    set_rx(mf, mf->txl_high || on);
    if (!mf->txl_high && on != goes_on) {
        double d = c->opto_tau_us *
                   log((mf->opto_ma - mf->opto_goal_ma) / (need_ma - mf->opto_goal_ma));
        mf->rx_to = goes_on;
        sim_schedule(mf->sim, &mf->rx_ev, mf->sim->now_ps + us_to_ps(d));
    }
}

static void rx_update(struct miniframe *mf)
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

static void u7_update(struct miniframe *mf)
{
    mf->u7 = !(mf->txl_high || mf->miso);
    rx_update(mf);
}

static bool miso_level(const struct miniframe *mf)
{
    return mf->w.miso && net_is_high(mf->w.miso, false);
}

static void miso_arrived(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    mf->miso = miso_level(mf);
    u7_update(mf);
}

static void miso_changed(void *ctx, struct net *net, sim_time at_ps)
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
        miso_arrived(mf, mf->sim->now_ps);
    }
}

/* ---- monostable: C2 between M and X ---- */

static const struct miniframe_source *x_source(struct miniframe *mf, double vdd)
{
    if (vdd != mf->source_vdd) {
        for (unsigned i = 0; i < 8; i++) {
            mf->source[i] = miniframe_x_source(&mf->cfg, i & 1, i & 2, i & 4, vdd);
        }
        mf->source_vdd = vdd;
    }
    return &mf->source[mf->m | mf->q << 1 | mf->rts_low << 2];
}

/*
 * How long a clamp diode holds X from now on: C2 then leaves through M's resistance alone, until X's source carries
 * all of the current (with a charge of *knee). Not for M and Q alike: those have a curve.
 */
static double clamped_us(const struct miniframe *mf, const struct miniframe_source *s, double vdd, double *knee,
                         double *goal)
{
    double m_v = mf->m ? vdd : 0, vf = mf->cfg.vf_v;
    double x = s->v + (mf->c2_v + m_v - s->v) * s->k, at;
    if (x > vdd + vf) {
        at = vdd + vf;
    } else if (x < -vf && mf->cfg.recovery_diode) {
        at = -vf;
    } else {
        return 0;
    }
    *knee = s->v + (at - s->v) / s->k - m_v;
    *goal = at - m_v;
    return mf->ro_c2_us * log((mf->c2_v - *goal) / (*knee - *goal));
}

/* The curve that C2 follows while M and Q stand at the same rail and a diode bypasses R2; NULL: it does not. */
static const struct rc_recovery *recovery_curve(const struct miniframe *mf)
{
    if (mf->m != mf->q) {
        return NULL;
    }
    if (!mf->m) {
        return mf->c2_v < (mf->rts_low ? mf->x_rest_v : 0) ? &mf->recovery : NULL;
    }
    return mf->c2_v > 0 && !(mf->rts_low && mf->cfg.r3_ohm != 0) ? &mf->upper_recovery : NULL;
}

/* Brings the charge to t (not before c2_ps). */
static void c2_advance(struct miniframe *mf, const struct miniframe_source *s, double vdd, sim_time t_ps)
{
    if (t_ps <= mf->c2_ps) {
        return;
    }
    sim_time dt_ps = t_ps - mf->c2_ps;
    mf->c2_ps = t_ps;
    const struct rc_recovery *curve = recovery_curve(mf);
    if (curve) {
        if (mf->c2_v != mf->recovery_v) {
            mf->recovery_v = mf->c2_v;
            mf->recovery_us = rc_recovery_time(curve, -fabs(mf->c2_v));
        }
        double left = rc_recovery_at(curve, mf->recovery_us + (double)dt_ps * 1e-6, &mf->recovery_hint);
        mf->c2_v = mf->m ? -left : mf->rts_low && left > mf->x_rest_v ? mf->x_rest_v : left;
        return;
    }
    if (mf->c2_v > 0 || !mf->m) { /* else X is between the clamps */
        double knee, to, held_us = clamped_us(mf, s, vdd, &knee, &to);
        if ((double)dt_ps * 1e-6 < held_us) {
            mf->c2_v = to + (mf->c2_v - to) * exp(-(double)dt_ps * 1e-6 / mf->ro_c2_us);
            return;
        }
        if (held_us > 0) {
            mf->c2_v = knee;
            dt_ps -= us_to_ps(held_us) < dt_ps ? us_to_ps(held_us) : dt_ps;
        }
    }
    if (dt_ps != mf->decay_ps || s->tau_us != mf->decay_tau_us) {
        mf->decay_ps = dt_ps;
        mf->decay_tau_us = s->tau_us;
        mf->decay = exp(-(double)dt_ps * 1e-6 / s->tau_us);
    }
    double goal = s->v - (mf->m ? vdd : 0);
    mf->c2_v = goal + (mf->c2_v - goal) * mf->decay;
}

/* SCK can rise once X is low and P too. */
static void plan_sck_rise(struct miniframe *mf)
{
    if (mf->x_low_ps == SIM_NEVER) {
        sim_cancel(mf->sim, &mf->sck_ev);
        return;
    }
    sim_time from = mf->x_low_ps;
    /* a spike that comes before the pulse is long enough for the next gate swallows it */
    if (mf->p_from_ps <= from + mf->slow_ps + mf->g_ps && mf->p_to_ps > from) {
        from = mf->p_to_ps;
    }
    mf->sck_to = true;
    sim_schedule(mf->sim, &mf->sck_ev, from + mf->g_ps + mf->slow_ps);
}

/* When does X cross next, and what follows? After every change of M, Q or the discriminator. */
static void plan_sck(struct miniframe *mf, double vdd)
{
    const struct miniframe_source *s = x_source(mf, vdd);
    double vth = mf->cfg.vt * vdd;
    double x = s->v + (mf->c2_v + (mf->m ? vdd : 0) - s->v) * s->k;
    if ((x > vth) == (s->v > vth)) { /* it stays on this side */
        if (!mf->sck) {
            mf->x_low_ps = x > vth ? SIM_NEVER : mf->c2_ps;
            plan_sck_rise(mf);
        } else if (x > vth) {
            mf->sck_to = false;
            sim_schedule(mf->sim, &mf->sck_ev, mf->c2_ps + mf->g_ps);
        } else {
            sim_cancel(mf->sim, &mf->sck_ev);
        }
        return;
    }
    double held_us = 0;
    if (mf->c2_v > 0 || !mf->m) {
        double knee, to;
        held_us = clamped_us(mf, s, vdd, &knee, &to);
        x = held_us > 0 ? s->v + (knee + (mf->m ? vdd : 0) - s->v) * s->k : x;
    }
    sim_time cross = mf->c2_ps + us_to_ps(held_us + s->tau_us * log((x - s->v) / (vth - s->v)));
    if (!mf->sck) {
        mf->x_low_ps = x > vth ? cross : SIM_NEVER;
        mf->x_low_v = s->v + (vth - s->v) / s->k - (mf->m ? vdd : 0);
        plan_sck_rise(mf);
    } else if (x <= vth) {
        mf->sck_to = false;
        sim_schedule(mf->sim, &mf->sck_ev, cross + mf->g_ps);
    }
}

/* M follows SCK one gate later, and C2 lifts or drops X. */
static void m_switch(struct miniframe *mf, bool level)
{
    double vdd = miniframe_vdd_v(mf);
    const struct miniframe_source *s = x_source(mf, vdd);
    if (!level && mf->x_low_ps > mf->c2_ps && mf->x_low_ps <= mf->sim->now_ps) {
        mf->c2_v = mf->x_low_v; /* known there */
        mf->c2_ps = mf->x_low_ps;
    }
    c2_advance(mf, s, vdd, mf->sim->now_ps + mf->g_ps);
    mf->m = level;
    mf->c2_v -= (level ? vdd : -vdd) * mf->cfg.cg_pf / (mf->cfg.c2_pf + mf->cfg.cg_pf); /* U3's input takes part */
    plan_sck(mf, vdd);
}

static void set_sck(struct miniframe *mf, bool level)
{
    mf->sck = level;
    sim_cancel(mf->sim, &mf->sck_ev);
    if (!level && !is_two(mf) && mf->miso &&
        miniframe_led_ma(&mf->cfg) * 1e-3 * mf->cfg.ro_ohm > 0.3 * mf->cfg.target_vcc_v) {
        net_drive(&mf->d_sck, NET_X, NET_STRONG); /* the LED lifts it above VIL */
    } else {
        drive(mf, &mf->d_sck, level);
    }
    m_switch(mf, !level);
    rx_update(mf);
}

static void sck_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    set_sck(mf, mf->sck_to);
}

/* X got another source (Q, RTS): from now on it goes elsewhere. */
static void x_source_changes(struct miniframe *mf)
{
    double vdd = miniframe_vdd_v(mf);
    if (!mf->sck && mf->x_low_ps <= mf->sim->now_ps && sim_event_pending(&mf->sck_ev)) {
        return; /* SCK is about to rise and will ask again */
    }
    plan_sck(mf, vdd);
}

static void c2_bring_here(struct miniframe *mf)
{
    double vdd = miniframe_vdd_v(mf);
    const struct miniframe_source *s = x_source(mf, vdd);
    c2_advance(mf, s, vdd, mf->sim->now_ps);
}

/* ---- latch ---- */

static void set_q(struct miniframe *mf, bool level)
{
    if (level == mf->q) {
        return;
    }
    c2_bring_here(mf);
    mf->q = level;
    drive(mf, &mf->d_q, level);
    x_source_changes(mf);
}

static void latch_update(struct miniframe *mf)
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
    latch_update(mf);
}

static void qb_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    mf->qb = !(mf->reset || mf->q);
    latch_update(mf);
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
        latch_update(mf);
    }
    if (mf->sck) { /* while SCK is low a spike has no effect on the period */
        set_sck(mf, false);
    }
}

/* ---- inputs ---- */

static void drive_mosi(struct miniframe *mf)
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
    drive_mosi(mf);
    if (mf->alive) {
        u7_update(mf);
        show_rx_line(mf);
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

static void drive_reset(struct miniframe *mf)
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
    drive_reset(mf);
    latch_update(mf);
}

/* Threshold and clamp of TXL and DTL: of a gate, or of a zener and the target's pin. */
static void input_levels(const struct miniframe *mf, double *threshold, struct rc_clamp *clamp)
{
    *clamp = input_clamp(mf);
    *threshold = threshold_v(mf);
    if (!is_two(mf)) {
        *threshold = OUTPUT_V;
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
        plan_sck_rise(mf);
    }
}

static void tx_spike(struct miniframe *mf)
{
    struct rc_clamp clamp = input_clamp(mf);
    double vth = threshold_v(mf);
    sim_time now = mf->sim->now_ps;
    struct rc_crossings c = rc_spike_crossings(&mf->tx_ramp, mf->p_v, mf->spike_gain_us, mf->spike_tau_us,
                                               clamp, vth < 0.1 ? 0.1 : vth);
    if (p_is_high(mf, now)) { /* a falling ramp cuts it short */
        mf->p_to_ps = now + (c.n ? us_to_ps(c.at_us[0]) : 0);
        if (sim_event_pending(&mf->trigger) && mf->p_to_ps - mf->p_from_ps < mf->g_ps) {
            sim_cancel(mf->sim, &mf->trigger);
            mf->p_to_ps = mf->p_from_ps;
        }
        new_spike(mf, 0, 0);
        if (mf->alive && sim_event_pending(&mf->q_ev)) {
            latch_update(mf);
        }
        return;
    }
    if (mf->p_from_ps > now) {
        sim_cancel(mf->sim, &mf->trigger); /* the ramp that would have made it was broken off */
        mf->p_from_ps = mf->p_to_ps = 0;
    }
    new_spike(mf, c.n == 2 ? now + us_to_ps(c.at_us[0]) : 0, c.n == 2 ? now + us_to_ps(c.at_us[1]) : 0);
}

/* ---- supply ---- */

enum { FROM_RTS, FROM_DTR, FROM_TX };

/* A line's level as the supply has it: on its way it still counts as where it came from. */
static double supply_level_v(const struct miniframe *mf, int from)
{
    const struct rs232_line *line = from == FROM_RTS ? mf->w.rts : from == FROM_DTR ? mf->w.dtr : mf->w.tx;
    bool high = line->high == (mf->sim->now_ps >= mf->supply_from_ps[from]);
    return (high ? line->levels.high_mv : line->levels.low_mv) * 1e-3;
}

static double supply_line_v(const struct miniframe *mf)
{
    double rts = supply_level_v(mf, FROM_RTS);
    double dtr = mf->cfg.supply_from_dtr ? supply_level_v(mf, FROM_DTR) : -99;
    return rts > dtr ? rts : dtr;
}

static void show_vdd(void *ctx, sim_time at_ps)
{
    struct miniframe *mf = ctx;
    double v = miniframe_vdd_v(mf);
    if (mf->w.vdd) {
        vline_set(mf->w.vdd, (int32_t)lround(v * 1000));
    }
    double left = mf->charge.end_v - v;
    if (mf->w.vdd && mf->w.vdd->trace_id >= 0) {
        double next = v + (left > 0 ? 1 : -1) * SHOWN_VDD_STEP_V;
        double us = fabs(left) > SHOWN_VDD_STEP_V ? rts_supply_reaches_us(&mf->charge, next) : -1;
        sim_time at = us >= 0 ? mf->charge_ps + us_to_ps(us) : mf->settled_ps;
        sim_schedule(mf->sim, &mf->show_vdd, at > at_ps ? at : SIM_NEVER);
    }
}

static void drive_all(struct miniframe *mf)
{
    drive(mf, &mf->d_q, mf->q);
    drive_reset(mf);
    drive_mosi(mf);
    drive(mf, &mf->d_sck, mf->sck);
    drive(mf, &mf->d_rx, mf->rx);
    show_rx_line(mf);
}

/* The gates have enough supply to decide. */
static void gates_wake(struct miniframe *mf)
{
    mf->alive = true;
    sim_time now = mf->sim->now_ps;
    double vth, vdd = miniframe_vdd_v(mf);
    struct rc_clamp clamp;
    input_levels(mf, &vth, &clamp);
    mf->txl_high = rc_lag_at(&mf->tx_ramp, mf->txl_v, mf->txl_tau_us, clamp, us_since(mf, mf->tx_ps)) > vth;
    bool dtl = rc_lag_at(&mf->dtr_ramp, mf->dtl_v, mf->dtl_tau_us, clamp, us_since(mf, mf->dtr_ps)) > vth;
    mf->reset = dtl != is_two(mf);
    mf->q = mf->cfg.lock_fitted && (mf->reset || mf->cfg.latch_wakes_locked);
    mf->qb = !mf->q;
    mf->miso = miso_level(mf);
    mf->u7 = !(mf->txl_high || mf->miso);
    /* the monostable */
    mf->c2_ps = now;
    double x_us = mf->q && mf->supply_from_zero ? miniframe_power_up_x_us(&mf->cfg, &mf->charge) : 0;
    sim_time x_ps = mf->charge_ps + us_to_ps(x_us);
    mf->supply_from_zero = false;
    mf->sck = !mf->q || x_ps > now;
    mf->m = !mf->sck;
    mf->x_low_ps = SIM_NEVER;
    if (mf->q && mf->sck) {
        mf->c2_v = mf->cfg.vt * vdd;
        mf->sck_to = false;
        sim_schedule(mf->sim, &mf->sck_ev, x_ps + mf->g_ps);
    } else {
        mf->c2_v = 0; /* Q and M alike: both high, or X low and M low */
    }
    if (is_two(mf) && !mf->deaf) {
        mf->rx = mf->rx_to = !mf->u7 && !mf->sck;
    }
    rx_update(mf);
}

static void gates_sleep(struct miniframe *mf)
{
    struct sim *sim = mf->sim;
    mf->alive = false;
    sim_cancel(sim, &mf->sck_ev);
    sim_cancel(sim, &mf->q_ev);
    sim_cancel(sim, &mf->qb_ev);
    sim_cancel(sim, &mf->rx_ev);
    mf->q = mf->sck = mf->m = mf->rx = mf->rx_to = false;
    mf->c2_v = 0;
}

static double step_v(const struct miniframe *mf, int step)
{
    const struct miniframe_config *c = &mf->cfg;
    switch (step) {
    case AT_ALIVE: return ALIVE_V;
    case AT_RX: return RX_V * (1 + c->ro_ohm / RX_LOAD_OHM) / (1 - c->level_loss);
    case AT_VDD_OK: return OUTPUT_V;
    case AT_RESET: return OUTPUT_V * (1 + c->ro_ohm / RESET_LOAD_OHM) / (1 - c->level_loss);
    default: return OUTPUT_V / (1 - c->level_loss);
    }
}

/* All that VDD has passed; when does it pass the next? */
static void plan_supply(struct miniframe *mf)
{
    sim_time next = SIM_NEVER;
    for (int i = 0; i < SUPPLY_STEPS; i++) {
        double us = rts_supply_reaches_us(&mf->charge, step_v(mf, i));
        if (us >= 0 && (mf->supply_steps >> i & 1) != (mf->charge.end_v > mf->charge.start_v)) {
            sim_time at = mf->charge_ps + us_to_ps(us);
            next = at < next ? at : next;
        }
    }
    sim_schedule(mf->sim, &mf->supply_ev, next);
}

static void supply_steps(struct miniframe *mf, unsigned steps)
{
    unsigned changed = steps ^ mf->supply_steps;
    mf->supply_steps = steps;
    if (changed >> AT_ALIVE & 1) {
        (steps >> AT_ALIVE & 1 ? gates_wake : gates_sleep)(mf);
    }
    mf->powered = steps >> AT_OUTPUTS & 1;
    mf->rx_up = steps >> AT_RX & 1;
    if (changed >> AT_VDD_OK & 1) {
        net_drive(&mf->d_vdd_ok, steps >> AT_VDD_OK & 1 ? NET_1 : NET_0, NET_STRONG);
    }
    drive_all(mf);
}

static void supply_crossed(void *ctx, sim_time at_ps)
{
    struct miniframe *mf = ctx;
    show_vdd(mf, at_ps);
    bool up = mf->charge.end_v > mf->charge.start_v;
    unsigned steps = mf->supply_steps;
    for (int i = 0; i < SUPPLY_STEPS; i++) {
        double us = rts_supply_reaches_us(&mf->charge, step_v(mf, i));
        if (us >= 0 && mf->charge_ps + us_to_ps(us) <= at_ps) {
            steps = up ? steps | 1u << i : steps & ~(1u << i);
        }
    }
    supply_steps(mf, steps);
    plan_supply(mf);
}

/* From now on the lines as they are; those that stand high charge VDD through the clamps of U5 and U6 too. */
static void supply_begin(struct miniframe *mf, double v)
{
    const struct miniframe_config *c = &mf->cfg;
    struct rts_supply_feed feed[RTS_SUPPLY_FEEDS] = { 0 };
    if (is_two(mf)) {
        feed[0] = (struct rts_supply_feed){ supply_level_v(mf, FROM_TX) - c->vf_v, c->r6_ohm };
        feed[1] = (struct rts_supply_feed){ supply_level_v(mf, FROM_DTR) - c->vf_v, c->r7_ohm };
    }
    rts_supply_begin(&mf->charge, &c->supply, v, supply_line_v(mf), feed);
    mf->charge_ps = mf->sim->now_ps;
}

static void supply_moves(void *ctx, sim_time at_ps)
{
    struct miniframe *mf = ctx;
    double v = miniframe_vdd_v(mf);
    if (v < ALIVE_V) {
        mf->supply_from_zero = true;
    }
    supply_begin(mf, v);
    double settled = rts_supply_reaches_us(&mf->charge, mf->charge.end_v + (v < mf->charge.end_v ? -1e-3 : 1e-3));
    mf->settled_ps = mf->charge_ps + us_to_ps(settled > 0 ? settled : 0);
    plan_supply(mf);
    show_vdd(mf, at_ps);
    sim_time next = SIM_NEVER;
    for (int i = FROM_RTS; i <= FROM_TX; i++) {
        next = mf->supply_from_ps[i] > at_ps && mf->supply_from_ps[i] < next ? mf->supply_from_ps[i] : next;
    }
    sim_schedule(mf->sim, &mf->supply_from, next);
    mf->held_ps = next == SIM_NEVER && supply_line_v(mf) > mf->charge.end_v ? mf->settled_ps : SIM_NEVER;
}

/* The current grows along the ramp, or ceases: as if the line jumped in the middle of that part of it. */
static void supply_line_moves(struct miniframe *mf, int from, const struct rs232_line *line)
{
    double high = line->levels.high_mv * 1e-3, v = miniframe_vdd_v(mf) + mf->cfg.vf_v;
    double from_end = v < high ? (high - v) / 2 : 0; /* of the ramp */
    double us = (line->high ? high - line->levels.low_mv * 1e-3 - from_end : from_end) /
                (line->levels.slew_mv_per_us * 1e-3);
    mf->supply_from_ps[from] = mf->sim->now_ps + us_to_ps(us);
    mf->held_ps = SIM_NEVER;
    if (!sim_event_pending(&mf->supply_from) || mf->supply_from.at_ps > mf->supply_from_ps[from]) {
        sim_schedule(mf->sim, &mf->supply_from, mf->supply_from_ps[from]);
    }
}

/* What TX and DTR give away counts only while no diode from a high line holds VDD. */
static bool supply_is_held(const struct miniframe *mf)
{
    return mf->sim->now_ps >= mf->held_ps;
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
    if (!supply_is_held(mf)) {
        supply_line_moves(mf, FROM_TX, mf->w.tx);
    }
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
    input_levels(mf, &vth, &txl_clamp);
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
    c2_bring_here(mf);
    mf->rts_low = !mf->w.rts->high;
    if (mf->alive && mf->cfg.r3_ohm != 0) {
        x_source_changes(mf);
    }
}

static void rts_moves(void *ctx)
{
    struct miniframe *mf = ctx;
    supply_line_moves(mf, FROM_RTS, mf->w.rts);
    sim_schedule(mf->sim, &mf->rts_crossed,
                 mf->sim->now_ps + rs232_line_lead_ps(mf->w.rts, mf->w.rts->high));
}

static void dtr_moves(void *ctx)
{
    struct miniframe *mf = ctx;
    struct rc_clamp clamp;
    double vth;
    input_levels(mf, &vth, &clamp);
    mf->dtl_v = rc_lag_at(&mf->dtr_ramp, mf->dtl_v, mf->dtl_tau_us, clamp, us_since(mf, mf->dtr_ps));
    mf->dtr_ramp = ramp_of(mf->w.dtr);
    mf->dtr_ps = mf->sim->now_ps;
    struct rc_crossings c = rc_lag_crossings(&mf->dtr_ramp, mf->dtl_v, mf->dtl_tau_us, clamp, vth);
    edge_queue_add(&mf->dtl, mf->sim, mf->dtl_v > vth, &c, is_two(mf) ? mf->g_ps : 0);
    if (mf->cfg.supply_from_dtr || !supply_is_held(mf)) {
        supply_line_moves(mf, FROM_DTR, mf->w.dtr);
    }
}

/* ---- wiring ---- */

static void attach(struct net *net, struct net_driver *d, const char *name)
{
    if (net) {
        net_attach(net, d, name);
    }
}

void miniframe_connect(struct miniframe *mf, struct net *sck, struct net *mosi, struct net *reset,
                       struct net *miso)
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
            net_watch_add(miso, &mf->miso_watch, NET_WATCH_EDGES, miso_changed, mf);
        }
        miso_arrived(mf, mf->sim->now_ps);
    }
    net_release(mf->sim);
}

void miniframe_init(struct miniframe *mf, struct sim *sim, const struct miniframe_config *cfg,
                    const struct miniframe_wires *wires)
{
    assert(!miniframe_config_check(cfg));
    memset(mf, 0, sizeof *mf);
    mf->cfg = *cfg;
    mf->w = *wires;
    mf->sim = sim;
    bool two = is_two(mf);
    mf->g_ps = (sim_time)(GATE_LAG * cfg->tpd_ns * 1000 + 0.5);
    mf->slow_ps = (sim_time)(SLOW_INPUT_LAG * (double)mf->g_ps);
    mf->ro_c2_us = cfg->ro_ohm * cfg->c2_pf * 1e-6;
    mf->spike_gain_us = cfg->r1_ohm * cfg->c1_pf * 1e-6;
    mf->spike_tau_us = cfg->r1_ohm * (cfg->c1_pf + 2 * cfg->cg_pf) * 1e-6;
    mf->txl_tau_us = cfg->r6_ohm * (two ? 3 : 1) * cfg->cg_pf * 1e-6;
    mf->dtl_tau_us = cfg->r7_ohm * 2 * cfg->cg_pf * 1e-6;
    const struct rs232_levels *lv = &wires->tx->levels;
    double ramp_us = (lv->high_mv - lv->low_mv) / (double)lv->slew_mv_per_us;
    mf->txl_rest_ps = us_to_ps(ramp_us + 15 * mf->txl_tau_us);
    mf->p_rest_ps = us_to_ps(ramp_us + mf->spike_tau_us * log(cfg->vf_v / 0.01));
    mf->p_rest_ps = mf->p_rest_ps > mf->txl_rest_ps ? mf->p_rest_ps : mf->txl_rest_ps;

    rc_recovery_init(&mf->recovery, cfg->r2_ohm + cfg->ro_ohm, cfg->ro_ohm, cfg->c2_pf, cfg->vf_v,
                     cfg->recovery_diode);
    mf->x_rest_v = cfg->r3_ohm != 0 ? miniframe_x_rest_v(cfg) : 0;
    rc_recovery_init(&mf->upper_recovery, cfg->r2_ohm + cfg->ro_ohm, cfg->ro_ohm, cfg->c2_pf, cfg->vf_v, true);

    struct miniframe_wires *w = &mf->w;
    attach(w->rx, &mf->d_rx, "U8");
    attach(w->q, &mf->d_q, "U1");
    attach(w->vdd_ok, &mf->d_vdd_ok, "VDD");
    rs232_watch_add(w->tx, &mf->tx_watch, tx_moves, mf);
    rs232_watch_add(w->dtr, &mf->dtr_watch, dtr_moves, mf);
    rs232_watch_add(w->rts, &mf->rts_watch, rts_moves, mf);

    sim_event_init(&mf->supply_ev, "VDD passes a level", supply_crossed, mf);
    sim_event_init(&mf->supply_from, "a line moves VDD", supply_moves, mf);
    sim_event_init(&mf->show_vdd, "VDD", show_vdd, mf);
    sim_event_init(&mf->txl.ev, "TXL", txl_arrived, mf);
    sim_event_init(&mf->dtl.ev, "DTL", dtl_arrived, mf);
    sim_event_init(&mf->trigger, "spike on P", spike_arrived, mf);
    sim_event_init(&mf->rts_crossed, "RTS crosses 0 V", rts_crosses, mf);
    sim_event_init(&mf->q_ev, "Q", q_switch, mf);
    sim_event_init(&mf->qb_ev, "QB", qb_switch, mf);
    sim_event_init(&mf->sck_ev, "miniframe SCK", sck_switch, mf);
    sim_event_init(&mf->miso_ev, "U7", miso_arrived, mf);
    sim_event_init(&mf->rx_ev, "RX", rx_switch, mf);

    /* long at rest */
    mf->charge_ps = mf->tx_ps = mf->dtr_ps = mf->c2_ps = mf->opto_ps = sim->now_ps;
    supply_begin(mf, 0);
    supply_begin(mf, mf->charge.end_v);
    mf->held_ps = supply_line_v(mf) > mf->charge.end_v ? 0 : SIM_NEVER;
    mf->rts_low = !w->rts->high;
    mf->x_low_ps = SIM_NEVER;
    mf->tx_ramp = ramp_of(w->tx);
    mf->dtr_ramp = ramp_of(w->dtr);
    struct rc_clamp clamp;
    double vth;
    input_levels(mf, &vth, &clamp);
    mf->txl_v = w->tx->to_v > clamp.hi ? clamp.hi : w->tx->to_v < clamp.lo ? clamp.lo : w->tx->to_v;
    mf->dtl_v = w->dtr->to_v > clamp.hi ? clamp.hi : w->dtr->to_v < clamp.lo ? clamp.lo : w->dtr->to_v;
    mf->txl_high = mf->txl_v > vth;
    mf->reset = (mf->dtl_v > vth) != two;
    struct miniframe_wires now = *w;
    w->miso = NULL;
    miniframe_connect(mf, now.sck, now.mosi, now.reset, now.miso);
    net_drive(&mf->d_vdd_ok, NET_0, NET_STRONG);
    if (w->vdd) {
        vline_set(w->vdd, (int32_t)lround(mf->charge.end_v * 1000));
    }
    unsigned steps = 0;
    for (int i = 0; i < SUPPLY_STEPS; i++) {
        steps |= (mf->charge.end_v > step_v(mf, i)) << i;
    }
    supply_steps(mf, steps);
}
