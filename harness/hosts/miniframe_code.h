/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miniframe_code.h - SPI bytes as the UART characters that the miniframe programmer makes SCK and MOSI from
 *
 *      character  start b0 b1 b2 b3 b4 b5 stop     a UART cell is high on the line for 0, low for 1
 *      4-bit      H     b  b  L  H  b  b  L        start and first bits of a frame high, stop low: one rising
 *      3-bit      H     b  L  H  b  L  H  b  L     edge per frame, the circuit clocks the bit some cells later
 *
 * Write form    the bit fills all data cells of the frame: widest window for SCK's rise
 * Duplex form   the first data cell is low, so that RX carries MISO there whatever the bit is (4-bit only)
 * Values as in the two-4001 circuit, where MOSI is the UART bit; the one-4001 circuit wants them inverted.
 */
#ifndef HARNESS_HOSTS_MINIFRAME_CODE_H
#define HARNESS_HOSTS_MINIFRAME_CODE_H

#include "sim/problem.h"
#include "sim/uart_line.h"

enum miniframe_form { MINIFRAME_WRITE, MINIFRAME_DUPLEX };

struct miniframe_code {
    uint8_t cells;     /* 3 or 4 per frame */
    uint8_t data_bits; /* of the UART: 6, 7, 8 for 4-bit frames, 7, 8 for 3-bit frames */
    bool inverted;     /* data cells carry !b */
};

/* False and err: what can't be. */
bool miniframe_code_check(const struct miniframe_code *code, struct problem *err);

/* SPI bits in one character: 2 or 3. */
unsigned miniframe_code_bits(const struct miniframe_code *code);

/*
 * The character for n bits (1 .. miniframe_code_bits), the first of them bit n - 1 of bits; cells left over idle.
 * Duplex only with 4-bit frames.
 */
unsigned miniframe_encode(const struct miniframe_code *code, enum miniframe_form form, unsigned bits, unsigned n);

/* MISO's bits out of a received character, the first of them bit n - 1; only the reliable cells are looked at. */
unsigned miniframe_decode(const struct miniframe_code *code, unsigned character, unsigned n);

#endif
