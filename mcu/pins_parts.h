/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins_parts.h - what the pins' sources share: pins.c (ports and what is on their nets), pins_watch.c (interrupts by
 * pins), pins_quick.c (stores that concern nobody else), pins_tied.c (beside resistors and supplies)
 */
#ifndef MCU_PINS_PARTS_H
#define MCU_PINS_PARTS_H

#include "mcu/pins.h"

static inline uint8_t pins_reg(const struct pins *p, avr_io_addr_t a)
{
    return p->core->avr->data[a];
}

static inline bool pins_pull_ups_off(const struct pins *p)
{
    return pins_reg(p, p->r_mcucr) & p->pud_mask; /* no mask where there is no such register */
}

/* Of pins that are alone, what they read with these, but for their ties. */
static inline uint8_t pins_untied_levels(const struct pins_port *port, unsigned ddr, unsigned ones)
{
    return (uint8_t)(port->pins->core->floating_high ? ones | ~ddr : ones);
}

/* Whose ties decide, with that DDR: a resistor has an input, a supply an output, too. */
static inline unsigned pins_held(const struct pins_port *port, unsigned ddr)
{
    return port->tied & (~ddr | port->tied_supply);
}

/* With their ties. */
static inline uint8_t pins_levels_by(const struct pins_port *port, unsigned ddr, unsigned ones)
{
    unsigned levels = pins_untied_levels(port, ddr, ones);
    if (port->tied) {
        unsigned held = pins_held(port, ddr);
        levels = (levels & ~held) | (held & (port->tied_ones | (port->tied_faint & ones)));
    }
    return (uint8_t)levels;
}

/* What they read. */
static inline uint8_t pins_alone_levels(const struct pins_port *port)
{
    return pins_levels_by(port, port->ddr, port->ones);
}

/* Whose nets have another level, 0, 1 or open, since they were these; of those that are alone. */
static inline unsigned pins_moved(const struct pins_port *port, unsigned ddr, unsigned ones)
{
    unsigned moved = (ones ^ port->ones) | ((ddr & ~ones) ^ (port->ddr & (unsigned)~port->ones));
    if (port->tied) {
        moved &= (unsigned)~port->tied;
        moved |= (unsigned)(pins_levels_by(port, ddr, ones) ^ pins_alone_levels(port)) & port->tied;
    }
    return moved & port->alone;
}

/* Outputs that drive against a supply. */
static inline unsigned pins_fighting(const struct pins_port *port, unsigned ddr, unsigned ones)
{
    return port->tied_supply & ddr & (ones ^ port->tied_ones);
}
/* These pins have that tie from now on. */
void pins_tie(struct pins_port *port, uint8_t mask, const struct net_tie *t);
/* Fights of these pins begin. */
void pins_tell_fights(struct pins_port *port, unsigned pins, sim_time at_ps);

static inline uint8_t pins_with_bit(uint8_t bits, uint8_t mask, bool on)
{
    return (uint8_t)(on ? bits | mask : bits & ~mask);
}

/* What stands on pins that are alone, by the registers and the masks of overrides. */
static inline void pins_take_registers(struct pins_port *port)
{
    const struct pins *p = port->pins;
    unsigned ddr = pins_reg(p, port->r_ddr), ones = pins_reg(p, port->r_port), out = port->forced_out;
    unsigned over = (port->levelled & ddr) | out;
    ddr = (ddr & (unsigned)~port->forced_in) | out;
    ones = (ones & ~over) | (port->levels & over);
    ones &= pins_pull_ups_off(p) ? ddr : 0xff;
    port->ddr = (uint8_t)ddr;
    port->ones = (uint8_t)ones;
}

/* The masks alone: pins_take_registers() shows them. */
static inline void pins_set_override(struct pin *pin, enum pin_override kind, bool level)
{
    struct pins_port *port = pin->port;
    uint8_t mask = (uint8_t)(1u << pin->bit);
    pin->override = (uint8_t)kind;
    pin->level = level;
    port->normal = pins_with_bit(port->normal, mask, kind == PIN_NORMAL);
    port->levelled = pins_with_bit(port->levelled, mask, kind == PIN_LEVEL);
    port->forced_in = pins_with_bit(port->forced_in, mask, kind == PIN_INPUT);
    port->forced_out = pins_with_bit(port->forced_out, mask, kind == PIN_OUTPUT);
    port->levels = pins_with_bit(port->levels, mask, level);
}

/* levels, but of the pins in `timed` as they are at that time. */
uint8_t pins_with_timed(const struct pins_port *port, unsigned levels, unsigned timed, sim_time at_ps);
/* Another change comes, of other pins: the nets of these keep when theirs was. True, so that quick stores end with it. */
bool pins_keep(struct pins_port *port, unsigned pins, unsigned before, sim_time at_ps);
static inline void pins_keep_changes(struct pins_port *port, unsigned pins)
{
    pins_keep(port, pins, port->before, port->changed_ps);
}
/* These pins have changed at that time, which may lie before the port's last change; they are as they are now. */
void pins_changed_at(struct pins_port *port, unsigned pins, sim_time at_ps);
/* Quick ways of the port's registers. */
void pins_quick_init(struct pins_port *port);
/* A quick store: may these bits of DDR or PORT change at that cycle, or the pins' overrides? */
static inline bool pins_may_be_quick(const struct pins_port *port, uint64_t cycle, unsigned changed)
{
    return !(changed & ((unsigned)~port->alone | port->watched | port->tied_supply)) && !port->timed &&
           core_is_quick(port->pins->core, cycle);
}
/* Of such pins the overrides have changed, by pins_set_override(). True. */
bool pins_overridden(struct pins_port *port, uint64_t cycle);
/* SS, which is alone, is watched from now on, or no longer. */
void pins_watch_ss(struct pins *p, bool on);
/* Of PCMSKn, EICRA, EIMSK. */
void pins_watch_quick_init(struct pins *p);

/* Its net sleeps no more; it may sleep from now on, if nobody minds. */
void pin_leave_alone(struct pin *pin);
void pin_find_alone(struct pin *pin);

/* The watch of a pin that is not alone: only pins whose changes matter have one, since it turns a wave into edges. */
void pin_hear(struct pin *pin, bool on);
/* A watched pin's net has another level. */
void pins_pin_changed(void *ctx, struct net *net, sim_time at_ps);
/* Its level is this one since then: if that is another, whoever watches it hears. */
void pins_pin_is(struct pin *pin, bool high, sim_time at_ps);

/* Watched pins of the port have changed that only pin change may be about; what they all read now. */
void pins_masked_changed(struct pins_port *port, unsigned levels, unsigned pins, sim_time at_ps);

/* Are ISCn or INTn there? */
static inline bool pins_register_senses(const struct pins *p, avr_io_addr_t addr)
{
    return addr == p->r_isc || addr == p->r_int;
}
/* They were stored to, now. */
void pins_sense(struct pins *p);
void pins_int_taken(void *ctx, avr_int_vector_t *v);
/* Pins that may have a pull-up. */
static inline unsigned pins_pulls_by(const struct pins_port *port, const uint8_t *data)
{
    return data[port->r_port] & ~((unsigned)data[port->r_ddr] & port->normal);
}
static inline unsigned pins_pulls_of(const struct pins_port *port)
{
    return pins_pulls_by(port, port->pins->core->avr->data);
}
/* A quick store to MCUCR that changes PUD: the pins that it is about are all alone, and follow. */
bool pins_pud_quick(struct pins *p, uint64_t cycle, unsigned v);

/* A quick store to ISCn or INTn that concerns these pins. A level may raise a flag: core_flagged_quick() then. */
static inline bool pins_ints_may_be_quick(const struct pins *p, unsigned which, uint64_t cycle)
{
    const struct pins_port *port = p->int_port;
    return port && !(which & ((unsigned)~port->alone | port->tied | port->timed)) && core_is_quick(p->core, cycle);
}
/* To INTn, of which only those that sense a level make more than a bit. */
static inline bool pins_enables_may_be_quick(const struct pins *p, uint64_t cycle)
{
    return pins_ints_may_be_quick(p, p->int_levels, cycle);
}
void pins_store_enables(struct pins *p, unsigned v);

/* Callbacks: PCMSKn; EIFR and PCIFR. */
void pins_mask_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param);
void pins_flag_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param);

#endif
