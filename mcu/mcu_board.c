/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/mcu_board.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/chip.h"
#include "mcu/clock_registers.h"
#include "mcu/image_device.h"
#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "sim/memory.h"
#include "sim/vline.h"

struct mcu_board_config mcu_board_default(const struct mcu_board_row *row)
{
    struct mcu_board_config cfg = { .row = row, .start_ps = row->start_ps, .switches = target_switches_default() };
    memcpy(cfg.fuse, row->fuse, sizeof cfg.fuse);
    return cfg;
}

static bool starts_at(const struct image *img, uint32_t at)
{
    for (unsigned i = 0; i < img->memory[IMAGE_FLASH].n; i++) {
        if (img->memory[IMAGE_FLASH].segments[i].address == at) {
            return true;
        }
    }
    return false;
}

void mcu_board_fuses_for(struct mcu_board_config *cfg, const struct image *firmware)
{
    const struct part *chip = cfg->row->chip;
    struct fuse_bytes f = { .lock = 0xFF };

    memcpy(f.fuse, cfg->fuse, sizeof f.fuse);
    for (unsigned bootsz = 0; fuse_has(chip, FUSE_BOOTSZ) && bootsz < 4; bootsz++) {
        fuse_put(chip, &f, FUSE_BOOTSZ, bootsz);
        if (starts_at(firmware, chip->flash_bytes - 2 * fuse_boot_words(chip, &f))) {
            fuse_put(chip, &f, FUSE_BOOTRST, 0);
            memcpy(cfg->fuse, f.fuse, sizeof f.fuse);
            return;
        }
    }
}

struct mcu_board {
    struct sim *sim;
    struct chip chip;
    struct nvm nvm;
    struct mcu_board_config cfg;
    struct clock_registers clock;
    int32_t wobble_ppm;
    struct clock_board fresh; /* with the OSCCAL that the fuses ask for */
    uint32_t divide;          /* CLKPR */
    uint8_t osccal;
    struct vline vcc;
    struct net_watch reset_watch;
};

static bool load(struct mcu_board *b, const struct image *firmware, struct problem *err)
{
    struct nvm_cells *cells = &b->nvm.cells;
    const struct part *chip = b->cfg.row->chip;
    if (!image_is_for(firmware, chip->name, chip->flash_bytes, err)) {
        return false;
    }
    nvm_init(&b->nvm, chip, &b->cfg.switches, b->sim->seed);
    memcpy(cells->fuses.fuse, b->cfg.fuse, sizeof cells->fuses.fuse);
    return image_place(firmware, IMAGE_FLASH, cells->flash, chip->flash_bytes, NULL, err) &&
           image_place(firmware, IMAGE_EEPROM, cells->eeprom, chip->eeprom_bytes, NULL, err);
}

/* ---- the clock ---- */

/* What the row's source gives, OSCCAL taken into account if it is the RC oscillator. Before the prescaler. */
static uint64_t steady_millihz(const struct mcu_board *b)
{
    const struct part *chip = b->cfg.row->chip;
    const struct fuse_bytes *f = &b->nvm.cells.fuses;
    struct clock_board at = b->fresh;

    if (b->osccal == at.osccal_factory || clock_kind_of(chip, f) != CLOCK_RC) {
        return b->cfg.row->f_millihz;
    }
    uint64_t nominal = clock_rc_millihz(chip, &at);
    at.osccal = b->osccal;
    return (uint64_t)((unsigned __int128)b->cfg.row->f_millihz * clock_rc_millihz(chip, &at) / nominal);
}

static uint64_t source_millihz(const struct mcu_board *b)
{
    return (uint64_t)((unsigned __int128)steady_millihz(b) * (uint64_t)(1000000 + b->wobble_ppm) / 1000000);
}

static void change_clock(struct mcu_board *b)
{
    struct sim_clock clk = sim_clock_mhz(b->sim->now_ps, source_millihz(b), b->divide);
    core_change_clock(&b->chip.core, &clk, b->sim->now_ps);
    timers_replan(&b->chip.timers);
}

void mcu_board_set_wobble(struct mcu_board *b, int32_t ppm)
{
    b->wobble_ppm = ppm;
    change_clock(b);
}

static void set_prescaler(void *ctx, uint32_t divide)
{
    struct mcu_board *b = ctx;
    b->divide = divide;
    change_clock(b);
}

static void set_osccal(void *ctx, uint8_t osccal)
{
    struct mcu_board *b = ctx;
    b->osccal = osccal;
    if (clock_kind_of(b->cfg.row->chip, &b->nvm.cells.fuses) == CLOCK_RC) {
        change_clock(b);
    }
    timers_go_on(&b->chip.timers);
}

static void before_change(void *ctx, uint64_t cycle)
{
    struct mcu_board *b = ctx;
    timers_hold_back(&b->chip.timers, cycle);
}

static const struct clock_registers_ops clock_ops = { set_prescaler, set_osccal, before_change };

/* A reset of the core, whose first cycle begins at clk.t0: back comes what the fuses and the calibration byte say. */
static void reset_clock(void *ctx)
{
    struct mcu_board *b = ctx;
    const struct part *chip = b->cfg.row->chip;
    const struct fuse_bytes *f = &b->nvm.cells.fuses;
    bool divides = fuse_has(chip, FUSE_CKDIV8) && fuse_is_programmed(chip, f, FUSE_CKDIV8);
    b->divide = divides && !clock_source_of(chip, f)->ignores_ckdiv8 ? 8 : 1;
    b->fresh = clock_board_default(chip, f);
    b->osccal = b->fresh.osccal_factory;
    struct sim_clock clk = sim_clock_mhz(b->chip.core.clk.t0_ps, source_millihz(b), b->divide);
    core_set_clock(&b->chip.core, &clk);
    clock_registers_reset(&b->clock, b->divide, b->osccal);
}

/* ---- RESET ---- */

static void start(struct mcu_board *b, sim_time at_ps, unsigned cause)
{
    const struct fuse_bytes *f = &b->nvm.cells.fuses;
    chip_latch(&b->chip, f, fuse_start_word(b->cfg.row->chip, f));
    core_start(&b->chip.core, at_ps + b->cfg.start_ps, cause);
}

static void watchdog_bites(void *ctx)
{
    struct mcu_board *b = ctx;
    start(b, b->sim->now_ps, CORE_WDRF);
}

static void reset_pin(void *ctx, struct net *net, sim_time at_ps)
{
    struct mcu_board *b = ctx;
    if (!net_is_high(net, true)) {
        core_hold(&b->chip.core, CORE_EXTRF);
    } else if (b->chip.core.agent.halted) {
        start(b, at_ps, CORE_EXTRF);
    }
}

void mcu_board_reset(struct mcu_board *b)
{
    if (!b->cfg.pins.reset_n || net_is_high(b->cfg.pins.reset_n, true)) {
        start(b, b->sim->now_ps, CORE_EXTRF);
    }
}

/* ---- building ---- */

void mcu_board_connect(struct mcu_board *b, unsigned pin, struct net *net)
{
    assert(pin < b->cfg.row->n_pins);
    chip_connect(&b->chip, b->cfg.row->pins[pin].chip_pin, net);
}

static void connect_all(struct mcu_board *b)
{
    const struct mcu_board_row *row = b->cfg.row;
    const char *const no_port[] = { row->chip->pin_xtal1, row->chip->pin_xtal2, row->chip->pin_reset };
    for (unsigned i = 0; i < sizeof no_port / sizeof no_port[0]; i++) {
        pin_override(pins_find(&b->chip.pins, no_port[i]), PIN_NO_PORT, false);
    }
    for (unsigned i = 0; i < row->n_pins; i++) {
        if (b->cfg.pins.d[i]) {
            mcu_board_connect(b, i, b->cfg.pins.d[i]);
        }
    }
}

struct mcu_board *mcu_board_new(struct sim *sim, const struct mcu_board_config *cfg, const struct image *firmware,
                                struct problem *err)
{
    struct mcu_board *b = memory_zeroed(1, sizeof *b);
    b->cfg = *cfg;
    b->sim = sim;
    if (!load(b, firmware, err) ||
        !chip_init(&b->chip, sim, &b->nvm, "programmer", cfg->row->f_millihz, watchdog_bites, b, err)) {
        free(b);
        return NULL;
    }
    const struct chip_layout *l = b->chip.layout;
    clock_registers_init(&b->clock, &b->chip.core, l ? l->r_osccal : 0, l ? l->r_clkpr : 0, &clock_ops, b);
    core_add_unit(&b->chip.core, reset_clock, b);
    vline_init(&b->vcc, sim, "vcc", cfg->row->vcc_mv);
    pins_set_supply(&b->chip.pins, &b->vcc);
    b->chip.core.floating_high = cfg->floating_high;
    b->chip.core.checker = cfg->checker;
    b->chip.core.asks_device = !firmware->device[0] && !firmware->architecture;
    connect_all(b);
    bool run = true;
    if (cfg->pins.reset_n) {
        net_watch_add(cfg->pins.reset_n, &b->reset_watch, NET_WATCH_EDGES, reset_pin, b);
        run = net_is_high(cfg->pins.reset_n, true);
    }
    if (run) {
        start(b, sim->now_ps, CORE_PORF);
    } else {
        core_hold(&b->chip.core, CORE_PORF);
    }
    return b;
}

void mcu_board_free(struct mcu_board *b)
{
    if (!b) {
        return;
    }
    if (b->cfg.pins.reset_n) {
        net_watch_remove(b->cfg.pins.reset_n, &b->reset_watch);
    }
    chip_free(&b->chip);
    free(b);
}

struct vline *mcu_board_vcc(struct mcu_board *b)
{
    return &b->vcc;
}

/* ---- looking at it ---- */

uint32_t mcu_board_baud(const struct mcu_board *b)
{
    return b->chip.has_usart ? usart_baud(&b->chip.usart) : 0;
}

struct mcu_board_counters mcu_board_counters(const struct mcu_board *b)
{
    return (struct mcu_board_counters){
        .cycles = b->chip.core.avr->cycle,
        .resets = b->chip.core.resets,
        .watchdog_resets = b->chip.core.watchdog_resets,
        .spi_bytes = b->chip.spi.bytes,
        .rx_overruns = b->chip.usart.overruns,
        .usart_begins = b->chip.usart.begins,
    };
}

const uint8_t *mcu_board_data(const struct mcu_board *b)
{
    return b->chip.core.avr->data;
}

uint32_t mcu_board_pc(const struct mcu_board *b)
{
    return b->chip.core.avr->pc;
}

void mcu_board_where(const struct mcu_board *b, struct checker_where *w)
{
    const struct core *c = &b->chip.core;
    const uint8_t *data = c->avr->data;
    uint32_t sp = (uint32_t)(data[R_SPL] | data[R_SPH] << 8);

    w->has_pc = true;
    w->pc = c->avr->pc;
    w->n_stack = 0;
    for (uint32_t at = sp + 1; at <= c->ram_end && w->n_stack < CHECKER_STACK_BYTES; at++) {
        w->stack[w->n_stack++] = data[at];
    }
}

struct core_work mcu_board_work(const struct mcu_board *b)
{
    return core_work(&b->chip.core);
}
