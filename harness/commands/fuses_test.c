/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/fuses.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

static struct problem err;

static struct fuse_bytes set(const struct part *part, const char *text)
{
    struct fuse_bytes b = fuse_factory(part);
    ck_assert_msg(fuse_set_by_name(part, &b, text, &err), "%s: %s", text, err.text);
    return b;
}

static bool refused(const struct part *part, const char *text)
{
    struct fuse_bytes b = fuse_factory(part), before = b;
    err.text[0] = '\0';
    bool ok = fuse_set_by_name(part, &b, text, &err);
    return !ok && err.text[0] != '\0' && memcmp(&b, &before, sizeof b) == 0;
}

START_TEST(names_build_bytes)
{
    const struct part *m = &part_atmega328p;
    ck_assert_uint_eq(set(m, "CKSEL=1111").fuse[0], 0x6F); /* four binary digits for four bits */
    ck_assert_uint_eq(set(m, "CKSEL=15").fuse[0], 0x6F);
    ck_assert_uint_eq(set(m, "cksel=0xF").fuse[0], 0x6F);
    ck_assert_uint_eq(set(m, "CKSEL=10").fuse[0], 0x6A); /* two digits: ten */
    ck_assert_uint_eq(set(m, "SUT=10").fuse[0], 0x62);   /* two bits: binary */
    ck_assert_uint_eq(set(m, "SUT=0b01").fuse[0], 0x52);
    ck_assert_uint_eq(set(m, "SUT0=1").fuse[0], 0x72);
    ck_assert_uint_eq(set(m, "CKDIV8=unprogrammed").fuse[0], 0xE2);
    ck_assert_uint_eq(set(m, "CKOUT=programmed").fuse[0], 0x22);
    ck_assert_uint_eq(set(m, "RSTDISBL=0").fuse[1], 0x59);
    ck_assert_uint_eq(set(m, "BOOTSZ=512").fuse[1], 0xDD);
    ck_assert_uint_eq(set(m, "BOOTSZ=3").fuse[1], 0xDF);
    ck_assert_uint_eq(set(m, "BODLEVEL=2.7V").fuse[2], 0xFD);
    ck_assert_uint_eq(set(m, "BODLEVEL=1800 mV").fuse[2], 0xFE);
    ck_assert_uint_eq(set(m, "BODLEVEL=100").fuse[2], 0xFC);
    ck_assert_uint_eq(set(m, "BODLEVEL=off").fuse[2], 0xFF);
    ck_assert_uint_eq(set(m, "LB1=programmed").lock, 0xFE);
    ck_assert_uint_eq(set(m, "BLB12=0").lock, 0xDF);
    ck_assert_uint_eq(set(&part_atmega8a, "CKOPT=programmed").fuse[1], 0xC9);
    ck_assert_uint_eq(set(&part_atmega8a, "BODLEVEL=4.0V").fuse[0], 0x61);
    ck_assert_uint_eq(set(&part_atmega168p, "BOOTSZ=1024").fuse[2], 0xF9);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const char *const bad[] = {
        "CKSEL",      "=1",         "CKSEL=",      "CKSEL=16", "CKSEL=-1", "CKSEL=programmed",
        "SUT=4",      "SUT=2x",     "CKDIV8=2",    "CKOPT=1",  "BODEN=0",  "BODLEVEL=3.3V",
        "BODLEVEL=8", "BOOTSZ=300", "BOOTSZ=4096", "LB3=1",    "SUT1=2",   "AVERYLONGNAMETHATISNOFUSEATALL=1",
        "CKSEL=0b",   "CKSEL=0x",   "SPIEN=maybe",
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(refused(&part_atmega328p, bad[i]), "%s", bad[i]);
    }
    ck_assert(refused(&part_atmega8a, "CKDIV8=1"));
    ck_assert(strstr(err.text, "CKOPT") != NULL); /* says what there is */
}
END_TEST

START_TEST(fuse_bytes_are_hexadecimal)
{
    uint8_t v;
    ck_assert(fuse_byte_parse("0x62", &v, &err) && v == 0x62);
    ck_assert(fuse_byte_parse("62", &v, &err) && v == 0x62);
    ck_assert(fuse_byte_parse("fD", &v, &err) && v == 0xFD);
    ck_assert(fuse_byte_parse("0b01100010", &v, &err) && v == 0x62);
    static const char *const bad[] = { "", "0x", "100", "0x100", "-1", "6 2", "G0", "0b2", "0b111111111", "0x62h" };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!fuse_byte_parse(bad[i], &v, &err), "%s", bad[i]);
    }
}
END_TEST

START_TEST(boards)
{
    struct clock_board b = { .wired = WIRED_CRYSTAL };
    ck_assert(fuse_board_parse(&b, "nothing", &err) && b.wired == WIRED_NOTHING);
    ck_assert(fuse_board_parse(&b, "16MHz", &err) && b.wired == WIRED_CRYSTAL);
    ck_assert_uint_eq(b.f_millihz, UINT64_C(16000000000));
    ck_assert(fuse_board_parse(&b, "crystal:32.768 kHz", &err) && b.wired == WIRED_CRYSTAL);
    ck_assert_uint_eq(b.f_millihz, 32768000);
    ck_assert(fuse_board_parse(&b, "xtal2:1 MHz", &err) && b.wired == WIRED_WAVE && b.wave_on_xtal2);
    ck_assert(fuse_board_parse(&b, "wave:1MHz", &err) && b.wired == WIRED_WAVE && !b.wave_on_xtal2);
    ck_assert(fuse_board_parse(&b, "rc:10kOhm,22pF", &err) && b.wired == WIRED_RC);
    ck_assert_uint_eq(b.f_millihz / 1000000, 1515);
    ck_assert(fuse_board_parse(&b, "rc:650 kHz", &err));
    ck_assert_uint_eq(b.f_millihz, 650000000);
    static const char *const bad[] = { "",          "16",     "quartz", "wave:",        "wave:fast",
                                       "rc:10kOhm", "rc:1,2", "-1MHz",  "crystal:16 V", "200 GHz" };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!fuse_board_parse(&b, bad[i], &err), "%s", bad[i]);
    }
}
END_TEST

/* Each setting that bricks, and its neighbour that does not. */
START_TEST(every_bricking_setting_is_warned_of)
{
    static const struct {
        const char *set[3], *board;
        uint32_t vcc_mv;
        const char *id;
        bool bricks;
    } row[] = {
        { { "CKDIV8=1" }, "nothing", 5000, NULL, false }, /* harmless */
        { { "RSTDISBL=0" }, "nothing", 5000, "rstdisbl", true },
        { { "DWEN=0" }, "nothing", 5000, "dwen", true },
        { { "DWEN=0", "LB1=0" }, "nothing", 5000, "dwen-locked", true },
        { { "SPIEN=1" }, "nothing", 5000, "spien", true },
        { { "CKSEL=0000" }, "nothing", 5000, "no-external-clock", true },
        { { "CKSEL=0000" }, "16MHz", 5000, "no-external-clock", true },
        { { "CKSEL=0000", "CKDIV8=1" }, "wave:1MHz", 5000, NULL, false },
        { { "CKSEL=0000" }, "wave:1MHz", 5000, "slow-clock", true },
        { { "CKSEL=0000", "CKDIV8=1" }, "xtal2:1MHz", 5000, "no-external-clock", true },
        { { "CKSEL=0001" }, "16MHz", 5000, "reserved-cksel", true },
        { { "CKSEL=0011", "CKDIV8=1" }, "nothing", 5000, "slow-clock", true },
        { { "CKSEL=0101" }, "16MHz", 5000, "wrong-range", true },
        { { "CKSEL=0101" }, "nothing", 5000, "no-lf-crystal", true },
        { { "CKSEL=0101" }, "xtal2:16MHz", 5000, NULL, false },
        { { "CKSEL=0101" }, "wave:16MHz", 5000, "no-lf-crystal", true },
        { { "CKSEL=1111" }, "nothing", 5000, "no-crystal", true },
        { { "CKSEL=1111" }, "16MHz", 5000, NULL, false },
        { { "CKSEL=1111" }, "4MHz", 5000, "wrong-range", true },
        { { "CKSEL=1111", "CKDIV8=1" }, "20MHz", 5000, "over-range", false },
        { { "CKSEL=0111", "CKDIV8=1" }, "24MHz", 5000, "over-speed", false },
        { { "CKSEL=1101", "CKDIV8=1" }, "20MHz", 5000, "wrong-range", true },
        { { "CKSEL=0111" }, "8MHz", 2600, "oscillator-vcc", true },
        { { "CKSEL=1111", "CKDIV8=1" }, "16MHz", 3300, "over-speed", false },
        { { "BODLEVEL=4.3V" }, "nothing", 3300, "bod-above-vcc", true },
        { { "BODLEVEL=4.3V" }, "nothing", 5000, NULL, false },
        { { "BODLEVEL=3" }, "nothing", 5000, "reserved-bod", false },
        { { "SUT=11" }, "nothing", 5000, "reserved-sut", false },
        { { "LB=10" }, "nothing", 5000, "lock-2", false },
        { { "LB=00" }, "nothing", 5000, "lock-3", false },
        { { "LB=01" }, "nothing", 5000, "lb2-alone", false },
        { { "WDTON=0" }, "nothing", 5000, "wdton", false },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct fuse_report r = { .part = &part_atmega328p, .fuses = fuse_factory(&part_atmega328p) };
        for (unsigned k = 0; k < 3 && row[i].set[k] != NULL; k++) {
            ck_assert(fuse_set_by_name(r.part, &r.fuses, row[i].set[k], &err));
        }
        r.board = clock_board_default(r.part, &r.fuses);
        ck_assert(fuse_board_parse(&r.board, row[i].board, &err));
        r.board.vcc_mv = row[i].vcc_mv;
        fuse_report_make(&r);
        bool found = row[i].id == NULL && r.warnings.n == 0;
        for (unsigned k = 0; k < r.warnings.n; k++) {
            if (row[i].id != NULL && strcmp(r.warnings.warning[k].id, row[i].id) == 0) {
                found = true;
                ck_assert_int_eq(r.warnings.warning[k].bricks, row[i].bricks);
            }
        }
        ck_assert_msg(found, "row %u: wanted %s, first of %u is %s", i, row[i].id, r.warnings.n,
                      r.warnings.n ? r.warnings.warning[0].id : "none");
        /* whatever makes the chip unreachable is warned of as bricking, and says what is needed */
        bool bricks = false;
        for (unsigned k = 0; k < r.warnings.n; k++) {
            bricks |= r.warnings.warning[k].bricks;
        }
        ck_assert(r.verdict.reachable || bricks);
        ck_assert_int_eq(r.verdict.reachable, r.verdict.needs == 0);
    }
}
END_TEST

#ifdef __SANITIZE_ADDRESS__ /* slow: 52 of 256 */
#define LOW_STEP 5
#else
#define LOW_STEP 1
#endif

/* No setting of any part leaves the report without words, or longer than its warnings' list. */
START_TEST(every_setting_has_words)
{
    const struct part *p;
    char *text = NULL;
    size_t size = 0;
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        for (unsigned low = 0; low < 256; low += LOW_STEP) {
            struct fuse_report r = { .part = p, .fuses = { { (uint8_t)low, 0x00, 0x00 }, 0x00 }, .sck_hz = 125000 };
            r.board = clock_board_default(p, &r.fuses);
            r.board.vcc_mv = 1700;
            fuse_report_make(&r);
            ck_assert_uint_lt(r.warnings.n, FUSE_WARNINGS_MAX);
            for (unsigned k = 0; k < r.warnings.n; k++) {
                ck_assert_uint_lt(strlen(r.warnings.warning[k].text), sizeof r.warnings.warning[k].text - 1);
            }
            for (unsigned f = 0; f < FUSE_FIELDS; f++) {
                char words[200];
                if (fuse_has(p, f)) {
                    ck_assert_uint_gt(strlen(fuse_meaning(p, &r.fuses, f, words, sizeof words)), 3);
                }
            }
            FILE *out = open_memstream(&text, &size);
            fuse_report_print(&r, out);
            fclose(out);
            ck_assert_ptr_null(strstr(text, "(null)"));
            free(text);
            json_t *json = fuse_report_json(&r);
            ck_assert_ptr_nonnull(json);
            json_decref(json);
        }
    }
}
END_TEST

START_TEST(json_of_a_fresh_chip)
{
    struct fuse_report r = { .part = &part_atmega328p, .fuses = fuse_factory(&part_atmega328p), .sck_hz = 260000 };
    const char *preset, *source, *reach, *access, *need;
    double cpu_hz;
    int divide, low;
    json_int_t sck;

    r.board = clock_board_default(r.part, &r.fuses);
    r.board.vcc_mv = 3000;
    fuse_report_make(&r);
    json_t *json = fuse_report_json(&r);
    ck_assert_int_eq(json_unpack(json, "{s:s, s:{s:i}, s:{s:s, s:F, s:i}, s:{s:s, s:s, s:I, s:[s]}}", "preset", &preset,
                                 "bytes", "low", &low, "clock", "source", &source, "cpu_hz", &cpu_hz, "divide", &divide,
                                 "isp", "reach", &reach, "access", &access, "sck_max_hz", &sck, "needs", &need),
                     0);
    ck_assert_str_eq(preset, "factory");
    ck_assert_int_eq(low, 0x62);
    ck_assert_str_eq(source, "calibrated RC oscillator");
    ck_assert_double_eq(cpu_hz, 1e6);
    ck_assert_int_eq(divide, 8);
    ck_assert_int_eq(sck, 249999);
    ck_assert_str_eq(reach, "by-luck");
    ck_assert_str_eq(access, "open");
    ck_assert_str_eq(need, "slower-sck");
    json_decref(json);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cmd_fuses");
    TCase *tc = tcase_create("cmd_fuses");
    tcase_add_test(tc, names_build_bytes);
    tcase_add_test(tc, nonsense_is_refused);
    tcase_add_test(tc, fuse_bytes_are_hexadecimal);
    tcase_add_test(tc, boards);
    tcase_add_test(tc, every_bricking_setting_is_warned_of);
    tcase_add_test(tc, every_setting_has_words);
    tcase_add_test(tc, json_of_a_fresh_chip);
    suite_add_tcase(s, tc);
    return run_all(s);
}
