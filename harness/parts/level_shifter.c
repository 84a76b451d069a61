/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * level_shifter - up to eight channels between two supplies
 *
 *      A1 --->|----[delay]----|>--- B1        a_to_b, b_to_a: a buffer; its output is as high as its side's supply
 *
 *      A1 --+--[ MOSFET ]--+-- B1             both: a low on either side pulls the other side low, 10 kOhm pull both
 *      pull-up            pull-up             sides up (the usual BSS138 module)
 *
 * Models      delay (a pulse shorter than that is lost), direction by channel, each side's supply for the judge of
 *             levels (sim/level_rules.h). A buffer's input that floats or is fought over keeps what it was (bus hold);
 *             until it was first driven the output is open.
 * Leaves out  the slow rise through 10 kOhm, current limits, supplies that come and go
 * Source      TI SN74LVC8T245 (direction, bus hold of the LVCH kind); NXP AN10441 (MOSFET); bus hold in every
 *             buffer is assumed
 */
#include "harness/parts/part_types.h"
#include "sim/memory.h"

#include <stdlib.h>

#define CHANNELS 8

enum { A_TO_B, B_TO_A, BOTH };
static const char *const directions[] = { "a_to_b", "b_to_a", "both", NULL };

struct cfg {
    int64_t mv[2], delay_ps, direction, of_channel[CHANNELS]; /* -1: as direction */
};

struct side { /* of a channel */
    struct channel *channel;
    struct net *net;
    struct net_driver out, pull;
    struct net_watch watch;
    struct sim_event change; /* of the output */
    enum net_level next;
};

struct channel {
    struct level_shifter *shifter;
    struct side side[2];
    int64_t direction;
};

struct level_shifter {
    struct sim *sim;
    const struct cfg *cfg;
    struct vline vcc[2];
    struct channel channel[CHANNELS];
};

static bool listens(const struct channel *c, unsigned side)
{
    return c->direction == BOTH || c->direction == (side ? B_TO_A : A_TO_B);
}

static void drive(void *ctx, sim_time at_ps)
{
    struct side *s = ctx;

    (void)at_ps;
    net_drive(&s->out, s->next, NET_STRONG);
}

/* What the input side has now goes to the other side. */
static void follow(struct side *in)
{
    struct channel *c = in->channel;
    struct side *to = &c->side[in == &c->side[0]];
    struct sim *sim = c->shifter->sim;
    enum net_level level = in->net ? net_others(in->net, &in->out).level : NET_Z;

    if (c->direction == BOTH) {
        level = level == NET_0 ? NET_0 : NET_Z;
    } else if (level != NET_0 && level != NET_1) {
        return;
    }
    if (level == to->next) {
        return;
    }
    to->next = level;
    if (c->shifter->cfg->delay_ps) {
        sim_cancel(sim, &to->change);
        sim_schedule(sim, &to->change, sim->now_ps + (sim_time)c->shifter->cfg->delay_ps);
    } else {
        drive(to, sim->now_ps);
    }
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    follow(ctx);
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct level_shifter *l = memory_zeroed(1, sizeof *l);

    l->sim = site->sim;
    l->cfg = cfg;
    vline_init(&l->vcc[0], site->sim, "supply A", (int32_t)l->cfg->mv[0]);
    vline_init(&l->vcc[1], site->sim, "supply B", (int32_t)l->cfg->mv[1]);
    for (unsigned i = 0; i < CHANNELS; i++) {
        struct channel *c = &l->channel[i];

        c->shifter = l;
        c->direction = l->cfg->of_channel[i] >= 0 ? l->cfg->of_channel[i] : l->cfg->direction;
        for (unsigned k = 0; k < 2; k++) {
            c->side[k].channel = c;
            c->side[k].next = NET_Z;
            sim_event_init(&c->side[k].change, site->name, drive, &c->side[k]);
        }
    }
    return l;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct level_shifter *l = self;
    struct channel *c = &l->channel[pin % CHANNELS];
    unsigned side = pin / CHANNELS;
    struct side *s = &c->side[side];

    if (net == s->net) {
        return;
    }
    if (s->net && listens(c, side)) {
        net_watch_remove(s->net, &s->watch);
    }
    net_move(&s->out, net, "level shifter");
    net_move(&s->pull, net, "level shifter's pull-up");
    s->net = net;
    net_driver_supply(&s->out, &l->vcc[side]);
    net_driver_supply(&s->pull, &l->vcc[side]);
    if (net && c->direction == BOTH) {
        net_drive(&s->pull, NET_1, NET_PULL);
    }
    if (net && listens(c, side)) {
        net_watch_add(net, &s->watch, NET_WATCH_EDGES, changed, s);
        follow(s);
    }
}

static struct vline *supply(void *self, unsigned pin)
{
    return &((struct level_shifter *)self)->vcc[pin / CHANNELS];
}

static void free_shifter(void *self)
{
    struct level_shifter *l = self;

    for (unsigned pin = 0; pin < 2 * CHANNELS; pin++) {
        sim_cancel(l->sim, &l->channel[pin % CHANNELS].side[pin / CHANNELS].change);
        connect(l, pin, NULL);
    }
    free(l);
}

static const struct part_pin pins[] = {
    { .name = "A1" }, { .name = "A2" }, { .name = "A3" }, { .name = "A4" }, { .name = "A5" }, { .name = "A6" },
    { .name = "A7" }, { .name = "A8" }, { .name = "B1" }, { .name = "B2" }, { .name = "B3" }, { .name = "B4" },
    { .name = "B5" }, { .name = "B6" }, { .name = "B7" }, { .name = "B8" },
};

#define SUPPLY(key, i, text)                                                                                         \
    {                                                                                                                \
        .name = key, .unit = QUANTITY_MV, .min = 1000, .max = 6000, .must = true, .at = offsetof(struct cfg, mv[i]), \
        .help = text                                                                                                 \
    }
#define CHANNEL(i)                                                                                                     \
    {                                                                                                                  \
        .name = "direction_" #i, .choices = directions, .fallback = -1, .at = offsetof(struct cfg, of_channel[i - 1]), \
        .help = "of this channel, if another one"                                                                      \
    }
static const struct part_key keys[] = {
    SUPPLY("a", 0, "supply of side A"),
    SUPPLY("b", 1, "supply of side B"),
    { .name = "delay",
      .unit = QUANTITY_TIME_PS,
      .max = SIM_MS,
      .fallback = 5 * SIM_NS,
      .at = offsetof(struct cfg, delay_ps),
      .help = "from edge to edge" },
    { .name = "direction", .choices = directions, .at = offsetof(struct cfg, direction), .help = "of all channels" },
    CHANNEL(1),
    CHANNEL(2),
    CHANNEL(3),
    CHANNEL(4),
    CHANNEL(5),
    CHANNEL(6),
    CHANNEL(7),
    CHANNEL(8),
};

const struct part_type level_shifter_type = {
    .name = "level_shifter",
    .help = "eight channels between two supplies",
    .pins = pins,
    .n_pins = sizeof pins / sizeof pins[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .make = make,
    .connect = connect,
    .supply = supply,
    .free = free_shifter,
};
