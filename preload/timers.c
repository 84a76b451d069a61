/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timers.c - alarm() and setitimer(): the bench keeps the time, and the signal comes with its answer to a call */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define PS_PER_US UINT64_C(1000000)
#define PS_PER_S UINT64_C(1000000000000)

/* What was left of the timer before, and its interval: ps. */
static void set_timer(uint64_t first_ps, uint64_t interval_ps, uint64_t was[2])
{
    const int32_t number = SIGALRM;
    const struct question q = {
        .op = EXEC_TIMER, .arg = { first_ps, interval_ps }, .data = &number, .n_data = sizeof number
    };
    struct answer a = bench_ask(&q);

    was[0] = was[1] = 0;
    if (a.result >= 0 && a.n_data == 2 * sizeof was[0]) {
        memcpy(was, a.data, a.n_data);
    }
}

static uint64_t ps_of(const struct timeval *t)
{
    const struct timespec s = { t->tv_sec, t->tv_usec * 1000L };

    return timespec_bounded_ps(&s);
}

static struct timeval timeval_of(uint64_t ps)
{
    uint64_t us = (ps + PS_PER_US - 1) / PS_PER_US;

    return (struct timeval){ (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
}

static bool is_time(const struct timeval *t)
{
    return t->tv_sec >= 0 && t->tv_usec >= 0 && t->tv_usec < 1000000;
}

EXPORT int setitimer(__itimer_which_t which, const struct itimerval *restrict to, struct itimerval *restrict was)
{
    uint64_t old[2];

    if (which != ITIMER_REAL || !bench_is_on() || !to) {
        return REAL(setitimer)(which, to, was);
    }
    if (!is_time(&to->it_value) || !is_time(&to->it_interval)) {
        errno = EINVAL;
        return -1;
    }
    set_timer(ps_of(&to->it_value), ps_of(&to->it_interval), old);
    if (was) {
        *was = (struct itimerval){ .it_value = timeval_of(old[0]), .it_interval = timeval_of(old[1]) };
    }
    return 0;
}

EXPORT int getitimer(__itimer_which_t which, struct itimerval *now)
{
    uint64_t old[2];

    if (which != ITIMER_REAL || !bench_is_on()) {
        return REAL(getitimer)(which, now);
    }
    set_timer(EXEC_NEVER, 0, old); /* only asks */
    *now = (struct itimerval){ .it_value = timeval_of(old[0]), .it_interval = timeval_of(old[1]) };
    return 0;
}

EXPORT unsigned alarm(unsigned s)
{
    uint64_t old[2];

    if (!bench_is_on()) {
        return REAL(alarm)(s);
    }
    set_timer(s * PS_PER_S, 0, old);
    return (unsigned)((old[0] + PS_PER_S / 2) / PS_PER_S) + (old[0] && old[0] < PS_PER_S / 2);
}

EXPORT useconds_t ualarm(useconds_t first_us, useconds_t interval_us)
{
    uint64_t old[2];

    if (!bench_is_on()) {
        return REAL(ualarm)(first_us, interval_us);
    }
    set_timer(first_us * PS_PER_US, interval_us * PS_PER_US, old);
    return (useconds_t)(old[0] / PS_PER_US);
}
