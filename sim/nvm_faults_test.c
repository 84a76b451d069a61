/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/nvm.h"

#include "tests/run_all.h"

#include <check.h>
#include <string.h>

static struct nvm n;
static struct nvm_faults f;

static void begin(const struct nvm_faults_config *cfg, uint64_t seed)
{
    struct target_switches switches = target_switches_default();

    nvm_init(&n, part_find("atmega328p"), &switches, seed);
    nvm_faults_init(&f, n.part, cfg, seed, "chip");
    nvm_set_faults(&n, &f);
}

static unsigned wrong(const uint8_t *cells, uint32_t size, uint8_t must)
{
    unsigned bits = 0;

    for (uint32_t i = 0; i < size; i++) {
        bits += (unsigned)__builtin_popcount(cells[i] ^ must);
    }
    return bits;
}

static void write_page(uint32_t page, uint8_t data, sim_time at_ps)
{
    uint8_t bytes[NVM_MAX_FLASH_PAGE_BYTES];

    memset(bytes, data, sizeof bytes);
    ck_assert(nvm_begin(&n, at_ps, NVM_FLASH_WRITE, page * n.part->flash_page_bytes, bytes, 0, SIM_MS));
    nvm_settle(&n, at_ps + SIM_MS);
}

START_TEST(stuck_bits_stay_what_they_are)
{
    static const struct nvm_faults_config at_0 = { .flash_bits = 20, .eeprom_bits = 3, .level = NVM_STUCK_AT_0 };
    static const struct nvm_faults_config at_1 = { .flash_bits = 200, .level = NVM_STUCK_AT_1 };

    begin(&at_0, 1);
    ck_assert_uint_eq(wrong(n.cells.flash, n.part->flash_bytes, 0xFF), 20);
    ck_assert_uint_eq(wrong(n.cells.eeprom, n.part->eeprom_bytes, 0xFF), 3);
    ck_assert_int_eq(nvm_chip_erase(&n, 0), NVM_DONE);
    nvm_settle(&n, SIM_S);
    ck_assert_uint_eq(wrong(n.cells.flash, n.part->flash_bytes, 0xFF), 20);
    nvm_set_faults(&n, NULL); /* as another chip */
    ck_assert_int_eq(nvm_chip_erase(&n, SIM_S), NVM_DONE);
    nvm_settle(&n, 2 * SIM_S);
    ck_assert_uint_eq(wrong(n.cells.flash, n.part->flash_bytes, 0xFF), 0);
    begin(&at_1, 1);
    ck_assert_uint_eq(wrong(n.cells.flash, n.part->flash_bytes, 0xFF), 0); /* erased anyway */
    for (uint32_t i = 0; i < n.part->flash_bytes / n.part->flash_page_bytes; i++) {
        write_page(i, 0, (i + 1) * SIM_S);
    }
    unsigned left = wrong(n.cells.flash, n.part->flash_bytes, 0);
    ck_assert_uint_le(left, 200); /* two may be the same */
    ck_assert_uint_ge(left, 195);
}
END_TEST

START_TEST(other_seeds_other_bits)
{
    static const struct nvm_faults_config cfg = { .flash_bits = 8 };
    struct nvm_faults first;

    begin(&cfg, 1);
    first = f;
    begin(&cfg, 1);
    ck_assert_mem_eq(first.bit, f.bit, 8 * sizeof f.bit[0]);
    begin(&cfg, 2);
    ck_assert_mem_ne(first.bit, f.bit, 8 * sizeof f.bit[0]);
}
END_TEST

/* Inside, exactly at and beyond the rating. */
START_TEST(cells_die_beyond_their_rating_only)
{
    static const struct nvm_faults_config cfg = { .wear_ppm = 1000000 };

    ck_assert_uint_eq(NVM_FLASH_CYCLES, 10000);
    ck_assert_uint_eq(NVM_EEPROM_CYCLES, 100000);
    for (uint32_t before = NVM_FLASH_CYCLES - 2; before <= NVM_FLASH_CYCLES; before++) {
        begin(&cfg, 1);
        n.cells.flash_written[3] = before;
        write_page(3, 0x55, SIM_S);
        ck_assert_uint_eq(f.n, before + 1 > NVM_FLASH_CYCLES);
        write_page(4, 0x55, 2 * SIM_S);
        ck_assert_uint_eq(f.n, before + 1 > NVM_FLASH_CYCLES);
        if (f.n) {
            ck_assert_uint_eq(f.bit[0].at / n.part->flash_page_bytes, 3);
            ck_assert_uint_eq(nvm_faults_stuck(&f, false, f.bit[0].at), f.bit[0].mask);
            ck_assert_uint_eq(nvm_faults_stuck(&f, true, f.bit[0].at), 0);
        }
    }
    begin(&cfg, 1);
    n.cells.eeprom_written[7] = NVM_EEPROM_CYCLES;
    ck_assert_int_eq(nvm_write_eeprom(&n, 0, 7, 0x12), NVM_DONE);
    nvm_settle(&n, SIM_S);
    ck_assert(f.n == 1 && f.bit[0].eeprom && f.bit[0].at == 7);
}
END_TEST

START_TEST(no_more_bits_than_there_is_room_for)
{
    static const struct nvm_faults_config cfg = { .flash_bits = NVM_FAULTS_MOST + 9, .level = NVM_STUCK_AT_0 };

    begin(&cfg, 1);
    ck_assert_uint_eq(f.n, NVM_FAULTS_MOST);
    for (unsigned i = 0; i < f.n; i++) {
        ck_assert_uint_lt(f.bit[i].at, n.part->flash_bytes);
    }
}
END_TEST

START_TEST(half_of_the_worn_cells_die_where_that_is_the_chance)
{
    static const struct nvm_faults_config cfg = { .wear_ppm = 500000 };
    unsigned pages;

    begin(&cfg, 1);
    pages = n.part->flash_bytes / n.part->flash_page_bytes;
    for (uint32_t i = 0; i < pages; i++) {
        n.cells.flash_written[i] = NVM_FLASH_CYCLES;
        write_page(i, 0x55, (i + 1) * SIM_S);
    }
    ck_assert_uint_gt(f.n, pages / 3);
    ck_assert_uint_lt(f.n, pages * 2 / 3);
}
END_TEST

static unsigned asked, with_cells;

static void before(void *ctx, const struct nvm_cells *cells)
{
    ck_assert_ptr_eq(ctx, &f);
    asked++;
    with_cells += cells != NULL;
}

/* Whoever shares a run until a fault acts is told before it does, and not of writes that wear nothing out. */
START_TEST(the_owner_is_told_before_anything_drawn_counts)
{
    static const struct nvm_faults_config cfg = { .flash_bits = 1, .level = NVM_STUCK_AT_0, .wear_ppm = 1000000 };

    begin(&cfg, 1);
    f.before = before;
    f.ctx = &f;
    asked = 0;
    (void)nvm_faults_stuck(&f, false, 0);
    ck_assert_uint_eq(asked, 1);
    nvm_faults_wear(&f, false, 0, 1, NVM_FLASH_CYCLES);
    ck_assert_uint_eq(asked, 1);
    nvm_faults_wear(&f, false, 0, 1, NVM_FLASH_CYCLES + 1);
    ck_assert_uint_eq(asked, 2);
    ck_assert_uint_eq(with_cells, 0);
    ck_assert_uint_eq(f.n, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nvm_faults");
    TCase *t = tcase_create("nvm_faults");

    tcase_add_test(t, stuck_bits_stay_what_they_are);
    tcase_add_test(t, other_seeds_other_bits);
    tcase_add_test(t, cells_die_beyond_their_rating_only);
    tcase_add_test(t, no_more_bits_than_there_is_room_for);
    tcase_add_test(t, half_of_the_worn_cells_die_where_that_is_the_chance);
    tcase_add_test(t, the_owner_is_told_before_anything_drawn_counts);
    suite_add_tcase(s, t);
    return run_all(s);
}
