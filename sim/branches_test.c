/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who leaves the trunk, as each copy sees it and as the trunk does: copy() answers for the one or the other. */
#include "sim/branches.h"

#include <check.h>

#include "tests/run_all.h"

static bool is_copy;
static unsigned n_copies;

static bool copy(void *ctx, unsigned i)
{
    (void)ctx, (void)i;
    n_copies++;
    return is_copy;
}

static struct branches four(bool as_copy)
{
    is_copy = as_copy;
    n_copies = 0;
    return (struct branches){ .n = 4, .seed = { 1, 2, 3, 4 }, .me = -1, .copy = copy };
}

START_TEST(the_trunk_becomes_the_last)
{
    struct branches b = four(false);

    ck_assert(!branches_leave(&b, 0));
    ck_assert(!branches_leave(&b, 2));
    ck_assert_uint_eq(branches_leave_all(&b), 3); /* 1 gets a copy; who has gone before gets none */
    ck_assert_uint_eq(n_copies, 3);
    ck_assert_int_eq(b.me, 3);
}
END_TEST

START_TEST(a_copy_is_the_seed_that_left)
{
    struct branches b = four(true);

    b.gone[0] = true;
    ck_assert_uint_eq(branches_leave_all(&b), 1);
    ck_assert_uint_eq(n_copies, 1);
    ck_assert_int_eq(b.me, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("branches");
    TCase *t = tcase_create("branches");

    tcase_add_test(t, the_trunk_becomes_the_last);
    tcase_add_test(t, a_copy_is_the_seed_that_left);
    suite_add_tcase(s, t);
    return run_all(s);
}
