/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATtiny25, 45, 85 (the 2.7..5.5 V grade; those with a V run from 1.8 V at 4 MHz).
 *
 * Source, unless said: ATtiny25/45/85 datasheet Atmel-2586Q (08/2013). The EEPROM's address bits above the sixth,
 * which its instruction table leaves out, and the second calibration byte are avrdude's. OSCCAL: the ATtiny85's curve
 * for all.
 */
#include "sim/parts/tinyx5.h"

#include "sim/parts/clock_rows.h"
#include "sim/parts/families.h"
#include "sim/parts/hv_rows.h"
#include "sim/parts/isp_rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ROWS ISP_ROWS_COMMON, ISP_ROWS_EXT_FUSE, ISP_ROWS_CALIBRATION_2
static const struct isp_instruction instructions_25[] = { ROWS, ISP_ROWS_FLASH_2K, ISP_ROWS_EEPROM_128 };
static const struct isp_instruction instructions_45[] = { ROWS, ISP_ROWS_FLASH_4K, ISP_ROWS_EEPROM_256 };
static const struct isp_instruction instructions_85[] = { ROWS, ISP_ROWS_FLASH_8K, ISP_ROWS_EEPROM_512 };

/* "BODLEVEL Fuse Coding"; 0xx is reserved */
static const struct fuse_bod_level bod[] = {
    { 6, 1700, 1800, 2000 },
    { 5, 2500, 2700, 2900 },
    { 4, 4100, 4300, 4500 },
};

static const struct fuse_preset presets[] = {
    { "factory", { 0x62, 0xDF, 0xFF }, "calibrated RC 8 MHz divided by 8: 1 MHz, no brown-out detection" },
    { "8mhz", { 0xE2, 0xDF, 0xFF }, "calibrated RC 8 MHz, not divided" },
    { "pll", { 0xF1, 0xDF, 0xFF }, "PLL 16 MHz" },
};

/* "Fuse Extended Byte", "Fuse High Byte", "Fuse Low Byte", "Lock Bit Byte" */
const struct fuse_layout tinyx5_fuses = {
    .at = {
        [FUSE_CKSEL] = { 0, 0, 4 },
        [FUSE_SUT] = { 0, 4, 2 },
        [FUSE_CKOUT] = { 0, 6, 1 },
        [FUSE_CKDIV8] = { 0, 7, 1 },
        [FUSE_BODLEVEL] = { 1, 0, 3 },
        [FUSE_EESAVE] = { 1, 3, 1 },
        [FUSE_WDTON] = { 1, 4, 1 },
        [FUSE_SPIEN] = { 1, 5, 1 },
        [FUSE_DWEN] = { 1, 6, 1 },
        [FUSE_RSTDISBL] = { 1, 7, 1 },
        [FUSE_SELFPRGEN] = { 2, 0, 1 },
        [FUSE_LB] = { 3, 0, 2 },
    },
    .bod = bod,
    .n_bod = COUNT(bod),
    .bod_off = 7,
    .bod_hyst_mv = 50,
    .presets = presets,
    .n_presets = COUNT(presets),
};

/* "Number of Watchdog Oscillator Cycles": 512 and 8192, of nominal 128 kHz; given for no other supply */
static const struct clock_timeout timeouts[] = { { 0, 0 }, { 4000, 4000 }, { 64000, 64000 } };

/* "Start-up Times for the PLLCK": 4 ms more after power-on */
static const struct clock_startup pll[4] = {
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_4MS, .por_timeout = TIMEOUT_4MS },
    { .ck = 16384, .delay_ck = 14, .timeout = TIMEOUT_4MS, .por_timeout = TIMEOUT_4MS },
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_64MS, .por_timeout = TIMEOUT_4MS },
    { .ck = 16384, .delay_ck = 14, .timeout = TIMEOUT_64MS, .por_timeout = TIMEOUT_4MS },
};
/* "Start-up Times for Internal Calibrated RC Oscillator Clock (in ATtiny15 Mode)" */
static const struct clock_startup tiny15[4] = {
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 1, .delay_ck = 14, .timeout = TIMEOUT_NONE, .reset_needed = true },
};
/* "Start-up Times for the Low-frequency Crystal Oscillator Clock Selection" (the device pack differs) */
static const struct clock_startup lf[4] = {
    { .ck = 1024, .timeout = TIMEOUT_4MS },
    { .ck = 1024, .timeout = TIMEOUT_64MS },
    { .ck = 32768, .timeout = TIMEOUT_64MS },
    { .ck = 32768, .timeout = TIMEOUT_64MS, .reserved = true },
};

/*
 * "Device Clocking Options Select", "Crystal Oscillator Operating Modes". The PLL gives eight times the RC,
 * a quarter of that is the clock; ATtiny15 mode trims the RC to 6.4 MHz and divides it by 4, whatever CKDIV8.
 * How far off 32.768 kHz a low-frequency crystal may be is an assumption.
 */
static const struct clock_source source[16] = {
    { .kind = CLOCK_EXTERNAL, .f_min_hz = 0, .f_max_hz = 20000000, .startup = startup_external },
    { .kind = CLOCK_PLL, .f_min_hz = 8000000, .f_max_hz = 8000000, .mul = 2, .startup = pll },
    { .kind = CLOCK_RC, .f_min_hz = 8000000, .f_max_hz = 8000000, .startup = startup_rc },
    { .kind = CLOCK_RC,
      .f_min_hz = 6400000,
      .f_max_hz = 6400000,
      .div = 4,
      .ignores_ckdiv8 = true,
      .calibration = 1,
      .startup = tiny15 },
    { .kind = CLOCK_RC_128K, .f_min_hz = 128000, .f_max_hz = 128000, .startup = startup_rc },
    { .kind = CLOCK_RESERVED },
    { .kind = CLOCK_LF_CRYSTAL, .f_min_hz = 30000, .f_max_hz = 40000, .startup = lf },
    { .kind = CLOCK_RESERVED },
    CLOCK_ROWS_CRYSTAL(20000000),
};

/* "Calibrated 8 MHz RC Oscillator Frequency vs. OSCCAL Value", 25 degC, read off the figure */
static const struct clock_point osccal_low[] = {
    { 0, 4600 }, { 32, 5250 }, { 64, 6200 }, { 96, 7600 }, { 127, 9700 },
};
static const struct clock_point osccal_high[] = {
    { 128, 7500 }, { 160, 8600 }, { 192, 10100 }, { 224, 12200 }, { 255, 15200 },
};

/*
 * Tolerance: "Calibration Accuracy of Internal RC Oscillator", factory +-10 % at 3 V. The 128 kHz oscillator has no
 * specification here: the watchdog oscillator of the automotive ATmega328P (7810D), the same class. The PLL saturates
 * at about 85 MHz.
 */
#define OSCILLATORS                                                                                          \
    .source = source, .timeouts = timeouts,                                                                  \
    .osccal = { { osccal_low, COUNT(osccal_low) }, { osccal_high, COUNT(osccal_high) } }, .rc_ref_mv = 3000, \
    .rc_tolerance_ppm = 100000, .rc128k_min_hz = 76000, .rc128k_max_hz = 180000, .pll_max_hz = 21250000

static const struct clock_layout clocks = { OSCILLATORS };
/* ATtiny24/44/84 (tinyx4.c): no PLL, no ATtiny15 mode */
const struct clock_layout tinyx4_clocks = { OSCILLATORS, .reserved = 1u << 1 | 1u << 3 };

/* "Maximum Frequency vs. VCC" */
static const struct part_speed speed[] = { { 2700, 10000 }, { 4500, 20000 } };

/*
 * "Minimum Wait Delay Before Writing the Next Flash or EEPROM Location", "Reset, Brown-out and Internal Voltage
 * Characteristics", "Characteristics of Enhanced Power-On Reset" (revision C and later), "Clock Output Buffer".
 */
#define FAMILY                                                                                                         \
    .hv = &hv_tinyx5, .eeprom_page_bytes = 4, .n_calibration = 2, .sram_start = 0x60, .n_fuses = 3,                    \
    .fuse_default = { 0x62, 0xDF, 0xFF }, .fuse_used = { 0xFF, 0xFF, 0x01 }, .lock_used = 0x03,                        \
    .fuses = &tinyx5_fuses, .clocks = &clocks, .t_wd_flash_us = 4500, .t_wd_eeprom_us = 4000, .t_wd_erase_us = 9000,   \
    .t_wd_fuse_us = 4500, .rc_nominal_hz = 8000000, .busy_reads_ff_everywhere = true, .t_rst_ps = 2500 * SIM_NS,       \
    .v_pot_rise_mv = 1400, .v_pot_fall_mv = 1300, .speed = speed, .n_speed = COUNT(speed), .ports = { { 'B', 0x3F } }, \
    .pin_mosi = "PB0", .pin_miso = "PB1", .pin_sck = "PB2", .pin_reset = "PB5", .pin_xtal1 = "PB3",                    \
    .pin_xtal2 = "PB4", .pin_clko = "PB4", .clko_in_reset = false
#define MEMORY(flash, page, eeprom_and_sram, rows)                                         \
    .flash_bytes = (flash), .flash_page_bytes = (page), .eeprom_bytes = (eeprom_and_sram), \
    .sram_bytes = (eeprom_and_sram), .instructions = (rows), .n_instructions = COUNT(rows)
#define NAMES(n) .name = "attiny" n, .title = "ATtiny" n, .avrdude_id = "t" n, .simavr_name = "attiny" n

const struct part part_attiny85 = { NAMES("85"), FAMILY, MEMORY(8192, 64, 512, instructions_85),
                                    .signature = { 0x1E, 0x93, 0x0B } };

static const struct part *const parts[] = {
    PART(NAMES("25"), FAMILY, MEMORY(2048, 32, 128, instructions_25), .signature = { 0x1E, 0x91, 0x08 }),
    PART(NAMES("45"), FAMILY, MEMORY(4096, 64, 256, instructions_45), .signature = { 0x1E, 0x92, 0x06 }),
    &part_attiny85,
};

const struct part_family family_tinyx5 = { parts, COUNT(parts) };
