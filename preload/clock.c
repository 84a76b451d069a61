/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.c - the time that the program sees and the time that it sleeps are simulated */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#define PS_PER_S UINT64_C(1000000000000)

/* Those that go on with the world, not with the processor's work. */
static bool is_simulated(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME: return bench_is_on();
    default: return false;
    }
}

static time_t epoch_of(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI ? EXEC_EPOCH_S : 0;
}

static struct timespec look(clockid_t clock)
{
    uint64_t ps = bench_look_ps();

    return (struct timespec){ (time_t)(ps / PS_PER_S) + epoch_of(clock), (long)(ps % PS_PER_S / 1000) };
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *t)
{
    if (!is_simulated(clock)) {
        return REAL(clock_gettime)(clock, t);
    }
    *t = look(clock);
    return 0;
}

EXPORT int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    if (!bench_is_on()) {
        return REAL(gettimeofday)(t, zone);
    }
    struct timespec now = look(CLOCK_REALTIME);

    *t = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
    return 0;
}

EXPORT time_t time(time_t *t)
{
    if (!bench_is_on()) {
        return REAL(time)(t);
    }
    time_t now = look(CLOCK_REALTIME).tv_sec;

    if (t) {
        *t = now;
    }
    return now;
}

EXPORT int timespec_get(struct timespec *t, int base)
{
    if (!bench_is_on() || base != TIME_UTC) {
        return REAL(timespec_get)(t, base);
    }
    *t = look(CLOCK_REALTIME);
    return base;
}

/* What it has used is the machine's, what it returns a clock. */
EXPORT clock_t times(struct tms *used)
{
    clock_t now = REAL(times)(used);

    return bench_is_on() ? (clock_t)(bench_look_ps() / (PS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK))) : now;
}

/* ---- sleeping ---- */

/* 0, or EINTR. */
static int sleep_ps(uint64_t ps, bool until)
{
    CANCELLATION_POINT;

    if (!ps && !until) { /* costs as much as a look: a loop of these moves on */
        bench_look_ps();
    }
    struct answer a = bench_ask(&(struct question){ .op = EXEC_SLEEP, .arg = { ps, until } });

    return a.interrupted ? EINTR : 0;
}

static struct timespec timespec_of_ps(uint64_t ps)
{
    return (struct timespec){ (time_t)(ps / PS_PER_S), (long)(ps % PS_PER_S / 1000) };
}

static int sleep_for(const struct timespec *t, struct timespec *rest)
{
    uint64_t ps = timespec_bounded_ps(t), begin = bench_now_ps();
    int error = sleep_ps(ps, false);

    if (error && rest) {
        uint64_t passed = bench_now_ps() - begin;

        *rest = timespec_of_ps(passed < ps ? ps - passed : 0);
    }
    return error;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *rest)
{
    if (!is_simulated(clock)) {
        return REAL(clock_nanosleep)(clock, flags, t, rest);
    }
    if (!timespec_ok(t)) {
        return EINVAL;
    }
    if (!(flags & TIMER_ABSTIME)) {
        return sleep_for(t, rest);
    }
    struct timespec since = *t;

    since.tv_sec = since.tv_sec > epoch_of(clock) ? since.tv_sec - epoch_of(clock) : 0;
    return sleep_ps(timespec_bounded_ps(&since), true);
}

EXPORT int nanosleep(const struct timespec *t, struct timespec *rest)
{
    if (!bench_is_on()) {
        return REAL(nanosleep)(t, rest);
    }
    int error = timespec_ok(t) ? sleep_for(t, rest) : EINVAL;

    errno = error ? error : errno;
    return error ? -1 : 0;
}

/* Who yields waits for somebody: a look. The call itself gives the processor to who may have it. */
EXPORT int sched_yield(void)
{
    bench_look_ps();
    return (int)kernel_call(SYS_sched_yield);
}

EXPORT int usleep(useconds_t us)
{
    const struct timespec t = { us / 1000000, us % 1000000 * 1000L };

    return bench_is_on() ? nanosleep(&t, NULL) : REAL(usleep)(us);
}

EXPORT unsigned sleep(unsigned s)
{
    struct timespec rest = { 0 };

    if (!bench_is_on()) {
        return REAL(sleep)(s);
    }
    return nanosleep(&(struct timespec){ .tv_sec = s }, &rest) ? (unsigned)rest.tv_sec : 0;
}
