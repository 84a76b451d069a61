/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/workers.h"

#include "tests/run_all.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct seen {
    unsigned order[64], n, stop_at, bytes, told;
    char died[64][60];
};

/* The earlier an item, the longer it takes; 5 dies, 7 writes more than a pipe holds. */
static void run(void *ctx, unsigned item, FILE *out)
{
    (void)ctx;
    usleep((16 - item % 16) * 1000);
    fprintf(out, "item %u", item);
    if (item == 5) {
        fflush(out);
        raise(SIGKILL);
    }
    for (unsigned i = 0; item == 7 && i < 200000; i++) {
        fputc('x', out);
    }
    if (item == 9) {
        _exit(3);
    }
}

static bool done(void *ctx, unsigned item, const char *bytes, size_t n, const char *died)
{
    struct seen *s = ctx;
    char want[20];

    snprintf(want, sizeof want, "item %u", item);
    if (item != 9) { /* which ended without its buffer */
        ck_assert(n >= strlen(want) && memcmp(bytes, want, strlen(want)) == 0);
    }
    s->bytes += (unsigned)n;
    snprintf(s->died[item], sizeof s->died[item], "%s", died ? died : "");
    s->order[s->n++] = item;
    return item != s->stop_at;
}

START_TEST(results_come_in_order)
{
    for (unsigned jobs = 1; jobs <= 8; jobs += 7) {
        struct seen s = { .stop_at = 99 };
        const struct workers w = { .n = 12, .jobs = jobs, .run = run, .done = done, .ctx = &s };
        struct problem err;

        ck_assert(workers_run(&w, &err));
        ck_assert_uint_eq(s.n, 12);
        for (unsigned i = 0; i < 12; i++) {
            ck_assert_uint_eq(s.order[i], i);
        }
        ck_assert_str_eq(s.died[5], "was killed by signal 9");
        ck_assert_str_eq(s.died[9], "ended with status 3");
        ck_assert_str_eq(s.died[4], "");
        ck_assert_uint_gt(s.bytes, 200000);
    }
}
END_TEST

static void first_progress(void *ctx, unsigned ended, unsigned running)
{
    struct seen *s = ctx;

    if (!s->told++) {
        ck_assert_uint_eq(ended, 0);
        ck_assert_uint_ge(running, 1);
    }
}

/* However quick they are: a terminal shows it before the first one has ended. */
START_TEST(progress_is_told_when_they_have_begun)
{
    struct seen s = { .stop_at = 99 };
    const struct workers w = { .n = 3, .jobs = 3, .run = run, .done = done, .progress = first_progress, .ctx = &s };
    struct problem err;

    ck_assert(workers_run(&w, &err));
    ck_assert_uint_ge(s.told, 2);
}
END_TEST

START_TEST(no_further_item_after_a_stop)
{
    struct seen s = { .stop_at = 2 };
    const struct workers w = { .n = 12, .jobs = 4, .run = run, .done = done, .ctx = &s };
    struct problem err;

    ck_assert(workers_run(&w, &err));
    ck_assert_uint_eq(s.n, 3);
}
END_TEST

START_TEST(counts)
{
    ck_assert_uint_eq(workers_count(4, 2), 2);
    ck_assert_uint_eq(workers_count(4, 0), 1);
    ck_assert_uint_ge(workers_count(0, 1000), 1);
    ck_assert_uint_eq(workers_count(100000, 100000), WORKERS_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("workers");
    TCase *t = tcase_create("workers");

    tcase_add_test(t, results_come_in_order);
    tcase_add_test(t, progress_is_told_when_they_have_begun);
    tcase_add_test(t, no_further_item_after_a_stop);
    tcase_add_test(t, counts);
    suite_add_tcase(s, t);
    return run_all(s);
}
