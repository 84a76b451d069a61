/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/turn_taking.h"
#include "tests/run_all.h"

#include <check.h>

static struct turn_taking t;

static void ask(void)
{
    turn_taking_init(&t, &turn_taking_limits_default);
    ck_assert(!turn_taking_runs(&t, SIM_S));
    turn_taking_asked(&t, SIM_S);
    ck_assert(turn_taking_runs(&t, SIM_S));
}

START_TEST(an_answer_ends_by_silence)
{
    ask();
    turn_taking_answered(&t, 2 * SIM_S);
    ck_assert(turn_taking_runs(&t, 2 * SIM_S + 100 * SIM_MS - 1));
    turn_taking_answered(&t, 2 * SIM_S + 99 * SIM_MS);
    ck_assert(turn_taking_runs(&t, 2 * SIM_S + 199 * SIM_MS - 1));
    ck_assert(!turn_taking_runs(&t, 2 * SIM_S + 199 * SIM_MS));
    ck_assert(!turn_taking_runs(&t, 2 * SIM_S)); /* once given back, it stays */
}
END_TEST

START_TEST(no_answer_is_overdue)
{
    ask();
    turn_taking_line_busy(&t, 2 * SIM_S);
    ck_assert(turn_taking_runs(&t, 7 * SIM_S - 1));
    ck_assert(!turn_taking_runs(&t, 7 * SIM_S));
}
END_TEST

START_TEST(who_asks_again_waits_anew)
{
    ask();
    turn_taking_answered(&t, 2 * SIM_S);
    turn_taking_asked(&t, 2 * SIM_S);
    ck_assert(turn_taking_runs(&t, 7 * SIM_S - 1));
    ck_assert(!turn_taking_runs(&t, 7 * SIM_S));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("turn");
    TCase *tc = tcase_create("turn");

    tcase_add_test(tc, an_answer_ends_by_silence);
    tcase_add_test(tc, no_answer_is_overdue);
    tcase_add_test(tc, who_asks_again_waits_anew);
    suite_add_tcase(s, tc);
    return run_all(s);
}
