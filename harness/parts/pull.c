/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pull - a resistor from a net to ground or VCC: what pull_ups and pull_downs stand for
 *
 *      A ---[ohm]--- gnd or vcc
 *
 * As a resistor whose far end is always strong: it pulls as strongly as its ohms say (net_strength_of_ohm()), whatever
 * happens on the net, so it need not look at it.
 */
#include "harness/parts/pull.h"

#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

struct pull {
    const struct pull_config *cfg;
    struct net_driver driver;
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct pull *p = memory_zeroed(1, sizeof *p);

    (void)site;
    p->cfg = cfg;
    return p;
}

static bool settle(void *self, struct problem *err)
{
    (void)self;
    (void)err;
    return true;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct pull *p = self;

    (void)pin;
    net_move(&p->driver, net, "pull resistor");
    net_drive(&p->driver, p->cfg->to == PULL_TO_VCC ? NET_1 : NET_0, net_strength_of_ohm(pull_ohm(p->cfg)));
}

static void free_pull(void *self)
{
    connect(self, 0, NULL);
    free(self);
}

uint32_t pull_ohm(const struct pull_config *cfg)
{
    return (uint32_t)(cfg->milliohm / 1000);
}

static const struct part_pin pins[] = { { .name = "A" } };

static const char *const ends[] = { [PULL_TO_GND] = "gnd", [PULL_TO_VCC] = "vcc", NULL };

static const struct part_key keys[] = {
    { .name = "ohm",
      .unit = QUANTITY_MOHM,
      .min = 100000,
      .max = 10000000000,
      .must = true,
      .at = offsetof(struct pull_config, milliohm),
      .help = "its value" },
    { .name = "to",
      .choices = ends,
      .must = true,
      .at = offsetof(struct pull_config, to),
      .help = "where its other end is" },
};

const struct part_type pull_type = {
    .name = "pull",
    .help = "a resistor to ground or VCC",
    .pins = pins,
    .n_pins = 1,
    .keys = keys,
    .n_keys = 2,
    .cfg_bytes = sizeof(struct pull_config),
    .make = make,
    .settle = settle,
    .connect = connect,
    .free = free_pull,
};
