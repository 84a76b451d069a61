/* SPDX-License-Identifier: GPL-3.0-or-later */
/* small_board_fixture.h - a small trace to write, for the tests of this folder */
#ifndef WAVE_SMALL_BOARD_FIXTURE_H
#define WAVE_SMALL_BOARD_FIXTURE_H

#include "sim/net.h"
#include "sim/trace.h"
#include "sim/vline.h"

struct small_board { /* SCK toggles at 62.5 ns, MISO goes Z and X, VCC steps; LATE is recorded from 1 us on */
    struct sim sim;
    struct trace trace;
    struct net sck, miso, late;
    struct vline vcc;
    struct net_driver sck_pin, miso_pin, miso_other, late_pin;
};

static inline void small_board_run(struct small_board *b)
{
    sim_init(&b->sim, 1);
    trace_init(&b->trace);
    b->sim.trace = &b->trace;
    net_init(&b->sck, &b->sim, "sck");
    net_init(&b->miso, &b->sim, "miso");
    net_init(&b->late, &b->sim, "late");
    vline_init(&b->vcc, &b->sim, "vcc", 5000);
    net_attach(&b->sck, &b->sck_pin, "uno");
    net_attach(&b->miso, &b->miso_pin, "target");
    net_attach(&b->miso, &b->miso_other, "other");
    net_attach(&b->late, &b->late_pin, "late");
    net_drive(&b->sck_pin, NET_0, NET_STRONG);
    trace_add_net(&b->trace, &b->sck, "SCK");
    trace_add_net(&b->trace, &b->miso, "MISO");
    trace_add_vline(&b->trace, &b->vcc, "VCC");
    sim_run_until(&b->sim, 62500);
    net_drive(&b->sck_pin, NET_1, NET_STRONG);
    sim_run_until(&b->sim, 125000);
    net_drive(&b->sck_pin, NET_0, NET_STRONG);
    net_drive(&b->miso_pin, NET_1, NET_STRONG);
    sim_run_until(&b->sim, 1000000);
    net_drive(&b->late_pin, NET_1, NET_STRONG);
    trace_add_net(&b->trace, &b->late, "a name, spaced");
    net_drive(&b->miso_other, NET_0, NET_STRONG);
    sim_run_until(&b->sim, 2000049);
    vline_set(&b->vcc, -50);
    sim_run_until(&b->sim, 2000151);
    net_hold(&b->sim);
    net_open(&b->miso_pin);
    net_open(&b->miso_other);
    net_release(&b->sim);
    sim_run_until(&b->sim, 3000000);
}

static inline void small_board_free(struct small_board *b)
{
    trace_free(&b->trace);
}

#endif
