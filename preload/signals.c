/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signals.c - waiting for a signal: while a timer of the process is armed, simulated time runs up to it; else it is the
 * world that is waited for, and costs none. Who sends one has told the bench before it goes on.
 */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool timer_is_armed(void)
{
    return bench_ask(&(struct question){ .op = EXEC_ARMED }).result > 0;
}

static void sleep_until_signal(void)
{
    while (!bench_ask(&(struct question){ .op = EXEC_SLEEP, .arg = { EXEC_NEVER } }).interrupted && bench_is_on()) {
    }
}

/* ---- until a handler has run ---- */

EXPORT int pause(void)
{
    CANCELLATION_POINT;

    if (bench_is_on() && timer_is_armed()) {
        sleep_until_signal();
        errno = EINTR;
        return -1;
    }
    bench_outside_begin();
    int r = REAL(pause)();

    bench_outside_end();
    return r;
}

static bool waits_in_line(const sigset_t *mask)
{
    sigset_t pending;

    sigpending(&pending);
    for (int i = 1; i <= SIGRTMAX; i++) {
        if (sigismember(&pending, i) == 1 && sigismember(mask, i) == 0) {
            return true;
        }
    }
    return false;
}

EXPORT int sigsuspend(const sigset_t *mask)
{
    CANCELLATION_POINT;
    sigset_t was;

    if (bench_is_on() && !waits_in_line(mask) && timer_is_armed()) {
        sigprocmask(SIG_SETMASK, mask, &was);
        sleep_until_signal();
        sigprocmask(SIG_SETMASK, &was, NULL);
        errno = EINTR;
        return -1;
    }
    bench_outside_begin();
    int r = REAL(sigsuspend)(mask);

    bench_outside_end();
    return r;
}

EXPORT int __sigsuspend(const sigset_t *mask)
{
    return sigsuspend(mask);
}

/* ---- until one has come that is blocked ---- */

static int take_signal(const sigset_t *set, siginfo_t *info)
{
    return REAL(sigtimedwait)(set, info, &(struct timespec){ 0 });
}

/* In simulated time, up to ps; one that another process sends is seen by its signalfd. -1: errno is EAGAIN or EINTR. */
static int wait_on_bench(const sigset_t *set, siginfo_t *info, uint64_t ps)
{
    uint64_t begin = bench_now_ps();
    int number = take_signal(set, info), fd = -1;

    while (number < 0 && errno == EAGAIN && bench_is_on()) {
        uint64_t passed = bench_now_ps() - begin;

        if (passed >= ps) {
            break;
        }
        fd = fd < 0 ? bench_high((int)kernel_call(SYS_signalfd4, -1, set, _NSIG / 8, SFD_CLOEXEC | SFD_NONBLOCK)) : fd;
        struct pollfd beside[2] = { { .fd = fd, .events = POLLIN } };
        const struct question q = { .op = EXEC_POLL, .arg = { ps == EXEC_NEVER ? ps : ps - passed, 1 } };
        bool handled = bench_ask_beside(&q, beside, 1).interrupted;

        number = take_signal(set, info);
        if (number < 0 && handled) {
            errno = EINTR;
        }
    }
    if (fd >= 0) {
        int saved = errno;

        kernel_call(SYS_close, fd);
        errno = saved;
    }
    return number;
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *limit)
{
    CANCELLATION_POINT;

    if (!bench_is_on() || (limit && !timespec_ok(limit))) {
        return REAL(sigtimedwait)(set, info, limit);
    }
    if (limit || timer_is_armed()) {
        return wait_on_bench(set, info, limit ? timespec_bounded_ps(limit) : EXEC_NEVER);
    }
    bench_outside_begin();
    int number = REAL(sigtimedwait)(set, info, NULL);

    bench_outside_end();
    return number;
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    return sigtimedwait(set, info, NULL);
}

EXPORT int sigwait(const sigset_t *set, int *number)
{
    int got;

    if (!bench_is_on()) {
        return REAL(sigwait)(set, number);
    }
    do {
        got = sigtimedwait(set, NULL, NULL);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno;
    }
    *number = got;
    return 0;
}

/* ---- sending ---- */

/* Before: what this thread let pass has passed. */
static void will_send(void)
{
    if (bench_is_on()) {
        bench_ask(&(struct question){ .op = EXEC_NOTHING });
    }
}

static int sent(int r)
{
    int saved = errno;

    if (bench_is_on()) {
        bench_ask(&(struct question){ .op = EXEC_SIGNALLED });
    }
    errno = saved;
    return r;
}

#define SENDS(name, parameters, arguments) \
    EXPORT int name parameters             \
    {                                      \
        will_send();                       \
        return sent(REAL(name) arguments); \
    }
SENDS(kill, (pid_t pid, int number), (pid, number))
SENDS(killpg, (pid_t group, int number), (group, number))
SENDS(tgkill, (pid_t pid, pid_t tid, int number), (pid, tid, number))
SENDS(sigqueue, (pid_t pid, int number, const union sigval value), (pid, number, value))
SENDS(pthread_kill, (pthread_t thread, int number), (thread, number))
SENDS(pthread_sigqueue, (pthread_t thread, int number, const union sigval value), (thread, number, value))

/* Nobody has a turn before it: who closes what a thread reads and cancels it then is not to see it find that. */
EXPORT int pthread_cancel(pthread_t thread)
{
    return sent(REAL(pthread_cancel)(thread));
}
