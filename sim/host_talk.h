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

struct host_talk;

struct host_talk_line {
    struct net_watch watch;
    struct net *net;
    struct host_talk *talk;
    bool has_frame; /* in one piece (net_frame.h): its edges are looked at when somebody asks */
    struct net_wave frame;
    uint32_t next; /* bit of the frame: its edges from this one on have not been looked at */
};

struct host_talk { /* do not move it after init */
    struct host_talk_line txd, rxd;
    bool turn; /* the host's */
    sim_time since_ps, spent_ps;
};

/* txd, rxd: the programmer's. They must outlive it, or host_talk_free() comes first. */
void host_talk_init(struct host_talk *t, struct net *txd, struct net *rxd);
void host_talk_free(struct host_talk *t);

/* The programmer acts on the target, now. */
void host_talk_acts(struct host_talk *t);
/* The host's time so far. Differences of it say something. */
sim_time host_talk_spent(struct host_talk *t);

#endif
