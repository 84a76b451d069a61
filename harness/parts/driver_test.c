/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

enum { OUT, CS };

static struct part_rig r;

static void start(bool level, bool active_high, bool floating_off)
{
    rig_init(&r, &driver_type, 2);
    rig_set(&r, "level", level);
    rig_set(&r, "active", active_high);
    rig_set(&r, "floating", floating_off);
    rig_start(&r);
}

START_TEST(it_drives_while_cs_is_active)
{
    for (unsigned high = 0; high < 2; high++) {
        start(true, high, true);
        rig_drive(&r, CS, high ? NET_1 : NET_0);
        rig_level(&r, OUT, NET_1);
        rig_drive(&r, CS, high ? NET_0 : NET_1);
        rig_level(&r, OUT, NET_Z);
        rig_stop(&r);
    }
}
END_TEST

START_TEST(an_open_cs_is_what_it_is_said_to_be)
{
    start(false, false, false);
    rig_level(&r, OUT, NET_0);
    rig_drive(&r, OUT, NET_1); /* against the target's MISO */
    rig_level(&r, OUT, NET_X);
    rig_stop(&r);
    start(false, false, true);
    rig_level(&r, OUT, NET_Z);
    rig_stop(&r);
}
END_TEST

START_TEST(always_needs_no_cs)
{
    rig_init(&r, &driver_type, 2);
    rig_set(&r, "enable", 1);
    rig_start(&r);
    rig_drive(&r, CS, NET_1);
    rig_level(&r, OUT, NET_0);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { it_drives_while_cs_is_active, an_open_cs_is_what_it_is_said_to_be,
                                   always_needs_no_cs };

    return rig_main("driver", tests, 3);
}
