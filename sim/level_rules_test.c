/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outputs against inputs of other supplies: just inside, exactly at, just outside. */
#include "sim/level_rules.h"

#include <check.h>

#include "tests/run_all.h"

static struct sim sim;
static struct net net;
static struct net_driver d;
static struct vline from, vcc;
static struct checker checker;
static struct level_rules rules;

static void setup(int32_t from_mv, int32_t vcc_mv, uint16_t vih_permille)
{
    sim_init(&sim, 1);
    net_init(&net, &sim, "net");
    vline_init(&from, &sim, "from", from_mv);
    vline_init(&vcc, &sim, "vcc", vcc_mv);
    checker_init(&checker, &sim);
    net_attach(&net, &d, "output");
    net_driver_supply(&d, &from);
    level_rules_init(&rules, &checker, &vcc, vih_permille);
    level_rules_connect(&rules, &net);
}

static unsigned above(void)
{
    return (unsigned)checker_margin(&checker, CHECK_INPUT_ABOVE_VCC)->findings;
}

static unsigned below(void)
{
    return (unsigned)checker_margin(&checker, CHECK_HIGH_BELOW_VIH)->findings;
}

static const struct {
    int32_t from_mv, vcc_mv;
    uint16_t permille;
    unsigned above, below;
} cases[] = {
    { 5000, 5000, 0, 0, 0 },   { 3800, 3300, 0, 0, 0 },   { 3801, 3300, 0, 1, 0 },   { 5000, 3300, 0, 1, 0 },
    { 3300, 5000, 0, 0, 0 },   { 3000, 5000, 0, 0, 0 },   { 2999, 5000, 0, 0, 1 },   { 1259, 1800, 0, 0, 1 },
    { 1260, 1800, 0, 0, 0 },   { 4500, 5000, 900, 0, 0 }, { 4499, 5000, 900, 0, 1 }, { 5000, 0, 0, 1, 0 },
    { 5000, 3300, 900, 0, 0 }, { 5000, 0, 900, 0, 0 }, /* RESET bears 13 V */
    { 0, 5000, 0, 0, 0 },                              /* no supply: it drives nothing */
};

START_TEST(a_driven_1_is_judged)
{
    setup(cases[_i].from_mv, cases[_i].vcc_mv, cases[_i].permille);
    net_drive(&d, NET_0, NET_STRONG);
    ck_assert_uint_eq(above() + below(), 0);
    net_drive(&d, NET_1, NET_STRONG);
    ck_assert_uint_eq(above(), cases[_i].above);
    ck_assert_uint_eq(below(), cases[_i].below);
    checker_free(&checker);
}
END_TEST

START_TEST(a_resistor_is_not)
{
    setup(5000, 3300, 0);
    net_drive(&d, NET_1, NET_PULL);
    ck_assert_uint_eq(above(), 0);
    net_drive(&d, NET_1, NET_STRONG); /* the same level: the net does not change */
    net_drive(&d, NET_0, NET_STRONG);
    net_drive(&d, NET_1, NET_STRONG);
    ck_assert_uint_eq(above(), 1);
    checker_free(&checker);
}
END_TEST

START_TEST(a_case_is_told_once_until_the_voltages_are_others)
{
    setup(5000, 3300, 0);
    for (int i = 0; i < 10; i++) {
        net_drive(&d, NET_1, NET_STRONG);
        net_drive(&d, NET_0, NET_STRONG);
    }
    ck_assert_uint_eq(above(), 1);
    ck_assert_int_eq(checker_at(&checker, 0)->required, 3800);
    ck_assert_int_eq(checker_at(&checker, 0)->measured, 5000);
    net_drive(&d, NET_1, NET_STRONG);
    for (int32_t mv = 3200; mv > 2700; mv -= 100) { /* a supply that sinks is the same case */
        vline_set(&vcc, mv);
    }
    ck_assert_uint_eq(above(), 1);
    vline_set(&vcc, 5000);
    ck_assert_uint_eq(above(), 1);
    vline_set(&vcc, 2700);
    ck_assert_uint_eq(above(), 2);
    net_drive(&d, NET_0, NET_STRONG);
    vline_set(&vcc, 2600);
    net_drive(&d, NET_1, NET_STRONG); /* driven anew, at another supply */
    ck_assert_uint_eq(above(), 3);
    level_rules_connect(&rules, NULL);
    vline_set(&vcc, 2500);
    ck_assert_uint_eq(above(), 3);
    level_rules_free(&rules);
    ck_assert_ptr_null(net.watches);
    ck_assert_ptr_null(vcc.watches);
    checker_free(&checker);
}
END_TEST

START_TEST(a_clock_counts_as_its_high)
{
    struct net_wave w = net_wave_square(0, 1000000);

    setup(5000, 3300, 0);
    net_drive_wave(&d, &w, NET_STRONG);
    ck_assert_uint_eq(above(), 1);
    sim_run_until(&sim, 10 * SIM_MS);
    ck_assert_uint_eq(above(), 1);
    checker_free(&checker);
}
END_TEST

START_TEST(under_a_level_that_stays_vcc_may_make_it_another_case)
{
    setup(3000, 6000, 0);
    net_drive(&d, NET_1, NET_STRONG); /* below 3.6 V */
    ck_assert_uint_eq(below(), 1);
    vline_set(&vcc, 5500); /* the same case */
    ck_assert_uint_eq(below(), 1);
    vline_set(&vcc, 2000);
    ck_assert_uint_eq(above(), 1);
    checker_free(&checker);
}
END_TEST

/* Who computes many edges at once must not where the next 1 is another case. */
START_TEST(an_edge_may_be_missed_while_its_voltages_are_those_of_the_last)
{
    setup(5000, 5000, 0);
    net_drive(&d, NET_1, NET_STRONG);
    net_drive(&d, NET_0, NET_STRONG);
    ck_assert(rules.watch.may_miss(rules.watch.ctx, &d));
    ck_assert_ptr_eq(rules.watch.may_sleep, rules.watch.may_miss);
    vline_set(&from, 4900);
    ck_assert(!rules.watch.may_miss(rules.watch.ctx, &d));
    vline_set(&from, 5000);
    vline_set(&vcc, 3300); /* not judged: 0 is driven */
    ck_assert(!rules.watch.may_miss(rules.watch.ctx, &d));
    net_drive(&d, NET_1, NET_STRONG);
    ck_assert_uint_eq(above(), 1);
    net_drive(&d, NET_0, NET_STRONG);
    ck_assert(rules.watch.may_miss(rules.watch.ctx, &d));
    net_driver_supply(&d, NULL);
    ck_assert(rules.watch.may_miss(rules.watch.ctx, &d));
    checker_free(&checker);
}
END_TEST

/* The part that makes 12 V is moved to another net; this one has only levels from then on. */
START_TEST(volts_that_left_the_net_are_nobodys)
{
    struct vline vpp;

    for (unsigned left = 0; left < 2; left++) {
        setup(5000, 5000, 0);
        level_rules_connect(&rules, NULL);
        vline_init(&vpp, &sim, "vpp", 0);
        net.volts = &vpp;
        level_rules_connect(&rules, &net);
        net.volts = left ? NULL : &vpp;
        vline_set(&vpp, 12000);
        ck_assert_uint_eq(above(), !left);
        level_rules_free(&rules);
        checker_free(&checker);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("level_rules");
    TCase *c = tcase_create("level_rules");

    tcase_add_loop_test(c, a_driven_1_is_judged, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(c, a_resistor_is_not);
    tcase_add_test(c, a_case_is_told_once_until_the_voltages_are_others);
    tcase_add_test(c, a_clock_counts_as_its_high);
    tcase_add_test(c, under_a_level_that_stays_vcc_may_make_it_another_case);
    tcase_add_test(c, an_edge_may_be_missed_while_its_voltages_are_those_of_the_last);
    tcase_add_test(c, volts_that_left_the_net_are_nobodys);
    suite_add_tcase(s, c);
    return run_all(s);
}
