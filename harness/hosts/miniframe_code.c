/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/miniframe_code.h"

#include <assert.h>
#include <stddef.h>

bool miniframe_code_check(const struct miniframe_code *c, struct problem *err)
{
    if (c->cells == 4) {
        return (c->data_bits >= 6 && c->data_bits <= 8) ||
               problem_set(err, "two 4-bit miniframes need 6 data bits (7 and 8 do with high bits 1)");
    }
    if (c->cells == 3) {
        return c->data_bits == 7 || c->data_bits == 8 ||
               problem_set(err, "three 3-bit miniframes need 7 data bits (8 do with the high bit 1)");
    }
    return problem_set(err, "a miniframe has 3 or 4 bits");
}

unsigned miniframe_code_bits(const struct miniframe_code *c)
{
    return c->cells == 4 ? 2 : 3;
}

/* UART bit position of cell k of frame i; the start cell of frame 0 is the UART's own start bit. */
static unsigned place(const struct miniframe_code *c, unsigned frame, unsigned cell)
{
    return frame * c->cells + cell - 1;
}

unsigned miniframe_encode(const struct miniframe_code *c, enum miniframe_form form, unsigned bits, unsigned n)
{
    assert(n >= 1 && n <= miniframe_code_bits(c));
    assert(form == MINIFRAME_WRITE || c->cells == 4);
    unsigned value = (1u << c->data_bits) - 1; /* all cells low: idle */
    for (unsigned i = 0; i < n; i++) {
        bool b = (bits >> (n - 1 - i) & 1) != c->inverted;
        if (i > 0) {
            value &= ~(1u << place(c, i, 0)); /* start cell high */
        }
        for (unsigned cell = form == MINIFRAME_DUPLEX ? 2 : 1; !b && cell < c->cells - 1u; cell++) {
            value &= ~(1u << place(c, i, cell));
        }
    }
    return value;
}

unsigned miniframe_decode(const struct miniframe_code *c, unsigned character, unsigned n)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < n; i++) {
        bits = bits << 1 | !(character >> place(c, i, 1) & 1);
    }
    return bits;
}
