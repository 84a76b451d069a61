/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/limits.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct limits three(int64_t high_ps, int64_t took_ps, int64_t n)
{
    struct limits l;

    limits_init(&l);
    limits_add(&l, "took", QUANTITY_TIME_PS, took_ps, LIMIT_LOWER);
    limits_add(&l, "sck_high", QUANTITY_TIME_PS, high_ps, LIMIT_HIGHER);
    limits_add(&l, "polls", QUANTITY_COUNT, n, LIMIT_SAME);
    return l;
}

static size_t worse(struct limits *was, int64_t high_ps, int64_t took_ps, int64_t n)
{
    struct limits is = three(high_ps, took_ps, n);
    size_t found = limits_compare(was, &is, NULL, NULL);

    limits_free(&is);
    return found;
}

START_TEST(worse_in_its_direction_only)
{
    struct limits was = three(1000000, 5000, 3);

    ck_assert_uint_eq(worse(&was, 1000000, 5000, 3), 0);
    ck_assert_uint_eq(worse(&was, 2000000, 4000, 3), 0);
    ck_assert_uint_eq(worse(&was, 999999, 5000, 3), 1);
    ck_assert_uint_eq(worse(&was, 1000000, 5001, 3), 1);
    ck_assert_uint_eq(worse(&was, 1000000, 5000, 2), 1);
    ck_assert_uint_eq(worse(&was, 1000000, 5000, 4), 1);
    limits_free(&was);
}
END_TEST

/* Just inside, exactly at, just outside of what is tolerated. */
START_TEST(tolerances)
{
    struct limits was = three(1000000, 5000, 3);
    struct problem err = { "" };

    ck_assert_msg(limits_tolerate(&was, "sck_high:20%", &err), "%s", err.text);
    ck_assert_msg(limits_tolerate(&was, "took:1ns", &err), "%s", err.text);
    ck_assert_msg(limits_tolerate(&was, "po*s:1", &err), "%s", err.text);
    ck_assert_uint_eq(worse(&was, 800001, 5999, 4), 0);
    ck_assert_uint_eq(worse(&was, 800000, 6000, 2), 0);
    ck_assert_uint_eq(worse(&was, 799999, 6001, 5), 3);
    limits_free(&was);
}
END_TEST

START_TEST(bad_tolerances)
{
    static const char *const bad[] = {
        "sck_high", ":20%", "sck_high:", "sck_low:20%", "sck_high:1V", "sck_high:-1us", "sck_high:2", "polls:1us",
    };
    struct limits was = three(1000000, 5000, 3);

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct problem err = { "" };

        ck_assert_msg(!limits_tolerate(&was, bad[i], &err) && err.text[0], "%s", bad[i]);
    }
    limits_free(&was);
}
END_TEST

static void keep(void *ctx, const struct limit_difference *d)
{
    limit_difference_text(d, ctx, 200);
}

START_TEST(told_in_words)
{
    struct limits was = three(1000000, 5000, 3), is = three(700000, 5000, 3), none;
    char text[200];

    ck_assert_uint_eq(limits_compare(&was, &is, keep, text), 1);
    ck_assert_str_eq(text, "sck_high: 700 ns, was 1 us (higher is better; allowed 1 us)");
    limits_init(&none);
    ck_assert_uint_eq(limits_compare(&was, &none, keep, text), 3);
    ck_assert_str_eq(text, "took: was 5 ns, and was not measured this time");
    limits_free(&was);
    limits_free(&is);
}
END_TEST

START_TEST(a_file_comes_back)
{
    struct limits was = three(1000000, 5000, 3), is;
    struct problem err = { "" };
    char path[] = "/tmp/limits_test.XXXXXX";

    close(mkstemp(path));
    limits_add(&was, "below", QUANTITY_PPM, -25000, LIMIT_HIGHER);
    limits_tolerate(&was, "took:20%", &err);
    limits_tolerate(&was, "sck_high:1us", &err);
    ck_assert_msg(limits_save(&was, path, "limits_test", &err), "%s", err.text);
    ck_assert_msg(limits_load(&is, path, &err), "%s", err.text);
    unlink(path);
    ck_assert_uint_eq(is.n, was.n);
    for (size_t i = 0; i < is.n; i++) {
        const struct limit *a = &was.limit[i], *b = &is.limit[i];

        ck_assert_str_eq(a->name, b->name);
        ck_assert_int_eq(a->value, b->value);
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_int_eq(a->better, b->better);
        ck_assert_int_eq(a->tolerance.given, b->tolerance.given);
        ck_assert_int_eq(a->tolerance.amount, b->tolerance.amount);
    }
    limits_free(&was);
    limits_free(&is);
}
END_TEST

#define BODY(one) "{\"format\": \"limpet-limits-1\", \"limits\": {" one "}}"

START_TEST(bad_files)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "", "f:1:0:" },
        { "[]", "no file of limits" },
        { "{\"format\": \"limpet-limits-2\"}", "limits of another version" },
        { "{\"format\": \"limpet-limits-1\"}", "\"limits\" is missing" },
        { BODY("\"a\": 1"), "\"a\": expected an object" },
        { BODY("\"a\": {\"value\": \"1 us\", \"better\": \"higher\"}"), "\"kind\" is missing" },
        { BODY("\"a\": {\"value\": \"1 us\", \"better\": \"higher\", \"kind\": \"size\"}"), "no kind: size" },
        { BODY("\"a\": {\"value\": 1, \"better\": \"higher\", \"kind\": \"time\"}"), "\"value\" is missing" },
        { BODY("\"a\": {\"value\": \"1 V\", \"better\": \"higher\", \"kind\": \"time\"}"), "\"a\":" },
        { BODY("\"a\": {\"value\": \"1 us\", \"better\": \"up\", \"kind\": \"time\"}"), "\"better\" is" },
        { BODY("\"a\": {\"value\": \"1 us\", \"better\": \"same\", \"kind\": \"time\", \"x\": 1}"), "no key \"x\"" },
        { BODY("\"a b\": {\"value\": \"1 us\", \"better\": \"same\", \"kind\": \"time\"}"), "a name is made" },
        { BODY("\"a\": {\"value\": \"1 us\", \"better\": \"same\", \"kind\": \"time\", \"tolerance\": \"x\"}"),
          "\"a\":" },
    };

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct problem err = { "" };
        struct limits l;

        ck_assert_msg(!limits_parse(&l, "f", bad[i].text, strlen(bad[i].text), &err), "%s", bad[i].text);
        ck_assert_msg(strstr(err.text, bad[i].says) != NULL, "%s: %s", bad[i].text, err.text);
        ck_assert_uint_eq(l.n, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("limits");
    TCase *t = tcase_create("limits");

    tcase_add_test(t, worse_in_its_direction_only);
    tcase_add_test(t, tolerances);
    tcase_add_test(t, bad_tolerances);
    tcase_add_test(t, told_in_words);
    tcase_add_test(t, a_file_comes_back);
    tcase_add_test(t, bad_files);
    suite_add_tcase(s, t);
    return run_all(s);
}
