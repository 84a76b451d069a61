/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/reset_cap.h"
#include "tests/run_all.h"

#include <check.h>

struct rig {
    struct sim sim;
    struct vline vcc;
    struct net wire, pin;
    struct net_driver by;
    struct reset_cap cap;
};

static void build(struct rig *r, uint64_t c_ff, int32_t vcc_mv)
{
    const struct reset_cap_config cfg = { c_ff, RESET_CAP_R_DRIVEN_OHM, 10000 };

    sim_init(&r->sim, 1);
    vline_init(&r->vcc, &r->sim, "VCC", vcc_mv);
    net_init(&r->wire, &r->sim, "wire");
    net_init(&r->pin, &r->sim, "pin");
    net_attach(&r->wire, &r->by, "programmer");
    reset_cap_init(&r->cap, &r->sim, &cfg, &r->vcc, &r->wire, &r->pin);
}

static void wait(struct rig *r, sim_time d_ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + d_ps);
}

/* C 100 nF: R C is 2.5 us from a port pin, 1 ms from the pull-up; half of VCC comes after ln 2 of it. */
#define DRIVEN_NS 1732
#define PULLED_NS 693147

static void edge_comes_at(struct rig *r, sim_time after_ns, enum net_level level)
{
    wait(r, (after_ns - 1) * SIM_NS);
    ck_assert_int_ne(net_level(&r->pin), level);
    wait(r, 2 * SIM_NS);
    ck_assert_int_eq(net_level(&r->pin), level);
}

START_TEST(edges_come_late_by_who_makes_them)
{
    struct rig r = { 0 };

    build(&r, 100000000, 5000);
    ck_assert_int_eq(net_level(&r.pin), NET_1);
    net_drive(&r.by, NET_0, NET_STRONG);
    edge_comes_at(&r, DRIVEN_NS + 1, NET_0);
    wait(&r, SIM_MS);
    net_drive(&r.by, NET_1, NET_STRONG);
    edge_comes_at(&r, DRIVEN_NS + 1, NET_1);
    wait(&r, SIM_MS);
    net_drive(&r.by, NET_0, NET_STRONG);
    wait(&r, SIM_MS);
    net_open(&r.by);
    edge_comes_at(&r, PULLED_NS + 1, NET_1);
}
END_TEST

/* A pulse of high is seen from ln 2 R C on, and not when it is shorter; charge adds up over pulses. */
START_TEST(short_pulses_are_lost)
{
    struct rig r = { 0 };

    build(&r, 100000000, 5000);
    net_drive(&r.by, NET_0, NET_STRONG);
    wait(&r, SIM_MS);
    net_drive(&r.by, NET_1, NET_STRONG);
    wait(&r, (DRIVEN_NS - 1) * SIM_NS);
    net_drive(&r.by, NET_0, NET_STRONG);
    for (unsigned i = 0; i < 100; i++) {
        wait(&r, 100 * SIM_NS);
        ck_assert_int_eq(net_level(&r.pin), NET_0);
    }
    net_drive(&r.by, NET_1, NET_STRONG);
    wait(&r, (DRIVEN_NS + 200) * SIM_NS);
    ck_assert_int_eq(net_level(&r.pin), NET_1);
    net_drive(&r.by, NET_0, NET_STRONG); /* hardly above half: falls soon */
    wait(&r, 400 * SIM_NS);
    ck_assert_int_eq(net_level(&r.pin), NET_0);
}
END_TEST

START_TEST(power_up_holds_reset_while_it_charges)
{
    struct rig r = { 0 };

    build(&r, 100000000, 0);
    wait(&r, SIM_MS);
    ck_assert_int_eq(net_level(&r.pin), NET_0);
    vline_set(&r.vcc, 5000);
    edge_comes_at(&r, PULLED_NS + 1, NET_1);
    vline_set(&r.vcc, 3000); /* only goes down a bit */
    wait(&r, SIM_MS);
    ck_assert_int_eq(net_level(&r.pin), NET_1);
    vline_set(&r.vcc, 0);
    ck_assert_int_eq(net_level(&r.pin), NET_0);
    vline_set(&r.vcc, 5000);
    edge_comes_at(&r, PULLED_NS + 1, NET_1);
}
END_TEST

START_TEST(a_supply_on_the_wire_waits_for_nothing)
{
    struct rig r = { 0 };

    build(&r, 1000000000000, 5000);
    net_drive(&r.by, NET_0, NET_SUPPLY);
    ck_assert_int_eq(net_level(&r.pin), NET_0);
    net_drive(&r.by, NET_1, NET_SUPPLY);
    ck_assert_int_eq(net_level(&r.pin), NET_1);
}
END_TEST

/* A fight is no driver, and a resistor to ground pulls down as slowly as the pull-up pulls up. */
START_TEST(wires_without_one_strong_level)
{
    struct rig r = { 0 };
    struct net_driver other;

    build(&r, 100000000, 5000);
    net_attach(&r.wire, &other, "other");
    net_drive(&r.by, NET_0, NET_STRONG);
    wait(&r, SIM_MS);
    net_drive(&other, NET_1, NET_STRONG);
    edge_comes_at(&r, PULLED_NS + 1, NET_1);
    wait(&r, 20 * SIM_MS);
    net_open(&r.by);
    net_drive(&other, NET_0, NET_PULL);
    edge_comes_at(&r, PULLED_NS + 1, NET_0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reset_cap");
    TCase *tc = tcase_create("reset_cap");

    tcase_add_test(tc, edges_come_late_by_who_makes_them);
    tcase_add_test(tc, short_pulses_are_lost);
    tcase_add_test(tc, power_up_holds_reset_while_it_charges);
    tcase_add_test(tc, a_supply_on_the_wire_waits_for_nothing);
    tcase_add_test(tc, wires_without_one_strong_level);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
