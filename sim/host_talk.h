/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host_talk.h - how much of the time a programmer spends waiting for its host, told by the serial line's two wires
 *
 *      programmer's TXD  ____answer____|                     |
 *      programmer's RXD                |    |__command__|    |
 *                                      <--- the host's --->
 *
 * The host has the turn from the beginning of an answer until its last byte; what follows is the programmer's again. A
 * programmer that keeps a wait only because its host is slow breaks it with a faster one: rules take this time out.
 * Leaves out  hosts that send before they were answered (their bytes end no turn), flow control
 */
#ifndef SIM_HOST_TALK_H
#define SIM_HOST_TALK_H

#include "sim/net.h"

struct host_talk { /* do not move it after init */
    struct net_watch txd, rxd;
    struct net *nets[2];
    bool turn; /* the host's */
    sim_time since_ps, spent_ps;
};

/* txd, rxd: the programmer's. They must outlive it, or host_talk_free() comes first. */
void host_talk_init(struct host_talk *t, struct net *txd, struct net *rxd);
void host_talk_free(struct host_talk *t);

/* The programmer acts on the target, now. */
static inline void host_talk_acts(struct host_talk *t)
{
    t->turn = false;
}
/* The host's time so far. Differences of it say something. */
static inline sim_time host_talk_spent(const struct host_talk *t)
{
    return t->spent_ps;
}

#endif
