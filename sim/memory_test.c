/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused ends in out_of_memory(); here it is our own, as a program that uses the library may have one. */
#include "sim/memory.h"

#include "tests/run_all.h"

#include <check.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf refused;

_Noreturn void out_of_memory(void)
{
    longjmp(refused, 1);
}

START_TEST(zeros_growth_and_copies)
{
    unsigned char *p = memory_zeroed(3, 5);

    for (unsigned i = 0; i < 15; i++) {
        ck_assert_uint_eq(p[i], 0);
        p[i] = (unsigned char)i;
    }
    p = memory_grown(p, 1000, 7);
    for (unsigned i = 0; i < 15; i++) {
        ck_assert_uint_eq(p[i], i);
    }
    ck_assert_ptr_eq(memory_checked(p), p);
    free(p);
    char *text = memory_text("SCK");
    ck_assert_str_eq(text, "SCK");
    free(text);
    free(memory_zeroed(0, 8)); /* nothing is no refusal */
    free(memory_grown(NULL, 0, 8));
    char *joined = memory_joined("/tmp", "/", "x");
    ck_assert_str_eq(joined, "/tmp/x");
    free(joined);
}
END_TEST

START_TEST(a_refusal_ends_in_the_hook)
{
    static volatile int asked; /* survives the jumps */
    void *volatile got = &refused;

    asked = 0;
    if (setjmp(refused) == 0) {
        got = memory_zeroed(SIZE_MAX / 2, 4);
    } else {
        asked++;
    }
    if (setjmp(refused) == 0) {
        got = memory_grown(NULL, SIZE_MAX / 2, 4); /* the product would be small */
    } else {
        asked++;
    }
    if (setjmp(refused) == 0) {
        got = memory_checked(NULL);
    } else {
        asked++;
    }
    ck_assert_int_eq(asked, 3);
    ck_assert_ptr_eq(got, &refused); /* nobody returned */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("memory");
    TCase *t = tcase_create("memory");

    tcase_add_test(t, zeros_growth_and_copies);
    tcase_add_test(t, a_refusal_ends_in_the_hook);
    suite_add_tcase(s, t);
    return run_all(s);
}
