/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/miniframe_code.h"
#include "tests/run_all.h"

#include <check.h>

static struct problem check_err;

static const struct miniframe_code basic_4 = { .cells = 4, .data_bits = 6 };
static const struct miniframe_code basic_3 = { .cells = 3, .data_bits = 7 };
static const struct miniframe_code inverted_4 = { .cells = 4, .data_bits = 6, .inverted = true };
static const struct miniframe_code inverted_3 = { .cells = 3, .data_bits = 7, .inverted = true };

static void check_word(const struct miniframe_code *c, enum miniframe_form form, const uint8_t *want, unsigned n)
{
    uint32_t word = 0xac530000;
    unsigned left = 32;
    for (unsigned i = 0; i < n; i++) {
        unsigned take = miniframe_code_bits(c) < left ? miniframe_code_bits(c) : left;
        left -= take;
        ck_assert_uint_eq(miniframe_encode(c, form, word >> left & ((1u << take) - 1), take), want[i]);
    }
    ck_assert_uint_eq(left, 0);
}

START_TEST(programming_enable_4_bit_write)
{
    static const uint8_t want[16] = { 0x07, 0x07, 0x37, 0x04, 0x34, 0x34, 0x04, 0x37,
                                      0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04 };
    check_word(&basic_4, MINIFRAME_WRITE, want, 16);
}
END_TEST

START_TEST(programming_enable_4_bit_duplex)
{
    static const uint8_t want[16] = { 0x17, 0x17, 0x37, 0x15, 0x35, 0x35, 0x15, 0x37,
                                      0x15, 0x15, 0x15, 0x15, 0x15, 0x15, 0x15, 0x15 };
    check_word(&basic_4, MINIFRAME_DUPLEX, want, 16);
}
END_TEST

START_TEST(programming_enable_3_bit_write)
{
    static const uint8_t want[11] = { 0x53, 0x5a, 0x12, 0x53, 0x52, 0x13, 0x12, 0x12, 0x12, 0x12, 0x72 };
    check_word(&basic_3, MINIFRAME_WRITE, want, 11);
}
END_TEST

START_TEST(programming_enable_simplified_circuit)
{
    static const uint8_t want_4[16] = { 0x34, 0x34, 0x04, 0x37, 0x07, 0x07, 0x37, 0x04,
                                        0x37, 0x37, 0x37, 0x37, 0x37, 0x37, 0x37, 0x37 };
    static const uint8_t want_3[11] = { 0x1a, 0x13, 0x5b, 0x1a, 0x1b, 0x5a, 0x5b, 0x5b, 0x5b, 0x5b, 0x7b };
    check_word(&inverted_4, MINIFRAME_WRITE, want_4, 16);
    check_word(&inverted_3, MINIFRAME_WRITE, want_3, 11);
}
END_TEST

/* 04 + 03 b1 + 30 b2 and 15 + 02 b1 + 20 b2; 12 + b1 + 08 b2 + 40 b3: 12 13 1A 1B 52 53 5A 5B. */
START_TEST(values_of_all_bits)
{
    static const uint8_t values_3[8] = { 0x12, 0x52, 0x1a, 0x5a, 0x13, 0x53, 0x1b, 0x5b }; /* b1 b2 b3 = 000 .. 111 */
    for (unsigned bits = 0; bits < 8; bits++) {
        unsigned b1 = bits >> 2, b2 = bits >> 1 & 1, b3 = bits & 1;
        ck_assert_uint_eq(miniframe_encode(&basic_3, MINIFRAME_WRITE, bits, 3), 0x12 + b1 + 8 * b2 + 0x40 * b3);
        ck_assert_uint_eq(miniframe_encode(&basic_3, MINIFRAME_WRITE, bits, 3), values_3[bits]);
        ck_assert_uint_eq(miniframe_encode(&inverted_3, MINIFRAME_WRITE, bits, 3), values_3[7 - bits]);
        if (bits < 4) {
            unsigned write = miniframe_encode(&basic_4, MINIFRAME_WRITE, bits, 2);
            unsigned duplex = miniframe_encode(&basic_4, MINIFRAME_DUPLEX, bits, 2);
            ck_assert_uint_eq(write, 0x04 + 0x03 * b2 + 0x30 * b3);
            ck_assert_uint_eq(duplex, 0x15 + 0x02 * b2 + 0x20 * b3);
            ck_assert_int_eq(write == duplex, bits == 3); /* 37: the form for reading has all ones on MOSI */
        }
    }
}
END_TEST

START_TEST(characters_with_idle_cells)
{
    for (unsigned b = 0; b < 2; b++) {
        ck_assert_uint_eq(miniframe_encode(&basic_4, MINIFRAME_WRITE, b, 1), 0x3c + 3 * b);
        ck_assert_uint_eq(miniframe_encode(&basic_4, MINIFRAME_DUPLEX, b, 1), 0x3d + 2 * b);
        ck_assert_uint_eq(miniframe_encode(&basic_3, MINIFRAME_WRITE, b, 1), 0x7e + b);
        for (unsigned b1 = 0; b1 < 2; b1++) {
            ck_assert_uint_eq(miniframe_encode(&basic_3, MINIFRAME_WRITE, b1 << 1 | b, 2), 0x72 + b1 + 8 * b);
        }
    }
}
END_TEST

START_TEST(stand_ins_with_7_and_8_data_bits)
{
    struct miniframe_code c7 = { .cells = 4, .data_bits = 7 }, c8 = { .cells = 4, .data_bits = 8 };
    for (unsigned bits = 0; bits < 4; bits++) {
        for (enum miniframe_form f = MINIFRAME_WRITE; f <= MINIFRAME_DUPLEX; f++) {
            unsigned six = miniframe_encode(&basic_4, f, bits, 2);
            ck_assert_uint_eq(miniframe_encode(&c7, f, bits, 2), six | 0x40);
            ck_assert_uint_eq(miniframe_encode(&c8, f, bits, 2), six | 0xc0);
        }
    }
}
END_TEST

START_TEST(every_frame_begins_with_its_only_rise)
{
    struct miniframe_code codes[] = { basic_4, basic_3, inverted_4, inverted_3 };
    for (unsigned i = 0; i < 4; i++) {
        const struct miniframe_code *c = &codes[i];
        for (unsigned bits = 0; bits < 1u << miniframe_code_bits(c); bits++) {
            unsigned v = miniframe_encode(c, MINIFRAME_WRITE, bits, miniframe_code_bits(c));
            unsigned levels = 1u | (~v & ((1u << c->data_bits) - 1)) << 1; /* cell k high: bit k */
            unsigned rises = levels & ~(levels << 1);
            unsigned want = c->cells == 4 ? 0x11 : 0x49;
            ck_assert_uint_eq(rises, want);
        }
    }
}
END_TEST

/* Bits 1 and 5 of what came back depend on the period; the reliable ones gave 01 01 00 11. */
START_TEST(decoding_a_worked_example)
{
    static const uint8_t received[4] = { 0x27, 0x25, 0x37, 0x26 };
    unsigned byte = 0;
    for (int i = 0; i < 4; i++) {
        for (unsigned unreliable = 0; unreliable < 4; unreliable++) {
            unsigned c = received[i] ^ ((unreliable & 1) << 1 | (unreliable >> 1) << 5);
            ck_assert_uint_eq(miniframe_decode(&basic_4, c, 2), miniframe_decode(&basic_4, received[i], 2));
        }
        byte = byte << 2 | miniframe_decode(&basic_4, received[i], 2);
    }
    ck_assert_uint_eq(byte, 0x53);
    ck_assert_uint_eq(miniframe_decode(&basic_3, 0x7f ^ 0x08, 3), 2);
}
END_TEST

START_TEST(formats_that_do_not_fit)
{
    for (unsigned cells = 0; cells < 8; cells++) {
        for (unsigned bits = 5; bits <= 9; bits++) {
            struct miniframe_code c = { .cells = (uint8_t)cells, .data_bits = (uint8_t)bits };
            bool fits = (cells == 4 && bits >= 6 && bits <= 8) || (cells == 3 && bits >= 7 && bits <= 8);
            ck_assert_int_eq(miniframe_code_check(&c, &check_err), fits);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_code");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, programming_enable_4_bit_write);
    tcase_add_test(tc, programming_enable_4_bit_duplex);
    tcase_add_test(tc, programming_enable_3_bit_write);
    tcase_add_test(tc, programming_enable_simplified_circuit);
    tcase_add_test(tc, values_of_all_bits);
    tcase_add_test(tc, characters_with_idle_cells);
    tcase_add_test(tc, stand_ins_with_7_and_8_data_bits);
    tcase_add_test(tc, every_frame_begins_with_its_only_rise);
    tcase_add_test(tc, decoding_a_worked_example);
    tcase_add_test(tc, formats_that_do_not_fit);
    suite_add_tcase(s, tc);
    return run_all(s);
}
