/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/checker.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

START_TEST(at_least_and_more_than)
{
    struct sim sim;
    struct checker c;

    sim_init(&sim, 1);
    checker_init(&c, &sim);
    checker_at_least(&c, CHECK_MOSI_HOLD, 10, 100, 101);
    checker_at_least(&c, CHECK_MOSI_HOLD, 20, 100, 100);
    ck_assert_uint_eq(checker_count(&c), 0);
    checker_at_least(&c, CHECK_MOSI_HOLD, 30, 100, 99);
    ck_assert_uint_eq(checker_count(&c), 1);
    checker_more_than(&c, CHECK_SCK_HIGH, 40, 100, 101);
    ck_assert_uint_eq(checker_count(&c), 1);
    checker_more_than(&c, CHECK_SCK_HIGH, 50, 100, 100);
    ck_assert_uint_eq(checker_count(&c), 2);
    const struct checker_finding *f = checker_at(&c, 1);
    ck_assert_uint_eq(f->at_ps, 50);
    ck_assert_int_eq(f->rule, CHECK_SCK_HIGH);
    ck_assert_str_eq(f->net, "SCK");
    ck_assert_int_eq(f->required, 100);
    ck_assert_int_eq(f->measured, 100);
    checker_at_least(NULL, CHECK_SCK_HIGH, 0, 1, 0); /* nobody checks */
    checker_free(&c);
}
END_TEST

START_TEST(the_worst_margin_is_kept_when_all_is_clean)
{
    struct sim sim;
    struct checker c;

    sim_init(&sim, 1);
    checker_init(&c, &sim);
    ck_assert(!checker_margin(&c, CHECK_SCK_LOW)->measured_once);
    checker_at_least(&c, CHECK_SCK_LOW, 10, 100, 500);
    checker_at_least(&c, CHECK_SCK_LOW, 20, 200, 300); /* worse: 100 to spare, not 400 */
    checker_at_least(&c, CHECK_SCK_LOW, 30, 100, 400);
    const struct checker_margin *m = checker_margin(&c, CHECK_SCK_LOW);
    ck_assert(m->measured_once);
    ck_assert_int_eq(m->required, 200);
    ck_assert_int_eq(m->measured, 300);
    ck_assert_uint_eq(m->at_ps, 20);
    ck_assert_uint_eq(m->findings, 0);
    checker_free(&c);
}
END_TEST

static void count(void *ctx, const struct checker_finding *f)
{
    (void)f;
    ++*(unsigned *)ctx;
}

START_TEST(the_list_is_bounded_and_in_order_of_time)
{
    struct sim sim;
    struct checker c;
    unsigned told = 0;

    sim_init(&sim, 1);
    checker_init(&c, &sim);
    c.found = count;
    c.found_ctx = &told;
    for (int i = 0; i < 3000; i++) {
        checker_at_least(&c, CHECK_SCK_HIGH, (sim_time)i * 10, 5, 4);
    }
    checker_report(&c, CHECK_LOCKED, 25, NULL, 0, 0); /* told late */
    ck_assert_uint_eq(checker_count(&c), CHECKER_KEEP_PER_RULE + 1);
    ck_assert_uint_eq(checker_margin(&c, CHECK_SCK_HIGH)->findings, 3000);
    ck_assert_uint_eq(told, 3001);
    ck_assert_uint_eq(c.violations, 3000);
    ck_assert_uint_eq(c.notes, 1);
    ck_assert_int_eq(checker_at(&c, 3)->rule, CHECK_LOCKED);
    for (size_t i = 1; i < checker_count(&c); i++) {
        ck_assert_uint_le(checker_at(&c, i - 1)->at_ps, checker_at(&c, i)->at_ps);
    }
    checker_free(&c);
}
END_TEST

START_TEST(every_rule_says_what_it_is)
{
    for (int r = 0; r < CHECKER_RULES; r++) {
        const struct checker_rule_info *info = checker_rule_info(r);
        ck_assert_ptr_nonnull(info->id);
        ck_assert_uint_gt(strlen(info->text), 10);
        ck_assert_uint_gt(strlen(info->source), 5);
        ck_assert_ptr_nonnull(info->net);
        ck_assert_ptr_nonnull(info->term);
        ck_assert_int_eq(checker_rule_find(info->id), r);
    }
    ck_assert_int_eq(checker_rule_find("no such rule"), CHECKER_RULES);
}
END_TEST

START_TEST(contention)
{
    struct sim sim;
    struct checker c;
    struct net net;
    struct net_driver a, b;
    struct checker_contention w;

    sim_init(&sim, 1);
    checker_init(&c, &sim);
    net_init(&net, &sim, "MISO");
    net_attach(&net, &a, "a");
    net_attach(&net, &b, "b");
    checker_watch_contention(&c, &w, &net);
    net_drive(&a, NET_1, NET_STRONG);
    net_drive(&b, NET_0, NET_PULL);
    ck_assert_uint_eq(checker_count(&c), 0);
    sim_run_until(&sim, 77);
    net_drive(&b, NET_0, NET_STRONG);
    ck_assert_uint_eq(checker_count(&c), 1);
    ck_assert_uint_eq(checker_at(&c, 0)->at_ps, 77);
    ck_assert_str_eq(checker_at(&c, 0)->net, "MISO");
    ck_assert_int_eq(checker_at(&c, 0)->measured, NET_X);
    net_drive(&b, NET_0, NET_SUPPLY); /* goes on, and the supply wins */
    ck_assert_uint_eq(checker_count(&c), 1);
    net_drive(&a, NET_0, NET_STRONG);
    net_drive(&a, NET_1, NET_STRONG);
    ck_assert_uint_eq(checker_count(&c), 2);
    ck_assert_int_eq(checker_at(&c, 1)->measured, NET_0);
    checker_unwatch_contention(&w);
    checker_unwatch_contention(&w); /* nothing is left to unwatch */
    net_open(&b);
    net_drive(&b, NET_0, NET_STRONG);
    ck_assert_uint_eq(checker_count(&c), 2);
    checker_free(&c);
}
END_TEST

START_TEST(rules_off_or_as_notes)
{
    struct sim sim;
    struct checker c;

    sim_init(&sim, 1);
    checker_init(&c, &sim);
    c.as[CHECK_SCK_LOW] = CHECKER_AS_NOTE;
    c.as[CHECK_SCK_HIGH] = CHECKER_OFF;
    for (unsigned i = 0; i < CHECKER_KEEP_PER_RULE + 5; i++) { /* beyond what is kept, too */
        checker_report(&c, CHECK_SCK_LOW, i, NULL, 100, 99);
        checker_report(&c, CHECK_SCK_HIGH, i, NULL, 100, 99);
        checker_report(&c, CHECK_REWRITE, i, NULL, 0, 0); /* a note by itself */
        checker_report(&c, CHECK_MOSI_HOLD, i, NULL, 0, 0);
    }
    checker_report_text(&c, CHECK_SCK_HIGH, 0, "of one that is off");
    ck_assert_int_eq(checker_severity(&c, CHECK_SCK_LOW), CHECK_NOTE);
    ck_assert_int_eq(checker_severity(&c, CHECK_MOSI_HOLD), CHECK_VIOLATION);
    ck_assert_uint_eq(c.notes, 2 * (CHECKER_KEEP_PER_RULE + 5));
    ck_assert_uint_eq(c.violations, CHECKER_KEEP_PER_RULE + 5);
    ck_assert_uint_eq(checker_margin(&c, CHECK_SCK_HIGH)->findings, 0);
    ck_assert_uint_eq(checker_margin(&c, CHECK_MOSI_HOLD)->findings, CHECKER_KEEP_PER_RULE + 5);
    checker_free(&c);
}
END_TEST

START_TEST(of_one_instant_by_net_and_those_without_one_as_they_come)
{
    struct sim sim;
    struct checker c;

    sim_init(&sim, 1);
    checker_init(&c, &sim);
    checker_report(&c, CHECK_CONTENTION, 5, "MOSI", 0, 0);
    checker_report(&c, CHECK_CONTENTION, 5, "MISO", 0, 0);
    checker_report(&c, CHECK_PAGE_OTHER, 5, NULL, 0, 1);
    checker_report(&c, CHECK_PAGE_OTHER, 5, NULL, 0, 2);
    checker_report(&c, CHECK_PAGE_OTHER, 5, "SCK", 0, 3);
    ck_assert_uint_eq(checker_count(&c), 5);
    for (size_t i = 0; i + 1 < c.n_findings; i++) {
        const struct checker_finding *a = checker_at(&c, i), *b = checker_at(&c, i + 1);
        ck_assert(a->rule != b->rule || !a->net || !b->net || strcmp(a->net, b->net) <= 0);
        ck_assert(a->rule != CHECK_PAGE_OTHER || b->rule != CHECK_PAGE_OTHER || a->measured < b->measured);
    }
    checker_report(&c, CHECK_PAGE_OTHER, 6, "SCK", 0, 1);
    checker_report(&c, CHECK_PAGE_OTHER, 6, NULL, 0, 2); /* after one with a net */
    checker_report(&c, CHECK_PAGE_OTHER, 6, "MOSI", 0, 3);
    ck_assert_uint_eq(checker_count(&c), 8);
    for (size_t i = 5; i < 8; i++) {
        ck_assert_int_eq(checker_at(&c, i)->at_ps, 6);
    }
    for (unsigned i = 0; i < 2 * CHECKER_KEEP_PER_RULE;
         i++) { /* where the list is full, what follows is told apart, too */
        checker_report(&c, CHECK_SCK_HIGH, 7, NULL, 2, 1);
    }
    size_t kept = checker_count(&c);
    checker_report_byte(&c, CHECK_SCK_HIGH, 7, "SCK", 0x55, 2, 1);
    ck_assert_uint_eq(checker_count(&c), kept);
    ck_assert_uint_eq(checker_margin(&c, CHECK_SCK_HIGH)->findings, 2 * CHECKER_KEEP_PER_RULE + 1);
    uint64_t violations = c.violations, follow = c.follow;
    checker_follows(&c, CHECK_SCK_LOW);
    checker_report(&c, CHECK_SCK_HIGH, 8, NULL, 2, 1);
    checker_follows(&c, CHECKER_RULES);
    ck_assert_uint_eq(c.violations, violations);
    ck_assert_uint_eq(c.follow, follow + 1);
    checker_report(NULL, CHECK_CONTENTION, 5, "MOSI", 0, 0); /* nobody checks */
    checker_report_text(NULL, CHECK_PAGE_OTHER, 5, "text");
    checker_report_byte(NULL, CHECK_PAGE_OTHER, 5, "MISO", 0, 0, 0);
    checker_where_then(NULL, NULL);
    checker_free(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checker");
    TCase *tc = tcase_create("checker");
    tcase_add_test(tc, at_least_and_more_than);
    tcase_add_test(tc, the_worst_margin_is_kept_when_all_is_clean);
    tcase_add_test(tc, the_list_is_bounded_and_in_order_of_time);
    tcase_add_test(tc, every_rule_says_what_it_is);
    tcase_add_test(tc, contention);
    tcase_add_test(tc, rules_off_or_as_notes);
    tcase_add_test(tc, of_one_instant_by_net_and_those_without_one_as_they_come);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
