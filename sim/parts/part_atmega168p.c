/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATmega168P: the smaller sibling of the ATmega328P. Boot fuses sit in its extended byte, the brown-out level in
 * its high byte.
 *
 * Source: ATmega48P/88P/168P/328P datasheet 8025M (06/2011), ATmega48A..328P 8271H (08/2014); byte layout and
 * defaults checked against avr-libc's iom168p.h, instructions against avrdude 7.1's part m168p.
 */
#include "sim/parts/part_tables.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * "Serial Programming Instruction Set"; ignored bits as avrdude's part table has them, and with page loads all
 * address bits above the page: programmers send whole addresses there.
 */
static const struct isp_instruction instructions[] = {
    { ISP_PROGRAMMING_ENABLE, "1010 1100 0101 0011 xxxx xxxx xxxx xxxx" },
    { ISP_CHIP_ERASE, "1010 1100 100x xxxx xxxx xxxx xxxx xxxx" },
    { ISP_POLL_RDY_BSY, "1111 0000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxaa aaaa iiii iiii" },
    { ISP_WRITE_FLASH_PAGE, "0100 1100 000a aaaa aaxx xxxx xxxx xxxx" },
    { ISP_READ_FLASH, "0010 h000 000a aaaa aaaa aaaa oooo oooo" },
    { ISP_LOAD_EEPROM_PAGE, "1100 0001 xxxx xxxx xxxx xxaa iiii iiii" },
    { ISP_WRITE_EEPROM_PAGE, "1100 0010 xxxx xxxa aaaa aaxx xxxx xxxx" },
    { ISP_WRITE_EEPROM, "1100 0000 000x xxxa aaaa aaaa iiii iiii" },
    { ISP_READ_EEPROM, "1010 0000 000x xxxa aaaa aaaa oooo oooo" },
    { ISP_READ_LOCK, "0101 1000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_READ_LFUSE, "0101 0000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_READ_HFUSE, "0101 1000 0000 1000 xxxx xxxx oooo oooo" },
    { ISP_READ_EFUSE, "0101 0000 0000 1000 xxxx xxxx oooo oooo" },
    { ISP_READ_SIGNATURE, "0011 0000 000x xxxx xxxx xxaa oooo oooo" },
    { ISP_READ_CALIBRATION, "0011 1000 000x xxxx 0000 0000 oooo oooo" },
    { ISP_WRITE_LOCK, "1010 1100 111x xxxx xxxx xxxx 11ii iiii" },
    { ISP_WRITE_LFUSE, "1010 1100 1010 0000 xxxx xxxx iiii iiii" },
    { ISP_WRITE_HFUSE, "1010 1100 1010 1000 xxxx xxxx iiii iiii" },
    { ISP_WRITE_EFUSE, "1010 1100 1010 0100 xxxx xxxx xxxx xiii" },
};

/* "BODLEVEL Fuse Coding"; 0xx is reserved */
static const struct fuse_bod_level bod[] = {
    { 6, 1700, 1800, 2000 },
    { 5, 2500, 2700, 2900 },
    { 4, 4100, 4300, 4500 },
};

static const struct fuse_preset presets[] = {
    { "factory", { 0x62, 0xDF, 0xF9 }, "calibrated RC 8 MHz divided by 8: 1 MHz, no brown-out detection" },
    { "diecimila",
      { 0xFF, 0xDD, 0xF8 },
      "Arduino Diecimila and Nano with ATmega168: 8-16 MHz crystal, 1024-word boot section, brown-out at 2.7 V" },
    { "nano", { 0xFF, 0xDD, 0xF8 }, "as diecimila" },
};

/* "Extended Fuse Byte for ATmega88/168", "Fuse High Byte", "Fuse Low Byte", "Lock Bit Byte" */
static const struct fuse_layout fuses = {
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
        [FUSE_BOOTRST] = { 2, 0, 1 },
        [FUSE_BOOTSZ] = { 2, 1, 2 },
        [FUSE_LB] = { 3, 0, 2 },
        [FUSE_BLB0] = { 3, 2, 2 },
        [FUSE_BLB1] = { 3, 4, 2 },
    },
    .bod = bod,
    .n_bod = COUNT(bod),
    .bod_off = 7,
    .bod_hyst_mv = 50,
    .presets = presets,
    .n_presets = COUNT(presets),
};

/* "Speed Grades" */
static const struct part_speed speed[] = { { 1800, 4000 }, { 2700, 10000 }, { 4500, 20000 } };

const struct part part_atmega168p = {
    .name = "atmega168p",
    .title = "ATmega168P",
    .avrdude_id = "m168p",
    .simavr_name = "atmega168p",
    .signature = { 0x1E, 0x94, 0x0B },
    .flash_bytes = 16384,
    .flash_page_bytes = 128,
    .eeprom_bytes = 512,
    .eeprom_page_bytes = 4,
    .n_calibration = 1,
    .sram_bytes = 1024,
    .sram_start = 0x100,
    .instructions = instructions,
    .n_instructions = COUNT(instructions),
    .n_fuses = 3,
    .fuse_default = { 0x62, 0xDF, 0xF9 },
    .fuse_used = { 0xFF, 0xFF, 0x07 },
    .lock_used = 0x3F,
    .fuses = &fuses,
    .clocks = &clock_layout_atmega328p, /* one chapter for the family */
    /* "Minimum Wait Delay Before Writing the Next Flash or EEPROM Location", 8271H */
    .t_wd_flash_us = 4500,
    .t_wd_eeprom_us = 3600,
    .t_wd_erase_us = 9000,
    .t_wd_fuse_us = 4500,
    .rc_nominal_hz = 8000000,
    .busy_reads_ff_everywhere = true,
    .t_rst_ps = 2500 * SIM_NS, /* "Reset, Brown-out and Internal Voltage Characteristics" */
    /* 50890 of 53452 edges lie in the 250 ns sample of SCK's fall: sigrok-dumps, an ATmega88 */
    .miso_delay_ps = { 12 * SIM_NS, 12 * SIM_NS },
    .v_pot_rise_mv = 1400, /* "Power On Reset specifications", 8025 */
    .v_pot_fall_mv = 1300,
    .speed = speed,
    .n_speed = COUNT(speed),
    .ports = { { 'B', 0xFF }, { 'C', 0x7F }, { 'D', 0xFF } },
    .pin_mosi = "PB3",
    .pin_miso = "PB4",
    .pin_sck = "PB5",
    .pin_reset = "PC6",
    .pin_xtal1 = "PB6",
    .pin_xtal2 = "PB7",
    .pin_clko = "PB0",
    .clko_in_reset = true, /* "Clock Output Buffer" */
    .boot_min_words = 128, /* "Boot Size Configuration, ATmega168P": 128, 256, 512, 1024 words */
    .nrww_start_word = 0x1C00,
};
