/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waiting.c - select() and poll() over devices and anything else
 *
 * Only devices, or nothing: one question, answered when one is ready or the time is over. Devices among other
 * descriptors: slices of simulated time, with a look at the others between; without a time-out (a person types) a slice
 * takes as long on the wall clock. No devices, but others: they are the world outside; their time-out is simulated.
 */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"
#include "preload/timer_fd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLICE_MS = 10 };
#define SLICE_PS (SLICE_MS * UINT64_C(1000000000))

/* ---- one list of both kinds ---- */

struct waiting {
    struct pollfd *fds;
    nfds_t n;
    unsigned n_devices, n_others;
    uint64_t timer_ps; /* the first timerfd among them is due then; EXEC_NEVER: none */
};

/* What only the bench or this library knows of. */
static bool is_simulated(int fd)
{
    return descriptor_handle(fd) >= 0 || timer_fd_is(fd);
}

static void count(struct waiting *w)
{
    for (nfds_t i = 0; i < w->n; i++) {
        if (w->fds[i].fd >= 0) {
            if (descriptor_handle(w->fds[i].fd) >= 0) {
                w->n_devices++;
            } else if (timer_fd_is(w->fds[i].fd)) {
                uint64_t due = timer_fd_due_ps(w->fds[i].fd);

                w->timer_ps = due < w->timer_ps ? due : w->timer_ps;
            } else {
                w->n_others++;
            }
        }
    }
}

/* The bench's part. Number of devices that are ready, or -1. */
static int ask_devices(struct waiting *w, uint64_t limit_ps)
{
    enum { FEW = 16 };
    struct exec_poll few[FEW], *asked = w->n_devices <= FEW ? few : malloc(w->n_devices * sizeof *asked);
    unsigned n = 0;
    int ready = 0;

    if (!asked) {
        errno = ENOMEM;
        return -1;
    }
    for (nfds_t i = 0; i < w->n; i++) {
        int handle = descriptor_handle(w->fds[i].fd);

        if (handle >= 0) {
            asked[n++] = (struct exec_poll){ .handle = handle, .events = w->fds[i].events };
        }
    }
    struct answer a = bench_ask(
        &(struct question){ .op = EXEC_POLL, .arg = { limit_ps }, .data = asked, .n_data = n * sizeof *asked });
    const struct exec_poll *told = a.data;

    for (nfds_t i = 0, k = 0; a.result >= 0 && i < w->n; i++) {
        if (descriptor_handle(w->fds[i].fd) >= 0) {
            w->fds[i].revents = (k + 1) * sizeof *told <= a.n_data ? told[k++].revents : 0;
            ready += w->fds[i].revents != 0;
        }
    }
    if (asked != few) {
        free(asked);
    }
    return a.result < 0 ? -1 : ready;
}

/* The kernel's part. */
static int ask_others(struct waiting *w, int wait_ms)
{
    const struct timespec t = { .tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L };
    struct pollfd *others = malloc((w->n ? w->n : 1) * sizeof *others);
    int ready;

    if (!others) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(others, w->fds, w->n * sizeof *others);
    for (nfds_t i = 0; i < w->n; i++) {
        if (is_simulated(others[i].fd)) {
            others[i].fd = -1;
        }
    }
    ready = (int)syscall(SYS_ppoll, others, w->n, wait_ms < 0 ? NULL : &t, NULL, 0);
    for (nfds_t i = 0; i < w->n; i++) {
        if (!is_simulated(w->fds[i].fd)) {
            w->fds[i].revents = ready > 0 ? others[i].revents : 0;
        }
    }
    free(others);
    return ready;
}

/* Without devices and without an end. */
static int wait_for_world(struct waiting *w)
{
    int ready = ask_others(w, 0);

    if (ready == 0) {
        bench_outside_begin();
        ready = ask_others(w, -1);
        bench_outside_end();
    }
    return ready;
}

static int wait_for_both(struct waiting *w, uint64_t limit_ps)
{
    for (;;) {
        int others = ask_others(w, 0);
        uint64_t slice = others > 0 ? 0 : limit_ps < SLICE_PS ? limit_ps : SLICE_PS;

        if (others < 0) {
            return -1;
        }
        int devices = ask_devices(w, slice);

        if (devices < 0 || devices + others > 0 || slice == limit_ps) {
            return devices < 0 ? -1 : devices + others;
        }
        if (limit_ps != EXEC_NEVER) {
            limit_ps -= slice;
        } else { /* the world's pace */
            bench_outside_begin();
            ask_others(w, SLICE_MS);
            bench_outside_end();
        }
    }
}

static int wait_without_timers(struct waiting *w, uint64_t limit_ps)
{
    if (!w->n_others) {
        return ask_devices(w, limit_ps);
    }
    return w->n_devices || limit_ps != EXEC_NEVER ? wait_for_both(w, limit_ps) : wait_for_world(w);
}

static int mark_timers(struct waiting *w)
{
    uint64_t now = bench_now_ps();
    int ready = 0;

    for (nfds_t i = 0; i < w->n; i++) {
        if (timer_fd_is(w->fds[i].fd) && w->fds[i].events & POLLIN && timer_fd_due_ps(w->fds[i].fd) <= now) {
            w->fds[i].revents = POLLIN;
            ready++;
        }
    }
    return ready;
}

static int wait_for(struct pollfd *fds, nfds_t n, uint64_t limit_ps)
{
    struct waiting w = { .fds = fds, .n = n, .timer_ps = EXEC_NEVER };
    uint64_t now = bench_now_ps();

    count(&w);
    for (nfds_t i = 0; i < n; i++) {
        fds[i].revents = 0;
    }
    if (w.timer_ps != EXEC_NEVER) {
        uint64_t left = w.timer_ps > now ? w.timer_ps - now : 0;

        limit_ps = left < limit_ps ? left : limit_ps;
    }
    int ready = wait_without_timers(&w, limit_ps);

    return ready < 0 ? ready : ready + mark_timers(&w);
}

/* ---- poll ---- */

static uint64_t ps_of_ms(int ms)
{
    return ms < 0 ? EXEC_NEVER : (uint64_t)ms * 1000000000;
}

/* Only others and no wait: none of the bench's business. */
static bool is_ours(const struct pollfd *fds, nfds_t n, bool waits)
{
    if (!bench_is_on()) {
        return false;
    }
    for (nfds_t i = 0; i < n && !waits; i++) {
        waits = is_simulated(fds[i].fd);
    }
    return waits;
}

EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    return is_ours(fds, n, timeout_ms != 0) ? wait_for(fds, n, ps_of_ms(timeout_ms)) : REAL(poll)(fds, n, timeout_ms);
}

EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t room)
{
    return n > room / sizeof *fds ? REAL(__poll_chk)(fds, n, timeout_ms, room) : poll(fds, n, timeout_ms);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
    sigset_t was;

    if (!is_ours(fds, n, !timeout || timeout->tv_sec || timeout->tv_nsec)) {
        return REAL(ppoll)(fds, n, timeout, mask);
    }
    if (timeout && !timespec_ok(timeout)) {
        errno = EINVAL;
        return -1;
    }
    if (mask) {
        sigprocmask(SIG_SETMASK, mask, &was);
    }
    int ready = wait_for(fds, n, timeout ? timespec_bounded_ps(timeout) : EXEC_NEVER);

    if (mask) {
        int saved = errno;

        sigprocmask(SIG_SETMASK, &was, NULL);
        errno = saved;
    }
    return ready;
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask, size_t room)
{
    return n > room / sizeof *fds ? REAL(__ppoll_chk)(fds, n, timeout, mask, room) : ppoll(fds, n, timeout, mask);
}

/* ---- select ---- */

static bool in(const fd_set *set, int fd)
{
    return set && FD_ISSET(fd, set);
}

/* The sets as a list. Number of entries. */
static nfds_t list_sets(int n, const fd_set *r, const fd_set *w, const fd_set *x, struct pollfd *list)
{
    nfds_t k = 0;

    for (int fd = 0; fd < n && fd < FD_SETSIZE; fd++) {
        short events = (short)((in(r, fd) ? POLLIN : 0) | (in(w, fd) ? POLLOUT : 0) | (in(x, fd) ? POLLPRI : 0));

        if (events) {
            list[k++] = (struct pollfd){ .fd = fd, .events = events };
        }
    }
    return k;
}

/* Clears what did not happen. Number of bits that are left. */
static int mark(fd_set *set, const struct pollfd *list, nfds_t n, short wanted, short happened)
{
    int bits = 0;

    for (nfds_t i = 0; set && i < n; i++) {
        if (list[i].events & wanted) {
            if (list[i].revents & happened) {
                bits++;
            } else {
                FD_CLR(list[i].fd, set);
            }
        }
    }
    return bits;
}

static int select_ps(int n, fd_set *r, fd_set *w, fd_set *x, uint64_t limit_ps)
{
    struct pollfd list[FD_SETSIZE];
    nfds_t k = list_sets(n, r, w, x, list);
    int ready = wait_for(list, k, limit_ps);

    for (nfds_t i = 0; i < k && ready >= 0; i++) {
        if (list[i].revents & POLLNVAL) {
            errno = EBADF;
            return -1;
        }
    }
    return ready < 0 ? -1
                     : mark(r, list, k, POLLIN, POLLIN | POLLHUP | POLLERR) +
                           mark(w, list, k, POLLOUT, POLLOUT | POLLERR) + mark(x, list, k, POLLPRI, POLLPRI);
}

static bool set_has_device(int n, const fd_set *set)
{
    for (int fd = 0; set && fd < n && fd < FD_SETSIZE; fd++) {
        if (FD_ISSET(fd, set) && is_simulated(fd)) {
            return true;
        }
    }
    return false;
}

static bool select_is_ours(int n, const fd_set *r, const fd_set *w, const fd_set *x, bool waits)
{
    return bench_is_on() && n >= 0 && (waits || set_has_device(n, r) || set_has_device(n, w) || set_has_device(n, x));
}

EXPORT int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout)
{
    if (!select_is_ours(n, r, w, x, !timeout || timeout->tv_sec || timeout->tv_usec)) {
        return REAL(select)(n, r, w, x, timeout);
    }
    if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
        errno = EINVAL;
        return -1;
    }
    if (!timeout) {
        return select_ps(n, r, w, x, EXEC_NEVER);
    }
    const struct timespec t = { timeout->tv_sec + timeout->tv_usec / 1000000, timeout->tv_usec % 1000000 * 1000 };
    uint64_t limit = timespec_bounded_ps(&t), begin = bench_now_ps();
    int ready = select_ps(n, r, w, x, limit);
    uint64_t passed = bench_now_ps() - begin, rest_us = passed < limit ? (limit - passed) / 1000000 : 0;

    *timeout = (struct timeval){ (time_t)(rest_us / 1000000), (suseconds_t)(rest_us % 1000000) }; /* as Linux does */
    return ready;
}

EXPORT int pselect(int n, fd_set *r, fd_set *w, fd_set *x, const struct timespec *timeout, const sigset_t *mask)
{
    sigset_t was;

    if (!select_is_ours(n, r, w, x, !timeout || timeout->tv_sec || timeout->tv_nsec)) {
        return REAL(pselect)(n, r, w, x, timeout, mask);
    }
    if (timeout && !timespec_ok(timeout)) {
        errno = EINVAL;
        return -1;
    }
    if (mask) {
        sigprocmask(SIG_SETMASK, mask, &was);
    }
    int ready = select_ps(n, r, w, x, timeout ? timespec_bounded_ps(timeout) : EXEC_NEVER);

    if (mask) {
        int saved = errno;

        sigprocmask(SIG_SETMASK, &was, NULL);
        errno = saved;
    }
    return ready;
}
