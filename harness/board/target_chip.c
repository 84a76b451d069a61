/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/target_chip.h"

#include <string.h>

static void place_data(uint8_t *cells, const struct scenario_data *d)
{
    for (uint32_t i = 0; d->bytes && i < d->n; i++) {
        if (!d->given || d->given[i]) {
            cells[d->offset + i] = d->bytes[i];
        }
    }
}

bool target_chip_memories(struct target_chip *c, const struct scenario *s, struct nvm *kept, uint64_t seed,
                          struct problem *err)
{
    const struct scenario_target *t = &s->board.target;

    if (kept) {
        c->nvm = kept;
        return kept->part == t->part || problem_set(err, "the chip is an %s, the board of %s wants an %s",
                                                    kept->part->title, s->path, t->part->title);
    }
    c->nvm = &c->own_nvm;
    nvm_init(c->nvm, t->part, &t->switches, seed);
    place_data(c->nvm->cells.flash, &t->flash);
    place_data(c->nvm->cells.eeprom, &t->eeprom);
    c->nvm->cells.fuses = fuse_as_read(t->part, &t->fuses);
    if (t->calibration >= 0) {
        c->nvm->cells.calibration[0] = (uint8_t)t->calibration;
    }
    return true;
}

/* The plan's pins of the chip, as enum target_pin; -1: it has none. */
static int plan_pin_of_target(const struct netlist *nets, enum target_pin pin)
{
    static const char *const names[TARGET_PINS] = {
        [TARGET_RESET_N] = "reset", [TARGET_SCK] = "sck",     [TARGET_MOSI] = "mosi", [TARGET_MISO] = "miso",
        [TARGET_XTAL1] = "xtal1",   [TARGET_XTAL2] = "xtal2", [TARGET_CLKO] = "clko", [TARGET_MISO_OE] = "miso_oe",
    };

    return plan_pin(&nets->plan->parts[PLAN_TARGET], names[pin]);
}

static struct net *net_of(const struct netlist *nets, enum target_pin pin)
{
    int i = plan_pin_of_target(nets, pin);

    return i >= 0 ? netlist_target(nets, (unsigned)i) : NULL;
}

void target_chip_init(struct target_chip *c, struct sim *sim, const struct scenario_target *t,
                      const struct netlist *nets, struct vline *vcc, struct checker *checker)
{
    struct target_config cfg = target_config_default(t->part);
    struct target_pins pins = {
        .vcc = vcc,
        .reset_n = net_of(nets, TARGET_RESET_N),
        .sck = net_of(nets, TARGET_SCK),
        .mosi = net_of(nets, TARGET_MOSI),
        .miso = net_of(nets, TARGET_MISO),
        .miso_oe = net_of(nets, TARGET_MISO_OE),
        .xtal1 = net_of(nets, TARGET_XTAL1),
        .xtal2 = net_of(nets, TARGET_XTAL2),
        .clko = net_of(nets, TARGET_CLKO),
    };

    cfg.switches = t->switches;
    cfg.osccal_nominal = (int16_t)t->osccal_nominal;
    cfg.rc_ppm = t->rc_ppm;
    cfg.rc_spread_ppm = t->rc_spread_ppm;
    cfg.rc128k_ppm = t->rc128k_ppm;
    cfg.rc128k_spread_ppm = t->rc128k_spread_ppm;
    target_init(&c->target, sim, &cfg, c->nvm, &pins, checker);
}

/* "PB5" of a pin of the plan; NULL: it is no pin of the package. */
static const char *port_pin(const struct part *part, const struct plan_part *target, unsigned pin,
                            char name[PART_PIN_NAME_SIZE])
{
    for (unsigned i = 0; part_pin_name(part, i, name); i++) {
        if (plan_pin(target, name) == (int)pin) {
            return name;
        }
    }
    return NULL;
}

bool target_chip_start(struct target_chip *c, struct sim *sim, const char *path, const struct netlist *nets,
                       struct problem *err)
{
    char name[PART_PIN_NAME_SIZE];

    c->core = target_core_new(sim, &c->target, err);
    if (!c->core) {
        return problem_prefix(err, "%s: the target can't run its program", path);
    }
    for (unsigned i = 0; part_pin_name(c->nvm->part, i, name); i++) {
        int pin = plan_pin(&nets->plan->parts[PLAN_TARGET], name);

        target_core_connect(c->core, name, netlist_target(nets, (unsigned)pin));
    }
    return true;
}

void target_chip_place(struct target_chip *c, const struct netlist *nets)
{
    const struct plan_part *target = &nets->plan->parts[PLAN_TARGET];
    char name[PART_PIN_NAME_SIZE];

    if (!nets->shares) {
        return; /* each is on its own net, for good */
    }
    for (unsigned i = 0; i < TARGET_PINS; i++) {
        int pin = plan_pin_of_target(nets, (enum target_pin)i);

        if (pin >= 0 && c->target.pin[i].net != netlist_now(nets, PLAN_TARGET, (unsigned)pin)) {
            target_connect(&c->target, (enum target_pin)i, netlist_now(nets, PLAN_TARGET, (unsigned)pin));
        }
    }
    for (unsigned i = 0; c->core && i < target->n_pins; i++) {
        if (port_pin(c->nvm->part, target, i, name)) {
            target_core_connect(c->core, name, netlist_now(nets, PLAN_TARGET, i));
        }
    }
}

void target_chip_free(struct target_chip *c)
{
    target_core_free(c->core);
    c->core = NULL;
}
