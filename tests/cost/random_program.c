/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/cost/random_program.h"

#include <string.h>

/* Registers that have to do with each other: a program of one part's meets its corners sooner. 0 ends a row. */
static const uint8_t parts[][24] = {
    { 0x23, 0x24, 0x25, 0x4c, 0x4c, 0x4d, 0x4e, 0x4e, 0x55 },                               /* SPI, port B */
    { 0x29, 0x2a, 0x2b, 0x35, 0x43, 0x44, 0x44, 0x45, 0x45, 0x46, 0x47, 0x48, 0x6e, 0x55 }, /* timer 0, port D */
    { 0x23, 0x24, 0x25, 0x36, 0x43, 0x6f, 0x80, 0x80, 0x81, 0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a,
      0x8b },
    { 0x23, 0x24, 0x25, 0x29, 0x2a, 0x37, 0x43, 0x70, 0xb0, 0xb0, 0xb1, 0xb1, 0xb2, 0xb3, 0xb4, 0xb6 },
    { 0x23, 0x24, 0x25, 0x29, 0x2a, 0x2b, 0x3b, 0x3c, 0x3d, 0x68, 0x69, 0x6b, 0x6c, 0x6d,
      0x55 },                                                             /* pins, INTn, PCINT */
    { 0x29, 0x2a, 0x2b, 0xc0, 0xc1, 0xc1, 0xc2, 0xc4, 0xc5, 0xc6, 0xc6 }, /* USART, port D */
    { 0x50, 0x7a, 0x7a, 0x7b, 0x7c, 0x78, 0x79, 0x7e, 0x7f, 0x64, 0xb8, 0xb9, 0xbb, 0xbc, 0xbc }, /* analog, TWI */
    { 0x60, 0x60, 0x61, 0x61, 0x66, 0x53, 0x54, 0x55, 0x57, 0x3f, 0x40, 0x41, 0x42 }, /* watchdog, clocks, memories */
    /* OSCCAL beside what goes by its clock: timers, SPI, USART, analog, watchdog */
    { 0x66, 0x66, 0x66, 0x66, 0x61, 0x24, 0x25, 0x2a, 0x44, 0x45, 0x45, 0x46,
      0x47, 0x6e, 0x4c, 0x4e, 0x4e, 0xc1, 0xc6, 0xc6, 0x7a, 0x60, 0x43 },
};
enum { PARTS = sizeof parts / sizeof parts[0] };

/* Of an ATmega8A, of an ATtiny85: the same, where several share a register */
static const uint8_t parts_8a[][24] = {
    { 0x43, 0x44, 0x45, 0x45, 0x48, 0x4a, 0x4c, 0x4e, 0x4f, 0x52, 0x53,
      0x53, 0x58, 0x58, 0x59, 0x59, 0x59, 0x31, 0x36, 0x37, 0x38, 0x51 },                              /* timers */
    { 0x29, 0x2a, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x36, 0x37, 0x38, 0x41, 0x51, 0x51, 0x55, 0x5b } /* the rest */
};
static const uint8_t parts_85[][24] = { { 0x48, 0x49, 0x4a, 0x4a, 0x4c, 0x4e, 0x4f, 0x50, 0x50, 0x52,
                                          0x53, 0x53, 0x58, 0x58, 0x59, 0x59, 0x36, 0x37, 0x38, 0x51 },
                                        { 0x28, 0x2d, 0x2e, 0x35, 0x36, 0x37, 0x38, 0x41, 0x46, 0x51, 0x51, 0x55, 0x5a,
                                          0x5b } };

const struct kind kinds[KINDS] = {
    { at_8_mhz, parts, PARTS, 0x23, 0xa5, "8 MHz" },
    { at_20_mhz, parts, PARTS, 0x23, 0xa5, "20 MHz" },
    { on_atmega8a, parts_8a, 2, 0x20, 0x3d, "ATmega8A" },
    { on_attiny85, parts_85, 2, 0x20, 0x3d, "ATtiny85" },
};

static unsigned random_address(struct sim_rng *r, const struct kind *k, const uint8_t *part)
{
    size_t n = part ? strnlen((const char *)part, sizeof parts[0]) : 0;

    return n ? part[sim_rng_below(r, n)] : k->first + (unsigned)sim_rng_below(r, k->n);
}

unsigned put_access(uint8_t *code, unsigned reg, unsigned address, bool stores)
{
    if (address < 0x60) {
        put_word(code, 0,
                 0xb000 | (unsigned)stores << 11 | ((address - 32) << 5 & 0x600) | reg << 4 | ((address - 32) & 15));
        return 2;
    }
    put_word(code, 0, 0x9000 | (unsigned)stores << 9 | reg << 4);
    put_word(code, 2, address);
    return 4;
}

/* One that is no access. Bytes. */
static unsigned put_other(struct sim_rng *r, bool wild, uint8_t *code)
{
    static const uint16_t ops[][2] = {
        { 0x9503, 0 },      /* inc r16; nop */
        { 0x9503, 0x95a8 }, /* inc r16; wdr */
        { 0x95e8, 0x9632 }, /* spm; adiw r30, 2 */
        { 0x9124, 0x0f52 }, /* lpm r18, Z; add r21, r18 */
        { 0x930f, 0x915f }, /* push r16; pop r21 */
        { 0x9478, 0x94f8 }, /* sei; cli */
        { 0x9588, 0 },      /* sleep; nop */
        { 0xd000, 0x901f }, /* rcall .; pop r1: the stack goes down */
    };
    unsigned i = wild ? (unsigned)sim_rng_below(r, 16) : 0;

    i = i < sizeof ops / sizeof ops[0] ? i : 0;
    put_word(code, 0, ops[i][0]);
    put_word(code, 2, ops[i][1]);
    return 4;
}

/* sbi or cbi. */
static unsigned put_bit(struct sim_rng *r, uint8_t *code, unsigned address)
{
    unsigned op = sim_rng_below(r, 2) ? 0x9a00 : 0x9800;

    put_word(code, 0, op | (address - 0x20) << 3 | (unsigned)sim_rng_below(r, 8));
    return 2;
}

unsigned random_program(struct sim_rng *r, const struct kind *kind, bool wild, uint8_t *code)
{
    unsigned at = 0, start, n = 1 + (unsigned)sim_rng_below(r, 20);
    unsigned which = (unsigned)sim_rng_below(r, 2 * kind->n_parts);
    const uint8_t *part = which < kind->n_parts ? kind->parts[which] : NULL;

    for (unsigned i = 0; i < 10; i++) { /* ldi r18, K; to a register */
        unsigned k = (unsigned)sim_rng_below(r, 256);
        put_word(code, at, 0xe020 | (k & 0xf0) << 4 | (k & 15));
        at += 2;
        at += put_access(code + at, 18, random_address(r, kind, part), true);
    }
    if (sim_rng_below(r, 2)) {
        put_word(code, at, 0x9478); /* sei */
        at += 2;
    }
    start = at;
    for (unsigned i = 0; i < n; i++) {
        unsigned reg = 16 + (unsigned)sim_rng_below(r, 3), what = (unsigned)sim_rng_below(r, 8), address;
        if (what == 0) {
            at += put_other(r, wild, code + at);
            continue;
        }
        address = random_address(r, kind, part);
        if (wild && what == 7 && address < 0x40) {
            at += put_bit(r, code + at, address);
            continue;
        }
        at += put_access(code + at, reg, address, what > 2);
        if (what < 3) { /* add r21, what was loaded; swap r21 */
            put_word(code, at, 0x0f50 | (reg & 15));
            put_word(code, at + 2, 0x9552);
            at += 4;
        }
    }
    put_word(code, at, 0xc000 | ((start / 2 - at / 2 - 1) & 0xfff));
    return at + 2;
}
