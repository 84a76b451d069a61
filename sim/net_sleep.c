/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_sleep.c - may a driver keep what is on its net to itself? */
#include "sim/net.h"

bool net_is_tied(const struct net *net, const struct net_driver *but, struct net_tie *tie)
{
    *tie = (struct net_tie){ NET_Z, NET_OPEN };
    if (net->n_active == (but->strength != NET_OPEN)) {
        return true;
    }
    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        if (d == but || d->strength == NET_OPEN) {
            continue;
        }
        if (d->has_wave || d->level >= NET_Z || d->strength == NET_STRONG ||
            (d->strength == tie->strength && d->level != tie->level)) {
            return false;
        }
        if (d->strength > tie->strength) {
            *tie = (struct net_tie){ (enum net_level)d->level, (enum net_strength)d->strength };
        }
    }
    return true;
}

static bool has_deaf_watchers(const struct net *net, const struct net_driver *d)
{
    for (const struct net_watch *w = net->watches; w; w = w->next) {
        if (!w->may_sleep || !w->may_sleep(w->ctx, d)) {
            return false;
        }
    }
    return net->trace_id < 0 && !net->sim->no_shortcuts;
}

bool net_nobody_hears(const struct net *net, const struct net_driver *d)
{
    struct net_tie tie;

    return net_is_tied(net, d, &tie) && tie.strength < NET_STRONG && has_deaf_watchers(net, d);
}

bool net_may_sleep(const struct net *net, const struct net_driver *d, struct net_tie *tie)
{
    return !d->has_wave && !net->wave && !net->wave_changed && !net->is_dirty && !net->woken &&
           net_is_tied(net, d, tie) && (tie->strength < NET_STRONG || net_fights_only_count(net)) &&
           has_deaf_watchers(net, d);
}
