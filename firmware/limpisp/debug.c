/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "debug.h"

#include "hw.h"

void debug_text(const char *text)
{
#ifdef __AVR__
    for (char c; (c = (char)pgm_read_byte(text)) != 0; text++) {
        hw_debug_char(c);
    }
#else
    while (*text) {
        hw_debug_char(*text++);
    }
#endif
}

void debug_number(uint32_t n)
{
    char digits[10];
    uint8_t i = 0;

    do {
        digits[i++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while (i) {
        hw_debug_char(digits[--i]);
    }
}

static char hex(uint8_t nibble)
{
    return (char)(nibble < 10 ? '0' + nibble : 'A' + nibble - 10);
}

void debug_bytes(const uint8_t *bytes, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        hw_debug_char(' ');
        hw_debug_char(hex(bytes[i] >> 4));
        hw_debug_char(hex(bytes[i] & 15));
    }
}

void debug_end(void)
{
    hw_debug_char('\r');
    hw_debug_char('\n');
}
