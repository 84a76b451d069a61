/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of microcontroller boards: what they name is there. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A value of Arduino's boards.txt; false: it is not there, or empty. */
static bool of_boards_txt(const char *key, char *value, size_t size)
{
    FILE *f = fopen("/usr/share/arduino/hardware/arduino/avr/boards.txt", "r");
    char line[300];
    bool found = false;

    while (f && !found && fgets(line, sizeof line, f)) {
        size_t n = strlen(key);

        if (!strncmp(line, key, n) && line[n] == '=') {
            snprintf(value, size, "%s", line + n + 1);
            value[strcspn(value, "\r\n")] = '\0';
            found = value[0] != '\0';
        }
    }
    if (f) {
        fclose(f);
    }
    return found;
}

/* Where Arduino's package is: its crystals, and its fuses but for BOOTRST and bits that the part has not. */
START_TEST(crystals_and_fuses_are_arduinos)
{
    static const struct {
        const char *name, *f_cpu, *fuses;
        bool has_extended;
    } of[] = { { "uno", "uno", "uno", true },
               { "nano", "nano", "nano.menu.cpu.atmega328", true },
               { "diecimila", "diecimila", "diecimila.menu.cpu.atmega168", true },
               { "ng", "atmegang", "atmegang.menu.cpu.atmega8", false } };
    static const char *const kinds[] = { "low", "high", "extended" };
    char key[120], value[100];

    for (unsigned i = 0; i < sizeof of / sizeof of[0]; i++) {
        const struct mcu_board_row *row = mcu_board_find(of[i].name);
        struct fuse_bytes theirs = { { 0xFF, 0xFF, 0xFF }, 0xFF }, ours = theirs;

        snprintf(key, sizeof key, "%s.build.f_cpu", of[i].f_cpu);
        if (!of_boards_txt(key, value, sizeof value)) {
            return; /* built without it */
        }
        ck_assert_uint_eq(row->f_millihz, strtoull(value, NULL, 10) * 1000);
        for (unsigned k = 0; k < (of[i].has_extended ? 3 : 2); k++) {
            snprintf(key, sizeof key, "%s.bootloader.%s_fuses", of[i].fuses, kinds[k]);
            if (!of_boards_txt(key, value, sizeof value)) { /* of all its chips */
                snprintf(key, sizeof key, "%s.bootloader.%s_fuses", of[i].f_cpu, kinds[k]);
                ck_assert_msg(of_boards_txt(key, value, sizeof value), "%s", key);
            }
            theirs.fuse[k] = (uint8_t)strtoul(value, NULL, 16);
            ours.fuse[k] = row->fuse[k];
        }
        ck_assert(fuse_put(row->chip, &theirs, FUSE_BOOTRST, 1));
        ck_assert_msg(fuse_same(row->chip, &ours, &theirs), "%s: %02X %02X %02X, theirs %02X %02X %02X", row->name,
                      ours.fuse[0], ours.fuse[1], ours.fuse[2], theirs.fuse[0], theirs.fuse[1], theirs.fuse[2]);
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
    tcase_add_test(c, crystals_and_fuses_are_arduinos);
    tcase_add_test(c, rows_are_found_by_name);
    suite_add_tcase(s, c);
    return run_all(s);
}
