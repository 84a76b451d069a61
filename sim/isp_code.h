/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_code.h - instructions of the serial programming port, by a part's table: four bytes to meaning, and back
 *
 * The one place that reads the patterns of part.h: the target executes by it, hosts make their instructions with it,
 * and a waveform viewer can name what it sees. Of two rows that fit, the first counts.
 */
#ifndef SIM_ISP_CODE_H
#define SIM_ISP_CODE_H

#include "sim/part.h"

#define ISP_MAX_INSTRUCTIONS 32
#define ISP_MAX_ADDRESS_BITS 24

struct isp_code { /* a row, compiled; bit 31 is the first on the wire */
    enum isp_op op;
    uint32_t mask, value;    /* bits that must match */
    uint32_t h_mask;         /* the bit that says which byte of a word */
    uint32_t a_mask, i_mask; /* address and data bits, in order */
    uint32_t o_mask;         /* the answer; not 0: a read */
    uint32_t ignored;        /* what is sent in them does not matter; those of the answer too */
};

struct isp_decoder {
    const struct part *part;
    struct isp_code code[ISP_MAX_INSTRUCTIONS];
    unsigned n;
};

struct isp_frame { /* what a row makes of four bytes */
    enum isp_op op;
    bool high;
    bool is_read;
    uint32_t address; /* the a bits; what it counts (word, page, byte) depends on op */
    uint8_t data;     /* byte 4 */
};

/* The part's rows must be well-formed: asserted. */
void isp_decoder_init(struct isp_decoder *d, const struct part *part);
/* The row that the bytes fit; NULL: no such instruction. Of a read byte 4 need not be there yet. */
const struct isp_code *isp_code_of(const struct isp_decoder *d, uint32_t bytes);
/* False: no such instruction. */
bool isp_decode(const struct isp_decoder *d, uint32_t bytes, struct isp_frame *f);

bool isp_has(const struct part *part, enum isp_op op);
/*
 * The four bytes of an instruction; ignored bits are 0. address: words of flash, bytes of EEPROM and
 * signature, and the number of the page for the page writes. False: the part has no such instruction.
 */
bool isp_encode(const struct part *part, enum isp_op op, bool high, uint32_t address, uint8_t data, uint8_t out[4]);

const char *isp_op_name(enum isp_op op);

#endif
