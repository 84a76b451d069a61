/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/uno.h"

#include <assert.h>
#include <simavr/avr_eeprom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/spi_master.h"
#include "mcu/timer.h"
#include "mcu/usart.h"

#define GTCCR 0x43 /* data addresses of the ATmega328P */
#define MCUCR 0x55
#define PUD 0x10
#define EEPROM_BYTES 1024

const struct uno_config uno_default = {
    .f_millihz = UINT64_C(16000000000),
    .fuse = { 0xff, 0xdf, 0x05 },
    .start_ps = 65 * SIM_MS,
};

struct uno {
    struct core core;
    struct pins pins;
    struct spi_master spi;
    struct usart usart;
    struct timers timers;
    struct uno_config cfg;
    struct net_watch reset_watch;
    struct pin *pin[UNO_PINS];
};

static const char *const pin_names[UNO_PINS] = {
    "PD0", "PD1", "PD2", "PD3", "PD4", "PD5", "PD6", "PD7", "PB0", "PB1",
    "PB2", "PB3", "PB4", "PB5", "PC0", "PC1", "PC2", "PC3", "PC4", "PC5",
};

/* Boot section's start in bytes by BOOTSZ (ATmega328P datasheet, "Boot Size Configuration"), or 0. */
static uint32_t reset_address(const uint8_t fuse[3])
{
    static const uint32_t boot[4] = { 0x7000, 0x7800, 0x7c00, 0x7e00 };
    return fuse[1] & 1 ? 0 : boot[fuse[1] >> 1 & 3];
}

static int load(struct uno *u, const struct image *firmware, char *err, size_t err_size)
{
    struct image_error e;
    uint8_t *flash = malloc(u->core.flash_bytes);
    avr_eeprom_t *eeprom = core_module(&u->core, "eeprom", 0);
    if (!flash) {
        snprintf(err, err_size, "out of memory");
        return -1;
    }
    memset(flash, 0xff, u->core.flash_bytes);
    int bad = image_place(firmware, IMAGE_FLASH, flash, u->core.flash_bytes, NULL, &e) ||
              image_place(firmware, IMAGE_EEPROM, eeprom->eeprom, EEPROM_BYTES, NULL, &e);
    if (bad) {
        snprintf(err, err_size, "%s", e.text);
    } else {
        core_load_flash(&u->core, 0, flash, u->core.flash_bytes);
    }
    free(flash);
    return bad ? -1 : 0;
}

/* ---- RESET ---- */

static void reset_pin(void *ctx, struct net *net, sim_time at_ps)
{
    struct uno *u = ctx;
    if (!net_is_high(net, true)) {
        core_hold(&u->core, CORE_EXTRF);
    } else if (u->core.agent.halted) {
        core_start(&u->core, at_ps + u->cfg.start_ps, CORE_EXTRF);
    }
}

void uno_reset(struct uno *u)
{
    if (!u->cfg.pins.reset_n || net_is_high(u->cfg.pins.reset_n, true)) {
        core_start(&u->core, u->core.sim->now_ps + u->cfg.start_ps, CORE_EXTRF);
    }
}

/* ---- building ---- */

static void install(struct uno *u)
{
    pins_init(&u->pins, &u->core);
    pins_set_pud(&u->pins, MCUCR, PUD);
    spi_master_init(&u->spi, &u->core, &u->pins, "PB3", "PB4", "PB5", "PB2");
    usart_init(&u->usart, &u->core, &u->pins, "PD1", "PD0");
    timers_init(&u->timers, &u->core, &u->pins, GTCCR, "PB0");
    static const char *const no_port[] = { "PB6", "PB7", "PC6" }; /* crystal, RESET */
    for (unsigned i = 0; i < sizeof no_port / sizeof no_port[0]; i++) {
        pins_find(&u->pins, no_port[i])->override = PIN_OFF;
    }
    for (unsigned i = 0; i < UNO_PINS; i++) {
        u->pin[i] = pins_find(&u->pins, pin_names[i]);
        if (u->cfg.pins.d[i]) {
            pin_connect(u->pin[i], u->cfg.pins.d[i]);
        }
    }
}

struct uno *uno_new(struct sim *sim, const struct uno_config *cfg, const struct image *firmware, char *err,
                    size_t err_size)
{
    struct uno *u = calloc(1, sizeof *u);
    if (!u) {
        snprintf(err, err_size, "out of memory");
        return NULL;
    }
    u->cfg = *cfg;
    struct core_config core = {
        .simavr_name = "atmega328p",
        .name = "Uno",
        .f_millihz = cfg->f_millihz,
        .reset_pc = reset_address(cfg->fuse),
        .floating_high = cfg->floating_high,
    };
    if (core_init(&u->core, sim, &core, err, err_size)) {
        free(u);
        return NULL;
    }
    if (load(u, firmware, err, err_size)) {
        core_free(&u->core);
        free(u);
        return NULL;
    }
    install(u);
    bool run = true;
    if (cfg->pins.reset_n) {
        net_watch_add(cfg->pins.reset_n, &u->reset_watch, NET_WATCH_EDGES, reset_pin, u);
        run = net_is_high(cfg->pins.reset_n, true);
    }
    if (run) {
        core_start(&u->core, sim->now_ps + cfg->start_ps, CORE_PORF);
    } else {
        core_hold(&u->core, CORE_PORF);
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
    usart_free(&u->usart);
    timers_free(&u->timers);
    pins_free(&u->pins);
    core_free(&u->core);
    free(u);
}

void uno_connect(struct uno *u, unsigned pin, struct net *net)
{
    assert(pin < UNO_PINS);
    pin_connect(u->pin[pin], net);
    if (pin == 0) {
        usart_rewire(&u->usart);
    }
}

/* ---- looking at it ---- */

struct uno_counters uno_counters(const struct uno *u)
{
    return (struct uno_counters){
        .cycles = u->core.avr->cycle,
        .resets = u->core.resets,
        .watchdog_resets = u->core.watchdog_resets,
        .warnings = u->core.warnings,
        .spi_bytes = u->spi.bytes,
        .rx_overruns = u->usart.overruns,
    };
}

const char *uno_warning(const struct uno *u)
{
    return u->core.warning;
}

const uint8_t *uno_data(const struct uno *u)
{
    return u->core.avr->data;
}

uint32_t uno_pc(const struct uno *u)
{
    return u->core.avr->pc;
}
