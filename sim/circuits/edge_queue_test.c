/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/edge_queue.h"
#include "tests/run_all.h"

#include <check.h>

static struct sim sim;
static struct edge_queue q;
static unsigned n;
static struct {
    sim_time at_ps;
    bool level;
} seen[8];

static void take(void *ctx, sim_time at_ps)
{
    (void)ctx;
    ck_assert_uint_lt(n, 8);
    seen[n].at_ps = at_ps;
    seen[n++].level = edge_queue_take(&q, &sim);
}

static void begin(void)
{
    sim_init(&sim, 1);
    q = (struct edge_queue){ 0 };
    sim_event_init(&q.ev, "edge", take, NULL);
    n = 0;
}

START_TEST(edges_come_one_delay_later)
{
    begin();
    struct rc_crossings c = { 3, { 1, 2, 5 } };
    edge_queue_add(&q, &sim, false, &c, SIM_US / 2);
    sim_run_until(&sim, 10 * SIM_US);
    ck_assert_uint_eq(n, 3);
    ck_assert(seen[0].level && !seen[1].level && seen[2].level);
    ck_assert_uint_eq(seen[0].at_ps, 3 * SIM_US / 2);
    ck_assert_uint_eq(seen[1].at_ps, 5 * SIM_US / 2);
    ck_assert_uint_eq(seen[2].at_ps, 11 * SIM_US / 2);
}
END_TEST

START_TEST(a_pulse_shorter_than_the_delay_is_swallowed)
{
    begin();
    struct rc_crossings c = { 3, { 1, 1.4, 5 } };
    edge_queue_add(&q, &sim, false, &c, SIM_US / 2);
    sim_run_until(&sim, 10 * SIM_US);
    ck_assert_uint_eq(n, 1);
    ck_assert(seen[0].level);
    ck_assert_uint_eq(seen[0].at_ps, 11 * SIM_US / 2);
}
END_TEST

/* At 2 us another ramp begins: the edge for 5 us is gone, the one on its way through the gate is not. */
START_TEST(a_new_ramp_breaks_off_the_old_one)
{
    begin();
    struct rc_crossings c = { 2, { 1.8, 5 } }, next = { 1, { 2 } };
    edge_queue_add(&q, &sim, false, &c, SIM_US / 2);
    sim_run_until(&sim, 2 * SIM_US);
    edge_queue_add(&q, &sim, true, &next, SIM_US / 2);
    sim_run_until(&sim, 10 * SIM_US);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(seen[0].at_ps, 23 * SIM_US / 10);
    ck_assert(!seen[1].level);
    ck_assert_uint_eq(seen[1].at_ps, 9 * SIM_US / 2);
}
END_TEST

START_TEST(times_beyond_any_run_are_never)
{
    ck_assert_uint_eq(us_to_ps(-1), 0);
    ck_assert_uint_eq(us_to_ps(2.5), 2500000);
    ck_assert_uint_eq(us_to_ps(8.9e12), UINT64_C(8900000000000000000));
    ck_assert_uint_eq(us_to_ps(1e300), SIM_NEVER / 4);
}
END_TEST

START_TEST(what_has_no_room_is_left_out)
{
    begin();
    for (unsigned i = 0; i < RC_MAX_CROSSINGS + 4; i++) { /* each later than the last: none breaks off another */
        struct rc_crossings c = { 1, { 10.0 * (i + 1) } };
        edge_queue_add(&q, &sim, i % 2, &c, 20 * SIM_US);
        ck_assert_uint_le(q.n, RC_MAX_CROSSINGS + 2);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("edge_queue");
    tcase_add_test(tc, edges_come_one_delay_later);
    tcase_add_test(tc, a_pulse_shorter_than_the_delay_is_swallowed);
    tcase_add_test(tc, a_new_ramp_breaks_off_the_old_one);
    tcase_add_test(tc, times_beyond_any_run_are_never);
    tcase_add_test(tc, what_has_no_room_is_left_out);
    Suite *s = suite_create("edge_queue");
    suite_add_tcase(s, tc);
    return run_all(s);
}
