/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * own_isp.c - a programmer that nobody knows, for judge_damaged.py: STK500v1 at 57600 baud, SPI bit by bit or by hardware
 *
 * Healthy as it is; what -D makes wrong: HW_SPI=bits of SPCR, MOSI_WITH_RISE, PAGE_WORDS=n, POLL=mask of the RDY/BSY bit
 * (0: it waits), READ_LENGTH_AGAIN (it waits for more than its host sends). Left as it is: while a session goes on, `enter`
 * raises RESET for less than a microsecond before it gives its pulse.
 */
#include <avr/io.h>
#include <stdint.h>
#include <util/delay.h>

#define BAUD 57600UL
#ifndef PAGE_WORDS
#define PAGE_WORDS page_words
#endif
#ifndef POLL
#define POLL 0
#endif

#define RESET _BV(PB2)
#define MOSI _BV(PB3)
#define MISO _BV(PB4)
#define SCK _BV(PB5)

enum { OK = 0x10, FAILED = 0x11, UNKNOWN = 0x12, IN_SYNC = 0x14, NO_SYNC = 0x15, END = 0x20 };

static uint8_t data[256];
static uint16_t address, page_words = 64;

static void put(uint8_t byte)
{
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = byte;
}

static uint8_t get(void)
{
    while (!(UCSR0A & _BV(RXC0))) {
    }
    return UDR0;
}

static void put_mosi(uint8_t out)
{
    if (out & 0x80) {
        PORTB |= MOSI;
    } else {
        PORTB &= ~MOSI;
    }
}

static uint8_t shift(uint8_t out)
{
#ifdef HW_SPI
    SPDR = out;
    while (!(SPSR & _BV(SPIF))) {
    }
    return SPDR;
#else
    uint8_t in = 0;

    for (uint8_t i = 0; i < 8; i++, out <<= 1) {
#ifdef MOSI_WITH_RISE
        PORTB |= SCK;
        put_mosi(out);
#else
        put_mosi(out);
        _delay_us(5);
        PORTB |= SCK;
#endif
        _delay_us(5);
        in = in << 1 | ((PINB & MISO) != 0);
        PORTB &= ~SCK;
#ifdef MOSI_WITH_RISE
        _delay_us(5);
#endif
    }
    return in;
#endif
}

static uint8_t isp(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    shift(a);
    shift(b);
    shift(c);
    return shift(d);
}

static void written(uint8_t ms)
{
    if (POLL) {
        while (isp(0xF0, 0, 0, 0) & POLL) {
        }
    } else {
        while (ms--) {
            _delay_ms(1);
        }
    }
}

static uint8_t enter(void)
{
    PORTB |= RESET;
    DDRB |= RESET;
    PORTB &= ~(SCK | MOSI);
    DDRB |= SCK | MOSI;
#ifdef HW_SPI
    SPCR = _BV(SPE) | _BV(MSTR) | HW_SPI;
#endif
    for (uint8_t n = 0; n < 3; n++) {
        PORTB &= ~RESET;
        _delay_ms(20);
        PORTB |= RESET;
        _delay_us(60);
        PORTB &= ~RESET;
        _delay_ms(25);
        shift(0xAC);
        shift(0x53);
        uint8_t echo = shift(0);
        shift(0);
        if (echo == 0x53) {
            return OK;
        }
    }
    return FAILED;
}

static void leave(void)
{
    SPCR = 0;
    DDRB &= ~(SCK | MOSI);
    PORTB &= ~(SCK | MOSI);
    PORTB |= RESET;
    _delay_ms(1);
    DDRB &= ~RESET;
    PORTB &= ~RESET;
}

static void write_flash(uint16_t n)
{
    uint16_t word = address;

    for (uint16_t i = 0; i < n; i += 2) {
        isp(0x40, word >> 8, word, data[i]);
        isp(0x48, word >> 8, word, data[i + 1]);
        word++;
        if (!(word & (PAGE_WORDS - 1)) || i + 2 >= n) {
            uint16_t page = (word - 1) & ~(PAGE_WORDS - 1);

            isp(0x4C, page >> 8, page, 0);
            written(5);
        }
    }
}

static void write_eeprom(uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) {
        uint16_t at = 2 * address + i;

        isp(0xC0, at >> 8, at, data[i]);
        written(5);
    }
}

static void read(uint16_t n, uint8_t memory)
{
    for (uint16_t i = 0; i < n; i++) {
        uint16_t at = memory == 'F' ? address + i / 2 : 2 * address + i;

        put(isp(memory != 'F' ? 0xA0 : i & 1 ? 0x28 : 0x20, at >> 8, at, 0));
    }
}

static uint8_t universal(const uint8_t *b)
{
    uint8_t answer = isp(b[0], b[1], b[2], b[3]);

    if (b[0] == 0xAC && b[1] & 0x80) {
        written(11); /* the longest of them, an erase's 9 ms */
    }
    return answer;
}

static uint8_t arguments(uint8_t command)
{
    static const uint8_t rows[][2] = { { 0x41, 1 }, { 0x42, 20 }, { 0x45, 5 }, { 0x55, 2 },
                                       { 0x56, 4 }, { 0x64, 3 },  { 0x74, 3 } };

    for (uint8_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i][0] == command) {
            return rows[i][1];
        }
    }
    return 0;
}

static void answer(uint8_t command, const uint8_t *a, uint16_t n)
{
    uint8_t end = OK;

    put(IN_SYNC);
    switch (command) {
    case 0x30:
    case 0x45: break;
    case 0x41: put(2); break;
    case 0x42: page_words = (a[12] << 8 | a[13]) / 2; break;
    case 0x50: end = enter(); break;
    case 0x51: leave(); break;
    case 0x55: address = a[0] | a[1] << 8; break;
    case 0x56: put(universal(a)); break;
    case 0x64:
        if (a[2] == 'F') {
            write_flash(n);
        } else {
            write_eeprom(n);
        }
        break;
    case 0x74: read(n, a[2]); break;
    case 0x75:
        for (uint8_t i = 0; i < 3; i++) {
            put(isp(0x30, 0, i, 0));
        }
        break;
    default: end = UNKNOWN; break;
    }
    put(end);
}

int main(void)
{
    UBRR0 = (F_CPU + BAUD * 4) / (BAUD * 8) - 1;
    UCSR0A = _BV(U2X0);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    for (;;) {
        uint8_t a[20], command = get(), n_arguments = arguments(command);
        uint16_t n = 0;

        for (uint8_t i = 0; i < n_arguments; i++) {
            a[i] = get();
        }
        if (command == 0x64 || command == 0x74) {
            n = a[0] << 8 | a[1];
        }
#ifdef READ_LENGTH_AGAIN
        if (command == 0x74) {
            get();
            get();
        }
#endif
        for (uint16_t i = 0; command == 0x64 && i < n; i++) {
            data[i & 0xFF] = get();
        }
        if (get() == END) {
            answer(command, a, n);
        } else {
            put(NO_SYNC);
        }
    }
}
