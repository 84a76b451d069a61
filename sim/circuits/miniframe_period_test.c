/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long SCK stays low: R2 and C2, what the diode leaves on C2, and every tolerance that the
 * reconstruction of the published description gives a range for. Figures in comments are SPICE's;
 * "first" is SCK's rise after the 0 V crossing of TX behind a pause, "stream" is SCK low in gapless
 * 4-bit frames.
 */
#include "tests/miniframe_rig.h"
#include "tests/run_all.h"

#include <check.h>
#include <math.h>

/* half of what the page allows; where steps are smaller their order is checked */
#define TOLERANCE_US 0.25
#define GATE_US 0.112

static struct rig_period nominal(void)
{
    return rig_period(&miniframe_two_4001, 4);
}

START_TEST(rising_tx_triggers_and_r2_c2_times)
{
    struct rig *r = rig_start(&miniframe_two_4001);
    rig_open(r);
    for (int i = 0; i < 8; i++) {
        rig_char(r, 0x37, 6, i == 5 ? 1000 : 0);
    }
    rig_settle(r);
    ck_assert_double_eq_tol(rig_low_us(r, 42100, 3), 20.3, 0.2); /* 2.34 bits in a stream */
    double pause_end = RIG_START_US + 6 * 8 * RIG_TB_US + 1000;
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, false, pause_end - 10) - pause_end, -0.17, 0.05);
    ck_assert_double_eq_tol(rig_low_us(r, pause_end - 10, 0), 23.4, 0.2); /* 2.70 after a pause */
    /* the 14 % between them; the stream settles in two frames */
    ck_assert_double_eq_tol(rig_low_us(r, pause_end - 10, 0) / rig_low_us(r, 42100, 3), 1.15, 0.02);
    ck_assert_double_eq_tol(rig_low_us(r, pause_end - 10, 2), 20.3, 0.2);
    rig_free(r);
}
END_TEST

/*
 * T is proportional to both: exactly after a pause, in a stream less what a longer gap lets leak
 * off C2.
 */
START_TEST(period_follows_r2_and_c2)
{
    static const struct {
        double r2, c2, stream;
    } cases[] = {
        { 0.95, 1, 0.957 },
        { 1.05, 1, 1.043 },
        { 1, 0.9, 0.915 },
        { 1, 1.1, 1.084 },
    };
    struct rig_period n = nominal();
    for (int i = 0; i < 4; i++) {
        struct miniframe_config c = miniframe_two_4001;
        c.r2_ohm *= cases[i].r2;
        c.c2_pf *= cases[i].c2;
        struct rig_period p = rig_period(&c, 4);
        ck_assert_double_eq_tol(p.first_us / n.first_us, cases[i].r2 * cases[i].c2, 0.005);
        ck_assert_double_eq_tol(p.stream_us / n.stream_us, cases[i].stream, 0.006);
    }
}
END_TEST

/* tau ln(VDD RA / (RS Vth)) behind a pause, gates included. */
static double first_by_formula_us(double vt)
{
    return 15.8 * 2.2 * log(15.4 / (15.8 * vt)) + 2 * GATE_US + 0.055;
}

/*
 * 26.9/23.6 us at 0.45 VDD, 19.9/17.2 at 0.55; 3 % less per 0.01; runs at the 0.3 and 0.7 that a
 * 4001 may have.
 */
START_TEST(period_against_threshold)
{
    static const double table[3][3] = { { 0.45, 26.9, 23.6 }, { 0.5, 23.2, 20.3 }, { 0.55, 19.9, 17.2 } };
    struct miniframe_config c = miniframe_two_4001;
    for (int i = 0; i < 3; i++) {
        c.vt = table[i][0];
        struct rig_period p = rig_period(&c, 4);
        ck_assert_double_eq_tol(p.rise_us, table[i][1], TOLERANCE_US);
        ck_assert_double_eq_tol(p.stream_us, table[i][2], TOLERANCE_US);
    }
    c.vt = 0.51;
    struct rig_period n = nominal(), more = rig_period(&c, 4);
    ck_assert_double_eq_tol(more.first_us / n.first_us, 0.97, 0.005);
    ck_assert_double_eq_tol(more.stream_us / n.stream_us, 0.97, 0.005);
    for (int i = 0; i < 2; i++) {
        c.vt = i ? 0.7 : 0.3;
        struct rig *r = rig_start(&c);
        rig_open(r);
        for (int k = 0; k < 8; k++) {
            rig_char(r, 0x3f, 6, 200); /* one frame, then idle */
        }
        rig_settle(r);
        ck_assert_uint_eq(r->bits, 8);
        ck_assert_double_eq_tol(rig_low_us(r, 42300, 5), first_by_formula_us(c.vt), 0.5);
        rig_free(r);
    }
}
END_TEST

/* 200 to 1000 ohm: first 23.1 to 23.8 us, stream 20.4 down to 19.9. */
START_TEST(period_against_output_resistance)
{
    struct miniframe_config low = miniframe_two_4001, high = miniframe_two_4001;
    low.ro_ohm = 200;
    high.ro_ohm = 1000;
    struct rig_period l = rig_period(&low, 4), n = nominal(), h = rig_period(&high, 4);
    ck_assert_double_eq_tol(l.rise_us, 23.1, TOLERANCE_US);
    ck_assert_double_eq_tol(h.rise_us, 23.8, TOLERANCE_US);
    ck_assert_double_eq_tol(l.stream_us, 20.4, TOLERANCE_US);
    ck_assert_double_eq_tol(h.stream_us, 19.9, TOLERANCE_US);
    ck_assert(l.rise_us < n.rise_us - 0.05 && n.rise_us < h.rise_us - 0.2);
    ck_assert(l.stream_us > n.stream_us + 0.05 && n.stream_us > h.stream_us + 0.2);
}
END_TEST

/* 50 to 200 ns: first 23.1 to 23.5 us. */
START_TEST(period_against_gate_delay)
{
    struct miniframe_config fast = miniframe_two_4001, slow = miniframe_two_4001;
    fast.tpd_ns = 50;
    slow.tpd_ns = 200;
    double f = rig_period(&fast, 4).rise_us, s = rig_period(&slow, 4).rise_us;
    ck_assert_double_eq_tol(f, 23.1, TOLERANCE_US);
    ck_assert_double_eq_tol(s, 23.5, TOLERANCE_US);
    ck_assert_double_eq_tol(s - f, 0.4, 0.2);
}
END_TEST

static double vdd_in_session_v(const struct miniframe_config *parts, int32_t line_mv)
{
    struct rs232_levels levels = rs232_levels_9v;
    levels.high_mv = line_mv;
    struct rig *r = rig_new(parts, &levels, RIG_BAUD);
    rig_open(r);
    rig_run_us(r, 41000);
    double v = miniframe_vdd_v(&r->mf);
    rig_free(r);
    return v;
}

/* Stream 20.3 us at 5.05 V, 19.9 at 4.5 V, 19.1 at 3.6 V; first the same at all three. */
START_TEST(period_against_supply)
{
    static const double table[3][2] = { { 5.05, 20.3 }, { 4.5, 19.9 }, { 3.6, 19.1 } };
    for (int i = 0; i < 3; i++) {
        struct miniframe_config c = miniframe_two_4001;
        c.supply.zener_v = table[i][0]; /* within 0.02 V at the current that is left for it */
        ck_assert_double_eq_tol(vdd_in_session_v(&c, 9000), table[i][0], 0.03);
        struct rig_period p = rig_period(&c, 4);
        ck_assert_double_eq_tol(p.stream_us, table[i][1], TOLERANCE_US);
        ck_assert_double_eq_tol(p.rise_us, 23.2, TOLERANCE_US);
    }
}
END_TEST

/*
 * VDD 4.15 V from a line of 5 V, 4.99 from 6 V, 5.06 from 7 V, 5.10 from 9 V; the zener holds it at
 * 12 V.
 */
START_TEST(supply_needs_6_v)
{
    static const struct {
        int32_t line_mv;
        double vdd_v, tolerance_v;
    } table[] = {
        { 5000, 4.15, 0.02 }, { 6000, 4.99, 0.02 }, { 7000, 5.06, 0.02 }, { 9000, 5.10, 0.02 }, { 12000, 5.12, 0.05 },
    };
    for (int i = 0; i < 5; i++) {
        double v = vdd_in_session_v(&miniframe_two_4001, table[i].line_mv);
        ck_assert_double_eq_tol(v, table[i].vdd_v, table[i].tolerance_v);
        ck_assert_int_eq(v > 4.9, table[i].line_mv >= 6000);
    }
}
END_TEST

/* Without the diode at X the stream's period is 12.9 us (1.48 bits). */
START_TEST(recovery_needs_the_diode)
{
    struct miniframe_config c = miniframe_two_4001;
    c.recovery_diode = false;
    ck_assert_double_eq_tol(rig_period(&c, 4).stream_us, 12.9, 0.4);
    ck_assert_double_gt(nominal().stream_us, 20);
}
END_TEST

/* Charge on C2 when a period begins so long after SCK's rise, by the length of that period. */
static double charge_v(const struct miniframe_config *c, double gap_us)
{
    struct rig *r = rig_start(c);
    rig_open(r);
    rig_line(r, &r->tx, true, RIG_START_US);
    rig_line(r, &r->tx, false, RIG_START_US + 5);
    rig_run_us(r, RIG_START_US + 23);
    /* SCK falls 0.17 us before the crossing */
    double next = RIG_START_US + rig_period(c, 4).rise_us - 0.01 + gap_us;
    rig_line(r, &r->tx, true, next + 0.17);
    rig_line(r, &r->tx, false, next + 5);
    rig_run_us(r, next + 100);
    double rise = rig_first(r, RIG_SCK, true, RIG_START_US), fall = rig_first(r, RIG_SCK, false, rise);
    double t = rig_low_us(r, rise, 0) - 2 * GATE_US - 0.055, vdd = miniframe_vdd_v(&r->mf);
    ck_assert_double_eq_tol(fall - rise, gap_us, 0.2);
    rig_free(r);
    double ra = c->r2_ohm + c->ro_ohm, rs = ra + c->ro_ohm;
    return c->vt * vdd * rs / ra * exp(t / (rs * c->c2_pf * 1e-6)) - vdd;
}

/* X itself: less the drop of M's output resistance, through R2 and a diode of 0.65 V at 1 mA. */
static double x_v(const struct miniframe_config *c, double charge)
{
    double lo = 0, hi = -charge;
    for (int i = 0; i < 60; i++) {
        double x = 0.5 * (lo + hi);
        double a = x / (c->r2_ohm + c->ro_ohm) + 1e-3 * exp((x - c->vf_v) / 0.02585);
        *(a * c->ro_ohm > -charge - x ? &hi : &lo) = x;
    }
    return -lo;
}

/*
 * X after SCK's rise: -0.68 V at 1.5 us, -0.59 V at 4, -0.48 at 10.7; 0.05 V are 0.4 us of the next
 * period.
 */
START_TEST(x_recovers_as_in_spice)
{
    static const double table[3][2] = { { 1.5, -0.68 }, { 4, -0.59 }, { 10.7, -0.48 } };
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(x_v(&miniframe_two_4001, charge_v(&miniframe_two_4001, table[i][0])), table[i][1],
                                0.05);
    }
    struct miniframe_config c = miniframe_two_4001;
    c.recovery_diode = false;
    ck_assert_double_lt(charge_v(&c, 10.7), -1.5); /* R2 alone takes far longer */
}
END_TEST

/*
 * 460800 baud with a quarter of C2, 921600 with an eighth and C1 of 47 pF; not with the parts for
 * 115200.
 */
START_TEST(faster_with_smaller_c2)
{
    static const struct {
        double baud, c2, c1;
        bool ok;
    } cases[] = {
        { 460800, 550, 100, true },
        { 921600, 275, 47, true },
        { 460800, 2200, 100, false },
        { 921600, 550, 100, false },
    };
    for (int i = 0; i < 4; i++) {
        struct miniframe_config c = miniframe_two_4001;
        c.c2_pf = cases[i].c2;
        c.c1_pf = cases[i].c1;
        struct rig *r = rig_new(&c, &rs232_levels_9v, cases[i].baud);
        r->echo = true;
        r->ts_us = 0.05;
        rig_open(r);
        rig_ac53(r);
        bool ok = r->bits == 16 && r->mosi_byte[0] == 0xac && r->mosi_byte[1] == 0x53;
        ck_assert_int_eq(ok, cases[i].ok);
        rig_free(r);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_period");
    TCase *tc = tcase_create("period");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, rising_tx_triggers_and_r2_c2_times);
    tcase_add_test(tc, period_follows_r2_and_c2);
    tcase_add_test(tc, period_against_threshold);
    tcase_add_test(tc, period_against_output_resistance);
    tcase_add_test(tc, period_against_gate_delay);
    tcase_add_test(tc, period_against_supply);
    tcase_add_test(tc, supply_needs_6_v);
    tcase_add_test(tc, recovery_needs_the_diode);
    tcase_add_test(tc, x_recovers_as_in_spice);
    tcase_add_test(tc, faster_with_smaller_c2);
    suite_add_tcase(s, tc);
    return run_all(s);
}
