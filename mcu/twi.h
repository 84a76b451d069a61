/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twi.h - the two-wire interface of a core, on a bus where nobody else is
 *
 *   TWINT cleared --> START, address, byte or nothing on SCL --> status, TWINT
 *
 * Models      the master's states where nobody answers: START 08, repeated 10, SLA+W 20, SLA+R 48, data 30, 50 or 58
 *             (FF); STOP; SCL's period by TWBR and TWPS; TWWC; TWINT, which only the program clears, and its interrupt.
 * Leaves out  SCL and SDA on their pins, slaves (nobody addresses us), arbitration, power reduction.
 * Source      ATmega328P datasheet "2-wire Serial Interface". Assumed: the bus is free, START and STOP take one period of
 *             SCL.
 */
#ifndef MCU_TWI_H
#define MCU_TWI_H

#include <simavr/avr_twi.h>

#include "mcu/deadline.h"

struct twi { /* do not move after init */
    struct core *core;
    avr_twi_t *simavr;   /* which registers the part has */
    struct deadline end; /* of what is on the bus */
    uint8_t next;        /* the status then */
    bool started, sends; /* between START and STOP; what follows the address is ours to send */
    bool addressed;
};

/* -1: the core has none. */
int twi_init(struct twi *t, struct core *core);

#endif
