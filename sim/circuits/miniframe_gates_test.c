/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each gate of the miniframe circuit does: latch, monostable, receive logic and the spike that
 * triggers, claim by claim of the reconstruction of the published description. Figures in comments
 * are SPICE's.
 */
#include "tests/miniframe_rig.h"
#include "tests/run_all.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static struct problem check_err;

#define GATE_US 0.112

static void miso(struct rig *r, bool level)
{
    net_drive(&r->miso_pin, level ? NET_1 : NET_0, NET_STRONG);
}

static bool now(const struct rig *r, enum rig_net net)
{
    return r->net[net].level == NET_1;
}

/* In reset, unlocked by one frame, SCK idling high, MISO left alone. */
static struct rig *unlocked(const struct miniframe_config *parts)
{
    struct rig *r = rig_start(parts);
    r->echo = false;
    rig_open(r);
    rig_char(r, 0x3f, 6, 0);
    rig_settle(r);
    ck_assert(now(r, RIG_SCK) && !now(r, RIG_Q) && !now(r, RIG_RESET));
    r->tx_us += 200;
    return r;
}

START_TEST(what_each_gate_does)
{
    struct rig *r = rig_start(&miniframe_two_4001);
    r->echo = false;
    rig_line(r, &r->rts, true, 1000);
    rig_run_us(r, 14000);
    ck_assert(now(r, RIG_RESET)); /* U6: DTR low */
    rig_line(r, &r->dtr, true, 15000);
    rig_run_us(r, 15010);
    ck_assert(!now(r, RIG_RESET));
    ck_assert(!now(r, RIG_SCK)); /* U3: locked SCK is low ... */
    /* U5: MOSI = !TX */
    rig_line(r, &r->tx, true, 20000);
    rig_run_us(r, 20001);
    ck_assert(!now(r, RIG_MOSI));
    rig_line(r, &r->tx, false, 20050);
    rig_run_us(r, 20051);
    ck_assert(now(r, RIG_MOSI));
    ck_assert_double_eq_tol(rig_first(r, RIG_MOSI, false, 19990) - 20000, 0.467, 0.1);
    ck_assert_double_eq_tol(rig_first(r, RIG_MOSI, true, 20010) - 20050, 0.223, 0.1);
    ck_assert(now(r, RIG_SCK)); /* ... idle SCK is high */
    /* U3, U4: a second rise while SCK is low does not lengthen the period */
    rig_line(r, &r->tx, true, 21000);
    rig_line(r, &r->tx, false, 21006);
    rig_line(r, &r->tx, true, 21013);
    rig_line(r, &r->tx, false, 21019);
    rig_run_us(r, 21100);
    ck_assert_uint_eq(rig_count(r, RIG_SCK, false, 20990, 21100), 1);
    ck_assert_double_eq_tol(rig_low_us(r, 20990, 0), rig_period(&miniframe_two_4001, 4).first_us, 0.05);
    rig_free(r);
}
END_TEST

/* RESET, Q and P decide: the five rows. */
START_TEST(latch_table)
{
    struct rig *r = unlocked(&miniframe_two_4001);
    double t = r->tx_us;
    /* RESET = 0, Q = 0, P while SCK is high: SCK falls, a period starts */
    rig_line(r, &r->tx, true, t);
    rig_line(r, &r->tx, false, t + 5);
    rig_run_us(r, t + 100);
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, false, t - 5) - t, -0.17, 0.1);
    double rise = rig_first(r, RIG_SCK, true, t) - t;
    /* the same while SCK is low: no effect on the period, but SCK can't rise while P is high */
    t += 1000;
    rig_line(r, &r->tx, true, t);
    rig_line(r, &r->tx, false, t + 5);
    rig_line(r, &r->tx, true, t + rise - 1);
    rig_run_us(r, t + 100);
    ck_assert_uint_eq(rig_count(r, RIG_SCK, false, t - 5, t + 100), 1);
    double held = rig_first(r, RIG_SCK, true, t) - t;
    /* P falls 1.9 us after TX's crossing */
    ck_assert_double_eq_tol(held, rise - 1 + 1.9 + GATE_US + 0.05, 0.15);
    rig_line(r, &r->tx, false, t + 200);
    /* RESET = 1 sets Q, and SCK, if it was high, falls 0.69 R2 C2 after RESET rises */
    t += 1000;
    rig_line(r, &r->dtr, false, t);
    rig_run_us(r, t + 100);
    double reset = rig_first(r, RIG_RESET, true, t);
    ck_assert_double_eq_tol(rig_first(r, RIG_Q, true, t) - reset, 2 * GATE_US, 0.1);
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, false, t) - reset, 0.69 * 15.8 * 2.2, 1);
    /* RESET = 1, Q = 1: P dips Q for the width of the spike, and SCK stays low */
    t += 1000;
    for (int i = 0; i < 5; i++) {
        rig_line(r, &r->tx, true, t + 50 * i);
        rig_line(r, &r->tx, false, t + 50 * i + 10);
    }
    rig_run_us(r, t + 400);
    ck_assert_uint_eq(rig_count(r, RIG_Q, false, t - 5, t + 400), 5);
    double dip = rig_first(r, RIG_Q, false, t - 5);
    ck_assert_double_eq_tol(rig_first(r, RIG_Q, true, dip) - dip, 2.2, 0.1);
    ck_assert(now(r, RIG_Q) && !now(r, RIG_SCK));
    ck_assert_uint_eq(rig_count(r, RIG_SCK, true, t - 5, t + 400), 0);
    /* RESET = 0, Q = 1, no P: SCK stays low and waits */
    t += 1000;
    rig_line(r, &r->dtr, true, t);
    rig_run_us(r, t + 20000);
    ck_assert(now(r, RIG_Q) && !now(r, RIG_SCK) && !now(r, RIG_RESET));
    ck_assert_uint_eq(rig_count(r, RIG_SCK, true, t - 5, t + 20000), 0);
    /* RESET = 0, Q = 1, P: Q goes to 0 for good, the period starts */
    t += 21000;
    rig_line(r, &r->tx, true, t);
    rig_run_us(r, t + 100);
    ck_assert_double_eq_tol(rig_first(r, RIG_Q, false, t - 5) - t, -0.18, 0.1);
    ck_assert_uint_eq(rig_count(r, RIG_Q, true, t - 5, t + 100), 0);
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, true, t - 5) - t, 23.25, 0.3);
    rig_free(r);
}
END_TEST

/* RX = !SCK AND (TX OR MISO): start bit, data, stop bit. */
START_TEST(rx_table)
{
    struct rig *r = unlocked(&miniframe_two_4001);
    for (int bits = 0; bits < 4; bits++) {
        bool m = bits & 1, long_start = bits >> 1;
        double t = r->tx_us;
        rig_line(r, &r->tx, true, t);
        miso(r, m);
        rig_run_us(r, t + 8);
        ck_assert(!now(r, RIG_SCK) && now(r, RIG_RX)); /* TX 1, SCK 0: 1 whatever MISO is */
        if (!long_start) {
            rig_line(r, &r->tx, false, t + RIG_TB_US);
            rig_run_us(r, t + 18);
            ck_assert(!now(r, RIG_SCK));
            ck_assert_int_eq(now(r, RIG_RX), m); /* TX 0, SCK 0: MISO */
            miso(r, !m);
            rig_run_us(r, t + 19);
            ck_assert_int_eq(now(r, RIG_RX), !m);
            miso(r, m);
        }
        rig_run_us(r, t + 35);
        /* SCK 1: 0 whatever TX and MISO are, SCK wins over TX */
        ck_assert(now(r, RIG_SCK) && !now(r, RIG_RX));
        rig_line(r, &r->tx, false, t + 40);
        r->tx_us = t + 500;
    }
    rig_free(r);
}
END_TEST

START_TEST(sck_is_locked_low_from_dtr_low_to_the_first_start_bit)
{
    struct rig *r = rig_start(&miniframe_two_4001);
    rig_line(r, &r->rts, true, 1000);
    r->tx_us = 20000; /* DTR low */
    for (int i = 0; i < 8; i++) {
        rig_char(r, 0x07, 6, 0);
    }
    rig_run_us(r, 25000);
    ck_assert_uint_eq(r->n[RIG_SCK], 0);
    ck_assert_uint_gt(rig_count(r, RIG_Q, false, 19990, 25000), 15); /* P dips Q, no more */
    rig_line(r, &r->dtr, true, 30000);
    rig_run_us(r, 59990);
    ck_assert_uint_eq(r->n[RIG_SCK], 0);
    ck_assert(rig_level(r, RIG_Q, 59000));
    r->tx_us = 60000;
    rig_char(r, 0x37, 6, 0);
    ck_assert_double_eq_tol(rig_first(r, RIG_Q, false, 59000) - 60000, -0.18, 0.05);
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, true, 59000) - 60000, 23.25, 0.1);
    rig_line(r, &r->dtr, false, 61000);
    rig_run_us(r, 62000);
    ck_assert(!rig_level(r, RIG_SCK, 61900));
    ck_assert(rig_level(r, RIG_RESET, 61900));
    rig_free(r);
}
END_TEST

/* At the end of a session RESET goes high at once, SCK is locked low 24 us later. */
START_TEST(release)
{
    struct rig *r = unlocked(&miniframe_two_4001);
    double t = r->tx_us;
    rig_line(r, &r->dtr, false, t);
    rig_run_us(r, t + 100);
    double reset = rig_first(r, RIG_RESET, true, t - 5);
    ck_assert_double_lt(reset - t, 2.5); /* 100 kohm and two inputs */
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, false, t - 5) - reset, 24, 1.5);
    rig_free(r);
}
END_TEST

START_TEST(latch_is_set_at_power_up_with_dtr_low)
{
    for (int wakes = 0; wakes < 2; wakes++) {
        struct miniframe_config c = miniframe_two_4001;
        c.latch_wakes_locked = wakes;
        struct rig *r = rig_start(&c);
        rig_line(r, &r->rts, true, 1000);
        rig_run_us(r, 10000);
        ck_assert(rig_level(r, RIG_Q, 9000) && rig_level(r, RIG_RESET, 9000));
        ck_assert(!rig_level(r, RIG_SCK, 9000));
        rig_free(r);
        /* RTS and DTR together: the gates' mismatch decides (matched ones with buffers: unlocked), a pulse of DTR low cures it */
        ck_assert(!miniframe_two_4001.latch_wakes_locked && !miniframe_one_4001.latch_wakes_locked);
        r = rig_start(&c);
        rig_line(r, &r->dtr, true, 999);
        rig_line(r, &r->rts, true, 1000);
        rig_run_us(r, 10000);
        ck_assert_int_eq(rig_level(r, RIG_Q, 9000), wakes);
        ck_assert_int_eq(rig_level(r, RIG_SCK, 9000), !wakes);
        rig_line(r, &r->dtr, false, 20000);
        rig_line(r, &r->dtr, true, 21000);
        rig_run_us(r, 30000);
        ck_assert(rig_level(r, RIG_Q, 29000) && !rig_level(r, RIG_SCK, 29000));
        rig_free(r);
    }
}
END_TEST

/* Bit 2 is 1 and bit 3 is 0 in every character, bits 0 and 4 are !MISO. */
START_TEST(structure_of_received_characters)
{
    for (int level = 0; level < 2; level++) {
        struct rig *r = rig_start(&miniframe_two_4001);
        r->echo = false;
        rig_open(r);
        rig_char(r, 0x37, 6, 8 * RIG_TB_US);
        miso(r, level);
        for (int i = 0; i < 8; i++) {
            double at = r->tx_us;
            rig_char(r, i & 1 ? 0x37 : 0x15, 6, 0);
            rig_run_us(r, r->tx_us - 1);
            int got = rig_received(r, at, 6);
            ck_assert_int_eq(got & 0x1d, level ? 0x04 : 0x15);
            ck_assert(!rig_level(r, RIG_RX, at + 0.6 + 7.5 * RIG_TB_US)); /* no framing error */
        }
        rig_free(r);
    }
}
END_TEST

/* ---- spike ---- */

struct spike {
    double from_us, to_us; /* P above the threshold, from the 0 V crossing of TX; 0, 0: never */
};

/* With RESET high the latch shows P: Q is low while P is high, both a gate later. */
static struct spike spike_of(const struct miniframe_config *parts, uint32_t slew_mv_per_us)
{
    struct rs232_levels levels = rs232_levels_9v;
    levels.slew_mv_per_us = slew_mv_per_us;
    struct rig *r = rig_new(parts, &levels, RIG_BAUD);
    rig_line(r, &r->rts, true, 1000);
    rig_line(r, &r->tx, true, 20000);
    rig_run_us(r, 21000);
    double from = rig_first(r, RIG_Q, false, 19900), to = rig_first(r, RIG_Q, true, from);
    rig_free(r);
    return from < 0 ? (struct spike){ 0, 0 } : (struct spike){ from - 20000 - GATE_US, to - 20000 - GATE_US };
}

/*
 * Slew 2, 10, 20, 30 V/us: it begins at -1.16, -0.58, -0.29, -0.20 us, ends at 4.8, 2.3, 1.9, 1.8
 * (1.7 here).
 */
START_TEST(spike_against_slew)
{
    static const double table[4][3] = { { 2, -1.16, 4.8 }, { 10, -0.58, 2.3 }, { 20, -0.29, 1.9 }, { 30, -0.20, 1.8 } };
    for (int i = 0; i < 4; i++) {
        struct spike s = spike_of(&miniframe_two_4001, (uint32_t)(table[i][0] * 1000));
        ck_assert_double_eq_tol(s.from_us, table[i][1], 0.1);
        ck_assert_double_eq_tol(s.to_us, table[i][2], 0.15);
    }
}
END_TEST

/*
 * 2.2 us wide; R1 off by 5 %, C1 by 10 % change that by a tenth; over long before the shortest
 * period.
 */
START_TEST(spike_is_shorter_than_the_period)
{
    struct miniframe_config fastest = miniframe_two_4001;
    fastest.r2_ohm *= 0.95;
    fastest.c2_pf *= 0.9;
    double shortest = rig_period(&fastest, 4).stream_us;
    ck_assert_double_gt(shortest, 16);
    for (int r1 = -1; r1 <= 1; r1++) {
        for (int c1 = -1; c1 <= 1; c1++) {
            struct miniframe_config c = miniframe_two_4001;
            c.r1_ohm *= 1 + 0.05 * r1;
            c.c1_pf *= 1 + 0.10 * c1;
            struct spike s = spike_of(&c, 20000);
            double width = s.to_us - s.from_us;
            ck_assert_double_eq_tol(width, 2.2 * (1 + 0.03 * r1 + 0.06 * c1), 0.12);
            ck_assert_double_lt(s.to_us, shortest / 5);
        }
    }
    /* were it longer than the period, it would time SCK: R1 C1 as long as R2 C2 */
    struct miniframe_config c = miniframe_two_4001;
    c.c1_pf = 2200;
    struct rig *r = rig_start(&c);
    rig_open(r);
    rig_line(r, &r->tx, true, RIG_START_US);
    rig_run_us(r, RIG_START_US + 100);
    ck_assert_double_gt(rig_first(r, RIG_SCK, true, RIG_START_US), RIG_START_US + 26);
    rig_free(r);
}
END_TEST

START_TEST(no_trigger_below_1_7_v_per_us)
{
    static const struct {
        uint32_t slew;
        bool ok;
    } cases[] = { { 1650, false }, { 1750, true } };
    for (int i = 0; i < 2; i++) {
        struct rs232_levels levels = rs232_levels_9v;
        levels.slew_mv_per_us = cases[i].slew;
        struct rig *r = rig_new(&miniframe_two_4001, &levels, 9600);
        rig_open(r);
        rig_char(r, 0x37, 6, 0);
        rig_run_us(r, r->tx_us);
        ck_assert_int_eq(r->n[RIG_SCK] > 0, cases[i].ok);
        rig_free(r);
    }
}
END_TEST

/* ---- bad input ---- */

START_TEST(impossible_parts_are_refused)
{
    ck_assert(miniframe_config_check(&miniframe_two_4001, &check_err));
    ck_assert(miniframe_config_check(&miniframe_one_4001, &check_err));
    struct miniframe_config c;
#define REFUSED(field, value) \
    c = miniframe_two_4001;   \
    c.field = value;          \
    ck_assert_msg(!miniframe_config_check(&c, &check_err), #field " " #value)
    REFUSED(r1_ohm, 0);
    REFUSED(r2_ohm, -15e3);
    REFUSED(c2_pf, 0);
    REFUSED(c1_pf, NAN);
    REFUSED(vt, 0);
    REFUSED(vt, 1);
    REFUSED(ro_ohm, 1e6);
    REFUSED(tpd_ns, 0);
    REFUSED(r3_ohm, 1000); /* below R4 */
    REFUSED(supply.cdd_uf, 0);
    REFUSED(supply.zener_v, 0);
    REFUSED(opto_ctr, -1);
#undef REFUSED
    struct rs232_levels l = rs232_levels_9v;
    l.low_mv = 3000;
    ck_assert(!rs232_levels_check(&l, &check_err));
    l = rs232_levels_9v;
    l.slew_mv_per_us = 0;
    ck_assert(!rs232_levels_check(&l, &check_err));
}
END_TEST

/* Random edges on every input, at any time: it never hangs, and SCK alternates. */
START_TEST(any_stimulus_ends)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        srand(seed);
        struct miniframe_config c = seed % 4 == 3 ? miniframe_one_4001 : miniframe_two_4001;
        c.c2_pf *= 0.1 + rand() % 300 / 100.0;
        c.r3_ohm = seed & 1 ? 33e3 : 0;
        c.vt = 0.3 + rand() % 40 / 100.0;
        struct rig *r = rig_start(&c);
        rig_line(r, &r->rts, true, 1000);
        double t = 8000;
        for (int i = 0; i < 400; i++) {
            t += rand() % 1000 / (rand() % 8 ? 100.0 : 1.0) + 0.01;
            rig_run_us(r, t);
            switch (rand() % 12) {
            case 0: rs232_line_set(&r->dtr, !r->dtr.high); break;
            case 1: rs232_line_set(&r->rts, !r->rts.high); break;
            case 2:
            case 3: miso(r, rand() & 1); break;
            default: rs232_line_set(&r->tx, !r->tx.high);
            }
        }
        rig_run_us(r, t + 1000);
        ck_assert_str_eq(r->sim.fault, "");
        for (unsigned i = 1; i < r->n[RIG_SCK]; i++) {
            ck_assert(r->edge[RIG_SCK][i].level != r->edge[RIG_SCK][i - 1].level);
        }
        rig_free(r);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_gates");
    TCase *tc = tcase_create("logic");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_each_gate_does);
    tcase_add_test(tc, latch_table);
    tcase_add_test(tc, rx_table);
    tcase_add_test(tc, sck_is_locked_low_from_dtr_low_to_the_first_start_bit);
    tcase_add_test(tc, release);
    tcase_add_test(tc, latch_is_set_at_power_up_with_dtr_low);
    tcase_add_test(tc, structure_of_received_characters);
    suite_add_tcase(s, tc);
    tc = tcase_create("spike");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, spike_against_slew);
    tcase_add_test(tc, spike_is_shorter_than_the_period);
    tcase_add_test(tc, no_trigger_below_1_7_v_per_us);
    suite_add_tcase(s, tc);
    tc = tcase_create("bad input");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, impossible_parts_are_refused);
    tcase_add_test(tc, any_stimulus_ends);
    suite_add_tcase(s, tc);
    return run_all(s);
}
