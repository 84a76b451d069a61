/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATtiny2313, 2313A, 4313.
 *
 * Sources   ATtiny2313 2543L (08/2010), ATtiny2313A/4313 8246B (09/2011): clock sources, start-up of the crystal,
 *           time-outs, waits, instructions. Fuse bytes and defaults: avr-libc. Signatures and instructions: avrdude 7.1.
 * Waits     2543H prints 4 ms for a chip erase, the later 2313A and avrdude 9 ms: that is taken for all.
 * Assumed   VPOT and brown-out levels (those of the ATtiny25/45/85), that 4 MHz is the oscillator through a divider and
 *           the 8 MHz calibration byte is the one that is loaded. The 2313's speed grade is the one without V.
 */
#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "sim/parts/clock_rows.h"
#include "sim/parts/families.h"
#include "sim/parts/hv_rows.h"
#include "sim/parts/isp_rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ROWS ISP_ROWS_COMMON, ISP_ROWS_EXT_FUSE, ISP_ROWS_CALIBRATION_2
static const struct isp_instruction instructions_2313[] = { ROWS, ISP_ROWS_FLASH_2K, ISP_ROWS_EEPROM_128 };
static const struct isp_instruction instructions_4313[] = { ROWS, ISP_ROWS_FLASH_4K, ISP_ROWS_EEPROM_256 };

/* "BODLEVEL Fuse Coding"; 0xx is reserved */
static const struct fuse_bod_level bod[] = {
    { 6, 1700, 1800, 2000 },
    { 5, 2500, 2700, 2900 },
    { 4, 4100, 4300, 4500 },
};

static const struct fuse_preset presets[] = {
    { "factory", { 0x64, 0xDF, 0xFF }, "calibrated RC 8 MHz divided by 8: 1 MHz, no brown-out detection" },
    { "8mhz", { 0xE4, 0xDF, 0xFF }, "calibrated RC 8 MHz, not divided" },
};

/* "Fuse Extended Byte", "Fuse High Byte", "Fuse Low Byte", "Lock Bit Byte" */
static const struct fuse_layout fuses = {
    .at = {
        [FUSE_CKSEL] = { 0, 0, 4 },
        [FUSE_SUT] = { 0, 4, 2 },
        [FUSE_CKOUT] = { 0, 6, 1 },
        [FUSE_CKDIV8] = { 0, 7, 1 },
        [FUSE_RSTDISBL] = { 1, 0, 1 },
        [FUSE_BODLEVEL] = { 1, 1, 3 },
        [FUSE_WDTON] = { 1, 4, 1 },
        [FUSE_SPIEN] = { 1, 5, 1 },
        [FUSE_EESAVE] = { 1, 6, 1 },
        [FUSE_DWEN] = { 1, 7, 1 },
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

/* "Number of Watchdog Oscillator Cycles": 4096 and 65536 of about 1 MHz (2313), 512 and 8192 of 128 kHz (A, 4313) */
static const struct clock_timeout timeouts[] = { { 0, 0 }, { 4100, 4300 }, { 65000, 69000 } };
static const struct clock_timeout timeouts_a[] = { { 0, 0 }, { 4000, 4000 }, { 64000, 64000 } };

/* "Device Clocking Select", "Crystal Oscillator Operating Modes" */
static const struct clock_source source[16] = {
    { .kind = CLOCK_EXTERNAL, .f_min_hz = 0, .f_max_hz = 20000000, .startup = startup_external },
    { .kind = CLOCK_RESERVED },
    { .kind = CLOCK_RC, .f_min_hz = 8000000, .f_max_hz = 8000000, .div = 2, .startup = startup_rc },
    { .kind = CLOCK_RESERVED },
    { .kind = CLOCK_RC, .f_min_hz = 8000000, .f_max_hz = 8000000, .startup = startup_rc },
    { .kind = CLOCK_RESERVED },
    { .kind = CLOCK_RC_128K, .f_min_hz = 128000, .f_max_hz = 128000, .startup = startup_rc },
    { .kind = CLOCK_RESERVED },
    CLOCK_ROWS_CRYSTAL(20000000),
};

/* "Internal RC Oscillator Frequency Range", seven bits: the middle of 50..100, 75..150 and 100..200 % of 8 MHz */
static const struct clock_point osccal_low[] = { { 0, 6000 }, { 63, 9000 }, { 127, 12000 } };
static const struct clock_point osccal_high[] = { { 128, 6000 }, { 191, 9000 }, { 255, 12000 } };

/* The 128 kHz oscillator's spread: as in tinyx5.c */
#define OSCILLATORS                                                                                         \
    .source = source, .osccal = { { osccal_low, COUNT(osccal_low) }, { osccal_high, COUNT(osccal_high) } }, \
    .rc_ref_mv = 3000, .rc_tolerance_ppm = 100000, .rc128k_min_hz = 76000, .rc128k_max_hz = 180000
static const struct clock_layout clocks = { OSCILLATORS, .timeouts = timeouts };
static const struct clock_layout clocks_a = { OSCILLATORS, .timeouts = timeouts_a };

/* "Speed" */
static const struct part_speed speed[] = { { 2700, 10000 }, { 4500, 20000 } };
static const struct part_speed speed_a[] = { { 1800, 4000 }, { 2700, 10000 }, { 4500, 20000 } };

#define FAMILY                                                                                                    \
    .eeprom_page_bytes = 4, .n_calibration = 2, .sram_start = 0x60, .n_fuses = 3,                                 \
    .fuse_default = { 0x64, 0xDF, 0xFF }, .fuse_used = { 0xFF, 0xFF, 0x01 }, .lock_used = 0x03, .fuses = &fuses,  \
    .t_wd_flash_us = 4500, .t_wd_eeprom_us = 4000, .t_wd_erase_us = 9000, .t_wd_fuse_us = 4500,                   \
    .rc_nominal_hz = 8000000, .busy_reads_ff_everywhere = true, .t_rst_ps = 2500 * SIM_NS, .v_pot_rise_mv = 1400, \
    .v_pot_fall_mv = 1300, .ports = { { 'A', 0x07 }, { 'B', 0xFF }, { 'D', 0x7F } }, .pin_mosi = "PB5",           \
    .pin_miso = "PB6", .pin_sck = "PB7", .pin_reset = "PA2", .pin_xtal1 = "PA0", .pin_xtal2 = "PA1",              \
    .pin_clko = "PD2", .clko_in_reset = false
#define MEMORY(flash, page, eeprom_and_sram, rows)                                         \
    .flash_bytes = (flash), .flash_page_bytes = (page), .eeprom_bytes = (eeprom_and_sram), \
    .sram_bytes = (eeprom_and_sram), .instructions = (rows), .n_instructions = COUNT(rows)
#define TINY2313 FAMILY, MEMORY(2048, 32, 128, instructions_2313), .signature = { 0x1E, 0x91, 0x0A }
#define TINY4313 FAMILY, MEMORY(4096, 64, 256, instructions_4313), .signature = { 0x1E, 0x92, 0x0D }
#define DIE .hv = &hv_tiny2313, .clocks = &clocks, .speed = speed, .n_speed = COUNT(speed)
#define DIE_A .hv = &hv_tiny2313a, .clocks = &clocks_a, .speed = speed_a, .n_speed = COUNT(speed_a)
#define NAMES(n, a, A, core) .name = "attiny" n a, .title = "ATtiny" n A, .avrdude_id = "t" n a, .simavr_name = core

static const struct part *const parts[] = {
    PART(NAMES("2313", "", "", "attiny2313"), TINY2313, DIE),
    PART(NAMES("2313", "a", "A", "attiny2313"), TINY2313, DIE_A),
    PART(NAMES("4313", "", "", "attiny4313"), TINY4313, DIE_A),
};

const struct part_family family_tiny2313 = { parts, COUNT(parts) };
