/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wiring.h - which pins of a plan are joined, now and after a rewiring
 *
 *      wires of the plan      group 0 .. n_wires - 1, of any number of pins; `wiring` and `rewire` may put more on them
 *      lead of target pin t   group n_wires + t, of that pin and one other: what `wiring` and `rewire` say, and the
 *                             programmer's usual wires where the plan's leave both ends free
 *
 * A pin is in one group or in none. No nets here: the board makes them.
 */
#ifndef HARNESS_PARTS_WIRING_H
#define HARNESS_PARTS_WIRING_H

#include "harness/parts/plan.h"

struct plan_lead {      /* where a pin of the target leads */
    unsigned pin;       /* of the target */
    const char *name;   /* of it, as it was written */
    struct plan_ref to; /* PLAN_PIN, PLAN_WIRE, PLAN_GND, PLAN_VCC; PLAN_NOTHING: open */
    struct scenario_place place;
};

struct wiring {
    const struct plan *plan;
    const char *path;       /* of the scenario, for messages */
    unsigned *first;        /* of each part: number of its pin 0 */
    unsigned n_pins;        /* of all parts */
    int *group;             /* of each pin; -1: none */
    struct plan_lead *lead; /* of each pin of the target: where it leads or led */
};

/* The plan's wires and the programmer's usual ones. False and err, with both places: a pin on two wires. Free it anyway. */
bool wiring_init(struct wiring *w, const struct plan *plan, const char *path, struct problem *err);
void wiring_free(struct wiring *w);
struct wiring wiring_copy(const struct wiring *w);

/*
 * Leads pins of the target elsewhere, all at once. False and err: a pin has another wire; the wiring is as before then.
 * is_step: a wire of the plan that a pin was on just loses it; else that is an error.
 */
bool wiring_lead(struct wiring *w, const struct plan_lead *leads, unsigned n, bool is_step, struct problem *err);

/* The number of a pin among all. */
unsigned wiring_pin(const struct wiring *w, const struct plan_ref *pin);
/* What holds this group: PLAN_GND, PLAN_VCC, or PLAN_NOTHING. */
enum plan_what wiring_strap(const struct wiring *w, unsigned group);

#endif
