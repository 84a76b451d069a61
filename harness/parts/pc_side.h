/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pc_side.h - what a part is to programs on the PC: a connector that stands under /dev while they run (harness/exec)
 *
 *      program --write(), ioctl()--> /dev/ttyS0 --pc_rs232--> part with an RS232 connector
 *                                    /dev/ttyUSB1 --pc_uart--> part with a USB serial adapter
 *                                    /dev/spidev0.0, gpiochip0 --pc_pins--> part with pins of the PC itself
 *                                    /dev/bus/usb/001/002 --pc_usb--> part with a USB plug
 *
 * A part has one by its row (part_type.rs232, pc_uart, pc_pins, pc_usb). self is the part's.
 *
 * Under which names programs find them is the table pc_devices[] in pc_side.c: a further kind is a row of it, and of
 * the table in harness/exec/devices.c that makes it.
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

enum { PC_USB_NAK = -1, PC_USB_STALL = -2 };

struct pc_usb { /* a device of full speed, packet by packet; bytes 0x80.. of an endpoint's number: IN */
    /*
     * A control transfer with its data stage: what goes out is in data (n = wLength), what comes back is put there.
     * Bytes, or PC_USB_STALL. Standard requests, too: usb_device.h answers them.
     */
    int (*control)(void *self, const uint8_t setup[8], uint8_t *data, size_t n);
    /* One packet. Bytes taken or given, PC_USB_STALL, or PC_USB_NAK: not now, changed() will be called. */
    int (*out)(void *self, unsigned endpoint, const uint8_t *bytes, size_t n);
    int (*in)(void *self, unsigned endpoint, uint8_t *bytes, size_t room);
    void (*listen)(void *self, void (*changed)(void *ctx), void *ctx); /* changed NULL: nobody asks any more */
};

/* ---- what stands where ---- */

enum pc_device_kind {
    PC_PROGRAMMER,
    PC_TARGET,
    PC_RS232,
    PC_UART,
    PC_SPI,
    PC_GPIOCHIP,
    PC_SYSFS_GPIO,
    PC_USB,
    PC_KINDS
};

struct part_type;
struct pc_device_row {
    const char *path;   /* %u: first, first + 1, ... as the parts that have one come */
    unsigned first;     /* so it is with the minor number */
    const char *suffix; /* what `devices` of a scenario calls it after the part's name; NULL: it has no other name */
    unsigned major, minor;
    sim_time call_ps;                         /* a call on it takes so long */
    sim_time extra_ps;                        /* a change of, or look at, modem lines; a control transfer */
    bool (*on)(const struct part_type *type); /* has a part of this type one? NULL: only the board itself can */
    const char *what;
};

extern const struct pc_device_row pc_devices[PC_KINDS];

/* Has a part of this type such a device? (PC_PROGRAMMER, PC_TARGET: the board knows.) */
bool pc_side_has(const struct part_type *type, enum pc_device_kind kind);

#endif
