/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

static struct part_rig r;

static void start(int64_t ohm, bool to_vcc)
{
    rig_init(&r, &pull_type, 1);
    rig_set(&r, "ohm", 1000 * ohm);
    rig_set(&r, "to", to_vcc);
    rig_start(&r);
}

START_TEST(an_output_beats_it)
{
    for (int to_vcc = 0; to_vcc <= 1; to_vcc++) {
        start(100, to_vcc);
        rig_level(&r, 0, to_vcc ? NET_1 : NET_0);
        rig_drive(&r, 0, to_vcc ? NET_0 : NET_1);
        rig_level(&r, 0, to_vcc ? NET_0 : NET_1);
        rig_stop(&r);
    }
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

    return rig_main("pull", tests, 2);
}
