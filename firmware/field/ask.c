/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.c - a programmer with a menu, as many sketches are: says its name at 115200 baud before it has been told
 * anything, asks, waits for a G, works for a while, and says that it is done
 *
 *      Type 'G' to go> G
 *      Signature = 1E 95 0F
 *      Done
 */
#include <avr/io.h>
#include <util/delay.h>

static void say(const char *text)
{
    for (; *text; text++) {
        while (!(UCSR0A & _BV(UDRE0))) {
        }
        UDR0 = *text;
    }
}

int main(void)
{
    UCSR0A = _BV(U2X0);
    UBRR0 = 16;
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    _delay_ms(100);
    for (;;) {
        say("Type 'G' to go> ");
        for (char c = 0; c != 'G';) {
            while (!(UCSR0A & _BV(RXC0))) {
            }
            c = UDR0;
        }
        say("G\r\n");
        _delay_ms(300);
        say("Signature = 1E 95 0F\r\n");
        _delay_ms(1500);
        say("Done\r\n");
    }
}
