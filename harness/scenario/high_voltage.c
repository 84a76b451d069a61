/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `board.high_voltage` stands for: parts (a 12 V switch, a switch for VCC) and wires, as if they had been written.
 * What was written goes first: a part of that type that is there is used, a pin with a wire keeps it.
 */
#include "harness/parts/hv_wiring.h"
#include "harness/parts/part_types.h"
#include "harness/parts/programmer.h"
#include "harness/scenario/load.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_WIRES (HV_SIGNALS + 3)

struct lowering {
    struct loader *l;
    struct plan *plan;
    const struct hv_wiring_pins *pins;
    struct scenario_place place;
    struct plan_wire *wires; /* the written ones, then ours */
    unsigned n, written;
};

/* On one of the first n? */
static bool on_wire(const struct lowering *w, unsigned n, const struct plan_ref *pin)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < w->wires[i].n_ends; k++) {
            const struct plan_ref *at = &w->wires[i].ends[k].at;

            if (at->what == PLAN_PIN && at->part == pin->part && at->pin == pin->pin) {
                return true;
            }
        }
    }
    return false;
}

static bool has_wire(const struct lowering *w, const struct plan_ref *pin)
{
    return on_wire(w, w->n, pin);
}

/* The wire of a pin, or a new one with it. */
static struct plan_wire *wire_of(struct lowering *w, const struct plan_ref *pin, const char *name)
{
    for (unsigned i = 0; i < w->n; i++) {
        for (unsigned k = 0; k < w->wires[i].n_ends; k++) {
            const struct plan_ref *at = &w->wires[i].ends[k].at;

            if (at->what == PLAN_PIN && at->part == pin->part && at->pin == pin->pin) {
                return &w->wires[i];
            }
        }
    }
    struct plan_wire *wire = &w->wires[w->n++];

    wire->name = load_keep_text(w->l, name);
    wire->place = w->place;
    wire->ends = load_keep(w->l, 4 * sizeof *wire->ends);
    wire->ends[wire->n_ends++] = (struct plan_end){ .at = *pin, .place = w->place };
    return wire;
}

static void join(struct lowering *w, const char *name, const struct plan_ref *from, const struct plan_ref *to)
{
    struct plan_wire *wire;

    if (to->what == PLAN_PIN && has_wire(w, to)) {
        return;
    }
    /* ours may lead on to several pins */
    if (on_wire(w, from->part == PLAN_PROGRAMMER ? w->written : w->n, from)) {
        return;
    }
    wire = wire_of(w, from, name);
    if (wire->n_ends < 4) {
        wire->ends[wire->n_ends++] = (struct plan_end){ .at = *to, .place = w->place };
    }
}

static struct plan_ref pin_ref(const struct lowering *w, unsigned part, const char *name)
{
    int pin = plan_pin(&w->plan->parts[part], name);

    return (struct plan_ref){ .what = pin >= 0 ? PLAN_PIN : PLAN_NOTHING, .part = part, .pin = (unsigned)pin };
}

static void wire_signals(struct lowering *w)
{
    const struct part_hv *hv = w->l->s->board.target.part->hv;

    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        bool as_shared = i == HV_XA1 && hv->shared_pins && w->pins->shared_xa1;
        const char *own = as_shared ? w->pins->shared_xa1 : w->pins->pin[i];
        char name[32] = "hv_";

        if (!hv->pin[i] || !own) {
            continue;
        }
        struct plan_ref target = pin_ref(w, PLAN_TARGET, hv->pin[i]), to = { .what = PLAN_GND };
        if (has_wire(w, &target)) { /* of two signals on one pin, too */
            continue;
        }
        snprintf(name + 3, sizeof name - 3, "%s", hv_signal_name(hv, (enum hv_signal)i));
        for (char *c = name; *c; c++) {
            *c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
        }
        if (strcmp(own, HV_TO_GND) != 0) {
            to = pin_ref(w, PLAN_PROGRAMMER, own);
        }
        if (to.what == PLAN_PIN) {
            join(w, name, &to, &target);
        } else if (to.what == PLAN_GND) {
            join(w, name, &target, &to);
        }
    }
}

struct setting {
    const char *key;
    int64_t value;
};

/* A part with its usual keys but for these n. */
static unsigned new_part(struct lowering *w, const struct part_type *type, const struct setting *settings, unsigned n)
{
    struct plan *plan = w->plan;
    char *cfg = load_keep(w->l, type->cfg_bytes);

    for (unsigned i = 0; i < type->n_keys; i++) {
        int64_t value = type->keys[i].fallback;

        for (unsigned k = 0; k < n; k++) {
            value = !strcmp(type->keys[i].name, settings[k].key) ? settings[k].value : value;
        }
        memcpy(cfg + type->keys[i].at, &value, sizeof value);
    }
    plan->parts[plan->n_parts] = (struct plan_part){
        .name = type->name, .pins = type->pins, .n_pins = type->n_pins, .type = type, .cfg = cfg, .place = w->place
    };
    return plan->n_parts++;
}

/* The first part of a type, made with its usual keys if there is none. */
static unsigned part_of(struct lowering *w, const struct part_type *type, const struct setting *settings, unsigned n)
{
    for (unsigned i = PLAN_OTHERS; i < w->plan->n_parts; i++) {
        if (w->plan->parts[i].type == type) {
            return i;
        }
    }
    return new_part(w, type, settings, n);
}

static void wire_supplies(struct lowering *w, const struct hv_wiring *row)
{
    const struct setting settings[] = { { "active", row->vpp_active_low }, { "delay", (int64_t)row->vpp_delay_ps } };
    unsigned vpp = part_of(w, &vpp_type, settings, 2), vcc = part_of(w, &vcc_switch_type, NULL, 0);
    struct plan_ref out = pin_ref(w, vpp, "OUT"), reset = { .what = PLAN_PIN, .part = PLAN_TARGET, .pin = AVR_RESET };
    struct plan_ref vpp_control = pin_ref(w, vpp, "CONTROL"), vcc_control = pin_ref(w, vcc, "CONTROL");
    struct plan_ref by_vpp = pin_ref(w, PLAN_PROGRAMMER, w->pins->vpp),
                    by_vcc = pin_ref(w, PLAN_PROGRAMMER, w->pins->vcc);

    join(w, "vpp_on", &by_vpp, &vpp_control);
    join(w, "vcc_on", &by_vcc, &vcc_control);
    join(w, "vreset", &out, &reset);
}

/* ohm in SDO's wire, if that is ours: Uno --A [ohm] B-- target */
static void put_resistor(struct lowering *w, uint32_t ohm)
{
    const char *pin = w->l->s->board.target.part->hv->pin[HV_SDO];

    if (!ohm || !pin || !w->l->s->board.target.part->hv->serial) {
        return;
    }
    struct plan_ref target = pin_ref(w, PLAN_TARGET, pin), own = pin_ref(w, PLAN_PROGRAMMER, w->pins->pin[HV_SDO]);
    if (has_wire(w, &target) || has_wire(w, &own)) {
        return;
    }
    unsigned part = new_part(w, &resistor_type, &(struct setting){ "ohm", (int64_t)ohm * 1000 }, 1);
    struct plan_ref a = pin_ref(w, part, "A"), b = pin_ref(w, part, "B");

    join(w, "hv_sdo_uno", &own, &a);
    join(w, "hv_sdo", &b, &target);
}

static void wire_keepers(struct lowering *w)
{
    for (unsigned i = PLAN_OTHERS; i < w->plan->n_parts; i++) {
        for (unsigned k = 0; k < 8 && w->plan->parts[i].type == &keeper_type; k++) {
            const char *pin = w->l->s->board.target.part->hv->pin[HV_DATA0 + k];
            struct plan_ref target = pin ? pin_ref(w, PLAN_TARGET, pin) : (struct plan_ref){ .what = PLAN_NOTHING };
            struct plan_ref keeper = { .what = PLAN_PIN, .part = i, .pin = k };

            if (pin && has_wire(w, &target) && !has_wire(w, &keeper)) {
                struct plan_wire *wire = wire_of(w, &target, "");

                if (wire->n_ends < 4) {
                    wire->ends[wire->n_ends++] = (struct plan_end){ .at = keeper, .place = w->place };
                }
            }
        }
    }
}

/* A pin that the programmer would need and has not; NULL: it has all. */
static const char *missing_pin(const struct lowering *w)
{
    if (pin_ref(w, PLAN_PROGRAMMER, w->pins->vpp).what == PLAN_NOTHING) {
        return w->pins->vpp;
    }
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        const char *pin = w->pins->pin[i];

        if (pin && strcmp(pin, HV_TO_GND) != 0 && pin_ref(w, PLAN_PROGRAMMER, pin).what == PLAN_NOTHING) {
            return pin;
        }
    }
    return NULL;
}

/* A capacitor between the 12 V and the pin would decide how they rise. */
static bool no_capacitor(struct loader *l)
{
    const struct plan *plan = &l->s->board.plan;

    for (unsigned i = PLAN_OTHERS; i < plan->n_parts; i++) {
        if (plan->parts[i].type == &vpp_type && l->s->board.target.has_reset_wire) {
            return load_problem(l, "board", "reset_capacitor",
                                "12 V on a RESET with a capacitor are not modelled: take it off");
        }
    }
    return true;
}

bool load_high_voltage(struct loader *l, const char *name)
{
    struct scenario_board *b = &l->s->board;
    const struct hv_wiring *row = hv_wiring_find(name ? name : "script");
    struct lowering w = { .l = l,
                          .plan = &b->plan,
                          .place = load_place(l, "board", name ? "high_voltage" : "programmer") };
    char known[200] = "";

    if (!name && b->programmer.type != &programmer_hv_script) {
        return no_capacitor(l);
    }
    for (unsigned i = 0; hv_wiring_at(i); i++) {
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", hv_wiring_at(i)->name);
    }
    if (!row) {
        return load_problem(l, "board", "high_voltage", "'%.40s' is no wiring of a high-voltage programmer; known: %s",
                            name, known);
    }
    w.pins = b->target.part->hv->serial ? &row->serial : &row->parallel;
    if (!w.pins->vpp) {
        return load_problem(l, "board", "high_voltage", "%s has no %s mode, which the %s wants", row->name,
                            b->target.part->hv->serial ? "serial" : "parallel", b->target.part->title);
    }
    const char *missing = missing_pin(&w);
    if (missing) {
        return load_problem(l, "board", "high_voltage", "%s wants pin %s of the programmer: %s has none", row->name,
                            missing, b->plan.parts[PLAN_PROGRAMMER].name);
    }
    w.wires = load_keep(l, (b->plan.n_wires + MAX_WIRES) * sizeof *w.wires);
    if (b->plan.n_wires) {
        memcpy(w.wires, b->plan.wires, b->plan.n_wires * sizeof *w.wires);
    }
    w.n = w.written = b->plan.n_wires;
    wire_supplies(&w, row);
    put_resistor(&w, row->sdo_ohm);
    wire_signals(&w);
    wire_keepers(&w);
    b->plan.wires = w.wires;
    b->plan.n_wires = w.n;
    return no_capacitor(l);
}
