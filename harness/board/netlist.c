/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/netlist.h"

#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plan_part *target(const struct netlist *n)
{
    return &n->plan->parts[PLAN_TARGET];
}

static void init_own(struct netlist *n)
{
    for (unsigned i = 0; i < n->plan->n_parts; i++) {
        const struct plan_part *part = &n->plan->parts[i];

        for (unsigned k = 0; k < part->n_pins; k++) {
            unsigned number = n->wiring.first[i] + k;
            bool bare = i == PLAN_TARGET || part->pins[k].kind == PIN_HOST;
            const char *name = part->pins[k].kind == PIN_HOST ? part->pins[k].also : part->pins[k].name;

            snprintf(n->name[number], sizeof n->name[0], "%s%s%s", bare ? "" : part->name, bare ? "" : ".", name);
            net_init(&n->own[number], n->sim, n->name[number]);
            n->used[number] = i == PLAN_TARGET || part->pins[k].kind != PIN_NET;
        }
    }
}

bool netlist_init(struct netlist *n, struct sim *sim, const struct plan *plan, const char *path, struct problem *err)
{
    bool ok;

    *n = (struct netlist){ .sim = sim, .plan = plan };
    ok = wiring_init(&n->wiring, plan, path, err);
    n->own = memory_zeroed(n->wiring.n_pins, sizeof *n->own);
    n->name = memory_zeroed(n->wiring.n_pins, sizeof *n->name);
    n->used = memory_zeroed(n->wiring.n_pins, sizeof *n->used);
    n->now = memory_zeroed(n->wiring.n_pins, sizeof *n->now);
    n->wire = memory_zeroed(plan->n_wires, sizeof *n->wire);
    n->strap = memory_zeroed(plan->n_wires + target(n)->n_pins, sizeof *n->strap);
    init_own(n);
    for (unsigned i = 0; i < plan->n_wires; i++) {
        net_init(&n->wire[i], sim, plan->wires[i].name);
    }
    for (unsigned i = 0; i < target(n)->n_pins; i++) {
        if (target(n)->pins[i].kind == PIN_NET) {
            net_attach(netlist_target_wire(n, i), &n->strap[plan->n_wires + i], "strap");
        }
    }
    for (unsigned i = 0; i < n->wiring.n_pins; i++) {
        n->used[i] |= n->wiring.group[i] >= 0;
    }
    return ok;
}

void netlist_free(struct netlist *n)
{
    wiring_free(&n->wiring);
    free(n->own);
    free(n->name);
    free(n->used);
    free(n->now);
    free(n->wire);
    free(n->strap);
    memset(n, 0, sizeof *n);
}

void netlist_use(struct netlist *n, const char *name)
{
    struct plan_ref at = plan_find(n->plan, name);

    if (at.what == PLAN_PIN) {
        n->used[wiring_pin(&n->wiring, &at)] = true;
    }
}

bool netlist_lead(struct netlist *n, const struct plan_lead *leads, unsigned count, bool is_step, struct problem *err)
{
    if (!wiring_lead(&n->wiring, leads, count, is_step, err)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (leads[i].to.what == PLAN_PIN) {
            n->used[wiring_pin(&n->wiring, &leads[i].to)] = true;
        }
    }
    return true;
}

/* ---- nets ---- */

struct net *netlist_own(const struct netlist *n, unsigned part, unsigned pin)
{
    return &n->own[n->wiring.first[part] + pin];
}

struct net *netlist_target(const struct netlist *n, unsigned pin)
{
    return &n->own[n->wiring.first[PLAN_TARGET] + pin];
}

struct net *netlist_probe(const struct netlist *n, const char *name)
{
    int pin = plan_pin(target(n), name);

    return pin >= 0 && target(n)->pins[pin].kind == PIN_PROBE ? netlist_target(n, (unsigned)pin) : NULL;
}

struct net *netlist_target_wire(const struct netlist *n, unsigned pin)
{
    struct net *reset_wire = pin == AVR_RESET ? netlist_probe(n, "reset_wire") : NULL;

    return reset_wire ? reset_wire : netlist_target(n, pin);
}

/* A wire's net is that of the first pin of the target on it; RESET comes first, since it may have its capacitor. */
static struct net *net_of(const struct netlist *n, unsigned group)
{
    unsigned n_wires = n->plan->n_wires;

    if (group >= n_wires) {
        return netlist_target_wire(n, group - n_wires);
    }
    for (unsigned i = 0; i < target(n)->n_pins; i++) {
        if (n->wiring.group[n->wiring.first[PLAN_TARGET] + i] == (int)group) {
            return netlist_target_wire(n, i);
        }
    }
    return &n->wire[group];
}

/* A part that stands at pins of the target, wherever those are. */
static void place_beside(struct netlist *n, unsigned part)
{
    const struct plan_beside *beside = n->plan->parts[part].beside;

    for (unsigned i = 0; beside && i < n->plan->parts[part].n_pins; i++) {
        unsigned pin = beside[i].target_pin;

        n->now[n->wiring.first[part] + i] = beside[i].outside ? netlist_target_wire(n, pin)
                                                              : netlist_now(n, PLAN_TARGET, pin);
    }
}

void netlist_place(struct netlist *n)
{
    for (unsigned i = 0; i < n->wiring.n_pins; i++) {
        int group = n->wiring.group[i];

        n->now[i] = group >= 0 ? net_of(n, (unsigned)group) : n->used[i] ? &n->own[i] : NULL;
    }
    n->now[n->wiring.first[PLAN_TARGET] + AVR_RESET] = netlist_target(n, AVR_RESET);
    for (unsigned i = PLAN_OTHERS; i < n->plan->n_parts; i++) {
        place_beside(n, i);
    }
}

void netlist_drive_straps(struct netlist *n)
{
    for (unsigned i = 0; i < n->plan->n_wires + target(n)->n_pins; i++) {
        enum plan_what strap = wiring_strap(&n->wiring, i);
        bool is_on = i < n->plan->n_wires ||
                     n->wiring.group[n->wiring.first[PLAN_TARGET] + i - n->plan->n_wires] == (int)i;

        if (i < n->plan->n_wires) {
            net_move(&n->strap[i], net_of(n, i), "strap");
        }
        if (is_on && strap != PLAN_NOTHING) {
            net_drive(&n->strap[i], strap == PLAN_VCC ? NET_1 : NET_0, NET_SUPPLY);
        } else {
            net_open(&n->strap[i]);
        }
    }
}

struct net *netlist_now(const struct netlist *n, unsigned part, unsigned pin)
{
    return n->now[n->wiring.first[part] + pin];
}

struct net *netlist_find(const struct netlist *n, const char *name)
{
    struct plan_ref at = plan_find(n->plan, name);
    unsigned number;

    if (at.what == PLAN_WIRE) {
        return net_of(n, at.wire);
    }
    if (at.what != PLAN_PIN || plan_pin_of(n->plan, &at)->kind == PIN_LINE) {
        return NULL;
    }
    number = wiring_pin(&n->wiring, &at);
    return n->now[number] ? n->now[number] : &n->own[number];
}

enum plan_what netlist_strap(const struct netlist *n, unsigned target_pin)
{
    int group = n->wiring.group[n->wiring.first[PLAN_TARGET] + target_pin];

    return group >= 0 ? wiring_strap(&n->wiring, (unsigned)group) : PLAN_NOTHING;
}
