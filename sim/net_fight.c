/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_fight.c - who is told as outputs begin to drive a net against each other */
#include "sim/net.h"

void net_fight_watch_add(struct net *net, struct net_fight_watch *w, void (*began)(void *, struct net *, sim_time),
                         void *ctx)
{
    *w = (struct net_fight_watch){ .began = began, .ctx = ctx, .next = net->fight_watches };
    net->fight_watches = w;
}

void net_fight_watch_remove(struct net *net, struct net_fight_watch *w)
{
    struct net_fight_watch **p = &net->fight_watches;
    while (*p != w) {
        p = &(*p)->next;
    }
    *p = w->next;
}

void net_tell_fight(struct net *net, sim_time at_ps)
{
    for (struct net_fight_watch *w = net->fight_watches, *next; w; w = next) {
        next = w->next;
        w->began(w->ctx, net, at_ps);
    }
}

bool net_fights_only_count(const struct net *net)
{
    const struct net_fight_watch *w = net->fight_watches;

    while (w && w->only_counts && w->only_counts(w->ctx)) {
        w = w->next;
    }
    return !w;
}

void net_fight(struct net *net, sim_time at_ps)
{
    net->contentions++;
    net_tell_fight(net, at_ps);
}
