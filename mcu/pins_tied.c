/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pins_tied.c - pins that sleep beside resistors or a supply (net_is_tied()), and what wakes them: the chip's own supply */
#include "mcu/pins_parts.h"

void pins_tie(struct pins_port *port, uint8_t mask, const struct net_tie *t)
{
    port->tied = pins_with_bit(port->tied, mask, t->strength != NET_OPEN);
    port->tied_ones = pins_with_bit(port->tied_ones, mask, t->level == NET_1);
    port->tied_faint = pins_with_bit(port->tied_faint, mask, t->strength == NET_FAINT);
    port->tied_supply = pins_with_bit(port->tied_supply, mask, t->strength == NET_SUPPLY);
}

void pins_tell_fights(struct pins_port *port, unsigned pins, sim_time at_ps)
{
    for (; pins; pins &= pins - 1) {
        net_fight(port->pin[__builtin_ctz(pins)].net, at_ps);
    }
}

/* Who judges levels on the pins' nets hears no edges while they sleep. */
static void supply_moved(void *ctx, struct vline *line, sim_time at_ps)
{
    struct pins *p = ctx;
    (void)line;
    (void)at_ps;
    for (unsigned i = 0; i < p->n_ports; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct pin *pin = &p->ports[i].pin[bit];
            if (pin->net->watches) {
                pin_leave_alone(pin);
            }
        }
    }
}

void pins_set_supply(struct pins *p, struct vline *supply)
{
    p->supply = supply;
    if (supply) {
        vline_watch_add(supply, &p->supply_watch, supply_moved, p);
    }
}
