/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bits computed for a stretch of time are those of the whole recording. */
#include "wave/isp_bits.h"

#include "tests/test_files.h"
#include "wave/doc_merge.h"
#include "wave/isp_bus_fixture.h"

/* Three sessions; the second ends in the middle of an instruction. */
static void record(struct bus *b)
{
    start(b);
    for (unsigned session = 0; session < 3; session++) {
        reset(b, false, 25 * SIM_MS);
        send(b, 0xAC530000, 32);
        for (uint32_t i = 0; i < 40; i++) {
            send(b, 0x30000000 | i * 0x01010101 * session, 32);
        }
        send(b, 0xDEADBEEF, session == 1 ? 13 : 32);
        b->now_ps += SIM_MS;
        reset(b, true, SIM_MS);
    }
    ck_assert(doc_finish(&b->d, b->now_ps));
    ck_assert(isp_track_add(&b->d, &wires, &b->dec));
}

static const struct doc_track *bits_of(const struct wave_doc *d, const char *name)
{
    for (unsigned i = 0; i < d->n_tracks; i++) {
        if (strcmp(d->tracks[i].name, name) == 0) {
            return &d->tracks[i];
        }
    }
    ck_abort_msg("no track %s", name);
}

static bool same(const struct wave_doc *d, const struct doc_span *s, const struct wave_doc *whole,
                 const struct doc_span *w, sim_time shift_ps)
{
    return s->begin_ps == w->begin_ps + shift_ps && s->end_ps == w->end_ps + shift_ps && s->value == w->value &&
           s->answer == w->answer && strcmp(doc_text(d, s->text), doc_text(whole, w->text)) == 0;
}

/* All of a stretch are there; what else there is, is right too. */
static void expect_stretch(const struct wave_doc *d, const struct doc_track *k, const struct bus *whole,
                           sim_time from_ps, sim_time to_ps, sim_time shift_ps)
{
    const struct doc_track *all = bits_of(&whole->d, "bits");
    unsigned seen = 0, wanted = 0;
    isp_bits_show(d, (unsigned)(k - d->tracks), from_ps, to_ps);
    uint32_t i = 0;
    for (uint32_t n = 0; n < all->n; n++) {
        const struct doc_span *w = &all->spans[n];
        bool touches = w->end_ps + shift_ps >= from_ps && w->begin_ps + shift_ps <= to_ps;
        while (i < k->n && k->spans[i].begin_ps < w->begin_ps + shift_ps) {
            i++;
        }
        bool there = i < k->n && same(d, &k->spans[i], &whole->d, w, shift_ps);
        wanted += touches;
        seen += touches && there;
    }
    if (seen != wanted) {
        ck_abort_msg("%llu..%llu: %u of %u bits", (unsigned long long)from_ps, (unsigned long long)to_ps, seen, wanted);
    }
}

START_TEST(a_stretch_has_the_bits_of_the_whole)
{
    struct bus whole, b;
    record(&whole);
    record(&b);
    ck_assert(isp_bits_add(&whole.d, &wires, &whole.dec, true));
    ck_assert(isp_bits_add(&b.d, &wires, &b.dec, false));
    ck_assert_uint_eq(bits_of(&whole.d, "bits")->n, 3 * 42 * 32 - 19);
    const struct doc_track *k = bits_of(&b.d, "bits");
    ck_assert_uint_eq(k->n, 0);
    uint64_t seed = 1;
    for (unsigned i = 0; i < 300; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        sim_time from_ps = seed % b.d.end_ps, span_ps = (seed >> 32) % (1u << (10 + i % 22)) * UINT64_C(16);
        expect_stretch(&b.d, k, &whole, from_ps, from_ps + span_ps, 0);
    }
    expect_stretch(&b.d, k, &whole, 0, SIM_NEVER, 0);
    doc_free(&whole.d);
    doc_free(&b.d);
}
END_TEST

START_TEST(walking_along_meets_each_bit_once)
{
    struct bus whole, b;
    record(&whole);
    record(&b);
    ck_assert(isp_bits_add(&whole.d, &wires, &whole.dec, true));
    ck_assert(isp_bits_add(&b.d, &wires, &b.dec, false));
    const struct doc_track *all = bits_of(&whole.d, "bits");
    unsigned track = (unsigned)(bits_of(&b.d, "bits") - b.d.tracks);
    uint32_t n = 0;
    for (const struct doc_span *s = isp_bits_next(&b.d, track, 0); s; s = isp_bits_next(&b.d, track, s->begin_ps)) {
        if (n == all->n || !same(&b.d, s, &whole.d, &all->spans[n++], 0)) {
            ck_abort_msg("forward, bit %u", n);
        }
    }
    ck_assert_uint_eq(n, all->n);
    for (const struct doc_span *s = isp_bits_previous(&b.d, track, SIM_NEVER); s;
         s = isp_bits_previous(&b.d, track, s->begin_ps)) {
        if (!n || !same(&b.d, s, &whole.d, &all->spans[--n], 0)) {
            ck_abort_msg("back, bit %u", n);
        }
    }
    ck_assert_uint_eq(n, 0);
    doc_free(&whole.d);
    doc_free(&b.d);
}
END_TEST

START_TEST(beside_another_run_they_are_the_others)
{
    struct bus whole, b, other;
    record(&whole);
    record(&other);
    start(&b);
    ck_assert(doc_finish(&b.d, SIM_MS));
    ck_assert(isp_bits_add(&whole.d, &wires, &whole.dec, true));
    ck_assert(isp_bits_add(&other.d, &wires, &other.dec, false));
    ck_assert(doc_merge(&b.d, &other.d, "2:", SIM_MS));
    doc_free(&other.d);
    expect_stretch(&b.d, bits_of(&b.d, "2:bits"), &whole, 27 * SIM_MS, 29 * SIM_MS, SIM_MS);
    doc_free(&whole.d);
    doc_free(&b.d);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("isp_bits");
    tcase_add_test(tc, a_stretch_has_the_bits_of_the_whole);
    tcase_add_test(tc, walking_along_meets_each_bit_once);
    tcase_add_test(tc, beside_another_run_they_are_the_others);
    return run_suite("isp_bits", tc);
}
