/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hw_spi.c - SCK, MOSI, MISO and RESET on the Uno: SPI hardware up to 64 cycles a phase, software above
 *
 *         _____ ______ ______
 *   MOSI  _____X__7___X__6___     MOSI changes when SCK falls and is held while it is high
 *              ___    ___
 *   SCK   ____|   |__|   |__      MISO is read at the end of the high phase
 *
 * Long phases sleep until timer 0 has counted them, short ones spin.
 */
#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <util/delay_basic.h>

#include "board.h"
#include "damage.h"
#include "hw.h"

#define SLEEP_FROM_CK 2048 /* 128 us */
#define TIMER0_CK 64       /* a count of timer 0, which runs 0..249 */
#define TIMER0_COUNTS 250

static uint16_t half = HW_HALF_MAX_HARDWARE;
static bool taken;
static volatile bool counted;

static uint8_t divider_log2(uint16_t half_ck) /* hardware: one phase is 2^n cycles, n = 0..6 */
{
    uint8_t n = 0;

    while (n < 6 && (1U << n) < half_ck) {
        n++;
    }
    return n;
}

uint16_t hw_spi_rounded(uint16_t half_ck)
{
    return half_ck > HW_HALF_MAX_HARDWARE ? half_ck : 1U << divider_log2(half_ck);
}

static void apply_rate(void)
{
    /* one phase:                        1     2        4     8        16    32       64 cycles */
    static const uint8_t spr[7] = {
        0, 0, _BV(SPR0), _BV(SPR0), _BV(SPR1), _BV(SPR1), _BV(SPR1) | _BV(SPR0),
    };
    uint8_t n;

    if (!taken || half > HW_HALF_MAX_HARDWARE || DAMAGED_BITS) {
        SPCR = 0;
        return;
    }
    n = divider_log2(half);
    SPSR = n == 0 || n == 2 || n == 4 ? _BV(SPI2X) : 0;
    SPCR = _BV(SPE) | _BV(MSTR) | spr[n];
}

void hw_spi_rate(uint16_t half_ck)
{
    half = half_ck;
    apply_rate();
}

void hw_isp_take(void)
{
    ISP_PORT &= (uint8_t) ~(_BV(ISP_RESET) | _BV(ISP_SCK) | _BV(ISP_MOSI));
    ISP_PORT |= _BV(ISP_MISO);
    ISP_DDR &= (uint8_t)~_BV(ISP_MISO);
    ISP_DDR |= _BV(ISP_SCK) | _BV(ISP_MOSI); /* low before RESET falls */
    ISP_DDR |= _BV(ISP_RESET);
    taken = true;
    apply_rate();
}

void hw_isp_release(void)
{
    taken = false;
    apply_rate();
    ISP_DDR &= (uint8_t) ~(_BV(ISP_SCK) | _BV(ISP_MOSI) | _BV(ISP_MISO) | _BV(ISP_RESET));
    ISP_PORT &= (uint8_t) ~(_BV(ISP_SCK) | _BV(ISP_MOSI) | _BV(ISP_MISO) | _BV(ISP_RESET));
}

void hw_reset_n(bool high)
{
    if (high) {
        ISP_PORT |= _BV(ISP_RESET);
    } else {
        ISP_PORT &= (uint8_t)~_BV(ISP_RESET);
    }
}

ISR(TIMER0_COMPB_vect)
{
    counted = true;
}

/* Sleeps until timer 0 has counted n, 2..240; the first count may be short. */
static void sleep_counts(uint8_t n)
{
    uint16_t at;

    cli();
    at = TCNT0 + n;
    OCR0B = (uint8_t)(at >= TIMER0_COUNTS ? at - TIMER0_COUNTS : at);
    counted = false;
    TIFR0 = _BV(OCF0B);
    TIMSK0 |= _BV(OCIE0B);
    while (!counted) {
        sleep_enable();
        sei();
        sleep_cpu();
        sleep_disable();
        cli();
    }
    TIMSK0 &= (uint8_t)~_BV(OCIE0B);
    sei();
}

static void wait_ck(uint16_t ck)
{
    if (ck < SLEEP_FROM_CK) {
        _delay_loop_2(ck / 4);
        return;
    }
    for (uint16_t counts = ck / TIMER0_CK + 2; counts;) {
        uint8_t n = counts > 240 ? 200 : (uint8_t)counts;

        sleep_counts(n);
        counts -= n;
    }
}

uint8_t hw_spi_byte(uint8_t out)
{
    if (half <= HW_HALF_MAX_HARDWARE && !DAMAGED_BITS) {
        SPDR = out;
        loop_until_bit_is_set(SPSR, SPIF);
        return SPDR;
    }
    for (uint8_t i = 0; i < 8; i++) {
        if (out & 0x80) {
            ISP_PORT |= _BV(ISP_MOSI);
        } else {
            ISP_PORT &= (uint8_t)~_BV(ISP_MOSI);
        }
        if (!DAMAGED(SCK_LOW)) {
            wait_ck(half);
        }
        ISP_PORT |= _BV(ISP_SCK);
        if (DAMAGED(MOSI_HOLD)) {
            ISP_PORT ^= _BV(ISP_MOSI);
        }
        if (!DAMAGED(SCK_HIGH)) {
            wait_ck(half);
        }
        out = (uint8_t)(out << 1);
        if (!DAMAGED(MISO_LATE) && ISP_PIN & _BV(ISP_MISO)) {
            out |= 1;
        }
        ISP_PORT &= (uint8_t)~_BV(ISP_SCK);
        if (DAMAGED(MISO_LATE)) {
            __asm__ volatile("nop"); /* a read at once would see the pins before the fall: the synchroniser */
            if (ISP_PIN & _BV(ISP_MISO)) {
                out |= 1;
            }
        }
    }
    return out;
}
