/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules judged on a recording: just inside, at and outside of each, and what a recording can't tell. */
#include "wave/pin_rules.h"

#include "tests/test_files.h"
#include "wave/isp_bus_fixture.h"

/* A session with SCK of this half period, so long after RESET fell, and two page writes so far apart. */
static void judged(struct bus *b, sim_time half_ps, sim_time wait_ps, sim_time write_ps, uint64_t clock_millihz,
                   sim_time tick_ps)
{
    start(b);
    b->half_ps = half_ps;
    b->now_ps = SIM_MS;
    reset(b, false, wait_ps);
    send(b, 0xAC530000, 32);
    send(b, 0x4C000000, 32);
    b->now_ps += write_ps;
    send(b, 0x4C000000, 32);
    b->now_ps += 10 * SIM_MS;
    reset(b, true, SIM_MS);
    ck_assert(doc_finish(&b->d, b->now_ps));
    b->d.tick_ps = tick_ps;
    ck_assert(isp_track_add(&b->d, &wires, &b->dec));
    ck_assert(pin_rules_add(&b->d, &wires, &b->dec, clock_millihz));
}

static unsigned count(const struct wave_doc *d, enum doc_track_kind kind, const char *term)
{
    const struct doc_track *k = doc_find_track(d, kind);
    unsigned n = 0;
    for (uint32_t i = 0; k && i < k->n; i++) {
        n += strncmp(doc_text(d, k->spans[i].text), term, strlen(term)) == 0;
    }
    return n;
}

static const uint64_t mhz_1 = UINT64_C(1000000000);

START_TEST(phases_are_judged_by_the_clock_that_is_stated)
{
    static const struct {
        sim_time half_ps, tick_ps;
        uint64_t clock_millihz;
        unsigned high, kept;
        const char *why;
    } cases[] = {
        { 2 * SIM_US + 1, 0, mhz_1, 0, 1, "more than two clocks" },
        { 2 * SIM_US, 0, mhz_1, 96, 0, "two clocks are not more than two" },
        { 2 * SIM_US - 1, 0, mhz_1, 96, 0, "less" },
        { 2 * SIM_US - 1, SIM_US, mhz_1, 0, 1, "... by less than a sample" },
        { SIM_US, SIM_US / 2, mhz_1, 96, 0, "... by more than a sample" },
        { SIM_US, 0, 8 * mhz_1, 0, 1, "a faster target" },
        { SIM_US, 0, 0, 0, 0, "nobody says the clock" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bus b;
        judged(&b, cases[i].half_ps, 25 * SIM_MS, 5 * SIM_MS, cases[i].clock_millihz, cases[i].tick_ps);
        unsigned high = count(&b.d, DOC_TRACK_FINDINGS, "tSHSL"), kept = count(&b.d, DOC_TRACK_KEPT, "tSHSL");
        ck_assert_msg(high == cases[i].high && kept == cases[i].kept, "%s: %u broken, %u kept", cases[i].why, high,
                      kept);
        const struct doc_limit *l = doc_limit_at(&b.d, SCK, WAVE_1, 27 * SIM_MS);
        ck_assert_msg(!l == !cases[i].clock_millihz, "%s: bars", cases[i].why);
        if (l) {
            ck_assert_uint_eq(l->required_ps, 2 * SIM_S / (cases[i].clock_millihz / 1000));
            ck_assert_msg(doc_limit_kept(&b.d, l, cases[i].half_ps) == !cases[i].high, "%s: bar", cases[i].why);
        }
        doc_free(&b.d);
    }
}
END_TEST

START_TEST(waits_are_judged_without_a_clock)
{
    struct bus b;
    judged(&b, 4 * SIM_US, 20 * SIM_MS - 4 * SIM_US, 4500 * SIM_US - 4 * SIM_US, 0, 0);
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_FINDINGS, ""), 0);
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_KEPT, "tWD_FLASH"), 1);
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_KEPT, "20 ms"), 1);
    doc_free(&b.d);
    judged(&b, 4 * SIM_US, 20 * SIM_MS - 4 * SIM_US - 1, 4500 * SIM_US - 4 * SIM_US - 1, 0, 0);
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_FINDINGS, "20 ms"), 1);
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_FINDINGS, "tWD_FLASH"), 1);
    doc_free(&b.d);
}
END_TEST

START_TEST(what_the_bench_found_is_not_found_again)
{
    struct bus b;
    start(&b);
    b.half_ps = SIM_US;
    reset(&b, false, SIM_MS);
    send(&b, 0xAC530000, 32);
    doc_add_track(&b.d, "limpet.findings", DOC_TRACK_FINDINGS);
    ck_assert(doc_finish(&b.d, b.now_ps));
    ck_assert(isp_track_add(&b.d, &wires, &b.dec));
    ck_assert(pin_rules_add(&b.d, &wires, &b.dec, mhz_1));
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_FINDINGS, ""), 0);
    ck_assert_ptr_nonnull(doc_limit_at(&b.d, SCK, WAVE_0, SIM_MS / 2));
    doc_free(&b.d);
}
END_TEST

START_TEST(a_beginning_that_was_not_recorded_is_not_judged)
{
    struct bus b;
    start(&b);
    b.d.signals[RESET].n = 0;
    reset(&b, false, 5 * SIM_MS); /* low from the first sample on */
    send(&b, 0xAC530000, 32);
    ck_assert(doc_finish(&b.d, b.now_ps));
    ck_assert(isp_track_add(&b.d, &wires, &b.dec));
    ck_assert(pin_rules_add(&b.d, &wires, &b.dec, 8 * mhz_1));
    ck_assert_uint_eq(count(&b.d, DOC_TRACK_FINDINGS, ""), 0);
    doc_free(&b.d);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("pin_rules");
    tcase_add_test(tc, phases_are_judged_by_the_clock_that_is_stated);
    tcase_add_test(tc, waits_are_judged_without_a_clock);
    tcase_add_test(tc, what_the_bench_found_is_not_found_again);
    tcase_add_test(tc, a_beginning_that_was_not_recorded_is_not_judged);
    return run_suite("pin_rules", tc);
}
