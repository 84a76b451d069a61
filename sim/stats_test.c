/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/stats.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

START_TEST(kinds_are_told_apart_by_their_names)
{
    struct sim_stats s = { 0 };
    char same[] = "SCK"; /* at another address */

    sim_stats_event(&s, "SCK");
    sim_stats_event(&s, "RX");
    sim_stats_event(&s, same);
    ck_assert_uint_eq(s.n_kinds, 2);
    ck_assert_uint_eq(s.kind[0].n, 2);
    ck_assert_uint_eq(s.kind[1].n, 1);
}
END_TEST

START_TEST(kinds_beyond_the_table_are_counted_together)
{
    static char name[SIM_STATS_KINDS + 2][4];
    struct sim_stats s = { 0 }, sum = { 0 };

    for (unsigned i = 0; i < SIM_STATS_KINDS + 2; i++) {
        name[i][0] = (char)('0' + i / 10);
        name[i][1] = (char)('0' + i % 10);
        sim_stats_event(&s, name[i]);
    }
    ck_assert_uint_eq(s.n_kinds, SIM_STATS_KINDS);
    ck_assert_uint_eq(s.other_kinds, 2);
    s.spi_bytes = 3;
    sim_stats_join(&sum, &s);
    sim_stats_join(&sum, &s);
    ck_assert_uint_eq(sum.n_kinds, SIM_STATS_KINDS);
    ck_assert_uint_eq(sum.kind[SIM_STATS_KINDS - 1].n, 2);
    ck_assert_uint_eq(sum.other_kinds, 4);
    ck_assert_uint_eq(sum.spi_bytes, 6);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stats");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, kinds_are_told_apart_by_their_names);
    tcase_add_test(tc, kinds_beyond_the_table_are_counted_together);
    suite_add_tcase(s, tc);
    return run_all(s);
}
