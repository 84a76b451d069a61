/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/net_frame.h"

#include <assert.h>

struct net_wave net_frame_wave(sim_time t0_ps, uint64_t bit_num, uint64_t bit_den, uint32_t bits, uint32_t n_bits)
{
    return (struct net_wave){
        .clk = { .t0_ps = t0_ps, .period_num = bit_num, .period_den = bit_den },
        .bits = bits,
        .n_bits = n_bits,
    };
}

/* A watcher that neither takes the frame nor can do without its edges. */
static bool is_wanted_by(const struct net_watch *w, const struct net_driver *d, const struct net_wave *frame)
{
    if (w->frames) {
        return !w->frames->can_take(w->ctx, frame);
    }
    return !w->may_miss || !w->may_miss(w->ctx, d);
}

bool net_frame_begin(struct net_frame *f, const struct net_wave *frame)
{
    struct net_driver *d = f->driver;
    struct net *net = d ? d->net : NULL;

    if (!net || net->sim->no_shortcuts || net->sim->shuffles || net->frame || net->trace_id >= 0 || net->wave ||
        net->is_dirty || net->contended || net->n_active != 1 || net->level != NET_1 || d->level != NET_1 ||
        d->strength < NET_PULL) {
        return false;
    }
    assert(!d->has_wave); /* the only one that drives, it would be the net's wave */
    for (const struct net_watch *w = net->watches; w; w = w->next) {
        if (is_wanted_by(w, d, frame)) {
            return false;
        }
    }
    d->wave = *frame;
    d->has_wave = true;
    net->wave = d;
    net->frame = f;
    net->old_level = net->before = net->level;
    net->level = NET_0;
    net->changed_ps = net->sim->now_ps;
    for (struct net_watch *w = net->watches; w; w = w->next) {
        if (w->frames) {
            w->frames->take(w->ctx, frame);
        }
    }
    return true;
}

/* The edges before t, and the first, have been: what they left. */
static void leave(struct net *net, sim_time t_ps)
{
    struct net_driver *d = net->frame->driver;
    const struct net_wave *w = &d->wave;
    uint64_t n = sim_clock_edges_before(&w->clk, t_ps);
    uint32_t k = n ? (uint32_t)(n > w->n_bits ? w->n_bits : n) - 1 : 0;
    bool level = w->bits >> k & 1;

    while (k && (w->bits >> (k - 1) & 1) == level) {
        k--;
    }
    d->has_wave = false;
    d->level = level ? NET_1 : NET_0;
    net->wave = NULL;
    net->frame = NULL;
    net->level = d->level;
    net->old_level = net->before = level ? NET_0 : NET_1;
    net->changed_ps = sim_clock_edge(&w->clk, k);
}

void net_frame_end(struct net_frame *f)
{
    struct net *net = f->driver->net;

    leave(net, net->sim->now_ps);
}

void net_frame_break(struct net *net)
{
    struct net_frame *f = net->frame;

    leave(net, net->sim->now_ps);
    for (struct net_watch *w = net->watches; w; w = w->next) {
        if (w->frames) {
            w->frames->lose(w->ctx, net->level == NET_1, net->changed_ps);
        }
    }
    f->broken(f->ctx);
}
