/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keeper - wires that keep their last level while nobody drives them, by their capacitance
 *
 *      1 .. 8   a wire each; any resistor wins against it
 *
 * So a programmer that reads a bus which nobody drives gets what was last on it: address and command bytes, not FF.
 * Leaves out  that the charge is gone after a while (a second or so with 20 pF and an input's leakage)
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

#define WIRES 8

struct keeper {
    struct wire {
        struct net *net;
        struct net_driver driver;
        struct net_watch watch;
    } wire[WIRES];
};

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct wire *w = ctx;
    struct net_others o = net_others(net, &w->driver);

    (void)at_ps;
    if (o.level < NET_Z) {
        net_drive(&w->driver, o.level, NET_FAINT);
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    (void)site;
    (void)cfg;
    return memory_zeroed(1, sizeof(struct keeper));
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct wire *w = &((struct keeper *)self)->wire[pin];

    if (!net_watch_move(&w->net, net, &w->watch, NET_WATCH_EDGES, changed, w)) {
        return;
    }
    net_move(&w->driver, net, "charge of the wire");
    if (net) {
        changed(w, net, net->sim->now_ps);
    }
}

static void free_keeper(void *self)
{
    for (unsigned i = 0; i < WIRES; i++) {
        connect(self, i, NULL);
    }
    free(self);
}

static const struct part_pin pins[WIRES] = { { .name = "1" }, { .name = "2" }, { .name = "3" }, { .name = "4" },
                                             { .name = "5" }, { .name = "6" }, { .name = "7" }, { .name = "8" } };

const struct part_type keeper_type = {
    .name = "keeper",
    .help = "wires that keep their last level when open",
    .pins = pins,
    .n_pins = WIRES,
    .make = make,
    .connect = connect,
    .free = free_keeper,
};
