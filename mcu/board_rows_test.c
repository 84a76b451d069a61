/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of microcontroller boards: what they name is there. */
#include <check.h>
#include <string.h>

#include "mcu/chip.h"
#include "mcu/mcu_board.h"
#include "tests/run_all.h"

static const char *chip_pin(const struct mcu_board_row *row, const char *name)
{
    int i = mcu_board_pin_find(row, name);

    ck_assert_msg(i >= 0, "%s has no pin %s", row->name, name);
    return row->pins[i].chip_pin;
}

START_TEST(pins_are_of_the_chip)
{
    const struct mcu_board_row *row = mcu_board_at((unsigned)_i);
    struct sim sim;
    struct nvm nvm;
    struct chip chip;
    struct net net;
    struct target_switches switches = target_switches_default();
    struct problem err;

    sim_init(&sim, 1);
    net_init(&net, &sim, "net");
    nvm_init(&nvm, row->chip, &switches, 1);
    ck_assert_msg(chip_init(&chip, &sim, &nvm, row->name, row->f_millihz, NULL, NULL, &err), "%s", err.text);
    ck_assert_uint_le(row->n_pins, MCU_BOARD_MAX_PINS);
    for (unsigned i = 0; i < row->n_pins; i++) {
        ck_assert_int_eq(mcu_board_pin_find(row, row->pins[i].name), (int)i); /* no name twice */
        ck_assert_msg(chip_connect(&chip, row->pins[i].chip_pin, &net), "%s has no %s", row->chip->name,
                      row->pins[i].chip_pin);
        ck_assert(chip_connect(&chip, row->pins[i].chip_pin, NULL));
    }
    ck_assert(!chip_connect(&chip, "PB8", &net));
    ck_assert_str_eq(chip_pin(row, row->isp.mosi), chip.layout->mosi); /* ArduinoISP uses the SPI */
    ck_assert_str_eq(chip_pin(row, row->isp.miso), chip.layout->miso);
    ck_assert_str_eq(chip_pin(row, row->isp.sck), chip.layout->sck);
    ck_assert_int_ge(mcu_board_pin_find(row, row->isp.reset), 0);
    ck_assert_str_eq(chip_pin(row, row->txd), chip.layout->txd);
    ck_assert_str_eq(chip_pin(row, row->rxd), chip.layout->rxd);
    for (const char *const *led = row->led; *led; led++) {
        ck_assert_int_ge(mcu_board_pin_find(row, *led), 0);
    }
    chip_free(&chip);
}
END_TEST

START_TEST(fuses_start_at_0_until_a_bootloader_is_there)
{
    const struct mcu_board_row *row = mcu_board_at((unsigned)_i);
    uint8_t nop[2] = { 0, 0 };

    for (unsigned bootsz = 0; bootsz < 4; bootsz++) {
        struct mcu_board_config cfg = mcu_board_default(row);
        struct fuse_bytes f = { .lock = 0xFF };
        struct image_segment seg = { .address = 0, .size = 2, .bytes = nop };
        struct image img = { .memory[IMAGE_FLASH] = { &seg, 1 } };
        uint32_t boot = row->chip->flash_bytes - 2u * (row->chip->boot_min_words << (3 - bootsz));

        mcu_board_fuses_for(&cfg, &img);
        ck_assert_mem_eq(cfg.fuse, row->fuse, 3);
        memcpy(f.fuse, cfg.fuse, 3);
        ck_assert_uint_eq(fuse_start_word(row->chip, &f), 0);
        seg.address = boot;
        mcu_board_fuses_for(&cfg, &img);
        memcpy(f.fuse, cfg.fuse, 3);
        ck_assert_uint_eq(2 * fuse_start_word(row->chip, &f), boot);
        seg.address = boot + 2;
        cfg = mcu_board_default(row);
        mcu_board_fuses_for(&cfg, &img);
        ck_assert_mem_eq(cfg.fuse, row->fuse, 3);
    }
}
END_TEST

START_TEST(rows_are_found_by_name)
{
    ck_assert_ptr_null(mcu_board_find("mega"));
    ck_assert_int_eq(mcu_board_pin_find(mcu_board_find("uno"), "d10"), 10);
    ck_assert_int_eq(mcu_board_pin_find(mcu_board_find("uno"), "D14"), -1);
    for (unsigned i = 0; mcu_board_at(i); i++) {
        ck_assert_ptr_eq(mcu_board_find(mcu_board_at(i)->name), mcu_board_at(i));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board_rows");
    TCase *c = tcase_create("board_rows");
    int n = 0;

    while (mcu_board_at((unsigned)n)) {
        n++;
    }
    tcase_add_loop_test(c, pins_are_of_the_chip, 0, n);
    tcase_add_loop_test(c, fuses_start_at_0_until_a_bootloader_is_there, 0, n);
    tcase_add_test(c, rows_are_found_by_name);
    suite_add_tcase(s, c);
    return run_all(s);
}
