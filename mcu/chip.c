/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/chip.h"

#include <stdio.h>
#include <string.h>

#define IVSEL_CK 4 /* IVCE stands this long */

/* Datasheets: "Alternate Port Functions", "Register Summary". Data addresses. */
static const struct chip_layout layouts[] = {
    { "atmega328p", "PB3", "PB4", "PB5", "PB2", "PD1", "PD0", "PB0", 0x43, 0x55, 0x10, 0x55, 0x02, 0x01, 0x66, 0x61 },
    { "atmega168p", "PB3", "PB4", "PB5", "PB2", "PD1", "PD0", "PB0", 0x43, 0x55, 0x10, 0x55, 0x02, 0x01, 0x66, 0x61 },
    { "atmega8a", "PB3", "PB4", "PB5", "PB2", "PD1", "PD0", "PB0", 0, 0x50, 0x04, 0x5b, 0x02, 0x01, 0x51, 0 },
    { "attiny85", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0x55, 0x40, 0, 0, 0, 0x51, 0x46 },
};

static const struct chip_layout *find_layout(const char *part)
{
    for (unsigned i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (strcmp(layouts[i].part, part) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}

/* IVSEL moves the vectors; it changes within 4 cycles of a write of IVCE alone. */
static void ivsel_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct chip *chip = param;
    const struct chip_layout *l = chip->layout;
    uint8_t old = avr->data[addr];
    bool may_change = avr->cycle < chip->ivsel_until;
    if (v & l->ivce) {
        chip->ivsel_until = avr->cycle + core_store_ck(avr) + IVSEL_CK;
    }
    if (!may_change || (v & l->ivce)) {
        v = (v & (uint8_t)~l->ivsel) | (old & l->ivsel);
    }
    v &= (uint8_t)~l->ivce;
    if (l->r_pud == addr) {
        pins_pud_write(&chip->pins, v);
    } else {
        avr->data[addr] = v;
    }
    const struct part *part = chip->self.nvm->part;
    uint32_t boot = part->flash_bytes - 2 * fuse_boot_words(part, &chip->self.fuses);
    chip->core.vector_base = v & l->ivsel ? boot : 0;
}

bool chip_init(struct chip *chip, struct sim *sim, struct nvm *nvm, const char *name, uint64_t f_millihz,
               void (*watchdog_reset)(void *), void *ctx, struct problem *err)
{
    struct core_config core = { .simavr_name = nvm->part->simavr_name, .name = name, .f_millihz = f_millihz };
    memset(chip, 0, sizeof *chip);
    if (!core_init(&chip->core, sim, &core, err)) {
        return false;
    }
    const struct chip_layout *l = chip->layout = find_layout(nvm->part->name);
    pins_init(&chip->pins, &chip->core);
    if (l && l->mosi) {
        chip->has_spi = spi_master_init(&chip->spi, &chip->core, &chip->pins, l->mosi, l->miso, l->sck, l->ss) == 0;
    }
    if (l && l->txd) {
        chip->has_usart = usart_init(&chip->usart, &chip->core, &chip->pins, l->txd, l->rxd) == 0;
    }
    timers_init(&chip->timers, &chip->core, &chip->pins, l ? l->r_gtccr : 0, l ? l->icp : NULL);
    watchdog_init(&chip->watchdog, &chip->core, watchdog_reset, ctx);
    if (self_program_init(&chip->self, &chip->core, nvm)) {
        chip_free(chip);
        return problem_set(err, "simavr's %s has no EEPROM", nvm->part->simavr_name);
    }
    if (l) {
        pins_set_pud(&chip->pins, l->r_pud, l->pud);
        if (l->r_ivsel) {
            core_hook_write(&chip->core, l->r_ivsel, ivsel_write, chip);
        }
    }
    return true;
}

void chip_free(struct chip *chip)
{
    self_program_free(&chip->self);
    watchdog_free(&chip->watchdog);
    if (chip->has_usart) {
        usart_free(&chip->usart);
    }
    timers_free(&chip->timers);
    pins_free(&chip->pins);
    core_free(&chip->core);
}

bool chip_connect(struct chip *chip, const char *name, struct net *net)
{
    struct pin *pin = pins_find(&chip->pins, name);
    if (!pin) {
        return false;
    }
    pin_connect(pin, net);
    if (chip->has_usart && pin == chip->usart.rxd) {
        usart_rewire(&chip->usart);
    }
    return true;
}

void chip_latch(struct chip *chip, const struct fuse_bytes *fuses, uint32_t start_word)
{
    const struct part *part = chip->self.nvm->part;
    chip->core.avr->reset_pc = 2 * start_word;
    chip->watchdog.always_on = fuse_has(part, FUSE_WDTON) && fuse_is_programmed(part, fuses, FUSE_WDTON);
    self_program_load(&chip->self, fuses);
}
