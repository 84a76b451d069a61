; SPDX-License-Identifier: GPL-3.0-or-later
; slot.S - the form of the programs that cost_test.c puts on a target, behind a table of vectors that all lead to a RETI
;
; One slot of 256 bytes each: the name (23 bytes, NULs behind), how it is ('b': it runs as a boot loader, where SPM works;
; 'h': all interrupts lead to its second word instead), then the program. r16 and r17 begin as 0 and 0xff. A program more is
; a macro call more.

#define __SFR_OFFSET 0
#include <avr/io.h>

.equ boot, 0x62              ; b
.equ handler, 0x68           ; h

.macro slot name, how=0x2d
    .balign 256
7:  .ascii "\name"
    .fill 23 - (. - 7b), 1, 0
    .byte \how
.endm

.macro do reg, value            ; reg = value, by way of r18
    ldi r18, \value
    .if \reg < 0x40
    out \reg, r18
    .else
    sts \reg, r18
    .endif
.endm
