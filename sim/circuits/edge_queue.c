/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/edge_queue.h"

#include <string.h>

void edge_queue_add(struct edge_queue *q, struct sim *sim, bool high, const struct rc_crossings *c, sim_time delay_ps)
{
    while (q->n && q->at_ps[q->n - 1] > sim->now_ps + delay_ps) {
        q->n--; /* of the ramp that this one broke off */
    }
    for (unsigned i = 0; i < c->n; i++) {
        high = !high;
        sim_time at = sim->now_ps + us_to_ps(c->at_us[i]) + delay_ps;
        if (q->n && at - q->at_ps[q->n - 1] < delay_ps) {
            q->n--; /* a pulse that does not get through the gate */
        } else if (q->n < RC_MAX_CROSSINGS + 2) {
            q->level[q->n] = high;
            q->at_ps[q->n++] = at;
        }
    }
    sim_schedule(sim, &q->ev, q->n ? q->at_ps[0] : SIM_NEVER);
}

bool edge_queue_take(struct edge_queue *q, struct sim *sim)
{
    bool level = q->level[0];
    if (--q->n) {
        memmove(q->level, q->level + 1, q->n * sizeof q->level[0]);
        memmove(q->at_ps, q->at_ps + 1, q->n * sizeof q->at_ps[0]);
        sim_schedule(sim, &q->ev, q->at_ps[0]);
    }
    return level;
}
