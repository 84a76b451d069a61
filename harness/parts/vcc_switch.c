/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vcc_switch - the target's supply from a pin of the programmer, or switched by it
 *
 *      CONTROL ---[ source ]---+--- VCC of the board
 *                              = capacitor
 *                             GND
 *
 * On, the capacitor charges through the source to `volts`; off, it discharges the same way. The curve is a
 * staircase of 20 equal steps to 95 % and one to the end (after four time constants). It is the board's only supply:
 * what board.vcc and steps say of VCC holds until its next edge.
 * Leaves out  the current that target and wires take
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

enum { CONTROL };
enum { ACTIVE_HIGH, ACTIVE_LOW };
static const char *const actives[] = { "high", "low", NULL };

/* -ln(1 - k / 20) in thousandths: when step k is reached, in time constants */
static const uint16_t after[] = { 0,   51,  105,  163,  223,  288,  357,  431,  511,  598, 693,
                                  799, 916, 1050, 1204, 1386, 1609, 1897, 2303, 2996, 4000 };
#define STEPS (sizeof after / sizeof after[0] - 1)

struct cfg {
    int64_t active, on_mv, source_mohm, c_ff;
};

struct vcc_switch {
    const struct cfg *cfg;
    struct part_site site;
    struct net *control;
    struct net_watch watch;
    struct sim_event step;
    bool on;
    unsigned n; /* steps of the edge that are done */
    sim_time began_ps;
    int32_t from_mv;
};

static int32_t goal_mv(const struct vcc_switch *s)
{
    return s->on ? (int32_t)s->cfg->on_mv : 0;
}

/* mOhm * fF = 1e-18 s: a thousandth of the time constant in ps is that / 1e9 */
static sim_time at_step(const struct vcc_switch *s, unsigned n)
{
    return s->began_ps +
           (sim_time)((unsigned __int128)s->cfg->source_mohm * (uint64_t)s->cfg->c_ff * after[n] / 1000000000);
}

static void next_step(void *ctx, sim_time at_ps)
{
    struct vcc_switch *s = ctx;
    int32_t goal = goal_mv(s);

    (void)at_ps;
    s->n++;
    if (s->n < STEPS) {
        sim_schedule(s->site.sim, &s->step, at_step(s, s->n + 1));
        goal = s->from_mv + (goal - s->from_mv) * (int32_t)s->n / (int32_t)STEPS;
    }
    vline_set(s->site.vcc, goal);
}

static void follow(struct vcc_switch *s)
{
    enum net_level level = s->control ? net_level(s->control) : NET_Z;
    bool on = level < NET_Z && (level == NET_1) == (s->cfg->active == ACTIVE_HIGH);

    if (on == s->on) {
        return;
    }
    s->on = on;
    s->n = 0;
    s->began_ps = s->site.sim->now_ps;
    s->from_mv = s->site.vcc->mv;
    sim_schedule(s->site.sim, &s->step, at_step(s, 1));
}

static void control_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    follow(ctx);
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct vcc_switch *s = memory_zeroed(1, sizeof *s);

    s->cfg = cfg;
    s->site = *site;
    sim_event_init(&s->step, "VCC moves", next_step, s);
    return s;
}

static bool settle(void *self, struct problem *err)
{
    struct vcc_switch *s = self;

    (void)err;
    s->site.vcc->slew_v_per_us = 1; /* more or less: it moves */
    vline_set(s->site.vcc, 0);      /* nobody drives the control yet */
    return true;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct vcc_switch *s = self;

    (void)pin;
    if (net_watch_move(&s->control, net, &s->watch, NET_WATCH_EDGES, control_changed, s)) {
        follow(s);
    }
}

static void free_switch(void *self)
{
    struct vcc_switch *s = self;

    connect(s, CONTROL, NULL);
    sim_cancel(s->site.sim, &s->step);
    free(s);
}

static const struct part_pin pins[] = { [CONTROL] = { .name = "CONTROL" } };

static const struct part_key keys[] = {
    { .name = "active", .choices = actives, .at = offsetof(struct cfg, active), .help = "level that switches it on" },
    { .name = "volts",
      .unit = QUANTITY_MV,
      .min = 0,
      .max = 6000,
      .fallback = 5000,
      .at = offsetof(struct cfg, on_mv),
      .help = "VCC when it is on, 5 V" },
    { .name = "source",
      .unit = QUANTITY_MOHM,
      .min = 0,
      .max = 1000000000,
      .fallback = 40000,
      .at = offsetof(struct cfg, source_mohm),
      .help = "of what feeds it, 40 Ohm (a port pin)" },
    { .name = "capacitor",
      .unit = QUANTITY_FF,
      .min = 0,
      .max = 1000000000000,
      .fallback = 100000000,
      .at = offsetof(struct cfg, c_ff),
      .help = "at the target's VCC, 100 nF" },
};

const struct part_type vcc_switch_type = {
    .name = "vcc_switch",
    .help = "the target's supply, switched by a pin",
    .pins = pins,
    .n_pins = 1,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .make = make,
    .settle = settle,
    .connect = connect,
    .free = free_switch,
};
