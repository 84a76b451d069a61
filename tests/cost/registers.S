; SPDX-License-Identifier: GPL-3.0-or-later
; registers.S - each I/O register of an ATmega328P in turn: nothing but stores of 0 and 0xff to it, nothing but loads of it

#include "slot.S"

.macro stores address           ; 25 pairs, without a jump between
slot store_\address
1:  .rept 25
    .if \address < 0x60
    out \address - 0x20, r16
    out \address - 0x20, r17
    .else
    sts \address, r16
    sts \address, r17
    .endif
    .endr
    rjmp 1b
.endm

.macro loads address
slot load_\address
1:  .rept 50
    .if \address < 0x60
    in r18, \address - 0x20
    .else
    lds r18, \address
    .endif
    .endr
    inc r16
    rjmp 1b
.endm

.macro both address
    stores \address
    loads \address
.endm

.irp at, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b        ; PINB DDRB PORTB, C, D
    both \at
.endr
.irp at, 0x35, 0x36, 0x37, 0x3b, 0x3c, 0x3d                          ; TIFR0..2 PCIFR EIFR EIMSK
    both \at
.endr
.irp at, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43                          ; GPIOR0 EECR EEDR EEARL EEARH GTCCR
    both \at
.endr
.irp at, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x4b                    ; TCCR0A TCCR0B TCNT0 OCR0A OCR0B GPIOR1 GPIOR2
    both \at
.endr
.irp at, 0x4c, 0x4d, 0x4e, 0x50, 0x53, 0x54, 0x55, 0x57              ; SPCR SPSR SPDR ACSR SMCR MCUSR MCUCR SPMCSR
    both \at
.endr
.irp at, 0x5d, 0x5e, 0x5f                                            ; SPL SPH SREG
    both \at
.endr
.irp at, 0x60, 0x61, 0x64, 0x66, 0x68, 0x69, 0x6b, 0x6c, 0x6d        ; WDTCSR CLKPR PRR OSCCAL PCICR EICRA PCMSK0..2
    both \at
.endr
.irp at, 0x6e, 0x6f, 0x70, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7e, 0x7f  ; TIMSK0..2 ADCL ADCH ADCSRA ADCSRB ADMUX DIDR0 DIDR1
    both \at
.endr
.irp at, 0x80, 0x81, 0x82, 0x84, 0x85, 0x86, 0x87                    ; TCCR1A..C TCNT1L TCNT1H ICR1L ICR1H
    both \at
.endr
.irp at, 0x88, 0x89, 0x8a, 0x8b                                      ; OCR1AL OCR1AH OCR1BL OCR1BH
    both \at
.endr
.irp at, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb6                          ; TCCR2A TCCR2B TCNT2 OCR2A OCR2B ASSR
    both \at
.endr
.irp at, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd                          ; TWBR TWSR TWAR TWDR TWCR TWAMR
    both \at
.endr
.irp at, 0xc0, 0xc1, 0xc2, 0xc4, 0xc5, 0xc6                          ; UCSR0A..C UBRR0L UBRR0H UDR0
    both \at
.endr
    .balign 256
