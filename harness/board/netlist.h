/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netlist.h - the nets of a board: which net every pin of every part is on
 *
 *      a group of wiring.h with a pin of the target   that pin's net ("sck")
 *      another wire of the plan                       a net of its own ("sck_3v3")
 *      a pin in no group                              a net of its own ("nano.D2") if somebody looks at it, else none
 *
 * With a capacitor at RESET wires lead to the net "reset_wire", and the capacitor from there to the pin's.
 * It knows names, pins and nets, and drives what is strapped to ground or VCC; the parts it does not know.
 */
#ifndef HARNESS_BOARD_NETLIST_H
#define HARNESS_BOARD_NETLIST_H

#include "harness/parts/wiring.h"
#include "sim/net.h"

struct netlist { /* do not move it after init; pins by their number in wiring.h */
    struct sim *sim;
    const struct plan *plan;
    struct wiring wiring;
    struct net *own; /* of each pin */
    char (*name)[48];
    bool *used;               /* each pin: its own net counts as one */
    struct net **now;         /* of each pin; NULL: it is on none */
    struct net *wire;         /* of each wire of the plan */
    struct net_driver *strap; /* of each group: wires, then leads of the target's pins */
};

/* Wired as the plan says and nothing placed. False and err: see wiring_init(). Free it anyway. */
bool netlist_init(struct netlist *n, struct sim *sim, const struct plan *plan, const char *path, struct problem *err);
void netlist_free(struct netlist *n);

/* Somebody looks at the net of this name: it is there even while no wire leads to it. */
void netlist_use(struct netlist *n, const char *name);
/* As wiring_lead(), and the pins that it leads to are used from now on. */
bool netlist_lead(struct netlist *n, const struct plan_lead *leads, unsigned count, bool is_step, struct problem *err);
/* Every pin is where the wiring says from now on: now[]. */
void netlist_place(struct netlist *n);
/* The straps to ground and VCC follow. */
void netlist_drive_straps(struct netlist *n);

/* What a pin is on; NULL: nothing. */
struct net *netlist_now(const struct netlist *n, unsigned part, unsigned pin);
/* The net that a pin has for itself, wired or not. */
struct net *netlist_own(const struct netlist *n, unsigned part, unsigned pin);
/* The net of a pin of the target, and where a wire to it leads (see above: RESET). */
struct net *netlist_target(const struct netlist *n, unsigned pin);
struct net *netlist_target_wire(const struct netlist *n, unsigned pin);
/* A net of the target that is to look at ("miso_oe"); NULL: it has none of that name. */
struct net *netlist_probe(const struct netlist *n, const char *name);
/* The net of a name that is a wire or pin; NULL: no such name. Placed. */
struct net *netlist_find(const struct netlist *n, const char *name);
/* What a pin of the target is strapped to: PLAN_GND, PLAN_VCC, or PLAN_NOTHING. */
enum plan_what netlist_strap(const struct netlist *n, unsigned target_pin);

#endif
