/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/hv_port.h"

#include <check.h>
#include <string.h>

#include "sim/notes.h"
#include "tests/hv_rig.h"
#include "tests/run_all.h"

static struct hv_rig r;

static const char *const parts[] = { "atmega328p", "atmega88pb", "atmega8a",   "attiny85",  "attiny84",
                                     "attiny13",   "attiny13a",  "attiny2313", "attiny4313" };
#define PARTS (sizeof parts / sizeof parts[0])

/* ---- every part ---- */

START_TEST(signature_fuses_and_calibration)
{
    const struct part *part = part_find(parts[_i]);

    hv_rig_init(&r, part, NULL);
    hv_enter(&r);
    ck_assert_int_eq(target_mode(&r.target), TARGET_HV);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(hv_signature(&r, i), part->signature[i]);
    }
    for (unsigned i = 0; i < part->n_fuses; i++) {
        ck_assert_uint_eq(hv_read_fuse(&r, i), part->fuse_default[i] | (uint8_t)~part->fuse_used[i]);
    }
    ck_assert_uint_eq(hv_read_fuse(&r, 3), 0xFF);
    hv_frame(&r, 0x08, 0x4C);
    hv_frame(&r, 0, 0x0C);
    hv_frame(&r, 0, 0x78);
    ck_assert_uint_eq(hv_frame(&r, 0, 0x7C), r.nvm.cells.calibration[0]);
    hv_no_violations(&r);
    hv_leave(&r);
    ck_assert_int_eq(target_mode(&r.target), TARGET_RESET);
    hv_rig_free(&r);
}
END_TEST

START_TEST(fuses_and_lock_are_written)
{
    const struct part *part = part_find(parts[_i]);

    hv_rig_init(&r, part, NULL);
    hv_enter(&r);
    for (unsigned i = 0; i < part->n_fuses; i++) {
        for (unsigned k = 0; k < 2; k++) {
            uint8_t value = k ? part->fuse_default[i] : (uint8_t)(part->fuse_default[i] ^ part->fuse_used[i]);
            hv_write_fuse(&r, i, value);
            ck_assert_uint_eq(hv_read_fuse(&r, i), value | (uint8_t)~part->fuse_used[i]);
        }
    }
    hv_write_fuse(&r, 3, 0xFE);
    ck_assert_uint_eq(hv_read_fuse(&r, 3), 0xFE);
    hv_write_fuse(&r, 0, 0x00); /* frozen now */
    ck_assert_uint_eq(hv_read_fuse(&r, 0), part->fuse_default[0]);
    ck_assert_uint_eq(hv_found(&r, CHECK_LOCKED), 1);
    hv_erase(&r);
    ck_assert_uint_eq(hv_read_fuse(&r, 3), 0xFF);
    hv_no_violations(&r);
    hv_rig_free(&r);
}
END_TEST

START_TEST(memories_are_written_and_read)
{
    const struct part *part = part_find(parts[_i]);
    uint8_t page[256], eeprom[4] = { 0x12, 0x34, 0xF0, 0x0F }, more[4] = { 0xFF, 0xF6, 0x0F, 0xFF };
    uint32_t words = part->flash_page_bytes / 2u, last = part->flash_bytes / 2u - words, at = part->eeprom_bytes - 4u;

    for (unsigned i = 0; i < sizeof page; i++) {
        page[i] = (uint8_t)(i * 7 + 3);
    }
    hv_rig_init(&r, part, NULL);
    hv_enter(&r);
    hv_write_page(&r, last, page);
    for (uint32_t i = 0; i < words; i++) {
        ck_assert_uint_eq(hv_read_flash(&r, last + i, false), page[2 * i]);
        ck_assert_uint_eq(hv_read_flash(&r, last + i, true), page[2 * i + 1]);
    }
    ck_assert_uint_eq(hv_read_flash(&r, 0, false), 0xFF);
    hv_write_eeprom(&r, at, eeprom, 4);
    hv_write_eeprom(&r, at + 1, more + 1, 2); /* no erase before: old AND new, and only what was loaded */
    ck_assert_uint_eq(hv_read_eeprom(&r, at), 0x12);
    ck_assert_uint_eq(hv_read_eeprom(&r, at + 1), 0x34 & 0xF6);
    ck_assert_uint_eq(hv_read_eeprom(&r, at + 2), 0x00);
    ck_assert_uint_eq(hv_read_eeprom(&r, at + 3), 0x0F);
    hv_erase(&r);
    ck_assert_uint_eq(hv_read_flash(&r, last, false), 0xFF);
    ck_assert_uint_eq(hv_read_eeprom(&r, at + 2), 0xFF);
    hv_no_violations(&r);
    hv_rig_free(&r);
}
END_TEST

/* BS1, which is PAGEL, stays high from the last data byte through the high address, and never rises for an EEPROM byte. */
START_TEST(shared_pagel_as_avrdudes_stack_moves_it)
{
    static const uint8_t word[2][2] = { { 0x12, 0x34 }, { 0x56, 0x78 } };

    hv_rig_init(&r, part_find("attiny2313"), NULL);
    hv_enter(&r);
    hv_frame(&r, 0x10, 0x4C);
    for (uint8_t i = 0; i < 2; i++) {
        hv_frame(&r, i, 0x0C);
        hv_frame(&r, word[i][0], 0x2C);
        hv_frame(&r, word[i][1], 0x3C);
    }
    hv_frame(&r, 0, 0x1C);
    hv_frame(&r, 0, 0x64);
    hv_frame(&r, 0, 0x6C);
    hv_wait_ready(&r);
    hv_frame(&r, 0x11, 0x4C);
    hv_frame(&r, 9, 0x0C);
    hv_frame(&r, 0xA5, 0x2C);
    hv_frame(&r, 0, 0x64);
    hv_frame(&r, 0, 0x6C);
    hv_wait_ready(&r);
    for (uint8_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(hv_read_flash(&r, i, false), word[i][0]);
        ck_assert_uint_eq(hv_read_flash(&r, i, true), word[i][1]);
    }
    ck_assert_uint_eq(hv_read_flash(&r, 2, false), 0xFF);
    ck_assert_uint_eq(hv_read_eeprom(&r, 9), 0xA5);
    ck_assert_uint_eq(hv_read_eeprom(&r, 8), 0xFF);
    hv_no_violations(&r);
    hv_rig_free(&r);
}
END_TEST

START_TEST(spien_is_writable_here_only)
{
    const struct part *part = part_find(parts[_i]);
    struct fuse_bytes f = fuse_factory(part);

    fuse_put(part, &f, FUSE_SPIEN, 1);
    unsigned which = part->fuses->at[FUSE_SPIEN].byte;
    hv_rig_init(&r, part, NULL);
    hv_enter(&r);
    hv_write_fuse(&r, which, f.fuse[which]);
    ck_assert_uint_eq(hv_read_fuse(&r, which), f.fuse[which]);
    ck_assert_uint_eq(hv_found(&r, CHECK_LOCK_OUT), 1);
    hv_write_fuse(&r, which, part->fuse_default[which]);
    ck_assert_uint_eq(hv_read_fuse(&r, which), part->fuse_default[which] | (uint8_t)~part->fuse_used[which]);
    hv_rig_free(&r);
}
END_TEST

/* ---- what the fuses can't keep out ---- */

START_TEST(bricks_are_rescued)
{
    static const enum fuse_field field[] = { FUSE_RSTDISBL, FUSE_DWEN, FUSE_SPIEN };

    for (unsigned k = 0; k < 3 * 2; k++) {
        const struct part *part = k % 2 ? &part_attiny85 : &part_atmega328p;
        struct fuse_bytes f = fuse_factory(part);
        unsigned which = part->fuses->at[field[k / 2]].byte;

        fuse_put(part, &f, field[k / 2], field[k / 2] == FUSE_SPIEN);
        hv_rig_init(&r, part, NULL);
        r.nvm.cells.fuses = f;
        hv_enter(&r);
        hv_write_fuse(&r, which, part->fuse_default[which]);
        hv_no_violations(&r);
        hv_leave(&r);
        ck_assert_int_eq(fuse_isp_access(part, &r.target.latched), FUSE_ISP_OPEN); /* latched on leaving */
        ck_assert_int_eq(target_mode(&r.target), TARGET_RESET);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(clock_fuses_do_not_matter)
{
    for (unsigned low = 0; low < 256; low += 1) {
        hv_rig_init(&r, &part_atmega328p, NULL);
        r.nvm.cells.fuses.fuse[0] = (uint8_t)low;
        hv_enter(&r);
        ck_assert_uint_eq(hv_signature(&r, 2), 0x0F);
        ck_assert_uint_eq(hv_read_fuse(&r, 0), low);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(lock_bits_in_this_mode)
{
    uint8_t page[128];

    memset(page, 0x55, sizeof page);
    hv_rig_init(&r, &part_atmega328p, NULL);
    r.nvm.cells.fuses.lock = 0xFC;
    memset(r.nvm.cells.flash, 0x42, 128);
    hv_enter(&r);
    hv_write_fuse(&r, 1, 0xDF);
    ck_assert_uint_eq(hv_read_fuse(&r, 1), 0xD9);
    ck_assert_uint_eq(hv_read_flash(&r, 0, false), 0xFF); /* refused, by the switch's default */
    hv_write_page(&r, 0, page);
    hv_erase(&r);
    ck_assert_uint_eq(hv_read_flash(&r, 0, false), 0xFF);
    hv_write_page(&r, 0, page);
    ck_assert_uint_eq(hv_read_flash(&r, 0, false), 0x55);
    hv_rig_free(&r);
}
END_TEST

/* ---- order, hold and busy ---- */

START_TEST(a_command_while_busy_is_dropped)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_frame(&r, 0x40, 0x4C);
    hv_frame(&r, 0xE2, 0x2C);
    hv_frame(&r, 0, 0x64);
    hv_frame(&r, 0x80, 0x4C); /* at once */
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_RDY_EARLY), 1);
    hv_wait(&r, SIM_MS);
    hv_frame(&r, 0x80, 0x4C);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_BUSY), 1);
    hv_wait_ready(&r);
    ck_assert_uint_eq(hv_read_fuse(&r, 0), 0xE2);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_BUSY), 1);
    hv_rig_free(&r);
}
END_TEST

/* The write that has begun; the strobe of a next command comes at that time. */
static void strobe_at(sim_time at_ps)
{
    hv_set(&r, HV_XA1, NET_1);
    hv_set(&r, HV_XA0, NET_0);
    hv_wait(&r, at_ps - r.sim.now_ps);
    hv_set(&r, HV_STROBE, NET_1);
    hv_wait(&r, SIM_US);
    hv_set(&r, HV_STROBE, NET_0);
    hv_wait(&r, SIM_US);
}

static void begin_fuse_write(void)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_frame(&r, 0x40, 0x4C);
    hv_frame(&r, 0xE2, 0x2C);
    hv_frame(&r, 0, 0x64);
    ck_assert(nvm_busy_until(&r.nvm, r.sim.now_ps));
}

START_TEST(a_command_before_at_and_after_the_end_of_a_write)
{
    for (int d = -1; d <= 1; d++) {
        begin_fuse_write();
        strobe_at(r.nvm.end_ps + (sim_time)d);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_BUSY), d < 0);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_RDY_EARLY), 0);
        hv_rig_free(&r);
        begin_fuse_write(); /* 20 times tWLRL: who comes sooner has not looked */
        strobe_at(r.nvm.begin_ps + 20 * SIM_US + (sim_time)d);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_RDY_EARLY), d < 0);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_BUSY), d >= 0);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(wr_falls_under_the_strobe_and_after_it)
{
    for (unsigned under = 0; under < 2; under++) {
        hv_rig_init(&r, &part_atmega328p, NULL);
        hv_enter(&r);
        hv_frame(&r, 0x40, 0x4C);
        hv_frame(&r, 0xE2, 0x2C);
        hv_set(&r, HV_STROBE, NET_1);
        hv_wait(&r, SIM_US);
        if (!under) {
            hv_set(&r, HV_STROBE, NET_0);
            hv_wait(&r, 1);
        }
        hv_set(&r, HV_WR, NET_0);
        hv_wait(&r, SIM_US);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_WR_APART), under);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(strobes_without_commands)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_frame(&r, 0, 0x64); /* WR */
    hv_frame(&r, 0, 0x6D); /* PAGEL */
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_NO_COMMAND), 2);
    hv_frame(&r, 0x08, 0x4C);
    hv_frame(&r, 0, 0x64);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_NO_COMMAND), 3);
    hv_frame(&r, 0, 0x68); /* a read command: OE drives */
    ck_assert_uint_eq(r.in, 0x1E);
    hv_frame(&r, 0x40, 0x4C);
    hv_set(&r, HV_OE, NET_0); /* none: the bus stays open */
    hv_set(&r, HV_DATA0, NET_Z);
    hv_wait(&r, SIM_US);
    ck_assert_int_eq(net_level(r.net[HV_DATA0]), NET_Z);
    hv_rig_free(&r);
}
END_TEST

START_TEST(half_frames_and_frames_out_of_step)
{
    hv_rig_init(&r, &part_attiny85, NULL);
    hv_enter(&r);
    for (unsigned i = 0; i < 5; i++) { /* five bits, then it leaves */
        hv_wait(&r, SIM_US);
        hv_set(&r, HV_STROBE, NET_1);
        hv_wait(&r, SIM_US);
        hv_set(&r, HV_STROBE, NET_0);
    }
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_FRAME), 0);
    hv_leave(&r);
    ck_assert_uint_eq(hv_found(&r, CHECK_HV_FRAME), 1);
    hv_enter(&r);
    hv_set(&r, HV_SII, NET_0);
    hv_wait(&r, SIM_US);
    hv_set(&r, HV_STROBE, NET_1); /* one bit too many */
    hv_wait(&r, SIM_US);
    hv_set(&r, HV_STROBE, NET_0);
    hv_signature(&r, 1);
    ck_assert_uint_gt(hv_found(&r, CHECK_HV_FRAME), 1);
    hv_rig_free(&r);
}
END_TEST

START_TEST(sdo_is_ready_between_frames)
{
    hv_rig_init(&r, &part_attiny85, NULL);
    hv_enter(&r);
    ck_assert_int_eq(net_level(r.net[HV_SDO]), NET_1);
    hv_frame(&r, 0x80, 0x4C);
    hv_frame(&r, 0, 0x64);
    hv_frame(&r, 0, 0x6C);
    hv_wait(&r, SIM_US);
    ck_assert_int_eq(net_level(r.net[HV_SDO]), NET_0);
    hv_wait(&r, 8900 * SIM_US);
    ck_assert_int_eq(net_level(r.net[HV_SDO]), NET_0);
    hv_wait(&r, 100 * SIM_US);
    ck_assert_int_eq(net_level(r.net[HV_SDO]), NET_1);
    hv_rig_free(&r);
}
END_TEST

START_TEST(a_wrong_second_frame_reads_the_same)
{
    hv_rig_init(&r, &part_attiny85, NULL); /* field firmware: lock by 78 6C, high fuse by 7A 7C */
    hv_enter(&r);
    hv_frame(&r, 0x04, 0x4C);
    hv_frame(&r, 0, 0x7A);
    ck_assert_uint_eq(hv_frame(&r, 0, 0x7C), 0xDF);
    hv_frame(&r, 0x04, 0x4C);
    hv_frame(&r, 0, 0x78);
    ck_assert_uint_eq(hv_frame(&r, 0, 0x6C), 0xFF);
    hv_rig_free(&r);
}
END_TEST

START_TEST(vcc_lost_in_a_write)
{
    unsigned zeros;

    hv_rig_init(&r, &part_atmega328p, NULL);
    memset(r.nvm.cells.eeprom, 0xFF, 4);
    hv_enter(&r);
    hv_frame(&r, 0x11, 0x4C);
    for (unsigned i = 0; i < 4; i++) {
        hv_frame(&r, (uint8_t)i, 0x0C);
        hv_frame(&r, 0, 0x2C);
        hv_frame(&r, 0, 0x6D);
    }
    hv_frame(&r, 0, 0x64);
    hv_wait(&r, 2250 * SIM_US);
    vline_set(&r.vcc, 0);
    hv_reset_mv(&r, 0);
    hv_wait(&r, SIM_MS);
    hv_enter(&r);
    zeros = 0;
    for (unsigned i = 0; i < 4; i++) {
        zeros += 8u - (unsigned)__builtin_popcount(hv_read_eeprom(&r, i));
    }
    ck_assert_uint_gt(zeros, 4);
    ck_assert_uint_lt(zeros, 28);
    hv_rig_free(&r);
}
END_TEST

/* One pulse or edge that is just longer than it must be, as long, and just not. */
START_TEST(times_of_the_parallel_table)
{
    static const struct {
        enum checker_rule rule;
        sim_time least_ns;
    } cases[] = {
        { CHECK_HV_STROBE_HIGH, 150 }, { CHECK_HV_SETUP, 67 },       { CHECK_HV_HOLD, 67 },
        { CHECK_HV_PAGEL_HIGH, 150 },  { CHECK_HV_WR_LOW, 150 },     { CHECK_HV_BS_SETUP, 67 },
        { CHECK_HV_BS_HOLD, 67 },      { CHECK_HV_STROBE_LOW, 200 }, { CHECK_HV_PAGEL_APART, 150 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned k_case = 0; k_case < 3; k_case++) {
            bool is_short = k_case == 2;
            sim_time t = cases[i].least_ns * SIM_NS + 1 - k_case;
            enum checker_rule rule = cases[i].rule;
            sim_time us = SIM_US;

            hv_rig_init(&r, &part_atmega328p, NULL);
            hv_enter(&r);
            hv_frame(&r, 0x10, 0x4C);
            hv_set(&r, HV_XA1, NET_0); /* load data, twice */
            for (unsigned k = 0; k < 2; k++) {
                hv_set(&r, HV_DATA0, k ? NET_1 : NET_0);
                hv_wait(&r, rule == CHECK_HV_SETUP ? t : rule == CHECK_HV_STROBE_LOW && k ? t - t / 2 : us);
                hv_set(&r, HV_STROBE, NET_1);
                hv_wait(&r, rule == CHECK_HV_STROBE_HIGH ? t : us);
                hv_set(&r, HV_STROBE, NET_0);
                hv_wait(&r, rule == CHECK_HV_HOLD ? t : rule == CHECK_HV_STROBE_LOW ? t / 2 : us);
            }
            hv_set(&r, HV_DATA0, NET_0);
            hv_wait(&r, us);
            hv_set(&r, HV_BS1, NET_1);
            hv_wait(&r, rule == CHECK_HV_BS_SETUP ? t : us);
            hv_set(&r, HV_PAGEL, NET_1);
            hv_wait(&r, rule == CHECK_HV_PAGEL_HIGH ? t : us);
            hv_set(&r, HV_PAGEL, NET_0);
            hv_wait(&r, rule == CHECK_HV_PAGEL_APART ? t : us);
            hv_set(&r, HV_STROBE, NET_1);
            hv_wait(&r, us);
            hv_set(&r, HV_STROBE, NET_0);
            hv_wait(&r, us);
            hv_set(&r, HV_BS1, NET_0);
            hv_wait(&r, us);
            hv_set(&r, HV_WR, NET_0);
            hv_wait(&r, rule == CHECK_HV_BS_HOLD || rule == CHECK_HV_WR_LOW ? t : us);
            if (rule == CHECK_HV_BS_HOLD) {
                hv_set(&r, HV_BS1, NET_1);
                hv_wait(&r, us);
            }
            hv_set(&r, HV_WR, NET_1);
            hv_wait(&r, 5 * SIM_MS);
            ck_assert_msg((hv_found(&r, rule) > 0) == is_short, "%s: %u at %llu ns", checker_rule_info(rule)->id,
                          (unsigned)hv_found(&r, rule), (unsigned long long)(t / SIM_NS));
            if (!is_short) {
                hv_no_violations(&r);
            }
            hv_rig_free(&r);
        }
    }
}
END_TEST

START_TEST(times_of_the_serial_table)
{
    for (sim_time t = 124; t <= 125; t++) {
        hv_rig_init(&r, &part_attiny85, NULL);
        hv_enter(&r);
        r.t_ps = t * SIM_NS;
        ck_assert_uint_eq(hv_signature(&r, 0), 0x1E);
        ck_assert_int_eq(hv_found(&r, CHECK_HV_STROBE_HIGH) > 0, t < 125);
        ck_assert_int_eq(hv_found(&r, CHECK_HV_STROBE_LOW) > 0, t < 125);
        ck_assert_uint_eq(hv_found(&r, CHECK_HV_SETUP), 0);
        hv_rig_free(&r);
    }
    for (sim_time t = 49; t <= 50; t++) {
        hv_rig_init(&r, &part_attiny85, NULL);
        hv_enter(&r);
        hv_set(&r, HV_SII, NET_1);
        hv_wait(&r, t * SIM_NS);
        hv_set(&r, HV_STROBE, NET_1);
        hv_wait(&r, t * SIM_NS);
        hv_set(&r, HV_SII, NET_0);
        ck_assert_int_eq(hv_found(&r, CHECK_HV_SETUP) > 0, t < 50);
        ck_assert_int_eq(hv_found(&r, CHECK_HV_HOLD) > 0, t < 50);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(data_driven_by_both)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_frame(&r, 0x08, 0x4C);
    hv_frame(&r, 0, 0x0C); /* the hand still drives 0 */
    hv_set(&r, HV_BS1, NET_0);
    hv_set(&r, HV_OE, NET_0);
    hv_wait(&r, SIM_US);
    ck_assert_uint_eq(hv_found(&r, CHECK_CONTENTION), 4); /* of 1E */
    hv_rig_free(&r);
}
END_TEST

/* tOLDV and tOHDZ, of the signature byte 1E. */
START_TEST(data_comes_and_goes_in_its_times)
{
    static const struct {
        const char *part;
        sim_time on_ps, off_ps;
    } rows[] = { { "atmega328p", 250 * SIM_NS, 250 * SIM_NS }, { "atmega328pb", 350 * SIM_NS, 250 * SIM_NS } };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hv_rig_init(&r, part_find(rows[i].part), NULL);
        hv_enter(&r);
        hv_frame(&r, 0x08, 0x4C);
        hv_frame(&r, 0, 0x0C);
        for (unsigned k = 0; k < 8; k++) {
            hv_set(&r, HV_DATA0 + k, NET_Z);
        }
        hv_wait(&r, SIM_US);
        hv_set(&r, HV_OE, NET_0);
        hv_wait(&r, rows[i].on_ps - 1);
        ck_assert_int_eq(net_level(r.net[HV_DATA0 + 1]), NET_Z);
        hv_wait(&r, 1);
        ck_assert_int_eq(net_level(r.net[HV_DATA0 + 1]), NET_1);
        ck_assert_int_eq(net_level(r.net[HV_DATA0]), NET_0);
        hv_set(&r, HV_OE, NET_1);
        hv_wait(&r, rows[i].off_ps - 1);
        ck_assert_int_eq(net_level(r.net[HV_DATA0 + 1]), NET_1);
        hv_wait(&r, 1);
        ck_assert_int_eq(net_level(r.net[HV_DATA0 + 1]), NET_Z);
        hv_rig_free(&r);
    }
}
END_TEST

/* The address 1 is let go before its strobe. */
START_TEST(open_data_is_what_it_was)
{
    static const uint8_t reads[] = { [HV_OPEN_LOW] = 0x1E, [HV_OPEN_HIGH] = 0xFF, [HV_OPEN_KEEPS] = 0x95 };
    struct target_config cfg = target_config_default(&part_atmega328p);

    ck_assert_int_eq(cfg.switches.v[SW_HV_OPEN_INPUT], HV_OPEN_KEEPS);
    for (int open = HV_OPEN_LOW; open <= HV_OPEN_KEEPS; open++) {
        cfg.switches.v[SW_HV_OPEN_INPUT] = open;
        hv_rig_init(&r, &part_atmega328p, &cfg);
        hv_enter(&r);
        hv_frame(&r, 0x08, 0x4C);
        hv_frame(&r, 1, 0x0C);
        hv_wait(&r, SIM_US);
        for (unsigned k = 0; k < 8; k++) {
            hv_set(&r, HV_DATA0 + k, NET_Z);
        }
        hv_wait(&r, SIM_US);
        hv_set(&r, HV_STROBE, NET_1);
        hv_wait(&r, SIM_US);
        hv_set(&r, HV_STROBE, NET_0);
        hv_frame(&r, 0, 0x68);
        ck_assert_uint_eq(r.in, reads[open]);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(sdo_against_a_programmer_that_holds_it)
{
    static const struct {
        const char *part;
        sim_time drives_ps;
    } rows[] = { { "attiny13", SIM_US }, { "attiny85", 50 * SIM_US } };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hv_rig_init(&r, part_find(rows[i].part), NULL);
        hv_set_enable(&r, NET_0);
        hv_set(&r, HV_STROBE, NET_0);
        vline_set(&r.vcc, 5000);
        hv_wait(&r, 40 * SIM_US);
        hv_reset_mv(&r, 12000);
        hv_wait(&r, rows[i].drives_ps - SIM_NS);
        ck_assert_uint_eq(hv_found(&r, CHECK_CONTENTION), 0);
        hv_wait(&r, SIM_US);
        ck_assert_uint_eq(hv_found(&r, CHECK_CONTENTION), 1);
        hv_rig_free(&r);
    }
}
END_TEST

START_TEST(a_wire_comes_off_and_is_put_back)
{
    static const enum hv_signal wires[] = { HV_DATA0, HV_STROBE, HV_OE, HV_WR };

    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    for (unsigned i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        target_connect_hv(&r.target, wires[i], NULL);
        target_connect_hv(&r.target, wires[i], NULL); /* nothing more */
        uint8_t without = hv_signature(&r, 0);
        ck_assert_msg((without == 0x1E) == (wires[i] == HV_WR), "wire %u: %02X", i, without); /* WR: to write only */
        target_connect_hv(&r.target, wires[i], r.net[wires[i]]);
        uint8_t with = hv_signature(&r, 1);
        ck_assert_msg(with == 0x95, "wire %u is back: %02X", i, with);
    }
    hv_leave(&r);
    target_connect_hv(&r.target, HV_DATA0, NULL); /* and while nobody programs */
    target_connect_hv(&r.target, HV_DATA0, r.net[HV_DATA0]);
    hv_enter(&r);
    ck_assert_uint_eq(hv_signature(&r, 1), 0x95);
    hv_rig_free(&r);
}
END_TEST

START_TEST(nothing_happens_while_nobody_strobes)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_wait(&r, 10 * SIM_MS);
    uint64_t before = r.sim.events_fired;
    hv_wait(&r, 3600 * SIM_S);
    ck_assert_uint_eq(r.sim.events_fired, before);
    ck_assert_uint_eq(hv_signature(&r, 0), 0x1E);
    hv_rig_free(&r);
}
END_TEST

/* Any pin at any time, several in an instant, 12 V and VCC included. */
static void move_at_random(struct sim_rng *rng)
{
    enum hv_signal signal = (enum hv_signal)sim_rng_below(rng, HV_SIGNALS);
    unsigned what = (unsigned)sim_rng_below(rng, 200);

    if (what == 0) {
        hv_reset_mv(&r, sim_rng_below(rng, 2) ? 0 : 12000);
    } else if (what == 1) {
        vline_set(&r.vcc, sim_rng_below(rng, 4) ? 5000 : 0);
    } else if (what < 8) {
        target_connect(&r.target, TARGET_RESET_N, NULL); /* a wire falls off, and is put back */
        target_connect(&r.target, TARGET_RESET_N, r.reset.net);
    } else if (r.net[signal] && signal != HV_RDY) {
        hv_set(&r, signal, what < 20 ? NET_Z : (enum net_level)sim_rng_below(rng, 2));
    }
}

/* A command and strobes that mean something more often than pins at random do. */
static void say_at_random(struct sim_rng *rng)
{
    static const uint8_t commands[] = { 0x80, 0x40, 0x20, 0x10, 0x11, 0x08, 0x04, 0x02, 0x03, 0x00 };

    hv_frame(&r, commands[sim_rng_below(rng, sizeof commands)], 0x4C);
    for (unsigned i = (unsigned)sim_rng_below(rng, 6); i; i--) {
        hv_frame(&r, (uint8_t)sim_rng_below(rng, 256), (uint8_t)sim_rng_below(rng, 256) & 0x7D);
    }
}

START_TEST(after_any_nonsense_the_chip_can_be_written_again)
{
    struct sim_rng rng = sim_rng_stream((uint64_t)_i, "nonsense");
    uint8_t page[NVM_MAX_FLASH_PAGE_BYTES];

    hv_rig_init(&r, part_find(parts[_i]), NULL);
    hv_enter(&r);
    for (unsigned step = 0; step < 3000; step++) {
        unsigned together = (unsigned)sim_rng_below(&rng, 8);
        if (together == 0) {
            say_at_random(&rng);
        } else if (together < 3) {
            net_hold(&r.sim);
            move_at_random(&rng);
            move_at_random(&rng);
            net_release(&r.sim);
        } else {
            move_at_random(&rng);
        }
        hv_wait(&r, sim_rng_below(&rng, 3) * sim_rng_below(&rng, SIM_US));
        if (target_mode(&r.target) != TARGET_HV && step % 20 == 0) {
            hv_leave(&r);
            hv_wait(&r, SIM_MS);
            hv_enter(&r);
        }
    }
    ck_assert_str_eq(r.sim.fault, "");
    hv_leave(&r);
    vline_set(&r.vcc, 0);
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        if (r.net[i] && i != HV_RDY) {
            hv_set(&r, (enum hv_signal)i, NET_Z);
        }
    }
    hv_wait(&r, 100 * SIM_MS);
    hv_enter(&r);
    ck_assert_int_eq(target_mode(&r.target), TARGET_HV);
    hv_erase(&r);
    for (unsigned i = 0; i < sizeof page; i++) {
        page[i] = (uint8_t)(i * 7);
    }
    hv_write_page(&r, 0, page);
    for (unsigned i = 0; i < r.target.cfg.part->flash_page_bytes; i++) {
        ck_assert_uint_eq(hv_read_flash(&r, i / 2, i % 2), page[i]);
    }
    hv_rig_free(&r);
}
END_TEST

/* Switches that put other times in place of the datasheet's, and a viewer that is told of instructions. */
START_TEST(times_that_switches_set)
{
    struct target_config cfg = target_config_default(&part_atmega328p);
    struct notes notes = { 0 };

    cfg.switches.v[SW_HV_OUT_OFF_NS] = 100;
    hv_rig_init(&r, &part_atmega328p, &cfg);
    r.sim.notes = &notes;
    hv_enter(&r);
    ck_assert_uint_eq(hv_signature(&r, 0), 0x1E);
    ck_assert_uint_ne(notes.n, 0);
    hv_frame(&r, 0x08, 0x4C);
    hv_frame(&r, 0, 0x0C);
    for (unsigned k = 0; k < 8; k++) {
        hv_set(&r, HV_DATA0 + k, NET_Z);
    }
    hv_set(&r, HV_OE, NET_0);
    hv_wait(&r, SIM_US);
    hv_set(&r, HV_OE, NET_1);
    hv_wait(&r, 100 * SIM_NS - 1);
    ck_assert_int_eq(net_level(r.net[HV_DATA0 + 1]), NET_1);
    hv_wait(&r, 1);
    ck_assert_int_eq(net_level(r.net[HV_DATA0 + 1]), NET_Z);
    r.sim.notes = NULL;
    notes_free(&notes);
    hv_rig_free(&r);
}
END_TEST

/* BS1 and BS2 both high name no fuse; what is read while a write goes on is not driven. */
START_TEST(what_names_no_fuse_and_reads_while_busy)
{
    hv_rig_init(&r, &part_atmega328p, NULL);
    hv_enter(&r);
    hv_frame(&r, 0x40, 0x4C);
    hv_frame(&r, 0x12, 0x2C);
    hv_set(&r, HV_BS1, NET_1);
    hv_set(&r, HV_BS2, NET_1);
    hv_wait(&r, SIM_US);
    hv_set(&r, HV_WR, NET_0);
    hv_wait(&r, SIM_US);
    hv_set(&r, HV_WR, NET_1);
    hv_wait(&r, SIM_US);
    ck_assert(!nvm_busy_until(&r.nvm, r.sim.now_ps));
    hv_set(&r, HV_BS1, NET_0);
    hv_set(&r, HV_BS2, NET_0);
    hv_rig_free(&r);
    begin_fuse_write();
    for (unsigned k = 0; k < 8; k++) {
        hv_set(&r, HV_DATA0 + k, NET_Z);
    }
    hv_set(&r, HV_OE, NET_0);
    hv_wait(&r, SIM_US);
    ck_assert_int_eq(net_level(r.net[HV_DATA0]), NET_Z);
    hv_rig_free(&r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hv_port");
    TCase *every = tcase_create("every part");
    TCase *port = tcase_create("port");

    tcase_add_loop_test(every, signature_fuses_and_calibration, 0, PARTS);
    tcase_add_loop_test(every, fuses_and_lock_are_written, 0, PARTS);
    tcase_add_loop_test(every, memories_are_written_and_read, 0, PARTS);
    tcase_add_loop_test(every, spien_is_writable_here_only, 0, PARTS);
    tcase_add_loop_test(every, after_any_nonsense_the_chip_can_be_written_again, 0, PARTS);
    tcase_add_test(every, shared_pagel_as_avrdudes_stack_moves_it);
    suite_add_tcase(s, every);
    tcase_add_test(port, bricks_are_rescued);
    tcase_add_test(port, clock_fuses_do_not_matter);
    tcase_add_test(port, lock_bits_in_this_mode);
    tcase_add_test(port, a_command_while_busy_is_dropped);
    tcase_add_test(port, a_command_before_at_and_after_the_end_of_a_write);
    tcase_add_test(port, wr_falls_under_the_strobe_and_after_it);
    tcase_add_test(port, strobes_without_commands);
    tcase_add_test(port, half_frames_and_frames_out_of_step);
    tcase_add_test(port, sdo_is_ready_between_frames);
    tcase_add_test(port, a_wrong_second_frame_reads_the_same);
    tcase_add_test(port, vcc_lost_in_a_write);
    tcase_add_test(port, times_of_the_parallel_table);
    tcase_add_test(port, times_of_the_serial_table);
    tcase_add_test(port, data_driven_by_both);
    tcase_add_test(port, data_comes_and_goes_in_its_times);
    tcase_add_test(port, open_data_is_what_it_was);
    tcase_add_test(port, sdo_against_a_programmer_that_holds_it);
    tcase_add_test(port, a_wire_comes_off_and_is_put_back);
    tcase_add_test(port, nothing_happens_while_nobody_strobes);
    tcase_add_test(port, times_that_switches_set);
    tcase_add_test(port, what_names_no_fuse_and_reads_while_busy);
    suite_add_tcase(s, port);
    return run_all(s);
}
