/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * programmer_place.h - the programmer's place on a board: the scenario's programmer (a part: harness/parts/programmer.h),
 * or the scripted one while that is plugged in there and the other is off all wires
 */
#ifndef HARNESS_BOARD_PROGRAMMER_PLACE_H
#define HARNESS_BOARD_PROGRAMMER_PLACE_H

#include "harness/board/board_parts.h"
#include "harness/parts/programmer.h"

struct programmer_place { /* do not move it after init */
    struct board_parts *parts;
    const struct programmer_config *cfg;
    struct part_site site;
    struct programmer own, plugged; /* what steps use of it, and of the script; without ops: nothing */
};

/* What recordings may drive: part_site's net_to_drive(), of a board's struct netlist. */
struct net *programmer_place_net_to_drive(void *netlist, const char *name);

/* The parts have been made. */
void programmer_place_init(struct programmer_place *p, struct board_parts *parts, const struct part_site *site);
/* After board_parts_start(): what steps use is there. */
void programmer_place_started(struct programmer_place *p);
/* The script comes (s) or goes (NULL); board_parts_connect() and programmer_place_connect() afterwards. */
void programmer_place_plug(struct programmer_place *p, const struct scripted_config *s);
/* Puts the pins of a script that is plugged in where the netlist has the programmer's. */
void programmer_place_connect(struct programmer_place *p);
/* The net that the programmer has its MISO on, wherever the target's is; NULL: none. */
struct net *programmer_place_miso(const struct programmer_place *p);
/* What steps use: the scenario's programmer or the script. */
struct programmer *programmer_place_current(struct programmer_place *p);
struct mcu_board *programmer_place_mcu(const struct programmer_place *p);            /* NULL: none */
const struct stimulus *programmer_place_recording(const struct programmer_place *p); /* NULL: none plays */
/* Of its firmware's file, i = 0.. ; NULL after the last. */
const char *programmer_place_note(const struct programmer_place *p, unsigned i);
/* A script lets go of all nets, and is freed. */
void programmer_place_free(struct programmer_place *p);

#endif
