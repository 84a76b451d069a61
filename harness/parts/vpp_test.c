/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 12 V switch, the switch for VCC, wires that keep their level. */
#include "tests/part_rig.h"

#include "sim/checker.h"

enum { CONTROL, OUT };

static struct part_rig r;

static int32_t volts(void)
{
    return r.type->line(r.self, "V")->mv;
}

static void wait(sim_time d_ps)
{
    sim_run_until(&r.sim, r.sim.now_ps + d_ps);
}

static void stop(void)
{
    r.type->stop(r.self);
    free(r.self);
}

static void start_vpp(int64_t off, int64_t floating)
{
    rig_init(&r, &vpp_type, 1);
    rig_set(&r, "rest", off);
    rig_set(&r, "floating", floating);
    rig_start(&r);
}

START_TEST(on_and_off)
{
    static const int32_t off_mv[] = { 0, 5000, 5000 }; /* 0 V; open: a pull-up here; vcc */

    for (int64_t off = 0; off < 3; off++) {
        start_vpp(off, 0);
        net_drive(&r.driver[OUT], NET_1, NET_WEAK); /* the target's */
        rig_drive(&r, CONTROL, NET_1);
        if (off) {
            wait(5 * SIM_NS);
            ck_assert_int_eq(net_level(&r.net[OUT]), NET_1); /* no dip */
        }
        wait(45 * SIM_NS);
        ck_assert_int_gt(volts(), 4000);
        ck_assert_int_lt(volts(), 9000);
        wait(SIM_US);
        ck_assert_int_eq(volts(), 11750); /* 250 uA through 1 kOhm */
        ck_assert_int_eq(net_level(&r.net[OUT]), NET_1);
        rig_drive(&r, CONTROL, NET_0);
        wait(50 * SIM_NS);
        ck_assert_int_eq(net_level(&r.net[OUT]), NET_1); /* on its way down, still above VCC */
        wait(SIM_US);
        ck_assert_int_eq(volts(), off_mv[off]);
        ck_assert_int_eq(net_level(&r.net[OUT]), off ? NET_1 : NET_0);
        stop();
    }
}
END_TEST

START_TEST(a_delay)
{
    rig_init(&r, &vpp_type, 1);
    rig_set(&r, "delay", 40 * (int64_t)SIM_US);
    rig_start(&r);
    rig_drive(&r, CONTROL, NET_1);
    wait(40 * SIM_US);
    ck_assert_int_eq(volts(), 0);
    wait(100 * SIM_NS);
    ck_assert_int_eq(volts(), 11750);
    stop();
}
END_TEST

START_TEST(an_open_control)
{
    for (int64_t floating = 0; floating < 2; floating++) {
        start_vpp(0, floating);
        wait(SIM_US);
        ck_assert_int_eq(volts(), floating ? 11750 : 0);
        stop();
    }
}
END_TEST

START_TEST(an_output_pulls_it_down)
{
    start_vpp(0, 0);
    rig_drive(&r, OUT, NET_0); /* RESET as an I/O pin */
    rig_drive(&r, CONTROL, NET_1);
    wait(SIM_US);
    ck_assert_int_eq(volts(), 11750 * 600 / 1600);
    net_open(&r.driver[OUT]);
    ck_assert_int_eq(volts(), 11750);
    stop();
}
END_TEST

START_TEST(a_slow_edge_turns_back)
{
    rig_init(&r, &vpp_type, 1);
    rig_set(&r, "rise", 24 * (int64_t)SIM_MS);
    rig_set(&r, "source", 100000);
    rig_start(&r);
    rig_drive(&r, CONTROL, NET_1);
    wait(12 * SIM_MS);
    ck_assert_int_gt(volts(), 5800);
    ck_assert_int_lt(volts(), 6200);
    rig_drive(&r, CONTROL, NET_0);
    wait(12 * SIM_MS);
    ck_assert_int_lt(volts(), 3200);
    wait(13 * SIM_MS);
    ck_assert_int_eq(volts(), 0);
    stop();
}
END_TEST

START_TEST(vcc_charges_its_capacitor)
{
    static const sim_time at_1v8[] = { 1800 * SIM_NS, 180 * SIM_US }; /* -ln(1 - 0.36) time constants, in 5 % steps */

    for (unsigned big = 0; big < 2; big++) {
        rig_init(&r, &vcc_switch_type, 1);
        rig_set(&r, "capacitor", big ? 10000000000 : 100000000);
        rig_start(&r);
        ck_assert(vcc_switch_type.settle(r.self, NULL));
        ck_assert_int_eq(r.vcc.mv, 0);
        rig_drive(&r, CONTROL, NET_1);
        wait(at_1v8[big] * 9 / 10);
        ck_assert_int_lt(r.vcc.mv, 1800);
        wait(at_1v8[big] * 2 / 10);
        ck_assert_int_ge(r.vcc.mv, 1750);
        wait(at_1v8[big] * 20);
        ck_assert_int_eq(r.vcc.mv, 5000);
        rig_drive(&r, CONTROL, NET_0);
        wait(at_1v8[big] * 20);
        ck_assert_int_eq(r.vcc.mv, 0);
        rig_stop(&r);
    }
}
END_TEST

START_TEST(wires_keep_their_level)
{
    rig_init(&r, &keeper_type, 1);
    rig_start(&r);
    rig_level(&r, 0, NET_Z);
    rig_drive(&r, 0, NET_1);
    net_open(&r.driver[0]);
    rig_level(&r, 0, NET_1);
    rig_drive(&r, 0, NET_0);
    net_open(&r.driver[0]);
    rig_level(&r, 0, NET_0);
    net_drive(&r.driver[0], NET_1, NET_WEAK); /* any resistor wins */
    rig_level(&r, 0, NET_1);
    rig_level(&r, 1, NET_Z);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { on_and_off,
                                   a_delay,
                                   an_open_control,
                                   an_output_pulls_it_down,
                                   a_slow_edge_turns_back,
                                   vcc_charges_its_capacitor,
                                   wires_keep_their_level };

    return rig_main("vpp", tests, sizeof tests / sizeof tests[0]);
}
