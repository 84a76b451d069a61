/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/switches.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

/* Each switch: its default is in its range, both ends are taken, what is beyond them is refused and changes nothing. */
START_TEST(each_switch_keeps_its_range)
{
    for (enum target_switch i = 0; i < TARGET_SWITCHES; i++) {
        const struct target_switch_info *of = target_switch_info(i);
        struct target_switches sw = target_switches_default();

        ck_assert_msg(sw.v[i] >= of->min && sw.v[i] <= of->max, "%s", of->name);
        ck_assert(target_switch_set(&sw, of->name, of->min) && sw.v[i] == of->min);
        ck_assert(target_switch_set(&sw, of->name, of->max) && sw.v[i] == of->max);
        ck_assert(of->max == INT32_MAX || !target_switch_set(&sw, of->name, of->max + 1));
        ck_assert(of->min == INT32_MIN || !target_switch_set(&sw, of->name, of->min - 1));
        ck_assert_int_eq(sw.v[i], of->max);
    }
    ck_assert(!target_switch_set(&(struct target_switches){ 0 }, "no_such_switch", 0));
}
END_TEST

START_TEST(words_of_a_switch)
{
    bool one_has_words = false, one_has_none = false;

    for (enum target_switch i = 0; i < TARGET_SWITCHES; i++) {
        const struct target_switch_info *of = target_switch_info(i);

        for (int32_t k = 0; of->words && of->words[k]; k++) {
            ck_assert_int_eq(target_switch_word(of, of->words[k]), k);
        }
        ck_assert_int_eq(target_switch_word(of, "no such word"), -1);
        one_has_words |= of->words != NULL;
        one_has_none |= !of->words;
    }
    ck_assert(one_has_words && one_has_none);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("switches");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, each_switch_keeps_its_range);
    tcase_add_test(tc, words_of_a_switch);
    suite_add_tcase(s, tc);
    return run_all(s);
}
