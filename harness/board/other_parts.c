/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/other_parts.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

static struct vline *supply_of(const struct other_parts *o, const struct other_parts_supplies *supplies, unsigned part,
                               unsigned pin)
{
    const struct part_type *type = o->nets->plan->parts[part].type;

    if (type) {
        return type->supply ? type->supply(o->self[part], pin) : NULL;
    }
    return part == PLAN_TARGET ? supplies->target : supplies->programmer;
}

static void init_levels(struct other_parts *o, const struct other_parts_supplies *supplies, struct checker *checker)
{
    const struct plan *plan = o->nets->plan;

    for (unsigned i = 0; i < plan->n_parts; i++) {
        for (unsigned k = 0; k < plan->parts[i].n_pins; k++) {
            struct vline *vcc = supply_of(o, supplies, i, k);
            bool is_reset = i == PLAN_TARGET && k == AVR_RESET;

            if (vcc && plan->parts[i].pins[k].kind == PIN_NET) {
                level_rules_init(&o->levels[o->nets->wiring.first[i] + k], checker, vcc,
                                 is_reset ? LEVEL_RULES_RESET_PERMILLE : 0);
            }
        }
    }
}

void other_parts_init(struct other_parts *o, struct sim *sim, struct netlist *nets, struct vline *vcc,
                      struct checker *checker)
{
    const struct plan *plan = nets->plan;

    *o = (struct other_parts){ .nets = nets };
    o->self = memory_zeroed(plan->n_parts, sizeof *o->self);
    o->levels = memory_zeroed(nets->wiring.n_pins, sizeof *o->levels);
    for (unsigned i = PLAN_OTHERS; i < plan->n_parts; i++) {
        struct part_site site = { .sim = sim, .name = plan->parts[i].name, .vcc = vcc, .checker = checker };

        o->self[i] = plan->parts[i].type->make(&site, plan->parts[i].cfg);
    }
}

void other_parts_judge(struct other_parts *o, const struct other_parts_supplies *supplies, struct checker *checker)
{
    o->judges = supplies->programmer && supplies->vary;
    for (unsigned i = PLAN_OTHERS; i < o->nets->plan->n_parts; i++) {
        o->judges |= o->nets->plan->parts[i].type->supply != NULL;
    }
    if (o->judges) {
        init_levels(o, supplies, checker);
    }
}

void other_parts_connect(struct other_parts *o, bool programmer_is_off)
{
    const struct plan *plan = o->nets->plan;

    for (unsigned i = PLAN_OTHERS; i < plan->n_parts; i++) {
        for (unsigned k = 0; k < plan->parts[i].n_pins; k++) {
            plan->parts[i].type->connect(o->self[i], k, netlist_now(o->nets, i, k));
        }
    }
    for (unsigned i = 0; o->judges && i < plan->n_parts; i++) {
        for (unsigned k = 0; k < plan->parts[i].n_pins; k++) {
            unsigned pin = o->nets->wiring.first[i] + k;
            bool is_wired = o->nets->wiring.group[pin] >= 0 && !(i == PLAN_PROGRAMMER && programmer_is_off);

            if (o->levels[pin].vcc) {
                level_rules_connect(&o->levels[pin], is_wired ? netlist_now(o->nets, i, k) : NULL);
            }
        }
    }
}

void other_parts_free(struct other_parts *o)
{
    for (unsigned i = 0; o->levels && i < o->nets->wiring.n_pins; i++) { /* they look at what the parts let go of */
        level_rules_free(&o->levels[i]);
    }
    for (unsigned i = PLAN_OTHERS; o->self && i < o->nets->plan->n_parts; i++) {
        o->nets->plan->parts[i].type->free(o->self[i]);
    }
    free(o->self);
    free(o->levels);
    o->self = NULL;
    o->levels = NULL;
}
