/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pc_side.h - what a part is to programs on the PC: a connector that stands under /dev while they run (harness/exec)
 *
 *      program --write(), ioctl()--> /dev/ttyS0 --pc_rs232--> part with an RS232 connector
 *                                    /dev/ttyUSB1 --pc_uart--> part with a USB serial adapter
 *                                    /dev/spidev0.0, gpiochip0 --pc_pins--> part with pins of the PC itself
 *
 * A part has one by its row (part_type.rs232, pc_uart, pc_pins). self is the part's.
 */
#ifndef HARNESS_PARTS_PC_SIDE_H
#define HARNESS_PARTS_PC_SIDE_H

#include "sim/kernel.h"

struct net;

enum pc_rs232_line { PC_TXD, PC_DTR, PC_RTS, PC_RS232_OUT };          /* what the PC drives */
enum pc_rs232_input { PC_CTS = 1, PC_DSR = 2, PC_CD = 4, PC_RI = 8 }; /* what it looks at */

struct pc_rs232 {
    /* positive: the line goes to +V: TXD's space and break, DTR and RTS active. At first none is. */
    void (*set)(void *self, enum pc_rs232_line line, bool positive);
    unsigned (*inputs)(void *self); /* enum pc_rs232_input that are at +V */
    bool (*rxd_mark)(void *self);
    /* changed() is called after RXD or an input has changed; NULL: nobody looks any more. */
    void (*listen)(void *self, void (*changed)(void *ctx), void *ctx);
};

struct pc_uart { /* a UART behind a USB serial adapter */
    uint32_t baud;
    const char *adapter; /* as adapter_parse() takes it */
    struct net *(*rxd)(void *self);
    struct net *(*txd)(void *self);
};

struct pc_pins { /* GPIO and SPI of the PC (a Raspberry Pi's header) */
    unsigned n;
    const char *(*name)(unsigned pin); /* "GPIO25" */
    /* level: 0 or 1; -1: an input, let go. */
    void (*drive)(void *self, unsigned pin, int level);
    bool (*look)(void *self, unsigned pin);
    struct { /* which are SPI 0's, chip select 0 */
        unsigned sck, mosi, miso, ce0;
    } spi;
};

#endif
