/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_frame.h - a UART frame on a net in one piece, where nobody looks at its edges one by one
 *
 *         begin                                    end
 *   ~~~~~~\___/~~~~~~~\___/~~~~~~~~~~~~~~~~~~~~~~~~~~
 *         start    edges: arithmetic       stop
 *
 * A sender knows all edges of its frame when the start bit begins, and a receiver knows then what it will sample. If
 * nobody else is on the net, the frame stands there as a wave with bits (struct net_wave): whoever asks for the level
 * gets that of the moment, and no event is spent on edges. Whatever else comes to the net - another driver, a watcher,
 * a trace, a change by the sender itself - breaks the frame first: from then on its edges are made, and the net,
 * sender and receiver are as if all had been. An edge of the very moment is still to come then.
 */
#ifndef SIM_NET_FRAME_H
#define SIM_NET_FRAME_H

#include "sim/net.h"

struct net_frame {             /* of the sender, which owns it; one at a time */
    struct net_driver *driver; /* a strong output, at 1 between frames; NULL: its edges are always made */
    void (*broken)(void *ctx); /* the edges after now, or of now, are to be made */
    void *ctx;
};

struct net_frame_taker { /* of a watch: a receiver that can take frames in one piece */
    bool (*can_take)(void *ctx, const struct net_wave *frame); /* it begins now */
    void (*take)(void *ctx, const struct net_wave *frame);
    /* No: the level is this since since_ps, and changes are told as ever. */
    void (*lose)(void *ctx, bool level, sim_time since_ps);
};

/* bits: lowest first, the first 0, the last 1 and for ever. */
struct net_wave net_frame_wave(sim_time t0_ps, uint64_t bit_num, uint64_t bit_den, uint32_t bits, uint32_t n_bits);

/* The frame begins now. False: somebody wants edges, nothing has been done. */
bool net_frame_begin(struct net_frame *f, const struct net_wave *frame);
/* Its time is over: the net is 1. */
void net_frame_end(struct net_frame *f);
static inline bool net_frame_runs(const struct net_frame *f)
{
    return f->driver && f->driver->net && f->driver->net->frame == f;
}

#endif
