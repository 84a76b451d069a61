/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hv.h"

#include <util/delay.h>

#include "board.h"

/* tWLRH 4.5 ms and tWLRH_CE 10.5 ms at most, and the target's RC oscillator may be 10 % slow */
#define WRITE_MS 5
#define ERASE_MS 12

static bool on, serial, shared;
static uint8_t in; /* what the last read in parallel mode brought */

/* ---- parallel: DATA and controls on their own pins ---- */

static void drive_data(uint8_t data)
{
    PORTC = (uint8_t)((PORTC & ~DATA_LOW_MASK) | (data & DATA_LOW_MASK));
    PORTB = (uint8_t)((PORTB & ~DATA_HIGH_MASK) | data >> 6);
    DDRC |= DATA_LOW_MASK;
    DDRB |= DATA_HIGH_MASK;
}

static void release_data(void)
{
    DDRC &= (uint8_t)~DATA_LOW_MASK;
    DDRB &= (uint8_t)~DATA_HIGH_MASK;
    PORTC &= (uint8_t)~DATA_LOW_MASK;
    PORTB &= (uint8_t)~DATA_HIGH_MASK;
}

static uint8_t data(void)
{
    return (uint8_t)((PINC & DATA_LOW_MASK) | PINB << 6);
}

static void set_bs2(bool high)
{
    if (high) {
        BS2_PORT |= _BV(BS2_BIT);
    } else {
        BS2_PORT &= (uint8_t)~_BV(BS2_BIT);
    }
}

static void set_controls(uint8_t bus)
{
    uint8_t d = (uint8_t)((bus & (HV_XA | HV_BS1)) | HV_WR | HV_OE);

    if (!shared) {
        set_bs2(bus & HV_BS2);
    } else if ((bus & HV_XA) == HV_XA && !(bus & HV_BS2)) { /* XA1 is BS2, and nobody strobes */
        d &= (uint8_t)~0x40;
    }
    PORTD = (uint8_t)((PORTD & ~CONTROL_MASK) | d);
}

static void latch(uint8_t bus)
{
    uint8_t pagel = shared ? HV_BS1 : _BV(CONTROL_PAGEL);

    PORTD |= pagel;
    _delay_us(0.5);
    PORTD &= (uint8_t)~pagel;
    _delay_us(0.5);
    if (shared) {
        PORTD |= bus & HV_BS1;
    }
}

static uint8_t parallel_frame(uint8_t out, uint8_t bus)
{
    uint8_t before = in;

    if (bus & HV_OE) {
        drive_data(out);
    } else {
        release_data();
    }
    set_controls(bus);
    if ((bus & HV_XA) != HV_XA) {
        _delay_us(0.2);
        PORTB |= _BV(XTAL1_BIT);
        _delay_us(0.2);
        PORTB &= (uint8_t)~_BV(XTAL1_BIT);
        _delay_us(0.2);
    }
    if (bus & HV_PAGEL) {
        latch(bus);
    }
    if (!(bus & HV_WR)) {
        _delay_us(0.2);
        PORTD &= (uint8_t)~HV_WR;
        _delay_us(1);
        PORTD |= HV_WR;
    }
    if (!(bus & HV_OE)) {
        PORTD &= (uint8_t)~HV_OE;
        _delay_us(0.6); /* tOLDV, tBVDV 350 ns at most */
        in = data();
        PORTD |= HV_OE;
        _delay_us(0.4); /* tOHDZ 250 ns at most */
    }
    return before;
}

/* ---- serial: frames of 11 bits ---- */

static uint8_t serial_frame(uint8_t sdi, uint8_t sii)
{
    uint16_t out_sdi = (uint16_t)(sdi << 2), out_sii = (uint16_t)(sii << 2), got = 0;
    uint8_t idle = PORTC & (uint8_t) ~(_BV(SDI_BIT) | _BV(SII_BIT) | _BV(SCI_BIT));

    for (uint8_t bit = 0; bit < 11; bit++) {
        uint8_t wires = idle;

        if (out_sdi & 0x400) {
            wires |= _BV(SDI_BIT);
        }
        if (out_sii & 0x400) {
            wires |= _BV(SII_BIT);
        }
        PORTC = wires;
        out_sdi <<= 1;
        out_sii <<= 1;
        PORTC = wires | _BV(SCI_BIT);
        _delay_us(0.25);
        got = (uint16_t)(got << 1 | (PINC >> SDO_BIT & 1));
        PORTC = wires;
    }
    return (uint8_t)(got >> 3);
}

uint8_t hv_frame(uint8_t out, uint8_t bus)
{
    return serial ? serial_frame(out, bus) : parallel_frame(out, bus);
}

/* ---- the end of a write ---- */

static bool rdy(void)
{
#ifdef LIMPHV_RDY
    return serial ? PINC & _BV(SDO_BIT) : PINB & _BV(RDY_BIT);
#else
    return PINC & _BV(SDO_BIT);
#endif
}

static void wait_ms(uint8_t ms)
{
    while (ms--) {
        _delay_ms(1);
    }
}

bool hv_ready(uint8_t ms, bool is_erase)
{
    uint8_t least = is_erase ? 2 * ERASE_MS : 2 * WRITE_MS;

#ifndef LIMPHV_RDY
    if (!serial) {
        wait_ms(is_erase ? ERASE_MS : WRITE_MS);
        return true;
    }
#endif
    ms = ms < least ? least : ms;
    _delay_us(2); /* RDY/BSY falls up to 1 us after WR */
    for (uint16_t i = 0; i < ms * 50u; i++) {
        if (rdy()) {
            return true;
        }
        _delay_us(20);
    }
    return false;
}

/* ---- power ---- */

static void vpp(bool high)
{
    if (high) {
        PORTB &= (uint8_t)~_BV(VPP_BIT);
    } else {
        PORTB |= _BV(VPP_BIT);
    }
}

static void open_all(void)
{
    release_data();
    DDRD &= (uint8_t)~CONTROL_MASK;
    PORTD &= (uint8_t)~CONTROL_MASK;
    DDRB &= (uint8_t)~_BV(XTAL1_BIT);
    PORTB &= (uint8_t)~_BV(XTAL1_BIT);
    BS2_DDR &= (uint8_t)~_BV(BS2_BIT);
    BS2_PORT &= (uint8_t)~_BV(BS2_BIT);
}

void hv_init(void)
{
    PORTB |= _BV(VPP_BIT); /* the level first, then the direction */
    DDRB |= _BV(VPP_BIT) | _BV(VCC_BIT);
    open_all();
}

static void drive_low(void)
{
    if (serial) {
        PORTC &= (uint8_t)~DATA_LOW_MASK;
        DDRC |= _BV(SDI_BIT) | _BV(SII_BIT) | _BV(SDO_BIT) | _BV(SCI_BIT);
        return;
    }
    PORTD &= (uint8_t)~CONTROL_MASK; /* OE and WR too: Prog_enable[0] of the ATtiny2313 is WR */
    DDRD |= CONTROL_MASK;
    DDRB |= _BV(XTAL1_BIT);
    BS2_PORT &= (uint8_t)~_BV(BS2_BIT);
    BS2_DDR |= _BV(BS2_BIT);
}

/* Six pulses, as the older sheets ask, within the 60 us of the newer. */
static void clock_pulses(void)
{
    for (uint8_t i = 0; i < 6; i++) {
        if (serial) {
            PORTC |= _BV(SCI_BIT);
            _delay_us(2);
            PORTC &= (uint8_t)~_BV(SCI_BIT);
        } else {
            PORTB |= _BV(XTAL1_BIT);
            _delay_us(2);
            PORTB &= (uint8_t)~_BV(XTAL1_BIT);
        }
        _delay_us(2);
    }
}

void hv_enter(bool is_serial, bool shares_pins, uint8_t off_ms)
{
    hv_leave();
    serial = is_serial;
    shared = shares_pins;
    in = 0;
    wait_ms(off_ms ? off_ms : 1);
    drive_low();
    PORTB |= _BV(VCC_BIT);
    _delay_us(15);
    clock_pulses();
    vpp(true);
    on = true;
    _delay_us(20); /* Prog_enable is held for 10 us */
    if (serial) {
        DDRC &= (uint8_t)~_BV(SDO_BIT);
    } else {
        PORTD |= HV_WR | HV_OE;
    }
    _delay_us(400); /* 300 us to the first command */
}

void hv_leave(void)
{
    vpp(false);
    _delay_us(20);
    open_all(); /* while it has its supply: no wire may be higher than that */
    PORTB &= (uint8_t)~_BV(VCC_BIT);
    on = false;
}

bool hv_is_on(void)
{
    return on;
}
