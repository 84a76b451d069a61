/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fast_core.h - the instructions that touch nothing but registers and SRAM, decoded once
 *
 * simavr decodes every instruction anew by a tree of compares: that was nine tenths of a co-simulation. Most
 * instructions need nothing of it: they are decoded when flash is loaded and executed here, on simavr's own
 * registers, SREG and cycle counter. Everything else (I/O with callbacks, SREG, interrupts, SLEEP, SPM, what
 * is undefined) is left to avr_run_one(), one instruction at a time. fast_core_test.c compares every opcode
 * with it.
 * It also gives skips over ADIW and SBIW their right length, where simavr 1.6 skips two words, and LPM the
 * limits of the boot lock bits: every LPM is executed here.
 * Source      AVR instruction set manual (flags and cycles of parts with a 16-bit program counter).
 */
#ifndef MCU_FAST_CORE_H
#define MCU_FAST_CORE_H

#include <simavr/sim_avr.h>
#include <stdbool.h>

#define FAST_ROW_BYTES 32 /* of a special row */

struct fast_op {
    uint8_t kind, d, r, extra;
    uint16_t k;
};

struct fast_sections {   /* boot lock bits: zero, no limits */
    uint32_t boot_start; /* bytes */
    bool app_locked;     /* BLB0 modes 3 and 4: code in the boot section can't read the application section */
    bool boot_locked;    /* BLB1 modes 3 and 4: code in the application section can't read the boot section */
    bool lpm_free;       /* a special row (fuses, signature) stands over the first FAST_ROW_BYTES, FF behind it */
    uint8_t refused;     /* what LPM gets instead */
};

struct fast_core {
    struct fast_op *ops; /* one per word of flash, and some behind its end */
    uint32_t words;      /* a power of two */
    struct fast_sections sections;
    uint16_t ram_end; /* last byte of SRAM */
    /* for the caller to see and clear, 0 = none: */
    uint16_t stray;      /* a data address beyond SRAM that was used */
    uint32_t left_flash; /* the program ran past the end of flash to this byte address, and on at the start */
};

/* -1: out of memory. words: size of the part's flash, a power of two. */
int fast_core_init(struct fast_core *f, uint32_t words, uint16_t ram_end);
void fast_core_free(struct fast_core *f);
/* Decodes words [first, first + n) of code[], the part's whole flash. */
void fast_core_decode(struct fast_core *f, const uint8_t *code, uint32_t first, uint32_t n);
/*
 * Executes up to the first instruction boundary at or after end, or up to an instruction that is not ours. Not ours
 * either: absolute jumps, calls and returns that leave flash, and a stack outside of SRAM.
 */
void fast_core_run(struct fast_core *f, avr_t *avr, uint64_t end);

#endif
