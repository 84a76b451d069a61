/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_rig.h - an ATmega328P alone, its four wires driven by a C loop
 *
 * Factory-fresh (1 MHz), in reset since target_rig_start(). With a checker it is judged as on a board: contention is
 * watched on all wires.
 */
#ifndef BENCHMARKS_TARGET_RIG_H
#define BENCHMARKS_TARGET_RIG_H

#include "sim/target_avr.h"

enum { RIG_RESET_N, RIG_SCK, RIG_MOSI, RIG_MISO, RIG_WIRES };

struct target_rig { /* all zero before; too big for a stack */
    struct sim sim;
    struct net net[RIG_WIRES];
    struct net_driver driver[RIG_MISO]; /* of the wires that a programmer drives */
    struct nvm nvm;
    struct checker checker; /* where somebody checks; checker_free() then */
    struct checker_contention contention[RIG_WIRES];
    struct target target;
};

static inline void target_rig_level(struct target_rig *r, unsigned wire, bool high)
{
    net_drive(&r->driver[wire], high ? NET_1 : NET_0, NET_STRONG);
}

static inline void target_rig_pass(struct target_rig *r, sim_time d_ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + d_ps);
}

/* where: what findings are told to be at; NULL: nobody checks. Ends 25 ms after the fall of RESET. */
void target_rig_start(struct target_rig *r, void (*where)(void *ctx, struct checker_where *w));

#endif
