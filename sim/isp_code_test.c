/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/isp_code.h"
#include "tests/run_all.h"

#include <check.h>

#define NONE ISP_OPS

/* The ATmega328P's whole instruction set, with addresses and ignored bits at their ends. */
static const struct {
    uint32_t bytes;
    enum isp_op op;
    bool high, is_read;
    uint32_t address;
} cases[] = {
    { 0xAC530000, ISP_PROGRAMMING_ENABLE, false, false, 0 },
    { 0xAC53FFFF, ISP_PROGRAMMING_ENABLE, false, false, 0 },
    { 0xAC800000, ISP_CHIP_ERASE, false, false, 0 },
    { 0xAC9FFFFF, ISP_CHIP_ERASE, false, false, 0 },
    { 0xF0000000, ISP_POLL_RDY_BSY, false, true, 0 },
    { 0x4D000100, ISP_LOAD_EXT_ADDRESS, false, false, 0 },
    { 0x40000055, ISP_LOAD_FLASH_PAGE, false, false, 0 },
    { 0x48003F55, ISP_LOAD_FLASH_PAGE, true, false, 0x3F },
    { 0x403FFF55, ISP_LOAD_FLASH_PAGE, false, false, 0x3F }, /* whole addresses, as programmers send them */
    { 0x4C000000, ISP_WRITE_FLASH_PAGE, false, false, 0 },
    { 0x4C3FC000, ISP_WRITE_FLASH_PAGE, false, false, 0xFF },
    { 0x4C3FFFFF, ISP_WRITE_FLASH_PAGE, false, false, 0xFF },
    { 0x20000000, ISP_READ_FLASH, false, true, 0 },
    { 0x283FFF00, ISP_READ_FLASH, true, true, 0x3FFF },
    { 0x28FFFF00, ISP_READ_FLASH, true, true, 0x3FFF },
    { 0xC1000255, ISP_LOAD_EEPROM_PAGE, false, false, 2 },
    { 0xC103FF55, ISP_LOAD_EEPROM_PAGE, false, false, 3 },
    { 0xC203FC00, ISP_WRITE_EEPROM_PAGE, false, false, 0xFF },
    { 0xC003FF55, ISP_WRITE_EEPROM, false, false, 0x3FF },
    { 0xC01C0055, ISP_WRITE_EEPROM, false, false, 0 },
    { 0xA003FF00, ISP_READ_EEPROM, false, true, 0x3FF },
    { 0x58000000, ISP_READ_LOCK, false, true, 0 },
    { 0x50000000, ISP_READ_LFUSE, false, true, 0 },
    { 0x58080000, ISP_READ_HFUSE, false, true, 0 },
    { 0x50080000, ISP_READ_EFUSE, false, true, 0 },
    { 0x30000200, ISP_READ_SIGNATURE, false, true, 2 },
    { 0x301FFF00, ISP_READ_SIGNATURE, false, true, 3 },
    { 0x38000000, ISP_READ_CALIBRATION, false, true, 0 },
    { 0xACE000CF, ISP_WRITE_LOCK, false, false, 0 },
    { 0xACFFFF0F, ISP_WRITE_LOCK, false, false, 0 },
    { 0xACA00062, ISP_WRITE_LFUSE, false, false, 0 },
    { 0xACA800D9, ISP_WRITE_HFUSE, false, false, 0 },
    { 0xACA400FF, ISP_WRITE_EFUSE, false, false, 0 },
    { 0xACA20000, NONE, false, false, 0 },
    { 0xAC000000, NONE, false, false, 0 },
    { 0xFF000000, NONE, false, false, 0 },
    { 0x00000000, NONE, false, false, 0 },
    { 0xC3000000, NONE, false, false, 0 },
    { 0xF0010000, NONE, false, false, 0 },
};

START_TEST(instruction_set_of_the_atmega328p)
{
    struct isp_decoder d;
    struct isp_frame f;
    unsigned seen = 0;

    isp_decoder_init(&d, &part_atmega328p);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool known = isp_decode(&d, cases[i].bytes, &f);
        ck_assert_msg(known == (cases[i].op != NONE), "%08X", cases[i].bytes);
        if (known) {
            seen |= 1u << f.op;
            ck_assert_int_eq(f.op, cases[i].op);
            ck_assert(f.high == cases[i].high);
            ck_assert(f.is_read == cases[i].is_read);
            ck_assert_uint_eq(f.address, cases[i].address);
            ck_assert_uint_eq(f.data, cases[i].bytes & 0xFF);
        }
    }
    ck_assert_uint_eq(seen, (1u << ISP_OPS) - 1);
}
END_TEST

/* Of a read, three bytes decide: byte 4 is not there yet. */
START_TEST(reads_do_not_depend_on_byte_4)
{
    for (unsigned p = 0; part_at(p); p++) {
        struct isp_decoder d;
        isp_decoder_init(&d, part_at(p));
        for (unsigned i = 0; i < d.n; i++) {
            ck_assert(!d.code[i].o_mask || d.code[i].o_mask == 0xFF);
            ck_assert(!d.code[i].o_mask || (d.code[i].mask & 0xFF) == 0);
        }
    }
}
END_TEST

/* What is encoded decodes to what it was made of, for every row and every value of its fields. */
START_TEST(encoding_is_decoding_backwards)
{
    for (unsigned p = 0; part_at(p); p++) {
        const struct part *part = part_at(p);
        struct isp_decoder d;

        isp_decoder_init(&d, part);
        for (unsigned i = 0; i < d.n; i++) {
            const struct isp_code *c = &d.code[i];
            uint32_t addresses = UINT32_C(1) << __builtin_popcount(c->a_mask);

            ck_assert_uint_eq(c->mask ^ c->h_mask ^ c->a_mask ^ c->i_mask ^ c->ignored, UINT32_MAX);
            ck_assert_uint_eq(c->o_mask & ~c->ignored, 0);
            for (uint32_t a = 0; a < addresses; a += a < 300 ? 1 : 251) {
                uint8_t out[4], data = (uint8_t)(a * 7 + 0xA5);
                bool high = c->h_mask && a & 1;
                struct isp_frame f;

                ck_assert(isp_encode(part, c->op, high, a, data, out));
                uint32_t word = (uint32_t)out[0] << 24 | (uint32_t)out[1] << 16 | (uint32_t)out[2] << 8 | out[3];
                ck_assert(isp_decode(&d, word, &f));
                ck_assert_int_eq(f.op, c->op);
                ck_assert_int_eq(f.high, high);
                ck_assert_uint_eq(f.address, a);
                ck_assert_uint_eq(f.data & c->i_mask, data & c->i_mask);
                ck_assert_uint_eq(word & c->ignored, 0);
            }
        }
        ck_assert(isp_has(part, ISP_CHIP_ERASE));
    }
    uint8_t out[4];
    ck_assert(!isp_has(&part_atmega8a, ISP_WRITE_EFUSE));
    ck_assert(!isp_encode(&part_atmega8a, ISP_WRITE_EFUSE, false, 0, 0, out));
}
END_TEST

START_TEST(every_operation_has_a_name)
{
    for (int op = 0; op < ISP_OPS; op++) {
        ck_assert_ptr_nonnull(isp_op_name(op));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("isp_code");
    TCase *tc = tcase_create("isp_code");
    tcase_add_test(tc, instruction_set_of_the_atmega328p);
    tcase_add_test(tc, reads_do_not_depend_on_byte_4);
    tcase_add_test(tc, encoding_is_decoding_backwards);
    tcase_add_test(tc, every_operation_has_a_name);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
