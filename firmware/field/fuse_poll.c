/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuse_poll.c - a programmer that polls RDY/BSY after a write, for 4.0 ms at most, and goes on whatever came of it
 *
 *      write fuse --F0 F0 F0 ... 4.0 ms--> "done"      the chip: busy for 4.4 ms
 *
 * As a public STK500v2 sketch does it, whose users see it work: until their next command is there the rest of the
 * write has passed. No echo is looked at, no second try. For an Uno, BAUD (115200, 1000000), wired as ArduinoISP.
 */
#include <avr/io.h>
#include <stdbool.h>
#include <util/delay.h>

#include "firmware/limpisp/frame.h"

#define POLL_TICKS 1000 /* of 4 us */

enum { RESET = _BV(PB2), MOSI = _BV(PB3), SCK = _BV(PB5) };

static struct frame frame;
static uint32_t address;
static uint8_t parameters[256];

/* ---- the wires ---- */

static void send(uint8_t byte)
{
    loop_until_bit_is_set(UCSR0A, UDRE0);
    UDR0 = byte;
}

static uint8_t receive(void)
{
    loop_until_bit_is_set(UCSR0A, RXC0);
    return UDR0;
}

static uint8_t transfer(uint8_t byte)
{
    SPDR = byte;
    loop_until_bit_is_set(SPSR, SPIF);
    return SPDR;
}

static uint8_t instruction(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    transfer(a);
    transfer(b);
    transfer(c);
    return transfer(d);
}

static void poll_ready(void)
{
    uint16_t start = TCNT1;

    while ((instruction(0xf0, 0, 0, 0) & 1) && (uint16_t)(TCNT1 - start) < POLL_TICKS) {
    }
}

static void enter(void)
{
    PORTB = (uint8_t)((PORTB & ~SCK) | RESET);
    DDRB |= RESET | MOSI | SCK;
    SPCR = _BV(SPE) | _BV(MSTR) | _BV(SPR1) | _BV(SPR0); /* 125 kHz */
    _delay_us(100);
    PORTB &= (uint8_t)~RESET;
    _delay_ms(50);
    instruction(0xac, 0x53, 0, 0);
}

static void leave(void)
{
    SPCR = 0;
    DDRB &= (uint8_t) ~(RESET | MOSI | SCK);
    PORTB &= (uint8_t)~RESET;
}

/* ---- commands: each answers with its own number, a status and what it read ---- */

static uint16_t sign_on(uint8_t *p)
{
    static const char name[] = "STK500_2";

    p[2] = sizeof name - 1;
    for (uint8_t i = 0; i < sizeof name - 1; i++) {
        p[3 + i] = (uint8_t)name[i];
    }
    return 3 + sizeof name - 1;
}

static uint16_t read_memory(uint8_t *p, bool flash)
{
    uint16_t n = (uint16_t)(p[1] << 8 | p[2]);
    uint8_t read = p[3];

    for (uint16_t i = 0; i < n; i++) {
        p[2 + i] = instruction(flash && i & 1 ? read | 0x08 : read, (uint8_t)(address >> 8), (uint8_t)address, 0);
        address += !flash || i & 1;
    }
    p[2 + n] = 0;
    return 3 + n;
}

static uint16_t write_memory(uint8_t *p, bool flash)
{
    uint16_t n = (uint16_t)(p[1] << 8 | p[2]);
    uint32_t first = address;
    uint8_t load = p[5], write = p[6];

    for (uint16_t i = 0; i < n; i++) {
        instruction(flash && i & 1 ? load | 0x08 : load, (uint8_t)(address >> 8), (uint8_t)address, p[10 + i]);
        address += !flash || i & 1;
    }
    if (p[3] & STK_MODE_WRITE_PAGE) {
        instruction(write, (uint8_t)(first >> 8), (uint8_t)first, 0);
    }
    poll_ready();
    return 2;
}

static uint16_t spi_multi(uint8_t *p)
{
    uint8_t n_send = p[1], n_read = p[2], from = p[3], in[4] = { 0 };
    bool writes = p[4] == 0xac && p[5] != 0x53;

    for (uint8_t i = 0; i < 4 && i < n_send; i++) {
        in[i] = transfer(p[4 + i]);
    }
    if (writes) {
        poll_ready();
    }
    for (uint8_t i = 0; i < n_read; i++) {
        p[2 + i] = from + i < 4 ? in[from + i] : 0;
    }
    p[2 + n_read] = 0;
    return 3 + n_read;
}

/* p[0] is the command and stays in the answer. Returns the answer's length. */
static uint16_t command(uint8_t *p)
{
    uint16_t n = 2;

    switch (p[0]) {
    case STK_SIGN_ON: n = sign_on(p); break;
    case STK_SET_PARAMETER: parameters[p[1]] = p[2]; break;
    case STK_GET_PARAMETER:
        p[2] = parameters[p[1]];
        n = 3;
        break;
    case STK_LOAD_ADDRESS: address = (uint32_t)p[2] << 16 | (uint16_t)(p[3] << 8 | p[4]); break;
    case STK_ENTER_PROGMODE_ISP: enter(); break;
    case STK_LEAVE_PROGMODE_ISP: leave(); break;
    case STK_CHIP_ERASE_ISP:
        instruction(p[3], p[4], p[5], p[6]);
        _delay_ms(10);
        break;
    case STK_READ_FLASH_ISP:
    case STK_READ_EEPROM_ISP: n = read_memory(p, p[0] == STK_READ_FLASH_ISP); break;
    case STK_PROGRAM_FLASH_ISP:
    case STK_PROGRAM_EEPROM_ISP: n = write_memory(p, p[0] == STK_PROGRAM_FLASH_ISP); break;
    case STK_READ_FUSE_ISP:
    case STK_READ_LOCK_ISP:
    case STK_READ_SIGNATURE_ISP:
    case STK_READ_OSCCAL_ISP:
        p[2] = instruction(p[2], p[3], p[4], p[5]);
        p[3] = STK_CMD_OK;
        n = 4;
        break;
    case STK_PROGRAM_FUSE_ISP:
    case STK_PROGRAM_LOCK_ISP:
        instruction(p[1], p[2], p[3], p[4]);
        poll_ready();
        p[2] = STK_CMD_OK;
        n = 3;
        break;
    case STK_SPI_MULTI: n = spi_multi(p); break;
    default: p[1] = STK_CMD_UNKNOWN; return 2;
    }
    p[1] = STK_CMD_OK;
    return n;
}

int main(void)
{
    UCSR0A = _BV(U2X0);
    UBRR0 = (F_CPU / 4 / BAUD - 1) / 2; /* as the Arduino core has it: 115200 is 117647 */
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    TCCR1B = _BV(CS11) | _BV(CS10);
    frame_init(&frame);
    for (;;) {
        if (frame_byte(&frame, receive()) == FRAME_COMMAND) {
            frame_answer(&frame, command(frame.body), send);
        }
    }
}
