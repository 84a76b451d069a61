/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * second_sync.c - a bootloader that measures the host's speed: the first Get Synchronization is lost on that, the next
 * is answered; a second without one ends it
 *
 * As urboot with autobaud does it: the low bits of 0x30 (start bit and four zeros) are timed, 1.1 ms later it listens,
 * and the watchdog starts the chip anew after a second of silence. Commands: STK500v1, all answered with success;
 * signature 1E 95 0F. For an ATmega328P at 16 MHz.
 */
#include <avr/io.h>
#include <avr/wdt.h>
#include <util/delay.h>

enum { INSYNC = 0x14, OK = 0x10, EOP = 0x20 };

static void send(uint8_t byte)
{
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = byte;
}

static uint8_t receive(void)
{
    while (!(UCSR0A & _BV(RXC0))) {
    }
    if (!(UCSR0A & _BV(FE0))) {
        wdt_reset();
    }
    return UDR0;
}

/* RXD is low for five bits of 0x30: UBRR for eight samples a bit. */
static uint16_t measure(void)
{
    uint16_t start;
    while (PIND & _BV(PIND0)) {
    }
    start = TCNT1;
    while (!(PIND & _BV(PIND0))) {
    }
    return (uint16_t)(TCNT1 - start + 20) / 40 - 1; /* 5 bits of 8 samples */
}

static void skip(uint8_t n)
{
    while (n--) {
        receive();
    }
}

static void answer(uint8_t command)
{
    uint16_t n = 0;
    switch (command) {
    case 0x41: skip(1); break;             /* Get Parameter */
    case 0x42: skip(20); break;            /* Set Device */
    case 0x45: skip(receive() - 1); break; /* Set Device Extended: its length first */
    case 0x55: skip(2); break;             /* Load Address */
    case 0x56: skip(4); break;             /* Universal */
    case 0x74:                             /* Read Page */
        n = (uint16_t)(receive() << 8);
        n |= receive();
        skip(1);
        break;
    default: break;
    }
    if (receive() != EOP) {
        return;
    }
    send(INSYNC);
    if (command == 0x75) { /* Read Signature */
        send(0x1e);
        send(0x95);
        send(0x0f);
    } else if (command == 0x41 || command == 0x56) {
        send(0);
    }
    while (n--) {
        send(0xff);
    }
    send(OK);
}

int main(void)
{
    MCUSR = 0;
    wdt_enable(WDTO_1S);
    TCCR1B = _BV(CS10);
    UBRR0 = measure();
    UCSR0A = _BV(U2X0);
    _delay_us(1100);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    for (;;) {
        answer(receive());
    }
}
