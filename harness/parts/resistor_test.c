/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

enum { A, B };
static struct part_rig r;

static void start(int64_t ohm)
{
    rig_init(&r, &resistor_type, 1);
    rig_set(&r, "ohm", 1000 * ohm);
    rig_start(&r);
}

START_TEST(each_end_pulls_the_other)
{
    start(1000);
    rig_level(&r, A, NET_Z);
    rig_drive(&r, A, NET_1);
    rig_level(&r, B, NET_1);
    rig_drive(&r, A, NET_0);
    rig_level(&r, B, NET_0);
    rig_drive(&r, A, NET_Z);
    rig_level(&r, B, NET_Z);
    rig_drive(&r, B, NET_1);
    rig_level(&r, A, NET_1);
    rig_stop(&r);
}
END_TEST

START_TEST(two_outputs_may_differ_across_it)
{
    start(1000);
    rig_drive(&r, A, NET_1);
    rig_drive(&r, B, NET_0);
    rig_level(&r, A, NET_1);
    rig_level(&r, B, NET_0);
    rig_stop(&r);
}
END_TEST

START_TEST(its_ohms_say_whether_it_beats_a_pull_up)
{
    start(44999);
    rig_drive(&r, A, NET_0);
    net_drive(&r.driver[B], NET_1, NET_WEAK);
    rig_level(&r, B, NET_0);
    rig_stop(&r);
    start(45000);
    rig_drive(&r, A, NET_0);
    net_drive(&r.driver[B], NET_1, NET_WEAK);
    rig_level(&r, B, NET_1);
    rig_stop(&r);
}
END_TEST

START_TEST(it_is_no_stronger_than_what_is_behind_it)
{
    start(1000);
    net_drive(&r.driver[A], NET_1, NET_WEAK);
    net_drive(&r.driver[B], NET_0, NET_PULL);
    rig_level(&r, B, NET_0);
    rig_stop(&r);
}
END_TEST

START_TEST(an_end_can_be_taken_off)
{
    start(1000);
    rig_drive(&r, A, NET_1);
    resistor_type.connect(r.self, A, NULL);
    rig_level(&r, B, NET_Z);
    resistor_type.connect(r.self, A, &r.net[A]);
    rig_level(&r, B, NET_1);
    rig_stop(&r);
}
END_TEST

/* Two beside each other, and both ends on one net: the level goes with who made it. */
START_TEST(what_it_passes_on_does_not_come_back)
{
    struct part_site site = { .sim = &r.sim, .name = "second", .vcc = &r.vcc };
    void *second;

    start(1000);
    second = resistor_type.make(&site, r.cfg);
    resistor_type.connect(second, A, &r.net[A]);
    resistor_type.connect(second, B, &r.net[B]);
    for (int level = 0; level < 2; level++) {
        rig_drive(&r, A, level ? NET_1 : NET_0);
        rig_level(&r, B, level ? NET_1 : NET_0);
        rig_drive(&r, A, NET_Z);
        rig_level(&r, A, NET_Z);
        rig_level(&r, B, NET_Z);
    }
    resistor_type.connect(second, B, &r.net[A]);
    rig_drive(&r, A, NET_1);
    rig_drive(&r, A, NET_Z);
    rig_level(&r, A, NET_Z);
    resistor_type.free(second);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { what_it_passes_on_does_not_come_back,     each_end_pulls_the_other,
                                   two_outputs_may_differ_across_it,         its_ohms_say_whether_it_beats_a_pull_up,
                                   it_is_no_stronger_than_what_is_behind_it, an_end_can_be_taken_off };

    return rig_main("resistor", tests, sizeof tests / sizeof tests[0]);
}
