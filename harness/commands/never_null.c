/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * never_null.c - libc's allocator for the whole program, libraries and all: what can't be had ends it
 *
 * A dozen libraries allocate beside us. Some abort, some crash, some leave a piece of a message or a document out. Here
 * it is one message and exit status 2 for all of them, at the one place that nobody passes by: right there, without the
 * libraries' ends, which would meet themselves in the middle of something. Linked into the programs only, and not under
 * a sanitizer, which has an allocator of its own.
 *
 * __libc_malloc() and its like are what glibc calls its own, for those who put a function of this name before it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "sim/memory.h"

enum { STATUS_BAD_INPUT = 2 };

#ifdef LIMPET_INJECT /* tests/inject; what it gets ends the process, and could as well be called there */
bool inject_alloc_fails(void (*end)(void));
#else
static inline bool inject_alloc_fails(void (*end)(void))
{
    (void)end;
    return false;
}
#endif

/* In place of the library's */
_Noreturn void out_of_memory(void)
{
    static const char text[] = "limpet: out of memory\n";
    ssize_t put = write(STDERR_FILENO, text, sizeof text - 1);

    (void)put;
    fflush(stdout);
    _exit(STATUS_BAD_INPUT);
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *memalign(size_t alignment, size_t n);
void *aligned_alloc(size_t alignment, size_t n);
int posix_memalign(void **p, size_t alignment, size_t n);

void *malloc(size_t n)
{
    return memory_checked(inject_alloc_fails(out_of_memory) ? NULL : __libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return memory_checked(inject_alloc_fails(out_of_memory) ? NULL : __libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
    if (p && !n) { /* another free() */
        return __libc_realloc(p, n);
    }
    return memory_checked(inject_alloc_fails(out_of_memory) ? NULL : __libc_realloc(p, n));
}

void *memalign(size_t alignment, size_t n)
{
    return memory_checked(inject_alloc_fails(out_of_memory) ? NULL : __libc_memalign(alignment, n));
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    if (!alignment || alignment % sizeof(void *) || (alignment & (alignment - 1))) {
        return EINVAL;
    }
    *p = memalign(alignment, n);
    return 0;
}
