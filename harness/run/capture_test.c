/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/capture.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdlib.h>

#define WITHIN 250

/* Times of edges that alternate, the first a rise; 0 ends them. */
static struct capture_edges edges(const sim_time *at)
{
    struct capture_edges e = { 0 };
    for (unsigned i = 0; at[i]; i++) {
        capture_add(&e, at[i], i % 2 == 0);
    }
    return e;
}

static struct capture_result compare(const sim_time *recorded, const sim_time *here)
{
    struct capture_edges a = edges(recorded), b = edges(here);
    struct capture_result r = capture_compare(&a, &b, WITHIN);
    free(a.edge);
    free(b.edge);
    return r;
}

#define LIST(...) ((const sim_time[]){ __VA_ARGS__, 0 })

START_TEST(just_within_at_and_outside)
{
    struct capture_result r = compare(LIST(1000, 2000), LIST(1249, 1750));
    ck_assert(r.alike == 2 && !r.missing && !r.extra);
    ck_assert_uint_eq(r.worst_ps, 250);
    r = compare(LIST(1000, 2000), LIST(1251, 2000));
    ck_assert(r.alike == 1 && r.missing == 1 && r.extra == 1);
    ck_assert(!r.difference[0].extra && r.difference[0].edge.at_ps == 1000 && r.difference[0].edge.rise);
    ck_assert(r.difference[1].extra && r.difference[1].edge.at_ps == 1251);
}
END_TEST

START_TEST(a_pulse_of_one_side_is_a_difference)
{
    struct capture_result r = compare(LIST(1000, 2000, 5000, 6000), LIST(1000, 2000));
    ck_assert(r.alike == 2 && r.missing == 2 && !r.extra);
    r = compare(LIST(1000, 2000), LIST(1000, 2000, 5000, 6000));
    ck_assert(r.alike == 2 && !r.missing && r.extra == 2);
    r = compare(LIST(5000, 6000), LIST(1000, 2000, 5000, 6000)); /* and does not shift what follows */
    ck_assert(r.alike == 2 && !r.missing && r.extra == 2);
}
END_TEST

START_TEST(what_is_too_short_for_the_recorder_does_not_count)
{
    struct capture_result r = compare(LIST(1000, 2000), LIST(1000, 2000, 5000, 5250));
    ck_assert(r.alike == 2 && !r.missing && !r.extra);
    r = compare(LIST(1000, 2000), LIST(1000, 2000, 5000, 5251));
    ck_assert_uint_eq(r.extra, 2);
    /* but a recorded one must be here, however short */
    r = compare(LIST(1000, 1100), LIST(9000, 9900));
    ck_assert(r.missing == 2 && r.extra == 2);
}
END_TEST

START_TEST(the_wrong_way_round_is_not_alike)
{
    struct capture_edges a = { 0 }, b = { 0 };
    capture_add(&a, 1000, true);
    capture_add(&b, 1000, false);
    struct capture_result r = capture_compare(&a, &b, WITHIN);
    ck_assert(!r.alike && r.missing == 1 && r.extra == 1);
    free(a.edge);
    free(b.edge);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("capture");
    TCase *tc = tcase_create("capture");
    tcase_add_test(tc, just_within_at_and_outside);
    tcase_add_test(tc, a_pulse_of_one_side_is_a_difference);
    tcase_add_test(tc, what_is_too_short_for_the_recorder_does_not_count);
    tcase_add_test(tc, the_wrong_way_round_is_not_alike);
    suite_add_tcase(s, tc);
    return run_all(s);
}
