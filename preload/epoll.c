/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoll.c - epoll over devices: they are kept in a list of ours, everything else in the kernel's epoll, which is itself
 * a descriptor that poll() can wait for
 *
 * Level-triggered only: EPOLLET is taken as that, EPOLLONESHOT is kept.
 */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_WATCHED = 64 };

static struct watched {
    bool used;
    int epoll, fd;
    uint32_t events;
    epoll_data_t data;
} watched[MAX_WATCHED];

static int real_members[DESCRIPTORS_MAX]; /* of each epoll: what the kernel watches for it */

static struct watched *find(int epoll, int fd)
{
    for (unsigned i = 0; i < MAX_WATCHED; i++) {
        if (watched[i].used && watched[i].epoll == epoll && watched[i].fd == fd) {
            return &watched[i];
        }
    }
    return NULL;
}

static struct watched *free_one(void)
{
    for (unsigned i = 0; i < MAX_WATCHED; i++) {
        if (!watched[i].used) {
            return &watched[i];
        }
    }
    return NULL;
}

/* fd was closed: an epoll with what it watched, or what one watches. */
void epoll_forget(int fd)
{
    for (unsigned i = 0; i < MAX_WATCHED; i++) {
        watched[i].used &= watched[i].epoll != fd && watched[i].fd != fd;
    }
    if (fd >= 0 && fd < DESCRIPTORS_MAX) {
        real_members[fd] = 0;
    }
}

EXPORT int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
    struct watched *w = find(epoll, fd);

    if (descriptor_handle(fd) < 0) {
        int r = REAL(epoll_ctl)(epoll, op, fd, event);

        if (r == 0 && epoll >= 0 && epoll < DESCRIPTORS_MAX) {
            real_members[epoll] += op == EPOLL_CTL_ADD ? 1 : op == EPOLL_CTL_DEL ? -1 : 0;
        }
        return r;
    }
    if (op == EPOLL_CTL_ADD ? w != NULL : !w) {
        errno = w ? EEXIST : ENOENT;
        return -1;
    }
    if (op == EPOLL_CTL_DEL) {
        w->used = false;
        return 0;
    }
    w = w ? w : free_one();
    if (!w) {
        errno = ENOSPC;
        return -1;
    }
    *w = (struct watched){ .used = true, .epoll = epoll, .fd = fd, .events = event->events, .data = event->data };
    return 0;
}

/* What the list has ready: as events. Their number. */
static int collect(struct pollfd *fds, struct watched **of, unsigned n, struct epoll_event *events, int most)
{
    int k = 0;

    for (unsigned i = 0; i < n && k < most; i++) {
        if (fds[i].revents) {
            events[k++] = (struct epoll_event){ .events = (uint32_t)fds[i].revents, .data = of[i]->data };
            if (of[i]->events & EPOLLONESHOT) {
                of[i]->events = EPOLLONESHOT;
            }
        }
    }
    return k;
}

static int wait_all(int epoll, struct epoll_event *events, int most, const struct timespec *limit)
{
    struct pollfd fds[MAX_WATCHED + 1];
    struct watched *of[MAX_WATCHED];
    unsigned n = 0;

    for (unsigned i = 0; i < MAX_WATCHED; i++) {
        if (watched[i].used && watched[i].epoll == epoll) {
            of[n] = &watched[i];
            fds[n++] = (struct pollfd){ .fd = watched[i].fd, .events = (short)(watched[i].events & 0xFFFF) };
        }
    }
    bool real = epoll < 0 || epoll >= DESCRIPTORS_MAX || real_members[epoll] > 0;

    fds[n] = (struct pollfd){ .fd = real ? epoll : -1, .events = POLLIN };
    int ready = ppoll(fds, n + 1, limit, NULL);

    if (ready <= 0) {
        return ready;
    }
    int k = collect(fds, of, n, events, most), more = 0;

    if (k < most && fds[n].revents) {
        more = REAL(epoll_wait)(epoll, events + k, most - k, 0);
    }
    return k + (more > 0 ? more : 0);
}

static struct timespec timespec_of_ms(int ms)
{
    return (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
}

EXPORT int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
    if (!bench_is_on() || most <= 0) {
        return REAL(epoll_wait)(epoll, events, most, timeout_ms);
    }
    const struct timespec limit = timespec_of_ms(timeout_ms);

    return wait_all(epoll, events, most, timeout_ms < 0 ? NULL : &limit);
}

EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *limit,
                        const sigset_t *mask)
{
    sigset_t was;

    if (!bench_is_on() || most <= 0) {
        return REAL(epoll_pwait2)(epoll, events, most, limit, mask);
    }
    if (mask) {
        sigprocmask(SIG_SETMASK, mask, &was);
    }
    int n = wait_all(epoll, events, most, limit);

    if (mask) {
        int saved = errno;

        sigprocmask(SIG_SETMASK, &was, NULL);
        errno = saved;
    }
    return n;
}

EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout_ms, const sigset_t *mask)
{
    const struct timespec limit = timespec_of_ms(timeout_ms);

    return epoll_pwait2(epoll, events, most, timeout_ms < 0 ? NULL : &limit, mask);
}
