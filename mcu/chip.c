/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/chip.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "mcu/pins_parts.h"

#define IVSEL_CK 4 /* IVCE stands this long */
enum { IVSEL = 0x02, IVCE = 0x01 };

/*
 * Datasheets: "Alternate Port Functions", "Register Summary". Data addresses.
 *
 * The ATmega48/88/168/328 differ in IVSEL: the 48 has no boot section to move vectors to.
 */
#define MEGAX8                                                                                                       \
    .mosi = "PB3", .miso = "PB4", .sck = "PB5", .ss = "PB2", .txd = "PD1", .rxd = "PD0", .xck = "PD4", .icp = "PB0", \
    .r_gtccr = 0x43, .r_pud = 0x55, .pud = 0x10, .r_osccal = 0x66, .r_clkpr = 0x61, .r_smcr = 0x53,                  \
    .port_pins = { 0, 0xff, 0x7f, 0xff }
#define MEGAX8_IVSEL .r_ivsel = 0x55

static const struct chip_layout layouts[] = {
    { .cores = { "atmega328p", "atmega328", "atmega168p", "atmega168", "atmega88p", "atmega88" },
      MEGAX8,
      MEGAX8_IVSEL },
    { .cores = { "atmega48p", "atmega48" }, MEGAX8 },
    { .cores = { "atmega8" },
      .mosi = "PB3",
      .miso = "PB4",
      .sck = "PB5",
      .ss = "PB2",
      .txd = "PD1",
      .rxd = "PD0",
      .icp = "PB0",
      .r_pud = 0x50,
      .pud = 0x04,
      .r_ivsel = 0x5B,
      .r_osccal = 0x51,
      .port_pins = { 0, 0xff, 0x7f, 0xff },
      .pinx_read_only = true },
    { .cores = { "attiny85", "attiny45", "attiny25" }, /* no r_gtccr: timer 1 is none of ours */
      .r_pud = 0x55,
      .pud = 0x40,
      .r_osccal = 0x51,
      .r_clkpr = 0x46,
      .port_pins = { 0, 0x3f } },
    { .cores = { "attiny84", "attiny44", "attiny24" },
      .icp = "PA7",
      .r_gtccr = 0x43,
      .r_pud = 0x55,
      .pud = 0x40,
      .r_osccal = 0x51,
      .r_clkpr = 0x46,
      .port_pins = { 0xff, 0x0f } },
    { .cores = { "attiny13" },
      .r_gtccr = 0x48,
      .r_pud = 0x55,
      .pud = 0x40,
      .r_osccal = 0x51,
      .r_clkpr = 0x46,
      .port_pins = { 0, 0x3f } },
    { .cores = { "attiny2313", "attiny4313" },
      .txd = "PD1",
      .rxd = "PD0",
      .icp = "PD6",
      .r_gtccr = 0x43,
      .r_pud = 0x55,
      .pud = 0x80,
      .r_osccal = 0x51,
      .r_clkpr = 0x46,
      .port_pins = { 0x07, 0xff, 0, 0x7f } },
};

/*
 * Registers that a part has and its core has not: ATmega48PB..168PB, avr-libc's headers against the PA's; ATmega328PB,
 * "Register Summary" (DS40001906C).
 */
/* clang-format off */
static const struct chip_lack lacks[] = {
    /* PINE to PORTE; ACSRB; UCSR0D; device identification */
    { "atmega48pb", { { 0x2C, 0x2E }, { 0x4F, 0x4F }, { 0xC3, 0xC3 }, { 0xF0, 0xF8 } } },
    { "atmega88pb", { { 0x2C, 0x2E }, { 0x4F, 0x4F }, { 0xC3, 0xC3 }, { 0xF0, 0xF8 } } },
    { "atmega168pb", { { 0x2C, 0x2E }, { 0x4F, 0x4F }, { 0xC3, 0xC3 }, { 0xF0, 0xF8 } } },
    { "atmega328pb", {
        { 0x2C, 0x2E }, { 0x4F, 0x4F }, { 0xC3, 0xC3 }, { 0xF0, 0xF8 },
        { 0x38, 0x39 }, { 0x71, 0x72 }, { 0x90, 0x9B }, { 0xA0, 0xAB }, /* timers 3 and 4: flags, enables, the rest */
        { 0x62, 0x62 },                                                /* XFDCSR */
        { 0xAC, 0xAE }, { 0xC8, 0xCE }, { 0xD8, 0xDD },                 /* SPI1, USART1, TWI1 */
    } },
};
/* clang-format on */

static const struct chip_layout *find_layout(const char *core)
{
    for (unsigned i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        for (unsigned k = 0; layouts[i].cores[k]; k++) {
            if (strcmp(layouts[i].cores[k], core) == 0) {
                return &layouts[i];
            }
        }
    }
    return NULL;
}

/* ---- registers that only the part has ---- */

/* Told once a start, with the first address. */
static void touched(struct chip *chip, avr_io_addr_t addr)
{
    struct core *c = &chip->core;
    if (c->checker && !chip->told_of_lack) {
        chip->told_of_lack = true;
        checker_report(c->checker, CHECK_PROGRAM_REGISTER, core_ps(c, c->avr->cycle), c->name, 0, addr);
    }
}

static uint8_t lacking_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    touched(param, addr);
    return avr->data[addr];
}

static void lacking_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    touched(param, addr);
    avr->data[addr] = v;
}

static void watch_lacking(struct chip *chip, const char *part)
{
    for (unsigned i = 0; i < sizeof lacks / sizeof lacks[0]; i++) {
        for (unsigned k = 0; k < CHIP_LACKS_MAX && strcmp(lacks[i].part, part) == 0; k++) {
            for (avr_io_addr_t a = lacks[i].at[k].first; a && a <= lacks[i].at[k].last; a++) {
                core_hook_read(&chip->core, a, lacking_read, chip);
                core_hook_write(&chip->core, a, lacking_write, chip);
            }
        }
    }
}

/*
 * IVSEL moves the vectors; it changes within 4 cycles of a write of IVCE alone. What a store that began at this cycle leaves
 * in the register.
 */
static inline unsigned ivsel_stored(const struct chip *chip, unsigned old, unsigned v, uint64_t begin)
{
    unsigned keeps = v & IVCE || begin >= chip->ivsel_until ? IVSEL : 0;
    return ((v & ~keeps) | (old & keeps)) & ~(unsigned)IVCE;
}

/* IVSEL has changed. */
static void __attribute__((noinline)) move_vectors(struct chip *chip, bool to_boot)
{
    const struct part *part = chip->self.nvm->part;
    chip->core.idle.call.lap.valid = false; /* handlers lie elsewhere */
    chip->core.vector_base = to_boot ? part->flash_bytes - 2 * fuse_boot_words(part, &chip->self.fuses) : 0;
}

/* A store of v has left `stored`. */
static inline void ivsel_follow(struct chip *chip, unsigned old, unsigned v, unsigned stored, uint64_t end)
{
    if (v & IVCE) {
        chip->ivsel_until = end + IVSEL_CK;
    } else if ((old ^ stored) & IVSEL) {
        move_vectors(chip, stored & IVSEL);
    }
}

static void ivsel_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct chip *chip = param;
    uint8_t old = avr->data[addr], stored = (uint8_t)ivsel_stored(chip, old, v, avr->cycle);
    uint64_t end = avr->cycle + core_store_ck(avr);
    pins_control_write(&chip->pins, addr, stored);
    ivsel_follow(chip, old, v, stored, end);
}

/* OUT and STS begin one and two cycles before: where it matters, ivsel_write(). */
static bool __attribute__((noinline)) ivsel_quick(struct chip *chip, uint64_t cycle, unsigned old, unsigned v)
{
    unsigned stored = ivsel_stored(chip, old, v, cycle - 1);
    if (chip->ivsel_until + 1 == cycle || !pins_mcucr_quick(&chip->pins, cycle, stored)) {
        return false;
    }
    ivsel_follow(chip, old, v, stored, cycle);
    return true;
}

/* Beside PUD. What leaves IVSEL and IVCE alone is the same whenever it comes. */
static bool mcucr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct chip *chip = ctx;
    unsigned old = chip->core.avr->data[chip->layout->r_ivsel];
    return v & IVCE || (old ^ v) & IVSEL ? ivsel_quick(chip, cycle, old, v) : pins_mcucr_quick(&chip->pins, cycle, v);
}

/* Beside INTn. */
static bool gicr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct chip *chip = ctx;
    if (chip->ivsel_until + 1 == cycle || !pins_enables_may_be_quick(&chip->pins, cycle)) {
        return false;
    }
    unsigned old = chip->core.avr->data[chip->layout->r_ivsel], stored = ivsel_stored(chip, old, v, cycle - 1);
    ivsel_follow(chip, old, v, stored, cycle);
    pins_store_enables(&chip->pins, stored);
    return core_flagged_quick(&chip->core);
}

bool chip_init(struct chip *chip, struct sim *sim, struct nvm *nvm, const char *name, uint64_t f_millihz,
               void (*watchdog_reset)(void *), void *ctx, struct problem *err)
{
    struct core_config core = { .simavr_name = nvm->part->simavr_name, .name = name, .f_millihz = f_millihz };
    memset(chip, 0, sizeof *chip);
    if (!core_init(&chip->core, sim, &core, err)) {
        return false;
    }
    const struct part *part = nvm->part;
    assert(chip->core.flash_bytes == part->flash_bytes);
    assert(chip->core.ram_end == part->sram_start + part->sram_bytes - 1);
    const struct chip_layout *l = chip->layout = find_layout(part->simavr_name);
    pins_init(&chip->pins, &chip->core);
    chip->pins.pinx_read_only = l && l->pinx_read_only;
    for (unsigned i = 0; l && i < sizeof l->port_pins; i++) {
        pins_port_has(&chip->pins, (char)('A' + i), l->port_pins[i]);
    }
    if (l && l->mosi) {
        chip->has_spi = spi_master_init(&chip->spi, &chip->core, &chip->pins, l->mosi, l->miso, l->sck, l->ss) == 0;
    }
    if (l && l->txd) {
        chip->has_usart = usart_init(&chip->usart, &chip->core, &chip->pins, l->txd, l->rxd, l->xck) == 0;
    }
    timers_init(&chip->timers, &chip->core, &chip->pins, l ? l->r_gtccr : 0, l ? l->icp : NULL);
    chip->timers.icr_sticks = nvm->switches.v[SW_ICR_STICKS];
    watchdog_init(&chip->watchdog, &chip->core, watchdog_reset, ctx);
    adc_init(&chip->adc, &chip->core, &chip->pins);
    comparator_init(&chip->core);
    twi_init(&chip->twi, &chip->core);
    if (self_program_init(&chip->self, &chip->core, nvm)) {
        chip_free(chip);
        return problem_set(err, "simavr's %s has no EEPROM", nvm->part->simavr_name);
    }
    watch_lacking(chip, part->name);
    if (l) {
        pins_set_pud(&chip->pins, l->r_pud, l->pud);
        if (l->r_smcr) {
            core_io_is_memory(&chip->core, l->r_smcr);
        }
        if (l->r_ivsel) {
            assert(l->r_ivsel == l->r_pud || l->r_ivsel == chip->pins.r_int);
            core_hook_write(&chip->core, l->r_ivsel, ivsel_write, chip);
            core_io_quick(&chip->core, l->r_ivsel, l->r_ivsel == l->r_pud ? mcucr_quick : gicr_quick, chip);
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
    chip->told_of_lack = false;
    chip->core.avr->reset_pc = 2 * start_word;
    chip->watchdog.always_on = fuse_has(part, FUSE_WDTON) && fuse_is_programmed(part, fuses, FUSE_WDTON);
    self_program_load(&chip->self, fuses);
}
