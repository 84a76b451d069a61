/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source_lines.h - from a program counter and a stack to functions and lines of the source
 *
 *      PC --> statement --> inlined callers --> return addresses on the stack --> ... main
 *
 * Lines       of DWARF, through libdw. avr-gcc's plain -g writes stabs, which it can't read: -gdwarf-4 is what to ask for.
 *             Not by .debug_aranges: units are asked themselves, so ELF files without that section work.
 * Stack       the AVR has no frame pointer to follow and the ELF no unwind tables worth it (libdw has no AVR back end). A
 *             word on the stack is taken for a return address if the instruction before it calls the function that
 *             we are in, or one that jumps to it. What doesn't fit is saved registers.
 * Own file    the program's, not the Arduino core's, its libraries' or the compiler's.
 * Leaves out  .o files (their addresses are not placed yet: refused), what an interrupt handler interrupted.
 */
#ifndef MCU_SOURCE_LINES_H
#define MCU_SOURCE_LINES_H

#include "sim/checker.h"
#include "sim/problem.h"

struct source_lines;

struct source_place {
    char function[64];
    char file[64]; /* without its folders; "": not known */
    unsigned line; /* 0: not known */
    bool is_own;
};

/* Of a file's bytes (copied); name is for messages. NULL and err: no ELF file, or one without line numbers. */
struct source_lines *source_lines_new(const char *name, const void *bytes, size_t n, struct problem *err);
void source_lines_free(struct source_lines *s);

/* Innermost first; returns how many. Only functions are known of code without lines. */
unsigned source_lines_find(struct source_lines *s, const struct checker_where *w, struct source_place *to,
                           unsigned most);
/* The same for places whose program counter and calls are the same: what source_lines_find() would say again. */
uint64_t source_lines_key(const struct source_lines *s, const struct checker_where *w);
/* The first place in the program's own files, else the innermost. Index; n > 0. */
unsigned source_lines_own(const struct source_place *p, unsigned n);
/* Has the program a function of that name? */
bool source_lines_has(const struct source_lines *s, const char *function);

#endif
