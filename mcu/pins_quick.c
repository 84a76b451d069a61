/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins_quick.c - stores to DDRx, PORTx and PINx where only pins change that are alone, by the registers alone, and that
 * nobody watches: what pins.c makes of them, without the board's being brought to that time
 */
#include "mcu/pins_parts.h"

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

/* follow_alone() where no pin has an override. `before` is levels_before(). */
static inline void follow(struct pins_port *port, uint64_t cycle, unsigned changed, unsigned before)
{
    sim_time at_ps = core_ps(port->pins->core, cycle);
    changed &= port->alone;
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

/* These bits of DDR or PORT change. */
static inline bool may_be_quick(const struct pins_port *port, uint64_t cycle, unsigned changed)
{
    unsigned others = port->levelled | port->forced_in | port->forced_out | (port->watched & changed);
    return !(changed & (unsigned)~port->alone) && !others && !pins_pull_ups_off(port->pins) &&
           core_is_quick(port->pins->core, cycle);
}

static bool port_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    uint8_t *reg = &port->pins->core->avr->data[port->r_port];
    unsigned changed = (*reg ^ v) & port->live;
    if (!changed || !may_be_quick(port, cycle, changed)) {
        return !changed;
    }
    unsigned before = levels_before(port, changed, cycle);
    *reg ^= (uint8_t)changed;
    port->ones = *reg;
    follow(port, cycle, changed, before);
    return true;
}

/* A pin with a pull-up becomes an output of the same level: the net has a change of strength, no pin a change. */
static bool ddr_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    struct pins *p = port->pins;
    uint8_t *reg = &p->core->avr->data[port->r_ddr];
    unsigned changed = (*reg ^ v) & port->live;
    if (!changed || (p->ss_changed && p->ss->port == port) || !may_be_quick(port, cycle, changed)) {
        return !changed;
    }
    unsigned before = levels_before(port, changed, cycle);
    *reg ^= (uint8_t)changed;
    port->ddr = *reg;
    changed &= (unsigned)~port->ones | port->timed;
    if (changed) {
        follow(port, cycle, changed, before);
    }
    return true;
}

static bool pin_write(void *ctx, uint64_t cycle, unsigned v)
{
    struct pins_port *port = ctx;
    return port->pins->pinx_read_only || port_write(ctx, cycle, port->pins->core->avr->data[port->r_port] ^ v);
}

void pins_quick_init(struct pins_port *port)
{
    struct core *c = port->pins->core;
    core_io_quick(c, port->r_port, port_write, port);
    core_io_quick(c, port->r_ddr, ddr_write, port);
    core_io_quick(c, port->r_pin, pin_write, port);
}
