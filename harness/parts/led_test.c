/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

/* A light-emitting diode with its resistor and a pull resistor: the same to a net. */
static const struct {
    const struct part_type *type;
    const char *ohm;
} types[] = { { &led_type, "resistor" }, { &pull_type, "ohm" } };

static struct part_rig r;

static void start_type(unsigned which, int64_t ohm, bool to_vcc)
{
    rig_init(&r, types[which].type, 1);
    rig_set(&r, types[which].ohm, 1000 * ohm);
    rig_set(&r, "to", to_vcc);
    rig_start(&r);
}

START_TEST(an_output_beats_it)
{
    for (unsigned i = 0; i < 2; i++) {
        start_type(i, 330, false);
        rig_level(&r, 0, NET_0);
        rig_drive(&r, 0, NET_1);
        rig_level(&r, 0, NET_1);
        rig_stop(&r);
        start_type(i, 330, true);
        rig_level(&r, 0, NET_1);
        rig_drive(&r, 0, NET_0);
        rig_level(&r, 0, NET_0);
        rig_stop(&r);
    }
}
END_TEST

START_TEST(a_pull_up_in_a_chip_beats_it_from_45_kohm_on)
{
    for (unsigned i = 0; i < 2; i++) {
        start_type(i, 44999, false);
        net_drive(&r.driver[0], NET_1, NET_WEAK);
        rig_level(&r, 0, NET_0);
        rig_stop(&r);
        start_type(i, 45000, false);
        net_drive(&r.driver[0], NET_1, NET_WEAK);
        rig_level(&r, 0, NET_1);
        rig_stop(&r);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { an_output_beats_it, a_pull_up_in_a_chip_beats_it_from_45_kohm_on };

    return rig_main("led", tests, 2);
}
