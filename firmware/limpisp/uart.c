/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#define BAUD 115200UL
#define RING 64 /* a power of two */

static volatile uint8_t ring[RING], head; /* head is the interrupt's */
static uint8_t tail;

ISR(USART_RX_vect)
{
    uint8_t byte = UDR0, next = (uint8_t)((head + 1) & (RING - 1));

    if (next != tail) {
        ring[head] = byte;
        head = next;
    }
}

void uart_init(void)
{
    UBRR0 = (F_CPU / 4 / BAUD - 1) / 2; /* 16: 117647 baud, 2.1 % fast, as the Arduino core has it */
    UCSR0A = _BV(U2X0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

int16_t uart_get(void)
{
    uint8_t byte;

    if (tail == head) {
        return -1;
    }
    byte = ring[tail];
    tail = (uint8_t)((tail + 1) & (RING - 1));
    return byte;
}

void uart_wait(void)
{
    cli();
    if (tail == head) {
        sleep_enable();
        sei(); /* takes effect after the next instruction: nothing slips in before the sleep */
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

void uart_put(uint8_t byte)
{
    loop_until_bit_is_set(UCSR0A, UDRE0);
    UDR0 = byte;
}
