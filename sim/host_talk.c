/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/host_talk.h"

static void answers(void *ctx, struct net *net, sim_time at_ps)
{
    struct host_talk *t = ctx;

    (void)net;
    if (!t->turn) {
        t->turn = true;
        t->since_ps = at_ps;
    }
}

static void asks(void *ctx, struct net *net, sim_time at_ps)
{
    struct host_talk *t = ctx;

    (void)net;
    if (t->turn) {
        t->spent_ps += at_ps - t->since_ps;
        t->since_ps = at_ps;
    }
}

void host_talk_init(struct host_talk *t, struct net *txd, struct net *rxd)
{
    *t = (struct host_talk){ .nets = { txd, rxd } };
    net_watch_add(txd, &t->txd, NET_WATCH_EDGES, answers, t);
    net_watch_add(rxd, &t->rxd, NET_WATCH_EDGES, asks, t);
}

void host_talk_free(struct host_talk *t)
{
    if (t->nets[0]) {
        net_watch_remove(t->nets[0], &t->txd);
        net_watch_remove(t->nets[1], &t->rxd);
        t->nets[0] = NULL;
    }
}
