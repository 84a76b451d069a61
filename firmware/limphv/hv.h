/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv.h - the target: power, 12 V, and one strobe of the control bus
 *
 * The serial mode's SII byte is the parallel mode's control bus, and its SDI is DATA, so both modes are told in the
 * same words: hv_frame(data, bus).
 *
 *      bus   0 XA1 XA0 BS1 WR OE BS2 PAGEL       XA: 10 command, 00 address, 01 data, 11 nothing
 */
#ifndef LIMPHV_HV_H
#define LIMPHV_HV_H

#include <stdbool.h>
#include <stdint.h>

enum hv_bus {
    HV_PAGEL = 0x01,
    HV_BS2 = 0x02,
    HV_OE = 0x04,
    HV_WR = 0x08,
    HV_BS1 = 0x10,
    HV_XA = 0x60,
    HV_IDLE = HV_XA | HV_WR | HV_OE,
    HV_COMMAND = 0x40 | HV_WR | HV_OE,
    HV_ADDRESS = HV_WR | HV_OE,
    HV_DATA = 0x20 | HV_WR | HV_OE,
};

/* Everything off and open. Before anything else: with D10 open the 12 V may be on. */
void hv_init(void);

/*
 * Power cycle and entry. shares_pins: BS1 is PAGEL and XA1 is BS2 (ATtiny2313, 4313). off_ms: how long VCC stays off
 * first.
 */
void hv_enter(bool is_serial, bool shares_pins, uint8_t off_ms);
/* 12 V off, then VCC, then every wire. */
void hv_leave(void);
bool hv_is_on(void);

/* One strobe; returns what the frame before, with OE low, has read. */
uint8_t hv_frame(uint8_t data, uint8_t bus);

/* The write has ended; false: not within ms. Without a wire for it: waits so long as the slowest target needs. */
bool hv_ready(uint8_t ms, bool is_erase);

#endif
