/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part_avrdude_test - our part tables against avrdude's, as `avrdude -p ID/o` and `-p ID/S` print them
 *
 * Instructions: each of avrdude's, with the bits that it leaves free filled at random, must be taken by exactly
 * one of our rows, by the one of the same meaning, and must give it the same address. Memories: sizes and pages.
 * Waits are not compared: avrdude's are its own choice (ATmega8A fuses 2 ms against the datasheet's 4.5).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/part.h"
#include "sim/rng.h"
#include "tests/run_all.h"

struct meaning {
    const char *memory, *op;
    enum isp_op is;
    bool high;
};

static const struct meaning meanings[] = {
    { "part", "chip_erase", ISP_CHIP_ERASE, false },
    { "part", "pgm_enable", ISP_PROGRAMMING_ENABLE, false },
    { "flash", "read_lo", ISP_READ_FLASH, false },
    { "flash", "read_hi", ISP_READ_FLASH, true },
    { "flash", "loadpage_lo", ISP_LOAD_FLASH_PAGE, false },
    { "flash", "loadpage_hi", ISP_LOAD_FLASH_PAGE, true },
    { "flash", "writepage", ISP_WRITE_FLASH_PAGE, false },
    { "eeprom", "read", ISP_READ_EEPROM, false },
    { "eeprom", "write", ISP_WRITE_EEPROM, false },
    { "eeprom", "loadpage_lo", ISP_LOAD_EEPROM_PAGE, false },
    { "eeprom", "writepage", ISP_WRITE_EEPROM_PAGE, false },
    { "lfuse", "read", ISP_READ_LFUSE, false },
    { "lfuse", "write", ISP_WRITE_LFUSE, false },
    { "hfuse", "read", ISP_READ_HFUSE, false },
    { "hfuse", "write", ISP_WRITE_HFUSE, false },
    { "efuse", "read", ISP_READ_EFUSE, false },
    { "efuse", "write", ISP_WRITE_EFUSE, false },
    { "lock", "read", ISP_READ_LOCK, false },
    { "lock", "write", ISP_WRITE_LOCK, false },
    { "signature", "read", ISP_READ_SIGNATURE, false },
    { "calibration", "read", ISP_READ_CALIBRATION, false },
};

/* Does the row take the frame? Its address and high-byte bit come out. */
static bool row_takes(const char *pattern, uint32_t frame, uint32_t *address, bool *high)
{
    int bit = 31;

    *address = 0;
    *high = false;
    for (; *pattern; pattern++) {
        if (*pattern == ' ') {
            continue;
        }
        uint32_t b = frame >> bit-- & 1;
        if ((*pattern == '0' || *pattern == '1') && b != (uint32_t)(*pattern - '0')) {
            return false;
        }
        if (*pattern == 'a') {
            *address = *address << 1 | b;
        }
        if (*pattern == 'h') {
            *high = b;
        }
    }
    return true;
}

static unsigned count_a(const char *pattern)
{
    unsigned n = 0;
    for (; *pattern; pattern++) {
        n += *pattern == 'a';
    }
    return n;
}

static void check_instruction(const struct part *part, const struct meaning *m, const char *bits, struct sim_rng *rng)
{
    for (int round = 0; round < 200; round++) {
        uint32_t frame = 0, want = 0, address;
        bool high;
        unsigned taken = 0;
        for (const char *c = bits; *c; c++) {
            uint32_t b = *c == '1' || (*c != '0' && sim_rng_below(rng, 2));
            frame = frame << 1 | b;
            if (*c == 'a') {
                want = want << 1 | b;
            }
        }
        for (unsigned r = 0; r < part->n_instructions; r++) {
            const struct isp_instruction *in = &part->instructions[r];
            if (!row_takes(in->pattern, frame, &address, &high)) {
                continue;
            }
            taken++;
            ck_assert_msg(in->op == m->is, "%s %s %s: row %s", part->name, m->memory, m->op, in->pattern);
            ck_assert_int_eq(high, m->high);
            if (m->is == ISP_READ_CALIBRATION) { /* of two calibration bytes avrdude's tiny parts may have one */
                want &= (1u << count_a(in->pattern)) - 1;
            }
            ck_assert_msg(address == want, "%s %s %s: address %x, wanted %x", part->name, m->memory, m->op, address,
                          want);
        }
        ck_assert_msg(taken == 1, "%s %s %s: %08x is taken by %u rows", part->name, m->memory, m->op, frame, taken);
    }
}

static FILE *ask_avrdude(const struct part *part, const char *what)
{
    char command[100];

    snprintf(command, sizeof command, "avrdude -p %s/%s 2>&1", part->avrdude_id, what);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    return f;
}

START_TEST(instructions_agree)
{
    const struct part *part;
    struct sim_rng rng = sim_rng_stream(1, "part_avrdude_test");

    for (unsigned i = 0; (part = part_at(i)) != NULL; i++) {
        FILE *f = ask_avrdude(part, "ot");
        char line[300], memory[30], op[30], b[4][9];
        unsigned rows = 0;
        while (fgets(line, sizeof line, f) != NULL) {
            if (sscanf(line, ".op %*s %29s %29s %*s %8s %8s %8s %8s", memory, op, b[0], b[1], b[2], b[3]) != 6) {
                continue;
            }
            char bits[33];
            snprintf(bits, sizeof bits, "%s%s%s%s", b[0], b[1], b[2], b[3]);
            unsigned known = 0;
            for (unsigned m = 0; m < sizeof meanings / sizeof meanings[0]; m++) {
                if (strcmp(meanings[m].memory, memory) == 0 && strcmp(meanings[m].op, op) == 0) {
                    check_instruction(part, &meanings[m], bits, &rng);
                    known++;
                }
            }
            ck_assert_msg(known == 1, "avrdude's %s %s is new to this test", memory, op);
            rows++;
        }
        ck_assert_int_eq(pclose(f), 0);
        ck_assert_msg(rows >= 15, "avrdude shows %u instructions of %s", rows, part->avrdude_id);
    }
}
END_TEST

START_TEST(memories_agree)
{
    const struct part *part;

    for (unsigned i = 0; (part = part_at(i)) != NULL; i++) {
        FILE *f = ask_avrdude(part, "St");
        char line[1000], memory[30], key[30], value[30];
        unsigned seen = 0, s[3];
        while (fgets(line, sizeof line, f) != NULL) {
            if (sscanf(line, ".pt %*s signature %x %x %x", &s[0], &s[1], &s[2]) == 3) {
                for (unsigned k = 0; k < 3; k++) {
                    ck_assert_uint_eq(s[k], part->signature[k]);
                }
                seen++;
            }
            if (sscanf(line, ".ptmm %*s %29s %29s %29s", memory, key, value) != 3) {
                continue;
            }
            unsigned long v = strtoul(value, NULL, 0);
            bool flash = strcmp(memory, "flash") == 0, eeprom = strcmp(memory, "eeprom") == 0;
            const struct {
                bool here;
                const char *key;
                unsigned long figure;
            } figures[] = {
                { flash, "size", part->flash_bytes },
                { flash, "page_size", part->flash_page_bytes },
                { eeprom, "size", part->eeprom_bytes },
                /* avrdude's ATmega8 has one for parallel programming */
                { eeprom && part->eeprom_page_bytes != 0, "page_size", part->eeprom_page_bytes },
            };
            for (unsigned k = 0; k < 4; k++) {
                if (figures[k].here && strcmp(key, figures[k].key) == 0) {
                    ck_assert_uint_eq(v, figures[k].figure);
                    seen++;
                }
            }
        }
        ck_assert_int_eq(pclose(f), 0);
        ck_assert_msg(seen >= 4, "%s: only %u figures", part->avrdude_id, seen);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("part_avrdude");
    TCase *tc = tcase_create("part_avrdude");
    tcase_add_test(tc, instructions_agree);
    tcase_add_test(tc, memories_agree);
    suite_add_tcase(s, tc);
    return run_all(s);
}
