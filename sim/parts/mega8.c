/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATmega8 and ATmega8A: one signature, one programming chapter.
 *
 * Source, unless said: ATmega8A datasheets Atmel-8159E (02/2013) and Microchip 40001974A (2017). "2486AA" is the
 * ATmega8 datasheet, used for tables that could not be read in those. Speed: 2486AA has two grades (8L: up to 8 MHz
 * from 2.7 V; 8: up to 16 MHz from 4.5 V); here they are one curve, that of the 8A.
 */
#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "sim/parts/families.h"
#include "sim/parts/hv_rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * 2486AA "Serial Programming Instruction Set"; ignored bits as avrdude's part table has them, and
 * with page loads all address bits above the page. There is no
 * RDY/BSY poll, no EEPROM page, no extended fuse and no extended address. The lock byte's upper bits are not
 * there, so what is sent for them does not matter.
 */
static const struct isp_instruction instructions[] = {
    { ISP_PROGRAMMING_ENABLE, "1010 1100 0101 0011 xxxx xxxx xxxx xxxx" },
    { ISP_CHIP_ERASE, "1010 1100 100x xxxx xxxx xxxx xxxx xxxx" },
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxxa aaaa iiii iiii" },
    { ISP_WRITE_FLASH_PAGE, "0100 1100 0000 aaaa aaax xxxx xxxx xxxx" },
    { ISP_READ_FLASH, "0010 h000 0000 aaaa aaaa aaaa oooo oooo" },
    { ISP_WRITE_EEPROM, "1100 0000 00xx xxxa aaaa aaaa iiii iiii" },
    { ISP_READ_EEPROM, "1010 0000 00xx xxxa aaaa aaaa oooo oooo" },
    { ISP_READ_SIGNATURE, "0011 0000 xxxx xxxx xxxx xxaa oooo oooo" },
    { ISP_READ_CALIBRATION, "0011 1000 00xx xxxx 0000 00aa oooo oooo" },
    { ISP_READ_LFUSE, "0101 0000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_READ_HFUSE, "0101 1000 0000 1000 xxxx xxxx oooo oooo" },
    { ISP_READ_LOCK, "0101 1000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_WRITE_LFUSE, "1010 1100 1010 0000 xxxx xxxx iiii iiii" },
    { ISP_WRITE_HFUSE, "1010 1100 1010 1000 xxxx xxxx iiii iiii" },
    { ISP_WRITE_LOCK, "1010 1100 111x xxxx xxxx xxxx iiii iiii" },
};

/* "BODLEVEL Fuse Coding": of a one-bit fuse that BODEN switches on */
static const struct fuse_bod_level bod[] = {
    { 1, 2400, 2600, 2900 },
    { 0, 3700, 4000, 4500 },
};

static const struct fuse_preset presets[] = {
    { "factory", { 0xE1, 0xD9, 0xFF }, "internal RC 1 MHz, no brown-out detection" },
    { "arduino-ng",
      { 0xDF, 0xCA, 0xFF },
      "Arduino NG with ATmega8: 16 MHz crystal (CKOPT programmed), 512-word boot section" },
};

/* "Fuse High Byte", "Fuse Low Byte", "Lock Bit Byte" */
static const struct fuse_layout fuses = {
    .at = {
        [FUSE_CKSEL] = { 0, 0, 4 },
        [FUSE_SUT] = { 0, 4, 2 },
        [FUSE_BODEN] = { 0, 6, 1 },
        [FUSE_BODLEVEL] = { 0, 7, 1 },
        [FUSE_BOOTRST] = { 1, 0, 1 },
        [FUSE_BOOTSZ] = { 1, 1, 2 },
        [FUSE_EESAVE] = { 1, 3, 1 },
        [FUSE_CKOPT] = { 1, 4, 1 },
        [FUSE_SPIEN] = { 1, 5, 1 },
        [FUSE_WDTON] = { 1, 6, 1 },
        [FUSE_RSTDISBL] = { 1, 7, 1 },
        [FUSE_LB] = { 3, 0, 2 },
        [FUSE_BLB0] = { 3, 2, 2 },
        [FUSE_BLB1] = { 3, 4, 2 },
    },
    .bod = bod,
    .n_bod = COUNT(bod),
    .bod_hyst_mv = 130,
    .presets = presets,
    .n_presets = COUNT(presets),
};

enum { T_NONE, T_4MS, T_65MS };

/* "Number of Watchdog Oscillator Cycles": 4096 and 65536 cycles of an oscillator of about 1 MHz at 5 V */
static const struct clock_timeout timeouts[] = { { 0, 0 }, { 4100, 4300 }, { 65000, 69000 } };

/* "Start-up Times for the Crystal Oscillator Clock Selection", CKSEL0 = 0; this generation has no 14CK */
static const struct clock_startup crystal_0[4] = {
    { .ck = 258, .timeout = T_4MS },
    { .ck = 258, .timeout = T_65MS },
    { .ck = 1024, .timeout = T_NONE },
    { .ck = 1024, .timeout = T_4MS },
};
/* CKSEL0 = 1 */
static const struct clock_startup crystal_1[4] = {
    { .ck = 1024, .timeout = T_65MS },
    { .ck = 16384, .timeout = T_NONE },
    { .ck = 16384, .timeout = T_4MS },
    { .ck = 16384, .timeout = T_65MS },
};
/* "Start-up Times for the Low-frequency Crystal Oscillator Clock Selection" */
static const struct clock_startup lf[4] = {
    { .ck = 1024, .timeout = T_4MS },
    { .ck = 1024, .timeout = T_65MS },
    { .ck = 32768, .timeout = T_65MS },
    { .ck = 32768, .timeout = T_65MS, .reserved = true },
};
/* "Start-up Times for the External RC Oscillator Clock Selection" */
static const struct clock_startup external_rc[4] = {
    { .ck = 18, .timeout = T_NONE },
    { .ck = 18, .timeout = T_4MS },
    { .ck = 18, .timeout = T_65MS },
    { .ck = 6, .timeout = T_4MS },
};
/* "Start-up Times for the Internal Calibrated RC Oscillator Clock Selection", the same for the external clock */
static const struct clock_startup plain[4] = {
    { .ck = 6, .timeout = T_NONE },
    { .ck = 6, .timeout = T_4MS },
    { .ck = 6, .timeout = T_65MS },
    { .ck = 6, .timeout = T_65MS, .reserved = true },
};

/*
 * "Device Clocking Options Select", "Crystal Oscillator Operating Modes", "External RC Oscillator Operating
 * Modes", "Internal Calibrated RC Oscillator Operating Modes". The RC oscillator's OSCCAL is loaded with the
 * 1 MHz byte whatever is selected, so its four frequencies are modelled as multiples of one oscillator.
 * The crystals that start with CKSEL 1001 and how far from 32.768 kHz they may be: an assumption.
 */
#define SOURCES_0_TO_9                                                                                                \
    { .kind = CLOCK_EXTERNAL, .f_min_hz = 0, .f_max_hz = 16000000, .startup = plain },                                \
        { .kind = CLOCK_RC, .f_min_hz = 1000000, .f_max_hz = 1000000, .startup = plain },                             \
        { .kind = CLOCK_RC, .f_min_hz = 1000000, .f_max_hz = 1000000, .mul = 2, .calibration = 1, .startup = plain }, \
        { .kind = CLOCK_RC, .f_min_hz = 1000000, .f_max_hz = 1000000, .mul = 4, .calibration = 2, .startup = plain }, \
        { .kind = CLOCK_RC, .f_min_hz = 1000000, .f_max_hz = 1000000, .mul = 8, .calibration = 3, .startup = plain }, \
        { .kind = CLOCK_EXTERNAL_RC, .f_min_hz = 100000, .f_max_hz = 900000, .startup = external_rc },                \
        { .kind = CLOCK_EXTERNAL_RC, .f_min_hz = 900000, .f_max_hz = 3000000, .startup = external_rc },               \
        { .kind = CLOCK_EXTERNAL_RC, .f_min_hz = 3000000, .f_max_hz = 8000000, .startup = external_rc },              \
        { .kind = CLOCK_EXTERNAL_RC, .f_min_hz = 8000000, .f_max_hz = 12000000, .startup = external_rc },             \
    {                                                                                                                 \
        .kind = CLOCK_LF_CRYSTAL, .f_min_hz = 30000, .f_max_hz = 40000, .startup = lf                                 \
    }

/* CKOPT unprogrammed: low amplitude */
static const struct clock_source source[16] = {
    SOURCES_0_TO_9,
    { .kind = CLOCK_CRYSTAL, .f_min_hz = 400000, .f_max_hz = 900000, .resonators_only = true, .startup = crystal_0 },
    { .kind = CLOCK_CRYSTAL, .f_min_hz = 400000, .f_max_hz = 900000, .resonators_only = true, .startup = crystal_1 },
    { .kind = CLOCK_CRYSTAL, .f_min_hz = 900000, .f_max_hz = 3000000, .startup = crystal_0 },
    { .kind = CLOCK_CRYSTAL, .f_min_hz = 900000, .f_max_hz = 3000000, .startup = crystal_1 },
    { .kind = CLOCK_CRYSTAL, .f_min_hz = 3000000, .f_max_hz = 8000000, .startup = crystal_0 },
    { .kind = CLOCK_CRYSTAL, .f_min_hz = 3000000, .f_max_hz = 8000000, .startup = crystal_1 },
};
/* CKOPT programmed: rail to rail */
static const struct clock_source source_ckopt[16] = {
    SOURCES_0_TO_9,
    { .kind = CLOCK_FULL_SWING, .f_min_hz = 1000000, .f_max_hz = 16000000, .startup = crystal_0 },
    { .kind = CLOCK_FULL_SWING, .f_min_hz = 1000000, .f_max_hz = 16000000, .startup = crystal_1 },
    { .kind = CLOCK_FULL_SWING, .f_min_hz = 1000000, .f_max_hz = 16000000, .startup = crystal_0 },
    { .kind = CLOCK_FULL_SWING, .f_min_hz = 1000000, .f_max_hz = 16000000, .startup = crystal_1 },
    { .kind = CLOCK_FULL_SWING, .f_min_hz = 1000000, .f_max_hz = 16000000, .startup = crystal_0 },
    { .kind = CLOCK_FULL_SWING, .f_min_hz = 1000000, .f_max_hz = 16000000, .startup = crystal_1 },
};

/* "Internal RC Oscillator Frequency Range": the middle of 50..100, 75..150 and 100..200 % of 1 MHz */
static const struct clock_point osccal[] = { { 0, 750 }, { 127, 1125 }, { 255, 1500 } };

static const struct clock_layout clocks = {
    .source = source,
    .source_ckopt = source_ckopt,
    .timeouts = timeouts,
    .osccal = { { osccal, COUNT(osccal) }, { osccal, COUNT(osccal) } },
    .rc_ref_mv = 5000,
    .rc_tolerance_ppm = 30000, /* "Calibrated Internal RC Oscillator Accuracy": 1 MHz, 5 V, 25 degC */
};

/* "Maximum Frequency vs. VCC" */
static const struct part_speed speed[] = { { 2700, 8000 }, { 4500, 16000 } };

/*
 * 2486AA "Minimum Wait Delay Before Writing the Next Flash or EEPROM Location", "Data Polling Flash", "Data Polling
 * EEPROM". MISO: 50 of 282 edges to 0 and 63 of 282 to 1 fall into the 125 ns after SCK's (sigrok-dumps, an ATmega8L).
 */
#define FAMILY                                                                                                         \
    .simavr_name = "atmega8", .signature = { 0x1E, 0x93, 0x07 }, .flash_bytes = 8192, .flash_page_bytes = 64,          \
    .hv = &hv_mega8, .eeprom_bytes = 512, .eeprom_page_bytes = 0, .n_calibration = 4, .sram_bytes = 1024,              \
    .sram_start = 0x60, .instructions = instructions, .n_instructions = COUNT(instructions), .n_fuses = 2,             \
    .fuse_default = { 0xE1, 0xD9, 0xFF }, .fuse_used = { 0xFF, 0xFF, 0x00 }, .lock_used = 0x3F, .fuses = &fuses,       \
    .clocks = &clocks, .t_wd_flash_us = 4500, .t_wd_eeprom_us = 9000, .t_wd_erase_us = 9000, .t_wd_fuse_us = 4500,     \
    .t_cpu_eeprom_us = 8448, .rc_nominal_hz = 1000000, .busy_reads_ff_everywhere = false, .t_rst_ps = 1500 * SIM_NS,   \
    .miso_delay_ps = { 22 * SIM_NS, 28 * SIM_NS }, .v_pot_rise_mv = 1400, .v_pot_fall_mv = 1300, .speed = speed,       \
    .n_speed = COUNT(speed), .ports = { { 'B', 0xFF }, { 'C', 0x7F }, { 'D', 0xFF } }, .pin_mosi = "PB3",              \
    .pin_miso = "PB4", .pin_sck = "PB5", .pin_reset = "PC6", .pin_xtal1 = "PB6", .pin_xtal2 = "PB7", .pin_clko = NULL, \
    .boot_min_words = 128, .nrww_start_word = 0xC00

const struct part part_atmega8a = { FAMILY, .name = "atmega8a", .title = "ATmega8A", .avrdude_id = "m8a" };

static const struct part *const parts[] = {
    PART(FAMILY, .name = "atmega8", .title = "ATmega8", .avrdude_id = "m8"),
    &part_atmega8a,
};

const struct part_family family_mega8 = { parts, COUNT(parts) };
