/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

enum { A, B };
static struct part_rig r;

/* 1 us; ln(1 / 0.4) = 0.916291 to 60 %, ln(1 / 0.3) = 1.203973 to 30 % */
#define RISE_PS 916291
#define FALL_PS 1203973

static void start(enum net_level at_first)
{
    rig_init(&r, &slow_edge_type, 1);
    rig_set(&r, "tau", SIM_US);
    rig_drive(&r, A, at_first);
    rig_start(&r);
    rig_run(&r, SIM_MS);
    rig_level(&r, B, at_first);
}

START_TEST(edges_come_when_the_threshold_is_passed)
{
    start(NET_0);
    rig_drive(&r, A, NET_1);
    rig_run(&r, RISE_PS - 1);
    rig_level(&r, B, NET_0);
    rig_run(&r, 2);
    rig_level(&r, B, NET_1);
    rig_run(&r, SIM_MS);
    rig_drive(&r, A, NET_0);
    rig_run(&r, FALL_PS - 1);
    rig_level(&r, B, NET_1);
    rig_run(&r, 2);
    rig_level(&r, B, NET_0);
    rig_stop(&r);
}
END_TEST

START_TEST(a_short_pulse_is_not_seen)
{
    static const struct {
        sim_time width_ps;
        enum net_level seen;
    } cases[] = { { RISE_PS - 2, NET_0 }, { RISE_PS + 2, NET_1 } };

    for (unsigned i = 0; i < 2; i++) {
        start(NET_0);
        rig_drive(&r, A, NET_1);
        rig_run(&r, cases[i].width_ps);
        rig_drive(&r, A, NET_0);
        rig_run(&r, 100 * SIM_NS);
        rig_level(&r, B, cases[i].seen);
        rig_run(&r, SIM_MS);
        rig_level(&r, B, NET_0);
        rig_stop(&r);
    }
}
END_TEST

/* A charge that stays is where the next edge begins: half way up, open, then up from there. */
START_TEST(an_open_wire_keeps_its_charge)
{
    start(NET_0);
    rig_drive(&r, A, NET_1);
    rig_run(&r, SIM_US / 2); /* 39.3 % */
    rig_drive(&r, A, NET_Z);
    rig_run(&r, SIM_MS);
    rig_level(&r, B, NET_0);
    rig_drive(&r, A, NET_1);
    rig_run(&r, RISE_PS - SIM_US / 2 - 2);
    rig_level(&r, B, NET_0);
    rig_run(&r, 4);
    rig_level(&r, B, NET_1);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("slow_edge");
    TCase *t = tcase_create("slow_edge");

    tcase_add_test(t, edges_come_when_the_threshold_is_passed);
    tcase_add_test(t, a_short_pulse_is_not_seen);
    tcase_add_test(t, an_open_wire_keeps_its_charge);
    suite_add_tcase(s, t);
    return run_all(s);
}
