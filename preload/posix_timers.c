/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * posix_timers.c - timer_create() and its like: the bench keeps the time, as for setitimer()
 *
 * The signal comes with the answer to a call that waits, with its value; to a process that computes by the kernel,
 * without. SIGEV_THREAD gets a thread that sleeps in simulated time. Overruns are not counted.
 */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PS_PER_S UINT64_C(1000000000000)

static struct timer {
    bool used;
    clockid_t clock;
    struct sigevent event;
    /* SIGEV_THREAD: */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t due_ps, every_ps; /* 0: off */
} timers[EXEC_PROCESS_TIMERS]; /* 0 is setitimer's */

/* A timer's name is its number: no pointer, as glibc's are none for a kernel's. */
static struct timer *timer_of(timer_t id)
{
    uintptr_t i = (uintptr_t)id;

    return i > 0 && i < EXEC_PROCESS_TIMERS && timers[i].used ? &timers[i] : NULL;
}

void posix_timer_signal(unsigned timer, int number, bool to_any)
{
    siginfo_t info = { .si_signo = number, .si_code = timer ? SI_TIMER : SI_KERNEL };

    if (timer && timer < EXEC_PROCESS_TIMERS && timers[timer].used) {
        info.si_value = timers[timer].event.sigev_value;
    }
    if (to_any) {
        kernel_call(SYS_rt_sigqueueinfo, getpid(), number, &info);
    } else {
        kernel_call(SYS_rt_tgsigqueueinfo, getpid(), kernel_call(SYS_gettid), number, &info);
    }
}

/* ---- SIGEV_THREAD: a thread that sleeps until it is due ---- */

static void *keep_time(void *arg)
{
    struct timer *t = arg;

    pthread_mutex_lock(&t->lock);
    while (t->used) {
        uint64_t now = bench_now_ps();

        if (!t->due_ps) {
            pthread_cond_wait(&t->changed, &t->lock);
        } else if (now < t->due_ps) {
            const struct timespec at = { (time_t)(t->due_ps / PS_PER_S), (long)(t->due_ps % PS_PER_S / 1000) };

            pthread_cond_clockwait(&t->changed, &t->lock, CLOCK_MONOTONIC, &at);
        } else {
            t->due_ps = t->every_ps ? t->due_ps + t->every_ps : 0;
            pthread_mutex_unlock(&t->lock);
            t->event.sigev_notify_function(t->event.sigev_value);
            pthread_mutex_lock(&t->lock);
        }
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static bool start_keeper(struct timer *t)
{
    pthread_t thread;

    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    if (pthread_create(&thread, NULL, keep_time, t) != 0) {
        errno = EAGAIN;
        return false;
    }
    pthread_detach(thread);
    return true;
}

/* ---- the calls ---- */

EXPORT int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict id)
{
    const struct sigevent usual = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

    if (!bench_is_on()) {
        return REAL(timer_create)(clock, event, id);
    }
    for (uintptr_t i = 1; i < EXEC_PROCESS_TIMERS; i++) {
        struct timer *t = &timers[i];

        if (!t->used) {
            *t = (struct timer){ .used = true, .clock = clock, .event = event ? *event : usual };
            if (t->event.sigev_notify == SIGEV_THREAD && !start_keeper(t)) {
                t->used = false;
                return -1;
            }
            *id = (timer_t)i;
            return 0;
        }
    }
    errno = EAGAIN;
    return -1;
}

/* Sets or only asks (first EXEC_NEVER). was: what is left, and the interval. */
static void ask(unsigned i, uint64_t first_ps, uint64_t every_ps, uint64_t was[2])
{
    const struct timer *t = &timers[i];
    int32_t number = t->event.sigev_notify == SIGEV_NONE ? 0 : t->event.sigev_signo;
    struct answer a = bench_ask(&(struct question){
        .op = EXEC_TIMER, .handle = (int)i, .arg = { first_ps, every_ps }, .data = &number, .n_data = sizeof number });

    was[0] = was[1] = 0;
    if (a.result >= 0 && a.n_data == 2 * sizeof was[0]) {
        memcpy(was, a.data, a.n_data);
    }
}

static void ask_thread(struct timer *t, uint64_t first_ps, uint64_t every_ps, uint64_t was[2])
{
    uint64_t now = bench_now_ps();

    pthread_mutex_lock(&t->lock);
    was[0] = !t->due_ps ? 0 : t->due_ps > now ? t->due_ps - now : 1000;
    was[1] = t->every_ps;
    if (first_ps != EXEC_NEVER) {
        t->due_ps = first_ps ? now + first_ps : 0;
        t->every_ps = every_ps;
        pthread_cond_signal(&t->changed);
    }
    pthread_mutex_unlock(&t->lock);
}

static int set(timer_t id, uint64_t first_ps, uint64_t every_ps, struct itimerspec *was)
{
    struct timer *t = timer_of(id);
    uint64_t left[2];

    if (t->event.sigev_notify == SIGEV_THREAD) {
        ask_thread(t, first_ps, every_ps, left);
    } else {
        ask((unsigned)(t - timers), first_ps, every_ps, left);
    }
    if (was) {
        *was = (struct itimerspec){
            .it_value = { (time_t)(left[0] / PS_PER_S), (long)(left[0] % PS_PER_S / 1000) },
            .it_interval = { (time_t)(left[1] / PS_PER_S), (long)(left[1] % PS_PER_S / 1000) },
        };
    }
    return 0;
}

EXPORT int timer_settime(timer_t id, int flags, const struct itimerspec *restrict to, struct itimerspec *restrict was)
{
    const struct timer *t = timer_of(id);

    if (!t || !timespec_ok(&to->it_value) || !timespec_ok(&to->it_interval)) {
        errno = EINVAL;
        return -1;
    }
    struct timespec first = to->it_value;
    bool off = !first.tv_sec && !first.tv_nsec;

    if (flags & TIMER_ABSTIME && !off) {
        uint64_t now = bench_now_ps(), at;

        first.tv_sec -= t->clock == CLOCK_REALTIME && first.tv_sec >= EXEC_EPOCH_S ? EXEC_EPOCH_S : 0;
        at = timespec_bounded_ps(&first);
        return set(id, at > now ? at - now : 1, timespec_bounded_ps(&to->it_interval), was);
    }
    return set(id, off ? 0 : timespec_bounded_ps(&first), timespec_bounded_ps(&to->it_interval), was);
}

EXPORT int timer_gettime(timer_t id, struct itimerspec *now)
{
    if (!timer_of(id)) {
        errno = EINVAL;
        return -1;
    }
    return set(id, EXEC_NEVER, 0, now);
}

EXPORT int timer_getoverrun(timer_t id)
{
    (void)id;
    return 0;
}

EXPORT int timer_delete(timer_t id)
{
    struct timer *t = timer_of(id);

    if (!t) {
        errno = EINVAL;
        return -1;
    }
    set(id, 0, 0, NULL);
    t->used = false;
    if (t->event.sigev_notify == SIGEV_THREAD) { /* its thread ends */
        pthread_mutex_lock(&t->lock);
        pthread_cond_signal(&t->changed);
        pthread_mutex_unlock(&t->lock);
    }
    return 0;
}
