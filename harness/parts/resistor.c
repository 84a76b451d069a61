/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resistor - between two nets: each is pulled to what the outputs and pulls on the other net make of that
 *
 *      A ---[ohm]--- B
 *
 * The pull is as strong as its ohms say (net_strength_of_ohm()), and no stronger than what drives the far end. A far
 * end that floats or is fought over pulls nowhere.
 * Leaves out  resistors in series (a net that only a resistor holds pulls nowhere through the next: make one of
 *             them), dividers: with a resistor of like strength the net is X; capacitance behind it
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

struct cfg {
    int64_t milliohm;
};

struct resistor {
    struct cfg cfg;
    struct end {
        struct resistor *resistor;
        struct net *net;
        struct net_driver driver;
        struct net_watch watch;
    } end[2];
};

/* The other end is pulled to what this one is. */
static void follow(struct end *from)
{
    struct resistor *r = from->resistor;
    struct end *to = &r->end[from == &r->end[0]];
    struct net_others o = { .level = NET_Z };
    enum net_strength strength = net_strength_of_ohm((uint64_t)r->cfg.milliohm / 1000);

    if (from->net && from->net != to->net) { /* with both ends on one net it does nothing */
        o = net_sources(from->net);
    }
    if (o.level == NET_X) {
        o.level = NET_Z;
    }
    net_driver_supply(&to->driver, o.supply);
    net_drive(&to->driver, o.level, o.strength < strength ? o.strength : strength);
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    follow(ctx);
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct resistor *r = memory_zeroed(1, sizeof *r);

    (void)site;
    r->cfg = *(const struct cfg *)cfg;
    r->end[0].resistor = r->end[1].resistor = r;
    return r;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct resistor *r = self;
    struct end *e = &r->end[pin];

    if (!net_watch_move(&e->net, net, &e->watch, NET_WATCH_EDGES, changed, e)) {
        return;
    }
    net_move(&e->driver, net, "resistor");
    e->driver.relays = true;
    follow(e);
    follow(&r->end[!pin]);
}

static void free_resistor(void *self)
{
    connect(self, 0, NULL);
    connect(self, 1, NULL);
    free(self);
}

static const struct part_pin pins[] = { { .name = "A" }, { .name = "B" } };

static const struct part_key keys[] = {
    { .name = "ohm",
      .unit = QUANTITY_MOHM,
      .min = 10000,
      .max = 10000000000,
      .must = true,
      .at = offsetof(struct cfg, milliohm),
      .help = "its value" },
};

const struct part_type resistor_type = {
    .name = "resistor",
    .help = "between two nets",
    .pins = pins,
    .n_pins = 2,
    .in_series = true,
    .keys = keys,
    .n_keys = 1,
    .cfg_bytes = sizeof(struct cfg),
    .make = make,
    .connect = connect,
    .free = free_resistor,
};
