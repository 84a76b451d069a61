/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * soft_uart.c - a UART in software on an ATtiny85, as bootloaders and debug lines have it: PB0 receives, PB1 sends
 *
 * Echoes at 9600 baud, eight bits, no parity; runs at 8 MHz from the internal oscillator. It samples the middle of each
 * bit counted from the start bit's edge, so it bears about 4 % between the two clocks.
 */
#include <avr/io.h>
#include <util/delay.h>

#define BIT_US (1e6 / 9600)

static uint8_t receive(void)
{
    uint8_t byte = 0;
    while (PINB & _BV(PINB0)) {
    }
    _delay_us(BIT_US * 1.5 - 1);
    for (uint8_t i = 0; i < 8; i++) {
        byte = (uint8_t)(byte >> 1 | (PINB & _BV(PINB0) ? 0x80 : 0));
        _delay_us(BIT_US - 1);
    }
    return byte; /* in the stop bit's beginning */
}

static void send(uint8_t byte)
{
    uint16_t frame = (uint16_t)(0x200 | byte << 1); /* start bit 0, stop bit 1 */
    for (uint8_t i = 0; i < 10; i++) {
        if (frame & 1) {
            PORTB |= _BV(PORTB1);
        } else {
            PORTB &= (uint8_t)~_BV(PORTB1);
        }
        frame >>= 1;
        _delay_us(BIT_US - 1.4);
    }
}

int main(void)
{
    PORTB = _BV(PORTB0) | _BV(PORTB1);
    DDRB = _BV(DDB1);
    for (;;) {
        send(receive());
    }
}
