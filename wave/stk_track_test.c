/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STK500 frames of both versions, their answers, and what is no conversation. */
#include "wave/stk_track.h"

#include "sim/rng.h"
#include "tests/test_files.h"

#include <string.h>

static struct wave_doc d;
static struct stk_byte bytes[400];
static size_t n;

static void begin(void)
{
    doc_init(&d);
    n = 0;
}

/* "30 20" of the host, or the device, a byte each us. */
static void say(bool host, const char *hex)
{
    for (char *end; *hex; hex = end) {
        unsigned long v = strtoul(hex, &end, 16);
        if (end == hex) {
            break;
        }
        bytes[n] = (struct stk_byte){ n * SIM_US, (n + 1) * SIM_US, (uint8_t)v, host };
        n++;
    }
}

static const struct doc_track *track(void)
{
    bool added;
    ck_assert(stk_track_add(&d, "stk500", bytes, n, &added));
    ck_assert(doc_finish(&d, n * SIM_US));
    ck_assert_int_eq(added, d.n_tracks == 1);
    return added ? &d.tracks[0] : NULL;
}

static void check(const struct doc_track *k, unsigned i, const char *text, enum doc_tone tone)
{
    ck_assert_uint_lt(i, k->n);
    ck_assert_str_eq(doc_text(&d, k->spans[i].text), text);
    ck_assert_int_eq(k->spans[i].tone, tone);
}

START_TEST(version_1)
{
    begin();
    say(true, "30 20");
    say(true, "30 20"); /* asked again: nobody listened the first time */
    say(false, "14 10");
    say(true, "55 40 01 20");
    say(false, "14 10");
    say(true, "75 20");
    say(false, "14 1e 95 0f 10");
    say(true, "64 00 02 46 aa bb 20");
    say(false, "14 11");
    say(true, "56 30 00 00 00 20");
    say(false, "14 1e 10");
    say(true, "41 81 99");
    say(false, "15");
    const struct doc_track *k = track();
    ck_assert_ptr_nonnull(k);
    ck_assert_uint_eq(k->n, 7);
    check(k, 0, "Get sync: no answer", DOC_BAD);
    check(k, 1, "Get sync: OK", DOC_CONTROL);
    check(k, 2, "Load address, 0x0140: OK", DOC_CONTROL);
    check(k, 3, "Read signature: 1E 95 0F", DOC_READ);
    check(k, 4, "Program page, flash, 2 bytes: failed", DOC_BAD);
    check(k, 5, "Universal, 30 00 00 00: 1E", DOC_PLAIN);
    check(k, 6, "Out of step: out of step", DOC_BAD);
    ck_assert_uint_eq(k->spans[1].begin_ps, 2 * SIM_US);
    ck_assert_uint_eq(k->spans[1].end_ps, 6 * SIM_US);
    doc_free(&d);
}
END_TEST

START_TEST(version_2)
{
    begin();
    say(true, "1b 01 00 01 0e 01 14");
    say(false, "1b 01 00 02 0e 01 00 17");
    say(true, "1b 02 00 05 0e 06 00 00 01 40 55");
    say(false, "1b 02 00 02 0e 06 00 13");
    say(true, "1b 03 00 01 0e 7f 68");
    say(false, "1b 03 00 02 0e 7f c9 a2");
    const struct doc_track *k = track();
    ck_assert_ptr_nonnull(k);
    ck_assert_uint_eq(k->n, 3);
    check(k, 0, "Sign on: OK", DOC_CONTROL);
    check(k, 1, "Load address, 0x00000140: OK", DOC_CONTROL);
    check(k, 2, "Unknown command: failed, status 0xC9", DOC_BAD);
    doc_free(&d);
}
END_TEST

START_TEST(other_talk_is_none)
{
    begin();
    for (unsigned i = 0; i < 100; i++) {
        say(i & 1, i % 3 ? "48 65 6c 6c 6f 0a" : "1b 5b 41");
        n = n > 390 ? 0 : n;
    }
    ck_assert_ptr_null(track());
    doc_free(&d);
    begin();
    ck_assert_ptr_null(track());
    doc_free(&d);
}
END_TEST

START_TEST(any_bytes_come_back)
{
    static const uint8_t likely[] = { 0x1b, 0x0e, 0x20, 0x14, 0x10, 0x30, 0x64, 0x74, 0x55, 0x15, 0x45, 0, 1, 2, 0xFF };
    static struct stk_byte many[20000];
    struct sim_rng r = sim_rng_stream(7, "stk");
    for (unsigned round = 0; round < 30; round++) {
        bool host = false, added;
        doc_init(&d);
        for (size_t i = 0; i < 20000; i++) {
            uint64_t v = sim_rng_next(&r);
            host = v % (round + 2) == 0 ? !host : host;
            many[i] = (struct stk_byte){ i, i + 1, round % 2 ? (uint8_t)(v >> 32) : likely[(v >> 32) % sizeof likely],
                                         host };
        }
        ck_assert(stk_track_add(&d, "stk500", many, 20000, &added));
        ck_assert(doc_finish(&d, 20000));
        for (uint32_t i = 0; added && i < d.tracks[0].n; i++) {
            ck_assert_uint_le(d.tracks[0].spans[i].begin_ps, d.tracks[0].spans[i].end_ps);
        }
        doc_free(&d);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("stk_track");
    tcase_add_test(tc, version_1);
    tcase_add_test(tc, version_2);
    tcase_add_test(tc, other_talk_is_none);
    tcase_add_test(tc, any_bytes_come_back);
    return run_suite("stk_track", tc);
}
