/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

enum { A1, A2, B1 = 8, B2 };
enum { A_TO_B, B_TO_A, BOTH };

static struct part_rig r;

static void start(int64_t direction, int64_t delay_ps)
{
    rig_init(&r, &level_shifter_type, 1);
    rig_set(&r, "a", 5000);
    rig_set(&r, "b", 3300);
    rig_set(&r, "direction", direction);
    rig_set(&r, "delay", delay_ps);
    rig_set(&r, "direction_2", B_TO_A);
    rig_start(&r);
}

START_TEST(edges_come_after_the_delay)
{
    start(A_TO_B, 5 * SIM_NS);
    rig_level(&r, B1, NET_Z); /* never driven yet */
    rig_drive(&r, A1, NET_1);
    rig_run(&r, 5 * SIM_NS - 1);
    rig_level(&r, B1, NET_Z);
    rig_run(&r, 1);
    rig_level(&r, B1, NET_1);
    rig_drive(&r, A1, NET_0);
    rig_run(&r, 5 * SIM_NS - 1);
    rig_level(&r, B1, NET_1);
    rig_run(&r, 1);
    rig_level(&r, B1, NET_0);
    rig_stop(&r);
}
END_TEST

START_TEST(shorter_pulses_are_lost)
{
    start(A_TO_B, 5 * SIM_NS);
    rig_drive(&r, A1, NET_0);
    rig_run(&r, SIM_US);
    rig_drive(&r, A1, NET_1);
    rig_run(&r, 4 * SIM_NS);
    rig_drive(&r, A1, NET_0);
    for (int i = 0; i < 20; i++) {
        rig_run(&r, SIM_NS);
        rig_level(&r, B1, NET_0);
    }
    rig_stop(&r);
}
END_TEST

START_TEST(a_buffer_has_one_direction_and_holds_what_it_had)
{
    start(A_TO_B, 0);
    rig_drive(&r, B1, NET_1);
    rig_level(&r, A1, NET_Z);
    rig_drive(&r, B1, NET_Z);
    rig_drive(&r, A1, NET_1);
    rig_drive(&r, A1, NET_Z);
    rig_level(&r, B1, NET_1);
    rig_drive(&r, B2, NET_0); /* channel 2 is the other way round */
    rig_level(&r, A2, NET_0);
    rig_drive(&r, B1, NET_0); /* two outputs */
    rig_level(&r, B1, NET_X);
    rig_stop(&r);
}
END_TEST

START_TEST(both_directions_do_not_latch)
{
    start(BOTH, 0);
    rig_level(&r, A1, NET_1);
    rig_level(&r, B1, NET_1);
    rig_drive(&r, A1, NET_0);
    rig_level(&r, B1, NET_0);
    rig_drive(&r, A1, NET_Z);
    rig_level(&r, A1, NET_1);
    rig_level(&r, B1, NET_1);
    rig_drive(&r, B1, NET_0);
    rig_level(&r, A1, NET_0);
    rig_drive(&r, B1, NET_1);
    rig_level(&r, A1, NET_1);
    rig_stop(&r);
}
END_TEST

START_TEST(each_side_has_its_supply)
{
    start(A_TO_B, 0);
    rig_drive(&r, A1, NET_1);
    ck_assert_int_eq(net_others(&r.net[A1], NULL).supply->mv, 5000);
    ck_assert_int_eq(net_others(&r.net[B1], NULL).supply->mv, 3300);
    ck_assert_int_eq(level_shifter_type.supply(r.self, A1)->mv, 5000);
    ck_assert_int_eq(level_shifter_type.supply(r.self, B1)->mv, 3300);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { edges_come_after_the_delay, shorter_pulses_are_lost,
                                   a_buffer_has_one_direction_and_holds_what_it_had, both_directions_do_not_latch,
                                   each_side_has_its_supply };

    return rig_main("level_shifter", tests, sizeof tests / sizeof tests[0]);
}
