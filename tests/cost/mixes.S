; SPDX-License-Identifier: GPL-3.0-or-later
; mixes.S - programs that poke several parts of an ATmega328P at once, or one in a way that few programs do

#include "slot.S"

; ---- timers ----
slot timer1_modes_out           ; OC1A and OC1B change their mode all the time
    do DDRB, 6
    do OCR1AL, 3
    do OCR1BL, 2
1:  sts TCCR1A, r16
    sts TCCR1B, r17
    subi r16, 0x35
    subi r17, 0x2b
    rjmp 1b
slot timer2_modes_out           ; OC2A is MOSI
    do DDRB, 8
    do DDRD, 8
    do OCR2A, 5
    do OCR2B, 2
    do TCCR2B, 1
1:  sts TCCR2A, r16
    subi r16, 0x35
    rjmp 1b
slot timer0_com_unrolled
    do DDRD, 0x60
    do OCR0A, 1
    do TCCR0B, 1
    ldi r18, 0x53
    ldi r19, 0xf2
1:  .rept 40
    out TCCR0A, r18
    out TCCR0A, r19
    .endr
    rjmp 1b
slot timer0_force_unrolled
    do DDRD, 0x60
    do TCCR0A, 0x50
    ldi r18, 0xc1
1:  .rept 90
    out TCCR0B, r18
    .endr
    rjmp 1b
slot timer0_pwm_unrolled
    do DDRD, 0x60
    do TCCR0A, 0xa3
    do TCCR0B, 1
1:  .rept 45
    out OCR0A, r17
    out OCR0B, r16
    .endr
    rjmp 1b
slot timer0_count_pwm           ; TCNT put back before it matches, pins connected
    do DDRD, 0x60
    do OCR0A, 1
    do TCCR0A, 0x53
    do TCCR0B, 9
1:  .rept 45
    out TCNT0, r16
    out TCNT0, r17
    .endr
    rjmp 1b
slot gtccr_pwm                  ; the prescaler begins anew under waves that it divides
    do DDRD, 0x68
    do DDRB, 0x0e
    do TCCR0A, 0xa3
    do TCCR0B, 2
    do TCCR1A, 0xa1
    do TCCR1B, 2
    do TCCR2A, 0xa3
    do TCCR2B, 2
    ldi r18, 0x03
1:  out GTCCR, r18
    rjmp 1b
slot gtccr_stop_pwm
    do DDRD, 0x68
    do DDRB, 0x0e
    do TCCR0A, 0xa3
    do TCCR0B, 1
    do TCCR1A, 0xa1
    do TCCR1B, 1
    do TCCR2A, 0xa3
    do TCCR2B, 1
    ldi r18, 0x83
1:  out GTCCR, r18
    out GTCCR, r16
    rjmp 1b
slot flags_of_all
    do TCCR0A, 2
    do OCR0A, 3
    do TCCR0B, 1
    do OCR1AL, 5
    do TCCR1B, 9
    do TCCR2A, 2
    do OCR2A, 2
    do TCCR2B, 1
1:  in r18, TIFR0
    out TIFR0, r17
    in r18, TIFR1
    out TIFR1, r17
    in r18, TIFR2
    out TIFR2, r17
    rjmp 1b
slot capture                    ; ICP1 is PB0
    do DDRB, 1
    do TIMSK1, 0x20
    do TCCR1B, 0x41
    sei
1:  sbi PINB, 0
    inc r16
    rjmp 1b
slot capture_edge
    do DDRB, 1
    in r18, TIFR1
    ldi r18, 0x41
    ldi r19, 0x01
1:  sts TCCR1B, r18
    sbi PINB, 0
    sts TCCR1B, r19
    sbi PINB, 0
    out TIFR1, r17
    rjmp 1b
slot top_in_pwm
    do DDRB, 6
    do TCCR1A, 0xa2
    do TCCR1B, 0x19
1:  sts ICR1L, r16
    sts OCR1AL, r17
    inc r16
    dec r17
    rjmp 1b
slot read_own_wave              ; PINB of a pin that its own timer drives
    do DDRB, 0x08
    do OCR2A, 3
    do TCCR2A, 0x42
    do TCCR2B, 1
1:  in r18, PINB
    add r16, r18
    rjmp 1b
slot masks_and_flags
    do TCCR0A, 2
    do OCR0A, 1
    do TCCR0B, 1
    ldi r18, 2
1:  sts TIMSK0, r18
    sei
    nop
    cli
    sts TIMSK0, r16
    rjmp 1b

slot timer0_mode_irq            ; its mode all the time, and a match far away that would interrupt
    do OCR0A, 0x80
    do TIMSK0, 2
    do TCCR0B, 5
    ldi r18, 0x53
    ldi r19, 0xf2
    sei
1:  .rept 40
    out TCCR0A, r18
    out TCCR0A, r19
    .endr
    rjmp 1b
slot timer1_count_irq           ; never comes to its match
    do OCR1AL, 0x30
    do TIMSK1, 2
    do TCCR1B, 9
    sei
1:  .rept 20
    sts TCNT1L, r16
    sts TCNT1L, r17
    .endr
    rjmp 1b

slot irq_not_let_in             ; flags that interrupt, but that I is never set for two instructions
    do OCR0A, 3
    do TCCR0A, 2
    do TIMSK0, 7
    do TCCR0B, 1
1:  .rept 40
    sei
    cli
    .endr
    rjmp 1b
slot flags_cleared_of_all       ; set again each cycle, interrupts on but I clear
    do OCR0A, 1
    do TCCR0A, 2
    do TIMSK0, 7
    do OCR2A, 2
    do TCCR2A, 2
    do TIMSK2, 7
    do OCR1AL, 1
    do TIMSK1, 7
    do TCCR0B, 1
    do TCCR1B, 9
    do TCCR2B, 1
1:  .rept 26
    out TIFR0, r17
    out TIFR1, r17
    out TIFR2, r17
    .endr
    rjmp 1b
slot flags_cleared_phase
    do OCR0A, 2
    do OCR0B, 1
    do TCCR0A, 1
    do TIMSK0, 7
    do TCCR0B, 9
1:  .rept 80
    out TIFR0, r17
    .endr
    rjmp 1b
slot timer0_mode_irq_near       ; a match that comes in 128 cycles at most
    do OCR0A, 0x80
    do TIMSK0, 2
    do TCCR0B, 1
    ldi r18, 0x53
    ldi r19, 0xf2
    sei
1:  .rept 40
    out TCCR0A, r18
    out TCCR0A, r19
    .endr
    rjmp 1b
slot timer0_count_irq_near      ; about to match, and put back
    do OCR0A, 0x80
    do TIMSK0, 2
    do TCCR0B, 1
    ldi r18, 0x7e
    ldi r19, 0x05
    sei
1:  .rept 40
    out TCNT0, r18
    out TCNT0, r19
    .endr
    rjmp 1b
slot timer0_force_irq
    do DDRD, 0x60
    do TCCR0A, 0x50
    do OCR0A, 0x80
    do TIMSK0, 7
    ldi r18, 0xc1
    sei
1:  .rept 80
    out TCCR0B, r18
    .endr
    rjmp 1b
slot timers_all_irq_short
    do OCR0A, 30
    do TCCR0A, 2
    do OCR2A, 31
    do TCCR2A, 2
    do OCR1AL, 29
    do TIMSK0, 7
    do TIMSK1, 0x27
    do TIMSK2, 7
    do TCCR0B, 1
    do TCCR2B, 1
    do TCCR1B, 9
    sei
1:  inc r18
    rjmp 1b
slot handler_of_pins, handler
    rjmp 1f
    sbi PINB, 0
    reti
1:  do DDRB, 1
    do OCR0A, 12
    do TCCR0A, 2
    do TIMSK0, 2
    do TCCR0B, 1
    do PCMSK0, 1
    do PCICR, 1
    sei
2:  rjmp 2b
slot handler_nests, handler
    rjmp 1f
    sei
    nop
    reti
1:  do OCR0A, 12
    do TCCR0A, 2
    do TIMSK0, 2
    do OCR2A, 15
    do TCCR2A, 2
    do TIMSK2, 2
    do TCCR0B, 1
    do TCCR2B, 1
    sei
2:  rjmp 2b

; ---- pins ----
slot pcint_software             ; interrupts by the program's own pins
    do DDRD, 0xff
    do PCMSK2, 0xff
    do PCICR, 4
    sei
1:  out PIND, r17
    nop
    rjmp 1b
slot pcint_masks
    do PCICR, 7
    sei
1:  sts PCMSK0, r16
    sts PCMSK1, r17
    sts PCMSK2, r16
    subi r16, 0x35
    rjmp 1b
slot int0_low                   ; for ever
    do DDRD, 4
    do EIMSK, 1
    sei
1:  inc r16
    rjmp 1b
slot int0_edges
    do DDRD, 0x0c
    do EICRA, 5
    do EIMSK, 3
    sei
1:  sbi PIND, 2
    sbi PIND, 3
    rjmp 1b
slot int0_sense
    do DDRD, 4
    do EIMSK, 1
1:  sts EICRA, r16
    sbi PIND, 2
    inc r16
    rjmp 1b
slot pull_ups_of_all
    out PORTB, r17
    out PORTC, r17
    out PORTD, r17
    ldi r18, 0x10
1:  out MCUCR, r18
    out MCUCR, r16
    rjmp 1b
slot ddr_unrolled
1:  .rept 45
    out DDRB, r17
    out DDRB, r16
    .endr
    rjmp 1b
slot ddr_of_all
1:  out DDRB, r17
    out DDRC, r17
    out DDRD, r17
    out DDRB, r16
    out DDRC, r16
    out DDRD, r16
    rjmp 1b
slot against_rxd                ; PD0 against whoever sends to it
    do DDRD, 1
1:  sbi PIND, 0
    rjmp 1b
slot against_miso               ; PB4 as an output, where another chip's may be
    do DDRB, 0x10
1:  sbi PINB, 4
    rjmp 1b
slot read_while_moving
    out DDRB, r17
    out DDRD, r17
1:  out PINB, r17
    in r18, PINB
    out PIND, r17
    in r18, PIND
    rjmp 1b
slot toggle_sbi_unrolled
    do DDRD, 0x30
1:  .rept 50
    sbi PIND, 4
    sbi PIND, 5
    .endr
    rjmp 1b
slot reset_and_sck              ; D10 is the target's RESET on an Uno
    do DDRB, 0x24
1:  sbi PINB, 2
    sbi PINB, 5
    rjmp 1b

; ---- serial ----
slot usart_register_empty
    do UCSR0A, 2
    do UCSR0B, 0x28
    sei
1:  sts UDR0, r16
    inc r16
    rjmp 1b
slot usart_formats
    do UCSR0B, 0x18
    sts UDR0, r17
1:  sts UCSR0C, r16
    subi r16, 0x37
    rjmp 1b
slot usart_speeds_sending
    do UCSR0A, 2
    do UCSR0B, 8
1:  sts UDR0, r17
    sts UBRR0L, r16
    subi r16, 0x37
    rjmp 1b
slot usart_receives_itself      ; RXD is the program's own pull-up
    do UCSR0A, 2
    do UCSR0B, 0x90
    sei
1:  sbi PORTD, 0
    cbi PORTD, 0
    lds r18, UDR0
    rjmp 1b
slot usart_as_spi
    do DDRD, 0x12
    do UCSR0C, 0xc0
    do UCSR0B, 0x18
    sts UBRR0L, r16
1:  sts UDR0, r17
    lds r18, UDR0
    rjmp 1b
slot usart_as_spi_on_off
    do DDRD, 0x12
    ldi r18, 0xc0
1:  sts UCSR0C, r18
    sts UCSR0B, r17
    sts UDR0, r17
    sts UCSR0B, r16
    sts UCSR0C, r16
    rjmp 1b
slot spi_master_slave
    do DDRB, 0x2c
    ldi r18, 0x50
    ldi r19, 0x40
1:  out SPCR, r18
    out SPDR, r17
    out SPCR, r19
    out SPDR, r16
    rjmp 1b
slot spi_mode_3
    do DDRB, 0x2c
    do SPCR, 0xfc
    do SPSR, 1
    sei
1:  out SPDR, r17
    inc r16
    rjmp 1b
slot spi_slow_speeds
    do DDRB, 0x2c
    ldi r18, 0x50
    ldi r19, 0x53
1:  out SPCR, r18
    out SPDR, r16
    out SPSR, r17
    out SPCR, r19
    out SPSR, r16
    inc r16
    rjmp 1b
slot spi_select                 ; SS goes low under a master
    do DDRB, 0x28
    ldi r18, 0x50
1:  sbi PORTB, 2
    out SPCR, r18
    out SPDR, r16
    cbi PORTB, 2
    rjmp 1b
slot spi_select_out             ; with stores that take a cycle
    do DDRB, 0x28
    ldi r18, 0x50
    ldi r19, 4
1:  .rept 20
    out PORTB, r19
    out SPCR, r18
    out SPDR, r17
    out PORTB, r16
    .endr
    rjmp 1b
slot spi_select_pull            ; only PUD moves SS
    do DDRB, 0x28
    ldi r18, 0x50
    ldi r19, 0x10
    sbi PORTB, 2
1:  out MCUCR, r16
    out SPCR, r18
    out SPDR, r17
    out MCUCR, r19
    rjmp 1b
slot spi_select_ddr
    do DDRB, 0x2c
    ldi r18, 0x50
1:  sbi DDRB, 2
    out SPCR, r18
    out SPDR, r17
    cbi DDRB, 2
    rjmp 1b
slot spi_restart
    do DDRB, 0x2c
    ldi r18, 0x50
1:  .rept 20
    out SPCR, r18
    out SPDR, r17
    out SPCR, r16
    .endr
    rjmp 1b
slot spi_pins_read              ; at its highest speed
    do DDRB, 0x2c
    do SPCR, 0x50
    do SPSR, 1
    ldi r20, 0x55
1:  out SPDR, r20
    .rept 18
    in r18, PINB
    .endr
    rjmp 1b
slot spi_ports                  ; MISO's pull-up and what SCK and MOSI would be
    do DDRB, 0x2f
    do SPCR, 0x50
    do SPSR, 1
    ldi r20, 0x55
1:  out SPDR, r20
    .rept 9
    out PORTB, r17
    out PORTB, r16
    .endr
    rjmp 1b
slot spi_directions
    do DDRB, 0x2f
    do SPCR, 0x50
    do SPSR, 1
    ldi r20, 0x55
    ldi r19, 4
1:  out SPDR, r20
    .rept 9
    out DDRB, r17
    out DDRB, r19
    .endr
    rjmp 1b
slot spi_pin_change             ; of MISO and of what it sends
    do DDRB, 0x2c
    do SPCR, 0x50
    do SPSR, 1
    do PCMSK0, 0x38
    do PCICR, 1
    ldi r20, 0x55
    sei
1:  out SPDR, r20
    sbi PINB, 4
    rjmp 1b
slot spi_and_usart
    do DDRB, 0x2c
    do DDRD, 0x12
    do SPCR, 0x50
    do SPSR, 1
    do UCSR0C, 0xc0
    do UCSR0B, 0x18
    sts UBRR0L, r16
1:  sts UDR0, r17
    out SPDR, r16
    inc r16
    rjmp 1b
slot usart_as_spi_values
    do DDRD, 0x12
    do UCSR0C, 0xc0
    do UCSR0B, 0x18
    sts UBRR0L, r16
1:  sts UDR0, r16
    subi r16, 0x35
    lds r18, UDR0
    rjmp 1b
slot usart_as_spi_sends
    do DDRD, 0x12
    do UCSR0C, 0xc0
    do UCSR0B, 0x08
    sts UBRR0L, r16
1:  sts UDR0, r17
    rjmp 1b
slot usart_as_spi_ports
    do DDRD, 0x12
    do UCSR0C, 0xc0
    do UCSR0B, 0x18
    sts UBRR0L, r16
    ldi r20, 0x55
1:  sts UDR0, r20
    .rept 5
    out PORTD, r17
    out PORTD, r16
    .endr
    rjmp 1b
slot usart_as_spi_modes         ; UCPOL, UCPHA and UDORD in mid-byte
    do DDRD, 0x12
    do UCSR0B, 0x18
    sts UBRR0L, r16
    ldi r20, 0xc0
    ldi r19, 0xc7
1:  sts UCSR0C, r20
    sts UDR0, r20
    sts UCSR0C, r19
    rjmp 1b
slot usart_formats_hearing
    do UCSR0B, 0x18
1:  .rept 25
    sts UCSR0C, r16
    sts UCSR0C, r17
    .endr
    rjmp 1b
slot usart_ports
    do UCSR0A, 2
    do UCSR0B, 0x08
    ldi r20, 0x55
1:  sts UDR0, r20
    .rept 20
    out PORTD, r17
    out PORTD, r16
    .endr
    rjmp 1b
slot twi_start_stop
    ldi r18, 0xa4
    ldi r19, 0x94
1:  sts TWCR, r18
    sts TWCR, r19
    rjmp 1b
slot twi_interrupts
    do TWCR, 0xa5
    sei
1:  ldi r18, 0xa5
    sts TWCR, r18
    sts TWDR, r16
    inc r16
    rjmp 1b

; ---- analog, watchdog, power ----
slot adc_start_stop
    ldi r18, 0xc7
1:  sts ADCSRA, r18
    sts ADCSRA, r16
    rjmp 1b
slot adc_channels
    do ADCSRA, 0xe8
    sei
1:  sts ADMUX, r16
    sts ADCSRB, r16
    inc r16
    rjmp 1b
slot comparator_on_off
    ldi r18, 0x80
    ldi r19, 0x4b
    sei
1:  out ACSR, r18
    out ACSR, r19
    rjmp 1b
slot watchdog_interrupts
    ldi r18, 0x18
    ldi r19, 0x40
    sei
1:  sts WDTCSR, r18
    sts WDTCSR, r19
    wdr
    rjmp 1b
slot power_of_all
    do DDRD, 0x68
    do DDRB, 0x2e
    do TCCR0A, 0xa3
    do TCCR0B, 1
    do TCCR1A, 0xa1
    do TCCR1B, 1
    do TCCR2A, 0xa3
    do TCCR2B, 1
    do UCSR0B, 0x18
    do SPCR, 0x50
1:  sts PRR, r17
    sts PRR, r16
    rjmp 1b
slot sleep_short                ; woken every few cycles, waves on pins
    do DDRD, 0x68
    do TCCR0A, 0x52
    do OCR0A, 3
    do TCCR0B, 1
    do TIMSK0, 2
    sei
1:  do SMCR, 1
    sleep
    do SMCR, 0
    rjmp 1b
slot sleep_modes
    do DDRD, 4
    do EIMSK, 1
    sei
1:  out SMCR, r16
    sleep
    subi r16, -2
    andi r16, 0x0f
    ori r16, 1
    rjmp 1b
slot osccal_and_uart
    do UCSR0A, 2
    do UCSR0B, 8
    lds r16, OSCCAL
    mov r17, r16
    inc r17
1:  sts OSCCAL, r17
    sts UDR0, r17
    sts OSCCAL, r16
    rjmp 1b
slot osccal_and_spi
    do DDRB, 0x2c
    do SPCR, 0x50
    lds r16, OSCCAL
    mov r17, r16
    inc r17
1:  out SPDR, r17
    sts OSCCAL, r17
    sts OSCCAL, r16
    rjmp 1b
slot clkpr_and_pwm
    do DDRD, 0x60
    do DDRB, 0x0a
    do OCR0A, 7
    do TCCR0A, 0xa3
    do TCCR0B, 1
    do OCR2A, 9
    do TCCR2A, 0xa3
    do TCCR2B, 1
    ldi r18, 0x80
    ldi r19, 1
1:  sts CLKPR, r18
    sts CLKPR, r16
    sts CLKPR, r18
    sts CLKPR, r19
    rjmp 1b

; ---- memories ----
slot eeprom_ready               ; its interrupt, for ever
    do EECR, 8
    sei
1:  inc r16
    rjmp 1b
slot eeprom_modes
1:  out EECR, r16
    out EEARL, r17
    sbi EECR, 0
    subi r16, 0x15
    andi r16, 0x3d
    dec r17
    rjmp 1b
slot spm_fill_erase, boot
    ldi r31, 0x10
    ldi r18, 1
    ldi r19, 0x11
    ldi r20, 3
1:  out SPMCSR, r18
    spm
    out SPMCSR, r20
    spm
    out SPMCSR, r19
    spm
    inc r30
    inc r30
    rjmp 1b
slot spm_ready, boot
    do SPMCSR, 0x80
    sei
1:  inc r16
    rjmp 1b
slot spm_lock_bits, boot
    ldi r18, 0x09
1:  out SPMCSR, r18
    spm
    rjmp 1b

; ---- the core ----
slot undefined_after_skip
1:  sbrs r16, 0
    .word 0x9404
    sbrc r16, 0
    .word 0x0001
    inc r16
    rjmp 1b
slot multiply
1:  muls r16, r17
    mulsu r16, r17
    fmul r16, r17
    fmuls r16, r17
    rjmp 1b
slot elpm
1:  .rept 40
    elpm
    elpm r18, Z+
    .endr
    rjmp 1b
slot far_jumps                  ; beyond the end of flash, and a stack in the registers
    out SPL, r16
    out SPH, r16
1:  push r16
    pop r17
    rcall 2f
2:  pop r17
    pop r17
    rjmp 1b
    .balign 256
