/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_files.h - for tests: files to write and read back, and a suite of one case */
#ifndef TESTS_TEST_FILES_H
#define TESTS_TEST_FILES_H

#include "tests/run_all.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of this process; the next call overwrites it. */
static inline char *test_path(const char *name)
{
    static char path[256];
    const char *dir = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/limpet-%ld-%s", dir ? dir : "/tmp", (long)getpid(), name);
    return path;
}

static inline void write_text(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* The whole file as text; NULL if there is none. The caller frees it. */
static inline char *read_text(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        return NULL;
    }
    char *text = NULL;
    size_t size = 0;
    ssize_t n = getdelim(&text, &size, 0, f);
    ck_assert_int_ge(n, 0);
    fclose(f);
    return text;
}

static inline int run_suite(const char *name, TCase *tc)
{
    Suite *s = suite_create(name);
    suite_add_tcase(s, tc);
    return run_all(s);
}

#endif
