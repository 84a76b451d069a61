/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flags that nobody reads. Within a basic block an instruction's flags are dead where the ones behind it set them again
 * before any of them reads one. Such an instruction is executed by a twin that leaves them out (fast_exec.h), if the run
 * does not end before the instruction that sets them: until then nobody can look, for nothing in between jumps, stops,
 * calls back or is simavr's.
 */
#include "mcu/fast_kinds.h"

#define FLAG(f_) (1u << (f_))
enum {
    S_TO_Z = FLAG(S_S) | FLAG(S_V) | FLAG(S_N) | FLAG(S_Z),
    S_TO_C = S_TO_Z | FLAG(S_C),
    H_TO_C = S_TO_C | FLAG(S_H),
    Z_AND_C = FLAG(S_Z) | FLAG(S_C),
};

/* Instructions that touch registers and flags alone, and go on with the next word. */
static const struct {
    bool plain;
    uint8_t sets, reads;
    /* twins for those behind it that read nothing, C, or C and Z of it; 0: there is none */
    uint8_t none, c, zc;
} table[FAST_KINDS_N] = {
    [NOP] = { .plain = true },
    [MOV] = { .plain = true },
    [MOVW] = { .plain = true },
    [LDI] = { .plain = true },
    [SWAP] = { .plain = true },
    [ADD] = { true, H_TO_C, 0, LEAN_ADD, LEAN_ADD_C, 0 },
    [ADC] = { true, H_TO_C, FLAG(S_C), LEAN_ADC, LEAN_ADC_C, 0 },
    [SUB] = { true, H_TO_C, 0, LEAN_SUB, LEAN_SUB_ZC, LEAN_SUB_ZC },
    [SUBI] = { true, H_TO_C, 0, LEAN_SUBI, LEAN_SUBI_ZC, LEAN_SUBI_ZC },
    [SBC] = { true, H_TO_C, Z_AND_C, LEAN_SBC_ZC, LEAN_SBC_ZC, LEAN_SBC_ZC },
    [SBCI] = { true, H_TO_C, Z_AND_C, LEAN_SBCI_ZC, LEAN_SBCI_ZC, LEAN_SBCI_ZC },
    [CP] = { true, H_TO_C, 0, LEAN_CP_ZC, LEAN_CP_ZC, LEAN_CP_ZC },
    [CPI] = { true, H_TO_C, 0, LEAN_CPI_ZC, LEAN_CPI_ZC, LEAN_CPI_ZC },
    [CPC] = { true, H_TO_C, Z_AND_C, LEAN_CPC_ZC, LEAN_CPC_ZC, LEAN_CPC_ZC },
    [NEG] = { true, H_TO_C, 0, 0, 0, 0 },
    [AND] = { true, S_TO_Z, 0, LEAN_AND, 0, 0 },
    [ANDI] = { true, S_TO_Z, 0, LEAN_ANDI, 0, 0 },
    [OR] = { true, S_TO_Z, 0, LEAN_OR, 0, 0 },
    [ORI] = { true, S_TO_Z, 0, LEAN_ORI, 0, 0 },
    [EOR] = { true, S_TO_Z, 0, LEAN_EOR, 0, 0 },
    [COM] = { true, S_TO_C, 0, 0, 0, 0 },
    [INC] = { true, S_TO_Z, 0, LEAN_INC, 0, 0 },
    [DEC] = { true, S_TO_Z, 0, LEAN_DEC, 0, 0 },
    [LSR] = { true, S_TO_C, 0, LEAN_LSR_C, LEAN_LSR_C, 0 },
    [ASR] = { true, S_TO_C, 0, LEAN_ASR_C, LEAN_ASR_C, 0 },
    [ROR] = { true, S_TO_C, FLAG(S_C), LEAN_ROR_C, LEAN_ROR_C, 0 },
    [ADIW] = { true, S_TO_C, 0, LEAN_ADIW, 0, 0 },
    [SBIW] = { true, S_TO_C, 0, LEAN_SBIW, 0, 0 },
    [MUL] = { true, Z_AND_C, 0, LEAN_MUL, 0, 0 },
    [BST] = { .plain = true },
    [BLD] = { .plain = true },
};

static unsigned cycles(enum fast_kind kind)
{
    return kind == ADIW || kind == SBIW || kind == MUL ? 2 : 1;
}

/* Flags of *o that one of those behind it reads, or that may be read where the block ends. *ck: from *o to the last setter. */
static unsigned read_of(const struct fast_op *o, unsigned *ck)
{
    unsigned open = table[o->kind].sets, read = 0, at = cycles((enum fast_kind)o->kind);

    *ck = 0;
    for (unsigned i = 1; open && i <= FAST_LOOKAHEAD && table[o[i].kind].plain; i++) {
        read |= open & table[o[i].kind].reads;
        open &= ~table[o[i].kind].reads;
        if (open & table[o[i].kind].sets) {
            open &= ~(unsigned)table[o[i].kind].sets;
            *ck = at;
        }
        at += cycles((enum fast_kind)o[i].kind);
    }
    return read | open;
}

void fast_lean(struct fast_op *o)
{
    unsigned ck, read = table[o->kind].sets ? read_of(o, &ck) : 0;

    o->exec = o->kind;
    o->lean_ck = 0;
    if (!table[o->kind].sets) {
        return;
    }
    uint8_t twin = !read                      ? table[o->kind].none
                   : !(read & ~FLAG(S_C))     ? table[o->kind].c
                   : !(read & ~Z_AND_C & 255) ? table[o->kind].zc
                                              : 0;
    if (twin) {
        o->exec = twin;
        o->lean_ck = (uint8_t)ck;
    }
}
