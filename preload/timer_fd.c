/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer_fd.c - timerfd: a device of the bench without a path */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

#define PS_PER_S UINT64_C(1000000000000)

EXPORT int timerfd_create(int clock, int flags)
{
    char name[32];
    int fd = -1, how = O_RDWR | (clock == CLOCK_REALTIME ? EXEC_TIMER_REALTIME : 0);

    if (!bench_is_on()) {
        return REAL(timerfd_create)(clock, flags);
    }
    how |= (flags & TFD_CLOEXEC ? O_CLOEXEC : 0) | (flags & TFD_NONBLOCK ? O_NONBLOCK : 0);
    errno = EBUSY;
    for (unsigned i = 0; i < EXEC_TIMERS && fd < 0 && errno == EBUSY; i++) {
        snprintf(name, sizeof name, EXEC_TIMER_PATH, i);
        fd = device_open_special(name, how);
    }
    errno = fd < 0 && errno == EBUSY ? EMFILE : errno;
    return fd;
}

static struct itimerspec spec_of(const struct exec_timer *t)
{
    return (struct itimerspec){
        .it_value = { (time_t)(t->first_ps / PS_PER_S), (long)(t->first_ps % PS_PER_S / 1000) },
        .it_interval = { (time_t)(t->every_ps / PS_PER_S), (long)(t->every_ps % PS_PER_S / 1000) },
    };
}

/* Asks; the answer is what was. -1: errno, EINVAL where it is no timer. */
static int ask(int handle, unsigned long request, const struct exec_timer *to, struct itimerspec *was)
{
    struct answer a = bench_ask(&(struct question){
        .op = EXEC_IOCTL, .handle = handle, .arg = { request }, .data = to, .n_data = to ? sizeof *to : 0 });
    struct exec_timer told;

    if (a.result < 0 || a.n_data != sizeof told) {
        errno = a.result < 0 && errno == ENOTTY ? EINVAL : errno;
        return -1;
    }
    memcpy(&told, a.data, sizeof told);
    if (was) {
        *was = spec_of(&told);
    }
    return 0;
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *was)
{
    int handle = descriptor_handle(fd);

    if (handle < 0) {
        return REAL(timerfd_settime)(fd, flags, to, was);
    }
    if (!timespec_ok(&to->it_value) || !timespec_ok(&to->it_interval)) {
        errno = EINVAL;
        return -1;
    }
    struct timespec since = to->it_value; /* the epoch */

    since.tv_sec = since.tv_sec > EXEC_EPOCH_S ? since.tv_sec - EXEC_EPOCH_S : 0;
    const struct exec_timer t = {
        .first_ps = timespec_bounded_ps(&to->it_value),
        .every_ps = timespec_bounded_ps(&to->it_interval),
        .absolute = flags & TFD_TIMER_ABSTIME,
        .realtime_ps = timespec_bounded_ps(&since),
    };

    return ask(handle, EXEC_TIMER_SET, &t, was);
}

EXPORT int timerfd_gettime(int fd, struct itimerspec *now)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(timerfd_gettime)(fd, now) : ask(handle, EXEC_TIMER_GET, NULL, now);
}
