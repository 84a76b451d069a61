/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuse_warning_test.c - settings that earn a warning, and the same without what it warns of */
#include "sim/fuse_text.h"
#include "sim/fuse_warning.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

#define MHZ UINT64_C(1000000000) /* in millihertz */

static struct fuse_warnings made(const struct part *part, const struct fuse_bytes *fuses, const struct clock_board *b)
{
    const struct fuse_verdict v = fuse_verdict(part, fuses, b);
    struct fuse_warnings w;

    fuse_warnings_make(&w, part, fuses, b, &v);
    return w;
}

static bool has(const struct fuse_warnings *w, const char *id)
{
    for (unsigned i = 0; i < w->n; i++) {
        if (!strcmp(w->warning[i].id, id)) {
            return true;
        }
    }
    return false;
}

static const struct row {
    const struct part *part;
    uint8_t low;
    enum clock_wired wired;
    uint64_t f_millihz;
    uint32_t vcc_mv;
    const char *id;
    bool earned;
} rows[] = {
    { &part_atmega328p, 0xCE, WIRED_CRYSTAL, 16 * MHZ, 5000, "short-start-up", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 16 * MHZ, 5000, "short-start-up", false },
    { &part_atmega328p, 0xE5, WIRED_CRYSTAL, 32768000, 5000, "slow-start", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 16 * MHZ, 5000, "slow-start", false },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 4 * MHZ, 5000, "wrong-range", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 8 * MHZ, 5000, "wrong-range", false },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 20 * MHZ, 5000, "over-range", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 24 * MHZ, 5000, "over-range", false }, /* too fast in any case */
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 24 * MHZ, 5000, "over-speed", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 16 * MHZ, 1750, "low-vcc", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 16 * MHZ, 1300, "low-vcc", false }, /* it is off: nothing runs too fast */
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 16 * MHZ, 1499, "no-supply", true },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 16 * MHZ, 1500, "no-supply", false },
    { &part_atmega328p, 0xFF, WIRED_CRYSTAL, 0, 5000, "no-crystal", true },
    { &part_atmega328p, 0xE0, WIRED_NOTHING, 0, 5000, "no-external-clock", true },
    { &part_atmega328p, 0xE0, WIRED_EDGES, 0, 5000, "no-external-clock", false },
    { &part_atmega328p, 0xE5, WIRED_NOTHING, 0, 5000, "no-lf-crystal", true },
    { &part_atmega328p, 0xE1, WIRED_NOTHING, 0, 5000, "reserved-cksel", true },
    { &part_atmega8a, 0xE5, WIRED_NOTHING, 0, 5000, "no-rc-parts", true },
    { &part_atmega8a, 0xE5, WIRED_RC, 0, 5000, "no-rc-parts", true },
    { &part_atmega8a, 0xE5, WIRED_RC, MHZ / 2, 5000, "no-rc-parts", false },
    { &part_atmega8a, 0xE5, WIRED_RC, MHZ / 20, 5000, "wrong-range", true },
    { &part_atmega8a, 0xE5, WIRED_RC, 13 * MHZ, 5000, "wrong-range", true },
    { &part_atmega8a, 0xE5, WIRED_RC, MHZ / 2, 5000, "wrong-range", false },
};

START_TEST(each_warning_is_earned)
{
    for (const struct row *r = rows; r < rows + sizeof rows / sizeof rows[0]; r++) {
        struct fuse_bytes fuses = fuse_factory(r->part);
        fuses.fuse[0] = r->low;
        struct clock_board b = clock_board_default(r->part, &fuses);
        b.wired = r->wired;
        b.f_millihz = r->f_millihz;
        b.vcc_mv = r->vcc_mv;
        const struct fuse_warnings w = made(r->part, &fuses, &b);
        ck_assert_msg(has(&w, r->id) == r->earned, "row %d: %s %s", (int)(r - rows), r->id,
                      r->earned ? "missing" : "told");
    }
}
END_TEST

/* The widest brown-out level: above the supply, within its tolerance, below it. */
START_TEST(brown_out_against_the_supply)
{
    static const struct {
        uint32_t vcc_mv;
        const char *said;
    } at[] = { { 4000, "stays in reset" }, { 4450, "may stay in reset" }, { 5000, NULL } };

    for (unsigned i = 0; i < 3; i++) {
        struct fuse_bytes fuses = fuse_factory(&part_atmega328p);
        fuses.fuse[2] = 0xFC; /* 4.3 V */
        struct clock_board b = clock_board_default(&part_atmega328p, &fuses);
        b.vcc_mv = at[i].vcc_mv;
        const struct fuse_warnings w = made(&part_atmega328p, &fuses, &b);
        ck_assert(has(&w, "bod-above-vcc") == (at[i].said != NULL));
        ck_assert(!at[i].said || strstr(w.warning[w.n - 1].text, at[i].said));
    }
}
END_TEST

START_TEST(a_clock_by_edges_is_reached_by_luck)
{
    struct fuse_bytes fuses = fuse_factory(&part_atmega328p);
    fuses.fuse[0] = 0xE0;
    struct clock_board b = clock_board_default(&part_atmega328p, &fuses);

    b.wired = WIRED_EDGES;
    struct fuse_verdict v = fuse_verdict(&part_atmega328p, &fuses, &b);
    ck_assert_int_eq(fuse_verdict_at(&v, 1000), FUSE_REACH_BY_LUCK);
    b.wired = WIRED_WAVE;
    b.f_millihz = MHZ;
    v = fuse_verdict(&part_atmega328p, &fuses, &b);
    ck_assert_int_eq(fuse_verdict_at(&v, v.sck_max_hz), FUSE_REACH_YES);
    ck_assert_int_eq(fuse_verdict_at(&v, 600000), FUSE_REACH_NO);
    b.wired = WIRED_NOTHING;
    v = fuse_verdict(&part_atmega328p, &fuses, &b);
    ck_assert_int_eq(fuse_verdict_at(&v, 1), FUSE_REACH_NO);
    ck_assert_uint_eq(v.needs, FUSE_NEED_WAVE_XTAL1);
}
END_TEST

/* What a chip without supply needs besides: its clock where it has none, high voltage where nothing else helps. */
START_TEST(without_supply_the_other_needs_stay)
{
    static const struct {
        uint8_t low;
        uint32_t vcc_mv;
        unsigned needs;
    } at[] = { { 0x62, 1000, FUSE_NEED_HIGHER_VCC },
               { 0xE0, 1000, FUSE_NEED_HIGHER_VCC | FUSE_NEED_WAVE_XTAL1 },
               { 0xE1, 1000, FUSE_NEED_HIGH_VOLTAGE },
               { 0xE1, 5000, FUSE_NEED_HIGH_VOLTAGE },
               { 0x62, 5000, 0 } };

    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct fuse_bytes fuses = fuse_factory(&part_atmega328p);
        fuses.fuse[0] = at[i].low;
        struct clock_board b = clock_board_default(&part_atmega328p, &fuses);
        b.vcc_mv = at[i].vcc_mv;
        ck_assert_uint_eq(fuse_verdict(&part_atmega328p, &fuses, &b).needs, at[i].needs);
    }
}
END_TEST

START_TEST(an_oscillator_over_12_mhz_at_its_fastest_is_slowest_there_for_sck)
{
    struct fuse_bytes fuses = fuse_factory(&part_atmega328p);
    fuses.fuse[0] = 0xE2;
    struct clock_board b = clock_board_default(&part_atmega328p, &fuses);
    b.rc_ppm = 450000; /* OSCCAL at its end: 11.6 MHz, 10 % more or less */
    struct fuse_verdict v = fuse_verdict(&part_atmega328p, &fuses, &b);
    ck_assert(v.f_cpu_min_millihz < 12 * MHZ && v.f_cpu_max_millihz > 12 * MHZ);
    ck_assert_uint_eq(v.sck_max_worst_hz, clock_max_sck_hz(12 * MHZ)); /* a sixth from there on, below a quarter */
    ck_assert_uint_lt(v.sck_max_worst_hz, clock_max_sck_hz(v.f_cpu_min_millihz));
    b.rc_ppm = 0;
    v = fuse_verdict(&part_atmega328p, &fuses, &b);
    ck_assert_uint_eq(v.sck_max_worst_hz, clock_max_sck_hz(v.f_cpu_min_millihz));
}
END_TEST

START_TEST(where_a_wave_for_the_low_frequency_oscillator_goes)
{
    struct fuse_bytes fuses = fuse_factory(&part_atmega328p);
    fuses.fuse[0] = 0xE5;
    struct clock_board b = clock_board_default(&part_atmega328p, &fuses);
    b.lf_wave_on_xtal2_only = true;
    ck_assert_uint_eq(fuse_verdict(&part_atmega328p, &fuses, &b).needs, FUSE_NEED_CRYSTAL | FUSE_NEED_WAVE_XTAL2);
    b.lf_wave_on_xtal2_only = false;
    ck_assert_uint_eq(fuse_verdict(&part_atmega328p, &fuses, &b).needs, FUSE_NEED_CRYSTAL | FUSE_NEED_WAVE_XTAL1);
}
END_TEST

START_TEST(frequencies_as_text)
{
    ck_assert_str_eq(FREQ(MHZ * 16), "16 MHz");
    ck_assert_str_eq(FREQ(MHZ / 1000 * 128), "128 kHz");
    ck_assert_str_eq(FREQ(MHZ / 1000000 * 500), "500 Hz");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fuse_warning");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, each_warning_is_earned);
    tcase_add_test(tc, brown_out_against_the_supply);
    tcase_add_test(tc, a_clock_by_edges_is_reached_by_luck);
    tcase_add_test(tc, without_supply_the_other_needs_stay);
    tcase_add_test(tc, an_oscillator_over_12_mhz_at_its_fastest_is_slowest_there_for_sck);
    tcase_add_test(tc, where_a_wave_for_the_low_frequency_oscillator_goes);
    tcase_add_test(tc, frequencies_as_text);
    suite_add_tcase(s, tc);
    return run_all(s);
}
