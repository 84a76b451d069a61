/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/fuse_model.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

#define m328p part_atmega328p

static struct fuse_bytes bytes(uint8_t low, uint8_t high, uint8_t ext, uint8_t lock)
{
    return (struct fuse_bytes){ { low, high, ext }, lock };
}

/* Each bit of the datasheet's tables, bit 7 first: clearing it programs that field's bit and no other field. */
START_TEST(every_bit_has_its_field)
{
    static const struct {
        enum fuse_field field;
        uint8_t bit; /* within the field */
    } bit[4][8] = {
        { { FUSE_CKDIV8, 0 },
          { FUSE_CKOUT, 0 },
          { FUSE_SUT, 1 },
          { FUSE_SUT, 0 },
          { FUSE_CKSEL, 3 },
          { FUSE_CKSEL, 2 },
          { FUSE_CKSEL, 1 },
          { FUSE_CKSEL, 0 } },
        { { FUSE_RSTDISBL, 0 },
          { FUSE_DWEN, 0 },
          { FUSE_SPIEN, 0 },
          { FUSE_WDTON, 0 },
          { FUSE_EESAVE, 0 },
          { FUSE_BOOTSZ, 1 },
          { FUSE_BOOTSZ, 0 },
          { FUSE_BOOTRST, 0 } },
        { { FUSE_FIELDS, 0 },
          { FUSE_FIELDS, 0 },
          { FUSE_FIELDS, 0 },
          { FUSE_FIELDS, 0 },
          { FUSE_FIELDS, 0 },
          { FUSE_BODLEVEL, 2 },
          { FUSE_BODLEVEL, 1 },
          { FUSE_BODLEVEL, 0 } },
        { { FUSE_FIELDS, 0 },
          { FUSE_FIELDS, 0 },
          { FUSE_BLB1, 1 },
          { FUSE_BLB1, 0 },
          { FUSE_BLB0, 1 },
          { FUSE_BLB0, 0 },
          { FUSE_LB, 1 },
          { FUSE_LB, 0 } },
    };
    const struct fuse_bytes ones = bytes(0xFF, 0xFF, 0xFF, 0xFF);

    for (unsigned byte = 0; byte < 4; byte++) {
        for (unsigned i = 0; i < 8; i++) {
            struct fuse_bytes b = ones;
            uint8_t *p = byte == 3 ? &b.lock : &b.fuse[byte];
            *p = (uint8_t) ~(0x80u >> i);
            for (unsigned f = 0; f < FUSE_FIELDS; f++) {
                unsigned all = fuse_get(&m328p, &ones, f);
                unsigned want = f == bit[byte][i].field ? all & ~(1u << bit[byte][i].bit) : all;
                ck_assert_msg(fuse_get(&m328p, &b, f) == want, "byte %u bit %u field %s", byte, 7 - i,
                              fuse_field_name(f));
            }
            struct fuse_bytes back = ones;
            if (bit[byte][i].field == FUSE_FIELDS) {
                ck_assert(fuse_same(&m328p, &b, &ones)); /* an unused bit is no setting */
                continue;
            }
            ck_assert(fuse_put(&m328p, &back, bit[byte][i].field, fuse_get(&m328p, &b, bit[byte][i].field)));
            ck_assert_mem_eq(&back, &b, sizeof b);
        }
    }
}
END_TEST

START_TEST(put_then_get_and_nothing_else_moves)
{
    for (unsigned f = 0; f < FUSE_FIELDS; f++) {
        struct fuse_bytes start = fuse_factory(&m328p), b = start;
        if (!fuse_has(&m328p, f)) {
            ck_assert(!fuse_put(&m328p, &b, f, 0));
            ck_assert(!fuse_is_programmed(&m328p, &b, f));
            continue;
        }
        unsigned max = (1u << m328p.fuses->at[f].width) - 1;
        for (unsigned v = 0; v <= max; v++) {
            b = start;
            ck_assert(fuse_put(&m328p, &b, f, v));
            ck_assert_uint_eq(fuse_get(&m328p, &b, f), v);
            ck_assert_int_eq(fuse_is_programmed(&m328p, &b, f), v == 0);
            for (unsigned g = 0; g < FUSE_FIELDS; g++) {
                if (g != f) {
                    ck_assert_uint_eq(fuse_get(&m328p, &b, g), fuse_get(&m328p, &start, g));
                }
            }
        }
        b = start;
        ck_assert(!fuse_put(&m328p, &b, f, max + 1));
        ck_assert_mem_eq(&b, &start, sizeof b);
    }
}
END_TEST

START_TEST(names_find_their_fields)
{
    for (unsigned f = 0; f < FUSE_FIELDS; f++) {
        ck_assert_uint_eq(fuse_field_find(fuse_field_name(f)), f);
    }
    ck_assert_uint_eq(fuse_field_find("bodlevel"), FUSE_BODLEVEL);
    ck_assert_uint_eq(fuse_field_find("BOD"), FUSE_FIELDS);
    ck_assert_uint_eq(fuse_field_find(""), FUSE_FIELDS);
}
END_TEST

START_TEST(bits_have_their_datasheet_names)
{
    static const struct {
        const char *name;
        enum fuse_field field;
        unsigned bit;
    } row[] = {
        { "CKSEL0", FUSE_CKSEL, 0 },  { "cksel3", FUSE_CKSEL, 3 },       { "SUT1", FUSE_SUT, 1 },
        { "CKDIV8", FUSE_CKDIV8, 0 }, { "BODLEVEL2", FUSE_BODLEVEL, 2 }, { "LB1", FUSE_LB, 0 },
        { "LB2", FUSE_LB, 1 },        { "BLB01", FUSE_BLB0, 0 },         { "BLB12", FUSE_BLB1, 1 },
    };
    enum fuse_field f;
    unsigned bit;
    char buf[16];
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert(fuse_bit_find(&m328p, row[i].name, &f, &bit));
        ck_assert_uint_eq(f, row[i].field);
        ck_assert_uint_eq(bit, row[i].bit);
        if (i != 1) {
            ck_assert_str_eq(fuse_bit_name(&m328p, f, bit, buf, sizeof buf), row[i].name);
        }
    }
    ck_assert(!fuse_bit_find(&m328p, "CKSEL4", &f, &bit));
    ck_assert(!fuse_bit_find(&m328p, "CKSEL", &f, &bit));
    ck_assert(!fuse_bit_find(&m328p, "LB0", &f, &bit));
    ck_assert(!fuse_bit_find(&m328p, "BODEN", &f, &bit));
    ck_assert(fuse_bit_find(&part_atmega8a, "BODLEVEL", &f, &bit));
}
END_TEST

START_TEST(unused_bits_read_one)
{
    struct fuse_bytes zero = bytes(0, 0, 0, 0), r = fuse_as_read(&m328p, &zero);
    ck_assert_uint_eq(r.fuse[0], 0x00);
    ck_assert_uint_eq(r.fuse[1], 0x00);
    ck_assert_uint_eq(r.fuse[2], 0xF8);
    ck_assert_uint_eq(r.lock, 0xC0);
    /* the extended bytes 05 and FD are one setting; 05 and FC are not */
    struct fuse_bytes a = bytes(0xFF, 0xDF, 0x05, 0xFF), b = bytes(0xFF, 0xDF, 0xFD, 0xFF);
    ck_assert(fuse_same(&m328p, &a, &b));
    b.fuse[2] = 0xFC;
    ck_assert(!fuse_same(&m328p, &a, &b));
    b = a;
    b.lock = 0x3F;
    ck_assert(fuse_same(&m328p, &a, &b));
    b.lock = 0xFE;
    ck_assert(!fuse_same(&m328p, &a, &b));
}
END_TEST

START_TEST(presets)
{
    static const struct {
        const char *name;
        uint8_t low, high, ext;
    } want[] = {
        { "factory", 0x62, 0xD9, 0xFF }, { "duemilanove", 0xFF, 0xDA, 0x05 }, { "Nano", 0xFF, 0xDA, 0x05 },
        { "uno", 0xFF, 0xDE, 0x05 },     { "optiboot", 0xFF, 0xDE, 0x05 },    { "bare", 0xFF, 0xDF, 0x05 },
    };
    struct fuse_bytes b;
    for (unsigned i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct fuse_bytes w = bytes(want[i].low, want[i].high, want[i].ext, 0xFF);
        ck_assert(fuse_preset(&m328p, want[i].name, &b));
        ck_assert_mem_eq(&b, &w, sizeof b);
    }
    ck_assert(!fuse_preset(&m328p, "leonardo", &b));
    struct fuse_bytes factory = fuse_factory(&m328p);
    ck_assert(fuse_preset(&m328p, "factory", &b));
    ck_assert(fuse_same(&m328p, &b, &factory));
}
END_TEST

START_TEST(lock_modes)
{
    static const uint8_t lb[4] = { 3, 1, 2, 1 };  /* by LB2:LB1; 01, undescribed, protects nothing */
    static const uint8_t blb[4] = { 3, 4, 2, 1 }; /* by BLBx2:BLBx1 */
    for (unsigned v = 0; v < 64; v++) {
        struct fuse_bytes b = bytes(0x62, 0xD9, 0xFF, (uint8_t)(0xC0 | v));
        ck_assert_uint_eq(fuse_lb_mode(&m328p, &b), lb[v & 3]);
        ck_assert_uint_eq(fuse_blb_mode(&m328p, &b, FUSE_BLB0), blb[v >> 2 & 3]);
        ck_assert_uint_eq(fuse_blb_mode(&m328p, &b, FUSE_BLB1), blb[v >> 4]);
    }
}
END_TEST

START_TEST(what_closes_the_serial_port)
{
    struct fuse_bytes b = fuse_factory(&m328p);
    ck_assert_int_eq(fuse_isp_access(&m328p, &b), FUSE_ISP_OPEN);
    b.fuse[1] = 0x59; /* RSTDISBL */
    ck_assert_int_eq(fuse_isp_access(&m328p, &b), FUSE_ISP_RSTDISBL);
    b.fuse[1] = 0x99; /* DWEN */
    ck_assert_int_eq(fuse_isp_access(&m328p, &b), FUSE_ISP_DWEN);
    b.lock = 0xFE; /* debugWIRE works only with the lock bits unprogrammed */
    ck_assert_int_eq(fuse_isp_access(&m328p, &b), FUSE_ISP_OPEN);
    b.fuse[1] = 0xF9; /* SPIEN unprogrammed */
    ck_assert_int_eq(fuse_isp_access(&m328p, &b), FUSE_ISP_SPIEN);
}
END_TEST

START_TEST(brown_out_levels)
{
    static const uint16_t typ[8] = { 0, 0, 0, 0, 4300, 2700, 1800, 0 };
    const struct fuse_bod_level *level;
    for (unsigned raw = 0; raw < 8; raw++) {
        struct fuse_bytes b = bytes(0x62, 0xD9, (uint8_t)(0xF8 | raw), 0xFF);
        enum fuse_bod bod = fuse_bod(&m328p, &b, &level);
        if (typ[raw] != 0) {
            ck_assert_int_eq(bod, FUSE_BOD_ON);
            ck_assert_uint_eq(level->typ_mv, typ[raw]);
            ck_assert(level->min_mv < level->typ_mv && level->typ_mv < level->max_mv);
        } else {
            ck_assert_int_eq(bod, raw == 7 ? FUSE_BOD_OFF : FUSE_BOD_RESERVED);
        }
    }
}
END_TEST

START_TEST(boot_section)
{
    static const uint32_t words[4] = { 2048, 1024, 512, 256 }, start[4] = { 0x3800, 0x3C00, 0x3E00, 0x3F00 };
    for (unsigned sz = 0; sz < 4; sz++) {
        struct fuse_bytes b = bytes(0xFF, (uint8_t)(0xD8 | sz << 1), 0x05, 0xFF);
        ck_assert_uint_eq(fuse_boot_words(&m328p, &b), words[sz]);
        ck_assert_uint_eq(fuse_start_word(&m328p, &b), start[sz]);
        b.fuse[1] |= 1;
        ck_assert_uint_eq(fuse_start_word(&m328p, &b), 0);
    }
}
END_TEST

/* As other families are: what a part does not have neither closes nor moves anything. */
START_TEST(parts_without_a_fuse)
{
    struct part p = part_atmega328p;
    struct fuse_bytes b = fuse_factory(&p);

    ck_assert_uint_ne(fuse_boot_words(&p, &b), 0);
    p.boot_min_words = 0;
    ck_assert_uint_eq(fuse_boot_words(&p, &b), 0);
    ck_assert(!part_clko_is_xtal2(&p));
    p.pin_clko = p.pin_xtal2;
    ck_assert(part_clko_is_xtal2(&p));
    p.pin_xtal2 = NULL;
    ck_assert(!part_clko_is_xtal2(&p));
    p.pin_clko = NULL;
    ck_assert(!part_clko_is_xtal2(&p));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fuse_model");
    TCase *tc = tcase_create("fuse_model");
    tcase_add_test(tc, every_bit_has_its_field);
    tcase_add_test(tc, put_then_get_and_nothing_else_moves);
    tcase_add_test(tc, names_find_their_fields);
    tcase_add_test(tc, bits_have_their_datasheet_names);
    tcase_add_test(tc, unused_bits_read_one);
    tcase_add_test(tc, presets);
    tcase_add_test(tc, lock_modes);
    tcase_add_test(tc, what_closes_the_serial_port);
    tcase_add_test(tc, brown_out_levels);
    tcase_add_test(tc, boot_section);
    tcase_add_test(tc, parts_without_a_fuse);
    suite_add_tcase(s, tc);
    return run_all(s);
}
