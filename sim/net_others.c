/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_others.c - what some of a net's drivers make of it */
#include "sim/net.h"

/* One more of equal or greater strength. */
static void add_driver(struct net_others *o, const struct net *net, const struct net_driver *d)
{
    enum net_level level = (enum net_level)d->level;
    bool has_wave = d->has_wave && !d->wave.n_bits; /* a frame is its bits */

    if (d->has_wave) {
        level = net_wave_level(&d->wave, net->sim->now_ps) ? NET_1 : NET_0;
    }
    if (d->strength > o->strength) {
        *o = (struct net_others){ .level = level, .strength = (enum net_strength)d->strength };
    } else if (level != o->level || has_wave || o->has_wave) {
        o->level = NET_X;
    }
    o->has_wave |= has_wave;
    if (has_wave || level == NET_1) {
        o->supply = d->supply;
    }
}

struct net_others net_others(const struct net *net, const struct net_driver *but)
{
    struct net_others o = { .level = NET_Z, .strength = NET_OPEN };

    net_wake(net);
    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        if (d != but && d->strength != NET_OPEN && d->strength >= o.strength) {
            add_driver(&o, net, d);
        }
    }
    return o;
}

struct net_others net_sources(const struct net *net)
{
    struct net_others o = { .level = NET_Z, .strength = NET_OPEN };

    net_wake(net);
    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        if (!d->relays && d->strength != NET_OPEN && d->strength >= o.strength) {
            add_driver(&o, net, d);
        }
    }
    return o;
}

void net_drivers_changed(struct net *net)
{
    for (struct net_watch *w = net->watches; w; w = w->next) {
        if (w->drivers_changed) {
            w->drivers_changed(w->ctx);
        }
    }
}

void net_driver_by_events(struct net_driver *d)
{
    d->by_events = true;
    if (d->net) {
        net_drivers_changed(d->net);
    }
}

bool net_may_surprise(const struct net *net, const struct net_driver *but)
{
    const struct net_driver *d = net->drivers;

    while (d && (d == but || d->by_events)) {
        d = d->next;
    }
    return d != NULL;
}
