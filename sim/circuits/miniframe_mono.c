/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/miniframe_inside.h"

#include <math.h>

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

void miniframe_plan_sck_rise(struct miniframe *mf)
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
            miniframe_plan_sck_rise(mf);
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
        miniframe_plan_sck_rise(mf);
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

void miniframe_set_sck(struct miniframe *mf, bool level)
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
    miniframe_rx_update(mf);
}

static void sck_switch(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct miniframe *mf = ctx;
    miniframe_set_sck(mf, mf->sck_to);
}

void miniframe_x_source_changes(struct miniframe *mf)
{
    double vdd = miniframe_vdd_v(mf);
    if (!mf->sck && mf->x_low_ps <= mf->sim->now_ps && sim_event_pending(&mf->sck_ev)) {
        return; /* SCK is about to rise and will ask again */
    }
    plan_sck(mf, vdd);
}

void miniframe_c2_bring_here(struct miniframe *mf)
{
    double vdd = miniframe_vdd_v(mf);
    const struct miniframe_source *s = x_source(mf, vdd);
    c2_advance(mf, s, vdd, mf->sim->now_ps);
}

void miniframe_mono_init(struct miniframe *mf)
{
    const struct miniframe_config *cfg = &mf->cfg;
    mf->ro_c2_us = cfg->ro_ohm * cfg->c2_pf * 1e-6;
    rc_recovery_init(&mf->recovery, cfg->r2_ohm + cfg->ro_ohm, cfg->ro_ohm, cfg->c2_pf, cfg->vf_v, cfg->recovery_diode);
    mf->x_rest_v = cfg->r3_ohm != 0 ? miniframe_x_rest_v(cfg) : 0;
    rc_recovery_init(&mf->upper_recovery, cfg->r2_ohm + cfg->ro_ohm, cfg->ro_ohm, cfg->c2_pf, cfg->vf_v, true);
    mf->c2_ps = mf->sim->now_ps;
    mf->x_low_ps = SIM_NEVER;
    sim_event_init(&mf->sck_ev, "miniframe SCK", sck_switch, mf);
}
