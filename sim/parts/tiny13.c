/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATtiny13, 13A: two bits of CKSEL, SPIEN in the low fuse, no crystal, no extended fuse.
 *
 * Sources   ATtiny13 2535J (08/2010), ATtiny13A 8126F (05/2012): clock sources, start-up, OSCCAL range, instructions,
 *           the 13A's waits. Fuse bytes and defaults: avr-libc. Signature and instructions: avrdude 7.1.
 * Not read  the 13's table of waits (the 13A's is taken; avrdude waits 4 ms for a chip erase), VPOT and brown-out levels
 *           (those of the ATtiny25/45/85): assumed. The 13's speed grade is the one without V.
 */
#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "sim/parts/clock_rows.h"
#include "sim/parts/families.h"
#include "sim/parts/hv_rows.h"
#include "sim/parts/isp_rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct isp_instruction instructions[] = { ISP_ROWS_COMMON, ISP_ROWS_CALIBRATION_2, ISP_ROWS_FLASH_1K,
                                                       ISP_ROWS_EEPROM_64 };

/* "BODLEVEL Fuse Coding" */
static const struct fuse_bod_level bod[] = {
    { 2, 1700, 1800, 2000 },
    { 1, 2500, 2700, 2900 },
    { 0, 4100, 4300, 4500 },
};

static const struct fuse_preset presets[] = {
    { "factory", { 0x6A, 0xFF, 0xFF }, "calibrated RC 9.6 MHz divided by 8: 1.2 MHz, no brown-out detection" },
    { "9.6mhz", { 0x7A, 0xFF, 0xFF }, "calibrated RC 9.6 MHz, not divided" },
};

/* "Fuse High Byte", "Fuse Low Byte", "Lock Bit Byte" */
static const struct fuse_layout fuses = {
    .at = {
        [FUSE_CKSEL] = { 0, 0, 2 },
        [FUSE_SUT] = { 0, 2, 2 },
        [FUSE_CKDIV8] = { 0, 4, 1 },
        [FUSE_WDTON] = { 0, 5, 1 },
        [FUSE_EESAVE] = { 0, 6, 1 },
        [FUSE_SPIEN] = { 0, 7, 1 },
        [FUSE_RSTDISBL] = { 1, 0, 1 },
        [FUSE_BODLEVEL] = { 1, 1, 2 },
        [FUSE_DWEN] = { 1, 3, 1 },
        [FUSE_SELFPRGEN] = { 1, 4, 1 },
        [FUSE_LB] = { 3, 0, 2 },
    },
    .bod = bod,
    .n_bod = COUNT(bod),
    .bod_off = 3,
    .bod_hyst_mv = 50,
    .presets = presets,
    .n_presets = COUNT(presets),
};

/* "Number of Watchdog Oscillator Cycles": 512 and 8192 of nominal 128 kHz */
static const struct clock_timeout timeouts[] = { { 0, 0 }, { 4000, 4000 }, { 64000, 64000 } };

/*
 * "Device Clocking Options Select". 4.8 MHz is the oscillator through a divider; of the two calibration bytes that for
 * 9.6 MHz is the one that is loaded.
 */
static const struct clock_source source[16] = {
    /* of which two bits of CKSEL reach four */
    { .kind = CLOCK_EXTERNAL, .f_min_hz = 0, .f_max_hz = 20000000, .startup = startup_external },
    { .kind = CLOCK_RC, .f_min_hz = 9600000, .f_max_hz = 9600000, .div = 2, .startup = startup_rc },
    { .kind = CLOCK_RC, .f_min_hz = 9600000, .f_max_hz = 9600000, .startup = startup_rc },
    { .kind = CLOCK_RC_128K, .f_min_hz = 128000, .f_max_hz = 128000, .startup = startup_rc },
};

/* "Internal RC Oscillator Frequency Range", seven bits: the middle of 50..100, 75..150 and 100..200 % of 9.6 MHz */
static const struct clock_point osccal_low[] = { { 0, 7200 }, { 63, 10800 }, { 127, 14400 } };
static const struct clock_point osccal_high[] = { { 128, 7200 }, { 191, 10800 }, { 255, 14400 } };

/* The 128 kHz oscillator's spread: as in tinyx5.c */
static const struct clock_layout clocks = {
    .source = source,
    .timeouts = timeouts,
    .osccal = { { osccal_low, COUNT(osccal_low) }, { osccal_high, COUNT(osccal_high) } },
    .rc_ref_mv = 3000,
    .rc_tolerance_ppm = 100000,
    .rc128k_min_hz = 76000,
    .rc128k_max_hz = 180000,
};

/* "Speed" */
static const struct part_speed speed[] = { { 2700, 10000 }, { 4500, 20000 } };
static const struct part_speed speed_a[] = { { 1800, 4000 }, { 2700, 10000 }, { 4500, 20000 } };

#define FAMILY                                                                                                     \
    .simavr_name = "attiny13", .signature = { 0x1E, 0x90, 0x07 }, .flash_bytes = 1024, .flash_page_bytes = 32,     \
    .eeprom_bytes = 64, .eeprom_page_bytes = 4, .n_calibration = 2, .sram_bytes = 64, .sram_start = 0x60,          \
    .instructions = instructions, .n_instructions = COUNT(instructions), .n_fuses = 2,                             \
    .fuse_default = { 0x6A, 0xFF, 0xFF }, .fuse_used = { 0xFF, 0x1F, 0x00 }, .lock_used = 0x03, .fuses = &fuses,   \
    .clocks = &clocks, .t_wd_flash_us = 4500, .t_wd_eeprom_us = 4000, .t_wd_erase_us = 9000, .t_wd_fuse_us = 4500, \
    .rc_nominal_hz = 9600000, .busy_reads_ff_everywhere = true, .t_rst_ps = 2500 * SIM_NS, .v_pot_rise_mv = 1400,  \
    .v_pot_fall_mv = 1300, .ports = { { 'B', 0x3F } }, .pin_mosi = "PB0", .pin_miso = "PB1", .pin_sck = "PB2",     \
    .pin_reset = "PB5", .pin_xtal1 = "PB3"
#define SPEED(s) .speed = (s), .n_speed = COUNT(s)

static const struct part *const parts[] = {
    PART(FAMILY, SPEED(speed), .hv = &hv_tiny13, .name = "attiny13", .title = "ATtiny13", .avrdude_id = "t13"),
    PART(FAMILY, SPEED(speed_a), .hv = &hv_tiny13a, .name = "attiny13a", .title = "ATtiny13A", .avrdude_id = "t13a"),
};

const struct part_family family_tiny13 = { parts, COUNT(parts) };
