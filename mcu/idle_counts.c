/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting loops, in closed form. */
#include "mcu/fast_kinds.h"
#include "mcu/idle_inner.h"

bool idle_skip_count(struct idle_skip *k, const struct fast_core *f, avr_t *avr, uint64_t end)
{
    const struct fast_op *o = &f->ops[avr->pc >> 1], *counts;
    uint64_t lap = 2, left;
    unsigned bytes = 0;
    for (; o->kind == NOP; o++) {
        lap++;
    }
    counts = o;
    if (o->kind == SBIW && o->k == 1) {
        bytes = 2;
        lap += 2;
        o++;
    } else if (o->kind == DEC || (o->kind == SUBI && o->k == 1)) {
        do {
            bytes++;
            lap++;
            o++;
        } while (counts->kind == SUBI && bytes < 4 && o->kind == SBCI && o->k == 0);
    }
    for (; bytes && o->kind == NOP; o++) {
        lap++;
    }
    if (!bytes || o->kind != BRNE || o->k != avr->pc >> 1) {
        return false;
    }
    uint8_t *reg[4];
    left = 0;
    for (unsigned i = 0; i < bytes; i++) {
        reg[i] = &avr->data[counts->kind == SBIW ? counts->d + i : counts[i].d];
        for (unsigned j = 0; j < i; j++) {
            if (reg[j] == reg[i]) {
                return false;
            }
        }
        left |= (uint64_t)*reg[i] << 8 * i;
    }
    left = left ? left : UINT64_C(1) << 8 * bytes;
    uint64_t fit = end > avr->cycle ? (end - 1 - avr->cycle) / lap : 0, n = left - 1 < fit ? left - 1 : fit;
    if (n < 2) {
        return true; /* it is one, but nearly over */
    }
    left -= n - 1;
    for (unsigned i = 0; i < bytes; i++) {
        *reg[i] = (uint8_t)(left >> 8 * i);
    }
    avr->cycle += (n - 1) * lap;
    idle_skipped(k, IDLE_COUNTS, (n - 1) * lap, (n - 1) * (uint64_t)(o + 1 - &f->ops[avr->pc >> 1]));
    return true;
}
