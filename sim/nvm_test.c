/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/nvm.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct nvm n;
static struct target_switches sw;

static void fresh(void)
{
    sw = target_switches_default();
    nvm_init(&n, &part_atmega328p, &sw, 1);
}

static void load_word(uint32_t word, uint16_t value)
{
    ck_assert_int_eq(nvm_load_flash(&n, 0, word, false, (uint8_t)value), NVM_DONE);
    ck_assert_int_eq(nvm_load_flash(&n, 0, word, true, (uint8_t)(value >> 8)), NVM_DONE);
}

static void write_page(uint32_t page)
{
    ck_assert_int_eq(nvm_write_flash_page(&n, 0, page), NVM_DONE);
    nvm_settle(&n, n.end_ps);
}

START_TEST(a_fresh_chip)
{
    uint8_t data;

    fresh();
    ck_assert_int_eq(nvm_read_flash(&n, 0, 0x3FFF, true, &data), NVM_DONE);
    ck_assert_uint_eq(data, 0xFF);
    nvm_read_eeprom(&n, 0, 1023, &data);
    ck_assert_uint_eq(data, 0xFF);
    static const uint8_t fuses[3] = { 0x62, 0xD9, 0xFF };
    for (unsigned i = 0; i < 3; i++) {
        nvm_read_fuse(&n, 0, i, &data);
        ck_assert_uint_eq(data, fuses[i]);
    }
    nvm_read_lock(&n, 0, &data);
    ck_assert_uint_eq(data, 0xFF);
    ck_assert_int_eq(nvm_read_fuse(&n, 0, 3, &data), NVM_NOT_THERE);
    ck_assert_int_eq(nvm_read_calibration(&n, 0, 1, &data), NVM_NOT_THERE);
}
END_TEST

/* ---- flash ---- */

START_TEST(words_of_a_page_in_any_order)
{
    fresh();
    load_word(63, 0x1234);
    load_word(0, 0xABCD);
    load_word(64 + 5, 0x5566); /* address bits above the page are not there */
    write_page(3);
    ck_assert_uint_eq(n.cells.flash[3 * 128], 0xCD);
    ck_assert_uint_eq(n.cells.flash[3 * 128 + 1], 0xAB);
    ck_assert_uint_eq(n.cells.flash[3 * 128 + 126], 0x34);
    ck_assert_uint_eq(n.cells.flash[3 * 128 + 127], 0x12);
    ck_assert_uint_eq(n.cells.flash[3 * 128 + 10], 0x66);
    ck_assert_uint_eq(n.cells.flash[3 * 128 + 2], 0xFF);
    ck_assert_uint_eq(n.cells.flash_written[3], 1);
}
END_TEST

START_TEST(wear_stays_at_its_end)
{
    fresh();
    n.cells.flash_written[3] = UINT32_MAX - 1; /* not to be seen at the port: what a chip file keeps */
    for (unsigned i = 0; i < 3; i++) {
        load_word(0, 0x1234);
        write_page(3);
    }
    ck_assert_uint_eq(n.cells.flash_written[3], UINT32_MAX);
}
END_TEST

START_TEST(the_buffer_is_erased_by_the_write)
{
    fresh();
    load_word(1, 0x0000);
    write_page(0);
    write_page(1);
    ck_assert_uint_eq(n.cells.flash[2], 0x00);
    ck_assert_uint_eq(n.cells.flash[128 + 2], 0xFF);
}
END_TEST

START_TEST(the_buffer_is_erased_by_reset)
{
    fresh();
    load_word(1, 0x0000);
    ck_assert_int_eq(nvm_load_eeprom(&n, 0, 1, 0x00), NVM_DONE);
    nvm_reset(&n, 0);
    write_page(0);
    ck_assert_int_eq(nvm_write_eeprom_page(&n, n.end_ps, 0), NVM_DONE);
    nvm_settle(&n, n.end_ps);
    ck_assert_uint_eq(n.cells.flash[2], 0xFF);
    ck_assert_uint_eq(n.cells.eeprom[1], 0xFF);
}
END_TEST

START_TEST(flash_is_anded)
{
    fresh();
    load_word(0, 0xF0F3);
    write_page(0);
    load_word(0, 0x3C3C);
    write_page(0);
    ck_assert_uint_eq(n.cells.flash[0], 0xF3 & 0x3C);
    ck_assert_uint_eq(n.cells.flash[1], 0xF0 & 0x3C);
}
END_TEST

START_TEST(low_byte_alone_leaves_the_high_byte)
{
    fresh();
    ck_assert_int_eq(nvm_load_flash(&n, 0, 2, false, 0x55), NVM_DONE);
    write_page(0);
    ck_assert_uint_eq(n.cells.flash[4], 0x55);
    ck_assert_uint_eq(n.cells.flash[5], 0xFF);
}
END_TEST

START_TEST(high_byte_without_its_low_byte)
{
    for (int keeps = 0; keeps < 2; keeps++) {
        fresh();
        n.switches.v[SW_HIGH_WITHOUT_LOW_KEEPS] = keeps;
        load_word(0, 0x1122);
        ck_assert_int_eq(nvm_load_flash(&n, 0, 1, true, 0x77), NVM_HIGH_WITHOUT_LOW);
        write_page(0);
        ck_assert_uint_eq(n.cells.flash[2], keeps ? 0xFF : 0x22); /* else: the low byte loaded last */
        ck_assert_uint_eq(n.cells.flash[3], 0x77);
    }
}
END_TEST

START_TEST(a_word_loaded_twice)
{
    for (int ands = 0; ands < 2; ands++) {
        fresh();
        n.switches.v[SW_SAME_WORD_TWICE_ANDS] = ands;
        load_word(0, 0xF00F);
        ck_assert_int_eq(nvm_load_flash(&n, 0, 0, false, 0x3A), NVM_LOADED_TWICE);
        ck_assert_int_eq(nvm_load_flash(&n, 0, 0, true, 0x3A), NVM_LOADED_TWICE);
        write_page(0);
        ck_assert_uint_eq(n.cells.flash[0], ands ? 0x3A & 0x0F : 0x3A);
        ck_assert_uint_eq(n.cells.flash[1], ands ? 0x3A & 0xF0 : 0x3A);
    }
}
END_TEST

START_TEST(page_addresses_wrap)
{
    fresh();
    load_word(0, 0x4321);
    write_page(256 + 2);
    ck_assert_uint_eq(n.cells.flash[2 * 128], 0x21);
}
END_TEST

START_TEST(an_eeprom_write_between_page_loads)
{
    for (int clears = 0; clears < 2; clears++) {
        fresh();
        n.switches.v[SW_EEPROM_WRITE_CLEARS_PAGE] = clears;
        load_word(0, 0x0000);
        nvm_write_eeprom(&n, 0, 0, 1);
        nvm_settle(&n, n.end_ps);
        ck_assert_int_eq(nvm_write_flash_page(&n, n.end_ps, 0), NVM_DONE);
        nvm_settle(&n, n.end_ps);
        ck_assert_uint_eq(n.cells.flash[0], clears ? 0xFF : 0x00);
    }
}
END_TEST

/* ---- EEPROM ---- */

START_TEST(eeprom_bytes_are_erased_first)
{
    fresh();
    nvm_write_eeprom(&n, 0, 17, 0x0F);
    ck_assert_int_eq(nvm_write_eeprom(&n, n.end_ps, 1024 + 17, 0xF0), NVM_DONE); /* wraps */
    nvm_settle(&n, n.end_ps);
    ck_assert_uint_eq(n.cells.eeprom[17], 0xF0);
    ck_assert_uint_eq(n.cells.eeprom_written[17], 2);
}
END_TEST

START_TEST(only_loaded_bytes_of_an_eeprom_page_change)
{
    fresh();
    memcpy(n.cells.eeprom + 8, "\x10\x20\x30\x40", 4);
    ck_assert_int_eq(nvm_load_eeprom(&n, 0, 1, 0xA1), NVM_DONE);
    ck_assert_int_eq(nvm_load_eeprom(&n, 0, 4 + 3, 0xA3), NVM_DONE);
    ck_assert_int_eq(nvm_load_eeprom(&n, 0, 3, 0xB3), NVM_LOADED_TWICE);
    nvm_write_eeprom_page(&n, 0, 2);
    nvm_settle(&n, n.end_ps);
    ck_assert_mem_eq(n.cells.eeprom + 8, "\x10\xA1\x30\xB3", 4);
}
END_TEST

/* ---- erase, fuses, lock ---- */

START_TEST(chip_erase_and_eesave)
{
    for (int eesave = 0; eesave < 2; eesave++) {
        fresh();
        memset(n.cells.flash, 0x11, 32768);
        memset(n.cells.eeprom, 0x22, 1024);
        n.cells.fuses.lock = 0xC0;
        fuse_put(n.part, &n.cells.fuses, FUSE_EESAVE, !eesave);
        struct fuse_bytes before = n.cells.fuses;
        ck_assert_int_eq(nvm_chip_erase(&n, 0), NVM_DONE);
        nvm_settle(&n, n.end_ps - 1);
        ck_assert_uint_eq(n.cells.fuses.lock, 0xC0);
        nvm_settle(&n, n.end_ps);
        ck_assert_uint_eq(n.cells.flash[0], 0xFF);
        ck_assert_uint_eq(n.cells.flash[32767], 0xFF);
        ck_assert_uint_eq(n.cells.eeprom[1023], eesave ? 0x22 : 0xFF);
        ck_assert_uint_eq(n.cells.fuses.lock, 0xFF);
        ck_assert_mem_eq(n.cells.fuses.fuse, before.fuse, 3);
        ck_assert_uint_eq(n.cells.chip_erased, 1);
    }
}
END_TEST

START_TEST(fuses_go_both_ways_but_spien)
{
    uint8_t data;

    fresh();
    ck_assert_int_eq(nvm_write_fuse(&n, 0, 0, 0x00), NVM_DONE);
    ck_assert_int_eq(nvm_write_fuse(&n, n.end_ps, 0, 0xFF), NVM_DONE);
    ck_assert_int_eq(nvm_write_fuse(&n, n.end_ps, 1, 0xFF), NVM_DONE);
    ck_assert_int_eq(nvm_write_fuse(&n, n.end_ps, 2, 0x05), NVM_DONE);
    nvm_settle(&n, n.end_ps);
    nvm_read_fuse(&n, n.end_ps, 0, &data);
    ck_assert_uint_eq(data, 0xFF);
    nvm_read_fuse(&n, n.end_ps, 1, &data);
    ck_assert_uint_eq(data, 0xDF); /* SPIEN stays programmed */
    nvm_read_fuse(&n, n.end_ps, 2, &data);
    ck_assert_uint_eq(data, 0xFD); /* bits 7:3 are not there */
}
END_TEST

static void set_lock(uint8_t lock)
{
    fresh();
    memset(n.cells.flash, 0x5A, 64);
    n.cells.fuses.lock = lock;
}

/* What each lock mode lets through. */
START_TEST(lock_modes)
{
    static const struct {
        uint8_t lock;
        bool lb2_protects, writes, reads, lock_write;
    } cases[] = {
        { 0xFF, false, true, true, true },                                       /* 1 */
        { 0xFE, false, false, true, true },                                      /* 2 */
        { 0xFC, false, false, false, false },                                    /* 3 */
        { 0xFD, false, true, true, true },                                       /* LB2 alone */
        { 0xFD, true, false, true, true },    { 0xC3, false, true, true, true }, /* boot lock bits mean nothing here */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum nvm_result write = cases[i].writes ? NVM_DONE : NVM_LOCKED;
        enum nvm_result read = cases[i].reads ? NVM_DONE : NVM_LOCKED;
        uint8_t data;
        set_lock(cases[i].lock);
        n.switches.v[SW_LB2_ALONE_PROTECTS] = cases[i].lb2_protects;
        ck_assert_int_eq(nvm_read_flash(&n, 0, 0, false, &data), read);
        ck_assert_int_eq(nvm_read_eeprom(&n, 0, 0, &data), read);
        ck_assert_int_eq(nvm_read_fuse(&n, 0, 0, &data), NVM_DONE);
        ck_assert_int_eq(nvm_read_lock(&n, 0, &data), NVM_DONE);
        ck_assert_uint_eq(data, cases[i].lock);
        ck_assert_int_eq(nvm_read_signature(&n, 0, 0, &data), NVM_DONE);
        ck_assert_int_eq(nvm_read_calibration(&n, 0, 0, &data), NVM_DONE);
        ck_assert_int_eq(nvm_load_flash(&n, 0, 0, false, 0), write);
        ck_assert_int_eq(nvm_load_eeprom(&n, 0, 0, 0), write);
        ck_assert_int_eq(nvm_write_flash_page(&n, 0, 0), write);
        sim_time t = n.end_ps;
        ck_assert_int_eq(nvm_write_eeprom(&n, t, 0, 0), write);
        t = n.end_ps;
        ck_assert_int_eq(nvm_write_eeprom_page(&n, t, 0), write);
        t = n.end_ps;
        ck_assert_int_eq(nvm_write_fuse(&n, t, 0, 0x62), write);
        t = n.end_ps;
        if (!cases[i].writes) {
            ck_assert_uint_eq(t, 0); /* refused: no busy time */
        }
        ck_assert_int_eq(nvm_write_lock(&n, t, 0xFF), cases[i].lock_write ? NVM_DONE : NVM_LOCKED);
        ck_assert_int_eq(nvm_chip_erase(&n, n.end_ps), NVM_DONE);
        nvm_settle(&n, n.end_ps);
        ck_assert_uint_eq(nvm_lb_mode(&n), 1);
    }
}
END_TEST

START_TEST(lock_bits_only_go_to_0)
{
    fresh();
    nvm_write_lock(&n, 0, 0x0F); /* 7:6 do not exist */
    ck_assert_int_eq(nvm_write_lock(&n, n.end_ps, 0xFF), NVM_DONE);
    nvm_settle(&n, n.end_ps);
    ck_assert_uint_eq(n.cells.fuses.lock, 0xCF);
}
END_TEST

/* ---- busy ---- */

START_TEST(busy_times)
{
    fresh();
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_FLASH_WRITE), 4500 * SIM_US);
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_EEPROM_WRITE), 3600 * SIM_US);
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_CHIP_ERASE), 9000 * SIM_US);
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_FUSE_WRITE), 4500 * SIM_US);
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_LOCK_WRITE), 4500 * SIM_US);
    n.rc_millihz = UINT64_C(10000000000);
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_FLASH_WRITE), 3600 * SIM_US);
    n.switches.v[SW_BUSY_PERMILLE] = 500;
    ck_assert_uint_eq(nvm_length_ps(&n, NVM_FLASH_WRITE), 1800 * SIM_US);
}
END_TEST

START_TEST(busy_ends_on_time)
{
    uint8_t data;

    fresh();
    nvm_write_eeprom(&n, SIM_S, 5, 0x12);
    sim_time end = SIM_S + 3600 * SIM_US;
    ck_assert_uint_eq(nvm_busy_until(&n, SIM_S), end);
    ck_assert_uint_eq(nvm_poll(&n, end - 1), 0xFF);
    ck_assert_int_eq(nvm_read_eeprom(&n, end - 1, 5, &data), NVM_BUSY);
    ck_assert_uint_eq(data, 0xFF);
    ck_assert_uint_eq(nvm_poll(&n, end), 0xFE);
    ck_assert_int_eq(nvm_read_eeprom(&n, end, 5, &data), NVM_DONE);
    ck_assert_uint_eq(data, 0x12);
    ck_assert_uint_eq(nvm_busy_until(&n, end), 0);
}
END_TEST

START_TEST(reads_while_busy)
{
    uint8_t data;

    for (int ff = 0; ff < 2; ff++) {
        fresh();
        n.switches.v[SW_READ_WHILE_BUSY] = ff;
        n.cells.flash[0] = 0x42;
        nvm_write_eeprom(&n, 0, 5, 0x12);
        nvm_read_flash(&n, 1, 0, false, &data);
        ck_assert_uint_eq(data, ff ? 0xFF : 0x42);
        nvm_read_signature(&n, 1, 0, &data);
        ck_assert_uint_eq(data, ff ? 0xFF : 0x1E);
        nvm_read_fuse(&n, 1, 0, &data);
        ck_assert_uint_eq(data, ff ? 0xFF : 0x62);
    }
}
END_TEST

/* An ATmega8A is polled by value: FF only where it is being written. */
START_TEST(reads_while_busy_by_value)
{
    uint8_t data;

    sw = target_switches_default();
    nvm_init(&n, &part_atmega8a, &sw, 1);
    memset(n.cells.flash, 0x33, 8192);
    memset(n.cells.eeprom, 0x44, 512);
    nvm_write_flash_page(&n, 0, 2); /* words 64..95 */
    nvm_read_flash(&n, 1, 64, false, &data);
    ck_assert_uint_eq(data, 0xFF);
    nvm_read_flash(&n, 1, 95, true, &data);
    ck_assert_uint_eq(data, 0xFF);
    nvm_read_flash(&n, 1, 96, false, &data);
    ck_assert_uint_eq(data, 0x33);
    nvm_read_eeprom(&n, 1, 0, &data);
    ck_assert_uint_eq(data, 0x44);
    sim_time t = n.end_ps;
    nvm_write_eeprom(&n, t, 7, 0x10);
    nvm_read_eeprom(&n, t, 7, &data);
    ck_assert_uint_eq(data, 0xFF);
    nvm_read_eeprom(&n, t, 8, &data);
    ck_assert_uint_eq(data, 0x44);
}
END_TEST

/* Every kind of write against every kind of read, on a chip that hides all and on one that hides what it writes. */
START_TEST(each_write_hides_what_it_should)
{
    static const struct {
        enum nvm_work work;
        bool everything; /* hidden, on either chip */
    } is[] = { { NVM_FLASH_WRITE, false },    { NVM_FLASH_ERASE, false }, { NVM_EEPROM_WRITE, false },
               { NVM_EEPROM_PROGRAM, false }, { NVM_CHIP_ERASE, true },   { NVM_FUSE_WRITE, true },
               { NVM_LOCK_WRITE, true } };
    static const uint8_t data[NVM_MAX_FLASH_PAGE_BYTES];

    for (unsigned i = 0; i < 2 * sizeof is / sizeof is[0]; i++) {
        enum nvm_work work = is[i / 2].work;
        bool all = i % 2 || is[i / 2].everything, in_flash = work == NVM_FLASH_WRITE || work == NVM_FLASH_ERASE,
             in_eeprom = work == NVM_EEPROM_WRITE || work == NVM_EEPROM_PROGRAM;
        uint8_t got;

        sw = target_switches_default();
        nvm_init(&n, i % 2 ? &part_atmega328p : &part_atmega8a, &sw, 1);
        memset(n.cells.flash, 0x33, n.part->flash_bytes);
        memset(n.cells.eeprom, 0x44, n.part->eeprom_bytes);
        uint32_t at = in_flash ? 2 * n.part->flash_page_bytes : in_eeprom ? 16 : 0;
        ck_assert(nvm_begin(&n, 0, work, at, data, 0x05, SIM_MS));
        ck_assert(!nvm_begin(&n, 0, work, at, data, 0x05, SIM_MS)); /* one at a time */
        const struct {
            bool eeprom;
            uint32_t at;
            bool hidden;
        } reads[] = { { false, 0, all },
                      { false, at, all || in_flash },
                      { false, at + n.part->flash_page_bytes, all },
                      { true, 0, all },
                      { true, at, all || in_eeprom },
                      { true, at + 1, all },
                      { true, at + 2, all || in_eeprom },
                      { true, at + 8, all } };
        for (unsigned k = 0; k < sizeof reads / sizeof reads[0]; k++) {
            enum nvm_result r = reads[k].eeprom ? nvm_read_eeprom(&n, 1, reads[k].at, &got)
                                                : nvm_read_flash(&n, 1, reads[k].at / 2, false, &got);
            ck_assert_int_eq(r, NVM_BUSY);
            ck_assert_msg(got == (reads[k].hidden   ? 0xFF
                                  : reads[k].eeprom ? 0x44
                                                    : 0x33),
                          "%s, write %d, read %u: %02x", n.part->name, work, k, got);
        }
        nvm_read_signature(&n, 1, 0, &got);
        ck_assert_uint_eq(got, all ? 0xFF : 0x1E);
        nvm_settle(&n, SIM_MS);
        ck_assert_int_eq(nvm_read_signature(&n, SIM_MS, 0, &got), NVM_DONE);
        ck_assert_uint_eq(got, 0x1E);
    }
}
END_TEST

START_TEST(cells_that_are_not_there)
{
    sw = target_switches_default();
    nvm_init(&n, &part_atmega8a, &sw, 1); /* writes its EEPROM by the byte */
    ck_assert_int_eq(nvm_load_eeprom(&n, 0, 0, 1), NVM_NOT_THERE);
    ck_assert_int_eq(nvm_write_eeprom_page(&n, 0, 0), NVM_NOT_THERE);
    ck_assert_int_eq(nvm_write_fuse(&n, 0, n.part->n_fuses, 0), NVM_NOT_THERE);
    ck_assert_uint_eq(nvm_busy_until(&n, 0), 0);
}
END_TEST

/* The supply goes in the middle of a write that erases first, and of one that does not. */
START_TEST(power_loss_by_kind_of_write)
{
    static const enum nvm_work is[] = { NVM_FUSE_WRITE, NVM_EEPROM_WRITE, NVM_EEPROM_PROGRAM, NVM_FLASH_ERASE };
    static const uint8_t data[NVM_MAX_FLASH_PAGE_BYTES];

    for (unsigned i = 0; i < 2 * sizeof is / sizeof is[0]; i++) {
        enum nvm_work work = is[i / 2];
        unsigned ones = 0;
        fresh();
        memset(n.cells.eeprom, 0x0F, 8);
        memset(n.cells.flash, 0x00, 128);
        nvm_begin(&n, 0, work, 0, data, 0xFF, SIM_MS);
        nvm_power_off(&n, i % 2 ? SIM_MS - 1 : 1); /* all but done, hardly begun */
        ck_assert_uint_eq(nvm_busy_until(&n, SIM_MS), 0);
        const uint8_t *cell = work == NVM_FLASH_ERASE ? n.cells.flash : n.cells.eeprom;
        for (unsigned k = 0; k < 64 && work != NVM_FUSE_WRITE; k++) {
            ones += cell[k / 8] >> k % 8 & 1;
        }
        unsigned begun = work == NVM_FLASH_ERASE ? 0 : 32, ended = work == NVM_FLASH_ERASE ? 64 : 0;
        ck_assert_msg(work == NVM_FUSE_WRITE ||
                          (i % 2 ? abs((int)ones - (int)ended) : abs((int)ones - (int)begun)) <= 1,
                      "write %d, %s: %u ones", work, i % 2 ? "at its end" : "at its beginning", ones);
        ck_assert(work != NVM_FUSE_WRITE || i % 2 == 0 || n.cells.fuses.fuse[0] == 0x00);
    }
}
END_TEST

START_TEST(a_write_while_busy_is_dropped)
{
    fresh();
    load_word(0, 0x0000);
    nvm_write_flash_page(&n, 0, 0);
    ck_assert_int_eq(nvm_load_flash(&n, 1, 1, false, 0x00), NVM_BUSY);
    ck_assert_int_eq(nvm_write_eeprom(&n, 1, 0, 0x00), NVM_BUSY);
    ck_assert_int_eq(nvm_chip_erase(&n, 1), NVM_BUSY);
    ck_assert_int_eq(nvm_write_lock(&n, 1, 0), NVM_BUSY);
    nvm_settle(&n, n.end_ps);
    write_page(1);
    ck_assert_uint_eq(n.cells.flash[0], 0x00);
    ck_assert_uint_eq(n.cells.flash[128 + 2], 0xFF);
    ck_assert_uint_eq(n.cells.eeprom[0], 0xFF);
    ck_assert_uint_eq(n.cells.fuses.lock, 0xFF);
}
END_TEST

START_TEST(a_write_while_busy_may_spoil)
{
    uint8_t first[128];

    for (unsigned run = 0; run < 3; run++) {
        sw = target_switches_default();
        sw.v[SW_WRITE_WHILE_BUSY_SPOILS] = 1;
        nvm_init(&n, &part_atmega328p, &sw, run == 2 ? 99 : 7);
        for (uint32_t w = 0; w < 64; w++) {
            load_word(w, 0x5AA5);
        }
        nvm_write_flash_page(&n, 0, 0);
        nvm_write_eeprom(&n, 1, 0, 0x00);
        nvm_settle(&n, n.end_ps);
        ck_assert_int_ne(memcmp(n.cells.flash, "\xA5\x5A\xA5\x5A\xA5\x5A\xA5\x5A", 8), 0);
        if (run == 0) {
            memcpy(first, n.cells.flash, sizeof first);
        } else { /* by the seed */
            ck_assert((memcmp(first, n.cells.flash, sizeof first) == 0) == (run == 1));
        }
    }
}
END_TEST

START_TEST(reset_lets_a_write_end)
{
    fresh();
    nvm_write_eeprom(&n, 0, 5, 0x12);
    nvm_reset(&n, 1);
    ck_assert_uint_ne(nvm_busy_until(&n, 1), 0);
    nvm_settle(&n, n.end_ps);
    ck_assert_uint_eq(n.cells.eeprom[5], 0x12);
}
END_TEST

/* ---- power loss ---- */

static unsigned zeros(const uint8_t *p, unsigned bytes)
{
    unsigned count = 0;

    for (unsigned i = 0; i < bytes; i++) {
        count += 8 - (unsigned)__builtin_popcount(p[i]);
    }
    return count;
}

/* The share of bits that made it follows the share of the time. */
START_TEST(power_loss_in_a_page_write)
{
    fresh();
    for (uint32_t w = 0; w < 64; w++) {
        load_word(w, 0x0000);
    }
    nvm_write_flash_page(&n, 0, 0);
    nvm_power_off(&n, n.end_ps / 4);
    unsigned programmed = zeros(n.cells.flash, 128);
    ck_assert_uint_gt(programmed, 1024 / 4 - 80);
    ck_assert_uint_lt(programmed, 1024 / 4 + 80);
    ck_assert_uint_eq(nvm_busy_until(&n, n.end_ps / 4), 0);
    write_page(1); /* the buffer is gone */
    ck_assert_uint_eq(n.cells.flash[128], 0xFF);
}
END_TEST

START_TEST(power_loss_just_before_and_at_the_end)
{
    for (unsigned early = 0; early < 2; early++) {
        fresh();
        memset(n.cells.flash, 0x00, 32768);
        n.cells.fuses.lock = 0xFC;
        nvm_chip_erase(&n, 0);
        nvm_power_off(&n, n.end_ps - early * SIM_US * 100);
        ck_assert((zeros(n.cells.flash, 32768) > 0) == (bool)early);
        ck_assert_uint_eq(n.cells.fuses.lock, early ? 0xFC : 0xFF); /* lock bits last */
    }
}
END_TEST

START_TEST(power_loss_in_an_eeprom_write)
{
    fresh();
    memset(n.cells.eeprom, 0x00, 1024);
    nvm_write_eeprom(&n, 0, 0, 0x00);
    nvm_power_off(&n, n.end_ps / 2); /* erased, not yet programmed */
    ck_assert_uint_eq(n.cells.eeprom[0], 0xFF);
    ck_assert_uint_eq(n.cells.eeprom[1], 0x00);
}
END_TEST

START_TEST(power_loss_repeats_with_the_seed)
{
    uint8_t first[128];

    for (unsigned run = 0; run < 2; run++) {
        fresh();
        for (uint32_t w = 0; w < 64; w++) {
            load_word(w, 0x0000);
        }
        nvm_write_flash_page(&n, 0, 0);
        nvm_power_off(&n, n.end_ps / 2);
        if (run == 0) {
            memcpy(first, n.cells.flash, sizeof first);
        }
    }
    ck_assert_mem_eq(first, n.cells.flash, sizeof first);
}
END_TEST

/* ---- from inside the chip ---- */

START_TEST(begin_from_inside)
{
    uint8_t page[128];

    fresh();
    memset(n.cells.flash, 0x00, 256);
    n.cells.fuses.lock = 0xFC; /* the port's rules do not hold here */
    ck_assert(nvm_begin(&n, 0, NVM_FLASH_ERASE, 128, NULL, 0, SIM_MS));
    ck_assert(!nvm_begin(&n, 1, NVM_FLASH_ERASE, 0, NULL, 0, SIM_MS));
    nvm_settle(&n, SIM_MS);
    ck_assert_uint_eq(n.cells.flash[127], 0x00);
    ck_assert_uint_eq(n.cells.flash[128], 0xFF);
    memset(page, 0x3C, sizeof page);
    ck_assert(nvm_begin(&n, SIM_MS, NVM_FLASH_WRITE, 128, page, 0, SIM_MS));
    nvm_settle(&n, 2 * SIM_MS);
    ck_assert_uint_eq(n.cells.flash[255], 0x3C);
    ck_assert_uint_eq(n.cells.flash_erased[1], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nvm");
    TCase *tc = tcase_create("nvm");
    tcase_add_test(tc, a_fresh_chip);
    tcase_add_test(tc, words_of_a_page_in_any_order);
    tcase_add_test(tc, wear_stays_at_its_end);
    tcase_add_test(tc, the_buffer_is_erased_by_the_write);
    tcase_add_test(tc, the_buffer_is_erased_by_reset);
    tcase_add_test(tc, flash_is_anded);
    tcase_add_test(tc, low_byte_alone_leaves_the_high_byte);
    tcase_add_test(tc, high_byte_without_its_low_byte);
    tcase_add_test(tc, a_word_loaded_twice);
    tcase_add_test(tc, page_addresses_wrap);
    tcase_add_test(tc, an_eeprom_write_between_page_loads);
    tcase_add_test(tc, eeprom_bytes_are_erased_first);
    tcase_add_test(tc, only_loaded_bytes_of_an_eeprom_page_change);
    tcase_add_test(tc, chip_erase_and_eesave);
    tcase_add_test(tc, fuses_go_both_ways_but_spien);
    tcase_add_test(tc, lock_modes);
    tcase_add_test(tc, lock_bits_only_go_to_0);
    tcase_add_test(tc, busy_times);
    tcase_add_test(tc, busy_ends_on_time);
    tcase_add_test(tc, reads_while_busy);
    tcase_add_test(tc, reads_while_busy_by_value);
    tcase_add_test(tc, each_write_hides_what_it_should);
    tcase_add_test(tc, cells_that_are_not_there);
    tcase_add_test(tc, power_loss_by_kind_of_write);
    tcase_add_test(tc, a_write_while_busy_is_dropped);
    tcase_add_test(tc, a_write_while_busy_may_spoil);
    tcase_add_test(tc, reset_lets_a_write_end);
    tcase_add_test(tc, power_loss_in_a_page_write);
    tcase_add_test(tc, power_loss_just_before_and_at_the_end);
    tcase_add_test(tc, power_loss_in_an_eeprom_write);
    tcase_add_test(tc, power_loss_repeats_with_the_seed);
    tcase_add_test(tc, begin_from_inside);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
