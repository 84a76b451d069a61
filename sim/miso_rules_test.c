/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a programmer may look at MISO, through the pins of a target: just inside, exactly at, just outside. */
#include "sim/miso_rules.h"

#include "tests/isp_rig.h"
#include "tests/run_all.h"

#include <check.h>

#define HALF_PS (5 * SIM_US)

static struct isp_rig r;

static uint64_t findings(enum checker_rule rule)
{
    return checker_margin(&r.checker, rule)->findings;
}

/* Bits that are looked at so long after SCK fell (or before it falls again: from_end), surely or not; SCK is low before. */
struct looks {
    sim_time at_ps;
    bool from_end, sure;
    unsigned bits;
};

static void look(bool sure)
{
    net_looked(&r.miso, r.sim.now_ps, net_is_high(&r.miso, true), sure);
}

/* The rest of a low of SCK, a high, a fall. */
static void bit(const struct looks *l)
{
    sim_time at_ps = l->from_end ? 2 * HALF_PS - l->at_ps : l->at_ps, done = 0;

    for (int part = 0; part < 2; part++) {
        sim_time end = (sim_time)(part + 1) * HALF_PS;
        if (at_ps >= done && at_ps < end) {
            isp_wait(&r, at_ps - done);
            look(l->sure);
            done = at_ps;
        }
        isp_wait(&r, end - done);
        done = end;
        if (part == 0) {
            isp_set_sck(&r, true);
        }
    }
    if (at_ps == done) {
        look(l->sure);
    }
    isp_set_sck(&r, false);
}

/* A session in which nobody has looked yet, and these bits of it. */
static void session(const struct looks *l)
{
    isp_rig_init(&r, NULL, 1);
    isp_power(&r, 5000);
    isp_wait(&r, 21 * SIM_MS);
    for (int i = 0; i < 32; i++) {
        isp_set_mosi(&r, 0xAC530000u >> (31 - i) & 1);
        isp_wait(&r, HALF_PS);
        isp_set_sck(&r, true);
        isp_wait(&r, HALF_PS);
        isp_set_sck(&r, false);
    }
    ck_assert(r.target.spi.enabled);
    for (unsigned i = 0; i < l->bits; i++) {
        bit(l);
    }
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, true); /* a bit is over for good with the next rise */
}

START_TEST(setup)
{
    static const sim_time at[] = { 100 * SIM_NS + 1, 100 * SIM_NS, 100 * SIM_NS - 1 };

    for (unsigned sure = 0; sure < 2; sure++) {
        session(&(struct looks){ .at_ps = at[_i], .sure = sure, .bits = 8 });
        ck_assert_uint_eq(findings(CHECK_MISO_SETUP), _i < 2 ? 0 : sure ? 8 : 1);
        ck_assert_uint_eq(findings(CHECK_MISO_HOLD), 0);
        ck_assert_int_eq(checker_margin(&r.checker, CHECK_MISO_SETUP)->measured, (int64_t)at[_i]);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(hold)
{
    static const sim_time at[] = { 10 * SIM_NS + 1, 10 * SIM_NS, 10 * SIM_NS - 1, 0 };

    for (unsigned sure = 0; sure < 2; sure++) {
        session(&(struct looks){ .at_ps = at[_i], .from_end = true, .sure = sure, .bits = 8 });
        ck_assert_uint_eq(findings(CHECK_MISO_HOLD), _i < 2 ? 0 : sure ? 8 : 1);
        ck_assert_uint_eq(findings(CHECK_MISO_SETUP), 0);
        ck_assert_int_eq(checker_margin(&r.checker, CHECK_MISO_HOLD)->measured, (int64_t)at[_i]);
        isp_rig_free(&r);
    }
}
END_TEST

/* A port is read for many reasons: only bits one after the other say that it is for MISO. */
START_TEST(a_port_is_read_now_and_then)
{
    session(&(struct looks){ .at_ps = SIM_NS, .bits = 7 });
    ck_assert(!checker_margin(&r.checker, CHECK_MISO_SETUP)->measured_once);
    for (int i = 0; i < 7; i++) { /* not in the bit that session() began */
        isp_wait(&r, HALF_PS);
        isp_set_sck(&r, false);
        bit(&(struct looks){ .at_ps = SIM_NS });
        bit(&(struct looks){ .at_ps = HALF_PS * 3 }); /* nobody looks */
        isp_wait(&r, HALF_PS);
        isp_set_sck(&r, true);
    }
    ck_assert(!checker_margin(&r.checker, CHECK_MISO_SETUP)->measured_once);
    isp_rig_free(&r);
}
END_TEST

/* A loop that looks twice a bit has a good one. */
START_TEST(the_better_look_of_a_bit_counts)
{
    session(&(struct looks){ .at_ps = SIM_US, .bits = 0 });
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, false);
    for (int i = 0; i < 8; i++) {
        look(false);
        bit(&(struct looks){ .at_ps = SIM_US });
    }
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, true);
    ck_assert_uint_eq(findings(CHECK_MISO_SETUP), 0);
    ck_assert_int_eq(checker_margin(&r.checker, CHECK_MISO_SETUP)->measured, SIM_US);
    isp_rig_free(&r);
}
END_TEST

/* The synchroniser of a core: the read that follows the fall saw the pins before it. */
START_TEST(a_look_back_belongs_to_the_bit_before)
{
    session(&(struct looks){ .bits = 0 });
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, false);
    for (int i = 0; i < 8; i++) {
        isp_wait(&r, HALF_PS);
        isp_set_sck(&r, true);
        isp_wait(&r, HALF_PS);
        isp_set_sck(&r, false);
        net_looked(&r.miso, r.sim.now_ps - 31 * SIM_NS, true, false);
    }
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, true);
    ck_assert_uint_eq(r.checker.violations, 0);
    ck_assert_int_eq(checker_margin(&r.checker, CHECK_MISO_HOLD)->measured, 31 * SIM_NS);
    ck_assert_int_eq(checker_margin(&r.checker, CHECK_MISO_SETUP)->measured, 2 * HALF_PS - 31 * SIM_NS);
    isp_rig_free(&r);
}
END_TEST

/* A bit that has been looked at in time: what is told later of the time before the fall changes nothing. */
START_TEST(a_look_back_is_not_the_better_one)
{
    session(&(struct looks){ .bits = 0 });
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, false);
    for (int i = 0; i < 8; i++) {
        bit(&(struct looks){ .at_ps = SIM_US });
        net_looked(&r.miso, r.sim.now_ps - SIM_NS, true, false);
    }
    isp_wait(&r, HALF_PS);
    isp_set_sck(&r, true);
    ck_assert_uint_eq(r.checker.violations, 0);
    ck_assert_int_eq(checker_margin(&r.checker, CHECK_MISO_HOLD)->measured, 2 * HALF_PS - SIM_US);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_chip_that_does_not_answer)
{
    isp_rig_init(&r, NULL, 1);
    isp_power(&r, 5000);
    for (int i = 0; i < 40; i++) { /* nobody enabled it */
        bit(&(struct looks){ .at_ps = SIM_NS, .sure = true });
    }
    ck_assert(!checker_margin(&r.checker, CHECK_MISO_SETUP)->measured_once);
    isp_rig_free(&r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miso_rules");
    TCase *t = tcase_create("miso_rules");

    tcase_add_loop_test(t, setup, 0, 3);
    tcase_add_loop_test(t, hold, 0, 4);
    tcase_add_test(t, a_port_is_read_now_and_then);
    tcase_add_test(t, the_better_look_of_a_bit_counts);
    tcase_add_test(t, a_look_back_belongs_to_the_bit_before);
    tcase_add_test(t, a_look_back_is_not_the_better_one);
    tcase_add_test(t, a_chip_that_does_not_answer);
    suite_add_tcase(s, t);
    return run_all(s);
}
