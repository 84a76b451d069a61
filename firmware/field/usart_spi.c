/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usart_spi.c - a programmer whose SPI is the USART as SPI master, on the pins of the serial port: it reads a signature
 *
 *      D4 XCK  --> SCK       'G' from the host --> UART off, USART as SPI master, session, UART on --> "Signature = 1E 95 0F"
 *      D1 TXD  --> MOSI
 *      D0 RXD  <-- MISO      while it programs the host hears characters that nobody sent
 *      D10     --> RESET
 *
 * For an Uno or a bare ATmega328P, 115200 baud, SCK 125 kHz.
 */
#include <avr/io.h>
#include <util/delay.h>

enum { SCK = _BV(PD4), MOSI = _BV(PD1), RESET = _BV(PB2) };

static void uart_on(void)
{
    UCSR0A = _BV(U2X0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UBRR0 = 16;
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
}

static void spi_on(void)
{
    UCSR0B = 0;
    UBRR0 = 0; /* until it is on: XCK would begin with a pulse */
    DDRD |= SCK;
    UCSR0C = _BV(UMSEL01) | _BV(UMSEL00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    UBRR0 = 63; /* 16 MHz / 2 / 64 */
}

static void spi_off(void)
{
    loop_until_bit_is_set(UCSR0A, TXC0); /* what came is there with SCK's last rise */
    UCSR0B = 0;
    DDRD &= (uint8_t)~SCK;
}

static void send(uint8_t byte)
{
    UCSR0A |= _BV(TXC0);
    loop_until_bit_is_set(UCSR0A, UDRE0);
    UDR0 = byte;
}

static uint8_t transfer(uint8_t byte)
{
    send(byte);
    loop_until_bit_is_set(UCSR0A, RXC0);
    return UDR0;
}

static uint8_t instruction(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t *third)
{
    transfer(a);
    transfer(b);
    *third = transfer(c);
    return transfer(d);
}

static void text(const char *s)
{
    while (*s) {
        send((uint8_t)*s++);
    }
}

static void hex(uint8_t byte)
{
    static const char digits[] = "0123456789ABCDEF";

    send(' ');
    send((uint8_t)digits[byte >> 4]);
    send((uint8_t)digits[byte & 15]);
}

static void session(void)
{
    uint8_t signature[3], echo, third;

    spi_on();
    _delay_us(20);
    PORTB &= (uint8_t)~RESET;
    DDRB |= RESET;
    _delay_ms(25);
    instruction(0xac, 0x53, 0, 0, &echo);
    for (uint8_t i = 0; i < sizeof signature; i++) {
        signature[i] = instruction(0x30, 0, i, 0, &third);
    }
    DDRB &= (uint8_t)~RESET;
    spi_off();
    uart_on();
    _delay_ms(1); /* the host's receiver comes out of what it took for characters */
    if (echo != 0x53) {
        text("\r\nno answer\r\n");
        return;
    }
    text("\r\nSignature =");
    for (uint8_t i = 0; i < sizeof signature; i++) {
        hex(signature[i]);
    }
    text("\r\n");
}

int main(void)
{
    uart_on();
    for (;;) {
        loop_until_bit_is_set(UCSR0A, RXC0);
        if (UDR0 == 'G') {
            session();
        }
    }
}
