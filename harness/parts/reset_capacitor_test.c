/* SPDX-License-Identifier: GPL-3.0-or-later */
/* That it is wired as a part; its edges: sim/circuits/reset_cap_test.c. */
#include "tests/part_rig.h"

enum { WIRE, PIN };
#define C_FF 100000000 /* 100 nF: 25 Ohm take it over half of VCC in 1.73 us, the pull-up of 10 kOhm in 0.69 ms */

static struct part_rig r;

static void start(void)
{
    rig_init(&r, &reset_capacitor_type, 2);
    rig_set(&r, "c", C_FF);
    rig_set(&r, "pull_up", 10000000);
    rig_start(&r);
}

static void pin_after(sim_time d_ps, enum net_level level)
{
    sim_run_until(&r.sim, r.sim.now_ps + d_ps);
    rig_level(&r, PIN, level);
}

START_TEST(edges_come_late)
{
    start();
    rig_level(&r, PIN, NET_1);
    rig_drive(&r, WIRE, NET_0);
    pin_after(SIM_US, NET_1);
    pin_after(SIM_US, NET_0);
    pin_after(SIM_MS, NET_0);
    net_open(&r.driver[WIRE]);
    pin_after(600 * SIM_US, NET_0);
    pin_after(100 * SIM_US, NET_1);
    rig_stop(&r);
}
END_TEST

START_TEST(off_its_wire_it_lets_go)
{
    start();
    rig_drive(&r, WIRE, NET_0);
    r.type->connect(r.self, WIRE, NULL);
    pin_after(SIM_MS, NET_Z);
    r.type->connect(r.self, WIRE, &r.net[WIRE]);
    pin_after(10 * SIM_US, NET_0);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { edges_come_late, off_its_wire_it_lets_go };

    return rig_main("reset_capacitor", tests, 2);
}
