/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/printable.h"

#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>

static void assert_text(const char *text, const char *plain, const char *with_lines)
{
    char buf[200], *whole = printable_text(text, false);

    ck_assert_str_eq(printable(buf, sizeof buf, text, false), plain);
    ck_assert_str_eq(whole, plain);
    ck_assert_str_eq(printable(buf, sizeof buf, text, true), with_lines);
    free(whole);
}

START_TEST(control_characters_show)
{
    assert_text("plain \u00b5s \u20ac \U0001F40C", "plain \u00b5s \u20ac \U0001F40C",
                "plain \u00b5s \u20ac \U0001F40C");
    assert_text("a\x1b[31mb\x7f", "a\\x1B[31mb\\x7F", "a\\x1B[31mb\\x7F");
    assert_text("a\nPASS forged\tb\r", "a\\nPASS forged\\tb\\r", "a\nPASS forged\tb\\r");
    assert_text("\xc2\x85x\u2028y\u202e", "\\xC2\\x85x\\xE2\\x80\\xA8y\\xE2\\x80\\xAE",
                "\\xC2\\x85x\\xE2\\x80\\xA8y\\xE2\\x80\\xAE"); /* next line, line separator, right to left */
    assert_text("\xff\xc0\x80\xe2\x82", "\\xFF\\xC0\\x80\\xE2\\x82", "\\xFF\\xC0\\x80\\xE2\\x82");
    assert_text("", "", "");
}
END_TEST

START_TEST(cut_between_characters)
{
    char buf[5];

    ck_assert_str_eq(printable(buf, 5, "abcdef", false), "abcd");
    ck_assert_str_eq(printable(buf, 5, "abc\u20ac", false), "abc");
    ck_assert_str_eq(printable(buf, 5, "a\x1b", false), "a");
    ck_assert_str_eq(printable(buf, 1, "a", false), "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("printable");
    TCase *t = tcase_create("printable");

    tcase_add_test(t, control_characters_show);
    tcase_add_test(t, cut_between_characters);
    suite_add_tcase(s, t);
    return run_all(s);
}
