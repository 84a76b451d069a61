/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/board_parts.h"

#include "harness/parts/part_types.h"
#include "harness/parts/programmer.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

static unsigned n_parts(const struct board_parts *p)
{
    return p->nets->plan->n_parts;
}

static const struct part_type *type_of(const struct board_parts *p, unsigned part)
{
    return p->nets->plan->parts[part].type;
}

void board_parts_init(struct board_parts *p, struct netlist *nets, const struct part_site *site,
                      const char *branches_of)
{
    *p = (struct board_parts){ .nets = nets };
    p->self = memory_zeroed(n_parts(p), sizeof *p->self);
    p->levels = memory_zeroed(nets->wiring.n_pins, sizeof *p->levels);
    for (unsigned i = 0; i < n_parts(p); i++) {
        struct part_site own = *site;

        own.name = nets->plan->parts[i].name;
        if (!branches_of || i < PLAN_OTHERS || strcmp(own.name, branches_of) != 0) {
            own.branches = NULL;
        }
        p->self[i] = type_of(p, i)->make(&own, nets->plan->parts[i].cfg);
    }
}

void board_parts_power_up(struct board_parts *p)
{
    for (unsigned i = 0; i < n_parts(p); i++) {
        if (type_of(p, i)->power_up) {
            type_of(p, i)->power_up(p->self[i]);
        }
    }
}

static bool start(struct board_parts *p, unsigned part, const struct host *host, struct problem *err)
{
    return !type_of(p, part)->start || type_of(p, part)->start(p->self[part], host, err);
}

bool board_parts_start(struct board_parts *p, const struct host *host, struct problem *err)
{
    bool ok = start(p, PLAN_PROGRAMMER, host, err);

    for (unsigned i = 0; ok && i < n_parts(p); i++) {
        ok = i == PLAN_PROGRAMMER || start(p, i, NULL, err);
    }
    return ok;
}

bool board_parts_reach(struct board_parts *p, const struct part_inside *in, const char *path, struct problem *err)
{
    for (unsigned i = PLAN_OTHERS; i < n_parts(p); i++) {
        const struct plan_part *part = &p->nets->plan->parts[i];

        if (part->type->reach && !part->type->reach(p->self[i], in, err)) {
            return problem_prefix(err, "%s:%u:%u: %s", path, part->place.line, part->place.column, part->name);
        }
    }
    return true;
}

/* ---- levels ---- */

static struct vline *supply_of(const struct board_parts *p, unsigned part, unsigned pin)
{
    return type_of(p, part)->supply ? type_of(p, part)->supply(p->self[part], pin) : NULL;
}

static void init_levels(struct board_parts *p, struct checker *checker)
{
    const struct plan *plan = p->nets->plan;

    for (unsigned i = 0; i < plan->n_parts; i++) {
        for (unsigned k = 0; k < plan->parts[i].n_pins; k++) {
            struct vline *vcc = supply_of(p, i, k);
            bool is_reset = i == PLAN_TARGET && k == AVR_RESET;

            if (vcc && (plan->parts[i].pins[k].kind == PIN_NET || plan->parts[i].pins[k].kind == PIN_HOST)) {
                level_rules_init(&p->levels[p->nets->wiring.first[i] + k], checker, vcc,
                                 is_reset ? LEVEL_RULES_RESET_PERMILLE : 0);
            }
        }
    }
}

void board_parts_judge(struct board_parts *p, bool vary, struct checker *checker)
{
    p->judges = vary && supply_of(p, PLAN_PROGRAMMER, 0);
    for (unsigned i = PLAN_OTHERS; i < n_parts(p); i++) {
        p->judges |= type_of(p, i)->supply != NULL;
    }
    if (p->judges) {
        init_levels(p, checker);
    }
}

/* ---- wires ---- */

/* While another is plugged in, the programmer's pins are on nets of their own, if it is a board with such; else on none. */
static struct net *net_of(const struct board_parts *p, unsigned part, unsigned pin)
{
    struct net *net = netlist_now(p->nets, part, pin);

    if (part == PLAN_PROGRAMMER && p->programmer_is_off && net) {
        net = type_of(p, part)->programmer->mcu ? netlist_own(p->nets, part, pin) : NULL;
    }
    return net;
}

static void connect_levels(struct board_parts *p, unsigned part, unsigned pin)
{
    unsigned number = p->nets->wiring.first[part] + pin;
    bool is_wired = p->nets->wiring.group[number] >= 0 && !(part == PLAN_PROGRAMMER && p->programmer_is_off);

    if (p->levels[number].vcc) {
        level_rules_connect(&p->levels[number], is_wired ? netlist_now(p->nets, part, pin) : NULL);
    }
}

/* 12 V and the switch of its supply belong to the programmer. */
static bool stays_with_programmer(const struct part_type *type)
{
    return type == &vpp_type || type == &vcc_switch_type;
}

bool board_parts_have_12_v(const struct board_parts *p)
{
    for (unsigned i = PLAN_OTHERS; i < p->nets->plan->n_parts; i++) {
        if (type_of(p, i) == &vpp_type) {
            return true;
        }
    }
    return false;
}

static void connect_part(struct board_parts *p, unsigned part)
{
    bool is_off = p->programmer_is_off && stays_with_programmer(type_of(p, part));

    for (unsigned i = 0; i < p->nets->plan->parts[part].n_pins; i++) {
        type_of(p, part)->connect(p->self[part], i, is_off ? NULL : net_of(p, part, i));
    }
}

bool board_parts_settle(struct board_parts *p, struct problem *err)
{
    for (unsigned i = 0; i < n_parts(p); i++) {
        if (!type_of(p, i)->settle) {
            continue;
        }
        if (!type_of(p, i)->settle(p->self[i], err)) {
            return false;
        }
        connect_part(p, i);
    }
    return true;
}

void board_parts_connect(struct board_parts *p)
{
    const struct plan *plan = p->nets->plan;

    for (unsigned i = 0; i < plan->n_parts; i++) {
        connect_part(p, i);
    }
    for (unsigned i = 0; p->judges && i < plan->n_parts; i++) {
        for (unsigned k = 0; k < plan->parts[i].n_pins; k++) {
            connect_levels(p, i, k);
        }
    }
}

/* ---- to look at ---- */

struct vline *board_parts_line(const struct board_parts *p, const struct plan_ref *at)
{
    if (at->what != PLAN_PIN || plan_pin_of(p->nets->plan, at)->kind != PIN_LINE) {
        return NULL;
    }
    return type_of(p, at->part)->line(p->self[at->part], plan_pin_of(p->nets->plan, at)->name);
}

struct net *board_parts_probe(const struct board_parts *p, const struct plan_ref *at)
{
    if (at->what != PLAN_PIN || plan_pin_of(p->nets->plan, at)->kind != PIN_PROBE || !type_of(p, at->part)->net) {
        return NULL;
    }
    return type_of(p, at->part)->net(p->self[at->part], plan_pin_of(p->nets->plan, at)->name);
}

/* ---- the end ---- */

void board_parts_stop(struct board_parts *p)
{
    for (unsigned i = 0; p->levels && i < p->nets->wiring.n_pins; i++) { /* they look at what the parts let go of */
        level_rules_free(&p->levels[i]);
    }
    for (unsigned i = p->self ? n_parts(p) : 0; i-- > 0;) {
        if (type_of(p, i)->stop) {
            type_of(p, i)->stop(p->self[i]);
        } else {
            type_of(p, i)->free(p->self[i]);
            p->self[i] = NULL;
        }
    }
}

void board_parts_free(struct board_parts *p)
{
    for (unsigned i = 0; p->self && i < n_parts(p); i++) {
        if (p->self[i]) {
            type_of(p, i)->free(p->self[i]);
        }
    }
    free(p->self);
    free(p->levels);
    p->self = NULL;
    p->levels = NULL;
}
