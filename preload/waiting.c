/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waiting.c - select() and poll() over devices and anything else
 *
 * One question, answered when a device is ready or the time is over; where descriptors of the world are waited for as
 * well, the thread sleeps in poll() on them until then, and takes the question back when one is ready. Only those of the
 * world and no time-out: that is waiting outside.
 */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- one list of both kinds ---- */

struct waiting {
    struct pollfd *fds;
    nfds_t n;
    unsigned n_devices, n_others;
};

static bool is_simulated(int fd)
{
    return descriptor_handle(fd) >= 0;
}

static void count(struct waiting *w)
{
    for (nfds_t i = 0; i < w->n; i++) {
        w->n_devices += w->fds[i].fd >= 0 && is_simulated(w->fds[i].fd);
        w->n_others += w->fds[i].fd >= 0 && !is_simulated(w->fds[i].fd);
    }
}

/* Those of the world, for the kernel: what is a device is left out. NULL: errno. To be freed. */
static struct pollfd *others_of(const struct waiting *w)
{
    struct pollfd *others = malloc((w->n + 1) * sizeof *others);

    if (!others) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(others, w->fds, w->n * sizeof *others);
    for (nfds_t i = 0; i < w->n; i++) {
        if (is_simulated(others[i].fd)) {
            others[i].fd = -1;
        }
    }
    return others;
}

/* The bench's part. others: of the world (others_of()), or NULL. Number of devices that are ready, or -1. */
static int ask_devices(struct waiting *w, uint64_t limit_ps, struct pollfd *others)
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
    const struct question q = {
        .op = EXEC_POLL,
        .handle = n ? asked[0].handle : -1, /* whose time it takes */
        .arg = { limit_ps, others != NULL },
        .data = asked,
        .n_data = n * sizeof *asked,
    };
    struct answer a = others ? bench_ask_beside(&q, others, w->n) : bench_ask(&q);
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
static int ask_others(struct waiting *w, bool waits)
{
    struct pollfd *others = others_of(w);
    const struct timespec at_once = { 0 };
    int ready = -1;

    pthread_cleanup_push(free, others);
    if (others) {
        ready = waits ? (int)bench_sleep(SYS_ppoll, (long)others, (long)w->n, 0, 0, 0, 0)
                      : (int)kernel_call(SYS_ppoll, others, w->n, &at_once, NULL, 0);
    }
    pthread_cleanup_pop(0);

    for (nfds_t i = 0; i < w->n && others; i++) {
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
    int ready = ask_others(w, false);

    if (ready == 0) {
        bench_outside_begin();
        ready = ask_others(w, true);
        bench_outside_end();
    }
    return ready;
}

static int wait_for_both(struct waiting *w, uint64_t limit_ps)
{
    int ready = ask_others(w, false);
    struct pollfd *others = ready == 0 && limit_ps ? others_of(w) : NULL;

    if (ready < 0) {
        return -1;
    }
    int devices;

    pthread_cleanup_push(free, others);
    devices = ask_devices(w, others ? limit_ps : 0, others);
    pthread_cleanup_pop(1);
    if (devices < 0 || !others) {
        return devices < 0 ? -1 : devices + ready;
    }
    ready = ask_others(w, false);
    return ready < 0 ? -1 : devices + ready;
}

/* One device, to read, of which bytes have come along with an answer: the call takes its time, and needs no answer. */
static bool has_come(struct pollfd *p, uint64_t limit_ps)
{
    const struct exec_poll asked = { .handle = descriptor_handle(p->fd), .events = POLLIN };
    size_t n = 0;

    if (p->events != POLLIN || !limit_ps || !bench_peek(asked.handle, &n) || !n) {
        return false;
    }
    bench_say(&(struct question){ .op = EXEC_POLL, .handle = asked.handle, .data = &asked, .n_data = sizeof asked });
    p->revents = POLLIN;
    return true;
}

static int wait_for(struct pollfd *fds, nfds_t n, uint64_t limit_ps)
{
    struct waiting w = { .fds = fds, .n = n };

    count(&w);
    for (nfds_t i = 0; i < n; i++) {
        fds[i].revents = 0;
    }
    if (n == 1 && w.n_devices == 1 && has_come(fds, limit_ps)) {
        return 1;
    }
    if (!w.n_others) {
        return ask_devices(&w, limit_ps, NULL);
    }
    return w.n_devices || limit_ps != EXEC_NEVER ? wait_for_both(&w, limit_ps) : wait_for_world(&w);
}

/* ---- poll ---- */

static uint64_t ps_of_ms(int ms)
{
    return ms < 0 ? EXEC_NEVER : (uint64_t)ms * 1000000000;
}

/* Only others and no wait: none of the bench's business, but a look that costs, so that a loop of them moves on. */
static bool is_ours(const struct pollfd *fds, nfds_t n, bool waits)
{
    if (!bench_is_on()) {
        return false;
    }
    for (nfds_t i = 0; i < n && !waits; i++) {
        waits = is_simulated(fds[i].fd);
    }
    if (!waits) {
        bench_look_ps();
    }
    return waits;
}

EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    CANCELLATION_POINT;

    return is_ours(fds, n, timeout_ms != 0) ? wait_for(fds, n, ps_of_ms(timeout_ms)) : REAL(poll)(fds, n, timeout_ms);
}

EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t room)
{
    return n > room / sizeof *fds ? REAL(__poll_chk)(fds, n, timeout_ms, room) : poll(fds, n, timeout_ms);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
    CANCELLATION_POINT;
    sigset_t was = { 0 };

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
    if (!bench_is_on() || n < 0) {
        return false;
    }
    if (waits || set_has_device(n, r) || set_has_device(n, w) || set_has_device(n, x)) {
        return true;
    }
    bench_look_ps();
    return false;
}

EXPORT int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout)
{
    CANCELLATION_POINT;

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
    CANCELLATION_POINT;
    sigset_t was = { 0 };

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
