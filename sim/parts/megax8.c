/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATmega48, 88, 168, 328, each also as A, P, PA and PB (there is no 328A and no 328PA).
 *
 * Sources      48/88/168: 2545T (05/2011). 48P/88P/168P: 8025M (06/2011). 48A..168PA, 328, 328P: 8271H (08/2014).
 *              328, 328P: also Atmel-42735B (11/2016). 48PB/88PB/168PB: Atmel-42176. 328PB: DS40001906C. What the
 *              PB does otherwise is also in Microchip's migration notes. Signatures and instructions: avrdude 7.1.
 * Speed        The grades of 48/88/168 and of the P are two (V: up to 10 MHz, from 1.8 V; the other: from 2.7 V up to
 *              20 MHz); here they are one curve.
 * Not found    tWD_FUSE of 48/88/168 and P (no row in their tables): 8271H's. VPOT of the A and PA: the automotive
 *              48PA..168PA's (9223F), typical.
 */
#include "sim/parts/megax8.h"

#include "sim/parts/families.h"
#include "sim/parts/hv_rows.h"
#include "sim/parts/isp_rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct isp_instruction instructions_48[] = { ISP_ROWS_COMMON, ISP_ROWS_EXT_FUSE, ISP_ROWS_CALIBRATION_1,
                                                          ISP_ROWS_FLASH_4K, ISP_ROWS_EEPROM_256 };
static const struct isp_instruction instructions_88[] = { ISP_ROWS_COMMON, ISP_ROWS_EXT_FUSE, ISP_ROWS_CALIBRATION_1,
                                                          ISP_ROWS_FLASH_8K, ISP_ROWS_EEPROM_512 };
static const struct isp_instruction instructions_168[] = { ISP_ROWS_COMMON, ISP_ROWS_EXT_FUSE, ISP_ROWS_CALIBRATION_1,
                                                           ISP_ROWS_FLASH_16K, ISP_ROWS_EEPROM_512 };
/* Two more flash address bits are ignored than in avrdude's table, and there is the extended address. */
static const struct isp_instruction instructions_328[] = {
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
    ISP_ROWS_WRITE_EXT_FUSE,
};

/* "Speed Grades": linear between these */
static const struct part_speed speed[] = { { 1800, 4000 }, { 2700, 10000 }, { 4500, 20000 } };

/*
 * What all have in common. "Reset, Brown-out and Internal Voltage Characteristics", "Clock Output Buffer".
 */
#define FAMILY                                                                                               \
    .sram_start = 0x100, .n_calibration = 1, .eeprom_page_bytes = 4, .n_fuses = 3, .rc_nominal_hz = 8000000, \
    .busy_reads_ff_everywhere = true, .t_rst_ps = 2500 * SIM_NS, .speed = speed, .n_speed = COUNT(speed),    \
    .pin_mosi = "PB3", .pin_miso = "PB4", .pin_sck = "PB5", .pin_reset = "PC6", .pin_xtal1 = "PB6",          \
    .pin_xtal2 = "PB7", .pin_clko = "PB0", .clko_in_reset = true

/* By memory. "Boot Size Configuration", "Read-While-Write Limit"; the ATmega48 has no boot section. */
#define MEMORY_48                                                                                         \
    .flash_bytes = 4096, .flash_page_bytes = 64, .eeprom_bytes = 256, .sram_bytes = 512,                  \
    .instructions = instructions_48, .n_instructions = COUNT(instructions_48), .fuses = &megax8_fuses_48, \
    .fuse_default = { 0x62, 0xDF, 0xFF }, .fuse_used = { 0xFF, 0xFF, 0x01 }, .lock_used = 0x03
#define MEMORY_88                                                                                                      \
    .flash_bytes = 8192, .flash_page_bytes = 64, .eeprom_bytes = 512, .sram_bytes = 1024,                              \
    .instructions = instructions_88, .n_instructions = COUNT(instructions_88), .fuses = &megax8_fuses_88,              \
    .fuse_default = { 0x62, 0xDF, 0xF9 }, .fuse_used = { 0xFF, 0xFF, 0x07 }, .lock_used = 0x3F, .boot_min_words = 128, \
    .nrww_start_word = 0xC00
#define MEMORY_168                                                                                                     \
    .flash_bytes = 16384, .flash_page_bytes = 128, .eeprom_bytes = 512, .sram_bytes = 1024,                            \
    .instructions = instructions_168, .n_instructions = COUNT(instructions_168), .fuses = &megax8_fuses_168,           \
    .fuse_default = { 0x62, 0xDF, 0xF9 }, .fuse_used = { 0xFF, 0xFF, 0x07 }, .lock_used = 0x3F, .boot_min_words = 128, \
    .nrww_start_word = 0x1C00
#define MEMORY_328                                                                                  \
    .flash_bytes = 32768, .flash_page_bytes = 128, .eeprom_bytes = 1024, .sram_bytes = 2048,        \
    .instructions = instructions_328, .n_instructions = COUNT(instructions_328), .lock_used = 0x3F, \
    .boot_min_words = 256, .nrww_start_word = 0x3800
#define FUSES_328 .fuses = &megax8_fuses_328, .fuse_default = { 0x62, 0xD9, 0xFF }, .fuse_used = { 0xFF, 0xFF, 0x07 }
#define FUSES_328PB \
    .fuses = &megax8_fuses_328pb, .fuse_default = { 0x62, 0xD9, 0xF7 }, .fuse_used = { 0xFF, 0xFF, 0x0F }

/*
 * By die. "Minimum Wait Delay Before Writing the Next Flash or EEPROM Location"; VPOT, typical. 42735B prints 2.6 and
 * 10.5 for flash and erase of the 328P: figures of the PB. MISO: 50890 of 53452 edges lie in the 250 ns sample of SCK's
 * fall (sigrok-dumps, an ATmega88).
 */
#define WAITS .t_wd_flash_us = 4500, .t_wd_eeprom_us = 3600, .t_wd_erase_us = 9000, .t_wd_fuse_us = 4500
#define WAITS_PB .t_wd_flash_us = 2600, .t_wd_eeprom_us = 3600, .t_wd_erase_us = 10500, .t_wd_fuse_us = 4500
#define MISO_88 .miso_delay_ps = { 12 * SIM_NS, 12 * SIM_NS }
#define PORTS .ports = { { 'B', 0xFF }, { 'C', 0x7F }, { 'D', 0xFF } }
#define PORTS_PB .ports = { { 'B', 0xFF }, { 'C', 0x7F }, { 'D', 0xFF }, { 'E', 0x0F } }
#define DIE                                                                                           \
    FAMILY, .hv = &hv_megax8, PORTS, WAITS, MISO_88, .clocks = &megax8_clocks, .v_pot_rise_mv = 1000, \
            .v_pot_fall_mv = 900
#define DIE_P                                                                                         \
    FAMILY, .hv = &hv_megax8, PORTS, WAITS, MISO_88, .clocks = &megax8_clocks, .v_pot_rise_mv = 1400, \
            .v_pot_fall_mv = 1300
#define DIE_328 \
    FAMILY, .hv = &hv_megax8, PORTS, WAITS, .clocks = &megax8_clocks, .v_pot_rise_mv = 1500, .v_pot_fall_mv = 1000
#define DIE_PB                                                                                           \
    FAMILY, .hv = &hv_megax8_pb, PORTS_PB, WAITS_PB, .clocks = &megax8_clocks_pb, .v_pot_rise_mv = 1500, \
            .v_pot_fall_mv = 1000

#define NAMES(lower, upper, id, core) \
    .name = "atmega" lower, .title = "ATmega" upper, .avrdude_id = id, .simavr_name = "atmega" core

const struct part part_atmega168p = { NAMES("168p", "168P", "m168p", "168p"), MEMORY_168, DIE_P,
                                      .signature = { 0x1E, 0x94, 0x0B } };
const struct part part_atmega328p = { NAMES("328p", "328P", "m328p", "328p"), MEMORY_328, FUSES_328, DIE_328,
                                      .signature = { 0x1E, 0x95, 0x0F } };

static const struct part *const parts[] = {
    PART(NAMES("48", "48", "m48", "48"), MEMORY_48, DIE, .signature = { 0x1E, 0x92, 0x05 }),
    PART(NAMES("48a", "48A", "m48a", "48"), MEMORY_48, DIE_P, .signature = { 0x1E, 0x92, 0x05 }),
    PART(NAMES("48p", "48P", "m48p", "48p"), MEMORY_48, DIE_P, .signature = { 0x1E, 0x92, 0x0A }),
    PART(NAMES("48pa", "48PA", "m48pa", "48p"), MEMORY_48, DIE_P, .signature = { 0x1E, 0x92, 0x0A }),
    PART(NAMES("48pb", "48PB", "m48pb", "48p"), MEMORY_48, DIE_PB, .signature = { 0x1E, 0x92, 0x10 }),
    PART(NAMES("88", "88", "m88", "88"), MEMORY_88, DIE, .signature = { 0x1E, 0x93, 0x0A }),
    PART(NAMES("88a", "88A", "m88a", "88"), MEMORY_88, DIE_P, .signature = { 0x1E, 0x93, 0x0A }),
    PART(NAMES("88p", "88P", "m88p", "88p"), MEMORY_88, DIE_P, .signature = { 0x1E, 0x93, 0x0F }),
    PART(NAMES("88pa", "88PA", "m88pa", "88p"), MEMORY_88, DIE_P, .signature = { 0x1E, 0x93, 0x0F }),
    PART(NAMES("88pb", "88PB", "m88pb", "88p"), MEMORY_88, DIE_PB, .signature = { 0x1E, 0x93, 0x16 }),
    PART(NAMES("168", "168", "m168", "168"), MEMORY_168, DIE, .signature = { 0x1E, 0x94, 0x06 }),
    PART(NAMES("168a", "168A", "m168a", "168"), MEMORY_168, DIE_P, .signature = { 0x1E, 0x94, 0x06 }),
    &part_atmega168p,
    PART(NAMES("168pa", "168PA", "m168pa", "168p"), MEMORY_168, DIE_P, .signature = { 0x1E, 0x94, 0x0B }),
    PART(NAMES("168pb", "168PB", "m168pb", "168p"), MEMORY_168, DIE_PB, .signature = { 0x1E, 0x94, 0x15 }),
    PART(NAMES("328", "328", "m328", "328"), MEMORY_328, FUSES_328, DIE_328, .signature = { 0x1E, 0x95, 0x14 }),
    &part_atmega328p,
    PART(NAMES("328pb", "328PB", "m328pb", "328p"), MEMORY_328, FUSES_328PB, DIE_PB, .signature = { 0x1E, 0x95, 0x16 }),
};

const struct part_family family_megax8 = { parts, COUNT(parts) };
