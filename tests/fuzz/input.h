/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input.h - for fuzz targets: the input as a text, or as a file that has a path */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/memory.h"
#include "tests/fuzz/fuzz.h"

/* With a NUL behind it; free() it. */
static inline char *fuzz_text(const uint8_t *bytes, size_t n)
{
    char *text = memory_zeroed(1, n + 1);

    memcpy(text, bytes, n);
    return text;
}

/* The path stays the same from call to call. */
static inline const char *fuzz_file(const uint8_t *bytes, size_t n)
{
    static int file = -1;
    static char path[64];

    if (file < 0) {
        file = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes, n, 0) != (ssize_t)n) {
        abort();
    }
    return path;
}

#endif
