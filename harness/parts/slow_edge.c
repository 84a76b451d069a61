/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slow_edge - a long or loaded wire in series: edges arrive late, and short pulses not at all
 *
 *      A ----[ R ]--+----> B      B is 1 from vih on, 0 below vil, and between them what it was (AVR inputs are Schmitt
 *                   C             triggers)
 *                  GND
 *
 * While nobody drives A, C keeps its charge. Levels are parts of the supply of whoever drives A.
 * Leaves out  that a slow edge through the threshold may be seen as several
 * Source      ATmega328P datasheet 42735B, "DC Characteristics": VIL 0.3 VCC at most, VIH 0.6 VCC at least
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct cfg {
    int64_t tau_ps, vil_ppm, vih_ppm;
};

struct slow_edge {
    struct sim *sim;
    const struct cfg *cfg;
    struct net *in;
    struct net_driver out;
    struct net_watch watch;
    struct sim_event crossing;
    sim_time since_ps; /* from then on: */
    double from, to;   /* charge as a part of the supply */
    enum net_level level;
};

static double charge(const struct slow_edge *s)
{
    return s->to + (s->from - s->to) * exp(-(double)(s->sim->now_ps - s->since_ps) / (double)s->cfg->tau_ps);
}

static void put(struct slow_edge *s, enum net_level level)
{
    s->level = level;
    net_drive(&s->out, level, level == NET_Z ? NET_OPEN : NET_STRONG);
}

static void cross(void *ctx, sim_time at_ps)
{
    struct slow_edge *s = ctx;

    (void)at_ps;
    put(s, s->to > 0.5 ? NET_1 : NET_0);
}

/* A is at another level, or at none. */
static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct slow_edge *s = ctx;
    struct net_others o = net_others(net, NULL);

    s->from = charge(s);
    s->since_ps = at_ps;
    s->to = o.level == NET_1 ? 1 : o.level == NET_0 ? 0 : s->from;
    net_driver_supply(&s->out, o.supply);
    sim_cancel(s->sim, &s->crossing);
    if (o.level >= NET_Z || s->level == o.level) {
        return;
    }
    double at = (double)(o.level == NET_1 ? s->cfg->vih_ppm : s->cfg->vil_ppm) / 1e6;
    bool there = o.level == NET_1 ? s->from >= at : s->from <= at;
    double wait_ps = there ? 0 : (double)s->cfg->tau_ps * log((s->from - s->to) / (at - s->to));
    sim_schedule(s->sim, &s->crossing, at_ps + (sim_time)(wait_ps + 0.5));
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct slow_edge *s = memory_zeroed(1, sizeof *s);

    s->sim = site->sim;
    s->cfg = cfg;
    s->level = NET_Z;
    sim_event_init(&s->crossing, site->name, cross, s);
    return s;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct slow_edge *s = self;

    if (pin == 1) {
        net_move(&s->out, net, "slow edge");
    } else if (net_watch_move(&s->in, net, &s->watch, NET_WATCH_EDGES, changed, s)) {
        sim_cancel(s->sim, &s->crossing);
        if (net) { /* as if it had been there for ever */
            struct net_others o = net_others(net, NULL);

            s->level = o.level < NET_Z ? o.level : NET_Z;
            s->from = s->to = o.level == NET_1;
            s->since_ps = s->sim->now_ps;
        } else {
            s->level = NET_Z;
        }
    }
    put(s, s->level);
}

static bool did(const void *self, sim_time since_ps, char *buf, size_t n)
{
    const struct slow_edge *s = self;
    char tau[48];

    (void)since_ps; /* every edge */
    snprintf(buf, n, "its edges come late (tau %s)", quantity_text(QUANTITY_TIME_PS, s->cfg->tau_ps, tau, sizeof tau));
    return s->in != NULL;
}

static void free_slow_edge(void *self)
{
    struct slow_edge *s = self;

    connect(s, 0, NULL);
    connect(s, 1, NULL);
    free(s);
}

static bool check(const void *cfg, struct problem *err)
{
    const struct cfg *c = cfg;

    return c->vil_ppm <= c->vih_ppm || problem_set(err, "vil: is above vih");
}

static const struct part_pin pins[] = { { .name = "A" }, { .name = "B" } };

static const struct part_key keys[] = {
    { .name = "tau",
      .unit = QUANTITY_TIME_PS,
      .min = 1000,
      .max = (int64_t)SIM_S,
      .must = true,
      .at = offsetof(struct cfg, tau_ps),
      .help = "R times C: after so long an edge has come to 63 %" },
    { .name = "vil",
      .unit = QUANTITY_PPM,
      .min = 10000,
      .max = 990000,
      .fallback = 300000,
      .at = offsetof(struct cfg, vil_ppm),
      .help = "part of the supply below which it is a 0" },
    { .name = "vih",
      .unit = QUANTITY_PPM,
      .min = 10000,
      .max = 990000,
      .fallback = 600000,
      .at = offsetof(struct cfg, vih_ppm),
      .help = "from which it is a 1" },
};

const struct part_type slow_edge_type = {
    .name = "slow_edge",
    .help = "a long or loaded wire: edges come late, short pulses not at all",
    .pins = pins,
    .n_pins = 2,
    .in_series = true,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .check = check,
    .make = make,
    .connect = connect,
    .did = did,
    .free = free_slow_edge,
};
