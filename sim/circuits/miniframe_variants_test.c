/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The variants of the miniframe circuit: discriminator, receive drivers, and the simplified circuit
 * with one 4001, claim by claim of the reconstruction of the published description. Figures in
 * comments are SPICE's.
 */
#include "tests/miniframe_rig.h"
#include "tests/run_all.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static void miso(struct rig *r, bool level)
{
    net_drive(&r->miso_pin, level ? NET_1 : NET_0, NET_STRONG);
}

/* ---- discriminator ---- */

static struct miniframe_config with_r3(double r3_ohm)
{
    struct miniframe_config c = miniframe_two_4001;
    c.r3_ohm = r3_ohm;
    c.supply_from_dtr = true;
    return c;
}

/*
 * R3 = 27, 30, 33, 39 k: stream 1.46, 1.51, 1.56, 1.63 bits in 3-bit frames, first 1.65, 1.72,
 * 1.77, 1.87.
 */
START_TEST(discriminator_shortens_the_period)
{
    static const double table[4][3] = {
        { 27e3, 1.46, 1.65 }, { 30e3, 1.51, 1.72 }, { 33e3, 1.56, 1.77 }, { 39e3, 1.63, 1.87 }
    };
    for (int i = 0; i < 4; i++) {
        struct miniframe_config c = with_r3(table[i][0]);
        struct rig *r = rig_start(&c);
        rig_open(r);
        rig_char(r, 0x37, 6, 1000); /* unlocks with RTS high */
        ck_assert_double_eq_tol((rig_first(r, RIG_SCK, true, RIG_START_US) - RIG_START_US) / RIG_TB_US, 2.68, 0.03);
        rig_line(r, &r->rts, false, r->tx_us);
        r->tx_us += 1000;
        rig_char(r, 0x7f, 7, 0); /* one frame; its pause leaves a little charge */
        double from = r->tx_us - 10;
        for (int k = 0; k < 6; k++) {
            rig_char(r, 0x5b, 7, 0);
        }
        ck_assert_double_eq_tol(rig_low_us(r, from, 0) / RIG_TB_US, table[i][2], 0.03);
        ck_assert_double_eq_tol(rig_low_us(r, from, 8) / RIG_TB_US, table[i][1], 0.03);
        ck_assert(miniframe_vdd_v(&r->mf) > 4.9); /* from DTR */
        rig_line(r, &r->rts, true, r->tx_us + 1000);
        r->tx_us += 2000;
        from = r->tx_us - 10;
        for (int k = 0; k < 4; k++) {
            rig_char(r, 0x37, 6, 0);
        }
        ck_assert_double_eq_tol(rig_low_us(r, from, 5) / RIG_TB_US, 2.34, 0.03);
        rig_free(r);
    }
}
END_TEST

/*
 * RTS low during lock: X stands at 3.44 V, the first period is 0.71 bits: the start cell is clocked
 * as a 0.
 */
START_TEST(discriminator_too_early)
{
    struct miniframe_config c = with_r3(33e3);
    ck_assert_double_eq_tol(miniframe_x_source(&c, true, true, true, 5.1).v, 3.44, 0.03);
    for (int early = 0; early < 2; early++) {
        struct rig *r = rig_start(&c);
        rig_open(r);
        if (!early) {
            rig_char(r, 0x37, 6, 1000); /* the first bits in 4-bit form, as they should be */
        }
        rig_run_us(r, r->tx_us - 900 * early);
        rig_line(r, &r->rts, false, r->tx_us - 900 * early + 10);
        r->tx_us += early ? 0 : 1000;
        double at = r->tx_us;
        unsigned before = r->bits;
        rig_char(r, 0x5b, 7, 0); /* 1 1 1 */
        rig_settle(r);
        ck_assert_uint_eq(r->bits, before + 3);
        ck_assert_uint_eq(r->shift & 7, early ? 3 : 7);
        double rise = rig_first(r, RIG_SCK, true, at) - at;
        ck_assert_double_eq_tol(rise / RIG_TB_US, early ? 0.71 : 1.77, 0.06);
        rig_free(r);
    }
}
END_TEST

/* ---- receive drivers ---- */

struct rx_edge {
    double us;
    int32_t mv;
};

struct rx_log {
    struct vline_watch watch;
    struct rx_edge edge[64];
    unsigned n;
};

static void rx_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    struct rx_log *l = ctx;
    if (l->n < 64) {
        l->edge[l->n++] = (struct rx_edge){ (double)at_ps * 1e-6, line->mv };
    }
}

/* When RX first passes 1.4 V in a direction after a time. */
static double rx_passes(const struct rx_log *l, bool up, double from_us)
{
    for (unsigned i = 0; i < l->n; i++) {
        if (l->edge[i].us >= from_us && (l->edge[i].mv > 1400) == up) {
            return l->edge[i].us;
        }
    }
    return -1;
}

static void expect_mv(const struct rig *r, int32_t mv)
{
    ck_assert_int_le(abs(r->rx_line.mv - mv), 100);
}

/*
 * Direct: 0 to 4.7 V. PNP (and optocoupler, which SPICE did not see): -8.7 to 5.6 V with TX high,
 * 5.0 V with MISO alone; the same characters. Where RX hangs on TX it rises with it, within 0.2 us;
 * it falls when U8 lets it, two gates after TX (0.33 us).
 */
START_TEST(receive_drivers)
{
    int characters[3];
    for (enum miniframe_rx_driver d = MINIFRAME_RX_DIRECT; d <= MINIFRAME_RX_OPTO; d++) {
        bool direct = d == MINIFRAME_RX_DIRECT;
        struct miniframe_config c = miniframe_two_4001;
        c.rx_driver = d;
        struct rig *r = rig_start(&c);
        r->echo = false;
        rig_open(r);
        rig_run_us(r, 41500);
        expect_mv(r, direct ? 0 : -8700);
        struct rx_log log = { .n = 0 };
        vline_watch_add(&r->rx_line, &log.watch, rx_changed, &log);
        rig_char(r, 0x15, 6, 0);
        rig_settle(r);
        characters[d] = rig_received(r, RIG_START_US, 6);
        double rises_us = rx_passes(&log, true, RIG_START_US - 5) - RIG_START_US;
        ck_assert_double_eq_tol(rises_us, direct ? 0.55 : 0.1, 0.1);
        ck_assert_double_eq_tol(rx_passes(&log, false, RIG_START_US + 5) - RIG_START_US - RIG_TB_US, 0.33, 0.05);
        /* TX high, SCK low */
        r->tx_us += 100;
        rig_line(r, &r->tx, true, r->tx_us);
        rig_run_us(r, r->tx_us + 5);
        expect_mv(r, direct ? 4700 : 5600);
        /* MISO alone */
        miso(r, true);
        rig_line(r, &r->tx, false, r->tx_us + 10);
        rig_run_us(r, r->tx_us + 15);
        ck_assert(r->net[RIG_SCK].level == NET_0);
        expect_mv(r, direct ? 4700 : 5000);
        miso(r, false);
        rig_run_us(r, r->tx_us + 17);
        expect_mv(r, direct ? 0 : -8700);
        rig_free(r);
    }
    ck_assert_int_eq(characters[0] & 0x1d, 0x15);
    ck_assert_int_eq(characters[1], characters[0]);
    ck_assert_int_eq(characters[2], characters[0]);
}
END_TEST

/* ---- simplified circuit ---- */

/* DTR high arms, DTR low is reset; ready for characters. (The latch wakes unlocked: SCK's first rise is no bit.) */
static struct rig *simplified(const struct miniframe_config *parts)
{
    struct rig *r = rig_start(parts);
    rig_line(r, &r->rts, true, 1000);
    rig_line(r, &r->dtr, true, 15000);
    rig_line(r, &r->dtr, false, 20000);
    rig_run_us(r, 41000);
    r->bits = 0;
    r->tx_us = RIG_START_US;
    return r;
}

START_TEST(simplified_circuit_has_inverted_data_and_dtr)
{
    static const uint8_t chars[8] = { 0x34, 0x34, 0x04, 0x37, 0x07, 0x07, 0x37, 0x04 };
    struct rig *r = simplified(&miniframe_one_4001);
    ck_assert(rig_level(r, RIG_RESET, 19900) && rig_level(r, RIG_Q, 19900));
    rig_chars(r, chars, 8, 6);
    rig_settle(r);
    ck_assert_uint_eq(r->mosi_byte[0], 0xac);
    ck_assert_uint_eq(r->mosi_byte[1], 0x53);
    ck_assert(!rig_level(r, RIG_RESET, 42000));
    ck_assert_double_eq_tol(rig_low_us(r, 42100, 4) / RIG_TB_US, 2.34, 0.03);
    ck_assert_double_eq_tol((rig_first(r, RIG_SCK, true, 42000) - 42000) / RIG_TB_US, 2.68, 0.03);
    rig_free(r);
}
END_TEST

/*
 * DTR high runs the target and locks SCK low; DTR low resets it, and SCK waits for the first start
 * bit.
 */
START_TEST(simplified_session)
{
    struct rig *r = simplified(&miniframe_one_4001);
    ck_assert(rig_level(r, RIG_RESET, 19900) && rig_level(r, RIG_Q, 19900) && !rig_level(r, RIG_SCK, 19900));
    ck_assert(!rig_level(r, RIG_RESET, 21000) && rig_level(r, RIG_Q, 41000));
    ck_assert_uint_eq(rig_count(r, RIG_SCK, true, 20000, 41900), 0);
    rig_char(r, 0x37, 6, 0);
    rig_settle(r);
    ck_assert_uint_eq(rig_count(r, RIG_SCK, true, 41900, 42100), 2);
    rig_line(r, &r->dtr, true, 43000);
    rig_run_us(r, 43100);
    double reset = rig_first(r, RIG_RESET, true, 42900);
    ck_assert_double_eq_tol(reset - 43000, 0, 0.5);
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, false, 42900) - reset, 24, 1.5);
    rig_free(r);
}
END_TEST

/* RX = TX OR (MISO AND !SCK): TX high with SCK high is seen at RX, unlike in the basic circuit. */
START_TEST(simplified_tx_wins_over_sck)
{
    for (int basic = 0; basic < 2; basic++) {
        struct rig *r = basic ? rig_start(&miniframe_two_4001) : simplified(&miniframe_one_4001);
        if (basic) {
            rig_open(r);
        }
        r->echo = false;
        rig_line(r, &r->tx, true, RIG_START_US);
        rig_run_us(r, RIG_START_US + 30);
        ck_assert(r->net[RIG_SCK].level == NET_1);
        ck_assert_int_eq(r->net[RIG_RX].level == NET_1, !basic);
        ck_assert_int_eq(r->rx_line.mv > 1400, !basic);
        /* without TX neither lets MISO through */
        rig_line(r, &r->tx, false, RIG_START_US + 40);
        miso(r, true);
        rig_run_us(r, RIG_START_US + 100);
        ck_assert(r->net[RIG_RX].level == NET_0);
        rig_free(r);
    }
}
END_TEST

/* Does a target that answers come back right? 37h: TX low in the data cells, as reading needs. */
static bool simplified_reads(double rl_ohm, double ctr, double tau_us)
{
    const uint64_t answer = 0xac5396e1f00fb24d;
    struct miniframe_config c = miniframe_one_4001;
    c.rl_ohm = rl_ohm;
    c.opto_ctr = ctr;
    c.opto_tau_us = tau_us;
    struct rig *r = simplified(&c);
    rig_answer(r, answer);
    double at[16];
    for (int i = 0; i < 16; i++) {
        at[i] = r->tx_us;
        rig_char(r, 0x37, 6, i ? 0 : 8 * RIG_TB_US);
    }
    rig_settle(r);
    bool ok = true;
    for (int i = 1; i < 16; i++) {
        int got = rig_received(r, at[i], 6);
        ok = ok && got >= 0 && (got & 1) != (int)(answer >> (63 - 2 * i) & 1) &&
             (got >> 4 & 1) != (int)(answer >> (62 - 2 * i) & 1);
    }
    rig_free(r);
    return ok;
}

/* SCK low is 1.61 V with RL of 470 ohm (no valid low), 1.03 V with 1 k, 0.57 V with 2.2 k. */
START_TEST(simplified_circuit_led_lifts_sck)
{
    static const struct {
        double rl, low_v;
        bool valid;
    } cases[] = {
        { 470, 1.61, false },
        { 1000, 1.03, true },
        { 2200, 0.57, true },
    };
    for (int i = 0; i < 3; i++) {
        struct miniframe_config c = miniframe_one_4001;
        c.rl_ohm = cases[i].rl;
        ck_assert_double_eq_tol(miniframe_led_ma(&c) * 1e-3 * c.ro_ohm, cases[i].low_v, 0.02);
        struct rig *r = rig_start(&c);
        r->echo = false;
        rig_line(r, &r->rts, true, 1000);
        rig_run_us(r, 42000);
        miso(r, true);
        r->tx_us = 43000;
        rig_char(r, 0x3f, 6, 0);
        r->tx_us += 100;
        rig_line(r, &r->tx, true, r->tx_us);
        rig_run_us(r, r->tx_us + 5);
        ck_assert_int_eq(r->net[RIG_SCK].level, cases[i].valid ? NET_0 : NET_X);
        rig_free(r);
    }
}
END_TEST

/* The transistor works against 15 k to -9 V: CTR times the LED's current must be above 0.7 mA. */
START_TEST(simplified_needs_0_7_ma_of_the_optocoupler)
{
    static const struct {
        double ma;
        bool ok;
    } cases[] = { { 0.60, false }, { 0.68, false }, { 0.75, true }, { 1.4, true } };
    double led = miniframe_led_ma(&miniframe_one_4001); /* 1.4 mA through 2.2 k */
    for (int i = 0; i < 4; i++) {
        ck_assert_msg(simplified_reads(2200, cases[i].ma / led, 1) == cases[i].ok, "%.2f mA", cases[i].ma);
    }
    /* a usual optocoupler of 5 us needs some more, to be there in time */
    ck_assert(simplified_reads(2200, 0.6, 5));
    ck_assert(!simplified_reads(2200, 0.5, 5));
}
END_TEST

/* A time constant of 15 us works at 115200 baud, 20 us fails. */
START_TEST(simplified_optocoupler_up_to_15_us)
{
    ck_assert(simplified_reads(2200, 1, 5));
    ck_assert(simplified_reads(2200, 1, 15));
    ck_assert(!simplified_reads(2200, 1, 20));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_variants");
    TCase *tc = tcase_create("variants");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, discriminator_shortens_the_period);
    tcase_add_test(tc, discriminator_too_early);
    tcase_add_test(tc, receive_drivers);
    tcase_add_test(tc, simplified_circuit_has_inverted_data_and_dtr);
    tcase_add_test(tc, simplified_session);
    tcase_add_test(tc, simplified_tx_wins_over_sck);
    tcase_add_test(tc, simplified_circuit_led_lifts_sck);
    tcase_add_test(tc, simplified_needs_0_7_ma_of_the_optocoupler);
    tcase_add_test(tc, simplified_optocoupler_up_to_15_us);
    suite_add_tcase(s, tc);
    return run_all(s);
}
