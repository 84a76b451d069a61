/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_faults.h"

#include "tests/run_all.h"

#include <check.h>

#define BYTES 20000

static struct serial_faults f;

struct count {
    unsigned dropped, doubled, flipped;
};

static struct count count(const struct serial_faults_config *cfg, uint64_t seed, enum serial_way way, sim_time at_ps)
{
    struct count c = { 0 };
    uint8_t out[2];

    serial_faults_init(&f, cfg, seed, NULL, "cable");
    for (unsigned i = 0; i < BYTES; i++) {
        unsigned n = serial_faults_take(&f, way, at_ps, (uint8_t)i, out);
        unsigned flips = n ? (unsigned)__builtin_popcount(out[0] ^ (i & 0xFF)) : 0;

        if (n > 2 || flips > 1 || (n == 2 && out[0] != out[1])) {
            ck_abort_msg("byte %u came %u times, with %u bits wrong", i, n, flips);
        }
        c.dropped += !n;
        c.doubled += n == 2;
        c.flipped += flips;
    }
    return c;
}

START_TEST(chances_are_what_they_are_said_to_be)
{
    static const struct serial_faults_config cfg = { SERIAL_BOTH, .bit_ppm = 10000, .drop_ppm = 20000,
                                                     .double_ppm = 40000, .until_ps = SIM_S };
    struct count c = count(&cfg, 1, SERIAL_TO_BOARD, 0), again = count(&cfg, 1, SERIAL_TO_BOARD, 0);
    struct count other = count(&cfg, 2, SERIAL_TO_BOARD, 0);

    ck_assert_uint_ge(c.flipped, 150);
    ck_assert_uint_le(c.flipped, 250);
    ck_assert_uint_ge(c.dropped, 330);
    ck_assert_uint_le(c.dropped, 470);
    ck_assert_uint_ge(c.doubled, 680);
    ck_assert_uint_le(c.doubled, 900);
    ck_assert(c.flipped == again.flipped && c.dropped == again.dropped && c.doubled == again.doubled);
    ck_assert(c.flipped != other.flipped || c.dropped != other.dropped || c.doubled != other.doubled);
}
END_TEST

START_TEST(each_way_and_time_for_itself)
{
    struct serial_faults_config cfg = { SERIAL_TO_HOST, .drop_ppm = 1000000, .from_ps = SIM_MS,
                                        .until_ps = 2 * SIM_MS };

    ck_assert_uint_eq(count(&cfg, 1, SERIAL_TO_HOST, SIM_MS).dropped, BYTES);
    ck_assert_uint_eq(count(&cfg, 1, SERIAL_TO_HOST, SIM_MS - 1).dropped, 0);
    ck_assert_uint_eq(count(&cfg, 1, SERIAL_TO_HOST, 2 * SIM_MS - 1).dropped, BYTES);
    ck_assert_uint_eq(count(&cfg, 1, SERIAL_TO_HOST, 2 * SIM_MS).dropped, 0);
    ck_assert_uint_eq(count(&cfg, 1, SERIAL_TO_BOARD, SIM_MS).dropped, 0);
    cfg.way = SERIAL_BOTH;
    ck_assert_uint_eq(count(&cfg, 1, SERIAL_TO_BOARD, SIM_MS).dropped, BYTES);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("serial_faults");
    TCase *t = tcase_create("serial_faults");

    tcase_add_test(t, chances_are_what_they_are_said_to_be);
    tcase_add_test(t, each_way_and_time_for_itself);
    suite_add_tcase(s, t);
    return run_all(s);
}
