/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/wiring.h"

#include "harness/base/printable.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned wiring_pin(const struct wiring *w, const struct plan_ref *pin)
{
    return w->first[pin->part] + pin->pin;
}

static unsigned n_target_pins(const struct wiring *w)
{
    return w->plan->parts[PLAN_TARGET].n_pins;
}

static bool place_problem(const struct wiring *w, const struct scenario_place *at, struct problem *err,
                          const char *said)
{
    char text[900];

    printable(text, sizeof text, said, false); /* what it quotes may hold line ends, and forge a line */
    return problem_set(err, "%s:%u:%u: %s", w->path, at->line, at->column, text);
}

/* " (3:14)" or nothing */
static const char *place_text(const struct scenario_place *at, char *text, size_t size)
{
    snprintf(text, size, at->line ? " (%u:%u)" : "", at->line, at->column);
    return text;
}

/* Where the plan's wire has that pin. */
static struct scenario_place place_of_end(const struct plan_wire *wire, const struct plan_ref *pin)
{
    for (unsigned i = 0; i < wire->n_ends; i++) {
        const struct plan_ref *at = &wire->ends[i].at;

        if (at->what == PLAN_PIN && at->part == pin->part && at->pin == pin->pin) {
            return wire->ends[i].place;
        }
    }
    return wire->place;
}

static bool on_two_wires(const struct wiring *w, const struct plan_ref *pin, unsigned first, unsigned second,
                         const struct scenario_place *at, struct problem *err)
{
    const struct plan_wire *a = &w->plan->wires[first], *b = &w->plan->wires[second];
    struct scenario_place other = place_of_end(a, pin);
    char name[60], place[40], text[300];

    plan_pin_text(w->plan, pin, name, sizeof name);
    place_text(&other, place, sizeof place);
    if (first == second) {
        snprintf(text, sizeof text, "%s is on the wire %s already%s", name, a->name, place);
    } else {
        snprintf(text, sizeof text, "%s is on two wires, %s%s and %s: make one wire of them", name, a->name, place,
                 b->name);
    }
    return place_problem(w, at, err, text);
}

static bool join_wires(struct wiring *w, struct problem *err)
{
    for (unsigned i = 0; i < w->plan->n_wires; i++) {
        const struct plan_wire *wire = &w->plan->wires[i];

        for (unsigned k = 0; k < wire->n_ends; k++) {
            const struct plan_ref *at = &wire->ends[k].at;
            int *group = at->what == PLAN_PIN ? &w->group[wiring_pin(w, at)] : NULL;

            if (group && *group >= 0) {
                return on_two_wires(w, at, (unsigned)*group, i, &wire->ends[k].place, err);
            }
            if (group) {
                *group = (int)i;
            }
        }
    }
    return true;
}

/* The programmer's usual wires, where both ends are free. */
static void join_usual(struct wiring *w)
{
    static const unsigned pins[] = {
        [ISP_RESET] = AVR_RESET, [ISP_SCK] = AVR_SCK, [ISP_MOSI] = AVR_MOSI, [ISP_MISO] = AVR_MISO
    };

    for (unsigned i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        struct plan_ref to = { .what = PLAN_PIN, .part = PLAN_PROGRAMMER, .pin = (unsigned)w->plan->isp[i] };

        if (w->plan->isp[i] >= 0 && w->group[pins[i]] < 0 && w->group[wiring_pin(w, &to)] < 0) {
            w->lead[pins[i]].to = to;
            w->group[pins[i]] = w->group[wiring_pin(w, &to)] = (int)(w->plan->n_wires + pins[i]);
        }
    }
}

bool wiring_init(struct wiring *w, const struct plan *plan, const char *path, struct problem *err)
{
    *w = (struct wiring){ .plan = plan, .path = path, .first = memory_zeroed(plan->n_parts, sizeof *w->first) };
    for (unsigned i = 0; i < plan->n_parts; i++) {
        w->first[i] = w->n_pins;
        w->n_pins += plan->parts[i].n_pins;
    }
    w->group = memory_zeroed(w->n_pins, sizeof *w->group);
    for (unsigned i = 0; i < w->n_pins; i++) {
        w->group[i] = -1;
    }
    w->lead = memory_zeroed(n_target_pins(w), sizeof *w->lead);
    for (unsigned i = 0; i < n_target_pins(w); i++) {
        w->lead[i] = (struct plan_lead){ .pin = i, .name = plan->parts[PLAN_TARGET].pins[i].name };
    }
    if (!join_wires(w, err)) {
        return false;
    }
    join_usual(w);
    return true;
}

void wiring_free(struct wiring *w)
{
    free(w->first);
    free(w->group);
    free(w->lead);
    memset(w, 0, sizeof *w);
}

struct wiring wiring_copy(const struct wiring *w)
{
    struct wiring c = *w;

    c.first = memory_zeroed(w->plan->n_parts, sizeof *c.first);
    c.group = memory_zeroed(w->n_pins, sizeof *c.group);
    c.lead = memory_zeroed(n_target_pins(w), sizeof *c.lead);
    memcpy(c.first, w->first, w->plan->n_parts * sizeof *c.first);
    memcpy(c.group, w->group, w->n_pins * sizeof *c.group);
    memcpy(c.lead, w->lead, n_target_pins(w) * sizeof *c.lead);
    return c;
}

/* ---- leads ---- */

static bool take_off(struct wiring *w, const struct plan_lead *lead, bool is_step, struct problem *err)
{
    struct plan_lead *was = &w->lead[lead->pin];
    int *group = &w->group[lead->pin];

    if (*group >= 0 && (unsigned)*group < w->plan->n_wires && !is_step) {
        const struct plan_wire *wire = &w->plan->wires[*group];
        struct plan_ref pin = { .what = PLAN_PIN, .part = PLAN_TARGET, .pin = lead->pin };
        struct scenario_place other = place_of_end(wire, &pin);
        char place[40], text[300];

        snprintf(text, sizeof text, "%s is on the wire %s already%s: wire it in one place", lead->name, wire->name,
                 place_text(&other, place, sizeof place));
        return place_problem(w, &lead->place, err, text);
    }
    if (*group == (int)(w->plan->n_wires + lead->pin) && was->to.what == PLAN_PIN) {
        w->group[wiring_pin(w, &was->to)] = -1;
    }
    *group = -1;
    return true;
}

static bool is_taken(const struct wiring *w, const struct plan_lead *lead, int group, struct problem *err)
{
    char name[60], place[40], text[300];

    plan_pin_text(w->plan, &lead->to, name, sizeof name);
    if ((unsigned)group < w->plan->n_wires) {
        const struct plan_wire *wire = &w->plan->wires[group];
        struct scenario_place other = place_of_end(wire, &lead->to);

        snprintf(text, sizeof text, "%s is on the wire %s already%s: put %s on that wire (%s: %s), or elsewhere", name,
                 wire->name, place_text(&other, place, sizeof place), lead->name, lead->name, wire->name);
    } else {
        const struct plan_lead *other = &w->lead[(unsigned)group - w->plan->n_wires];
        bool other_first = other->pin < lead->pin;

        snprintf(text, sizeof text, "%s and %s are both on %s: put one elsewhere, or open", /* in the pins' order */
                 other_first ? other->name : lead->name, other_first ? lead->name : other->name, name);
        if (other->place.line) {
            size_t n = strlen(text);

            snprintf(text + n, sizeof text - n, "; %s was put there at %u:%u", other->name, other->place.line,
                     other->place.column);
        }
    }
    return place_problem(w, &lead->place, err, text);
}

static bool put_on(struct wiring *w, const struct plan_lead *lead, struct problem *err)
{
    int group = (int)(w->plan->n_wires + lead->pin);

    w->lead[lead->pin] = *lead;
    if (lead->to.what == PLAN_WIRE) {
        w->group[lead->pin] = (int)lead->to.wire;
        return true;
    }
    if (lead->to.what == PLAN_PIN) {
        int *other = &w->group[wiring_pin(w, &lead->to)];

        if (*other >= 0) {
            return is_taken(w, lead, *other, err);
        }
        *other = group;
    }
    w->group[lead->pin] = lead->to.what == PLAN_NOTHING ? -1 : group;
    return true;
}

bool wiring_lead(struct wiring *w, const struct plan_lead *leads, unsigned n, bool is_step, struct problem *err)
{
    struct wiring before = wiring_copy(w);
    bool ok = true;

    for (unsigned i = 0; ok && i < n; i++) {
        ok = take_off(w, &leads[i], is_step, err);
    }
    for (unsigned i = 0; ok && i < n; i++) {
        ok = put_on(w, &leads[i], err);
    }
    if (ok) {
        wiring_free(&before);
    } else {
        wiring_free(w);
        *w = before;
    }
    return ok;
}

enum plan_what wiring_strap(const struct wiring *w, unsigned group)
{
    if (group >= w->plan->n_wires) {
        enum plan_what to = w->lead[group - w->plan->n_wires].to.what;

        return to == PLAN_GND || to == PLAN_VCC ? to : PLAN_NOTHING;
    }
    for (unsigned i = 0; i < w->plan->wires[group].n_ends; i++) {
        enum plan_what what = w->plan->wires[group].ends[i].at.what;

        if (what == PLAN_GND || what == PLAN_VCC) {
            return what;
        }
    }
    return PLAN_NOTHING;
}
