/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * level_rules.h - is what an output puts on an input right for the input's supply?
 *
 *      driver (supply A) ---- net ---- input (supply B)     finding: A > B + 0.5 V,  or  A < VIH of B
 *
 * A target's RESET is judged by its VIH only: it bears 13 V at any supply. 12 V on a wire (net.h: volts) are too much for
 * every other input, through a resistor too.
 * Told of changes of the net, of its volts and of the input's supply. Only outputs that say what supplies them are judged, and only
 * while they drive 1: a resistor limits the current, and nobody knows how high a recording was. A case is reported
 * when it comes up, and again only after other voltages; not while the input's supply moves under a level that stays.
 * Leaves out  what the input makes of it (it reads the logic level), current through the protection diodes
 * Source      ATmega328P datasheet 42735B, "Absolute Maximum Ratings", "DC Characteristics": VIH 0.6 VCC, 0.7 VCC below
 *             2.4 V; 0.9 VCC at RESET
 */
#ifndef SIM_LEVEL_RULES_H
#define SIM_LEVEL_RULES_H

#include "sim/checker.h"
#include "sim/net.h"
#include "sim/vline.h"

#define LEVEL_RULES_ABOVE_MV 500
#define LEVEL_RULES_RESET_PERMILLE 900
#define LEVEL_RULES_VPP_MV 6000 /* above any supply */

struct level_rules { /* of one input; do not move it after init */
    struct checker *checker;
    struct net *net; /* NULL: on none */
    struct vline *vcc;
    uint16_t vih_permille; /* of VCC; 0: a port pin's */
    struct net_watch watch;
    struct vline_watch vcc_watch, volts_watch; /* volts: of the net, where it has them */
    struct vline *volts;
    int32_t told_mv, told_vcc_mv; /* the last finding's case; told_mv 0: none */
    bool told_above;
    int32_t judged_mv, judged_vcc_mv; /* the last case at all; judged_mv 0: none */
};

/* What VIH is at this supply. */
int32_t level_rules_vih_mv(int32_t vcc_mv, uint16_t vih_permille);

/* On no net yet. vcc must outlive it. */
void level_rules_init(struct level_rules *l, struct checker *checker, struct vline *vcc, uint16_t vih_permille);
/* The input is on this net from now on (NULL: on none). */
void level_rules_connect(struct level_rules *l, struct net *net);
/* Off its net and its supply; also one of zeros, that was never initialised. */
void level_rules_free(struct level_rules *l);

#endif
