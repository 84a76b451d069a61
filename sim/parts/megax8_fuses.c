/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATmega48/88/168/328: where fuses and lock bits live, and what the clock fuses select.
 *
 * Source, unless said: ATmega328/P datasheet Atmel-42735B (11/2016). "7810D" is the automotive ATmega328P
 * datasheet (01/2015), "8271H" that of the ATmega48A..328P (08/2014). ATmega48/88/168 (2545T, 05/2011) and
 * 48P/88P/168P (8025M, 06/2011): byte layouts and defaults, compared with avr-libc's headers.
 *
 * PB       ATmega328PB (DS40001906C) and ATmega48PB/88PB/168PB datasheets: no full-swing oscillator; 19CK where
 *          the others have 14CK. Seen in the tables of the RC and the 128 kHz oscillator; taken for the other
 *          sources as well: assumed.
 * RSTDISBL turns 14CK of the RC oscillator into 14CK + 4.1 ms, so that programming mode can be entered: a note in 7810D
 *          and 8271H, `reset_needed` in the table.
 * Assumed  The curves over OSCCAL and VCC are the ATmega328P's, for all.
 */
#include "sim/parts/clock_rows.h"
#include "sim/parts/megax8.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* "BODLEVEL Fuse Coding"; 0xx is reserved */
static const struct fuse_bod_level bod[] = {
    { 6, 1700, 1800, 2000 },
    { 5, 2500, 2700, 2900 },
    { 4, 4100, 4300, 4500 },
};

#define FACTORY_NOTE "calibrated RC 8 MHz divided by 8: 1 MHz, no brown-out detection"

static const struct fuse_preset presets_48[] = {
    { "factory", { 0x62, 0xDF, 0xFF }, FACTORY_NOTE },
    { "8mhz", { 0xE2, 0xDF, 0xFF }, "calibrated RC 8 MHz, not divided" },
};

static const struct fuse_preset presets_88[] = {
    { "factory", { 0x62, 0xDF, 0xF9 }, FACTORY_NOTE },
    { "8mhz", { 0xE2, 0xDF, 0xF9 }, "calibrated RC 8 MHz, not divided" },
};

static const struct fuse_preset presets_168[] = {
    { "factory", { 0x62, 0xDF, 0xF9 }, FACTORY_NOTE },
    { "diecimila",
      { 0xFF, 0xDD, 0xF8 },
      "Arduino Diecimila and Nano with ATmega168: 8-16 MHz crystal, 1024-word boot section, brown-out at 2.7 V" },
    { "nano", { 0xFF, 0xDD, 0xF8 }, "as diecimila" },
};

static const struct fuse_preset presets_328pb[] = {
    { "factory", { 0x62, 0xD9, 0xF7 }, FACTORY_NOTE ", clock failure detection disabled" },
    { "8mhz", { 0xE2, 0xD9, 0xF7 }, "calibrated RC 8 MHz, not divided" },
};

static const struct fuse_preset presets_328[] = {
    { "factory", { 0x62, 0xD9, 0xFF }, FACTORY_NOTE },
    { "duemilanove",
      { 0xFF, 0xDA, 0x05 },
      "Arduino Duemilanove and Nano: 8-16 MHz crystal, 1024-word boot section, brown-out at 2.7 V" },
    { "nano", { 0xFF, 0xDA, 0x05 }, "as duemilanove" },
    { "uno",
      { 0xFF, 0xDE, 0x05 },
      "Arduino Uno, optiboot: 8-16 MHz crystal, 256-word boot section, brown-out at 2.7 V" },
    { "optiboot", { 0xFF, 0xDE, 0x05 }, "as uno" },
    { "bare",
      { 0xFF, 0xDF, 0x05 },
      "crystal, no boot loader. Bits 7..3 of the extended byte do not exist and read 1: 05 reads back as FD, "
      "both are one setting" },
};

/* "Fuse Low Byte" and four bits of the "Fuse High Byte" are the family's */
#define LOW_BYTE \
    [FUSE_CKSEL] = { 0, 0, 4 }, [FUSE_SUT] = { 0, 4, 2 }, [FUSE_CKOUT] = { 0, 6, 1 }, [FUSE_CKDIV8] = { 0, 7, 1 }
#define HIGH_NIBBLE_AND_EESAVE                                                                                      \
    [FUSE_EESAVE] = { 1, 3, 1 }, [FUSE_WDTON] = { 1, 4, 1 }, [FUSE_SPIEN] = { 1, 5, 1 }, [FUSE_DWEN] = { 1, 6, 1 }, \
    [FUSE_RSTDISBL] = { 1, 7, 1 }
#define LOCK_BITS [FUSE_LB] = { 3, 0, 2 }, [FUSE_BLB0] = { 3, 2, 2 }, [FUSE_BLB1] = { 3, 4, 2 }
/* VHYST: "System and Reset Characteristics" (7810D: 80) */
#define BROWN_OUT .bod = bod, .n_bod = COUNT(bod), .bod_off = 7, .bod_hyst_mv = 50
#define PRESETS(p) .presets = (p), .n_presets = COUNT(p)

/* "Extended Fuse Byte for ATmega48": no boot section and no boot lock bits */
const struct fuse_layout megax8_fuses_48 = {
    .at = { LOW_BYTE, HIGH_NIBBLE_AND_EESAVE, [FUSE_BODLEVEL] = { 1, 0, 3 }, [FUSE_SELFPRGEN] = { 2, 0, 1 },
            [FUSE_LB] = { 3, 0, 2 } },
    BROWN_OUT,
    PRESETS(presets_48),
};

/* "Extended Fuse Byte for ATmega88/168": boot fuses there, brown-out level in the high byte */
#define FIELDS_88                     \
    LOW_BYTE, HIGH_NIBBLE_AND_EESAVE, \
        LOCK_BITS, [FUSE_BODLEVEL] = { 1, 0, 3 }, [FUSE_BOOTRST] = { 2, 0, 1 }, [FUSE_BOOTSZ] = { 2, 1, 2 }
const struct fuse_layout megax8_fuses_88 = { .at = { FIELDS_88 }, BROWN_OUT, PRESETS(presets_88) };
const struct fuse_layout megax8_fuses_168 = { .at = { FIELDS_88 }, BROWN_OUT, PRESETS(presets_168) };

/* "Extended Fuse Byte for ATmega328/P": the other way round */
#define FIELDS_328                    \
    LOW_BYTE, HIGH_NIBBLE_AND_EESAVE, \
        LOCK_BITS, [FUSE_BOOTRST] = { 1, 0, 1 }, [FUSE_BOOTSZ] = { 1, 1, 2 }, [FUSE_BODLEVEL] = { 2, 0, 3 }
const struct fuse_layout megax8_fuses_328 = { .at = { FIELDS_328 }, BROWN_OUT, PRESETS(presets_328) };
const struct fuse_layout megax8_fuses_328pb = {
    .at = { FIELDS_328, [FUSE_CFD] = { 2, 3, 1 } },
    BROWN_OUT,
    PRESETS(presets_328pb),
};

enum { T_4MS_128K = TIMEOUT_64MS + 1, T_64MS_128K };

/*
 * "Number of Watchdog Oscillator Cycles": 512 and 8192 cycles, at 5 V and 3 V. The 128 kHz rows print 4 and
 * 64 ms; that oscillator has no curve of its own here, so they stay as printed.
 */
static const struct clock_timeout timeouts[] = {
    [TIMEOUT_NONE] = { 0, 0 },     [TIMEOUT_4MS] = { 4100, 4300 },   [TIMEOUT_64MS] = { 65000, 69000 },
    [T_4MS_128K] = { 4000, 4000 }, [T_64MS_128K] = { 64000, 64000 },
};

/* "Start-up Times for the Low-frequency Crystal Oscillator Clock Selection" (7810D prints 4CK for 14CK) */
static const struct clock_startup lf_0[4] = {
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_NONE },
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 1024, .delay_ck = 14, .timeout = TIMEOUT_64MS, .reserved = true },
};
static const struct clock_startup lf_1[4] = {
    { .ck = 32768, .delay_ck = 14, .timeout = TIMEOUT_NONE },
    { .ck = 32768, .delay_ck = 14, .timeout = TIMEOUT_4MS },
    { .ck = 32768, .delay_ck = 14, .timeout = TIMEOUT_64MS },
    { .ck = 32768, .delay_ck = 14, .timeout = TIMEOUT_64MS, .reserved = true },
};
/* "Start-up Times for the 128kHz Internal Oscillator" */
static const struct clock_startup rc128k[4] = {
    { .ck = 6, .delay_ck = 14, .timeout = TIMEOUT_NONE, .reset_needed = true },
    { .ck = 6, .delay_ck = 14, .timeout = T_4MS_128K },
    { .ck = 6, .delay_ck = 14, .timeout = T_64MS_128K },
    { .ck = 6, .delay_ck = 14, .timeout = T_64MS_128K, .reserved = true },
};

/*
 * "Device Clocking Options Select", "Low Power Crystal Oscillator Operating Modes", "Full Swing Crystal
 * Oscillator operating modes". A sentence of the low-frequency chapter says 0110/0111 for that oscillator;
 * the tables, and avr-libc's names, say 0100/0101. How far off 32.768 kHz a crystal of that mode may be is
 * an assumption.
 */
static const struct clock_source source[16] = {
    { .kind = CLOCK_EXTERNAL, .f_min_hz = 0, .f_max_hz = 20000000, .startup = startup_external },
    { .kind = CLOCK_RESERVED },
    { .kind = CLOCK_RC, .f_min_hz = 8000000, .f_max_hz = 8000000, .startup = startup_rc },
    { .kind = CLOCK_RC_128K, .f_min_hz = 128000, .f_max_hz = 128000, .startup = rc128k },
    { .kind = CLOCK_LF_CRYSTAL, .f_min_hz = 30000, .f_max_hz = 40000, .startup = lf_0 },
    { .kind = CLOCK_LF_CRYSTAL, .f_min_hz = 30000, .f_max_hz = 40000, .startup = lf_1 },
    { .kind = CLOCK_FULL_SWING,
      .f_min_hz = 400000,
      .f_max_hz = 20000000,
      .vcc_min_mv = 2700,
      .startup = startup_crystal_0 },
    { .kind = CLOCK_FULL_SWING,
      .f_min_hz = 400000,
      .f_max_hz = 20000000,
      .vcc_min_mv = 2700,
      .startup = startup_crystal_1 },
    CLOCK_ROWS_CRYSTAL(16000000),
};

/* "Calibrated 8MHz RC Oscillator Frequency vs. OSCCAL Value", 25 degC, read off the figure to 0.1 MHz */
static const struct clock_point osccal_low[] = {
    { 0, 4200 },  { 16, 4500 }, { 32, 4800 },  { 48, 5300 },  { 64, 5800 },
    { 80, 6400 }, { 96, 7200 }, { 112, 8100 }, { 127, 9300 },
};
static const struct clock_point osccal_high[] = {
    { 128, 6300 }, { 144, 6700 },  { 160, 7200 },  { 176, 7850 },  { 192, 8600 },
    { 208, 9450 }, { 224, 10550 }, { 240, 11900 }, { 255, 13300 },
};
/* "Calibrated 8MHz RC Oscillator Frequency vs. VCC", 25 degC */
static const struct clock_point rc_vcc[] = { { 2000, 7870 }, { 3000, 7970 }, { 5000, 8100 } };

/*
 * Tolerance: "Calibration Accuracy of Internal RC Oscillator", factory +-10 % at 3 V. 128 kHz: 7810D, watchdog
 * oscillator 76 / 128 / 180 kHz; that clock has no accuracy specification and is an oscillator of its class.
 */
#define OSCILLATORS                                                                                             \
    .source = source, .timeouts = timeouts,                                                                     \
    .osccal = { { osccal_low, COUNT(osccal_low) }, { osccal_high, COUNT(osccal_high) } },                       \
    .rc_vcc = { rc_vcc, COUNT(rc_vcc) }, .rc_ref_mv = 3000, .rc_tolerance_ppm = 100000, .rc128k_min_hz = 76000, \
    .rc128k_max_hz = 180000

const struct clock_layout megax8_clocks = { OSCILLATORS };
const struct clock_layout megax8_clocks_pb = {
    OSCILLATORS,
    .reserved = 1u << 6 | 1u << 7,
    .more_delay_ck = 5,
};
