/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threads.c - threads take turns on the bench; what they wait for with a time-out is waited for in simulated time
 *
 * Locks and semaphores stay libc's: one that is taken is waited for outside, or, with a time-out, on the bench: who
 * unlocks or posts it wakes those in a table of this process. Where nobody can (the table is full, another process has
 * it) they look again and again, at times that double up to MOST_PS. Condition variables are ours, in the memory of libc's: a number that each signal counts up (all wake
 * then, which POSIX allows); a zeroed one is a new one in both.
 */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_PS UINT64_C(100000000) /* 100 us */
#define MOST_PS UINT64_C(10000000000)

/* ---- birth and death ---- */

struct birth {
    void *(*run)(void *);
    void *arg;
    sem_t said_hello;
};

static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;

static void end_thread(void *unused)
{
    (void)unused;
    bench_thread_end();
}

static void make_key(void)
{
    pthread_key_create(&end_key, end_thread);
}

static void *begin_thread(void *arg)
{
    struct birth *b = arg;
    void *(*run)(void *) = b->run;
    void *own = b->arg;

    bench_thread_begin();
    pthread_setspecific(end_key, b);
    sem_post(&b->said_hello); /* b is its creator's from here on */
    bench_ask(&(struct question){ .op = EXEC_NOTHING });
    return run(own);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    struct birth b = { .run = run, .arg = arg };

    if (!bench_is_on()) {
        return REAL(pthread_create)(thread, attributes, run, arg);
    }
    pthread_once(&end_once, make_key);
    sem_init(&b.said_hello, 0, 0);
    int error = REAL(pthread_create)(thread, attributes, begin_thread, &b);

    while (!error && sem_trywait(&b.said_hello) != 0) {
        kernel_call(
            SYS_sched_yield); /* asleep it would count as waiting for the world, and time would go on without the new one */
    }
    sem_destroy(&b.said_hello);
    return error;
}

EXPORT int pthread_join(pthread_t thread, void **result)
{
    bench_outside_begin();
    int error = REAL(pthread_join)(thread, result);

    bench_outside_end();
    return error;
}

/* ---- time-outs ---- */

static uint64_t deadline_ps(clockid_t clock, const struct timespec *t)
{
    struct timespec since = *t;
    time_t epoch = clock == CLOCK_REALTIME ? EXEC_EPOCH_S : 0;

    since.tv_sec = since.tv_sec > epoch ? since.tv_sec - epoch : 0;
    return timespec_bounded_ps(&since);
}

/* Those that wait with a time-out, each asleep on an eventfd of its own besides; what: its condition or semaphore. */
enum { SLEEPERS = 64 };

static struct sleeper {
    _Atomic(void *) what;
    int fd; /* + 1; 0: none yet */
} sleepers[SLEEPERS];
static _Atomic unsigned sleeping;

/* NULL: all are taken. */
static struct sleeper *go_to_bed(void *what)
{
    for (unsigned i = 0; i < SLEEPERS; i++) {
        void *nobody = NULL;

        if (atomic_compare_exchange_strong(&sleepers[i].what, &nobody, what)) {
            if (!sleepers[i].fd) {
                sleepers[i].fd = 1 + bench_high((int)kernel_call(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK));
            }
            atomic_fetch_add(&sleeping, 1);
            return &sleepers[i];
        }
    }
    return NULL;
}

static void get_up(void *sleeper)
{
    struct sleeper *s = sleeper;

    if (s) {
        uint64_t times;

        kernel_call(SYS_read, s->fd - 1, &times, sizeof times);
        atomic_store(&s->what, NULL);
        atomic_fetch_sub(&sleeping, 1);
    }
}

static void wake_sleepers(const void *what)
{
    const uint64_t once = 1;
    int saved = errno;

    for (unsigned i = 0; i < SLEEPERS && atomic_load(&sleeping); i++) {
        if (atomic_load(&sleepers[i].what) == what) {
            kernel_call(SYS_write, sleepers[i].fd - 1, &once, sizeof once);
        }
    }
    errno = saved;
}

void threads_forked(void)
{
    for (unsigned i = 0; i < SLEEPERS; i++) { /* the parent's eventfds are not the child's */
        if (sleepers[i].fd) {
            kernel_call(SYS_close, sleepers[i].fd - 1);
        }
        atomic_store(&sleepers[i].what, NULL);
        sleepers[i].fd = 0;
    }
    atomic_store(&sleeping, 0);
}

/* Sleeps so long, or until somebody wakes s. */
static struct answer sleep_in(const struct sleeper *s, uint64_t ps)
{
    struct pollfd beside[2] = { { .fd = s ? s->fd - 1 : -1, .events = POLLIN } };
    const struct question sleep = { .op = EXEC_SLEEP, .arg = { ps } }, poll = { .op = EXEC_POLL, .arg = { ps, 1 } };

    return s && s->fd > 0 ? bench_ask_beside(&poll, beside, 1) : bench_ask(&sleep);
}

/* Looks again and again until it is done or the time is over: 0, or ETIMEDOUT. s: who can be woken; NULL: nobody. */
static int look_until(bool (*done)(void *ctx), void *ctx, uint64_t end_ps, struct sleeper *s)
{
    uint64_t before = EXEC_NEVER;

    for (uint64_t wait = s ? MOST_PS : FIRST_PS; !done(ctx); wait = wait < MOST_PS ? 2 * wait : MOST_PS) {
        uint64_t now = bench_now_ps();

        s = now == before ? NULL : s; /* its eventfd does not let it sleep: the program has closed it */
        before = now;

        if (now >= end_ps) {
            return ETIMEDOUT;
        }
        if (sleep_in(s, wait < end_ps - now ? wait : end_ps - now).result < 0 && !bench_is_on()) {
            kernel_call(SYS_nanosleep, &(struct timespec){ .tv_nsec = 1000000 }, NULL);
            return ETIMEDOUT;
        }
    }
    return 0;
}

int wait_until_one_moves(bool (*done)(void *ctx), void *ctx, void *what, clockid_t clock, const struct timespec *t)
{
    if (!timespec_ok(t)) {
        return EINVAL;
    }
    struct sleeper *sleeper = go_to_bed(what);
    int error;

    pthread_cleanup_push(get_up, sleeper);
    error = look_until(done, ctx, deadline_ps(clock, t), sleeper);
    pthread_cleanup_pop(1);
    return error;
}

int wait_until_done(bool (*done)(void *what), void *what, clockid_t clock, const struct timespec *t)
{
    return wait_until_one_moves(done, what, what, clock, t);
}

void wake_those_of(const void *what)
{
    wake_sleepers(what);
}

/* ---- locks ---- */

static bool took_mutex(void *mutex)
{
    return pthread_mutex_trylock(mutex) != EBUSY;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (!bench_is_on()) {
        return REAL(pthread_mutex_lock)(mutex);
    }
    int error = pthread_mutex_trylock(mutex);

    if (error == EBUSY) {
        bench_outside_begin();
        error = REAL(pthread_mutex_lock)(mutex);
        bench_outside_end();
    }
    return error;
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *t)
{
    if (!bench_is_on()) {
        return REAL(pthread_mutex_clocklock)(mutex, clock, t);
    }
    return wait_until_done(took_mutex, mutex, clock, t);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    static _Atomic(__typeof__(&pthread_mutex_unlock)) libc_s; /* called often: looked up once */
    __typeof__(&pthread_mutex_unlock) unlock = atomic_load_explicit(&libc_s, memory_order_relaxed);

    if (!unlock) {
        unlock = REAL(pthread_mutex_unlock);
        atomic_store(&libc_s, unlock);
    }
    int error = unlock(mutex);

    wake_sleepers(mutex);
    return error;
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *t)
{
    return bench_is_on() ? pthread_mutex_clocklock(mutex, CLOCK_REALTIME, t) : REAL(pthread_mutex_timedlock)(mutex, t);
}

/* ---- semaphores ---- */

static bool took_semaphore(void *s)
{
    return sem_trywait(s) == 0;
}

EXPORT int sem_wait(sem_t *s)
{
    if (!bench_is_on() || sem_trywait(s) == 0) {
        return bench_is_on() ? 0 : REAL(sem_wait)(s);
    }
    bench_outside_begin();
    int r = REAL(sem_wait)(s);

    bench_outside_end();
    return r;
}

EXPORT int sem_clockwait(sem_t *s, clockid_t clock, const struct timespec *t)
{
    CANCELLATION_POINT;

    if (!bench_is_on()) {
        return REAL(sem_clockwait)(s, clock, t);
    }
    int saved = errno, error = wait_until_done(took_semaphore, s, clock, t);

    errno = error ? error : saved;
    return error ? -1 : 0;
}

EXPORT int sem_post(sem_t *s)
{
    int r = REAL(sem_post)(s);

    wake_sleepers(s);
    return r;
}

EXPORT int sem_timedwait(sem_t *s, const struct timespec *t)
{
    return bench_is_on() ? sem_clockwait(s, CLOCK_REALTIME, t) : REAL(sem_timedwait)(s, t);
}

/* ---- condition variables ---- */

struct condition {
    _Atomic uint32_t signals;
    uint32_t clock; /* clockid_t + 1; 0: CLOCK_REALTIME */
};

_Static_assert(sizeof(struct condition) <= sizeof(pthread_cond_t), "no room in libc's");

/* From the first to the last: when the session has ended, too. */
static bool conditions_are_ours(void)
{
    static _Atomic int ours; /* 0: not decided; 1, -1 */

    if (!ours) {
        ours = bench_is_on() ? 1 : -1;
    }
    return ours > 0;
}

static struct condition *condition_of(pthread_cond_t *c)
{
    return (struct condition *)(void *)c;
}

EXPORT int pthread_cond_init(pthread_cond_t *restrict c, const pthread_condattr_t *restrict attributes)
{
    clockid_t clock = CLOCK_REALTIME;

    if (!conditions_are_ours()) {
        return REAL(pthread_cond_init)(c, attributes);
    }
    if (attributes) {
        pthread_condattr_getclock(attributes, &clock);
    }
    *condition_of(c) = (struct condition){ .clock = (uint32_t)clock + 1 };
    return 0;
}

EXPORT int pthread_cond_destroy(pthread_cond_t *c)
{
    return conditions_are_ours() ? 0 : REAL(pthread_cond_destroy)(c);
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *c)
{
    if (!conditions_are_ours()) {
        return REAL(pthread_cond_broadcast)(c);
    }
    atomic_fetch_add(&condition_of(c)->signals, 1);
    kernel_call(SYS_futex, &condition_of(c)->signals, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    wake_sleepers(c);
    return 0;
}

EXPORT int pthread_cond_signal(pthread_cond_t *c)
{
    return conditions_are_ours() ? pthread_cond_broadcast(c) : REAL(pthread_cond_signal)(c);
}

static void lock_again(void *mutex)
{
    pthread_mutex_lock(mutex);
}

EXPORT int pthread_cond_wait(pthread_cond_t *restrict c, pthread_mutex_t *restrict mutex)
{
    CANCELLATION_POINT;

    if (!conditions_are_ours()) {
        return REAL(pthread_cond_wait)(c, mutex);
    }
    uint32_t seen = atomic_load(&condition_of(c)->signals);

    pthread_mutex_unlock(mutex);
    pthread_cleanup_push(lock_again, mutex);
    bench_outside_begin();
    while (
        atomic_load(&condition_of(c)->signals) == seen &&
        (bench_sleep(SYS_futex, (long)&condition_of(c)->signals, FUTEX_WAIT, seen, 0, 0, 0) == 0 || errno == EINTR)) {
    }
    bench_outside_end();
    pthread_cleanup_pop(0);
    return pthread_mutex_lock(mutex);
}

struct awaited {
    struct condition *c;
    uint32_t seen;
};

static bool was_signalled(void *ctx)
{
    const struct awaited *a = ctx;

    return atomic_load(&a->c->signals) != a->seen;
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *t)
{
    CANCELLATION_POINT;

    if (!conditions_are_ours()) {
        return REAL(pthread_cond_clockwait)(c, mutex, clock, t);
    }
    if (!timespec_ok(t)) {
        return EINVAL;
    }
    struct awaited a = { condition_of(c), atomic_load(&condition_of(c)->signals) };
    struct sleeper *s = go_to_bed(c);

    pthread_mutex_unlock(mutex);
    int error;

    pthread_cleanup_push(lock_again, mutex);
    pthread_cleanup_push(get_up, s);
    error = look_until(was_signalled, &a, deadline_ps(clock, t), s);
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(0);
    int lock = pthread_mutex_lock(mutex);

    return error ? error : lock;
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict mutex,
                                  const struct timespec *restrict t)
{
    if (!conditions_are_ours()) {
        return REAL(pthread_cond_timedwait)(c, mutex, t);
    }
    uint32_t clock = condition_of(c)->clock;

    return pthread_cond_clockwait(c, mutex, clock ? (clockid_t)(clock - 1) : CLOCK_REALTIME, t);
}
