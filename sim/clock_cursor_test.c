/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/clock_cursor.h"

#include <check.h>

#include "sim/rng.h"
#include "tests/run_all.h"

/* ck_assert_uint_eq() writes to a file each time. */
static void same(uint64_t got, uint64_t want)
{
    if (got != want) {
        ck_abort_msg("%llu, not %llu", (unsigned long long)got, (unsigned long long)want);
    }
}

/* Both ways must agree at and around every time asked for. */
static void same_as_exact(const struct sim_clock *clk, sim_time t)
{
    struct clock_cursor c;

    clock_cursor_init(&c, clk);
    for (int step = 0; step < 20; step++) {
        uint64_t n = clock_cursor_after(&c, t);
        same(n, sim_clock_edges_before(clk, t + 1));
        same(clock_cursor_edge(&c, n), sim_clock_edge(clk, n));
        same(clock_cursor_edge(&c, n + 3), sim_clock_edge(clk, n + 3));
        sim_time edge = sim_clock_edge(clk, n);
        same(clock_cursor_after(&c, edge - 1), n);
        same(clock_cursor_after(&c, edge), n + 1);
        t = edge + (sim_time)step * 777;
    }
}

START_TEST(whole_periods)
{
    struct sim_clock clk = sim_clock_hz(123, 1000000, 1);
    same_as_exact(&clk, 0);
    same_as_exact(&clk, 122);
    same_as_exact(&clk, 3 * SIM_S);
}
END_TEST

START_TEST(odd_periods_far_out)
{
    struct sim_rng rng = sim_rng_stream(1, "clock_cursor_test");

    for (int i = 0; i < 3000; i++) {
        uint64_t f_millihz = 1000 + sim_rng_below(&rng, UINT64_C(20000000000));
        struct sim_clock clk = sim_clock_mhz(sim_rng_below(&rng, SIM_S), f_millihz,
                                             1 + (uint32_t)sim_rng_below(&rng, 8));
        same_as_exact(&clk, sim_rng_below(&rng, SIM_S << sim_rng_below(&rng, 16)));
        clk = sim_clock_divided(&clk, clk.t0_ps + sim_rng_below(&rng, SIM_S), 8);
        same_as_exact(&clk, sim_rng_below(&rng, SIM_S << sim_rng_below(&rng, 16)));
    }
}
END_TEST

START_TEST(beyond_the_reach_of_one_base)
{
    struct sim_clock clk = sim_clock_mhz(7, UINT64_C(19999999999), 1);
    struct clock_cursor c;

    clock_cursor_init(&c, &clk);
    for (sim_time t = 0; t < 100000 * SIM_S; t += 17 * SIM_S + 1) { /* to and fro */
        same(clock_cursor_after(&c, t), sim_clock_edges_before(&clk, t + 1));
        same(clock_cursor_after(&c, t / 3), sim_clock_edges_before(&clk, t / 3 + 1));
        uint64_t n = sim_clock_edges_before(&clk, t);
        same(clock_cursor_edge(&c, n), sim_clock_edge(&clk, n));
    }
}
END_TEST

/* The quickest that there can be: a period of one picosecond. */
START_TEST(a_terahertz)
{
    struct sim_clock clk = { .t0_ps = 5, .period_num = 1, .period_den = 1 };

    same_as_exact(&clk, 5);
    same_as_exact(&clk, SIM_S + 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock_cursor");
    TCase *tc = tcase_create("clock_cursor");
    tcase_add_test(tc, whole_periods);
    tcase_add_test(tc, odd_periods_far_out);
    tcase_add_test(tc, beyond_the_reach_of_one_base);
    tcase_add_test(tc, a_terahertz);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
