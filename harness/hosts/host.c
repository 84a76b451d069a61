/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/host.h"

bool host_run(struct sim *sim, sim_time d_ps, struct problem *err)
{
    sim_run_until(sim, sim->now_ps + d_ps);
    return !sim->fault[0] || problem_set(err, "the simulation can't go on: %s", sim->fault);
}

sim_time host_wait(const struct host *h, sim_time limit_ps, struct problem *err)
{
    sim_time most = (limit_ps + HOST_SLICE_PS - 1) / HOST_SLICE_PS;
    unsigned slices = sim_run_slices(h->sim, HOST_SLICE_PS, most ? (unsigned)most : 1);

    if (h->sim->fault[0]) {
        problem_set(err, "the simulation can't go on: %s", h->sim->fault);
        return 0;
    }
    return slices * HOST_SLICE_PS;
}

void host_open(const struct host *h, void (*byte)(void *, uint8_t, sim_time), void *ctx)
{
    h->line->byte = byte;
    h->line->ctx = ctx;
    if (h->open) {
        h->open(h->board);
    }
}
