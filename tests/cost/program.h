/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program.h - a program of cost_test.c's, and the flash image that runs it */
#ifndef TESTS_COST_PROGRAM_H
#define TESTS_COST_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SLOT_BYTES = 256, BOOT = 0x7000, VECTORS = 26 };

struct program {
    const uint8_t *code;
    unsigned n;
    bool boots;
    bool small;   /* on a part with little SRAM: the stack lies in its first kilobyte */
    bool handles; /* interrupts lead to its second word */
};

enum { IMAGE_BYTES = BOOT + VECTORS * 4 + 2 + 12 + SLOT_BYTES };

static inline void put_word(uint8_t *image, unsigned at, unsigned word)
{
    image[at] = (uint8_t)word;
    image[at + 1] = (uint8_t)(word >> 8);
}

/*
 * Vectors that lead to a RETI or its handler, the stack at the end of the RAM, r16 = 0, r17 = 0xff, the program. Its
 * size.
 */
static inline unsigned image_of(const struct program *p, uint8_t *image)
{
    static const unsigned begin[] = { 0xe008, 0xbf0e, 0xef0f, 0xbf0d, 0xe000, 0xef1f };
    unsigned at = p->boots ? BOOT : 0;
    const unsigned handler = p->handles ? 1 + sizeof begin / sizeof begin[0] + 1 : 0; /* words behind the vectors */

    memset(image, 0xff, IMAGE_BYTES);
    for (unsigned v = 0; v < VECTORS; v++, at += 4) { /* rjmp: the first one beyond the RETI */
        put_word(image, at, 0xc000 | (2 * (VECTORS - v) - 1 + (v ? handler : 1)));
    }
    put_word(image, at, 0x9518); /* reti */
    at += 2;
    for (unsigned i = 0; i < sizeof begin / sizeof begin[0]; i++, at += 2) {
        put_word(image, at, begin[i] - (i == 0 && p->small ? 7 : 0));
    }
    memcpy(image + at, p->code, p->n);
    return at + p->n;
}

/* Its image, in hexadecimal; until the next call. */
static inline const char *hex_of(const struct program *p)
{
    static uint8_t image[IMAGE_BYTES];
    static char hex[2 * IMAGE_BYTES + 1];
    unsigned size = image_of(p, image);

    for (unsigned i = 0; i < size; i++) {
        sprintf(hex + (size_t)2 * i, "%02X", image[i]);
    }
    return hex;
}

static inline void print_code(const struct program *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        printf("%02X", p->code[i]);
    }
    printf("\n");
}

/* Of what print_code() prints. Bytes. */
static inline unsigned code_of(const char *hex, uint8_t *code)
{
    unsigned n = 0, byte;

    for (; n < SLOT_BYTES && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++) {
        code[n] = (uint8_t)byte;
    }
    return n;
}

#endif
