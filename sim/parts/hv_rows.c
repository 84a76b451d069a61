/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * High-voltage programming, a row a family.
 *
 * Sources   "Parallel Programming", "High-voltage Serial Programming" and their tables of characteristics:
 *           ATmega48A..328P 8271H, DS40002061A; ATmega328PB DS40001906C; ATmega8 2486T; ATtiny25/45/85 2586Q;
 *           ATtiny24/44/84 8006K; ATtiny13 2535E, 13A 8126F; ATtiny2313 2543F, 2313A/4313 8246B.
 * Entry     The text has two generations (strobes before 12 V; or VCC to 12 V within 60 us): which a part's sheet prints.
 * Assumed   ATmega8A: the ATmega8's (its entry page could not be read). Prog_enable of ATtiny24/44/84 on PA0..2: how the
 *           field wires them. Writes of flash and EEPROM in serial mode are as long as in parallel mode (their end shows
 *           on SDO, no figure is given). SDO after 12 V in the newer text: it asks to release the pin "to avoid drive
 *           contention" after 10 us, when the part drives is not said; in the older it drives once they are latched
 *           (100 ns): 1 us here.
 */
#include "sim/parts/hv_rows.h"

#include <stddef.h>

static const struct part_hv_times parallel = {
    .strobe_high = 150,
    .strobe_low = 200,
    .setup = 67,
    .hold = 67,
    .pagel_high = 150,
    .pagel_apart = 150,
    .pagel_wr = 67,
    .bs_setup = 67,
    .bs_hold = 67,
    .wr_low = 150,
    .out_valid = 250,
    .out_off = 250,
};
static const struct part_hv_times parallel_pb = {
    .strobe_high = 150,
    .strobe_low = 200,
    .setup = 67,
    .hold = 67,
    .pagel_high = 150,
    .pagel_apart = 150,
    .pagel_wr = 67,
    .bs_setup = 67,
    .bs_hold = 67,
    .wr_low = 150,
    .out_valid = 350,
    .out_off = 250,
};
static const struct part_hv_times serial = {
    .strobe_high = 125, .strobe_low = 125, .setup = 50, .hold = 50, .sdo = 16
};

#define MEGA_PINS                                                                                           \
    .pin = {                                                                                                \
        [HV_DATA0] = "PB0",     [HV_DATA0 + 1] = "PB1", [HV_DATA0 + 2] = "PB2",   [HV_DATA0 + 3] = "PB3",   \
        [HV_DATA0 + 4] = "PB4", [HV_DATA0 + 5] = "PB5", [HV_DATA0 + 6] = "PC0",   [HV_DATA7] = "PC1",       \
        [HV_RDY] = "PD1",       [HV_OE] = "PD2",        [HV_WR] = "PD3",          [HV_BS1] = "PD4",         \
        [HV_XA0] = "PD5",       [HV_XA1] = "PD6",       [HV_PAGEL] = "PD7",       [HV_BS2] = "PC2",         \
        [HV_STROBE] = "PB6",    [HV_ENABLE0] = "PD4",   [HV_ENABLE0 + 1] = "PD5", [HV_ENABLE0 + 2] = "PD6", \
        [HV_ENABLE3] = "PD7",                                                                               \
    }
#define TINY2313_PINS                                                                                       \
    .pin = {                                                                                                \
        [HV_DATA0] = "PB0",     [HV_DATA0 + 1] = "PB1", [HV_DATA0 + 2] = "PB2",   [HV_DATA0 + 3] = "PB3",   \
        [HV_DATA0 + 4] = "PB4", [HV_DATA0 + 5] = "PB5", [HV_DATA0 + 6] = "PB6",   [HV_DATA7] = "PB7",       \
        [HV_RDY] = "PD1",       [HV_OE] = "PD2",        [HV_WR] = "PD3",          [HV_BS1] = "PD4",         \
        [HV_XA0] = "PD5",       [HV_XA1] = "PD6",       [HV_PAGEL] = "PD4",       [HV_BS2] = "PD6",         \
        [HV_STROBE] = "PA0",    [HV_ENABLE0] = "PD3",   [HV_ENABLE0 + 1] = "PD4", [HV_ENABLE0 + 2] = "PD5", \
        [HV_ENABLE3] = "PD6",                                                                               \
    }
#define EIGHT_PINS                                                                                     \
    .pin = {                                                                                           \
        [HV_SDI] = "PB0",     [HV_SII] = "PB1",         [HV_SDO] = "PB2",         [HV_STROBE] = "PB3", \
        [HV_ENABLE0] = "PB0", [HV_ENABLE0 + 1] = "PB1", [HV_ENABLE0 + 2] = "PB2",                      \
    }
#define TINYX4_PINS                                                                                    \
    .pin = {                                                                                           \
        [HV_SDI] = "PA6",     [HV_SII] = "PA5",         [HV_SDO] = "PA4",         [HV_STROBE] = "PB0", \
        [HV_ENABLE0] = "PA0", [HV_ENABLE0 + 1] = "PA1", [HV_ENABLE0 + 2] = "PA2",                      \
    }

/* tWLRH 3.7 to 4.5 ms, tWLRH_CE 7.5 to 9 ms: the longest, as the serial port's waits */
#define PARALLEL .eeprom_page_bytes = 4, .t_write_us = 4500, .t_erase_us = 9000, .t_fuse_us = 4500, .times = &parallel
/* tWLWH_PFB 2.5 ms typical */
#define SERIAL \
    .serial = true, .eeprom_page_bytes = 4, .t_write_us = 4500, .t_erase_us = 9000, .t_fuse_us = 2500, .times = &serial
#define NEW_ENTRY .enter_wait_us = 300, .sdo_after_ns = 50000
#define OLD_ENTRY .old_entry = true, .enter_wait_us = 50, .sdo_after_ns = 1000

const struct part_hv hv_megax8 = { MEGA_PINS, PARALLEL, NEW_ENTRY };
/* tWLRH 3.2 to 3.4 ms, tWLRH_CE 9.8 to 10.5 ms */
const struct part_hv hv_megax8_pb = {
    MEGA_PINS,           NEW_ENTRY,         .eeprom_page_bytes = 4, .t_write_us = 3400,
    .t_erase_us = 10500, .t_fuse_us = 3400, .times = &parallel_pb
};
/* no wait is printed after 12 V */
const struct part_hv hv_mega8 = { MEGA_PINS, PARALLEL, .old_entry = true };
const struct part_hv hv_tinyx5 = { EIGHT_PINS, SERIAL, NEW_ENTRY, .latch_by_byte = true };
const struct part_hv hv_tinyx4 = { TINYX4_PINS, SERIAL, NEW_ENTRY, .latch_by_byte = true };
const struct part_hv hv_tiny13 = { EIGHT_PINS, SERIAL, OLD_ENTRY };
const struct part_hv hv_tiny13a = { EIGHT_PINS, SERIAL, NEW_ENTRY };
const struct part_hv hv_tiny2313 = { TINY2313_PINS, PARALLEL, OLD_ENTRY, .shared_pins = true };
const struct part_hv hv_tiny2313a = { TINY2313_PINS, PARALLEL, NEW_ENTRY, .shared_pins = true };
