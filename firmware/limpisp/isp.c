/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "isp.h"

#include <string.h>

#include "damage.h"
#include "debug.h"
#include "hw.h"

#define T_WAIT_MS 20    /* RESET low to Programming Enable: datasheet, serial programming algorithm */
#define PULSE_MIN_US 50 /* positive RESET pulse: 2 target clocks, here of 40 kHz and up */

static bool avr;         /* echo is checked */
static bool echo_first;  /* and that of byte 1 too: learnt, as some parts may differ */
static uint8_t last_out; /* byte 4 of the instruction before */

bool isp_is_avr(const struct isp_entry *e)
{
    return e->poll_index == 3 && e->poll_value == 0x53;
}

void isp_take(void)
{
    hw_isp_take();
}

void isp_release(void)
{
    hw_reset_n(true);
    hw_wait_us(PULSE_MIN_US);
    hw_isp_release();
}

static bool echo_is_right(const uint8_t out[4], const uint8_t in[4])
{
    bool ok = in[1] == out[0] && in[2] == out[1] && (!echo_first || in[0] == last_out);

    last_out = out[3];
    return ok || !avr;
}

bool isp_instruction(const uint8_t out[4], uint8_t in[4])
{
    for (uint8_t i = 0; i < 4; i++) {
        in[i] = hw_spi_byte(out[i]);
    }
    return echo_is_right(out, in);
}

uint8_t isp_raw_byte(uint8_t out)
{
    last_out = out;
    return hw_spi_byte(out);
}

/*
 * Bytes 2, 3 and 4 of a signature read, of which the part uses only the last two bits of byte 3: what is free echoes
 * patterns. Chosen so that a frame which lost bits, 1 to 31 at any place, is no instruction that writes: with zeros
 * instead two lost bits make C0 00 00 00 of it, which writes EEPROM. (As datasheets print them: C0 000x xxxx ...)
 */
static const uint8_t patterns[ISP_MAX_PASSES][3] = {
    { 0x14, 0x94, 0xaa },
    { 0x15, 0x6c, 0x5a },
    { 0x16, 0xd4, 0x96 },
};

/* Reads the signature; false if an echo is wrong. */
static bool read_signature(const uint8_t pattern[3], uint8_t signature[3], bool *first_too)
{
    for (uint8_t i = 0; i < 3; i++) {
        const uint8_t out[4] = { 0x30, pattern[0], pattern[1] | i, pattern[2] };
        uint8_t in[4], before = last_out;

        if (!isp_instruction(out, in)) {
            return false;
        }
        if (in[0] != before) {
            *first_too = false;
        }
        signature[i] = in[3];
    }
    return true;
}

/* Programming Enable was echoed: is the rate good enough to believe what is read? */
static bool verify(uint8_t passes)
{
    uint8_t first[3], again[3];
    bool first_too = true;

    echo_first = false;
    if (!read_signature(patterns[0], first, &first_too)) {
        return false;
    }
    for (uint8_t i = 1; i < passes; i++) {
        if (!read_signature(patterns[i], again, &first_too) || memcmp(first, again, 3) != 0) {
            return false;
        }
    }
    echo_first = first_too;
    debug_text(PSTR(" signature"));
    debug_bytes(first, 3);
    return true;
}

enum isp_outcome isp_try(const struct isp_entry *e, uint16_t half_ck, uint8_t passes)
{
    uint16_t pulse_us = half_ck / (HW_CK_PER_US / 4); /* four SCK phases: even at half the rate's clock enough */
    uint8_t in[4];

    hw_spi_rate(half_ck);
    hw_reset_n(true);
    if (!DAMAGED(RESET_PULSE)) {
        hw_wait_us(pulse_us > PULSE_MIN_US ? pulse_us : PULSE_MIN_US);
    }
    hw_reset_n(false);
    if (DAMAGED(ENABLE_WAIT)) {
        hw_wait_ms(5);
    } else {
        hw_wait_ms(e->cmdexe_ms > T_WAIT_MS ? e->cmdexe_ms : T_WAIT_MS);
    }

    debug_text(PSTR("SCK "));
    debug_number(1000000UL * HW_CK_PER_US / 2 / hw_spi_rounded(half_ck));
    debug_text(PSTR(" Hz:"));
    for (uint8_t i = 0; i < 4; i++) {
        in[i] = hw_spi_byte(e->cmd[i]);
        if (e->byte_ms) {
            hw_wait_ms(e->byte_ms);
        }
    }
    debug_bytes(in, 4);
    last_out = e->cmd[3];
    avr = isp_is_avr(e);
    echo_first = false;

    if (e->poll_index == 0 || !avr) {
        bool sync = e->poll_index == 0 || (e->poll_index <= 4 && in[e->poll_index - 1] == e->poll_value);

        debug_text(sync ? PSTR(" sync") : PSTR(" no sync"));
        debug_end();
        return sync ? ISP_GOOD : ISP_NO_SYNC;
    }
    if (in[2] != e->poll_value) {
        debug_text(PSTR(" no sync"));
        debug_end();
        return ISP_NO_SYNC;
    }
    if (!verify(passes)) {
        debug_text(PSTR(" sync, but unstable"));
        debug_end();
        return ISP_UNSTABLE;
    }
    debug_text(PSTR(" good"));
    debug_end();
    return ISP_GOOD;
}

enum isp_ready isp_wait_ready(uint16_t limit_ms)
{
    static const uint8_t poll[4] = { 0xf0, 0, 0, 0 };
    uint16_t start = hw_ms();
    uint8_t in[4];

    for (uint8_t n = 0;;) {
        if (!isp_instruction(poll, in)) {
            return ISP_LOST;
        }
        if (!(in[3] & 1)) {
            return ISP_READY;
        }
        if (n < 3) {
            n++;
        } else if ((uint16_t)(hw_ms() - start) > limit_ms) {
            return ISP_BUSY;
        }
    }
}
