/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/quantity.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

static const struct {
    enum quantity_kind kind;
    const char *text;
    int64_t value;
} good[] = {
    { QUANTITY_TIME_PS, "20 ms", 20000000000 },
    { QUANTITY_TIME_PS, "20ms", 20000000000 },
    { QUANTITY_TIME_PS, "62.5 ns", 62500 },
    { QUANTITY_TIME_PS, "8.000001 us", 8000001 },
    { QUANTITY_TIME_PS, "0.001 ns", 1 },
    { QUANTITY_TIME_PS, "1 \u00b5s", 1000000 },
    { QUANTITY_TIME_PS, "2 min", 120000000000000 },
    { QUANTITY_TIME_PS, "9223372.036854775807 s", INT64_MAX },
    { QUANTITY_TIME_PS, "0 s", 0 },
    { QUANTITY_TIME_PS, ".5 us", 500000 },
    { QUANTITY_TIME_PS, "1.000000000000000000000000 s", 1000000000000 },
    { QUANTITY_FREQ_MILLIHZ, "16 MHz", 16000000000 },
    { QUANTITY_FREQ_MILLIHZ, "32.768 kHz", 32768000 },
    { QUANTITY_FREQ_MILLIHZ, "3.6864 MHz", 3686400000 },
    { QUANTITY_FREQ_MILLIHZ, "0.001 Hz", 1 },
    { QUANTITY_MV, "5.0 V", 5000 },
    { QUANTITY_MV, "-9 V", -9000 },
    { QUANTITY_MV, "1800 mV", 1800 },
    { QUANTITY_MOHM, "15 kOhm", 15000000 },
    { QUANTITY_FF, "2.2 nF", 2200000 },
    { QUANTITY_V_PER_S, "20 V/us", 20000000 },
    { QUANTITY_PPM, "-2.5 %", -25000 },
    { QUANTITY_PPM, "100 ppm", 100 },
    { QUANTITY_BYTES, "32 KiB", 32768 },
    { QUANTITY_BYTES, "0x7000", 28672 },
    { QUANTITY_COUNT, "0x62", 98 },
    { QUANTITY_COUNT, "7", 7 },
};

START_TEST(good_values)
{
    struct problem err = { "" };
    int64_t v = -1;

    ck_assert_msg(quantity_parse(good[_i].kind, good[_i].text, INT64_MIN, INT64_MAX, &v, &err), "%s: %s", good[_i].text,
                  err.text);
    ck_assert_msg(v == good[_i].value, "%s: %lld", good[_i].text, (long long)v);
}
END_TEST

static const struct {
    enum quantity_kind kind;
    const char *text, *says;
} bad[] = {
    { QUANTITY_TIME_PS, "20", "the unit is missing" },
    { QUANTITY_TIME_PS, "20 MHz", "the unit is unknown" },
    { QUANTITY_MV, "3,3 V", "decimals follow a point" },
    { QUANTITY_TIME_PS, "20 mS", "the unit is written ms" },
    { QUANTITY_TIME_PS, "20 ms later", "the unit is unknown" },
    { QUANTITY_TIME_PS, "20 sec", "the unit is written s" },
    { QUANTITY_TIME_PS, "20 MSEC", "the unit is written ms" },
    { QUANTITY_TIME_PS, "20 m", "the unit is unknown" },
    { QUANTITY_MOHM, "10k", "the unit is written kOhm" },
    { QUANTITY_MOHM, "47 ohms", "the unit is written Ohm" },
    { QUANTITY_COUNT, "E2", "hexadecimal begins with 0x: 0xE2" },
    { QUANTITY_COUNT, "6f", "hexadecimal begins with 0x: 0x6f" },
    { QUANTITY_TIME_PS, "", "there is no number" },
    { QUANTITY_TIME_PS, "ms", "there is no number" },
    { QUANTITY_TIME_PS, ". ms", "there is no number" },
    { QUANTITY_TIME_PS, "-1 ms", "can't have a sign" },
    { QUANTITY_TIME_PS, "0.5 ps", "finer than can be kept" },
    { QUANTITY_TIME_PS, "0x10 ms", "in decimal" },
    { QUANTITY_TIME_PS, "9223372.036854775808 s", "out of range" },
    { QUANTITY_TIME_PS, "9223373 s", "too large" },
    { QUANTITY_TIME_PS, "99999999999999999999999999999999999999 s", "too large" },
    { QUANTITY_TIME_PS, "0.00000000000000000000000000000000001 s", "too many digits" },
    { QUANTITY_FREQ_MILLIHZ, "16 mhz", "the unit is written MHz" },
    { QUANTITY_FREQ_MILLIHZ, "16 mph", "the unit is unknown" },
    { QUANTITY_COUNT, "0xG2", "'G' is no hexadecimal digit" },
    { QUANTITY_FREQ_MILLIHZ, "0.0001 Hz", "finer than can be kept" },
    { QUANTITY_MV, "5", "the unit is missing" },
    { QUANTITY_PPM, "3", "the unit is missing" },
    { QUANTITY_COUNT, "3.5", "finer than can be kept" },
    { QUANTITY_COUNT, "0x", "there is no number" },
    { QUANTITY_COUNT, "1e3", "the unit is unknown" },
    { QUANTITY_COUNT, "three", "there is no number" },
};

START_TEST(bad_values)
{
    struct problem err = { "" };
    int64_t v = 123;

    ck_assert_msg(!quantity_parse(bad[_i].kind, bad[_i].text, INT64_MIN, INT64_MAX, &v, &err), "%s", bad[_i].text);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s: %s", bad[_i].text, err.text);
    ck_assert_int_eq(v, 123);
}
END_TEST

START_TEST(range_is_inclusive_and_named)
{
    struct problem err = { "" };
    int64_t v;

    ck_assert(quantity_parse(QUANTITY_MV, "1.8 V", 1800, 5500, &v, &err));
    ck_assert(quantity_parse(QUANTITY_MV, "5500 mV", 1800, 5500, &v, &err));
    ck_assert(!quantity_parse(QUANTITY_MV, "5501 mV", 1800, 5500, &v, &err));
    ck_assert_str_eq(err.text, "'5501 mV' is out of range: 1.8 V .. 5.5 V");
    ck_assert(!quantity_parse(QUANTITY_COUNT, "256", 0, 255, &v, &err));
    ck_assert_str_eq(err.text, "'256' is out of range: 0 .. 255");
}
END_TEST

START_TEST(text_and_back)
{
    static const int64_t values[] = { 0, 1, 999, 1000, 8000000, 8000001, 20000000000, 1234567890123456789, INT64_MAX };
    char buf[48];
    struct problem err;

    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t v = -1;

        quantity_text(QUANTITY_TIME_PS, values[i], buf, sizeof buf);
        ck_assert_msg(quantity_parse(QUANTITY_TIME_PS, buf, 0, INT64_MAX, &v, &err), "%s: %s", buf, err.text);
        ck_assert_msg(v == values[i], "%s", buf);
    }
    ck_assert_str_eq(quantity_text(QUANTITY_TIME_PS, 8000000, buf, sizeof buf), "8 us");
    ck_assert_str_eq(quantity_text(QUANTITY_TIME_PS, 62500, buf, sizeof buf), "62.5 ns");
    ck_assert_str_eq(quantity_text(QUANTITY_FREQ_MILLIHZ, 32768000, buf, sizeof buf), "32.768 kHz");
    ck_assert_str_eq(quantity_text(QUANTITY_MV, -50, buf, sizeof buf), "-50 mV");
    ck_assert_str_eq(quantity_text(QUANTITY_BYTES, 1025, buf, sizeof buf), "1025");
    ck_assert_str_eq(quantity_text(QUANTITY_BYTES, 32768, buf, sizeof buf), "32 KiB");
    ck_assert_str_eq(quantity_text(QUANTITY_PPM, 25000, buf, sizeof buf), "2.5 %");
}
END_TEST

START_TEST(hex_bytes)
{
    struct problem err;
    int b[4];

    ck_assert(quantity_hex_bytes("1E 95 0F", b, 3, false, &err));
    ck_assert(b[0] == 0x1e && b[1] == 0x95 && b[2] == 0x0f);
    ck_assert(quantity_hex_bytes("0x1e,950F", b, 3, false, &err));
    ck_assert(quantity_hex_bytes("xx xx 53 XX", b, 4, true, &err));
    ck_assert(b[0] == -1 && b[2] == 0x53 && b[3] == -1);
    ck_assert(!quantity_hex_bytes("xx xx 53 00", b, 4, false, &err));
    ck_assert(!quantity_hex_bytes("1E 95", b, 3, false, &err));
    ck_assert_str_eq(err.text, "'1E 95' holds 2 bytes, not 3");
    ck_assert(!quantity_hex_bytes("1E 95 0F 0", b, 4, false, &err));
    ck_assert(!quantity_hex_bytes("1E 95 0F 00 11", b, 4, false, &err));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("quantity");
    TCase *t = tcase_create("quantity");

    tcase_add_loop_test(t, good_values, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(t, bad_values, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(t, range_is_inclusive_and_named);
    tcase_add_test(t, text_and_back);
    tcase_add_test(t, hex_bytes);
    suite_add_tcase(s, t);
    return run_all(s);
}
