/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * demo_app.c - a small program for a factory-fresh ATmega328P (1 MHz), for something real to upload
 *
 * LED on PB0 sends a text in Morse code, from a timer interrupt; the UART (4800 8N1) is a small monitor:
 *   d ADDR   dump 64 bytes of SRAM and I/O       m TEXT   send TEXT in Morse from now on, kept in EEPROM
 *   e ADDR   dump 64 bytes of EEPROM             ?        help
 */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 32
#define TICK_HZ 10 /* length of a dot: 100 ms */

/* Marks from the last to the first, 1 = dash, below a leading 1; letters, then digits. */
static const uint8_t morse[] PROGMEM = {
    0x06, 0x11, 0x15, 0x09, 0x02, 0x14, 0x0b, 0x10, 0x04, 0x1e, 0x0d, 0x12, 0x07, 0x05, 0x0f, 0x16, 0x1b, 0x0a,
    0x08, 0x03, 0x0c, 0x18, 0x0e, 0x19, 0x1d, 0x13, 0x3f, 0x3e, 0x3c, 0x38, 0x30, 0x20, 0x21, 0x23, 0x27, 0x2f,
};

static char EEMEM stored_text[TEXT_MAX] = { '\xff' }; /* none */
static char text[TEXT_MAX] = "LIMPET";
static volatile uint8_t place; /* in text */

static uint8_t marks_of(char c)
{
    if (c >= 'a' && c <= 'z') {
        c -= 'a' - 'A';
    }
    if (c >= 'A' && c <= 'Z') {
        return pgm_read_byte(&morse[c - 'A']);
    }
    if (c >= '0' && c <= '9') {
        return pgm_read_byte(&morse[26 + c - '0']);
    }
    return 0;
}

/* A dot is one tick on, a dash three; one off between marks, three between letters, seven between words. */
ISR(TIMER1_COMPA_vect)
{
    static uint8_t ticks, marks;

    if (ticks) {
        ticks--;
        return;
    }
    if (PORTB & _BV(PB0)) {
        PORTB &= (uint8_t)~_BV(PB0);
        if (marks <= 1) {
            ticks = 2;
        }
        return;
    }
    if (marks <= 1) {
        char c = text[place];

        place = c ? place + 1 : 0;
        marks = marks_of(c);
        if (!marks) {
            ticks = 3;
            return;
        }
    }
    ticks = marks & 1 ? 2 : 0;
    marks >>= 1;
    PORTB |= _BV(PB0);
}

static int put(char c, FILE *f)
{
    if (c == '\n') {
        put('\r', f);
    }
    loop_until_bit_is_set(UCSR0A, UDRE0);
    UDR0 = (uint8_t)c;
    return 0;
}

static int get(FILE *f)
{
    (void)f;
    loop_until_bit_is_set(UCSR0A, RXC0);
    return UDR0;
}

static FILE uart = FDEV_SETUP_STREAM(put, get, _FDEV_SETUP_RW);

static void dump(unsigned addr, uint8_t (*peek)(unsigned))
{
    for (uint8_t line = 0; line < 4; line++) {
        printf_P(PSTR("%04x "), addr);
        for (uint8_t i = 0; i < 16; i++) {
            printf_P(PSTR(" %02x"), peek(addr++));
        }
        putchar('\n');
    }
}

static uint8_t peek_sram(unsigned addr)
{
    return *(volatile uint8_t *)addr;
}

static uint8_t peek_eeprom(unsigned addr)
{
    return eeprom_read_byte((const uint8_t *)(addr & E2END));
}

static void set_text(const char *to)
{
    cli();
    strncpy(text, to, sizeof text - 1);
    place = 0;
    sei();
    eeprom_update_block(text, stored_text, sizeof text);
}

static void obey(char *line)
{
    char *arg = line[0] ? line + 1 : line;

    switch (line[0]) {
    case 'd': dump((unsigned)strtoul(arg, NULL, 16), peek_sram); break;
    case 'e': dump((unsigned)strtoul(arg, NULL, 16), peek_eeprom); break;
    case 'm': set_text(arg + strspn(arg, " ")); break;
    case '\0': break;
    default: printf_P(PSTR("d ADDR  dump SRAM\ne ADDR  dump EEPROM\nm TEXT  Morse text, now '%s'\n"), text);
    }
}

int main(void)
{
    char line[TEXT_MAX + 4];

    DDRB = _BV(PB0);
    TCCR1B = _BV(WGM12) | _BV(CS11); /* CTC, CK / 8 */
    OCR1A = F_CPU / 8 / TICK_HZ - 1;
    TIMSK1 = _BV(OCIE1A);

    UCSR0A = _BV(U2X0);
    UBRR0 = (F_CPU + 4 * 4800) / (8UL * 4800) - 1;
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    stdin = stdout = &uart;

    if (eeprom_read_byte((const uint8_t *)stored_text) != 0xff) {
        eeprom_read_block(text, stored_text, sizeof text - 1);
    }
    sei();
    printf_P(PSTR("\nlimpet demo, reset by %02x\n"), MCUSR);
    MCUSR = 0;
    for (;;) {
        printf_P(PSTR("> "));
        if (fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\r\n")] = '\0';
            obey(line);
        }
    }
}
