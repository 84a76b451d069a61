/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules about the wires, through the pins of a target: who earns it, and who just does not. */
#include "sim/wire_rules.h"

#include "tests/isp_rig.h"
#include "tests/run_all.h"

#include <check.h>

#define ENABLE 0xAC530000u

static struct isp_rig r;

static void begin(bool powered)
{
    isp_rig_init(&r, NULL, 1);
    isp_power(&r, powered ? 5000 : 0);
    isp_wait(&r, 21 * SIM_MS);
}

static uint64_t findings(enum checker_rule rule)
{
    return checker_margin(&r.checker, rule)->findings;
}

START_TEST(going_on_without_an_echo)
{
    begin(false);
    isp_send(&r, ENABLE, NULL);
    isp_send(&r, ENABLE, NULL); /* again: it has looked */
    isp_send(&r, ENABLE, NULL);
    ck_assert_uint_eq(findings(CHECK_ECHO_IGNORED), 0);
    isp_send(&r, 0x30000000, NULL);
    ck_assert_uint_eq(findings(CHECK_ECHO_IGNORED), 1);
    isp_send(&r, 0x30000100, NULL); /* once a session */
    ck_assert_uint_eq(findings(CHECK_ECHO_IGNORED), 1);
    isp_rig_free(&r);
    begin(true);
    isp_send(&r, ENABLE, NULL);
    isp_send(&r, 0x30000000, NULL);
    ck_assert_uint_eq(findings(CHECK_ECHO_IGNORED), 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_reset_pulse_after_no_echo)
{
    begin(false);
    isp_send(&r, ENABLE, NULL);
    isp_reset(&r, true);
    isp_wait(&r, SIM_MS);
    isp_reset(&r, false);
    isp_send(&r, 0x30000000, NULL);
    ck_assert_uint_eq(findings(CHECK_ECHO_IGNORED), 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(stray_edges_of_sck)
{
    for (unsigned n = 0; n < 2; n++) {
        begin(true);
        isp_reset(&r, true);
        isp_wait(&r, SIM_MS);
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        for (unsigned i = 0; i < n; i++) {
            isp_set_sck(&r, true);
            isp_wait(&r, 4 * SIM_US);
            isp_set_sck(&r, false);
            isp_wait(&r, 4 * SIM_US);
        }
        isp_send(&r, ENABLE, NULL);
        ck_assert_uint_eq(findings(CHECK_STRAY_SCK), n);
        isp_rig_free(&r);
    }
}
END_TEST

/* SCK that nobody holds low while RESET falls is not low. */
START_TEST(sck_floats_as_reset_falls)
{
    for (unsigned floats = 0; floats < 2; floats++) {
        begin(true);
        isp_reset(&r, true);
        isp_wait(&r, SIM_MS);
        if (floats) {
            net_open(&r.d_sck);
        }
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        isp_set_sck(&r, false);
        isp_send(&r, ENABLE, NULL);
        ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), floats);
        isp_rig_free(&r);
    }
}
END_TEST

/* SCK falls right behind RESET, before the port listens: it was high when RESET fell. */
START_TEST(sck_is_high_as_reset_falls)
{
    for (unsigned high = 0; high < 2; high++) {
        begin(true);
        isp_reset(&r, true);
        isp_wait(&r, SIM_MS);
        isp_set_sck(&r, high);
        isp_reset(&r, false);
        isp_wait(&r, SIM_US);
        isp_set_sck(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        isp_send(&r, ENABLE, NULL);
        ck_assert_uint_eq(findings(CHECK_SCK_AT_RESET), high);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(an_instruction_before_programming_enable)
{
    static const struct {
        uint32_t first;
        unsigned n;
    } cases[] = {
        { ENABLE, 0 }, { 0x30000000, 1 }, { 0xAC350000, 1 }, { 0, 0 } /* MOSI never moves: a wire */, { 0x0AC53000, 0 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(true);
        isp_reset(&r, true);
        isp_wait(&r, SIM_MS);
        isp_reset(&r, false);
        isp_wait(&r, 21 * SIM_MS);
        isp_send(&r, cases[i].first, NULL);
        isp_send(&r, ENABLE, NULL);
        ck_assert_uint_eq(findings(CHECK_NO_ENABLE), cases[i].n);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(mosi_floats_at_a_sample)
{
    begin(true);
    isp_send(&r, ENABLE, NULL);
    isp_send(&r, 0x30000000, NULL);
    ck_assert_uint_eq(findings(CHECK_INPUT_FLOATING), 0);
    net_open(&r.d_mosi);
    ck_assert_uint_eq(findings(CHECK_INPUT_FLOATING), 0); /* nothing was sampled */
    isp_set_sck(&r, true);
    isp_wait(&r, 4 * SIM_US);
    isp_set_sck(&r, false);
    isp_wait(&r, 4 * SIM_US);
    isp_set_sck(&r, true);
    ck_assert_uint_eq(findings(CHECK_INPUT_FLOATING), 1);
    isp_rig_free(&r);
}
END_TEST

/* Two outputs against each other between the samples are contention, at one of them the bit is anybody's. */
START_TEST(mosi_is_fought_over_at_a_sample)
{
    struct net_driver other;

    for (unsigned at_sample = 0; at_sample < 2; at_sample++) {
        begin(true);
        isp_send(&r, ENABLE, NULL);
        isp_set_mosi(&r, false);
        net_attach(&r.mosi, &other, "other");
        net_drive(&other, NET_1, NET_STRONG);
        isp_wait(&r, 4 * SIM_US);
        if (!at_sample) {
            net_open(&other);
        }
        isp_set_sck(&r, true);
        isp_wait(&r, 4 * SIM_US);
        ck_assert_uint_eq(findings(CHECK_INPUT_FLOATING), at_sample);
        isp_rig_free(&r);
    }
}
END_TEST

/* After a session the start-up goes by, 65 ms. */
static void session_ends(enum net_level level, enum net_strength strength)
{
    begin(true);
    ck_assert(isp_enter(&r));
    isp_reset(&r, true);
    net_open(&r.d_sck);
    net_open(&r.d_mosi);
    net_drive(&r.d_miso_pull, NET_Z, NET_OPEN);
    net_drive(&r.d_mosi, level, strength);
    isp_wait(&r, 200 * SIM_MS);
}

START_TEST(wires_after_the_session)
{
    session_ends(NET_Z, NET_OPEN);
    ck_assert_uint_eq(findings(CHECK_PINS_DRIVEN) + findings(CHECK_PULL_UP_LEFT), 0);
    isp_rig_free(&r);
    session_ends(NET_0, NET_STRONG);
    ck_assert_uint_eq(findings(CHECK_PINS_DRIVEN), 1);
    isp_rig_free(&r);
    session_ends(NET_1, NET_WEAK);
    ck_assert_uint_eq(findings(CHECK_PULL_UP_LEFT), 1);
    ck_assert_uint_eq(findings(CHECK_PINS_DRIVEN), 0);
    isp_rig_free(&r);
    session_ends(NET_0, NET_WEAK); /* an input that leaks downwards */
    ck_assert_uint_eq(findings(CHECK_PINS_DRIVEN) + findings(CHECK_PULL_UP_LEFT), 0);
    isp_rig_free(&r);
    session_ends(NET_Z, NET_OPEN);
    net_drive_wave(&r.d_mosi, &(struct net_wave[]){ net_wave_square(0, 1000000) }[0], NET_PULL);
    struct wire_rules rules = r.target.wires; /* its session is over: as the next one's end */
    wire_rules_released(&rules, r.sim.now_ps, &r.mosi, "MOSI");
    ck_assert_uint_eq(findings(CHECK_PINS_DRIVEN), 1); /* a clock, however weakly */
    isp_rig_free(&r);
    session_ends(NET_0, NET_PULL); /* a resistor on the board is nobody's fault */
    ck_assert_uint_eq(findings(CHECK_PINS_DRIVEN) + findings(CHECK_PULL_UP_LEFT), 0);
    isp_rig_free(&r);
}
END_TEST

/* A wire that the chip is not on is none of its business. */
START_TEST(a_wire_that_is_not_there_after_the_session)
{
    for (unsigned on = 0; on < 2; on++) {
        begin(true);
        ck_assert(isp_enter(&r));
        if (!on) {
            target_connect(&r.target, TARGET_MISO, NULL);
        }
        isp_reset(&r, true);
        net_open(&r.d_sck);
        net_open(&r.d_mosi);
        net_drive(&r.d_miso_pull, NET_1, NET_WEAK);
        isp_wait(&r, 200 * SIM_MS);
        ck_assert_uint_eq(findings(CHECK_PULL_UP_LEFT), on);
        isp_rig_free(&r);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("wire_rules");
    TCase *t = tcase_create("wire_rules");

    tcase_add_test(t, going_on_without_an_echo);
    tcase_add_test(t, a_reset_pulse_after_no_echo);
    tcase_add_test(t, stray_edges_of_sck);
    tcase_add_test(t, sck_floats_as_reset_falls);
    tcase_add_test(t, sck_is_high_as_reset_falls);
    tcase_add_test(t, an_instruction_before_programming_enable);
    tcase_add_test(t, mosi_floats_at_a_sample);
    tcase_add_test(t, mosi_is_fought_over_at_a_sample);
    tcase_add_test(t, wires_after_the_session);
    tcase_add_test(t, a_wire_that_is_not_there_after_the_session);
    suite_add_tcase(s, t);
    return run_all(s);
}
