/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver - the output of a second device on the same wire, such as the SDO of a radio or an SD card beside MISO
 *
 *      OUT <--[level]--+
 *                      | while CS is active
 *      CS  ------------+
 *
 * It drives its level while CS is active, and lets go otherwise. A CS that nobody drives is what `floating` says: many
 * such devices take it as active, and then hold the bus while the programmer has the board in reset.
 * Leaves out  a pull-up of its own on CS (a resistor in the netlist), what the device would say
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

enum { OUT, CS };
enum { ENABLE_CS, ENABLE_ALWAYS };
enum { ACTIVE_LOW, ACTIVE_HIGH };
enum { FLOATING_ON, FLOATING_OFF };
static const char *const levels[] = { "0", "1", NULL };
static const char *const enables[] = { "cs", "always", NULL };
static const char *const actives[] = { "low", "high", NULL };
static const char *const floats[] = { "on", "off", NULL };

struct cfg {
    int64_t level, enable, active, floating;
};

struct second_device {
    const struct cfg *cfg;
    struct vline *vcc;
    struct net_driver driver;
    struct net *cs;
    struct net_watch watch;
};

static bool enabled(const struct second_device *d)
{
    if (d->cfg->enable == ENABLE_ALWAYS) {
        return true;
    }
    enum net_level level = d->cs ? net_level(d->cs) : NET_Z;
    if (level == NET_Z || level == NET_X) {
        return d->cfg->floating == FLOATING_ON;
    }
    return (level == NET_1) == (d->cfg->active == ACTIVE_HIGH);
}

static void follow(struct second_device *d)
{
    net_driver_supply(&d->driver, d->vcc);
    if (enabled(d)) {
        net_drive(&d->driver, d->cfg->level ? NET_1 : NET_0, NET_STRONG);
    } else {
        net_open(&d->driver);
    }
}

static void cs_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    follow(ctx);
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct second_device *d = memory_zeroed(1, sizeof *d);

    d->cfg = cfg;
    d->vcc = site->vcc;
    return d;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct second_device *d = self;

    if (pin == OUT) {
        net_move(&d->driver, net, "second device");
    } else {
        net_watch_move(&d->cs, net, &d->watch, NET_WATCH_EDGES, cs_changed, d);
    }
    follow(d);
}

static void free_driver(void *self)
{
    connect(self, CS, NULL);
    connect(self, OUT, NULL);
    free(self);
}

static const struct part_pin pins[] = { { .name = "OUT" }, { .name = "CS" } };

static const struct part_key keys[] = {
    { .name = "level", .choices = levels, .at = offsetof(struct cfg, level), .help = "what it drives" },
    { .name = "enable", .choices = enables, .at = offsetof(struct cfg, enable), .help = "when: by its CS, or always" },
    { .name = "active",
      .choices = actives,
      .at = offsetof(struct cfg, active),
      .help = "the level of CS that enables it" },
    { .name = "floating", .choices = floats, .at = offsetof(struct cfg, floating), .help = "what an open CS means" },
};

const struct part_type driver_type = {
    .name = "driver",
    .help = "the output of a second device on a wire",
    .pins = pins,
    .n_pins = 2,
    .keys = keys,
    .n_keys = 4,
    .cfg_bytes = sizeof(struct cfg),
    .make = make,
    .connect = connect,
    .free = free_driver,
};
