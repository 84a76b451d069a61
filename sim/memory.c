/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_BAD_INPUT 2

__attribute__((weak)) _Noreturn void out_of_memory(void)
{
    fputs("limpet: out of memory\n", stderr);
    exit(STATUS_BAD_INPUT);
}

void *memory_checked(void *p)
{
    if (!p) {
        out_of_memory();
    }
    return p;
}

void *memory_zeroed(size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) { /* sanitizers take it for a fault of the caller */
        out_of_memory();
    }
    return memory_checked(calloc(bytes ? bytes : 1, 1)); /* calloc() may give NULL for nothing */
}

void *memory_grown(void *old, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        out_of_memory();
    }
    return memory_checked(realloc(old, bytes ? bytes : 1));
}

char *memory_text(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(memory_zeroed(n, 1), text, n);
}

char *memory_joined(const char *a, const char *b, const char *c)
{
    char *text = memory_zeroed(strlen(a) + strlen(b) + strlen(c) + 1, 1);

    return strcat(strcat(strcpy(text, a), b), c);
}
