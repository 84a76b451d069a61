/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hw_avr.c - LEDs, time, supply, recovery clock and debug line of the Uno (hw_spi.c has the ISP pins)
 *
 * Timer 0 interrupts every millisecond; waiting is sleeping until it does. Timer 1 makes the recovery clock.
 */
#include "hw_avr.h"

#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <util/atomic.h>
#include <util/delay.h>
#include <util/delay_basic.h>

#include "board.h"
#include "hw.h"

static volatile uint16_t ms;

ISR(TIMER0_COMPA_vect)
{
    ms++;
}

void hw_init(void)
{
    LED_DDR |= _BV(LED_PROGRAMMING_BIT) | _BV(LED_READY_BIT) | _BV(LED_VERIFY_BIT);
    LED_ERROR_DDR |= _BV(LED_ERROR_BIT);
    DEBUG_PORT |= _BV(DEBUG_BIT);
    DEBUG_DDR |= _BV(DEBUG_BIT);
    CAREFUL_PORT |= _BV(CAREFUL_BIT);

    OCR0A = F_CPU / 64 / 1000 - 1;
    TCCR0A = _BV(WGM01);
    TCCR0B = _BV(CS01) | _BV(CS00);
    TIMSK0 = _BV(OCIE0A);
    set_sleep_mode(SLEEP_MODE_IDLE);
    sei();
}

uint16_t hw_ms(void)
{
    uint16_t now;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) now = ms;
    return now;
}

void hw_wait_ms(uint16_t wait)
{
    uint16_t start = hw_ms();

    if (wait == 0) {
        return;
    }
    while ((uint16_t)(hw_ms() - start) <= wait) {
        sleep_mode(); /* a tick that slips in before it costs one millisecond more */
    }
}

void hw_wait_us(uint16_t us)
{
    if (us >= 1000) {
        hw_wait_ms((us + 999) / 1000);
        return;
    }
    _delay_loop_2((uint16_t)(us * (F_CPU / 1000000 / 4)));
}

void hw_led(enum hw_led led, bool on)
{
    static const uint8_t bits[] = {
        [HW_LED_READY] = _BV(LED_READY_BIT),
        [HW_LED_PROGRAMMING] = _BV(LED_PROGRAMMING_BIT),
        [HW_LED_VERIFY] = _BV(LED_VERIFY_BIT),
    };

    if (led == HW_LED_ERROR) {
        if (on) {
            LED_ERROR_PORT |= _BV(LED_ERROR_BIT);
        } else {
            LED_ERROR_PORT &= (uint8_t)~_BV(LED_ERROR_BIT);
        }
    } else if (on) {
        LED_PORT |= bits[led];
    } else {
        LED_PORT &= (uint8_t)~bits[led];
    }
}

bool hw_careful_jumper(void)
{
    return !(CAREFUL_PIN & _BV(CAREFUL_BIT));
}

/* The target is fed from the Uno's 5 V: measures it as AVCC against the 1.1 V band gap. */
uint8_t hw_supply_dv(void)
{
    uint16_t reading = 0;

    ADMUX = _BV(REFS0) | 0x0e;
    ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
    hw_wait_ms(2); /* the band gap settles */
    ADCSRA |= _BV(ADSC);
    hw_wait_ms(2); /* a first conversion takes 25 cycles of 125 kHz */
    if (!(ADCSRA & _BV(ADSC))) {
        reading = ADC;
    }
    ADCSRA = 0;
    return reading ? (uint8_t)((11UL * 1024 + reading / 2) / reading) : 0;
}

void hw_clock_out(uint32_t half_ck)
{
    uint8_t prescale_bits = _BV(CS10);

    TCCR1B = 0;
    TCCR1A = 0;
    if (half_ck == 0) {
        CLOCK_DDR &= (uint8_t)~_BV(CLOCK_BIT);
        CLOCK_PORT &= (uint8_t)~_BV(CLOCK_BIT);
        return;
    }
    if (half_ck > 0x10000UL) {
        half_ck = (half_ck + 32) / 64;
        prescale_bits = _BV(CS11) | _BV(CS10);
    }
    TCNT1 = 0;
    OCR1A = (uint16_t)(half_ck - 1);
    TCCR1A = _BV(COM1A0); /* toggle OC1A, CTC */
    CLOCK_DDR |= _BV(CLOCK_BIT);
    TCCR1B = _BV(WGM12) | prescale_bits;
}

void hw_debug_char(char c)
{
    /* per bit: the loop, and about 9 cycles around it */
    enum { LOOPS = (F_CPU / DEBUG_BAUD - 9) / 3 };
    uint16_t bits = (uint16_t)(0x200 | (uint8_t)c << 1);

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        for (uint8_t i = 0; i < 10; i++) {
            if (bits & 1) {
                DEBUG_PORT |= _BV(DEBUG_BIT);
            } else {
                DEBUG_PORT &= (uint8_t)~_BV(DEBUG_BIT);
            }
            bits >>= 1;
            _delay_loop_1(LOOPS);
        }
    }
}
