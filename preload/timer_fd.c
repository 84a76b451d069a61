/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/timer_fd.h"

#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PS_PER_S UINT64_C(1000000000000)

static struct timer {
    bool on;
    clockid_t clock;
    uint64_t due_ps, every_ps; /* due UINT64_MAX: off */
} timers[DESCRIPTORS_MAX];

bool timer_fd_is(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS_MAX && timers[fd].on;
}

uint64_t timer_fd_due_ps(int fd)
{
    return timers[fd].due_ps;
}

void timer_fd_forget(int fd)
{
    if (timer_fd_is(fd)) {
        timers[fd].on = false;
    }
}

EXPORT int timerfd_create(int clock, int flags)
{
    if (!bench_is_on()) {
        return REAL(timerfd_create)(clock, flags);
    }
    int fd = (int)syscall(SYS_eventfd2, 0, flags); /* the flags are the same */

    if (fd >= 0 && fd < DESCRIPTORS_MAX) {
        timers[fd] = (struct timer){ .on = true, .clock = clock, .due_ps = UINT64_MAX };
    }
    return fd;
}

static struct itimerspec left(const struct timer *t)
{
    uint64_t now = bench_now_ps(), rest = t->due_ps == UINT64_MAX ? 0 : t->due_ps > now ? t->due_ps - now : 1000;

    return (struct itimerspec){
        .it_value = { (time_t)(rest / PS_PER_S), (long)(rest % PS_PER_S / 1000) },
        .it_interval = { (time_t)(t->every_ps / PS_PER_S), (long)(t->every_ps % PS_PER_S / 1000) },
    };
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *was)
{
    if (!timer_fd_is(fd)) {
        return REAL(timerfd_settime)(fd, flags, to, was);
    }
    struct timer *t = &timers[fd];
    struct timespec at = to->it_value;

    if (!timespec_ok(&at) || !timespec_ok(&to->it_interval)) {
        errno = EINVAL;
        return -1;
    }
    if (was) {
        *was = left(t);
    }
    bool off = !at.tv_sec && !at.tv_nsec;

    if (flags & TFD_TIMER_ABSTIME && t->clock == CLOCK_REALTIME) {
        at.tv_sec = at.tv_sec > EXEC_EPOCH_S ? at.tv_sec - EXEC_EPOCH_S : 0;
    }
    t->due_ps = off ? UINT64_MAX : timespec_bounded_ps(&at) + (flags & TFD_TIMER_ABSTIME ? 0 : bench_now_ps());
    t->every_ps = timespec_bounded_ps(&to->it_interval);
    return 0;
}

EXPORT int timerfd_gettime(int fd, struct itimerspec *now)
{
    if (!timer_fd_is(fd)) {
        return REAL(timerfd_gettime)(fd, now);
    }
    *now = left(&timers[fd]);
    return 0;
}

ssize_t timer_fd_read(int fd, void *bytes, size_t n)
{
    struct timer *t = &timers[fd];
    uint64_t times = 1;

    if (n < sizeof times) {
        errno = EINVAL;
        return -1;
    }
    if (bench_now_ps() < t->due_ps && descriptor_nonblocking(fd)) {
        errno = EAGAIN;
        return -1;
    }
    if (bench_ask(&(struct question){ .op = EXEC_SLEEP, .arg = { t->due_ps, 1 } }).interrupted) {
        errno = EINTR;
        return -1;
    }
    if (t->every_ps) {
        times += (bench_now_ps() - t->due_ps) / t->every_ps;
        t->due_ps += times * t->every_ps;
    } else {
        t->due_ps = UINT64_MAX;
    }
    memcpy(bytes, &times, sizeof times);
    return sizeof times;
}
