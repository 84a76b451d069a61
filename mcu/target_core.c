/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/target_core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/chip.h"
#include "mcu/clock_registers.h"
#include "sim/memory.h"

struct target_core {
    struct chip chip;
    struct target *target;
    struct clock_registers clock;
    uint64_t starts;
    bool started;
};

/* ---- the clock ---- */

static void set_prescaler(void *ctx, uint32_t divide)
{
    struct target_core *tc = ctx;
    target_set_prescaler(tc->target, divide);
    timers_go_on(&tc->chip.timers);
}

static void set_osccal(void *ctx, uint8_t osccal)
{
    struct target_core *tc = ctx;
    target_set_osccal(tc->target, osccal);
    timers_go_on(&tc->chip.timers);
}

static void before_change(void *ctx, uint64_t cycle)
{
    struct target_core *tc = ctx;
    timers_hold_back(&tc->chip.timers, cycle);
}

static const struct clock_registers_ops clock_ops = { set_prescaler, set_osccal, before_change };

static bool osccal_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct target_core *tc = ctx;
    struct core *c = &tc->chip.core;
    const struct timers *timers = &tc->chip.timers;
    if (!core_is_alone(c, cycle) || core_has_slice_end(c)) {
        return false;
    }
    for (unsigned i = 0; i < timers->n; i++) {
        if (!timer_is_in_cycles(&timers->timer[i])) {
            return false;
        }
    }
    if (c->late_cycle <= cycle && tc->target->clock.kind == CLOCK_RC && !core_makes_late(c, cycle)) {
        return false; /* edges that are due come by the clock that was */
    }
    const struct target_tuned *k = target_tune(tc->target, (uint8_t)v, core_ps(c, cycle + 1));
    if (!k) {
        return false;
    }
    c->avr->data[tc->clock.r_osccal] = (uint8_t)v;
    return !k->f_hz || core_tune(c, &tc->target->cpu, k->f_hz, cycle);
}

/* ---- pins that are no port pins under these fuses ---- */

static void take_pin(struct target_core *tc, const char *name, bool taken, enum pin_override by)
{
    struct pin *pin = name ? pins_find(&tc->chip.pins, name) : NULL;
    if (pin) {
        pin_override(pin, taken ? by : PIN_NORMAL, false);
    }
}

static void take_pins(struct target_core *tc, const struct fuse_bytes *f)
{
    const struct part *part = tc->target->cfg.part;
    enum clock_kind kind = clock_kind_of(part, f);
    bool crystal = kind == CLOCK_CRYSTAL || kind == CLOCK_FULL_SWING || kind == CLOCK_LF_CRYSTAL;
    bool clko = fuse_has(part, FUSE_CKOUT) && fuse_is_programmed(part, f, FUSE_CKOUT); /* struct target drives it */
    take_pin(tc, part->pin_xtal1, crystal || kind == CLOCK_EXTERNAL || kind == CLOCK_EXTERNAL_RC, PIN_NO_PORT);
    take_pin(tc, part->pin_reset, !fuse_has(part, FUSE_RSTDISBL) || !fuse_is_programmed(part, f, FUSE_RSTDISBL),
             PIN_NO_PORT);
    if (part_clko_is_xtal2(part)) {
        take_pin(tc, part->pin_xtal2, crystal || clko, crystal ? PIN_NO_PORT : PIN_OFF);
    } else {
        take_pin(tc, part->pin_xtal2, crystal, PIN_NO_PORT);
        take_pin(tc, part->pin_clko, clko, PIN_OFF);
    }
}

/* ---- target_core_ops ---- */

static void start(void *ctx, const struct target_start *s)
{
    struct target_core *tc = ctx;
    struct core *c = &tc->chip.core;
    tc->started = true;
    tc->starts++;
    take_pins(tc, &s->fuses);
    chip_latch(&tc->chip, &s->fuses, s->start_word);
    tc->chip.watchdog.f_millihz = (uint64_t)((int64_t)UINT64_C(128000000) +
                                             INT64_C(128) * tc->target->board.rc128k_ppm);
    sim_time at = s->at_ps;
    if (sim_clock_runs(&s->clk)) {
        at = sim_clock_nth_from(&s->clk, at, 1);
        core_set_clock(c, &s->clk);
    } else {
        core_set_stepped(c);
    }
    core_start(c, at, s->causes);
    pins_hold(&tc->chip.pins, false);
    clock_registers_reset(&tc->clock, s->divide, s->osccal);
}

static void stop(void *ctx, sim_time at_ps)
{
    struct target_core *tc = ctx;
    (void)at_ps;
    tc->started = false;
    pins_hold(&tc->chip.pins, true);
    core_hold(&tc->chip.core, 0);
}

static void clock_changed(void *ctx, sim_time at_ps, const struct sim_clock *clk)
{
    struct target_core *tc = ctx;
    struct core *c = &tc->chip.core;
    if (!tc->started) {
        return;
    }
    if (!sim_clock_runs(clk)) {
        core_set_stepped(c); /* stands still where it is */
        return;
    }
    if (core_is_stepped(c)) {
        core_resume(c, clk, at_ps);
    } else {
        core_change_clock(c, clk, at_ps);
    }
    timers_replan(&tc->chip.timers);
}

static void clock_edge(void *ctx, sim_time at_ps, sim_time period_ps)
{
    struct target_core *tc = ctx;
    if (tc->started && core_clock_edge(&tc->chip.core, at_ps, period_ps)) {
        timers_replan(&tc->chip.timers);
    }
}

static const struct target_core_ops ops = { start, stop, clock_changed, clock_edge };

static void watchdog_bites(void *ctx)
{
    struct target_core *tc = ctx;
    target_core_reset(tc->target, TARGET_CAUSE_WATCHDOG);
}

/* ---- building ---- */

struct target_core *target_core_new(struct sim *sim, struct target *target, struct problem *err)
{
    struct target_core *tc = memory_zeroed(1, sizeof *tc);
    tc->target = target;
    if (!chip_init(&tc->chip, sim, target->nvm, "target", UINT64_C(1000000000), watchdog_bites, tc, err)) {
        free(tc);
        return NULL;
    }
    pins_set_supply(&tc->chip.pins, target->vcc);
    tc->chip.pins.owner = target;
    const struct chip_layout *l = tc->chip.layout;
    clock_registers_init(&tc->clock, &tc->chip.core, l ? l->r_osccal : 0, l ? l->r_clkpr : 0, &clock_ops, tc);
    if (tc->clock.r_osccal) {
        core_io_quick(&tc->chip.core, tc->clock.r_osccal, osccal_quick, tc);
    }
    tc->chip.core.checker = target->checker;
    tc->chip.core.may_be_empty = true;
    pins_hold(&tc->chip.pins, true);
    core_hold(&tc->chip.core, 0);
    target_set_core(target, &ops, tc);
    return tc;
}

void target_core_free(struct target_core *tc)
{
    if (tc) {
        target_set_core(tc->target, NULL, NULL);
        chip_free(&tc->chip);
        free(tc);
    }
}

bool target_core_connect(struct target_core *tc, const char *pin, struct net *net)
{
    return chip_connect(&tc->chip, pin, net);
}

/* ---- looking at it ---- */

struct target_core_counters target_core_counters(const struct target_core *tc)
{
    return (struct target_core_counters){
        .cycles = tc->chip.core.avr->cycle,
        .starts = tc->starts,
        .watchdog_resets = tc->chip.core.watchdog_resets,
    };
}

const uint8_t *target_core_data(const struct target_core *tc)
{
    return tc->chip.core.avr->data;
}

uint32_t target_core_pc(const struct target_core *tc)
{
    return tc->chip.core.avr->pc;
}

uint8_t target_core_load(struct target_core *tc, uint16_t address)
{
    avr_t *avr = tc->chip.core.avr;
    const avr_io_addr_t io = AVR_DATA_TO_IO(address);
    assert(address >= 32 && io < MAX_IOs);
    return avr->io[io].r.c ? avr->io[io].r.c(avr, address, avr->io[io].r.param) : avr->data[address];
}

struct net *target_core_net(struct target_core *tc, const char *pin)
{
    struct pin *p = pins_find(&tc->chip.pins, pin);
    return p && p->port->there >> p->bit & 1 ? p->net : NULL;
}

uint32_t target_core_baud(const struct target_core *tc)
{
    return tc->chip.has_usart ? usart_baud(&tc->chip.usart) : 0;
}

struct core_work target_core_work(const struct target_core *tc)
{
    return core_work(&tc->chip.core);
}
