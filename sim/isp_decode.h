/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_decode.h - four bytes to an instruction of the serial programming port, by a part's table
 *
 * The one decoder: the target executes by it, and a waveform viewer can name what it sees. Rows are patterns as in
 * part.h; of two rows that fit, the first counts.
 */
#ifndef SIM_ISP_DECODE_H
#define SIM_ISP_DECODE_H

#include "sim/part.h"

#define ISP_MAX_INSTRUCTIONS 32
#define ISP_MAX_ADDRESS_BITS 24

struct isp_code { /* a row, compiled; bit 31 is the first on the wire */
    enum isp_op op;
    uint32_t mask, value; /* bits that must match */
    uint32_t h_mask;
    uint32_t a_mask; /* address bits, in order */
    uint32_t o_mask; /* not 0: a read */
};

struct isp_decoder {
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
/* False: no such instruction. Of a read byte 4 need not be there yet. */
bool isp_decode(const struct isp_decoder *d, uint32_t bytes, struct isp_frame *f);
const char *isp_op_name(enum isp_op op);

#endif
