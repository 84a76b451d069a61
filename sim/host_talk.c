/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/host_talk.h"

#include "sim/net_frame.h"

static void answers(struct host_talk *t, sim_time at_ps)
{
    if (!t->turn) {
        t->turn = true;
        t->since_ps = at_ps;
    }
}

static void asks(struct host_talk *t, sim_time at_ps)
{
    if (t->turn) {
        t->spent_ps += at_ps - t->since_ps;
        t->since_ps = at_ps;
    }
}

/* The next edge of its frame that has not been looked at, UINT64_MAX: none. */
static sim_time next_edge(struct host_talk_line *l)
{
    if (!l->has_frame) {
        return UINT64_MAX;
    }
    while (l->next < l->frame.n_bits) {
        bool before = !l->next || l->frame.bits >> (l->next - 1) & 1;

        if ((l->frame.bits >> l->next & 1) != before) {
            return sim_clock_edge(&l->frame.clk, l->next);
        }
        l->next++;
    }
    l->has_frame = false;
    return UINT64_MAX;
}

/* Looks at the edges of both lines before until_ps, in order of time. */
static void look(struct host_talk *t, sim_time until_ps)
{
    for (;;) {
        sim_time txd_ps = next_edge(&t->txd), rxd_ps = next_edge(&t->rxd);

        if (txd_ps >= until_ps && rxd_ps >= until_ps) {
            return;
        }
        if (txd_ps <= rxd_ps) {
            answers(t, txd_ps);
            t->txd.next++;
        } else {
            asks(t, rxd_ps);
            t->rxd.next++;
        }
    }
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct host_talk_line *l = ctx;
    struct host_talk *t = l->talk;

    (void)net;
    look(t, at_ps);
    if (l == &t->txd) {
        answers(t, at_ps);
    } else {
        asks(t, at_ps);
    }
}

static bool can_take(void *ctx, const struct net_wave *frame)
{
    (void)ctx;
    (void)frame;
    return true;
}

static void take(void *ctx, const struct net_wave *frame)
{
    struct host_talk_line *l = ctx;

    look(l->talk, sim_clock_edge(&frame->clk, 0));
    l->frame = *frame;
    l->has_frame = true;
    l->next = 0;
}

/* The first edge has been, also where it is now; one of the very moment besides is still to come. */
static void lose(void *ctx, bool level, sim_time since_ps)
{
    struct host_talk_line *l = ctx;
    sim_time now = l->net->sim->now_ps, begin = sim_clock_edge(&l->frame.clk, 0);

    (void)level;
    (void)since_ps;
    look(l->talk, now > begin ? now : begin + 1);
    l->has_frame = false;
}

static const struct net_frame_taker frames = { can_take, take, lose };

static void watch(struct host_talk_line *l, struct host_talk *t, struct net *net)
{
    l->talk = t;
    l->net = net;
    net_watch_add(net, &l->watch, NET_WATCH_EDGES, changed, l);
    l->watch.frames = &frames;
}

void host_talk_init(struct host_talk *t, struct net *txd, struct net *rxd)
{
    *t = (struct host_talk){ .turn = false };
    watch(&t->txd, t, txd);
    watch(&t->rxd, t, rxd);
}

void host_talk_free(struct host_talk *t)
{
    if (t->txd.net) {
        net_watch_remove(t->txd.net, &t->txd.watch);
        net_watch_remove(t->rxd.net, &t->rxd.watch);
        t->txd.net = NULL;
    }
}

void host_talk_acts(struct host_talk *t)
{
    look(t, t->txd.net->sim->now_ps + 1);
    t->turn = false;
}

sim_time host_talk_spent(struct host_talk *t)
{
    look(t, t->txd.net->sim->now_ps + 1);
    return t->spent_ps;
}
