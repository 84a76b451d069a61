/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/limpisp/fake_hw.h"

#include <string.h>

#include "firmware/limpisp/hw.h"

#define T_WD_FLASH_MS 4.5
#define T_WD_EEPROM_MS 3.6
#define T_WD_ERASE_MS 9.0

struct fake fake;

void fake_reset(double f_hz)
{
    memset(&fake, 0, sizeof fake);
    fake.f_hz = f_hz;
    fake.reset_n = true;
    fake.half_ck = 64;
    memset(fake.flash, 0xff, sizeof fake.flash);
    memset(fake.eeprom, 0xff, sizeof fake.eeprom);
    memset(fake.page, 0xff, sizeof fake.page);
    fake.fuse[0] = 0x62;
    fake.fuse[1] = 0xd9;
    fake.fuse[2] = 0xff;
    fake.lock = 0xff;
}

static bool clock_runs(void)
{
    return fake.f_hz > 0 &&
           !(fake.lost_at_ms > 0 && fake.now_ms > fake.lost_at_ms && fake.now_ms < fake.lost_at_ms + 5);
}

static bool follows(void)
{
    return clock_runs() && fake.half_ck / (HW_CK_PER_US * 1e6) > 2 / fake.f_hz;
}

void hw_isp_take(void)
{
    fake.taken = true;
    hw_reset_n(false);
}

void hw_isp_release(void)
{
    fake.taken = false;
    hw_reset_n(true);
}

void hw_reset_n(bool high)
{
    if (high && !fake.reset_n) {
        fake.n_sent = 0;
        fake.enabled = false;
        memset(fake.page, 0xff, sizeof fake.page);
        fake.n = 0;
        fake.in_step = true;
    }
    fake.reset_n = high;
}

void hw_spi_rate(uint16_t half_ck)
{
    fake.half_ck = half_ck;
}

uint16_t hw_spi_rounded(uint16_t half_ck)
{
    uint16_t h = 1;

    if (half_ck > HW_HALF_MAX_HARDWARE) {
        return half_ck;
    }
    while (h < half_ck) {
        h = (uint16_t)(h * 2);
    }
    return h;
}

static void busy(double ms)
{
    fake.busy_until_ms = fake.now_ms + ms;
}

static uint32_t word_address(void)
{
    return ((uint32_t)fake.ext << 16 | (uint32_t)fake.in[1] << 8 | fake.in[2]) & 0xffff;
}

static uint8_t read_byte(void)
{
    bool is_busy = fake.now_ms < fake.busy_until_ms;

    if (fake.in[0] == 0xf0) {
        return fake.no_polling ? 0 : is_busy ? 0xff : 0xfe;
    }
    if (is_busy) {
        if ((fake.in[0] & 0xf0) != 0x40) {
            fake.busy_accesses++;
        }
        return 0xff;
    }
    switch (fake.in[0]) {
    case 0x20:
    case 0x28: return fake.flash[word_address() * 2 + (fake.in[0] == 0x28)];
    case 0xa0: return fake.eeprom[(fake.in[1] << 8 | fake.in[2]) & 1023];
    case 0x30:
        if (fake.half_ck == fake.noisy_half_ck && fake.reads++ % 4 == 3) {
            return 0;
        }
        return (const uint8_t[]){ 0x1e, 0x95, 0x0f, 0xff }[fake.in[2] & 3];
    case 0x38: return 0xa5;
    case 0x50: return fake.fuse[fake.in[1] & 8 ? 2 : 0];
    case 0x58: return fake.in[1] & 8 ? fake.fuse[1] : fake.lock;
    default: return fake.in[2];
    }
}

static void execute(void)
{
    uint32_t at;

    if (fake.now_ms < fake.busy_until_ms) {
        return;
    }
    switch (fake.in[0]) {
    case 0xac:
        if (fake.in[1] == 0x80) {
            memset(fake.flash, 0xff, sizeof fake.flash);
            memset(fake.eeprom, 0xff, sizeof fake.eeprom);
            fake.lock = 0xff;
            busy(T_WD_ERASE_MS);
        } else if (fake.in[1] == 0xe0) {
            fake.lock &= fake.in[3];
            busy(T_WD_FLASH_MS);
        } else if (fake.in[1] == 0xa0 || fake.in[1] == 0xa8 || fake.in[1] == 0xa4) {
            fake.fuse[fake.in[1] == 0xa0 ? 0 : fake.in[1] == 0xa8 ? 1 : 2] = fake.in[3];
            busy(T_WD_FLASH_MS);
        }
        break;
    case 0x4d:
        fake.ext = fake.in[2];
        fake.ext_loads++;
        break;
    case 0x40:
    case 0x48: fake.page[(fake.in[2] & 63) * 2 + (fake.in[0] == 0x48)] = fake.in[3]; break;
    case 0x4c:
        at = (word_address() & ~63u) * 2;
        for (unsigned i = 0; i < 128; i++) {
            fake.flash[at + i] &= fake.page[i];
        }
        memset(fake.page, 0xff, sizeof fake.page);
        busy(T_WD_FLASH_MS);
        break;
    case 0xc0:
        fake.eeprom[(fake.in[1] << 8 | fake.in[2]) & 1023] = fake.in[3];
        busy(T_WD_EEPROM_MS);
        break;
    case 0xc1: fake.page[128 + (fake.in[2] & 3)] = fake.in[3]; break;
    case 0xc2:
        at = (fake.in[1] << 8 | fake.in[2]) & 1020;
        memcpy(fake.eeprom + at, fake.page + 128, 4);
        busy(T_WD_EEPROM_MS);
        break;
    default: break;
    }
}

uint8_t hw_spi_byte(uint8_t out)
{
    uint8_t in = 0xff;

    fake.now_ms += fake.half_ck * 16 / (HW_CK_PER_US * 1e3);
    if (!fake.taken || fake.reset_n) {
        return 0xff;
    }
    if (fake.n_sent < sizeof fake.sent) {
        fake.sent[fake.n_sent++] = out;
    }
    if (!follows()) {
        fake.in_step = false;
    }
    if (!fake.in_step) {
        return fake.enabled ? (uint8_t)(fake.last >> 1) : 0xff;
    }
    fake.in[fake.n] = out;
    if (fake.enabled) {
        in = fake.last;
    }
    if (fake.n == 2 && !fake.enabled && fake.in[0] == 0xac && fake.in[1] == 0x53) {
        fake.enabled = true;
        fake.enables++;
        in = 0x53;
    }
    if (fake.n == 3 && fake.enabled) {
        in = read_byte();
    }
    fake.last = out;
    if (++fake.n == 4) {
        fake.n = 0;
        if (fake.enabled) {
            execute();
        }
    }
    return in;
}

uint16_t hw_ms(void)
{
    return (uint16_t)(uint32_t)fake.now_ms;
}

void hw_wait_ms(uint16_t ms)
{
    fake.now_ms += ms;
}

void hw_wait_us(uint16_t us)
{
    fake.now_ms += us / 1e3;
}

void hw_led(enum hw_led led, bool on)
{
    (void)led;
    (void)on;
}

bool hw_careful_jumper(void)
{
    return fake.jumper;
}

uint8_t hw_supply_dv(void)
{
    return 51;
}

void hw_clock_out(uint32_t half_ck)
{
    fake.clock_half_ck = half_ck;
}

void hw_debug_char(char c)
{
    if (fake.n_debug < sizeof fake.debug - 1) {
        fake.debug[fake.n_debug++] = c;
    }
}
