/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/clock.h"

#include <check.h>

#include "sim/rng.h"
#include "tests/run_all.h"

START_TEST(edges_do_not_drift)
{
    struct sim_clock c = sim_clock_hz(7, 3686400, 1);
    ck_assert_uint_eq(sim_clock_edge(&c, 0), 7);
    ck_assert_uint_eq(sim_clock_edge(&c, 3686400), 7 + SIM_S);
    ck_assert_uint_eq(sim_clock_edge(&c, UINT64_C(3686400) * 86400), 7 + 86400 * SIM_S);
    c = sim_clock_hz(0, 16000000, 8);
    ck_assert_uint_eq(sim_clock_edge(&c, 1), 500000);
    ck_assert_uint_eq(sim_clock_f_hz(&c), 2000000);
    c = sim_clock_mhz(0, 32768 * 1000 + 655, 1); /* 20 ppm fast */
    ck_assert_uint_eq(sim_clock_f_hz(&c), 32769);
}
END_TEST

/* The three questions agree with each other at, before and after every edge, for any frequency. */
START_TEST(questions_agree)
{
    struct sim_rng rng = sim_rng_stream(1, "clock_test");
    for (int i = 0; i < 20000; i++) {
        struct sim_clock c = sim_clock_mhz(sim_rng_below(&rng, SIM_S), 1 + sim_rng_below(&rng, UINT64_C(20000000000)),
                                           1 + (uint32_t)sim_rng_below(&rng, 256));
        uint64_t n = sim_rng_below(&rng, 1000);
        sim_time at = sim_clock_edge(&c, n);
        ck_assert_uint_eq(sim_clock_edges_before(&c, at), n);
        ck_assert_uint_eq(sim_clock_edges_before(&c, at + 1), n + 1);
        ck_assert_uint_eq(sim_clock_nth_from(&c, at, 1), at);
        ck_assert_uint_eq(sim_clock_nth_from(&c, at + 1, 1), sim_clock_edge(&c, n + 1));
        ck_assert_uint_eq(sim_clock_nth_from(&c, at, 3), sim_clock_edge(&c, n + 2));
    }
}
END_TEST

/* Every divide-th edge is an edge of the clock it was made from, to the picosecond; divided clocks can be divided. */
START_TEST(divided_clocks_keep_the_edges)
{
    struct sim_rng rng = sim_rng_stream(2, "clock_test");
    for (int i = 0; i < 5000; i++) {
        struct sim_clock c = sim_clock_mhz(sim_rng_below(&rng, SIM_S), 1 + sim_rng_below(&rng, UINT64_C(20000000000)),
                                           1);
        sim_time from = c.t0_ps + sim_clock_span(&c, 1 + sim_rng_below(&rng, 1000)) - sim_rng_below(&rng, 3);
        uint64_t first = sim_clock_edges_before(&c, from), n = sim_rng_below(&rng, 1000);
        struct sim_clock by_8 = sim_clock_divided(&c, from, 8), by_24 = sim_clock_divided(&by_8, by_8.t0_ps + 1, 3);
        ck_assert_uint_ge(by_8.t0_ps, from);
        ck_assert_uint_eq(sim_clock_edge(&by_8, n), sim_clock_edge(&c, first + 8 * n));
        ck_assert_uint_eq(sim_clock_edge(&by_24, n), sim_clock_edge(&c, first + 8 + 24 * n));
        sim_time at = sim_clock_edge(&by_8, n);
        ck_assert_uint_eq(sim_clock_edges_before(&by_8, at), n);
        ck_assert_uint_eq(sim_clock_edges_before(&by_8, at + 1), n + 1);
    }
}
END_TEST

START_TEST(a_stopped_clock_has_no_edges)
{
    struct sim_clock c = sim_clock_hz(5, 0, 1);
    ck_assert(!sim_clock_runs(&c));
    ck_assert_uint_eq(sim_clock_edges_before(&c, SIM_S), 0);
    ck_assert_uint_eq(sim_clock_nth_from(&c, 0, 1), SIM_NEVER);
    ck_assert_uint_eq(sim_clock_f_hz(&c), 0);
    struct sim_clock divided = sim_clock_divided(&c, SIM_S, 8);
    ck_assert(!sim_clock_runs(&divided));
    c = sim_clock_mhz(5, 1000, 0);
    ck_assert(!sim_clock_runs(&c));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("clock");
    TCase *tc = tcase_create("clock");
    tcase_add_test(tc, edges_do_not_drift);
    tcase_add_test(tc, questions_agree);
    tcase_add_test(tc, divided_clocks_keep_the_edges);
    tcase_add_test(tc, a_stopped_clock_has_no_edges);
    suite_add_tcase(s, tc);
    return run_all(s);
}
