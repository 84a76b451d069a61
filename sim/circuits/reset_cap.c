/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/reset_cap.h"

#include <math.h>

#define THRESHOLD 0.5

static double charge_now(const struct reset_cap *rc)
{
    if (rc->tau_ps == 0) {
        return rc->to;
    }
    return rc->to + (rc->from - rc->to) * exp(-(double)(rc->sim->now_ps - rc->since_ps) / rc->tau_ps);
}

static void show(struct reset_cap *rc, bool high)
{
    net_drive(&rc->pin, high ? NET_1 : NET_0, NET_STRONG);
}

static void crossed(void *ctx, sim_time at_ps)
{
    struct reset_cap *rc = ctx;

    (void)at_ps;
    show(rc, rc->to > THRESHOLD);
}

static enum net_strength wire_strength(const struct net *wire)
{
    enum net_strength s = NET_OPEN;

    for (const struct net_driver *d = wire->drivers; d; d = d->next) {
        if (d->strength > s) {
            s = (enum net_strength)d->strength;
        }
    }
    return s;
}

/* Heads for what the wire says from now on; the pin changes when the charge passes the threshold. */
static void charge_anew(struct reset_cap *rc)
{
    enum net_level level = net_level(rc->wire);
    enum net_strength strength = wire_strength(rc->wire);
    bool driven = strength >= NET_STRONG && level != NET_X;
    double r_ohm = driven ? rc->cfg.r_driven_ohm : rc->cfg.r_pull_up_ohm;

    if (driven && strength == NET_SUPPLY) {
        r_ohm = 0;
    }
    rc->from = charge_now(rc);
    rc->to = driven ? level == NET_1 : level != NET_0;
    rc->tau_ps = r_ohm * (double)rc->cfg.c_ff * 1e-3;
    rc->since_ps = rc->sim->now_ps;
    sim_cancel(rc->sim, &rc->crossing);
    if ((rc->from > THRESHOLD) == (rc->to > THRESHOLD) || rc->tau_ps == 0) {
        show(rc, rc->to > THRESHOLD);
    } else {
        sim_schedule(rc->sim, &rc->crossing,
                     rc->sim->now_ps + (sim_time)(rc->tau_ps * log((rc->from - rc->to) / (THRESHOLD - rc->to))) + 1);
    }
}

static void empty(struct reset_cap *rc)
{
    sim_cancel(rc->sim, &rc->crossing);
    rc->from = rc->to = rc->tau_ps = 0;
    show(rc, false);
}

static void wire_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct reset_cap *rc = ctx;

    (void)net;
    (void)at_ps;
    if (rc->vcc->mv > 0) {
        charge_anew(rc);
    }
}

static void vcc_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    struct reset_cap *rc = ctx;

    (void)at_ps;
    if (line->mv <= 0) {
        empty(rc);
    } else if (line->old_mv <= 0) {
        charge_anew(rc);
    }
}

void reset_cap_init(struct reset_cap *rc, struct sim *sim, const struct reset_cap_config *cfg, struct vline *vcc,
                    struct net *wire, struct net *pin)
{
    *rc = (struct reset_cap){ .cfg = *cfg, .sim = sim, .wire = wire, .vcc = vcc };
    net_attach(pin, &rc->pin, "capacitor");
    sim_event_init(&rc->crossing, "RESET capacitor", crossed, rc);
    net_watch_add(wire, &rc->wire_watch, NET_WATCH_EDGES, wire_changed, rc);
    vline_watch_add(vcc, &rc->vcc_watch, vcc_changed, rc);
    if (vcc->mv <= 0) {
        empty(rc);
        return;
    }
    rc->to = net_level(wire) != NET_0;
    show(rc, rc->to > THRESHOLD);
}

void reset_cap_remove(struct reset_cap *rc)
{
    sim_cancel(rc->sim, &rc->crossing);
    net_watch_remove(rc->wire, &rc->wire_watch);
    vline_watch_remove(rc->vcc, &rc->vcc_watch);
    net_detach(&rc->pin);
}
