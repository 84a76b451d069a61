/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vpp - a switch for the 12 V of high-voltage programming, on the target's RESET
 *
 *      CONTROL ---> [ on: 12 V behind a resistor, off: 0 V, VCC or open ] --- OUT --- target.RESET
 *
 * Six circuits in the keys (volts, rest, source, rise, floating; `on` and `off` would be yes and no in YAML):
 *   NPN to ground, 1 kOhm to 12 V          active low; rest 0 V, source 1 kOhm, rise 0.1 us, floating on (off with a
 *                                          resistor to 5 V at the control)
 *   NPN and PNP on the high side           active high; rest 0 V, source 100 Ohm, floating off
 *   NPN and P-MOSFET on the high side      active high; rest open
 *   charge pump switched by its shutdown   rest vcc
 *   boost converter switched by its enable rest vcc, rise in milliseconds
 *   diodes pumped by a microcontroller     as an NPN, with a larger source
 *
 * The edge is a staircase of 24 steps. V is what stands on the wire: volts - 250 uA * source (the datasheet's IPP), or
 * what an output of the target leaves of it (600 Ohm, as an ATtiny85's RESET pin drives: 0.6 V at 1 mA).
 * Leaves out  overshoot, the load of a pull-up
 */
#include "harness/parts/part_types.h"
#include "sim/checker.h"
#include "sim/hv.h"
#include "sim/memory.h"

#include <stdlib.h>

#define STEPS 24
#define IPP_UA 250
#define PIN_OHM 600 /* ATtiny85 automotive 7598I: VOL1 of RESET as an I/O pin */
#define STRONG_BELOW_OHM 100

enum { CONTROL, OUT, V };
enum { ACTIVE_HIGH, ACTIVE_LOW };
enum { OFF_0V, OFF_OPEN, OFF_VCC };
enum { FLOATING_OFF, FLOATING_ON };
static const char *const actives[] = { "high", "low", NULL };
static const char *const offs[] = { "0 V", "open", "vcc", NULL };
static const char *const floats[] = { "off", "on", NULL };

struct cfg {
    int64_t active, on_mv, off, source_mohm, delay_ps, rise_ps, floating;
};

struct vpp {
    const struct cfg *cfg;
    struct part_site site;
    struct net *control, *out;
    struct net_watch control_watch, out_watch;
    struct vline_watch vcc_watch;
    struct net_driver driver;
    struct vline volts;
    struct sim_event step;
    bool on, follows; /* follows: told of itself */
    unsigned left;    /* steps of the edge */
    int32_t mv;       /* of the switch, before what others leave of it */
};

static bool switched_on(const struct vpp *v)
{
    enum net_level level = v->control ? net_level(v->control) : NET_Z;

    if (level >= NET_Z) {
        return v->cfg->floating == FLOATING_ON;
    }
    return (level == NET_1) == (v->cfg->active == ACTIVE_HIGH);
}

static int32_t source_ohm(const struct vpp *v)
{
    return (int32_t)(v->cfg->source_mohm / 1000);
}

static int32_t off_mv(const struct vpp *v)
{
    bool pulled_up = v->cfg->off == OFF_OPEN && v->out && net_others(v->out, &v->driver).level == NET_1;

    return v->cfg->off == OFF_VCC || pulled_up ? v->site.vcc->mv : 0;
}

static int32_t goal_mv(const struct vpp *v)
{
    return v->on ? (int32_t)v->cfg->on_mv - IPP_UA * source_ohm(v) / 1000 : off_mv(v);
}

/* Puts v->mv on the wire: as a level, and in volts. */
static void show(struct vpp *v)
{
    bool is_open = !v->on && !v->left && v->cfg->off == OFF_OPEN;
    bool high = v->mv && v->mv >= v->site.vcc->mv * 9 / 10;
    int32_t mv = v->mv;

    if (!v->out || v->follows) {
        return;
    }
    v->follows = true;
    net_hold(v->site.sim);
    net_drive(&v->driver,
              is_open ? NET_Z
              : high  ? NET_1
                      : NET_0,
              is_open                            ? NET_OPEN
              : source_ohm(v) < STRONG_BELOW_OHM ? NET_STRONG
                                                 : NET_PULL);
    struct net_others o = net_others(v->out, &v->driver);
    if (is_open) {
        mv = o.level == NET_1 ? v->site.vcc->mv : 0;
    } else if (o.strength >= NET_STRONG && o.level == NET_0 && high) {
        mv = (int32_t)((int64_t)mv * PIN_OHM / (PIN_OHM + source_ohm(v)));
    } else if (o.strength >= NET_STRONG && o.level == NET_1 && !high) {
        mv = v->site.vcc->mv;
    }
    if (v->on && !v->left && mv < HV_VPP_MIN_MV / 2) {
        checker_report(v->site.checker, CHECK_HV_VPP, v->site.sim->now_ps, v->out->name, HV_VPP_MIN_MV, mv);
    }
    vline_set(&v->volts, mv);
    if (v->out->volts != &v->volts) {
        vline_set(v->out->volts, mv);
    }
    net_release(v->site.sim);
    v->follows = false;
}

/* The same part of the way with every step. */
static void next_step(void *ctx, sim_time at_ps)
{
    struct vpp *v = ctx;

    v->mv += (goal_mv(v) - v->mv) / (int32_t)v->left;
    if (--v->left) {
        sim_schedule(v->site.sim, &v->step, at_ps + (sim_time)v->cfg->rise_ps / STEPS);
    }
    show(v);
}

static void follow(struct vpp *v)
{
    bool on = switched_on(v);

    if (on == v->on) {
        return;
    }
    v->on = on;
    v->mv = v->left ? v->mv : v->volts.mv; /* an open switch: from what the wire is */
    v->left = STEPS;
    sim_schedule(v->site.sim, &v->step,
                 v->site.sim->now_ps + (sim_time)v->cfg->delay_ps + (sim_time)v->cfg->rise_ps / STEPS);
}

static void control_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    follow(ctx);
}

static void out_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    show(ctx);
}

static void vcc_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    struct vpp *v = ctx;

    (void)line;
    (void)at_ps;
    if (!v->on && !v->left) {
        v->mv = off_mv(v);
        show(v);
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct vpp *v = memory_zeroed(1, sizeof *v);

    v->cfg = cfg;
    v->site = *site;
    v->mv = off_mv(v);
    vline_init(&v->volts, site->sim, site->name, v->mv);
    vline_watch_add(site->vcc, &v->vcc_watch, vcc_changed, v);
    sim_event_init(&v->step, "VPP moves", next_step, v);
    return v;
}

/* The 12 V have been what they are: so they stand at RESET as the chip gets its supply. */
static bool settle(void *self, struct problem *err)
{
    struct vpp *v = self;

    (void)err;
    v->on = switched_on(v);
    v->mv = goal_mv(v);
    return true;
}

static void connect_out(struct vpp *v, struct net *net)
{
    if (v->out) {
        net_watch_remove(v->out, &v->out_watch);
        if (v->out->volts == &v->volts) {
            v->out->volts = NULL;
        } else {
            vline_set(v->out->volts, 0);
        }
    }
    net_move(&v->driver, net, "12 V switch");
    v->out = net;
    if (net) {
        net->volts = net->volts ? net->volts : &v->volts;
        net_watch_add(net, &v->out_watch, NET_WATCH_EDGES, out_changed, v);
    }
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct vpp *v = self;

    if (pin == OUT && net != v->out) {
        connect_out(v, net);
        show(v);
    } else if (pin == CONTROL &&
               net_watch_move(&v->control, net, &v->control_watch, NET_WATCH_EDGES, control_changed, v)) {
        follow(v);
    }
}

static struct vline *line(void *self, const char *name)
{
    (void)name;
    return &((struct vpp *)self)->volts;
}

static struct vline *supply(void *self, unsigned pin)
{
    (void)self;
    (void)pin;
    return NULL;
}

static void stop(void *self)
{
    struct vpp *v = self;

    connect(v, CONTROL, NULL);
    connect(v, OUT, NULL);
    sim_cancel(v->site.sim, &v->step);
    vline_watch_remove(v->site.vcc, &v->vcc_watch);
}

static const struct part_pin pins[] = {
    [CONTROL] = { .name = "CONTROL" }, [OUT] = { .name = "OUT" }, [V] = { .name = "V", .kind = PIN_LINE }
};

#define VOLTS(key)                                                                   \
    {                                                                                \
        .name = key, .unit = QUANTITY_MV, .min = 0, .max = 30000, .fallback = 12000, \
        .at = offsetof(struct cfg, on_mv), .help = "its voltage, 12 V"               \
    }
#define REST(key)                                                                                               \
    {                                                                                                           \
        .name = key, .choices = offs, .at = offsetof(struct cfg, off), .help = "what is on the wire without it" \
    }

static const struct part_key keys[] = {
    { .name = "active", .choices = actives, .at = offsetof(struct cfg, active), .help = "level that switches 12 V on" },
    VOLTS("volts"),
    VOLTS("on"), /* the same; for other readers of YAML these two names are yes and no */
    REST("rest"),
    REST("off"),
    { .name = "source",
      .unit = QUANTITY_MOHM,
      .min = 0,
      .max = 1000000000,
      .fallback = 1000000,
      .at = offsetof(struct cfg, source_mohm),
      .help = "between it and RESET, 1 kOhm" },
    { .name = "delay",
      .unit = QUANTITY_TIME_PS,
      .min = 0,
      .max = 1000000000000,
      .at = offsetof(struct cfg, delay_ps),
      .help = "from the control to the edge, such as an RC's; none" },
    { .name = "rise",
      .unit = QUANTITY_TIME_PS,
      .min = 24000,
      .max = 1000000000000,
      .fallback = 100000,
      .at = offsetof(struct cfg, rise_ps),
      .help = "how long either edge takes, 100 ns" },
    { .name = "floating",
      .choices = floats,
      .at = offsetof(struct cfg, floating),
      .help = "what an open control does" },
};

const struct part_type vpp_type = {
    .name = "vpp",
    .help = "a switch for 12 V on RESET",
    .pins = pins,
    .n_pins = sizeof pins / sizeof pins[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .make = make,
    .settle = settle,
    .connect = connect,
    .line = line,
    .supply = supply,
    .stop = stop,
    .free = free,
};
