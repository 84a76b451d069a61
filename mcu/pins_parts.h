/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins_parts.h - what the pins' sources share: pins.c (ports and what is on their nets), pins_watch.c (interrupts by
 * pins), pins_quick.c (stores that concern nobody else)
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
    return p->r_mcucr && (pins_reg(p, p->r_mcucr) & p->pud_mask);
}

/* What they read. */
static inline uint8_t pins_alone_levels(const struct pins_port *port)
{
    return port->pins->core->floating_high ? (uint8_t)(port->ones | (unsigned)~port->ddr) : port->ones;
}

static inline uint8_t pins_with_bit(uint8_t bits, uint8_t mask, bool on)
{
    return (uint8_t)(on ? bits | mask : bits & ~mask);
}

/* levels, but of the pins in `timed` as they are at that time. */
uint8_t pins_with_timed(const struct pins_port *port, unsigned levels, unsigned timed, sim_time at_ps);
/* Another change comes, of other pins: the nets of these keep when theirs was. */
void pins_keep_changes(struct pins_port *port, unsigned pins);
/* Quick ways of the port's registers. */
void pins_quick_init(struct pins_port *port);
/* Of PCMSKn, EICRA, EIMSK. */
void pins_watch_quick_init(struct pins *p);

/* Its net sleeps no more; it may sleep from now on, if nobody minds. */
void pin_leave_alone(struct pin *pin);
void pin_find_alone(struct pin *pin);

/* The watch of a pin that is not alone: only pins whose changes matter have one, since it turns a wave into edges. */
void pin_hear(struct pin *pin, bool on);
/* A watched pin's net has another level. */
void pins_pin_changed(void *ctx, struct net *net, sim_time at_ps);

/* Callbacks: PCMSKn; EICRA and EIMSK; EIFR and PCIFR. */
void pins_mask_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param);
void pins_sense_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param);
void pins_flag_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param);

#endif
