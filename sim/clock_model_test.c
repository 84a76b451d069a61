/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/clock_model.h"
#include "tests/run_all.h"

#include <check.h>

#define MHZ(f) ((uint64_t)((f)*1e9)) /* megahertz -> millihertz */

#define m328p part_atmega328p

static struct fuse_bytes low(uint8_t lfuse)
{
    return (struct fuse_bytes){ { lfuse, 0xD9, 0xFF }, 0xFF };
}

static struct clock_result ask(uint8_t lfuse, enum clock_wired wired, uint64_t f_millihz, uint32_t vcc_mv)
{
    struct fuse_bytes b = low(lfuse);
    struct clock_board board = clock_board_default(&m328p, &b);
    board.wired = wired;
    board.f_millihz = f_millihz;
    board.vcc_mv = vcc_mv;
    return clock_model(&m328p, &b, &board);
}

START_TEST(cksel_selects_the_source)
{
    static const enum clock_kind kind[16] = {
        CLOCK_EXTERNAL,   CLOCK_RESERVED,   CLOCK_RC,      CLOCK_RC_128K, CLOCK_LF_CRYSTAL, CLOCK_LF_CRYSTAL,
        CLOCK_FULL_SWING, CLOCK_FULL_SWING, CLOCK_CRYSTAL, CLOCK_CRYSTAL, CLOCK_CRYSTAL,    CLOCK_CRYSTAL,
        CLOCK_CRYSTAL,    CLOCK_CRYSTAL,    CLOCK_CRYSTAL, CLOCK_CRYSTAL,
    };
    for (unsigned l = 0; l < 256; l++) {
        struct fuse_bytes b = low((uint8_t)l);
        ck_assert_int_eq(clock_kind_of(&m328p, &b), kind[l & 15]);
        ck_assert_uint_eq(ask((uint8_t)l, WIRED_NOTHING, 0, 5000).divide, l & 0x80 ? 1 : 8);
    }
}
END_TEST

/* Crystals of the ranges' ends and around them, against every CKSEL. */
START_TEST(crystals_start_in_their_range)
{
    static const struct {
        uint64_t f_millihz;
        uint16_t starts; /* a bit per CKSEL */
    } row[] = {
        { 29999999, 0 },         { 30000000, 0x0030 }, { 32768000, 0x0030 },    { 40000000, 0x0030 },
        { 40000001, 0 },         { MHZ(0.399), 0 },    { MHZ(0.4), 0x03C0 },    { MHZ(0.9), 0x0FC0 },
        { MHZ(0.901), 0x0CC0 },  { MHZ(3), 0x3CC0 },   { MHZ(3.001), 0x30C0 },  { MHZ(8), 0xF0C0 },
        { MHZ(8.001), 0xC0C0 },  { MHZ(16), 0xC0C0 },  { MHZ(16.001), 0xC0C0 }, { MHZ(20), 0xC0C0 },
        { MHZ(20.001), 0xC0C0 }, { MHZ(24), 0xC0C0 },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        for (unsigned cksel = 4; cksel < 16; cksel++) {
            struct clock_result r = ask((uint8_t)(0xE0 | cksel), WIRED_CRYSTAL, row[i].f_millihz, 5000);
            bool starts = row[i].starts >> cksel & 1;
            ck_assert_msg(r.runs == starts, "CKSEL %u, row %u", cksel, i);
            bool over = row[i].f_millihz > (cksel < 8 ? MHZ(20) : MHZ(16)); /* of these ranges */
            ck_assert_int_eq(r.state, !starts ? CLOCK_DEAD_WRONG_RANGE : over ? CLOCK_OVER_SPEED : CLOCK_FINE);
            ck_assert_int_eq(r.over_range, starts && over);
            ck_assert_uint_eq(r.f_millihz, starts ? row[i].f_millihz : 0);
            ck_assert_int_eq(r.oscillator_starts, starts);
        }
    }
    struct fuse_bytes b = low(0xFF);
    struct clock_board board = clock_board_default(&m328p, &b);
    board.wired = WIRED_CRYSTAL;
    board.f_millihz = MHZ(4);
    ck_assert(!clock_model(&m328p, &b, &board).runs);
    board.crystal_starts_anywhere = true;
    ck_assert(clock_model(&m328p, &b, &board).runs);
    b = low(0xFB); /* up to 3 MHz: no range is left by a crystal that starts anywhere */
    ck_assert(clock_model(&m328p, &b, &board).runs);
    ck_assert(!clock_model(&m328p, &b, &board).over_range);
}
END_TEST

/* The ATmega8A's crystal ranges end at 8 MHz, with CKOPT at 16: only that one runs what is beyond. */
START_TEST(atmega8a_beyond_its_ranges)
{
    for (unsigned ckopt = 0; ckopt < 2; ckopt++) {
        struct fuse_bytes b = { { 0xFF, ckopt ? 0xC9 : 0xD9, 0xFF }, 0xFF };
        struct clock_board board = clock_board_default(&part_atmega8a, &b);
        board.wired = WIRED_CRYSTAL;
        board.f_millihz = MHZ(20);
        struct clock_result r = clock_model(&part_atmega8a, &b, &board);
        ck_assert_int_eq(r.state, ckopt ? CLOCK_OVER_SPEED : CLOCK_DEAD_WRONG_RANGE);
        board.f_millihz = MHZ(0.9);
        ck_assert_int_eq(clock_model(&part_atmega8a, &b, &board).state, CLOCK_DEAD_WRONG_RANGE);
    }
}
END_TEST

START_TEST(full_swing_needs_2v7)
{
    ck_assert(ask(0xF7, WIRED_CRYSTAL, MHZ(8), 2700).runs);
    ck_assert_int_eq(ask(0xF7, WIRED_CRYSTAL, MHZ(8), 2699).state, CLOCK_DEAD_LOW_VCC);
    ck_assert(ask(0xFF, WIRED_CRYSTAL, MHZ(8), 2699).runs);
}
END_TEST

/* A wave on XTAL1 clocks whatever is set for the crystal pins; low-frequency crystal mode by its switch. */
START_TEST(waves_and_edges)
{
    for (unsigned cksel = 0; cksel < 16; cksel++) {
        for (unsigned xtal2 = 0; xtal2 < 2; xtal2++) {
            for (unsigned lf_on_xtal2 = 0; lf_on_xtal2 < 2; lf_on_xtal2++) {
                struct fuse_bytes b = low((uint8_t)(0xE0 | cksel));
                struct clock_board board = clock_board_default(&m328p, &b);
                board.wave_on_xtal2 = xtal2;
                board.lf_wave_on_xtal2_only = lf_on_xtal2;
                board.f_millihz = MHZ(1);
                board.wired = WIRED_WAVE;
                struct clock_result r = clock_model(&m328p, &b, &board);
                if (cksel >= 1 && cksel <= 3) { /* doesn't look at the pins */
                    ck_assert_int_eq(r.runs, cksel != 1);
                    ck_assert_uint_ne(r.f_millihz, MHZ(1));
                    continue;
                }
                bool is_lf = cksel == 4 || cksel == 5;
                bool takes = xtal2 == (is_lf && lf_on_xtal2);
                ck_assert_msg(r.runs == takes, "CKSEL %u, XTAL%u", cksel, xtal2 + 1);
                ck_assert_int_eq(r.state, takes ? CLOCK_FINE : CLOCK_DEAD_WRONG_PIN);
                ck_assert_uint_eq(r.f_millihz, takes ? MHZ(1) : 0);
                ck_assert(!r.oscillator_starts);
                ck_assert(!r.by_edges);

                board.wired = WIRED_EDGES;
                r = clock_model(&m328p, &b, &board);
                ck_assert_int_eq(r.runs, takes);
                ck_assert_int_eq(r.by_edges, takes);
                ck_assert_uint_eq(r.f_millihz, 0);

                board.wired = WIRED_WAVE;
                board.f_millihz = 0; /* a wave that stands still */
                ck_assert(!clock_model(&m328p, &b, &board).runs);
            }
        }
    }
    struct fuse_bytes b = low(0x62);
    ck_assert(clock_board_default(&m328p, &b).lf_wave_on_xtal2_only);
}
END_TEST

START_TEST(nothing_wired_and_a_crystal_is_no_clock)
{
    for (unsigned cksel = 0; cksel < 16; cksel++) {
        struct clock_result r = ask((uint8_t)(0xE0 | cksel), WIRED_NOTHING, 0, 5000);
        ck_assert_int_eq(r.runs, cksel == 2 || cksel == 3);
        ck_assert_int_eq(r.state, cksel == 1                 ? CLOCK_DEAD_RESERVED
                                  : cksel == 2 || cksel == 3 ? CLOCK_FINE
                                                             : CLOCK_DEAD_NOTHING_WIRED);
    }
    ck_assert_int_eq(ask(0xE0, WIRED_CRYSTAL, MHZ(16), 5000).state, CLOCK_DEAD_NOTHING_WIRED);
}
END_TEST

/* CKSEL0 and SUT against the datasheet's tables: cycles and time-out at 5 V, by SUT. */
START_TEST(start_up_tables)
{
    static const struct {
        uint8_t cksel;
        enum clock_wired wired;
        uint64_t f_millihz;
        struct {
            uint32_t ck, us;
            bool reserved;
        } sut[4];
    } row[] = {
        { 0, WIRED_WAVE, MHZ(8), { { 6, 0, 0 }, { 6, 4100, 0 }, { 6, 65000, 0 }, { 6, 65000, 1 } } },
        { 2, WIRED_NOTHING, 0, { { 6, 0, 0 }, { 6, 4100, 0 }, { 6, 65000, 0 }, { 6, 65000, 1 } } },
        { 3, WIRED_NOTHING, 0, { { 6, 0, 0 }, { 6, 4000, 0 }, { 6, 64000, 0 }, { 6, 64000, 1 } } },
        { 4, WIRED_CRYSTAL, 32768000, { { 1024, 0, 0 }, { 1024, 4100, 0 }, { 1024, 65000, 0 }, { 1024, 65000, 1 } } },
        { 5,
          WIRED_CRYSTAL,
          32768000,
          { { 32768, 0, 0 }, { 32768, 4100, 0 }, { 32768, 65000, 0 }, { 32768, 65000, 1 } } },
        { 6, WIRED_CRYSTAL, MHZ(16), { { 258, 4100, 0 }, { 258, 65000, 0 }, { 1024, 0, 0 }, { 1024, 4100, 0 } } },
        { 7, WIRED_CRYSTAL, MHZ(16), { { 1024, 65000, 0 }, { 16384, 0, 0 }, { 16384, 4100, 0 }, { 16384, 65000, 0 } } },
        { 8, WIRED_CRYSTAL, MHZ(0.5), { { 258, 4100, 0 }, { 258, 65000, 0 }, { 1024, 0, 0 }, { 1024, 4100, 0 } } },
        { 15,
          WIRED_CRYSTAL,
          MHZ(16),
          { { 1024, 65000, 0 }, { 16384, 0, 0 }, { 16384, 4100, 0 }, { 16384, 65000, 0 } } },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        for (unsigned sut = 0; sut < 4; sut++) {
            uint8_t lfuse = (uint8_t)(0xC0 | sut << 4 | row[i].cksel);
            struct clock_result r = ask(lfuse, row[i].wired, row[i].f_millihz, 5000);
            ck_assert(r.runs);
            ck_assert_uint_eq(r.startup_ck, row[i].sut[sut].ck);
            ck_assert_uint_eq(r.delay_ck, 14);
            ck_assert_uint_eq(r.delay_us, row[i].sut[sut].us);
            ck_assert_int_eq(r.startup_reserved, row[i].sut[sut].reserved);
        }
    }
}
END_TEST

/* With RSTDISBL programmed, SUT 00 of the internal oscillators still leaves time to enter programming mode. */
START_TEST(rstdisbl_lengthens_the_bare_delay)
{
    static const struct {
        uint8_t lfuse;
        uint32_t us;
    } row[] = { { 0xC2, 4100 }, { 0xC3, 4100 }, { 0xC0, 0 }, { 0xE2, 65000 } };
    for (unsigned i = 0; i < 4; i++) {
        struct fuse_bytes b = low(row[i].lfuse);
        struct clock_board board = clock_board_default(&m328p, &b);
        board.wired = WIRED_WAVE;
        board.f_millihz = MHZ(1);
        ck_assert(fuse_put(&m328p, &b, FUSE_RSTDISBL, 0));
        ck_assert_uint_eq(clock_model(&m328p, &b, &board).delay_us, row[i].us);
    }
    ck_assert_uint_eq(ask(0xC2, WIRED_NOTHING, 0, 5000).delay_us, 0);
}
END_TEST

START_TEST(the_delay_oscillator_follows_vcc)
{
    ck_assert_uint_eq(ask(0xD2, WIRED_NOTHING, 0, 5000).delay_us, 4100);
    ck_assert_uint_eq(ask(0xD2, WIRED_NOTHING, 0, 3000).delay_us, 4300);
    ck_assert_uint_eq(ask(0xD2, WIRED_NOTHING, 0, 4000).delay_us, 4200);
    ck_assert_uint_eq(ask(0xE2, WIRED_NOTHING, 0, 5000).delay_us, 65000);
    ck_assert_uint_eq(ask(0xE2, WIRED_NOTHING, 0, 3000).delay_us, 69000);
    ck_assert_uint_eq(ask(0xE2, WIRED_NOTHING, 0, 1800).delay_us, 71400);
    ck_assert_uint_eq(ask(0xE2, WIRED_NOTHING, 0, 1000).delay_us, 71400);
}
END_TEST

START_TEST(start_up_time)
{
    struct clock_result r = ask(0x62, WIRED_NOTHING, 0, 3000);
    /* 20 cycles of 8 MHz and 69 ms */
    ck_assert_uint_eq(clock_startup_ps(&r, true), 20 * UINT64_C(125000) + 69 * SIM_MS);
    r = ask(0xF7, WIRED_CRYSTAL, MHZ(16), 5000);
    ck_assert_uint_eq(clock_startup_ps(&r, false), (16384 + 14) * UINT64_C(62500) + 65 * SIM_MS);
    r = ask(0xC5, WIRED_CRYSTAL, 32768000, 5000);
    ck_assert_uint_eq(clock_startup_ps(&r, false) / SIM_US, 1000427); /* 32782 cycles */
    r = ask(0xFF, WIRED_NOTHING, 0, 5000);
    ck_assert_uint_eq(clock_startup_ps(&r, true), 0);
}
END_TEST

/* OSCCAL moves the RC along the figure: rises within a range, falls back at 128. */
START_TEST(osccal_curve)
{
    struct fuse_bytes b = low(0xE2);
    struct clock_board board = clock_board_default(&m328p, &b);
    uint64_t last = 0;

    board.vcc_mv = 3000;
    ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), MHZ(8));
    /* typical: on the figure, from 4.2 to 9.3 and from 6.3 to 13.3 MHz */
    static const struct {
        uint8_t osccal;
        double mhz;
    } point[] = { { 0, 4.2 }, { 8, 4.35 }, { 64, 5.8 }, { 127, 9.3 }, { 128, 6.3 }, { 176, 7.85 }, { 255, 13.3 } };
    for (unsigned i = 0; i < sizeof point / sizeof point[0]; i++) {
        board.osccal = point[i].osccal;
        double f = (double)clock_rc_millihz(&m328p, &board) / 1e9;
        ck_assert_double_eq_tol(f, point[i].mhz, 0.02 * point[i].mhz / 8 + 0.01);
    }
    for (unsigned o = 0; o < 256; o++) {
        board.osccal = (uint8_t)o;
        uint64_t f = clock_rc_millihz(&m328p, &board);
        if (o == 128) {
            ck_assert(f < last);
        } else {
            ck_assert(f > last);
        }
        last = f;
    }
    /* at its own calibration byte a chip has nominal, whatever byte that is; tolerance and VCC come on top */
    for (unsigned o = 0; o < 256; o += 17) {
        board.osccal = board.osccal_factory = (uint8_t)o;
        board.rc_ppm = 0;
        ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), MHZ(8));
        board.rc_ppm = -100000;
        ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), MHZ(7.2));
    }
}
END_TEST

START_TEST(rc_follows_vcc)
{
    struct fuse_bytes b = low(0xE2);
    struct clock_board board = clock_board_default(&m328p, &b);
    board.vcc_mv = 5000;
    ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), MHZ(8) * 8100 / 7970);
    board.vcc_mv = 2000;
    ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), MHZ(8) * 7870 / 7970);
    board.vcc_mv = 4000;
    ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), MHZ(8) * 8035 / 7970);
    board.vcc_mv = 5500;
    uint64_t at_the_end = clock_rc_millihz(&m328p, &board);
    board.vcc_mv = 6000; /* beyond the figure: as at its end */
    ck_assert_uint_eq(clock_rc_millihz(&m328p, &board), at_the_end);
}
END_TEST

START_TEST(rc128k_has_its_own_deviation)
{
    struct fuse_bytes b = low(0xE3);
    struct clock_board board = clock_board_default(&m328p, &b);
    for (board.vcc_mv = 1800; board.vcc_mv <= 5500; board.vcc_mv += 100) {
        ck_assert_uint_eq(clock_model(&m328p, &b, &board).f_millihz, 128000000);
    }
    board.rc128k_ppm = -400000;
    board.rc_ppm = 50000;
    ck_assert_uint_eq(clock_model(&m328p, &b, &board).f_millihz, 76800000);
    b = low(0x63);
    struct clock_result r = clock_model(&m328p, &b, &board);
    ck_assert_uint_eq(r.f_millihz / r.divide, 9600000);
}
END_TEST

START_TEST(speed_grade)
{
    ck_assert_uint_eq(clock_speed_grade_khz(&m328p, 1799), 0);
    ck_assert_uint_eq(clock_speed_grade_khz(&m328p, 1800), 4000);
    ck_assert_uint_eq(clock_speed_grade_khz(&m328p, 2250), 7000);
    ck_assert_uint_eq(clock_speed_grade_khz(&m328p, 2700), 10000);
    ck_assert_uint_eq(clock_speed_grade_khz(&m328p, 3600), 15000);
    ck_assert_uint_eq(clock_speed_grade_khz(&m328p, 5500), 20000);
    /* the system clock counts, so CKDIV8 helps */
    ck_assert_int_eq(ask(0xFF, WIRED_CRYSTAL, MHZ(16), 3780).state, CLOCK_FINE);
    ck_assert_int_eq(ask(0xFF, WIRED_CRYSTAL, MHZ(16), 3779).state, CLOCK_OVER_SPEED);
    ck_assert(ask(0xFF, WIRED_CRYSTAL, MHZ(16), 3779).runs);
    ck_assert_int_eq(ask(0x7F, WIRED_CRYSTAL, MHZ(16), 3779).state, CLOCK_FINE);
    ck_assert_int_eq(ask(0xE2, WIRED_NOTHING, 0, 1800).state, CLOCK_OVER_SPEED);
    ck_assert_int_eq(ask(0x62, WIRED_NOTHING, 0, 1800).state, CLOCK_FINE);
    ck_assert_int_eq(ask(0xE0, WIRED_WAVE, MHZ(20.5), 5000).state, CLOCK_OVER_SPEED);
}
END_TEST

START_TEST(sck_limits)
{
    ck_assert_uint_eq(clock_sck_samples(MHZ(12) - 1), 2);
    ck_assert_uint_eq(clock_sck_samples(MHZ(12)), 3);
    ck_assert_uint_eq(clock_max_sck_hz(MHZ(1)), 249999); /* more than two clocks, so below f / 4 */
    ck_assert_uint_eq(clock_max_sck_hz(MHZ(12) - 1), 2999999);
    ck_assert_uint_eq(clock_max_sck_hz(MHZ(12)), 2000000); /* three clocks */
    ck_assert_uint_eq(clock_max_sck_hz(16000000), 3999);   /* 128 kHz / 8 */
    ck_assert_uint_eq(clock_max_sck_hz(0), 0);
}
END_TEST

START_TEST(external_rc)
{
    /* the datasheet's examples: 33 kOhm and 22 pF about 650 kHz (formula: 459), 10 kOhm and 22 pF 2.0 (1.52) */
    ck_assert_uint_eq(clock_external_rc_millihz(10000, 22) / 1000, 1515151);
    ck_assert_uint_eq(clock_external_rc_millihz(0, 22), 0);
    ck_assert_uint_eq(clock_external_rc_millihz(10000, 0), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("clock_model");
    TCase *tc = tcase_create("clock_model");
    tcase_add_test(tc, cksel_selects_the_source);
    tcase_add_test(tc, crystals_start_in_their_range);
    tcase_add_test(tc, atmega8a_beyond_its_ranges);
    tcase_add_test(tc, full_swing_needs_2v7);
    tcase_add_test(tc, waves_and_edges);
    tcase_add_test(tc, nothing_wired_and_a_crystal_is_no_clock);
    tcase_add_test(tc, start_up_tables);
    tcase_add_test(tc, rstdisbl_lengthens_the_bare_delay);
    tcase_add_test(tc, the_delay_oscillator_follows_vcc);
    tcase_add_test(tc, start_up_time);
    tcase_add_test(tc, osccal_curve);
    tcase_add_test(tc, rc_follows_vcc);
    tcase_add_test(tc, rc128k_has_its_own_deviation);
    tcase_add_test(tc, speed_grade);
    tcase_add_test(tc, sck_limits);
    tcase_add_test(tc, external_rc);
    suite_add_tcase(s, tc);
    return run_all(s);
}
