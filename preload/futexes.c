/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * futexes.c - syscall(): the locks and conditions of other libraries (GLib, C++20, Rust), which are futexes, and calls of the
 * clock by their numbers
 *
 * Who waits with a time-out does so on the bench and is woken by a count of wakes; all of an address wake then, which
 * futex(2) allows.
 */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { COUNTS = 64, ARGS = 6 };

static _Atomic uint32_t wakes[COUNTS]; /* by address */

static _Atomic uint32_t *wakes_of(const void *address)
{
    return &wakes[(uintptr_t)address / sizeof(uint32_t) % COUNTS];
}

struct futex {
    _Atomic uint32_t *word;
    uint32_t expected, seen;
};

static bool is_woken(void *ctx)
{
    const struct futex *f = ctx;

    return atomic_load(f->word) != f->expected || atomic_load(wakes_of(f->word)) != f->seen;
}

static int failed(int error)
{
    errno = error;
    return -1;
}

/* t: a time of clock; is_left: from now on. */
static int wait_with_limit(_Atomic uint32_t *word, uint32_t expected, const struct timespec *t, bool is_left,
                           clockid_t clock)
{
    struct futex f = { word, expected, atomic_load(wakes_of(word)) };
    struct timespec end = *t;
    int saved = errno;

    if (!timespec_ok(t)) {
        return failed(EINVAL);
    }
    if (atomic_load(word) != expected) {
        return failed(EAGAIN);
    }
    if (is_left) {
        uint64_t ps = bench_now_ps() + timespec_bounded_ps(t);

        clock = CLOCK_MONOTONIC;
        end = (struct timespec){ (time_t)(ps / 1000000000000), (long)(ps / 1000 % 1000000000) };
    }
    int error = wait_until_one_moves(is_woken, &f, word, clock, &end);

    errno = saved;
    return error ? failed(error) : 0;
}

static int wait_outside(const long a[ARGS])
{
    bench_outside_begin();
    int r = (int)kernel_call(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);

    bench_outside_end();
    return r;
}

static int wake(const long a[ARGS])
{
    int r = (int)kernel_call(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);

    atomic_fetch_add(wakes_of((void *)a[0]), 1);
    wake_those_of((void *)a[0]);
    return r;
}

static long futex(const long a[ARGS])
{
    const struct timespec *limit = (const struct timespec *)a[3];
    clockid_t clock = a[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    int command = (int)a[1] & FUTEX_CMD_MASK;

    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return limit ? wait_with_limit((_Atomic uint32_t *)a[0], (uint32_t)a[2], limit, command == FUTEX_WAIT, clock)
                     : wait_outside(a);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE_OP:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: return wake(a);
    default: return kernel_call(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

/* clock_nanosleep() returns its error. */
static long sleep_by_clock(const long a[ARGS])
{
    int error = clock_nanosleep((clockid_t)a[0], (int)a[1], (const struct timespec *)a[2], (struct timespec *)a[3]);

    return error ? failed(error) : 0;
}

EXPORT long syscall(long number, ...)
{
    va_list args;
    long a[ARGS];

    va_start(args, number);
    for (unsigned i = 0; i < ARGS; i++) { /* what was not given is not looked at */
        a[i] = va_arg(args, long);
    }
    va_end(args);
    switch (bench_is_on() ? number : -1) {
    case SYS_futex: return futex(a);
    case SYS_clock_gettime: return clock_gettime((clockid_t)a[0], (struct timespec *)a[1]);
    case SYS_gettimeofday: return gettimeofday((struct timeval *)a[0], (void *)a[1]);
    case SYS_nanosleep: return nanosleep((const struct timespec *)a[0], (struct timespec *)a[1]);
    case SYS_clock_nanosleep: return sleep_by_clock(a);
    case SYS_sched_yield: return sched_yield();
    default: return kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}
