/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins_quick.c - stores to DDRx, PORTx and PINx where only pins change that are alone, by the registers alone, and that
 * nobody watches: what pins.c makes of them, without the board's being brought to that time
 */
#include "mcu/pins_parts.h"

/* These pins, which nobody watches, change at that cycle; what they all read until then. */
static inline void changes(struct pins_port *port, uint64_t cycle, unsigned changed, unsigned before)
{
    sim_time at_ps = core_ps(port->pins->core, cycle);
    if (port->changed_ps == at_ps) {
        port->changed |= (uint8_t)changed;
        return;
    }
    if (port->changed & ~changed) {
        pins_keep_changes(port, port->changed & ~changed);
    }
    port->before = (uint8_t)before;
    port->changed = (uint8_t)changed;
    port->changed_ps = at_ps;
}

/* follow_alone() */
static void follow(struct pins_port *port, uint64_t cycle)
{
    unsigned zeros = port->ddr & (unsigned)~port->ones, ones = port->ones, before = pins_alone_levels(port);
    pins_take_registers(port);
    unsigned changed = ((ones ^ port->ones) | (zeros ^ (port->ddr & (unsigned)~port->ones))) & port->alone;
    if (changed) {
        changes(port, cycle, changed, before);
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

static bool port_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    uint8_t *reg = &port->pins->core->avr->data[port->r_port];
    unsigned changed = (*reg ^ v) & port->live;
    if (!changed || !may_be_quick(port, cycle, changed)) {
        return !changed;
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

bool pins_pulls_may_be_quick(const struct pins *p, uint64_t cycle)
{
    if (!core_is_quick(p->core, cycle)) {
        return false;
    }
    for (const struct pins_port *port = p->ports; port < p->ports + p->n_ports; port++) {
        unsigned pulls = pins_pulls_of(port);
        if (pulls && (port->timed || pulls & ((unsigned)~port->alone | port->watched))) {
            return false;
        }
    }
    return true;
}

void pins_pulls_follow(struct pins *p, uint64_t cycle)
{
    for (struct pins_port *port = p->ports; port < p->ports + p->n_ports; port++) {
        if (pins_pulls_of(port)) {
            follow(port, cycle);
        }
    }
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
