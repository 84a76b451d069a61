/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sections.c - an ELF with every section that an image may have: fuses, lock bits, EEPROM, signature, user signature
 *
 * Blinks PB5 a thousand times a second at 1 MHz, so that a chip that was programmed from it shows that it runs.
 */
#include <avr/eeprom.h>
#include <avr/fuse.h>
#include <avr/io.h>
#include <avr/lock.h>
#include <avr/signature.h>
#include <util/delay.h>

FUSES = { .low = 0x62, .high = 0xd9, .extended = 0xff };
LOCKBITS = 0xfc;

uint8_t serial[3] EEMEM = { 1, 2, 3 };
const uint8_t user_row[4] __attribute__((section(".user_signatures"), used)) = { 9, 8, 7, 6 };

int main(void)
{
    DDRB = _BV(DDB5);
    for (;;) {
        PINB = _BV(PINB5);
        _delay_us(500);
    }
}
