/* SPDX-License-Identifier: GPL-3.0-or-later */
/* edge_queue.h - what comes out of a gate whose input crosses the threshold at times known ahead */
#ifndef SIM_CIRCUITS_EDGE_QUEUE_H
#define SIM_CIRCUITS_EDGE_QUEUE_H

#include "sim/circuits/rc_node.h"
#include "sim/kernel.h"

/* Nearest picosecond; 0 below 0, far beyond any run above 9e12 us. */
static inline sim_time us_to_ps(double us)
{
    return us <= 0 ? 0 : us < 9e12 ? (sim_time)(us * 1e6 + 0.5) : SIM_NEVER / 4;
}

struct edge_queue { /* the owner sets up ev, whose handler takes the first edge */
    struct sim_event ev;
    uint8_t n;
    bool level[RC_MAX_CROSSINGS + 2];
    sim_time at_ps[RC_MAX_CROSSINGS + 2];
};

/*
 * From now on (where the input is high or not) the crossings of a new ramp count, each delay_ps later: edges of the
 * ramp that it broke off are gone, and so is a pulse shorter than the delay.
 */
void edge_queue_add(struct edge_queue *q, struct sim *sim, bool high, const struct rc_crossings *c, sim_time delay_ps);

/* Takes the first edge (there must be one): its level. The event is scheduled for the next. */
bool edge_queue_take(struct edge_queue *q, struct sim *sim);

#endif
