/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ATtiny24, 44, 84 and their A: the ISP port is on port A.
 *
 * Sources   ATtiny24/44/84 datasheet 8006K (10/2010), ATtiny24A/44A/84A 8183F (06/2012). Fuse bytes and defaults are
 *           those of the ATtiny25/45/85, clock sources too but for PLL and ATtiny15 mode; start-up tables agree with
 *           theirs. Signatures and instructions: avrdude 7.1.
 * Speed     24/44/84 the 2.7..5.5 V grade (a V runs from 1.8 V at 4 MHz); A from 1.8 V.
 * Assumed   the curve over OSCCAL is the ATtiny85's; CKOUT gives no clock in reset, as there.
 */
#include "sim/parts/families.h"
#include "sim/parts/hv_rows.h"
#include "sim/parts/isp_rows.h"
#include "sim/parts/tinyx5.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ROWS ISP_ROWS_COMMON, ISP_ROWS_EXT_FUSE, ISP_ROWS_CALIBRATION_1
static const struct isp_instruction instructions_24[] = { ROWS, ISP_ROWS_FLASH_2K, ISP_ROWS_EEPROM_128 };
static const struct isp_instruction instructions_44[] = { ROWS, ISP_ROWS_FLASH_4K, ISP_ROWS_EEPROM_256 };
static const struct isp_instruction instructions_84[] = { ROWS, ISP_ROWS_FLASH_8K, ISP_ROWS_EEPROM_512 };

/* "Speed" */
static const struct part_speed speed[] = { { 2700, 10000 }, { 4500, 20000 } };
static const struct part_speed speed_a[] = { { 1800, 4000 }, { 2700, 10000 }, { 4500, 20000 } };

/*
 * "Minimum Wait Delay Before Writing the Next Flash or EEPROM Location", "Reset, Brown-out and Internal Voltage
 * Characteristics", "Characteristics of Enhanced Power-On Reset" (24 from revision E, 44 from D, 84 from B on, all A).
 */
#define FAMILY                                                                                               \
    .hv = &hv_tinyx4, .eeprom_page_bytes = 4, .n_calibration = 1, .sram_start = 0x60, .n_fuses = 3,          \
    .fuse_default = { 0x62, 0xDF, 0xFF }, .fuse_used = { 0xFF, 0xFF, 0x01 }, .lock_used = 0x03,              \
    .fuses = &tinyx5_fuses, .clocks = &tinyx4_clocks, .t_wd_flash_us = 4500, .t_wd_eeprom_us = 4000,         \
    .t_wd_erase_us = 9000, .t_wd_fuse_us = 4500, .rc_nominal_hz = 8000000, .busy_reads_ff_everywhere = true, \
    .t_rst_ps = 2500 * SIM_NS, .v_pot_rise_mv = 1400, .v_pot_fall_mv = 1300,                                 \
    .ports = { { 'A', 0xFF }, { 'B', 0x0F } }, .pin_mosi = "PA6", .pin_miso = "PA5", .pin_sck = "PA4",       \
    .pin_reset = "PB3", .pin_xtal1 = "PB0", .pin_xtal2 = "PB1", .pin_clko = "PB2", .clko_in_reset = false
#define MEMORY(flash, page, eeprom_and_sram, rows)                                         \
    .flash_bytes = (flash), .flash_page_bytes = (page), .eeprom_bytes = (eeprom_and_sram), \
    .sram_bytes = (eeprom_and_sram), .instructions = (rows), .n_instructions = COUNT(rows)
#define SPEED(s) .speed = (s), .n_speed = COUNT(s)
#define NAMES(n, a, A) .name = "attiny" n a, .title = "ATtiny" n A, .avrdude_id = "t" n a, .simavr_name = "attiny" n
#define TINY24 FAMILY, MEMORY(2048, 32, 128, instructions_24), .signature = { 0x1E, 0x91, 0x0B }
#define TINY44 FAMILY, MEMORY(4096, 64, 256, instructions_44), .signature = { 0x1E, 0x92, 0x07 }
#define TINY84 FAMILY, MEMORY(8192, 64, 512, instructions_84), .signature = { 0x1E, 0x93, 0x0C }

static const struct part *const parts[] = {
    PART(NAMES("24", "", ""), TINY24, SPEED(speed)), PART(NAMES("24", "a", "A"), TINY24, SPEED(speed_a)),
    PART(NAMES("44", "", ""), TINY44, SPEED(speed)), PART(NAMES("44", "a", "A"), TINY44, SPEED(speed_a)),
    PART(NAMES("84", "", ""), TINY84, SPEED(speed)), PART(NAMES("84", "a", "A"), TINY84, SPEED(speed_a)),
};

const struct part_family family_tinyx4 = { parts, COUNT(parts) };
