/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fast_kinds.h - what fast_decode.c makes of an opcode and fast_exec.h executes; for mcu/fast_*.c and idle_note.c
 *
 * Of each kind: which fields of struct fast_op mean what. d, r: registers (r: a bit's number where the
 * instruction names a bit). k: a constant, an I/O or data address, or the word that a jump leads to.
 */
#ifndef MCU_FAST_KINDS_H
#define MCU_FAST_KINDS_H

#include "mcu/fast_core.h"

#define FAST_KINDS(X)                        \
    X(SLOW) /* left to simavr */             \
    X(NOP)                                   \
    X(MOVW)                                  \
    X(CPC)                                   \
    X(SBC)                                   \
    X(ADD)                                   \
    X(CPSE)                                  \
    X(CP)                                    \
    X(SUB)                                   \
    X(ADC)                                   \
    X(AND)                                   \
    X(EOR)                                   \
    X(OR)                                    \
    X(MOV)                                   \
    X(CPI)                                   \
    X(SBCI)                                  \
    X(SUBI)                                  \
    X(ORI)                                   \
    X(ANDI)                                  \
    X(LDI)                                   \
    X(COM)                                   \
    X(NEG)                                   \
    X(SWAP)                                  \
    X(INC)                                   \
    X(ASR)                                   \
    X(LSR)                                   \
    X(ROR)                                   \
    X(DEC)                                   \
    X(ADIW)                                  \
    X(SBIW)                                  \
    X(MUL)                                   \
    X(MULS) /* and its like: k = how */      \
    X(RJMP) /* IJMP, ICALL: by Z */          \
    X(RCALL)                                 \
    X(JMP)                                   \
    X(CALL)                                  \
    X(RET)                                   \
    X(RETI)                                  \
    X(IJMP)                                  \
    X(ICALL)                                 \
    X(BREQ)                                  \
    X(BRNE)                                  \
    X(BRCS)                                  \
    X(BRCC)                                  \
    X(BRMI)                                  \
    X(BRPL)                                  \
    X(BRLT)                                  \
    X(BRGE)                                  \
    X(BRBS) /* the other flags, r = which */ \
    X(BRBC)                                  \
    X(SBRC)                                  \
    X(SBRS)                                  \
    X(SBIC)                                  \
    X(SBIS)                                  \
    X(SBI)                                   \
    X(CBI)                                   \
    X(BST)                                   \
    X(BLD)                                   \
    X(BSET)                                  \
    X(BCLR)                                  \
    X(SEI)                                   \
    X(CLI)                                   \
    X(WDR)                                   \
    X(IN)                                    \
    X(OUT)                                   \
    X(IN_SREG)                               \
    X(OUT_SREG)                              \
    X(LDS)                                   \
    X(STS)                                   \
    X(LDD)                                   \
    X(STD)                                   \
    X(LD_INC)                                \
    X(ST_INC)                                \
    X(LD_DEC)                                \
    X(ST_DEC)                                \
    X(PUSH)                                  \
    X(POP)                                   \
    X(LPM)                                   \
    X(LPM_INC)                               \
    X(SPM)                                   \
    X(UNDEFINED) /* as simavr has said */

/* Twins that leave out flags: all of them, or all but C, or Z and C. */
#define FAST_TWINS(X) \
    X(LEAN_ADD)       \
    X(LEAN_ADD_C)     \
    X(LEAN_ADC)       \
    X(LEAN_ADC_C)     \
    X(LEAN_SUB)       \
    X(LEAN_SUB_ZC)    \
    X(LEAN_SUBI)      \
    X(LEAN_SUBI_ZC)   \
    X(LEAN_SBC_ZC)    \
    X(LEAN_SBCI_ZC)   \
    X(LEAN_CP_ZC)     \
    X(LEAN_CPI_ZC)    \
    X(LEAN_CPC_ZC)    \
    X(LEAN_AND)       \
    X(LEAN_ANDI)      \
    X(LEAN_OR)        \
    X(LEAN_ORI)       \
    X(LEAN_EOR)       \
    X(LEAN_INC)       \
    X(LEAN_DEC)       \
    X(LEAN_LSR_C)     \
    X(LEAN_ASR_C)     \
    X(LEAN_ROR_C)     \
    X(LEAN_ADIW)      \
    X(LEAN_SBIW)      \
    X(LEAN_MUL)

#define FAST_KIND_NAME(kind) kind,
enum fast_kind { FAST_KINDS(FAST_KIND_NAME) FAST_KINDS_N };
enum fast_exec { FAST_EXEC_KINDS = FAST_KINDS_N - 1, FAST_TWINS(FAST_KIND_NAME) FAST_EXECS_N };

/* A block is looked through so many words behind an instruction. */
#define FAST_LOOKAHEAD 6

/* o->exec, once o and the words behind it are decoded; what they are is in o[1] to o[FAST_LOOKAHEAD]. */
void fast_lean(struct fast_op *o);

/* k of MULS, MULSU, FMUL, FMULS, FMULSU */
enum { FAST_D_SIGNED = 1, FAST_R_SIGNED = 2, FAST_FRACTION = 4 };

/* extra of a word: how it is skipped, and whether a jump leads back (from a word to itself too) */
enum { FAST_LONG = 1, FAST_BACK = 2 };

#define FAST_FIRST_RAM (32 + MAX_IOs) /* no I/O callback from here on */
#define FAST_SPL 0x5d
#define FAST_SPH 0x5e

#endif
