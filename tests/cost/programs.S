; SPDX-License-Identifier: GPL-3.0-or-later
; programs.S - programs that make a simulator work: each pokes one part of an ATmega328P as often as it can

#include "slot.S"

; ---- pins ----
slot toggle_d
    out DDRD, r17
1:  out PIND, r17
    rjmp 1b
slot toggle_b  ; SCK, MOSI, MISO and XTAL1 are on the board's nets
    out DDRB, r17
1:  out PINB, r17
    rjmp 1b
slot toggle_b_unrolled
    out DDRB, r17
1:  .rept 100
    out PINB, r17
    .endr
    rjmp 1b
slot port_b_unrolled
    out DDRB, r17
1:  .rept 50
    out PORTB, r16
    out PORTB, r17
    .endr
    rjmp 1b
slot ddr_b
1:  eor r16, r17
    out DDRB, r16
    rjmp 1b
slot pull_ups
1:  out MCUCR, r16
    subi r16, -16
    rjmp 1b
slot pull_up_b
1:  eor r16, r17
    out PORTB, r16
    rjmp 1b
slot sbi_cbi_sck
    sbi DDRB, 5
1:  sbi PORTB, 5
    cbi PORTB, 5
    rjmp 1b
slot sbi_cbi_isp
    sbi DDRB, 3
    sbi DDRB, 4
    sbi DDRB, 5
1:  sbi PORTB, 4
    cbi PORTB, 4
    sbi PORTB, 5
    cbi PORTB, 5
    rjmp 1b
slot read_pins
1:  in r16, PIND
    add r17, r16
    inc r17
    rjmp 1b
slot pin_change
    out DDRB, r17
    sts PCMSK0, r17
    do PCICR, 1
    sei
1:  out PINB, r17
    rjmp 1b
slot level_interrupt
    do EIMSK, 1
    do DDRD, 4
    sei
1:  inc r16
    rjmp 1b

; ---- clocks ----
slot clkpr
    ldi r18, 0x80
    ldi r19, 1
1:  sts CLKPR, r18
    sts CLKPR, r16
    sts CLKPR, r18
    sts CLKPR, r19
    rjmp 1b
slot clkpr_same
    ldi r18, 0x80
1:  sts CLKPR, r18
    sts CLKPR, r16
    rjmp 1b
slot osccal
    lds r16, OSCCAL
    mov r17, r16
    inc r17
1:  sts OSCCAL, r17
    sts OSCCAL, r16
    rjmp 1b
slot osccal_same
    lds r16, OSCCAL
1:  sts OSCCAL, r16
    rjmp 1b
slot osccal_and_timer
    do TCCR0B, 1
    lds r16, OSCCAL
1:  sts OSCCAL, r16
    in r17, TCNT0
    out TCNT0, r17
    rjmp 1b
slot osccal_and_pwm
    do DDRD, 0x60
    do DDRB, 0x0a
    do OCR0A, 7
    do TCCR0A, 0xa3
    do TCCR0B, 1
    do OCR2A, 9
    do TCCR2A, 0xa3
    do TCCR2B, 1
    lds r16, OSCCAL
    mov r17, r16
    inc r17
1:  sts OSCCAL, r17
    sts OSCCAL, r16
    rjmp 1b

; ---- timers ----
slot gtccr
    do TCCR0B, 1
    do TCCR1B, 1
    do TCCR2B, 1
    ldi r18, 0x83
1:  out GTCCR, r18
    out GTCCR, r16
    inc r16
    rjmp 1b
slot gtccr_reset
    do TCCR0B, 1
    do TCCR1B, 1
    do TCCR2B, 1
    ldi r18, 0x03
1:  out GTCCR, r18
    rjmp 1b
slot timer0_mode
    ldi r18, 1
1:  out TCCR0B, r18
    out TCCR0A, r16
    inc r16
    rjmp 1b
slot timer2_mode
1:  sts TCCR2B, r16
    inc r16
    rjmp 1b
slot timer1_mode
1:  sts TCCR1B, r16
    inc r16
    rjmp 1b
slot timer0_count
    do TCCR0B, 1
1:  out TCNT0, r16
    inc r16
    rjmp 1b
slot timer0_count_unrolled
    do TCCR0B, 1
1:  .rept 100
    out TCNT0, r16
    .endr
    rjmp 1b
slot timer0_start_stop
    ldi r18, 1
1:  out TCCR0B, r18
    out TCCR0B, r16
    rjmp 1b
slot timer1_count
    do TCCR1B, 1
1:  sts TCNT1L, r16
    inc r16
    rjmp 1b
slot timer0_match
    do TCCR0B, 1
1:  out OCR0A, r16
    inc r16
    rjmp 1b
slot timer1_match
    do TCCR1B, 1
1:  sts OCR1AL, r16
    inc r16
    rjmp 1b
slot timer1_top
    do TCCR1B, 0x19
1:  sts ICR1L, r16
    inc r16
    rjmp 1b
slot timer0_pwm_match
    do DDRD, 0x60
    do TCCR0A, 0xa3
    do TCCR0B, 1
1:  out OCR0A, r16
    inc r16
    rjmp 1b
slot timer2_pwm_on_mosi         ; OC2A is MOSI
    do DDRB, 0x08
    do TCCR2A, 0x83
    do TCCR2B, 1
1:  sts OCR2A, r16
    subi r16, 7
    rjmp 1b
slot timer2_toggle_mosi
    do DDRB, 0x08
    do OCR2A, 0
    do TCCR2A, 0x42
    do TCCR2B, 1
1:  inc r16
    rjmp 1b
slot timer0_force
    do DDRD, 0x60
    do TCCR0A, 0x50
    ldi r18, 0xc1
1:  out TCCR0B, r18
    rjmp 1b
slot timer_mask
    do TCCR0B, 1
    do TCCR1B, 1
1:  sts TIMSK0, r16
    sts TIMSK1, r16
    inc r16
    rjmp 1b
slot timer_read
    do TCCR0B, 1
1:  in r16, TCNT0
    add r17, r16
    rjmp 1b
slot timer_flags
    do TCCR0B, 1
    ldi r18, 7
1:  in r16, TIFR0
    out TIFR0, r18
    add r17, r16
    rjmp 1b
slot timer_pwm
    do TCCR0A, 0x53
    do DDRD, 0xff
    do OCR0A, 1
    do TCCR0B, 9
1:  inc r16
    adc r17, r16
    rjmp 1b
slot timer_ctc
    do TCCR0A, 0x42
    do DDRD, 0xff
    do OCR0A, 0
    do TCCR0B, 1
1:  inc r16
    adc r17, r16
    rjmp 1b
slot timer_interrupt
    do TCCR0A, 2
    do OCR0A, 20
    do TCCR0B, 1
    do TIMSK0, 2
    sei
1:  inc r16
    adc r17, r16
    rjmp 1b
slot timer_interrupt_always
    do TCCR0A, 2
    do OCR0A, 1
    do TCCR0B, 1
    do TIMSK0, 2
    sei
1:  inc r16
    adc r17, r16
    rjmp 1b
slot timers_all_interrupt
    do TCCR0A, 2
    do OCR0A, 1
    do TCCR0B, 1
    do TIMSK0, 6
    do TCCR2A, 2
    do OCR2A, 2
    do TCCR2B, 1
    do TIMSK2, 6
    do OCR1AL, 3
    do TCCR1B, 9
    do TIMSK1, 6
    sei
1:  inc r16
    adc r17, r16
    rjmp 1b
slot sleep_interrupt
    do TCCR0A, 2
    do OCR0A, 9
    do TCCR0B, 1
    do TIMSK0, 2
    do SMCR, 1
    sei
1:  sleep
    rjmp 1b
slot all_timers
    do TCCR0A, 2
    do OCR0A, 1
    do TCCR0B, 1
    do OCR1AL, 1
    do TCCR1B, 9
    do TCCR2B, 1
1:  inc r16
    adc r17, r16
    rjmp 1b
slot assr
1:  sts ASSR, r16
    inc r16
    rjmp 1b

; ---- serial ----
slot uart_send
    do UCSR0B, 8
1:  sts UDR0, r16
    inc r16
    rjmp 1b
slot uart_fast
    do UCSR0A, 2
    do UCSR0B, 8
1:  lds r17, UCSR0A
    sbrs r17, 5
    rjmp 1b
    sts UDR0, r16
    inc r16
    rjmp 1b
slot uart_baud
    do UCSR0B, 0x18
1:  sts UBRR0L, r16
    inc r16
    rjmp 1b
slot uart_on_off
1:  sts UCSR0B, r16
    subi r16, -8
    rjmp 1b
slot uart_on_send_off
    ldi r18, 8
1:  sts UCSR0B, r18
    sts UDR0, r17
    sts UCSR0B, r16
    rjmp 1b
slot spi_master
    do DDRB, 0x2c
    do SPCR, 0x50
    do SPSR, 1
1:  out SPDR, r16
    inc r16
    .rept 14
    nop
    .endr
    rjmp 1b
slot spi_collide
    do DDRB, 0x2c
    do SPCR, 0x50
1:  out SPDR, r16
    inc r16
    in r17, SPSR
    rjmp 1b
slot spi_on_off
    do DDRB, 0x2c
1:  out SPCR, r16
    subi r16, -16
    rjmp 1b
slot twi
    ldi r18, 0xa4
1:  sts TWCR, r18
    inc r16
    rjmp 1b

; ---- analog, watchdog, power ----
slot adc
    ldi r18, 0xc0
1:  sts ADCSRA, r18
    lds r17, ADCL
    add r16, r17
    rjmp 1b
slot adc_free
    do ADCSRA, 0xe8
    sei
1:  inc r16
    adc r17, r16
    rjmp 1b
slot comparator
1:  in r16, ACSR
    add r17, r16
    out ACSR, r17
    rjmp 1b
slot wdr
1:  wdr
    inc r16
    rjmp 1b
slot watchdog_set
    ldi r18, 0x18
    ldi r19, 0x0e
1:  sts WDTCSR, r18
    sts WDTCSR, r19
    wdr
    rjmp 1b
slot watchdog_resets
    do WDTCSR, 0x18
    do WDTCSR, 0x08
1:  inc r16
    rjmp 1b
slot prr
1:  sts PRR, r16
    inc r16
    rjmp 1b

; ---- memories ----
slot eeprom_write
    ldi r18, 4
    ldi r19, 2
1:  out EEARL, r16
    out EEDR, r17
    out EECR, r18
    out EECR, r19
2:  sbic EECR, 1
    rjmp 2b
    inc r16
    inc r17
    rjmp 1b
slot eeprom_read
1:  out EEARL, r16
    sbi EECR, 0
    in r17, EEDR
    inc r16
    rjmp 1b
slot eeprom_try
    ldi r18, 4
    ldi r19, 2
1:  out EECR, r18
    out EECR, r19
    inc r16
    rjmp 1b
slot spm_rwwsre, boot
    ldi r18, 0x11
1:  out SPMCSR, r18
    spm
    rjmp 1b
slot spm_fill, boot
    ldi r18, 1
1:  out SPMCSR, r18
    spm
    adiw r30, 2
    inc r0
    rjmp 1b
slot spm_page, boot
    ldi r31, 0x10
1:  do SPMCSR, 3
    spm
2:  in r18, SPMCSR
    sbrc r18, 0
    rjmp 2b
    do SPMCSR, 1
    spm
    do SPMCSR, 5
    spm
3:  in r18, SPMCSR
    sbrc r18, 0
    rjmp 3b
    do SPMCSR, 0x11
    spm
    inc r0
    rjmp 1b
slot spm_enable, boot
    ldi r18, 1
1:  out SPMCSR, r18
    inc r16
    rjmp 1b
slot spm_signature, boot
    ldi r18, 0x21
1:  out SPMCSR, r18
    lpm r16, Z
    rjmp 1b
slot spm_fuses, boot
    ldi r18, 0x09
1:  out SPMCSR, r18
    lpm r16, Z
    rjmp 1b
slot spm_alone, boot
1:  spm
    rjmp 1b
slot lpm
1:  lpm r16, Z+
    rjmp 1b
slot ram
    ldi r27, 1
1:  st X+, r16
    ld r17, -X
    adiw r26, 1
    andi r27, 1
    ori r27, 1
    inc r16
    rjmp 1b
slot ram_beyond
    ldi r27, 0x20
1:  st X+, r16
    ori r27, 0x20
    rjmp 1b
slot all_registers              ; 0xff into each register in turn, as a program gone astray does
    ldi r26, 0x23
    ldi r27, 0
1:  st X+, r17
    rjmp 1b
slot all_registers_zero
    ldi r26, 0x23
1:  st X+, r16
    subi r16, 0x5b
    andi r27, 3
    rjmp 1b

; ---- the core ----
slot push
1:  push r16
    pop r17
    inc r16
    rjmp 1b
slot call
1:  rcall 2f
    inc r16
    rjmp 1b
2:  ret
slot gpior
1:  out GPIOR0, r16
    in r17, GPIOR0
    inc r16
    rjmp 1b
slot illegal
1:  .word 0xff0f
    .word 0x9404
    .word 0x940b
    rjmp 1b
slot illegal_unrolled
1:  .rept 100
    .word 0x9404
    .endr
    rjmp 1b
slot status
1:  sei
    cli
    bset 6
    bclr 6
    in r16, SREG
    out SREG, r17
    rjmp 1b
slot stack_pointer
1:  out SPL, r16
    inc r16
    rjmp 1b
slot wrap
    ldi r30, 0xff
    ldi r31, 0x3f
    ijmp
slot vectors
    ldi r18, 1
    ldi r19, 2
1:  out MCUCR, r18
    out MCUCR, r19
    out MCUCR, r18
    out MCUCR, r16
    rjmp 1b
slot reti
    ldi r18, lo8(pm(0))
1:  rcall 2f
    rjmp 1b
2:  reti
    .balign 256
