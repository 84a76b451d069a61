/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the published description says of the circuit, claim by claim, and what a SPICE simulation of its netlist
 * showed: figures in the comments are from there. Whole-programmer claims are scenarios (scenarios/miniframe).
 */
#include "sim/miniframe_rig.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define BAUD 115200.0
#define TB (1e6 / BAUD)

static struct rig *start(const struct miniframe_config *parts)
{
    struct rig *r = rig_new(parts, &rs232_levels_9v, BAUD);
    r->echo = true;
    r->ts_us = 1.0;
    return r;
}

static struct miniframe_config nominal(void)
{
    return miniframe_two_4001;
}

static struct miniframe_config with_period(double factor)
{
    struct miniframe_config c = miniframe_two_4001;
    c.c2_pf *= factor;
    return c;
}

/* C2 for a period in a stream of frames of so many cells. */
static struct miniframe_config with_stream(double period_tb, unsigned cells)
{
    double factor = 1;
    for (int i = 0; i < 12; i++) { /* the recovery makes it slightly nonlinear */
        struct miniframe_config c = with_period(factor);
        factor *= period_tb / (miniframe_stream_us(&c, 5.1, false, cells * TB) / TB);
    }
    return with_period(factor);
}

/* AC 53 in the write form of 4-bit frames (6N1). */
static void send_ac53(struct rig *r)
{
    static const uint8_t chars[8] = { 0x07, 0x07, 0x37, 0x04, 0x34, 0x34, 0x04, 0x37 };
    for (int i = 0; i < 8; i++) {
        rig_char(r, chars[i], 6, 0);
    }
    rig_run_us(r, r->tx_us + 60);
}

static bool reads_ac53(const struct miniframe_config *parts, double ts_us)
{
    struct rig *r = start(parts);
    r->ts_us = ts_us;
    rig_open(r);
    send_ac53(r);
    bool ok = r->bits == 16 && r->mosi_byte[0] == 0xac && r->mosi_byte[1] == 0x53;
    rig_free(r);
    return ok;
}

/* Width of the k-th low of SCK that ends after t. */
static double low_after(const struct rig *r, double t_us, unsigned k)
{
    double fall = t_us, rise = t_us;
    for (unsigned i = 0; i <= k; i++) {
        fall = rig_first(r, RIG_SCK, false, rise);
        rise = rig_first(r, RIG_SCK, true, fall);
    }
    return rise - fall;
}

/* ---- what the text claims ---- */

START_TEST(rising_tx_triggers_and_r2_c2_times)
{
    struct miniframe_config c = nominal();
    struct rig *r = start(&c);
    rig_open(r);
    for (int i = 0; i < 8; i++) {
        rig_char(r, 0x37, 6, i == 5 ? 1000 : 0);
    }
    rig_run_us(r, r->tx_us + 50);
    ck_assert_double_eq_tol(low_after(r, 42100, 3), 20.3, 0.2); /* 2.34 bits in a stream */
    double pause_end = 42000 + 6 * 8 * TB + 1000;
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, false, pause_end - 10) - pause_end, -0.17, 0.05);
    ck_assert_double_eq_tol(low_after(r, pause_end - 10, 0), 23.4, 0.2); /* 2.70 after a pause */
    rig_free(r);
}
END_TEST

START_TEST(sck_is_locked_low_from_dtr_low_to_the_first_start_bit)
{
    struct miniframe_config c = nominal();
    struct rig *r = start(&c);
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

START_TEST(latch_is_set_at_power_up_with_dtr_low)
{
    for (int wakes = 0; wakes < 2; wakes++) {
        struct miniframe_config c = nominal();
        c.latch_wakes_locked = wakes;
        struct rig *r = start(&c);
        rig_line(r, &r->rts, true, 1000);
        rig_run_us(r, 10000);
        ck_assert(rig_level(r, RIG_Q, 9000) && rig_level(r, RIG_RESET, 9000));
        ck_assert(!rig_level(r, RIG_SCK, 9000));
        rig_free(r);
        /* RTS and DTR together: the gates' mismatch decides, a pulse of DTR low cures it */
        r = start(&c);
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

START_TEST(bits_are_clocked_in_the_data_cells)
{
    struct miniframe_config c = nominal();
    ck_assert(reads_ac53(&c, 0.01));
    ck_assert(reads_ac53(&c, 2.5));
}
END_TEST

/* Below 1.05 bits less ts the start cell is read (0), above 3.0 the stop cell (1), above 4 triggers are missed. */
START_TEST(period_too_short_or_too_long_fails)
{
    double first_tb = miniframe_first_us(&miniframe_two_4001, 5.1, false) / TB;
    struct miniframe_config c;
    /* the stream must get past the start cell, the first period must end before the stop cell */
    c = with_stream(1.10, 4);
    ck_assert(reads_ac53(&c, 0.01));
    c = with_stream(0.98, 4);
    ck_assert(!reads_ac53(&c, 0.01));
    c = with_period(2.97 / first_tb);
    ck_assert(reads_ac53(&c, 0.01));
    c = with_stream(3.1, 4);
    ck_assert(!reads_ac53(&c, 0.01));
    c = with_period(4.6 / first_tb);
    struct rig *r = start(&c);
    rig_open(r);
    send_ac53(r);
    ck_assert_uint_le(r->bits, 9); /* half of 16 are missed */
    rig_free(r);
    /* the start cell reads as 0, the stop cell as 1 */
    c = with_stream(0.8, 4);
    r = start(&c);
    rig_open(r);
    send_ac53(r);
    ck_assert_uint_eq(r->mosi_byte[0], 0);
    rig_free(r);
    c = with_stream(3.2, 4);
    r = start(&c);
    rig_open(r);
    for (int i = 0; i < 9; i++) {
        rig_char(r, 0x04, 6, 0); /* zeros; the first periods find their length yet */
    }
    ck_assert_uint_eq(r->mosi_byte[1], 0xff);
    rig_free(r);
}
END_TEST

/* Without the diode at X the stream's period is 12.9 us (1.48 bits). */
START_TEST(recovery_needs_the_diode)
{
    struct miniframe_config c = nominal();
    c.recovery_diode = false;
    struct rig *r = start(&c);
    rig_open(r);
    for (int i = 0; i < 8; i++) {
        rig_char(r, 0x37, 6, 0);
    }
    ck_assert_double_eq_tol(low_after(r, 42100, 6), 12.9, 0.4);
    ck_assert_double_eq_tol(miniframe_stream_us(&c, 5.1, false, 4 * TB), 12.9, 0.4);
    rig_free(r);
}
END_TEST

/* X after SCK's rise: -0.59 V at 4 us, -0.48 at 10.7; by then X is all of the charge. */
START_TEST(x_recovers_as_in_spice)
{
    struct rc_recovery r;
    unsigned hint = 0;
    rc_recovery_init(&r, 15400, 400, 2200, 0.65, true);
    double from = rc_recovery_time(&r, -2.55);
    static const double at[2][2] = { { 4, -0.59 }, { 10.7, -0.48 } };
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq_tol(rc_recovery_at(&r, from + at[i][0] - 0.1, &hint), at[i][1], 0.04);
    }
}
END_TEST

/* Does MISO = 1, then 0, come back right in the bits that count? A stream of 37h, MISO from the echo of 1 0 1 0. */
static bool reads_miso(const struct miniframe_config *parts, double ts_us, unsigned cells, bool duplex)
{
    struct rig *r = start(parts);
    r->ts_us = ts_us;
    r->echo = false;
    rig_open(r);
    bool ok = true;
    for (unsigned i = 0; i < 12; i++) {
        unsigned n_bits = cells == 4 ? 6 : 7;
        double at = r->tx_us;
        bool miso = i & 1;
        rig_run_us(r, at - 1);
        net_drive(&r->miso_pin, miso ? NET_1 : NET_0, NET_STRONG);
        rig_char(r, cells == 3 ? 0x5b : duplex ? 0x15 : 0x37, n_bits, 0);
        rig_run_us(r, r->tx_us - 1);
        int c = rig_received(r, at, n_bits);
        unsigned bits = cells == 4 ? 0x11 : 0x49;
        if (i >= 2 && (c < 0 || ((unsigned)c & bits) != (miso ? 0 : bits))) {
            ok = false;
        }
    }
    rig_free(r);
    return ok;
}

/* By sampling in the middle of the bits, 1.67 to 3.2 bits of period read correctly in the stream. */
START_TEST(reading_window_of_4_bit_frames)
{
    struct { double tb; bool ok; } cases[] = { { 1.45, false }, { 1.75, true }, { 2.2, true }, { 2.5, true },
                                               { 2.8, true }, { 3.15, true } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct miniframe_config c = with_stream(cases[i].tb, 4);
        ck_assert_msg(reads_miso(&c, 1, 4, false) == cases[i].ok, "period %.2f bits", cases[i].tb);
    }
    struct miniframe_config c = with_period(1.9); /* longer than a frame: every second trigger is missed */
    ck_assert(!reads_miso(&c, 1, 4, false));
}
END_TEST

/* 1.62 to 2.35 bits: narrower, since the next frame begins after three. */
START_TEST(reading_window_of_3_bit_frames)
{
    struct { double tb; bool ok; } cases[] = { { 1.4, false }, { 1.7, true }, { 2.0, true }, { 2.3, true } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct miniframe_config c = with_stream(cases[i].tb, 3);
        ck_assert_msg(reads_miso(&c, 1, 3, false) == cases[i].ok, "period %.2f bits", cases[i].tb);
    }
    struct miniframe_config c = with_period(1.2);
    ck_assert(!reads_miso(&c, 1, 3, false));
}
END_TEST

/* A spike of the data cell at 2 bits stretches SCK low to 2.2 .. 2.26 bits. */
START_TEST(duplex_form_works_and_its_second_spike_stretches_sck)
{
    struct miniframe_config c = with_period(2.05 / 2.34);
    struct rig *r = start(&c);
    rig_open(r);
    for (int i = 0; i < 4; i++) {
        rig_char(r, 0x15, 6, 0);
    }
    double low = low_after(r, 42100, 2) / TB;
    ck_assert_msg(low > 2.18 && low < 2.28, "%.3f", low);
    ck_assert_uint_eq(r->bits, 7 + (rig_first(r, RIG_SCK, true, r->tx_us - 20) > 0));
    ck_assert_uint_eq(r->mosi_byte[0], 0);
    rig_free(r);
    c = nominal();
    ck_assert(reads_miso(&c, 1, 4, true));
}
END_TEST

/* 3-bit writing: 1.07 bits in the stream up to a first period of 1.99 (ts 0), 1.75 (ts 2.5). */
START_TEST(writing_window_of_3_bit_frames)
{
    static const uint8_t chars[6] = { 0x53, 0x5a, 0x12, 0x53, 0x52, 0x7f };
    double first_tb = miniframe_first_us(&miniframe_two_4001, 5.1, false) / TB;
    struct { double first, ts; bool ok; } cases[] = { { 1.90, 0.01, true }, { 2.1, 0.01, false },
                                                      { 1.68, 2.5, true }, { 1.85, 2.5, false },
                                                      { 1.35, 1, true }, { 0.95, 0.01, false } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct miniframe_config c = with_period(cases[i].first / first_tb);
        struct rig *r = start(&c);
        r->ts_us = cases[i].ts;
        rig_open(r);
        /* a first bit 0 shows the long first period; then AC 53 */
        rig_char(r, 0x7e, 7, 300);
        for (int k = 0; k < 6; k++) {
            rig_char(r, chars[k], 7, 0);
        }
        rig_run_us(r, r->tx_us + 60);
        uint64_t want = 0xacull << 9 | 0x53ull << 1; /* 0, 10101100, 01010011, then what 7Fh leaves */
        bool ok = r->bits >= 17 && (r->shift >> (r->bits - 17)) == want >> 1;
        ck_assert_msg(ok == cases[i].ok, "first period %.2f bits, ts %.1f: %llx", cases[i].first, cases[i].ts,
                      (unsigned long long)r->shift);
        rig_free(r);
    }
}
END_TEST

/* Bit 2 is 1 and bit 3 is 0 in every character, bits 0 and 4 are !MISO. */
START_TEST(structure_of_received_characters)
{
    for (int miso = 0; miso < 2; miso++) {
        struct miniframe_config c = nominal();
        struct rig *r = start(&c);
        r->echo = false;
        rig_open(r);
        rig_char(r, 0x37, 6, 8 * TB);
        net_drive(&r->miso_pin, miso ? NET_1 : NET_0, NET_STRONG);
        for (int i = 0; i < 8; i++) {
            double at = r->tx_us;
            rig_char(r, i & 1 ? 0x37 : 0x15, 6, 0);
            rig_run_us(r, r->tx_us - 1);
            int got = rig_received(r, at, 6);
            ck_assert_int_eq(got & 0x1d, miso ? 0x04 : 0x15);
            ck_assert(!rig_level(r, RIG_RX, at + 0.6 + 7.5 * TB)); /* no framing error */
        }
        rig_free(r);
    }
}
END_TEST

/* R3 = 27, 30, 33, 39 k: stream 1.46, 1.51, 1.56, 1.63 bits in 3-bit frames, first 1.65, 1.72, 1.77, 1.87. */
START_TEST(discriminator_shortens_the_period)
{
    static const double table[4][3] = { { 27e3, 1.46, 1.65 }, { 30e3, 1.51, 1.72 }, { 33e3, 1.56, 1.77 },
                                        { 39e3, 1.63, 1.87 } };
    for (int i = 0; i < 4; i++) {
        struct miniframe_config c = nominal();
        c.r3_ohm = table[i][0];
        c.supply_from_dtr = true;
        struct rig *r = start(&c);
        rig_open(r);
        rig_char(r, 0x37, 6, 1000); /* unlocks with RTS high */
        rig_line(r, &r->rts, false, r->tx_us);
        r->tx_us += 1000;
        rig_char(r, 0x7f, 7, 0); /* one frame; its pause leaves a little charge */
        double from = r->tx_us - 10;
        for (int k = 0; k < 6; k++) {
            rig_char(r, 0x5b, 7, 0);
        }
        ck_assert_double_eq_tol(low_after(r, from, 0) / TB, table[i][2], 0.03);
        ck_assert_double_eq_tol(low_after(r, from, 8) / TB, table[i][1], 0.03);
        rig_free(r);
    }
}
END_TEST

/* RTS low during lock: X stands at 3.44 V, the first period is 0.71 bits. */
START_TEST(discriminator_too_early)
{
    struct miniframe_config c = nominal();
    c.r3_ohm = 33e3;
    c.supply_from_dtr = true;
    ck_assert_double_eq_tol(miniframe_x_source(&c, true, true, true, 5.1).v, 3.44, 0.03);
    struct rig *r = start(&c);
    rig_open(r);
    rig_line(r, &r->rts, false, 41000);
    rig_char(r, 0x5b, 7, 0);
    ck_assert_double_eq_tol(rig_first(r, RIG_SCK, true, 41000) - 42000, 0.71 * TB, 0.25);
    rig_free(r);
}
END_TEST

START_TEST(spike_is_shorter_than_the_period)
{
    struct rc_ramp ramp = rc_ramp_between(-9, 9, 20);
    struct rc_crossings c = rc_spike_crossings(&ramp, 0, 1.5, 1.71, (struct rc_clamp){ -0.65, 5.75 }, 2.55);
    ck_assert_uint_eq(c.n, 2);
    ck_assert_double_eq_tol(c.at_us[1] - c.at_us[0], 2.2, 0.1);
}
END_TEST

/* Slew 2, 10, 20, 30 V/us: the spike starts at -1.16, -0.58, -0.29, -0.20 us, ends at 4.8, 2.3, 1.9, 1.8 (1.7 here). */
START_TEST(spike_against_slew)
{
    static const double table[4][3] = { { 2, -1.16, 4.8 }, { 10, -0.58, 2.3 }, { 20, -0.29, 1.9 }, { 30, -0.20, 1.8 } };
    for (int i = 0; i < 4; i++) {
        struct rc_ramp ramp = rc_ramp_between(-9, 9, table[i][0]);
        struct rc_crossings c = rc_spike_crossings(&ramp, 0, 1.5, 1.71, (struct rc_clamp){ -0.65, 5.75 }, 2.55);
        ck_assert_uint_eq(c.n, 2);
        ck_assert_double_eq_tol(c.at_us[0] - 9 / table[i][0], table[i][1], 0.1);
        ck_assert_double_eq_tol(c.at_us[1] - 9 / table[i][0], table[i][2], 0.12);
    }
}
END_TEST

START_TEST(no_trigger_below_1_7_v_per_us)
{
    static const struct { uint32_t slew; bool ok; } cases[] = { { 1650, false }, { 1750, true } };
    for (int i = 0; i < 2; i++) {
        struct miniframe_config c = nominal();
        struct rs232_levels levels = rs232_levels_9v;
        levels.slew_mv_per_us = cases[i].slew;
        struct rig *r = rig_new(&c, &levels, 9600);
        rig_open(r);
        rig_char(r, 0x37, 6, 0);
        rig_run_us(r, r->tx_us);
        ck_assert_int_eq(r->n[RIG_SCK] > 0, cases[i].ok);
        rig_free(r);
    }
}
END_TEST

START_TEST(faster_with_smaller_c2)
{
    struct { double baud, c2, c1; } cases[] = { { 460800, 550, 100 }, { 921600, 275, 47 } };
    for (int i = 0; i < 2; i++) {
        struct miniframe_config c = nominal();
        c.c2_pf = cases[i].c2;
        c.c1_pf = cases[i].c1;
        struct rig *r = rig_new(&c, &rs232_levels_9v, cases[i].baud);
        r->echo = true;
        r->ts_us = 0.05;
        rig_open(r);
        send_ac53(r);
        ck_assert_uint_eq(r->bits, 16);
        ck_assert_uint_eq(r->mosi_byte[0], 0xac);
        ck_assert_uint_eq(r->mosi_byte[1], 0x53);
        rig_free(r);
    }
}
END_TEST

/* ---- tolerances ---- */

START_TEST(period_against_threshold_and_output_resistance)
{
    static const double by_vt[3][3] = { { 0.45, 26.9, 23.6 }, { 0.5, 23.2, 20.3 }, { 0.55, 19.9, 17.2 } };
    for (int i = 0; i < 3; i++) {
        struct miniframe_config c = nominal();
        c.vt = by_vt[i][0];
        ck_assert_double_eq_tol(miniframe_first_us(&c, 5.1, false) + 0.2, by_vt[i][1], 0.4);
        ck_assert_double_eq_tol(miniframe_stream_us(&c, 5.1, false, 4 * TB) + 0.2, by_vt[i][2], 0.4);
    }
    struct miniframe_config c = nominal();
    c.ro_ohm = 200;
    double first_200 = miniframe_first_us(&c, 5.1, false), stream_200 = miniframe_stream_us(&c, 5.1, false, 4 * TB);
    c.ro_ohm = 1000;
    ck_assert_double_eq_tol(miniframe_first_us(&c, 5.1, false) - first_200, 0.7, 0.2);
    ck_assert_double_eq_tol(miniframe_stream_us(&c, 5.1, false, 4 * TB) - stream_200, -0.5, 0.4);
}
END_TEST

/* Stream 20.3 us at 5.05 V, 19.9 at 4.5 V, 19.1 at 3.6 V; first the same at all three. */
START_TEST(period_against_supply)
{
    static const double table[3][2] = { { 5.05, 20.3 }, { 4.5, 19.9 }, { 3.6, 19.1 } };
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(miniframe_stream_us(&miniframe_two_4001, table[i][0], false, 4 * TB) + 0.2,
                                table[i][1], 0.3);
        ck_assert_double_eq_tol(miniframe_first_us(&miniframe_two_4001, table[i][0], false) + 0.2, 23.2, 0.3);
    }
}
END_TEST

/* VDD 4.15 V from a line of 5 V, 4.99 from 6 V, 5.06 from 7 V, 5.10 from 9 V. */
START_TEST(supply_needs_6_v)
{
    static const double table[4][2] = { { 5, 4.15 }, { 6, 4.99 }, { 7, 5.06 }, { 9, 5.10 } };
    for (int i = 0; i < 4; i++) {
        struct rts_supply s;
        rts_supply_begin(&s, &miniframe_two_4001.supply, 0, table[i][0], NULL);
        ck_assert_double_eq_tol(s.end_v, table[i][1], 0.015);
    }
}
END_TEST

/* ---- traps ---- */

START_TEST(miso_high_while_locked_is_a_break)
{
    struct miniframe_config c = nominal();
    struct rig *r = start(&c);
    r->echo = false;
    rig_open(r);
    rig_run_us(r, 40000);
    net_drive(&r->miso_pin, NET_1, NET_STRONG);
    rig_run_us(r, 41000);
    ck_assert(rig_level(r, RIG_RX, 40900));
    net_drive(&r->miso_pin, NET_0, NET_STRONG);
    rig_run_us(r, 41500);
    ck_assert(!rig_level(r, RIG_RX, 41400));
    rig_free(r);
}
END_TEST

START_TEST(long_first_period_and_slow_target_spoil_a_first_0)
{
    for (int slow = 0; slow < 2; slow++) {
        struct miniframe_config c = nominal();
        struct rig *r = start(&c);
        r->ts_us = slow ? 3.2 : 2.0;
        rig_open(r);
        for (int i = 0; i < 4; i++) {
            rig_char(r, 0x04, 6, 0); /* zeros */
        }
        rig_run_us(r, r->tx_us + 60);
        ck_assert_uint_eq(r->mosi_byte[0], slow ? 0x80 : 0x00);
        rig_free(r);
    }
}
END_TEST

/*
 * A supply time constant of 77 us shows SCK high for 25 us at power-up, RESET high; the slow one nothing. 20 us here:
 * how far X has come while the gates decide at a few millivolts of supply is not modelled.
 */
START_TEST(fast_supply_rise_shows_sck_high)
{
    struct miniframe_config c = nominal();
    struct rig *r = start(&c);
    rig_line(r, &r->rts, true, 1000);
    rig_run_us(r, 20000);
    ck_assert_uint_eq(r->n[RIG_SCK], 0);
    rig_free(r);
    c.supply.cdd_uf = 0.1; /* 770 ohm */
    r = start(&c);
    rig_line(r, &r->rts, true, 1000);
    rig_run_us(r, 20000);
    ck_assert_uint_eq(r->n[RIG_SCK], 2);
    ck_assert_double_eq_tol(r->edge[RIG_SCK][1].us - r->edge[RIG_SCK][0].us, 22.5, 3);
    ck_assert(rig_level(r, RIG_RESET, r->edge[RIG_SCK][1].us));
    rig_free(r);
}
END_TEST

START_TEST(unpowered_output_holds_reset_against_a_weak_pull_up)
{
    struct { double pull; bool held; } cases[] = { { 4.7e3, false }, { 18e3, false }, { 60e3, true }, { 0, true } };
    for (unsigned i = 0; i < 4; i++) {
        struct miniframe_config c = nominal();
        c.reset_pullup_ohm = cases[i].pull;
        struct rig *r = start(&c);
        ck_assert_msg((r->net[RIG_RESET].level == NET_0) == cases[i].held, "%.0f ohm", cases[i].pull);
        rig_free(r);
    }
}
END_TEST

/* In a gapless stream SCK is high for 14.4 us (4-bit); characters with one bit lengthen that, not the low part. */
START_TEST(sck_low_is_fixed_whatever_the_software_does)
{
    struct miniframe_config c = nominal();
    struct rig *r = start(&c);
    rig_open(r);
    for (int i = 0; i < 6; i++) {
        rig_char(r, 0x37, 6, 0);
    }
    double rise = rig_first(r, RIG_SCK, true, 42200), fall = rig_first(r, RIG_SCK, false, rise);
    ck_assert_double_eq_tol(fall - rise, 14.4, 0.1);
    r->tx_us += 500;
    double from = r->tx_us;
    for (int i = 0; i < 4; i++) {
        rig_char(r, 0x3f, 6, 200);
    }
    ck_assert_double_eq_tol(low_after(r, from - 10, 2), 23.4, 0.3);
    rise = rig_first(r, RIG_SCK, true, from);
    ck_assert_double_gt(rig_first(r, RIG_SCK, false, rise) - rise, 200);
    rig_free(r);
}
END_TEST

/* ---- variants ---- */

START_TEST(receive_drivers)
{
    for (enum miniframe_rx_driver d = MINIFRAME_RX_DIRECT; d <= MINIFRAME_RX_OPTO; d++) {
        struct miniframe_config c = nominal();
        c.rx_driver = d;
        struct rig *r = start(&c);
        rig_open(r);
        rig_run_us(r, 41500);
        ck_assert_int_eq(r->rx_line.mv, d == MINIFRAME_RX_DIRECT ? 0 : -8700);
        rig_char(r, 0x37, 6, 0);
        net_drive(&r->miso_pin, NET_1, NET_STRONG);
        r->tx_us += 100;
        rig_line(r, &r->tx, true, r->tx_us);
        rig_run_us(r, r->tx_us + 3);
        ck_assert_int_ge(r->rx_line.mv, 4600);
        ck_assert_int_le(r->rx_line.mv, 5650);
        rig_free(r);
    }
}
END_TEST

START_TEST(simplified_circuit_has_inverted_data_and_dtr)
{
    static const uint8_t chars[8] = { 0x34, 0x34, 0x04, 0x37, 0x07, 0x07, 0x37, 0x04 };
    struct miniframe_config c = miniframe_one_4001;
    struct rig *r = start(&c);
    rig_line(r, &r->rts, true, 1000);
    rig_line(r, &r->dtr, true, 15000);
    rig_run_us(r, 16000);
    ck_assert(rig_level(r, RIG_RESET, 15900) && rig_level(r, RIG_Q, 15900));
    rig_line(r, &r->dtr, false, 20000);
    r->tx_us = 42000;
    for (int i = 0; i < 8; i++) {
        rig_char(r, chars[i], 6, 0);
    }
    rig_run_us(r, r->tx_us + 60);
    ck_assert_uint_eq(r->mosi_byte[0], 0xac);
    ck_assert_uint_eq(r->mosi_byte[1], 0x53);
    ck_assert(!rig_level(r, RIG_RESET, 42000));
    ck_assert_double_eq_tol(low_after(r, 42100, 4) / TB, 2.34, 0.03);
    ck_assert_double_eq_tol((rig_first(r, RIG_SCK, true, 42000) - 42000) / TB, 2.68, 0.03);
    rig_free(r);
}
END_TEST

/* SCK low is 1.61 V with RL of 470 ohm (no valid low), 1.03 V with 1 k, 0.57 V with 2.2 k. */
START_TEST(simplified_circuit_led_lifts_sck)
{
    static const struct { double rl; bool valid; } cases[] = { { 470, false }, { 1000, true }, { 2200, true } };
    for (int i = 0; i < 3; i++) {
        struct miniframe_config c = miniframe_one_4001;
        c.rl_ohm = cases[i].rl;
        struct rig *r = start(&c);
        r->echo = false;
        rig_line(r, &r->rts, true, 1000);
        rig_run_us(r, 42000);
        net_drive(&r->miso_pin, NET_1, NET_STRONG);
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

START_TEST(impossible_parts_are_refused)
{
    ck_assert_ptr_null(miniframe_config_check(&miniframe_two_4001));
    ck_assert_ptr_null(miniframe_config_check(&miniframe_one_4001));
    struct miniframe_config c;
#define REFUSED(field, value)                                                                                  \
    c = miniframe_two_4001;                                                                                    \
    c.field = value;                                                                                           \
    ck_assert_msg(miniframe_config_check(&c) != NULL, #field " " #value)
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
    ck_assert_ptr_nonnull(rs232_levels_check(&l));
    l = rs232_levels_9v;
    l.slew_mv_per_us = 0;
    ck_assert_ptr_nonnull(rs232_levels_check(&l));
}
END_TEST

/* Random edges on every input, at any time: it never hangs, and SCK alternates. */
START_TEST(any_stimulus_ends)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        srand(seed);
        struct miniframe_config c = seed % 4 == 3 ? miniframe_one_4001 : nominal();
        c.c2_pf *= 0.1 + rand() % 300 / 100.0;
        c.r3_ohm = seed & 1 ? 33e3 : 0;
        c.vt = 0.3 + rand() % 40 / 100.0;
        struct rig *r = start(&c);
        rig_line(r, &r->rts, true, 1000);
        double t = 8000;
        for (int i = 0; i < 400; i++) {
            t += rand() % 1000 / (rand() % 8 ? 100.0 : 1.0) + 0.01;
            rig_run_us(r, t);
            switch (rand() % 12) {
            case 0:
                rs232_line_set(&r->dtr, !r->dtr.high);
                break;
            case 1:
                rs232_line_set(&r->rts, !r->rts.high);
                break;
            case 2:
            case 3:
                net_drive(&r->miso_pin, rand() & 1 ? NET_1 : NET_0, NET_STRONG);
                break;
            default:
                rs232_line_set(&r->tx, !r->tx.high);
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
    Suite *s = suite_create("miniframe");
    TCase *tc = tcase_create("claims");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, rising_tx_triggers_and_r2_c2_times);
    tcase_add_test(tc, sck_is_locked_low_from_dtr_low_to_the_first_start_bit);
    tcase_add_test(tc, latch_is_set_at_power_up_with_dtr_low);
    tcase_add_test(tc, bits_are_clocked_in_the_data_cells);
    tcase_add_test(tc, period_too_short_or_too_long_fails);
    tcase_add_test(tc, recovery_needs_the_diode);
    tcase_add_test(tc, x_recovers_as_in_spice);
    tcase_add_test(tc, reading_window_of_4_bit_frames);
    tcase_add_test(tc, reading_window_of_3_bit_frames);
    tcase_add_test(tc, duplex_form_works_and_its_second_spike_stretches_sck);
    tcase_add_test(tc, writing_window_of_3_bit_frames);
    tcase_add_test(tc, structure_of_received_characters);
    tcase_add_test(tc, discriminator_shortens_the_period);
    tcase_add_test(tc, discriminator_too_early);
    tcase_add_test(tc, spike_is_shorter_than_the_period);
    tcase_add_test(tc, spike_against_slew);
    tcase_add_test(tc, no_trigger_below_1_7_v_per_us);
    tcase_add_test(tc, faster_with_smaller_c2);
    tcase_add_test(tc, period_against_threshold_and_output_resistance);
    tcase_add_test(tc, period_against_supply);
    tcase_add_test(tc, supply_needs_6_v);
    suite_add_tcase(s, tc);
    tc = tcase_create("traps");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, miso_high_while_locked_is_a_break);
    tcase_add_test(tc, long_first_period_and_slow_target_spoil_a_first_0);
    tcase_add_test(tc, fast_supply_rise_shows_sck_high);
    tcase_add_test(tc, unpowered_output_holds_reset_against_a_weak_pull_up);
    tcase_add_test(tc, sck_low_is_fixed_whatever_the_software_does);
    tcase_add_test(tc, receive_drivers);
    tcase_add_test(tc, simplified_circuit_has_inverted_data_and_dtr);
    tcase_add_test(tc, simplified_circuit_led_lifts_sck);
    tcase_add_test(tc, impossible_parts_are_refused);
    tcase_add_test(tc, any_stimulus_ends);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
