/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long the period may be for writing and reading in each kind of frame. The ends of every
 * window are searched on the running circuit by bisection over C2, and given in bit times: "first"
 * is SCK's rise after the 0 V crossing of TX behind a pause, "stream" is SCK low in gapless frames.
 * Published figures are the reconstruction's, from SPICE.
 */
#include "tests/miniframe_rig.h"
#include "tests/run_all.h"

#include <check.h>
#include <math.h>

#define EDGE_TB 0.06 /* 0.5 us, what the page allows */

struct trial {
    bool (*works)(const struct trial *t, const struct miniframe_config *parts);
    unsigned cells;
    bool duplex;
    double ts_us, late_tb;
    bool pauses; /* a pause behind every frame: all periods are first ones */
};

struct end {
    double first, stream; /* bit times */
};

static bool works_at(const struct trial *t, double c2_factor)
{
    struct miniframe_config c = rig_parts(c2_factor);
    return t->works(t, &c);
}

/* Between two factors of C2, of which exactly one works. */
static struct end end_between(const struct trial *t, double lo, double hi)
{
    bool low_works = works_at(t, lo);
    ck_assert_int_ne(low_works, works_at(t, hi));
    while (hi - lo > 0.003) {
        double mid = 0.5 * (lo + hi);
        *(works_at(t, mid) == low_works ? &lo : &hi) = mid;
    }
    struct miniframe_config c = rig_parts(0.5 * (lo + hi));
    struct rig_period p = rig_period(&c, t->cells);
    return (struct end){ p.rise_us / RIG_TB_US, p.stream_us / RIG_TB_US };
}

/* ---- writing ---- */

/* Two bits 0 behind a pause (the first period is the longest), then AC 53. */
static bool writes(const struct trial *t, const struct miniframe_config *parts)
{
    static const uint8_t write_4[8] = { 0x07, 0x07, 0x37, 0x04, 0x34, 0x34, 0x04, 0x37 };
    static const uint8_t duplex_4[8] = { 0x17, 0x17, 0x37, 0x15, 0x35, 0x35, 0x15, 0x37 };
    static const uint8_t write_3[6] = { 0x53, 0x5a, 0x12, 0x53, 0x52, 0x7f };
    struct rig *r = rig_start(parts);
    r->ts_us = t->ts_us;
    rig_open(r);
    bool ok;
    if (t->cells == 3) {
        rig_char(r, 0x7e, 7, 300);   /* 0 */
        rig_chars(r, write_3, 6, 7); /* the last one carries one bit */
        rig_settle(r);
        ok = r->bits == 17 && (r->shift & 0x1ffff) == 0x0ac53;
    } else {
        rig_char(r, t->duplex ? 0x15 : 0x04, 6, 300);
        rig_chars(r, t->duplex ? duplex_4 : write_4, 8, 6);
        rig_settle(r);
        ok = r->bits == 18 && (r->shift & 0x3ffff) == 0x0ac53;
    }
    rig_free(r);
    return ok;
}

START_TEST(bits_are_clocked_in_the_data_cells)
{
    for (int i = 0; i < 2; i++) {
        struct trial t = { .works = writes, .cells = 4, .ts_us = i ? 2.5 : 0.01 };
        ck_assert(works_at(&t, 1));
        ck_assert(!works_at(&t, 0.3) || i);
        ck_assert(!works_at(&t, 2));
    }
}
END_TEST

/* Below 1.05 bits less ts SCK rises in the start cell, where MOSI is 0 whatever the bit is. */
START_TEST(period_too_short_reads_the_start_cell)
{
    struct trial t = { .works = writes, .cells = 4, .ts_us = 0.01 };
    ck_assert_double_eq_tol(end_between(&t, 0.3, 0.7).stream, 1.05, EDGE_TB);
    t.ts_us = 1;
    ck_assert_double_eq_tol(end_between(&t, 0.3, 0.7).stream, 1.05 - 1 / RIG_TB_US, EDGE_TB);
    struct miniframe_config c = rig_parts(0.33);
    struct rig *r = rig_start(&c);
    r->ts_us = 0.01;
    rig_open(r);
    rig_chars(r, (const uint8_t[]){ 0x37, 0x37, 0x37, 0x37 }, 4, 6); /* ones */
    rig_settle(r);
    ck_assert_uint_eq(r->bits, 8);
    ck_assert_uint_eq(r->mosi_byte[0], 0);
    rig_free(r);
}
END_TEST

/* Above 3.0 bits less ts it rises in the stop cell, where MOSI is 1. */
START_TEST(period_too_long_reads_the_stop_cell)
{
    struct trial t = { .works = writes, .cells = 4, .ts_us = 0.01 };
    ck_assert_double_eq_tol(end_between(&t, 1, 1.3).first, 3.0, EDGE_TB);
    t.ts_us = 2.5;
    ck_assert_double_eq_tol(end_between(&t, 0.9, 1.3).first, 3.0 - 2.5 / RIG_TB_US, EDGE_TB);
    struct miniframe_config c = rig_parts(1.45);
    struct rig *r = rig_start(&c);
    rig_open(r);
    /* zeros */
    rig_chars(r, (const uint8_t[]){ 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04 }, 8, 6);
    rig_settle(r);
    ck_assert_uint_eq(r->bits, 16);
    ck_assert_uint_eq(r->mosi_byte[1], 0xff);
    rig_free(r);
}
END_TEST

/* Above 4 bits a period outlasts its frame; from 4.5 on every second trigger is missed. */
START_TEST(triggers_are_missed_above_4_bits)
{
    static const struct {
        double first_tb;
        unsigned least, most;
    } cases[] = {
        { 3.9, 16, 16 },
        { 4.2, 9, 15 },
        { 4.6, 8, 9 },
        { 5.2, 8, 9 },
    };
    double nominal_tb = rig_period(&miniframe_two_4001, 4).rise_us / RIG_TB_US;
    for (int i = 0; i < 4; i++) {
        struct miniframe_config c = rig_parts(cases[i].first_tb / nominal_tb);
        struct rig *r = rig_start(&c);
        rig_open(r);
        rig_ac53(r);
        ck_assert_uint_ge(r->bits, cases[i].least);
        ck_assert_uint_le(r->bits, cases[i].most);
        rig_free(r);
    }
}
END_TEST

/* ---- duplex ---- */

/* A spike of the data cell at 2 bits stretches SCK low to 2.2 .. 2.26 bits. */
START_TEST(duplex_form_works_and_its_second_spike_stretches_sck)
{
    struct miniframe_config c = rig_parts(2.05 / 2.34);
    struct rig *r = rig_start(&c);
    rig_open(r);
    rig_chars(r, (const uint8_t[]){ 0x15, 0x15, 0x15, 0x15 }, 4, 6);
    rig_settle(r);
    double low = rig_low_us(r, 42100, 2) / RIG_TB_US;
    ck_assert_msg(low > 2.18 && low < 2.28, "%.3f", low);
    ck_assert_uint_eq(r->bits, 8);
    ck_assert_uint_eq(r->mosi_byte[0], 0);
    rig_free(r);
}
END_TEST

/*
 * From 1.99 bits in the stream on (earlier the second spike clocks again) up to first 2.7 (ts 2.5),
 * 2.9 (ts 1).
 */
START_TEST(duplex_window)
{
    struct trial t = { .works = writes, .cells = 4, .duplex = true, .ts_us = 1 };
    ck_assert_double_eq_tol(end_between(&t, 0.6, 1).stream, 1.99, EDGE_TB);
    ck_assert_double_eq_tol(end_between(&t, 1, 1.3).first, 2.9, EDGE_TB);
    t.ts_us = 2.5;
    ck_assert_double_eq_tol(end_between(&t, 0.6, 1).stream, 1.99, EDGE_TB);
    ck_assert_double_eq_tol(end_between(&t, 1, 1.3).first, 2.7, EDGE_TB);
}
END_TEST

/* ---- reading ---- */

/*
 * A target that answers, whatever it hears: right in the bits that count, no framing error, and the
 * fixed bits of a character as they should be? Ones are sent; behind the first character an idle
 * one, as a receiver needs.
 */
static bool reads(const struct trial *t, const struct miniframe_config *parts)
{
    const uint64_t answer = 0xac5396e1f00fb24d;
    bool four = t->cells == 4;
    unsigned n_bits = four ? 6 : 7, per_char = four ? 2 : 3;
    unsigned value = !four ? 0x5b : t->duplex ? 0x15 : 0x37;
    if (t->pauses) {
        per_char = 1;
        value = four ? 0x3f : 0x7f;
    }
    struct rig *r = rig_start(parts);
    r->ts_us = t->ts_us;
    r->late_us = t->late_tb * RIG_TB_US;
    rig_open(r);
    rig_run_us(r, 41000);
    rig_answer(r, answer);
    double at[20];
    for (int i = 0; i < 20; i++) {
        at[i] = r->tx_us;
        rig_char(r, value, n_bits, i == 0 ? 8 * RIG_TB_US : t->pauses ? 300 : 0);
    }
    rig_settle(r);
    unsigned fixed_mask = four ? 0x0c : 0x36, fixed = four ? 0x04 : 0x12;
    if (t->pauses) {
        fixed_mask = fixed = four ? 0x3c : 0x7e;
    }
    bool ok = true;
    unsigned bit = per_char;
    for (int i = 1; i < 20; i++) {
        int c = rig_received(r, at[i], n_bits);
        ok = ok && c >= 0 && ((unsigned)c & fixed_mask) == fixed;
        for (unsigned k = 0; k < per_char; k++, bit++) {
            ok = ok && (c >> k * t->cells & 1) != (answer >> (63 - bit) & 1);
        }
    }
    rig_free(r);
    return ok;
}

/*
 * 1.67 to 3.2 bits are published. With ideal samples in the middle of the bits reading begins at
 * 1.58 already: bit 0 is sampled 1.5 bits after RX rose, 0.6 us after TX. A UART that counts
 * sixteenths is later by one and a half of them, which gives the published figure. At the other end
 * the first period is the one that fails: it may last to the middle of the stop cell, 3.6 bits,
 * when the stream is at 3.05.
 */
START_TEST(reading_window_of_4_bit_frames)
{
    struct trial t = { .works = reads, .cells = 4, .ts_us = 1 };
    ck_assert(works_at(&t, 1));
    ck_assert_double_eq_tol(end_between(&t, 0.5, 1).stream, 1.58, EDGE_TB / 2);
    struct end last = end_between(&t, 1, 1.45);
    ck_assert_double_eq_tol(last.first, 3.68, EDGE_TB);
    ck_assert_double_eq_tol(last.stream, 3.05, EDGE_TB);
    t.late_tb = 1.5 / 16;
    ck_assert_double_eq_tol(end_between(&t, 0.5, 1).stream, 1.67, EDGE_TB / 2);
    last = end_between(&t, 1, 1.45);
    ck_assert_double_eq_tol(last.stream, 3.2, 0.1); /* 3.12 */
}
END_TEST

/* Writing and reading at once, ts 2.5 us: from 2.0 bits in the stream to first 2.73. */
START_TEST(reading_in_duplex_form)
{
    struct trial w = { .works = writes, .cells = 4, .duplex = true, .ts_us = 2.5 };
    struct trial r = { .works = reads, .cells = 4, .duplex = true, .ts_us = 2.5 };
    ck_assert_double_eq_tol(end_between(&w, 0.6, 1).stream, 2.0, EDGE_TB);
    ck_assert_double_eq_tol(end_between(&w, 1, 1.3).first, 2.73, EDGE_TB);
    for (double c2 = 0.86; c2 < 1.01; c2 += 0.03) { /* reading holds all the way between */
        for (int late = 0; late < 2; late++) {
            r.late_tb = late * 1.5 / 16;
            ck_assert_msg(works_at(&r, c2) && works_at(&w, c2), "%.2f", c2);
        }
    }
    ck_assert(!works_at(&r, 0.65));
}
END_TEST

/* ---- 3-bit frames ---- */

/* 1.07 bits in the stream up to a first period of 1.99 (ts 0), 1.75 (ts 2.5). */
START_TEST(writing_window_of_3_bit_frames)
{
    struct trial t = { .works = writes, .cells = 3, .ts_us = 0.01 };
    ck_assert_double_eq_tol(end_between(&t, 0.3, 0.6).stream, 1.07, EDGE_TB);
    ck_assert_double_eq_tol(end_between(&t, 0.6, 0.9).first, 1.99, EDGE_TB);
    t.ts_us = 2.5;
    ck_assert_double_eq_tol(end_between(&t, 0.5, 0.9).first, 1.75, EDGE_TB);
}
END_TEST

/* 1.62 to 2.35 bits in the stream are published; 1.58 to 2.41 here, ideal samples again. */
START_TEST(reading_window_of_3_bit_frames)
{
    struct trial t = { .works = reads, .cells = 3, .ts_us = 1 };
    ck_assert_double_eq_tol(end_between(&t, 0.5, 0.8).stream, 1.62, EDGE_TB);
    ck_assert_double_eq_tol(end_between(&t, 0.8, 1.3).stream, 2.35, 0.08);
}
END_TEST

/*
 * Reading begins at 1.65 bits and writing ends at 1.75 with ts of 2.5 us: a narrow overlap if all
 * periods were alike (here: a pause behind every frame), and none in a stream, whose first period
 * is the longer one.
 */
START_TEST(reading_and_writing_3_bit_frames_do_not_overlap)
{
    struct trial r = { .works = reads, .cells = 3, .ts_us = 2.5 }, w = { .works = writes, .cells = 3, .ts_us = 2.5 };
    struct end reading = end_between(&r, 0.5, 0.8), writing = end_between(&w, 0.5, 0.9);
    ck_assert_double_gt(reading.first, writing.first);
    ck_assert_double_gt(reading.stream, writing.stream);
    for (double c2 = 0.62; c2 < 0.69; c2 += 0.01) {
        ck_assert_msg(!(works_at(&r, c2) && works_at(&w, c2)), "%.2f", c2);
    }
    /* without the memory */
    r.pauses = true;
    reading = end_between(&r, 0.5, 0.8);
    ck_assert_double_eq_tol(reading.first, 1.6, EDGE_TB); /* 1.55 with ideal samples */
    ck_assert_double_gt(writing.first, reading.first + 0.1);
    struct miniframe_config middle = rig_parts(0.5 * (reading.first + writing.first) / 2.7);
    ck_assert(reads(&r, &middle) && writes(&w, &middle));
    /* a faster target leaves room in the stream too */
    r = (struct trial){ .works = reads, .cells = 3, .ts_us = 1 };
    w.ts_us = 1;
    ck_assert(works_at(&r, 0.68) && works_at(&w, 0.68));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_windows");
    TCase *tc = tcase_create("windows");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, bits_are_clocked_in_the_data_cells);
    tcase_add_test(tc, period_too_short_reads_the_start_cell);
    tcase_add_test(tc, period_too_long_reads_the_stop_cell);
    tcase_add_test(tc, triggers_are_missed_above_4_bits);
    tcase_add_test(tc, duplex_form_works_and_its_second_spike_stretches_sck);
    tcase_add_test(tc, duplex_window);
    tcase_add_test(tc, reading_window_of_4_bit_frames);
    tcase_add_test(tc, reading_in_duplex_form);
    tcase_add_test(tc, writing_window_of_3_bit_frames);
    tcase_add_test(tc, reading_window_of_3_bit_frames);
    tcase_add_test(tc, reading_and_writing_3_bit_frames_do_not_overlap);
    suite_add_tcase(s, tc);
    return run_all(s);
}
