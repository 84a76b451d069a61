/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATmega328P. Source, unless said: ATmega328/P datasheet Atmel-42735B (11/2016).
 */
#include "sim/parts/part_tables.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * "Serial Programming Instruction Set". Where the datasheet prints 0 in unused address bits, they are ignored:
 * programmers send whole addresses with the page loads (STK500v2 and ArduinoISP do), and avrdude's table for
 * m328p marks most of them so. Likewise bits 7:6 of the lock byte.
 */
static const struct isp_instruction instructions[] = {
    { ISP_PROGRAMMING_ENABLE, "1010 1100 0101 0011 xxxx xxxx xxxx xxxx" },
    { ISP_CHIP_ERASE, "1010 1100 100x xxxx xxxx xxxx xxxx xxxx" },
    { ISP_POLL_RDY_BSY, "1111 0000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_LOAD_EXT_ADDRESS, "0100 1101 xxxx xxxx xxxx xxxx xxxx xxxx" },
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxaa aaaa iiii iiii" },
    { ISP_WRITE_FLASH_PAGE, "0100 1100 xxaa aaaa aaxx xxxx xxxx xxxx" },
    { ISP_READ_FLASH, "0010 h000 xxaa aaaa aaaa aaaa oooo oooo" },
    { ISP_LOAD_EEPROM_PAGE, "1100 0001 xxxx xxxx xxxx xxaa iiii iiii" },
    { ISP_WRITE_EEPROM_PAGE, "1100 0010 xxxx xxaa aaaa aaxx xxxx xxxx" },
    { ISP_WRITE_EEPROM, "1100 0000 xxxx xxaa aaaa aaaa iiii iiii" },
    { ISP_READ_EEPROM, "1010 0000 xxxx xxaa aaaa aaaa oooo oooo" },
    { ISP_READ_LOCK, "0101 1000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_READ_LFUSE, "0101 0000 0000 0000 xxxx xxxx oooo oooo" },
    { ISP_READ_HFUSE, "0101 1000 0000 1000 xxxx xxxx oooo oooo" },
    { ISP_READ_EFUSE, "0101 0000 0000 1000 xxxx xxxx oooo oooo" },
    { ISP_READ_SIGNATURE, "0011 0000 xxxx xxxx xxxx xxaa oooo oooo" },
    { ISP_READ_CALIBRATION, "0011 1000 xxxx xxxx xxxx xxxx oooo oooo" },
    { ISP_WRITE_LOCK, "1010 1100 111x xxxx xxxx xxxx xxii iiii" },
    { ISP_WRITE_LFUSE, "1010 1100 1010 0000 xxxx xxxx iiii iiii" },
    { ISP_WRITE_HFUSE, "1010 1100 1010 1000 xxxx xxxx iiii iiii" },
    { ISP_WRITE_EFUSE, "1010 1100 1010 0100 xxxx xxxx xxxx xiii" },
};

/* "Speed Grades": linear between these */
static const struct part_speed speed[] = { { 1800, 4000 }, { 2700, 10000 }, { 4500, 20000 } };

const struct part part_atmega328p = {
    .name = "atmega328p",
    .title = "ATmega328P",
    .avrdude_id = "m328p",
    .simavr_name = "atmega328p",

    .signature = { 0x1E, 0x95, 0x0F },
    .flash_bytes = 32768,
    .flash_page_bytes = 128,
    .eeprom_bytes = 1024,
    .eeprom_page_bytes = 4,
    .n_calibration = 1,
    .sram_bytes = 2048,
    .sram_start = 0x100,

    .instructions = instructions,
    .n_instructions = COUNT(instructions),

    .n_fuses = 3,
    .fuse_default = { 0x62, 0xD9, 0xFF },
    .fuse_used = { 0xFF, 0xFF, 0x07 },
    .lock_used = 0x3F,
    .fuses = &fuse_layout_atmega328p,
    .clocks = &clock_layout_atmega328p,

    /*
     * "Typical Wait Delay Before Writing the Next Flash or EEPROM Location" as in 8271H (08/2014) and
     * DS40002061A (2018). 42735B prints 2.6 and 10.5 for flash and erase: figures of the ATmega328PB.
     */
    .t_wd_flash_us = 4500,
    .t_wd_eeprom_us = 3600,
    .t_wd_erase_us = 9000,
    .t_wd_fuse_us = 4500,
    .rc_nominal_hz = 8000000,
    .busy_reads_ff_everywhere = true,

    .t_rst_ps = 2500 * SIM_NS, /* "Reset, Brown-out and Internal Voltage Characteristics" */
    .v_pot_rise_mv = 1500,     /* same table, typical */
    .v_pot_fall_mv = 1000,
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
    .boot_min_words = 256,
    .nrww_start_word = 0x3800,
};
