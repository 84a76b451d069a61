/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/spi_train.h"

bool spi_train_is_quiet(const struct net *net, const struct net_driver *by, const struct net_watch *own)
{
    if (net->wave || net->is_dirty || net->contended || net->level > NET_1) {
        return false;
    }
    for (const struct net_driver *d = net->drivers; d; d = d->next) {
        if (d == by ? d->strength != NET_STRONG : d->strength >= NET_STRONG) {
            return false;
        }
    }
    for (const struct net_watch *w = net->watches; w; w = w->next) {
        if (w != own && !(w->may_miss && w->may_miss(w->ctx, by))) {
            return false;
        }
    }
    return by->net == net;
}

void spi_train_leave(struct net_driver *d, bool level, bool changed, sim_time changed_ps)
{
    struct net *net = d->net;
    d->level = level ? NET_1 : NET_0;
    net->level = d->level;
    if (changed) {
        net->old_level = net->before = level ? NET_0 : NET_1;
        net->changed_ps = changed_ps;
    }
}

/* SCK and MOSI as the edges leave them. */
static void leave_lines(const struct spi_train *t)
{
    unsigned end = t->first + t->n, last = end < 8 ? end : 7;
    bool is = spi_train_mosi(t, last);
    unsigned moved = (t->bits ^ t->bits >> 1) & (0xffu >> (t->first + 1)) & (0xffu << (7 - last));
    unsigned since = moved ? 7 - (unsigned)__builtin_ctz(moved)
                           : t->first; /* the bit with which MOSI came to its level */
    spi_train_leave(t->sck, false, true, spi_train_end(t));
    spi_train_leave(t->mosi, is, since > t->first, since > t->first ? t->edge_ps[2 * since - 1] : 0);
}

bool spi_train_offer(struct spi_train *t)
{
    struct net *sck = t->sck->net;
    struct sim *sim = sck ? sck->sim : NULL;
    if (!sck || !t->mosi->net || sim->no_shortcuts || sim->notes || sim->hold || sim->settling ||
        sim_horizon(sim) <= spi_train_end(t) || sim->now_ps > t->edge_ps[2 * t->first]) {
        return false;
    }
    for (const struct sim_agent *a = sim->agents; a; a = a->next) {
        if (!a->halted && !a->busy) {
            return false;
        }
    }
    for (const struct net_watch *w = sck->watches; w; w = w->next) {
        if (w->train && w->train(w->ctx, t)) {
            leave_lines(t);
            sim->now_ps = spi_train_end(t);
            return true;
        }
    }
    return false;
}
