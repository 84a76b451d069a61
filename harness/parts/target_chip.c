/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/target_chip.h"

#include "harness/parts/part_types.h"
#include "harness/parts/plan.h"
#include "mcu/target_core.h"
#include "sim/checker.h"
#include "sim/hv.h"
#include "sim/memory.h"
#include "sim/nvm.h"
#include "sim/target_avr.h"

#include <stdlib.h>

struct target_chip {
    struct part_site site;
    const struct scenario_target *cfg;
    struct plan_part pins; /* its table, and in it the numbers of ... */
    struct plan_pins table;
    int special[TARGET_PINS];      /* ... those that programming needs; -1: it has none */
    struct net *on[PLAN_MAX_PINS]; /* by pin */
    int hv_pin[HV_SIGNALS];        /* the pin of a signal of high-voltage programming, -1: this part has none */
    struct nvm own_nvm, *nvm;
    struct target target;
    struct vline reset_volts; /* of RESET's wire: 12 V */
    bool powered;             /* target is there */
    bool pulled;              /* out of its socket: on[] is where it would be */
    struct target_core *core; /* NULL: not started */
};

static void plan_pins(const void *cfg, struct plan_pins *t)
{
    const struct scenario_target *c = cfg;

    plan_avr_pins(c->part, c->has_reset_wire, t);
}

static void place_data(uint8_t *cells, const struct scenario_data *d)
{
    for (uint32_t i = 0; d->bytes && i < d->n; i++) {
        if (!d->given || d->given[i]) {
            cells[d->offset + i] = d->bytes[i];
        }
    }
}

static void init_memories(struct target_chip *c)
{
    const struct scenario_target *t = c->cfg;

    c->nvm = c->site.kept;
    if (c->nvm) {
        return;
    }
    c->nvm = &c->own_nvm;
    nvm_init(c->nvm, t->part, &t->switches, c->site.sim->seed);
    place_data(c->nvm->cells.flash, &t->flash);
    place_data(c->nvm->cells.eeprom, &t->eeprom);
    for (unsigned i = 0; i < NVM_MAX_FLASH_PAGES; i++) {
        c->nvm->cells.flash_written[i] = c->nvm->cells.flash_erased[i] = t->worn;
    }
    for (unsigned i = 0; i < NVM_MAX_EEPROM_BYTES; i++) {
        c->nvm->cells.eeprom_written[i] = t->worn;
    }
    c->nvm->cells.fuses = fuse_as_read(t->part, &t->fuses);
    if (t->calibration >= 0) {
        c->nvm->cells.calibration[0] = (uint8_t)t->calibration;
    }
}

/* Looked up once: connect_hv() comes for every pin of every board. */
static void find_hv_pins(struct target_chip *c)
{
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        const char *name = c->nvm->part->hv->pin[i];

        c->hv_pin[i] = name ? plan_pin(&c->pins, name) : -1;
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    static const char *const names[TARGET_PINS] = {
        [TARGET_RESET_N] = "reset", [TARGET_SCK] = "sck",     [TARGET_MOSI] = "mosi", [TARGET_MISO] = "miso",
        [TARGET_XTAL1] = "xtal1",   [TARGET_XTAL2] = "xtal2", [TARGET_CLKO] = "clko", [TARGET_MISO_OE] = "miso_oe",
    };
    struct target_chip *c = memory_zeroed(1, sizeof *c);

    c->site = *site;
    c->cfg = cfg;
    plan_pins(cfg, &c->table);
    c->pins = (struct plan_part){ .pins = c->table.pins, .n_pins = c->table.n };
    for (unsigned i = 0; i < TARGET_PINS; i++) {
        c->special[i] = plan_pin(&c->pins, names[i]);
    }
    vline_init(&c->reset_volts, site->sim, "reset", 0);
    init_memories(c);
    find_hv_pins(c);
    return c;
}

static struct net *net_of(const struct target_chip *c, enum target_pin pin)
{
    return c->special[pin] >= 0 ? c->on[c->special[pin]] : NULL;
}

/* Signals of high-voltage programming that this pin of the plan is. */
static void connect_hv(struct target_chip *c, unsigned pin)
{
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        if (c->hv_pin[i] == (int)pin) {
            target_connect_hv(&c->target, (enum hv_signal)i, c->pulled ? NULL : c->on[pin]);
        }
    }
}

static void power_up(void *self)
{
    struct target_chip *c = self;
    const struct scenario_target *t = c->cfg;
    struct target_config cfg = target_config_default(t->part);
    struct target_pins pins = {
        .vcc = c->site.vcc,
        .reset_n = net_of(c, TARGET_RESET_N),
        .sck = net_of(c, TARGET_SCK),
        .mosi = net_of(c, TARGET_MOSI),
        .miso = net_of(c, TARGET_MISO),
        .miso_oe = net_of(c, TARGET_MISO_OE),
        .xtal1 = net_of(c, TARGET_XTAL1),
        .xtal2 = net_of(c, TARGET_XTAL2),
        .clko = net_of(c, TARGET_CLKO),
    };

    cfg.switches = t->switches;
    cfg.osccal_nominal = (int16_t)t->osccal_nominal;
    cfg.rc_ppm = t->rc_ppm;
    cfg.rc_spread_ppm = t->rc_spread_ppm;
    cfg.rc128k_ppm = t->rc128k_ppm;
    cfg.rc128k_spread_ppm = t->rc128k_spread_ppm;
    target_init(&c->target, c->site.sim, &cfg, c->nvm, &pins, c->site.checker);
    c->powered = true;
    for (unsigned i = 0; i < c->pins.n_pins; i++) {
        connect_hv(c, i);
    }
}

static bool start(void *self, const struct host *host, struct problem *err)
{
    struct target_chip *c = self;
    char name[PART_PIN_NAME_SIZE];

    (void)host;
    c->core = target_core_new(c->site.sim, &c->target, err);
    if (!c->core) {
        return problem_prefix(err, "%s: the target can't run its program", c->site.path);
    }
    for (unsigned i = 0; part_pin_name(c->nvm->part, i, name); i++) {
        target_core_connect(c->core, name, c->on[plan_pin(&c->pins, name)]);
    }
    return true;
}

/* Port pins that this pin of the plan is: the core has them by name. */
static void connect_core(struct target_chip *c, unsigned pin)
{
    char name[PART_PIN_NAME_SIZE];

    for (unsigned i = 0; part_pin_name(c->nvm->part, i, name); i++) {
        if (plan_pin(&c->pins, name) == (int)pin) {
            target_core_connect(c->core, name, c->pulled ? NULL : c->on[pin]);
        }
    }
}

/* Whoever puts 12 V on RESET's wire finds where to say so. */
static void lend_volts(struct target_chip *c, struct net *from, struct net *to)
{
    if (from && from->volts == &c->reset_volts) {
        from->volts = NULL;
    }
    if (to && !to->volts) {
        to->volts = &c->reset_volts;
    }
}

/* Before the 12 V switches, which look for RESET's volts. */
static bool settle(void *self, struct problem *err)
{
    (void)self;
    (void)err;
    return true;
}

static void connect_inside(struct target_chip *c, unsigned pin)
{
    struct net *net = c->pulled ? NULL : c->on[pin];

    for (unsigned i = 0; i < TARGET_PINS; i++) {
        if (c->special[i] == (int)pin) {
            target_connect(&c->target, (enum target_pin)i, net);
        }
    }
    connect_core(c, pin);
}

void target_chip_pull(void *self, bool out)
{
    struct target_chip *c = self;

    if (c->pulled == out) {
        return;
    }
    c->pulled = out;
    if (out) {
        target_set_pulled(&c->target, true);
    }
    for (unsigned i = 0; i < c->pins.n_pins; i++) {
        connect_hv(c, i);
        connect_inside(c, i);
    }
    if (!out) {
        target_set_pulled(&c->target, false);
    }
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct target_chip *c = self;

    if (c->on[pin] == net) {
        return;
    }
    if (pin == AVR_RESET) {
        lend_volts(c, c->on[pin], net);
    }
    c->on[pin] = net;
    if (c->powered) {
        connect_hv(c, pin);
    }
    if (c->core) {
        connect_inside(c, pin);
    }
}

static struct vline *line(void *self, const char *name)
{
    (void)name; /* it has no other */
    return ((struct target_chip *)self)->site.vcc;
}

static struct vline *supply(void *self, unsigned pin)
{
    (void)pin;
    return ((struct target_chip *)self)->site.vcc;
}

static void stop(void *self)
{
    struct target_chip *c = self;

    target_core_free(c->core);
    c->core = NULL;
}

struct nvm *target_chip_nvm(void *self)
{
    return ((struct target_chip *)self)->nvm;
}

struct target *target_chip_target(void *self)
{
    return &((struct target_chip *)self)->target;
}

struct target_core *target_chip_core(void *self)
{
    return ((struct target_chip *)self)->core;
}

const struct part_type target_chip_type = {
    .name = "target",
    .help = "the chip that is programmed",
    .place = PART_TARGET,
    .plan_pins = plan_pins,
    .cfg_bytes = sizeof(struct scenario_target),
    .make = make,
    .settle = settle,
    .connect = connect,
    .power_up = power_up,
    .start = start,
    .line = line,
    .supply = supply,
    .stop = stop,
    .free = free,
};
