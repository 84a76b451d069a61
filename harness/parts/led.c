/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * led - a light-emitting diode and its resistor, from a net to ground or to VCC
 *
 *      net ---[resistor]---|>|--- GND        net ---[resistor]---|<|--- VCC
 *
 * To the net it is a pull by its ohms: an output beats it, a pull-up inside a chip beats it from 45 kOhm on
 * (net_strength_of_ohm()), below that it wins.
 * Leaves out  the forward voltage (a net that only the LED holds would be at some 2 V, not at ground), the light
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

enum { TO_GND, TO_VCC };
static const char *const ends[] = { "gnd", "vcc", NULL };

struct cfg {
    int64_t milliohm, to;
};

struct led {
    const struct cfg *cfg;
    struct vline *vcc;
    struct net_driver driver;
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct led *l = memory_zeroed(1, sizeof *l);

    l->cfg = cfg;
    l->vcc = site->vcc;
    return l;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct led *l = self;

    (void)pin;
    net_move(&l->driver, net, "LED");
    net_driver_supply(&l->driver, l->vcc);
    net_drive(&l->driver, l->cfg->to == TO_VCC ? NET_1 : NET_0, net_strength_of_ohm((uint64_t)l->cfg->milliohm / 1000));
}

static void free_led(void *self)
{
    connect(self, 0, NULL);
    free(self);
}

static const struct part_pin pins[] = { { .name = "A" } };

static const struct part_key keys[] = {
    { .name = "resistor",
      .unit = QUANTITY_MOHM,
      .min = 10000,
      .max = 10000000000,
      .fallback = 1000000,
      .at = offsetof(struct cfg, milliohm),
      .help = "in series with it" },
    { .name = "to", .choices = ends, .at = offsetof(struct cfg, to), .help = "where its other end is" },
};

const struct part_type led_type = {
    .name = "led",
    .help = "a light-emitting diode with its resistor",
    .pins = pins,
    .n_pins = 1,
    .keys = keys,
    .n_keys = 2,
    .cfg_bytes = sizeof(struct cfg),
    .make = make,
    .connect = connect,
    .free = free_led,
};
