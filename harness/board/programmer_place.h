/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmer_place.h - the programmer's place on a board: the scenario's programmer (harness/parts/programmer.h), or the
 * scripted one while that is plugged in there and the other is off all wires
 */
#ifndef HARNESS_BOARD_PROGRAMMER_PLACE_H
#define HARNESS_BOARD_PROGRAMMER_PLACE_H

#include "harness/board/netlist.h"
#include "harness/parts/programmer.h"

struct programmer_place { /* do not move it after init */
    const struct programmer_config *cfg;
    struct programmer_site site;
    const struct netlist *nets;
    void *self;                     /* the scenario's */
    struct programmer own, plugged; /* what steps use of it, and of the script; without ops: nothing */
    struct net **on;                /* by pin */
    bool script_plugged;
};

/* Its nets and lines are there; it acts on nothing yet. site is copied, but for net_to_drive and board. */
void programmer_place_init(struct programmer_place *p, const struct programmer_config *cfg,
                           const struct programmer_site *site, const struct netlist *nets);
/* It stands there before anything is recorded. False and err: its recording. */
bool programmer_place_settle(struct programmer_place *p, struct problem *err);
/* Firmware runs, recordings play. host: what the programmer's host is handed. */
bool programmer_place_start(struct programmer_place *p, const struct host *host, struct problem *err);
/* Puts the pins on the nets where the netlist has them. */
void programmer_place_connect(struct programmer_place *p);
/* The script comes (s) or goes (NULL); connect afterwards. */
void programmer_place_plug(struct programmer_place *p, const struct scripted_config *s);
/* What steps use: the scenario's programmer or the script. */
struct programmer *programmer_place_current(struct programmer_place *p);
/* A line in volts or a net to look at; NULL: it has none of that name. */
struct vline *programmer_place_line(struct programmer_place *p, const char *name);
struct net *programmer_place_net(struct programmer_place *p, const char *name);
struct mcu_board *programmer_place_mcu(const struct programmer_place *p);            /* NULL: none */
const struct stimulus *programmer_place_recording(const struct programmer_place *p); /* NULL: none plays */
/* Of its firmware's file, i = 0.. ; NULL after the last. */
const char *programmer_place_note(const struct programmer_place *p, unsigned i);
/* Lets go of all nets; others may still look at its own. Then programmer_place_free(). */
void programmer_place_stop(struct programmer_place *p);
void programmer_place_free(struct programmer_place *p);

#endif
