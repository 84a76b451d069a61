/* SPDX-License-Identifier: GPL-3.0-or-later */
/* user_memory.c - the kernel is asked, by calls that fail for another reason, or write what is written over right after */
#include "preload/user_memory.h"
#include "preload/bench.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>

enum { PAGE_BYTES = 4096, MASK_BYTES = 8, NO_SUCH_CHANGE = 99 };

/* The new mask of signals is read before it is found out that there is no such way to change it. */
static bool page_readable(uintptr_t at)
{
    at &= ~(uintptr_t)(MASK_BYTES - 1);
    at = at ? at : MASK_BYTES; /* NULL stands for no mask */
    return kernel_call(SYS_rt_sigprocmask, NO_SUCH_CHANGE, at, NULL, MASK_BYTES) == 0 || errno != EFAULT;
}

static bool page_writable(uintptr_t at)
{
    return kernel_call(SYS_getrandom, at, 1, GRND_NONBLOCK) >= 0 || errno != EFAULT;
}

static bool all_pages(bool is_so(uintptr_t at), const void *from, size_t n)
{
    uintptr_t at = (uintptr_t)from, end;
    int error = errno;

    if (__builtin_add_overflow(at, n, &end)) {
        errno = EFAULT;
        return false;
    }
    for (; at < end; at = (at & ~(uintptr_t)(PAGE_BYTES - 1)) + PAGE_BYTES) {
        if (!is_so(at)) {
            return false;
        }
    }
    errno = error;
    return true;
}

bool user_readable(const void *from, size_t n)
{
    return all_pages(page_readable, from, n);
}

bool user_fill(void *to, const void *from, size_t n)
{
    if (!all_pages(page_writable, to, n)) {
        return false;
    }
    memcpy(to, from, n);
    return true;
}
