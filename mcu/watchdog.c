/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/watchdog.h"

#include <stddef.h>
#include <string.h>

#define CHANGE_CK 4 /* WDCE stands this long */

static bool bit(const struct watchdog *w, avr_regbit_t b)
{
    return b.reg && (w->core->avr->data[b.reg] >> b.bit & 1);
}

static uint8_t mask(avr_regbit_t b)
{
    return b.reg ? (uint8_t)(1u << b.bit) : 0;
}

static bool on(const struct watchdog *w)
{
    return w->core->avr->data[w->simavr->wde.reg] & (w->wde | w->wdie);
}

static sim_time period_ps(struct watchdog *w)
{
    uint8_t wdp_bits = w->core->avr->data[w->simavr->wde.reg] & w->wdp;
    if (w->period_ps && w->period_wdp == wdp_bits && w->period_millihz == w->f_millihz) {
        return w->period_ps;
    }
    unsigned wdp = avr_regbit_get_array(w->core->avr, w->simavr->wdp, 4);
    struct sim_clock osc = sim_clock_mhz(0, w->f_millihz, 1);
    w->period_wdp = wdp_bits;
    w->period_millihz = w->f_millihz;
    w->period_ps = sim_clock_span(&osc, UINT64_C(2048) << (wdp > 9 ? 9 : wdp));
    return w->period_ps;
}

/* The event is left where it is when the deadline moves back or goes: it looks again when it comes. */
static void restart(struct watchdog *w, sim_time at_ps)
{
    w->from_ps = at_ps;
    if (!on(w)) {
        return;
    }
    sim_time due = at_ps + period_ps(w);
    if (!sim_event_pending(&w->due) || w->due.at_ps > due) {
        sim_schedule(w->core->sim, &w->due, due);
        core_horizon_changed(w->core);
    }
}

static void timed_out(void *ctx, sim_time at_ps)
{
    struct watchdog *w = ctx;
    if (!on(w)) {
        return;
    }
    sim_time due = w->from_ps + period_ps(w);
    if (at_ps < due) {
        sim_schedule(w->core->sim, &w->due, due);
        return;
    }
    bool interrupt = w->simavr->watchdog.vector && bit(w, w->simavr->watchdog.enable);
    if (interrupt) {
        core_raise(w->core, &w->simavr->watchdog);
        restart(w, at_ps);
    } else {
        w->core->watchdog_resets++;
        w->reset(w->reset_ctx);
    }
}

/* In interrupt-and-reset mode the interrupt's entry clears WDIE: the next time-out resets. */
static void interrupt_entered(avr_irq_t *irq, uint32_t value, void *param)
{
    struct watchdog *w = param;
    (void)irq;
    if (value && bit(w, w->simavr->wde)) {
        w->core->avr->data[w->simavr->wde.reg] &= (uint8_t)~mask(w->simavr->watchdog.enable);
        core_enables_changed(w->core);
    }
}

/* What a store leaves in the register. */
static inline uint8_t stored(const struct watchdog *w, uint8_t old, uint8_t v, bool may_change)
{
    uint8_t new = (old & w->wdif & (uint8_t)~v) | (v & w->wdie);

    new |= may_change ? v &(w->wde | w->wdp) : (old & (w->wde | w->wdp)) | (v & w->wde);
    if (w->always_on) {
        new = (new | w->wde) & (uint8_t)~w->wdie;
    } else if (bit(w, w->simavr->wdrf)) {
        new |= w->wde;
    }
    return new;
}

static bool opens(const struct watchdog *w, unsigned v)
{
    return (v & w->opens) == w->opens;
}

static void wdtcsr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct watchdog *w = param;
    uint8_t new = stored(w, avr->data[addr], v, avr->cycle < w->change_until);

    if (opens(w, v)) {
        w->change_until = avr->cycle + core_store_ck(avr) + CHANGE_CK;
    }
    core_sync(w->core, avr->cycle + core_store_ck(avr));
    avr->data[addr] = new;
    restart(w, w->core->sim->now_ps);
}

/*
 * Where the event stands already, or none is needed. OUT and STS begin one and two cycles before: where it matters,
 * wdtcsr_write().
 */
static bool wdtcsr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct watchdog *w = ctx;
    uint8_t *reg = &w->core->avr->data[w->simavr->wde.reg], old = *reg;
    if (w->change_until + 1 == cycle || !core_is_quick(w->core, cycle)) {
        return false;
    }
    sim_time at_ps = core_ps(w->core, cycle);
    *reg = stored(w, old, (uint8_t)v, cycle - 1 < w->change_until);
    if (on(w) && (!sim_event_pending(&w->due) || w->due.at_ps > at_ps + period_ps(w))) {
        *reg = old;
        return false;
    }
    w->from_ps = at_ps;
    if (opens(w, v)) {
        w->change_until = cycle + CHANGE_CK;
    }
    return true;
}

/* WDCE reads 1 while it stands. */
static uint8_t wdtcsr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct watchdog *w = param;
    return avr->data[addr] | (avr->cycle < w->change_until ? mask(w->simavr->wdce) : 0);
}

static int heard(avr_io_t *io, uint32_t ctl, void *param)
{
    struct watchdog *w = (struct watchdog *)((char *)io - offsetof(struct watchdog, io));
    (void)param;
    if (ctl != AVR_IOCTL_WATCHDOG_RESET) {
        return -1;
    }
    if (on(w)) {
        restart(w, core_ps(w->core, w->core->avr->cycle));
    }
    return 0;
}

static void watchdog_reset(void *ctx)
{
    struct watchdog *w = ctx;
    w->change_until = 0;
    if (w->always_on || bit(w, w->simavr->wdrf)) { /* a watchdog that has bitten stays on, at its shortest time */
        w->core->avr->data[w->simavr->wde.reg] |= mask(w->simavr->wde);
    }
    sim_cancel(w->core->sim, &w->due);
    if (!w->core->agent.halted) {
        restart(w, core_ps(w->core, w->core->avr->cycle));
    }
}

int watchdog_init(struct watchdog *w, struct core *core, void (*reset)(void *), void *ctx)
{
    memset(w, 0, sizeof *w);
    w->simavr = core_module(core, "watchdog", 0);
    if (!w->simavr) {
        return -1;
    }
    w->core = core;
    for (unsigned i = 0; i < 4; i++) {
        w->wdp |= mask(w->simavr->wdp[i]);
    }
    w->wde = mask(w->simavr->wde);
    w->opens = w->wde | mask(w->simavr->wdce);
    if (w->simavr->watchdog.vector) {
        w->wdie = mask(w->simavr->watchdog.enable);
        w->wdif = mask(w->simavr->watchdog.raised);
    }
    w->f_millihz = UINT64_C(128000000);
    w->reset = reset;
    w->reset_ctx = ctx;
    w->io = (avr_io_t){ .kind = "own watchdog", .ioctl = heard };
    sim_event_init(&w->due, "watchdog", timed_out, w);
    avr_register_io(core->avr, &w->io); /* at the head: before simavr's */
    core_hook_write(core, w->simavr->wde.reg, wdtcsr_write, w);
    core_io_quick(core, w->simavr->wde.reg, wdtcsr_quick, w);
    core_hook_read(core, w->simavr->wde.reg, wdtcsr_read, w);
    if (w->simavr->watchdog.vector) {
        avr_irq_register_notify(w->simavr->watchdog.irq + AVR_INT_IRQ_RUNNING, interrupt_entered, w);
    }
    core_add_unit(core, watchdog_reset, w);
    return 0;
}

void watchdog_free(struct watchdog *w)
{
    if (w->core) {
        sim_cancel(w->core->sim, &w->due);
    }
}
