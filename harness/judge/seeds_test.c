/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * seeds_test.c - campaigns that share a beginning: each seed's result is the one that it has alone, to the byte
 *
 * Every fault row of faults.c, on ArduinoISP. Some seeds must have left the trunk and some must have shared it to the
 * end; a control: seeds that are told apart are noticed.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "harness/judge/judge.h"
#include "harness/judge/session.h"
#include "sim/memory.h"
#include "tests/run_all.h"

#ifdef __SANITIZE_ADDRESS__ /* slow: fewer of the same */
#define SEEDS 2
#else
#define SEEDS 4
#endif

static const struct plan_row row = {
    "fault", "erased and written", GROUP_FAULTS, "nexl", TARGET_FACTORY, .xtal = NULL
};
static struct subject subject;
static struct session_result *together, *alone;

static void begin(void)
{
    const struct subject_options o = { .what = "arduinoisp", .host = "stk500v1", .baud = 19200 };
    struct problem err;

    ck_assert_msg(subject_init(&subject, &o, &err) && subject_find_host(&subject, &err), "%s", err.text);
    together = memory_zeroed(SEEDS, sizeof *together);
    alone = memory_zeroed(SEEDS, sizeof *alone);
}

static void end(void)
{
    free(together);
    free(alone);
    subject_free(&subject);
}

static void run_both(const struct fault_row *fault, const uint64_t seed[SEEDS])
{
    const struct session_options o = { .budget_ps = 100 * SIM_S };
    struct plan_variation v = PLAN_NO_VARIATION;
    struct problem err;

    v.seed = 1;
    v.sets = fault->sets;
    v.first = fault->actions;
    ck_assert_msg(judge_session_run_seeds(&subject, &row, &v, &o, seed, SEEDS, together, &err), "%s", err.text);
    for (unsigned i = 0; i < SEEDS; i++) {
        v.fault_seed = seed[i];
        judge_session_run(&subject, &row, &v, &o, &alone[i]);
    }
}

START_TEST(each_seed_has_the_result_that_it_has_alone)
{
    static const uint64_t seed[SEEDS] = { 3, 4, 5, 1000 };
    unsigned same = 0, other = 0;

    begin();
    for (const struct fault_row *fault = fault_rows; fault->id; fault++) {
        run_both(fault, seed);
        for (unsigned i = 0; i < SEEDS; i++) {
            ck_assert_msg(!memcmp(&together[i], &alone[i], sizeof alone[i]), "%s, seed %u: '%s' and '%s'", fault->id,
                          (unsigned)seed[i], together[i].message, alone[i].message);
            ck_assert_msg(alone[i].outcome != OUTCOME_NOT_RUN, "%s: %s", fault->id, alone[i].message);
        }
        for (unsigned i = 1; i < SEEDS; i++) {
            bool is_same = !memcmp(&alone[i], &alone[0], sizeof alone[i]);

            same += is_same;
            other += !is_same;
        }
    }
    ck_assert_uint_gt(same, 3);
    ck_assert_uint_gt(other, 3);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seeds of a fault");
    TCase *c = tcase_create("seeds");

    tcase_set_timeout(c, 60);
    tcase_add_test(c, each_seed_has_the_result_that_it_has_alone);
    suite_add_tcase(suite, c);
    return run_all(suite);
}
