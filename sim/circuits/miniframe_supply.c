/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/miniframe_inside.h"

#include <math.h>

#define RX_V 1.4 /* where RX counts as switched: it has RX_LOAD_OHM to GND */
#define RX_LOAD_OHM 5000.0
#define RESET_LOAD_OHM 1e6
#define ALIVE_V 0.3 /* supply at which the gates decide; they keep their states down to it */
#define SHOWN_VDD_STEP_V 0.1

double miniframe_vdd_v(const struct miniframe *mf)
{
    return mf->sim->now_ps >= mf->settled_ps ? mf->charge.end_v
                                             : rts_supply_v(&mf->charge, us_since(mf, mf->charge_ps));
}

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
    miniframe_drive_reset(mf);
    miniframe_drive_mosi(mf);
    drive(mf, &mf->d_sck, mf->sck);
    drive(mf, &mf->d_rx, mf->rx);
    miniframe_show_rx_line(mf);
}

/* The gates have enough supply to decide. */
static void gates_wake(struct miniframe *mf)
{
    mf->alive = true;
    sim_time now = mf->sim->now_ps;
    double vth, vdd = miniframe_vdd_v(mf);
    struct rc_clamp clamp;
    miniframe_input_levels(mf, &vth, &clamp);
    mf->txl_high = rc_lag_at(&mf->tx_ramp, mf->txl_v, mf->txl_tau_us, clamp, us_since(mf, mf->tx_ps)) > vth;
    bool dtl = rc_lag_at(&mf->dtr_ramp, mf->dtl_v, mf->dtl_tau_us, clamp, us_since(mf, mf->dtr_ps)) > vth;
    mf->reset = dtl != is_two(mf);
    mf->q = mf->cfg.lock_fitted && (mf->reset || mf->cfg.latch_wakes_locked);
    mf->qb = !mf->q;
    mf->miso = miniframe_miso_level(mf);
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
    miniframe_rx_update(mf);
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
    case AT_VDD_OK: return MINIFRAME_OUTPUT_V;
    case AT_RESET: return MINIFRAME_OUTPUT_V * (1 + c->ro_ohm / RESET_LOAD_OHM) / (1 - c->level_loss);
    default: return MINIFRAME_OUTPUT_V / (1 - c->level_loss);
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
void miniframe_supply_line_moves(struct miniframe *mf, int from, const struct rs232_line *line)
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

bool miniframe_supply_is_held(const struct miniframe *mf)
{
    return mf->sim->now_ps >= mf->held_ps;
}

void miniframe_supply_init(struct miniframe *mf)
{
    sim_event_init(&mf->supply_ev, "VDD passes a level", supply_crossed, mf);
    sim_event_init(&mf->supply_from, "a line moves VDD", supply_moves, mf);
    sim_event_init(&mf->show_vdd, "VDD", show_vdd, mf);
    supply_begin(mf, 0);
    supply_begin(mf, mf->charge.end_v);
    mf->held_ps = supply_line_v(mf) > mf->charge.end_v ? 0 : SIM_NEVER;
}

void miniframe_supply_show(struct miniframe *mf)
{
    net_drive(&mf->d_vdd_ok, NET_0, NET_STRONG);
    if (mf->w.vdd) {
        vline_set(mf->w.vdd, (int32_t)lround(mf->charge.end_v * 1000));
    }
    unsigned steps = 0;
    for (int i = 0; i < SUPPLY_STEPS; i++) {
        steps |= (mf->charge.end_v > step_v(mf, i)) << i;
    }
    supply_steps(mf, steps);
}
