/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/uno.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/chip.h"
#include "mcu/image_device.h"
#include "sim/memory.h"

const struct uno_config uno_default = {
    .f_millihz = UINT64_C(16000000000),
    .fuse = { 0xff, 0xdf, 0x05 },
    .start_ps = 65 * SIM_MS,
};

struct uno {
    struct sim *sim;
    struct chip chip;
    struct nvm nvm;
    struct uno_config cfg;
    struct net_watch reset_watch;
};

static const char *const pin_names[UNO_PINS] = {
    "PD0", "PD1", "PD2", "PD3", "PD4", "PD5", "PD6", "PD7", "PB0", "PB1",
    "PB2", "PB3", "PB4", "PB5", "PC0", "PC1", "PC2", "PC3", "PC4", "PC5",
};

static bool load(struct uno *u, const struct image *firmware, struct problem *err)
{
    if (!image_is_for(firmware, part_atmega328p.name, part_atmega328p.flash_bytes, err)) {
        return false;
    }
    struct nvm_cells *cells = &u->nvm.cells;
    struct target_switches switches = target_switches_default();
    nvm_init(&u->nvm, &part_atmega328p, &switches, u->sim->seed);
    memcpy(cells->fuses.fuse, u->cfg.fuse, sizeof cells->fuses.fuse);
    return image_place(firmware, IMAGE_FLASH, cells->flash, part_atmega328p.flash_bytes, NULL, err) &&
           image_place(firmware, IMAGE_EEPROM, cells->eeprom, part_atmega328p.eeprom_bytes, NULL, err);
}

/* ---- RESET ---- */

static void start(struct uno *u, sim_time at_ps, unsigned cause)
{
    const struct fuse_bytes *f = &u->nvm.cells.fuses;
    chip_latch(&u->chip, f, fuse_start_word(&part_atmega328p, f));
    core_start(&u->chip.core, at_ps + u->cfg.start_ps, cause);
}

static void watchdog_bites(void *ctx)
{
    struct uno *u = ctx;
    start(u, u->sim->now_ps, CORE_WDRF);
}

static void reset_pin(void *ctx, struct net *net, sim_time at_ps)
{
    struct uno *u = ctx;
    if (!net_is_high(net, true)) {
        core_hold(&u->chip.core, CORE_EXTRF);
    } else if (u->chip.core.agent.halted) {
        start(u, at_ps, CORE_EXTRF);
    }
}

void uno_reset(struct uno *u)
{
    if (!u->cfg.pins.reset_n || net_is_high(u->cfg.pins.reset_n, true)) {
        start(u, u->sim->now_ps, CORE_EXTRF);
    }
}

/* ---- building ---- */

static void connect_all(struct uno *u)
{
    static const char *const no_port[] = { "PB6", "PB7", "PC6" }; /* crystal, RESET */
    for (unsigned i = 0; i < sizeof no_port / sizeof no_port[0]; i++) {
        pin_override(pins_find(&u->chip.pins, no_port[i]), PIN_OFF, false);
    }
    for (unsigned i = 0; i < UNO_PINS; i++) {
        if (u->cfg.pins.d[i]) {
            chip_connect(&u->chip, pin_names[i], u->cfg.pins.d[i]);
        }
    }
}

struct uno *uno_new(struct sim *sim, const struct uno_config *cfg, const struct image *firmware, struct problem *err)
{
    struct uno *u = memory_zeroed(1, sizeof *u);
    u->cfg = *cfg;
    u->sim = sim;
    if (!load(u, firmware, err) ||
        !chip_init(&u->chip, sim, &u->nvm, "programmer", cfg->f_millihz, watchdog_bites, u, err)) {
        free(u);
        return NULL;
    }
    u->chip.core.floating_high = cfg->floating_high;
    u->chip.core.checker = cfg->checker;
    u->chip.core.asks_device = !firmware->device[0] && !firmware->architecture;
    connect_all(u);
    bool run = true;
    if (cfg->pins.reset_n) {
        net_watch_add(cfg->pins.reset_n, &u->reset_watch, NET_WATCH_EDGES, reset_pin, u);
        run = net_is_high(cfg->pins.reset_n, true);
    }
    if (run) {
        start(u, sim->now_ps, CORE_PORF);
    } else {
        core_hold(&u->chip.core, CORE_PORF);
    }
    return u;
}

void uno_free(struct uno *u)
{
    if (!u) {
        return;
    }
    if (u->cfg.pins.reset_n) {
        net_watch_remove(u->cfg.pins.reset_n, &u->reset_watch);
    }
    chip_free(&u->chip);
    free(u);
}

void uno_connect(struct uno *u, unsigned pin, struct net *net)
{
    assert(pin < UNO_PINS);
    chip_connect(&u->chip, pin_names[pin], net);
}

/* ---- looking at it ---- */

struct uno_counters uno_counters(const struct uno *u)
{
    return (struct uno_counters){
        .cycles = u->chip.core.avr->cycle,
        .resets = u->chip.core.resets,
        .watchdog_resets = u->chip.core.watchdog_resets,
        .spi_bytes = u->chip.spi.bytes,
        .rx_overruns = u->chip.usart.overruns,
    };
}

const uint8_t *uno_data(const struct uno *u)
{
    return u->chip.core.avr->data;
}

uint32_t uno_pc(const struct uno *u)
{
    return u->chip.core.avr->pc;
}
