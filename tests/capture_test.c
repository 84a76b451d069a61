/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture_test.c - virtual chips beside real ones: the programmer's edges of a logic analyser capture go in, the
 * MISO edges that come out must be the captured ones
 *
 *   usage: capture_test DIRECTORY-OF-THE-CAPTURES
 *
 * Each within the recorder's sample, and as late behind SCK's fall as on silicon: the share of edges in the sample
 * of the fall. That share is what tells 25 ns from 0 or from 100 although a sample lasts 125 or 250 ns. MISO that
 * waits for the target's clock (miso_output: sampled) is the control: it must fail.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/capture_replay.h"
#include "tests/run_all.h"

#define SEEDS 20

static const char *directory;

struct recording {
    const char *file;
    sim_time sample_ps;
    unsigned miso_edges;
    unsigned first, last; /* left out of the share: edges that no fall of SCK makes, at both ends */
    bool last_is_charge;  /* the last edge is the open wire's, not the chip's */
    const struct part *part;
    struct fuse_bytes fuses;
    uint64_t crystal_millihz;
    bool enable_first;
    unsigned share; /* on silicon, thousandths: the test computes it from the file, and must find this */
};

static const struct recording m328p_scan = {
    .file = "m328p_scan.csv",
    .sample_ps = 250 * SIM_NS,
    .miso_edges = 26,
    .first = 1, /* MISO is switched on */
    .last = 1,
    .last_is_charge = true,
    .part = &part_atmega328p,
    .fuses = { { 0xFF, 0xDE, 0xFD }, 0xFF }, /* an Uno's */
    .crystal_millihz = UINT64_C(16000000000),
    .share = 1000,
};

/* The clock of that chip is not known: 8 MHz is its fastest, and a factory chip's 1 MHz must do as well. */
static const struct recording m8l_8_mhz = {
    .file = "m8l_load_program_page.csv",
    .sample_ps = 125 * SIM_NS,
    .miso_edges = 564,
    .part = &part_atmega8a,
    .fuses = { { 0xFF, 0xD9, 0xFF }, 0xFF },
    .crystal_millihz = UINT64_C(8000000000),
    .enable_first = true,
    .share = 799,
};

static const struct recording m8l_1_mhz = {
    .file = "m8l_load_program_page.csv",
    .sample_ps = 125 * SIM_NS,
    .miso_edges = 564,
    .part = &part_atmega8a,
    .fuses = { { 0xE1, 0xD9, 0xFF }, 0xFF },
    .enable_first = true,
    .share = 799,
};

static const struct recording *const recordings[] = { &m328p_scan, &m8l_8_mhz, &m8l_1_mhz };
#define RECORDINGS ((int)(sizeof recordings / sizeof recordings[0]))

static struct capture captured;
static struct capture_edge real[CAPTURE_MAX_EDGES];
static struct capture_miso seen;
static struct target_switches switches;

static const struct recording *load(int i)
{
    const struct recording *r = recordings[i];
    char path[400];

    snprintf(path, sizeof path, "%s/%s", directory, r->file);
    capture_read(&captured, path, r->sample_ps);
    ck_assert_uint_eq(capture_miso_edges(&captured, real), r->miso_edges);
    switches = target_switches_default();
    return r;
}

static void replay(const struct recording *r, uint64_t seed, bool spread)
{
    const struct capture_chip chip = {
        .part = r->part,
        .fuses = r->fuses,
        .crystal_millihz = r->crystal_millihz,
        .switches = switches,
        .enable_first = r->enable_first,
    };

    capture_replay(&captured, &chip, seed, spread, &seen);
}

/* How many of the chip's edges are missing, wrong, or more than a sample off. */
static unsigned edges_off(const struct recording *r)
{
    unsigned off = 0;

    if (seen.n != r->miso_edges) {
        return r->miso_edges;
    }
    for (unsigned i = 0; i < seen.n; i++) {
        int64_t late = (int64_t)(seen.edge[i].at_ps - real[i].at_ps);
        bool ok = llabs(late) <= (int64_t)r->sample_ps;
        if (r->last_is_charge && i == seen.n - 1) { /* the chip let go when it saw RESET */
            ok = late < 0;
        }
        off += !ok || seen.edge[i].level != real[i].level;
    }
    return off;
}

static unsigned share(const struct recording *r, const struct capture_edge *miso)
{
    return capture_share_with_fall(&captured, miso, r->first, r->miso_edges - r->last);
}

/* Mean over the seeds, or 0 if not even the edges are there. */
static unsigned mean_share(const struct recording *r)
{
    unsigned sum = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        replay(r, seed, true);
        if (seen.n != r->miso_edges) {
            return 0;
        }
        sum += share(r, seen.edge);
    }
    return sum / SEEDS;
}

static bool is_as_on_silicon(const struct recording *r)
{
    return abs((int)mean_share(r) - (int)r->share) <= 100;
}

/* ---- */

START_TEST(miso_edges_are_the_captured_ones)
{
    const struct recording *r = load(_i);

    for (switches.v[SW_MISO_OUTPUT] = MISO_LATCH; switches.v[SW_MISO_OUTPUT] <= MISO_FLOP;
         switches.v[SW_MISO_OUTPUT]++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) { /* phases of the clock */
            replay(r, seed, seed % 2);
            ck_assert_uint_eq(edges_off(r), 0);
            ck_assert_uint_eq(seen.violations, 0);
        }
    }
}
END_TEST

START_TEST(as_late_behind_the_fall_as_on_silicon)
{
    const struct recording *r = load(_i);

    ck_assert_uint_eq(share(r, real), r->share);
    ck_assert(is_as_on_silicon(r));
    switches.v[SW_MISO_OUTPUT] = MISO_FLOP;
    ck_assert(is_as_on_silicon(r));
}
END_TEST

/* The control: MISO that waits for the clock is late, at 1 MHz by samples. */
START_TEST(sampled_miso_is_not_silicon)
{
    const struct recording *r = load(_i);

    switches.v[SW_MISO_OUTPUT] = MISO_SAMPLED;
    ck_assert(!is_as_on_silicon(r));
    if (r == &m8l_1_mhz) {
        replay(r, 1, true);
        ck_assert_uint_gt(edges_off(r), r->miso_edges / 2);
    }
}
END_TEST

/* A second control: the figure matters, not only that the pin leads. */
START_TEST(another_delay_is_not_silicon)
{
    const struct recording *r = load(_i);

    switches.v[SW_MISO_DELAY_NS] = 100;
    ck_assert(!is_as_on_silicon(r));
}
END_TEST

/* To 0 and to 1 the m8L is late by different amounts: within 8 points, as 282 edges each and 20 seeds allow. */
START_TEST(edges_to_1_are_later_than_those_to_0)
{
    const struct recording *r = load(1);
    unsigned late[2] = { 0, 0 }, of[2] = { 0, 0 };

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        replay(r, seed, true);
        for (unsigned i = 0; i < seen.n; i++) {
            of[seen.edge[i].level]++;
            late[seen.edge[i].level] += !capture_share_with_fall(&captured, seen.edge, i, i + 1);
        }
    }
    int to_0 = (int)(late[0] * 1000 / of[0]), to_1 = (int)(late[1] * 1000 / of[1]);
    ck_assert_int_lt(abs(to_0 - 50 * 1000 / 282), 40);
    ck_assert_int_lt(abs(to_1 - 63 * 1000 / 282), 40);
    ck_assert_int_lt(to_0, to_1);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: capture_test DIRECTORY\n");
        return 2;
    }
    directory = argv[1];
    Suite *suite = suite_create("capture");
    TCase *tc = tcase_create("capture");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, miso_edges_are_the_captured_ones, 0, RECORDINGS);
    tcase_add_loop_test(tc, as_late_behind_the_fall_as_on_silicon, 0, RECORDINGS);
    tcase_add_loop_test(tc, sampled_miso_is_not_silicon, 0, RECORDINGS);
    tcase_add_loop_test(tc, another_delay_is_not_silicon, 0, RECORDINGS);
    tcase_add_test(tc, edges_to_1_are_later_than_those_to_0);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
