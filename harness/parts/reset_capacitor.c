/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reset_capacitor - a capacitor to ground at a RESET pin (sim/circuits/reset_cap.h)
 *
 *      wires ---WIRE---+---PIN--- target.RESET
 *                      C
 *                      |
 *                     GND
 *
 * What board.reset_capacitor stands for; under board.parts it goes between the wire from the programmer and a wire to
 * target.RESET. Pull resistors count with its own key: `pull_up`.
 */
#include "harness/parts/reset_capacitor.h"
#include "harness/parts/part_types.h"
#include "sim/circuits/reset_cap.h"
#include "sim/memory.h"

#include <stdlib.h>

struct reset_capacitor {
    const struct reset_capacitor_config *cfg;
    struct part_site site;
    struct net *on[2];
    struct reset_cap cap;
    bool works; /* both ends are on nets */
};

enum { WIRE, PIN };

static void *make(const struct part_site *site, const void *cfg)
{
    struct reset_capacitor *c = memory_zeroed(1, sizeof *c);

    c->cfg = cfg;
    c->site = *site;
    return c;
}

static bool settle(void *self, struct problem *err)
{
    (void)self;
    (void)err;
    return true;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct reset_capacitor *c = self;

    if (c->on[pin] == net) {
        return;
    }
    c->on[pin] = net;
    if (c->works) {
        reset_cap_remove(&c->cap);
    }
    c->works = c->on[WIRE] && c->on[PIN] && c->on[WIRE] != c->on[PIN];
    if (c->works) {
        struct reset_cap_config cfg = {
            .c_ff = (uint64_t)c->cfg->c_ff,
            .r_driven_ohm = RESET_CAP_R_DRIVEN_OHM,
            .r_pull_up_ohm = (uint32_t)(c->cfg->pull_up_milliohm / 1000),
        };

        reset_cap_init(&c->cap, c->site.sim, &cfg, c->site.vcc, c->on[WIRE], c->on[PIN]);
    }
}

static void free_capacitor(void *self)
{
    connect(self, WIRE, NULL);
    free(self);
}

static const struct part_pin pins[] = { [WIRE] = { .name = "WIRE" }, [PIN] = { .name = "PIN" } };

static const struct part_key keys[] = {
    { .name = "c",
      .unit = QUANTITY_FF,
      .min = 1000,
      .max = 1000000000000,
      .must = true,
      .at = offsetof(struct reset_capacitor_config, c_ff),
      .help = "its value" },
    { .name = "pull_up",
      .unit = QUANTITY_MOHM,
      .min = 1000000,
      .max = 10000000000,
      .fallback = (int64_t)NET_INTERNAL_PULL_OHM * 1000,
      .at = offsetof(struct reset_capacitor_config, pull_up_milliohm),
      .help = "what charges it when nobody drives: the chip's own and resistors in parallel" },
};

const struct part_type reset_capacitor_type = {
    .name = "reset_capacitor",
    .help = "a capacitor to ground at the target's RESET",
    .pins = pins,
    .n_pins = 2,
    .in_series = true,
    .keys = keys,
    .n_keys = 2,
    .cfg_bytes = sizeof(struct reset_capacitor_config),
    .make = make,
    .settle = settle,
    .connect = connect,
    .free = free_capacitor,
};
