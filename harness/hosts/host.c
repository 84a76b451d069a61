/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/host.h"

bool host_run(struct sim *sim, sim_time d_ps, struct problem *err)
{
    sim_run_until(sim, sim->now_ps + d_ps);
    return !sim->fault[0] || problem_set(err, "the simulation can't go on: %s", sim->fault);
}

void host_open(const struct host *h, void (*byte)(void *, uint8_t, sim_time), void *ctx)
{
    h->line->byte = byte;
    h->line->ctx = ctx;
    if (h->open) {
        h->open(h->board);
    }
}
