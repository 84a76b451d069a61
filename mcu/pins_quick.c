/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins_quick.c - stores to DDRx, PORTx and PINx where only pins change that are alone, by the registers alone, and that
 * nobody watches: what pins.c makes of them, without the board's being brought to that time
 */
#include "mcu/pins_parts.h"

/* These pins, which nobody watches, change at that time; what they all read until then. */
static inline void changes_at(struct pins_port *port, sim_time at_ps, unsigned changed, unsigned before)
{
    unsigned last = port->changed;
    if (port->changed_ps == at_ps) {
        port->changed = (uint8_t)(last | changed);
        return;
    }
    if (last & ~changed) {
        pins_keep_changes(port, last & ~changed);
    }
    port->before = (uint8_t)before;
    port->changed = (uint8_t)changed;
    port->changed_ps = at_ps;
}

static inline void changes(struct pins_port *port, uint64_t cycle, unsigned changed, unsigned before)
{
    changes_at(port, core_ps(port->pins->core, cycle), changed, before);
}

/* follow_alone(). Loaded once, stored once: a byte's store might be to anything. */
static void follow(struct pins_port *port, uint64_t cycle)
{
    const struct pins *p = port->pins;
    const struct core *c = p->core;
    const uint8_t *data = c->avr->data;
    unsigned ddr = data[port->r_ddr], ones = data[port->r_port], old_ddr = port->ddr, old_ones = port->ones;
    unsigned out = port->forced_out, over = (port->levelled & ddr) | out;
    ddr = (ddr & (unsigned)~port->forced_in) | out;
    ones = (ones & ~over) | (port->levels & over);
    ones &= p->r_mcucr && data[p->r_mcucr] & p->pud_mask ? ddr : 0xff;
    unsigned changed = ((old_ones ^ ones) | ((old_ddr & ~old_ones) ^ (ddr & ~ones))) & port->alone;
    port->ddr = (uint8_t)ddr;
    port->ones = (uint8_t)ones;
    if (changed) {
        changes_at(port, core_ps(c, cycle), changed, c->floating_high ? old_ones | ~old_ddr : old_ones);
    }
}

/* No pin has an override: what is on them is in PORT and DDR, but for those that are timed. */
static inline bool is_plain(const struct pins_port *port)
{
    return !(port->levelled | port->forced_in | port->forced_out) && !pins_pull_ups_off(port->pins);
}

/* These bits of DDR or PORT change. */
static inline bool may_be_quick(const struct pins_port *port, uint64_t cycle, unsigned changed)
{
    return !(changed & ((unsigned)~port->alone | port->watched)) && (!port->timed || is_plain(port)) &&
           core_is_quick(port->pins->core, cycle);
}

/* What they read just before that cycle; of those that change. */
static inline unsigned levels_before(const struct pins_port *port, unsigned changed, uint64_t cycle)
{
    unsigned levels = pins_alone_levels(port);
    if (port->timed) {
        unsigned timed = port->timed & port->ddr & changed;
        levels = pins_with_timed(port, levels, timed, core_ps(port->pins->core, cycle) - 1);
    }
    return levels;
}

/* Of watched pins only SS changes, and it is no interrupt's. */
static bool __attribute__((noinline)) ss_write(struct pins_port *port, uint64_t cycle, unsigned changed)
{
    const struct pins *p = port->pins;
    uint8_t *data = p->core->avr->data;
    unsigned ss = port->watched & changed, with = p->ss_with;
    if (!p->ss_changed || !p->ss_low || p->ss->port != port || ss != 1u << p->ss->bit || p->core->avr->sreg[S_I] ||
        (port->r_pcmsk && data[port->r_pcmsk] & ss) || with & port->watched || port->timed ||
        (changed | with) & (unsigned)~port->alone || !core_is_alone(p->core, cycle) ||
        (p->core->late_cycle <= cycle && !core_makes_late(p->core, cycle))) {
        return false;
    }
    data[port->r_port] ^= (uint8_t)changed;
    follow(port, cycle);
    unsigned levels = pins_alone_levels(port);
    if ((levels ^ port->was) & ss) {
        port->was ^= (uint8_t)ss;
        if (!(levels & ss)) {
            p->ss_low(p->ss_ctx, cycle);
        }
    }
    return true;
}

static bool port_write(void *ctx, uint64_t cycle, unsigned v);

/* Late edges are due before it, perhaps. */
static bool __attribute__((noinline)) late_write(struct pins_port *port, uint64_t cycle, unsigned v)
{
    const struct core *c = port->pins->core;
    return core_is_alone(c, cycle) && c->late_cycle <= cycle && core_makes_late(c, cycle) && port_write(port, cycle, v);
}

static bool port_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    uint8_t *reg = &port->pins->core->avr->data[port->r_port];
    unsigned changed = (*reg ^ v) & port->live;
    if (!changed || !may_be_quick(port, cycle, changed)) {
        return !changed || (changed & port->watched ? ss_write(port, cycle, changed) : late_write(port, cycle, v));
    }
    if (!is_plain(port)) {
        *reg ^= (uint8_t)changed;
        follow(port, cycle);
        return true;
    }
    unsigned before = levels_before(port, changed, cycle);
    *reg ^= (uint8_t)changed;
    port->ones = *reg;
    changes(port, cycle, changed, before);
    return true;
}

static bool ddr_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    struct pins *p = port->pins;
    uint8_t *reg = &p->core->avr->data[port->r_ddr];
    unsigned changed = (*reg ^ v) & port->live;
    if (!changed || (p->ss_changed && p->ss->port == port) || !may_be_quick(port, cycle, changed)) {
        return !changed;
    }
    if (!is_plain(port)) {
        *reg ^= (uint8_t)changed;
        follow(port, cycle);
        return true;
    }
    unsigned before = levels_before(port, changed, cycle);
    *reg ^= (uint8_t)changed;
    port->ddr = *reg;
    changed &= (unsigned)~port->ones | port->timed; /* beside a pull-up only the strength changes */
    if (changed) {
        changes(port, cycle, changed, before);
    }
    return true;
}

static bool pin_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    return port->pins->pinx_read_only || port_write(ctx, cycle, port->pins->core->avr->data[port->r_port] ^ v);
}

/* Only PUD has changed: where nothing overrides the port, that is only about its inputs. */
static inline void follow_pud(struct pins_port *port, unsigned ones, bool floating_high, sim_time at_ps)
{
    unsigned old = port->ones, changed = (old ^ ones) & port->alone;
    port->ones = (uint8_t)ones;
    if (changed) {
        changes_at(port, at_ps, changed, floating_high ? old | (unsigned)~port->ddr : old);
    }
}

/* Some pin has a pull-up. */
static bool __attribute__((noinline)) store_pud(struct pins *p, uint64_t cycle, unsigned v)
{
    const struct core *c = p->core;
    uint8_t *data = c->avr->data;
    struct pins_port *const end = p->ports + p->n_ports;
    if (!core_is_quick(c, cycle)) {
        return false;
    }
    for (const struct pins_port *port = p->ports; port < end; port++) {
        unsigned pulls = pins_pulls_by(port, data);
        if (pulls & ((unsigned)~port->alone | port->watched) || (pulls && port->timed)) {
            return false;
        }
    }
    bool floating_high = c->floating_high, off = v & p->pud_mask;
    sim_time at_ps = core_ps(c, cycle);
    data[p->r_mcucr] = (uint8_t)v;
    for (struct pins_port *port = p->ports; port < end; port++) {
        if (port->levelled | port->forced_in | port->forced_out) {
            follow(port, cycle);
        } else { /* without pulls nothing changes */
            follow_pud(port, off ? port->ones & port->ddr : data[port->r_port], floating_high, at_ps);
        }
    }
    return true;
}

bool pins_pud_quick(struct pins *p, uint64_t cycle, unsigned v)
{
    uint8_t *data = p->core->avr->data;
    for (const struct pins_port *port = p->ports, *end = p->ports + p->n_ports; port < end; port++) {
        if (pins_pulls_by(port, data)) {
            return store_pud(p, cycle, v);
        }
    }
    if (cycle >= p->core->quick_end) {
        return false;
    }
    data[p->r_mcucr] = (uint8_t)v;
    return true;
}

void pins_overridden(struct pins_port *port, uint64_t cycle)
{
    follow(port, cycle);
}

void pins_quick_init(struct pins_port *port)
{
    struct core *c = port->pins->core;
    core_io_quick(c, port->r_port, port_write, port);
    core_io_quick(c, port->r_ddr, ddr_write, port);
    core_io_quick(c, port->r_pin, pin_write, port);
}
