/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/problem.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

START_TEST(a_prefix_says_where)
{
    struct problem p = { "" };

    ck_assert(!problem_set(&p, "no part '%s'", "x"));
    ck_assert(!problem_prefix(&p, "%s:%d", "a.yaml", 3));
    ck_assert_str_eq(p.text, "a.yaml:3: no part 'x'");
}
END_TEST

/* A place longer than the message has room for: cut, and never beyond its end. */
START_TEST(what_does_not_fit_is_cut)
{
    struct problem p = { "" };
    static char place[2 * sizeof p.text];

    for (size_t len = sizeof p.text - 5; len < sizeof p.text + 5; len++) {
        memset(place, 'p', len);
        place[len] = '\0';
        problem_set(&p, "text");
        problem_prefix(&p, "%s", place);
        ck_assert_uint_lt(strlen(p.text), sizeof p.text);
        ck_assert(!strncmp(p.text, place, sizeof p.text - 5));
        ck_assert((strstr(p.text, ": ") != NULL) == (len + 3 < sizeof p.text));
    }
}
END_TEST

/* A name of two lines, as a file may have, is one line of a message. */
START_TEST(a_name_stays_on_its_line)
{
    struct problem p = { "" };

    problem_set(&p, "%s: %s", "a\nPASS \x1b[31m", "two\nlines");
    ck_assert_str_eq(p.text, "a\\nPASS \\x1B[31m: two\nlines");
    static char longest[2 * sizeof p.text];
    memset(longest, 'n', sizeof longest - 1);
    problem_set(&p, "%s: %s", longest, "cut");
    ck_assert_uint_lt(strlen(p.text), sizeof p.text);
    ck_assert(!strncmp(p.text, longest, sizeof p.text - 10));
    problem_set(&p, "%s: x", "\x7f");
    ck_assert_str_eq(p.text, "\\x7F: x");
    problem_set(&p, "text");
    problem_prefix(&p, "%s:%d", "b\n", 3);
    ck_assert_str_eq(p.text, "b\\n:3: text");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("problem");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, a_prefix_says_where);
    tcase_add_test(tc, what_does_not_fit_is_cut);
    tcase_add_test(tc, a_name_stays_on_its_line);
    suite_add_tcase(s, tc);
    return run_all(s);
}
