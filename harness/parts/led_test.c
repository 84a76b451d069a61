/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

static struct part_rig r;

static void start(int64_t ohm, bool to_vcc)
{
    rig_init(&r, &led_type, 1);
    rig_set(&r, "resistor", 1000 * ohm);
    rig_set(&r, "to", to_vcc);
    rig_start(&r);
}

START_TEST(an_output_beats_it)
{
    start(330, false);
    rig_level(&r, 0, NET_0);
    rig_drive(&r, 0, NET_1);
    rig_level(&r, 0, NET_1);
    rig_stop(&r);
    start(330, true);
    rig_level(&r, 0, NET_1);
    rig_drive(&r, 0, NET_0);
    rig_level(&r, 0, NET_0);
    rig_stop(&r);
}
END_TEST

START_TEST(a_pull_up_in_a_chip_beats_it_from_45_kohm_on)
{
    start(44999, false);
    net_drive(&r.driver[0], NET_1, NET_WEAK);
    rig_level(&r, 0, NET_0);
    rig_stop(&r);
    start(45000, false);
    net_drive(&r.driver[0], NET_1, NET_WEAK);
    rig_level(&r, 0, NET_1);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { an_output_beats_it, a_pull_up_in_a_chip_beats_it_from_45_kohm_on };

    return rig_main("led", tests, 2);
}
