/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document: what it reads, and every answer of the pyramid against one that looks at each change. */
#include "wave/doc.h"
#include "wave/doc_merge.h"
#include "wave/doc_write.h"

#include "sim/rng.h"
#include "tests/test_files.h"

#include <math.h>
#include <string.h>

static struct wave_doc d;
static struct problem err;

static bool load(const char *name, const char *text)
{
    char *path = test_path(name);
    write_text(path, text, strlen(text));
    bool ok = doc_load(&d, path, &err);
    unlink(path);
    return ok;
}

START_TEST(reads_levels_volts_strings_and_buses)
{
    ck_assert_msg(load("a.vcd", "$timescale 1 ns $end\n$scope module t $end\n$var wire 1 ! sck $end\n"
                                "$var real 64 \" vcc $end\n$var string 1 # step $end\n$var wire 8 $ data [7:0] $end\n"
                                "$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n0!\nr5.0 \"\ns- #\nbx $\n$end\n"
                                "#10\n1!\nspower\\x20on #\nb10100101 $\n#20\nl!\ns #\n#30\nb1z $\nr4.75 \"\n#40\n"),
                  "%s", err.text);
    ck_assert_uint_eq(d.n_signals, 2 + 8); /* the bits of data are signals too */
    ck_assert_uint_eq(d.n_tracks, 2);
    ck_assert_uint_eq(d.end_ps, 40000);
    int sck = doc_find_signal(&d, "sck");
    ck_assert_int_eq(sck, 0);
    ck_assert_int_eq(doc_level_at(&d.signals[sck], 9999), WAVE_0);
    ck_assert_int_eq(doc_level_at(&d.signals[sck], 10000), WAVE_1);
    ck_assert_int_eq(doc_level_at(&d.signals[sck], 20000), WAVE_WEAK_0);
    ck_assert_int_eq(doc_mv_at(&d.signals[doc_find_signal(&d, "vcc")], 30000), 4750);
    ck_assert_uint_eq(doc_next_edge(&d.signals[0], 10000), 20000);
    ck_assert_uint_eq(doc_previous_edge(&d.signals[0], 10000), 0);
    ck_assert_uint_eq(doc_next_edge(&d.signals[0], 20000), SIM_NEVER);
    const struct doc_track *step = &d.tracks[0], *data = &d.tracks[1];
    ck_assert_uint_eq(step->n, 1); /* "-" and an empty text are nothing */
    ck_assert_str_eq(doc_text(&d, step->spans[0].text), "power on");
    ck_assert_uint_eq(step->spans[0].begin_ps, 10000);
    ck_assert_uint_eq(step->spans[0].end_ps, 20000);
    ck_assert_uint_eq(data->n, 3);
    ck_assert_str_eq(doc_text(&d, data->spans[0].text), "0xx");
    ck_assert_str_eq(doc_text(&d, data->spans[1].text), "0xA5");
    ck_assert_str_eq(doc_text(&d, data->spans[2].text), "0xz");
    ck_assert_uint_eq(data->spans[2].end_ps, 40000);
    doc_free(&d);
}
END_TEST

START_TEST(bad_files_leave_nothing)
{
    ck_assert(!load("a.vcd", "$timescale 3 ns $end\n"));
    ck_assert_ptr_nonnull(strstr(err.text, ":1: "));
    ck_assert_uint_eq(d.n_signals, 0);
    ck_assert(!doc_load(&d, "/nonexistent/file.vcd", &err));
    ck_assert(load("b.vcd", "$timescale 1 ns $end $enddefinitions $end\n")); /* nothing in it is fine */
    ck_assert_uint_eq(d.n_signals, 0);
    ck_assert_uint_eq(d.end_ps, 0);
    doc_free(&d);
}
END_TEST

START_TEST(plain_numbers_in_a_signal_in_volts)
{
    ck_assert_msg(load("a.csv", "time_us,signal,level\n0,RTS,0\n1,RTS,1\n2,RTS,-9.0\n"), "%s", err.text);
    ck_assert_int_eq(d.signals[0].kind, DOC_VOLTS);
    ck_assert_int_eq(doc_mv_at(&d.signals[0], SIM_US), 1000);
    ck_assert_int_eq(d.signals[0].mv_min, -9000);
    doc_free(&d);
}
END_TEST

/* A random signal of each kind: n changes, several of them at one time. */
static void make_random(struct sim_rng *r, uint64_t n)
{
    sim_time t = 0;
    doc_init(&d);
    ck_assert_int_eq(doc_add_signal(&d, "a", DOC_LEVELS), 0);
    ck_assert_int_eq(doc_add_signal(&d, "b", DOC_VOLTS), 1);
    while (d.signals[0].n < n) {
        t += sim_rng_next(r) % 4;
        doc_add_level(&d, 0, t, (enum wave_level)(sim_rng_next(r) % 8 ? sim_rng_next(r) % 2 : sim_rng_next(r) % 6));
        doc_add_mv(&d, 1, t, (int32_t)(sim_rng_next(r) % 20000) - 10000);
    }
    ck_assert(doc_finish(&d, t + 5));
}

START_TEST(pyramid_and_search_agree_with_a_plain_look)
{
    struct sim_rng r = sim_rng_stream(7, "doc");
    for (unsigned round = 0; round < 40; round++) {
        make_random(&r, round < 5 ? round : 1 + sim_rng_next(&r) % 9000);
        const struct doc_signal *s = &d.signals[0], *v = &d.signals[1];
        for (unsigned q = 0; q < 200; q++) {
            uint64_t i = sim_rng_next(&r) % (s->n + 1), j = i + sim_rng_next(&r) % (s->n - i + 1);
            unsigned mask = 0;
            for (uint64_t k = i; k < j; k++) {
                mask |= 1u << s->level[k];
            }
            ck_assert_uint_eq(doc_mask(s, i, j), mask);
            int32_t low = INT32_MAX, high = INT32_MIN, got_low, got_high;
            for (uint64_t k = i; k < j && k < v->n; k++) {
                low = v->mv[k] < low ? v->mv[k] : low;
                high = v->mv[k] > high ? v->mv[k] : high;
            }
            doc_range(v, i, j < v->n ? j : v->n, &got_low, &got_high);
            ck_assert_int_eq(got_low, low);
            ck_assert_int_eq(got_high, high);
            sim_time t = sim_rng_next(&r) % (d.end_ps + 1);
            uint64_t after = 0;
            while (after < s->n && s->at_ps[after] <= t) {
                after++;
            }
            ck_assert_uint_eq(doc_after(s, t, 0), after);
            ck_assert_uint_eq(doc_after(s, t, after ? sim_rng_next(&r) % after : 0), after);
        }
        doc_free(&d);
    }
}
END_TEST

START_TEST(computed_clock)
{
    struct sim_clock slow = sim_clock_hz(1000, 1000000, 1), none = { 0 };
    doc_init(&d);
    int c = doc_add_signal(&d, "clock", DOC_CLOCK);
    doc_add_phase(&d, (unsigned)c, 1000, &slow); /* rises at 1000 + n us */
    doc_add_phase(&d, (unsigned)c, 10 * SIM_US, &none);
    ck_assert(doc_finish(&d, 20 * SIM_US));
    const struct doc_signal *s = &d.signals[c];
    ck_assert_int_eq(doc_level_at(s, 999), WAVE_X);
    ck_assert_int_eq(doc_level_at(s, 1000), WAVE_1);
    ck_assert_int_eq(doc_level_at(s, 1000 + SIM_US / 2), WAVE_0);
    ck_assert_int_eq(doc_level_at(s, 15 * SIM_US), WAVE_0);
    ck_assert_uint_eq(doc_next_edge(s, 1000), 1000 + SIM_US / 2);
    ck_assert_uint_eq(doc_next_edge(s, 1000 + SIM_US / 2), 1000 + SIM_US);
    ck_assert_uint_eq(doc_next_edge(s, 9900 * SIM_NS), SIM_NEVER);
    ck_assert_uint_eq(doc_previous_edge(s, 1000 + SIM_US), 1000 + SIM_US / 2);
    ck_assert_uint_eq(doc_previous_edge(s, 20 * SIM_US), 1000 + 19 * SIM_US / 2);
    ck_assert_uint_eq(doc_previous_edge(s, 1000), SIM_NEVER);
    ck_assert_uint_eq(doc_clock_edges(s, 0, 20 * SIM_US), 10);
    doc_free(&d);
}
END_TEST

START_TEST(spans_by_time)
{
    doc_init(&d);
    int k = doc_add_track(&d, "busy", DOC_TRACK_BUSY);
    doc_add_span(&d, (unsigned)k, 50, 50, "late instant", NULL);
    doc_add_span(&d, (unsigned)k, 10, 40, "long", NULL);
    doc_add_span(&d, (unsigned)k, 20, 30, "inside", NULL);
    ck_assert(doc_finish(&d, 100));
    const struct doc_track *t = &d.tracks[k];
    ck_assert_str_eq(doc_text(&d, t->spans[0].text), "long");
    ck_assert_uint_eq(doc_span_after(t, 5), 0);
    ck_assert_uint_eq(doc_span_after(t, 35), 0);
    ck_assert_uint_eq(doc_span_after(t, 45), 2);
    ck_assert_uint_eq(doc_span_after(t, 50), 2); /* the instant itself */
    ck_assert_uint_eq(doc_span_after(t, 51), 3);
    ck_assert_ptr_eq(doc_find_track(&d, DOC_TRACK_BUSY), t);
    ck_assert_ptr_null(doc_find_track(&d, DOC_TRACK_STEPS));
    doc_free(&d);
}
END_TEST

START_TEST(two_recordings_on_one_screen)
{
    struct sim_rng r = sim_rng_stream(9, "merge");
    struct wave_doc other;
    make_random(&r, 500);
    doc_add_track(&d, "busy", DOC_TRACK_BUSY);
    doc_add_span(&d, 0, 100, 200, "busy", "why");
    ck_assert(doc_finish_tracks(&d));
    other = d;
    make_random(&r, 300);
    uint64_t n = d.signals[0].n;
    ck_assert(doc_merge(&d, &other, "2:", 1000));
    ck_assert_uint_eq(d.n_signals, 4);
    ck_assert_uint_eq(d.signals[0].n, n);
    const struct doc_signal *copy = &d.signals[doc_find_signal(&d, "2:a")], *from = &other.signals[0];
    ck_assert_uint_eq(copy->n, from->n);
    for (uint64_t i = 0; i < from->n; i++) {
        ck_assert_uint_eq(copy->at_ps[i], from->at_ps[i] + 1000);
        ck_assert_uint_eq(copy->level[i], from->level[i]);
    }
    ck_assert_uint_eq(doc_mask(copy, 3, 200), doc_mask(from, 3, 200));
    const struct doc_track *k = doc_find_track(&d, DOC_TRACK_BUSY);
    ck_assert_str_eq(k->name, "2:busy");
    ck_assert_uint_eq(k->spans[0].begin_ps, 1100);
    ck_assert_str_eq(doc_text(&d, k->spans[0].more), "why");
    ck_assert_uint_ge(d.end_ps, other.end_ps + 1000);
    ck_assert(doc_merge(&d, &other, "3:", -150)); /* the first 150 ps are squeezed into the beginning */
    ck_assert_uint_eq(d.signals[doc_find_signal(&d, "3:a")].at_ps[0], 0);
    doc_free(&d);
    doc_free(&other);
}
END_TEST

/* The place of marker n in seconds: limbs of eight digits, the first times ten to the exponent. */
static long double pulseview_marker(const char *text, unsigned n)
{
    static const char head[] = "time=22 serialization::archive 12 0 0 0 0 ";
    char group[40];
    unsigned limb[6];
    int power, negative, class, limbs;
    snprintf(group, sizeof group, "[meta_obj%u]", n);
    const char *at = strstr(text, group);
    at = at ? strstr(at, head) : NULL;
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at + strlen(head), "%u %u %u %u %u %u %d %d %d %d", &limb[0], &limb[1], &limb[2], &limb[3],
                            &limb[4], &limb[5], &power, &negative, &class, &limbs),
                     10);
    ck_assert(!negative && !class && limbs == 6 && power % 8 == 0);
    long double value = 0;
    for (unsigned i = 6; i-- > 0;) {
        ck_assert_uint_lt(limb[i], 100000000);
        value = value / 1e8L + limb[i];
    }
    return value * powl(10, power);
}

START_TEST(markers_for_pulseview)
{
    static const sim_time at_ps[] = { 0, 70 * SIM_US + 3, 3 * SIM_MS + 1, 2 * SIM_S + 5, 61 * SIM_S };
    const struct doc_cut cut = { .from_ps = 1000, .to_ps = 1000 + 61 * SIM_S, .tick_ps = SIM_US };
    const struct isp_wires wires = { -1, -1, -1, -1 };
    char *path = strdup(test_path("m.pvs"));
    doc_init(&d);
    unsigned findings = (unsigned)doc_add_track(&d, "findings", DOC_TRACK_FINDINGS);
    for (unsigned i = 0; i < 5; i++) {
        doc_add_span(&d, findings, 0, 1000 + at_ps[i], "tSHSL, 10 us", NULL);
    }
    ck_assert(doc_finish(&d, cut.to_ps));
    ck_assert_msg(doc_write_pvs(path, &d, &cut, &wires, &err), "%s", err.text);
    char *text = read_text(path);
    ck_assert_ptr_nonnull(strstr(text, "meta_objs=2\n")); /* nearer ones would cover one another */
    ck_assert_ptr_nonnull(strstr(text, "text=\"tSHSL\"\n"));
    ck_assert(pulseview_marker(text, 0) == 0 && pulseview_marker(text, 1) == 61);
    free(text);
    for (unsigned i = 1; i < 4; i++) { /* each where it is the first */
        const struct doc_cut one = { .from_ps = 1001, .to_ps = 1001 + at_ps[i], .tick_ps = SIM_US };
        ck_assert(doc_write_pvs(path, &d, &one, &wires, &err));
        text = read_text(path);
        long double last = pulseview_marker(text, i == 1 ? 0 : 1) * 1e12L;
        ck_assert_msg(fabsl(last - (long double)(at_ps[i] - 1)) < 0.5L, "%u: %.3Lf", i, last);
        free(text);
    }
    unlink(path);
    free(path);
    doc_free(&d);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("doc");
    tcase_add_test(tc, reads_levels_volts_strings_and_buses);
    tcase_add_test(tc, bad_files_leave_nothing);
    tcase_add_test(tc, plain_numbers_in_a_signal_in_volts);
    tcase_add_test(tc, pyramid_and_search_agree_with_a_plain_look);
    tcase_add_test(tc, computed_clock);
    tcase_add_test(tc, spans_by_time);
    tcase_add_test(tc, two_recordings_on_one_screen);
    tcase_add_test(tc, markers_for_pulseview);
    return run_suite("doc", tc);
}
