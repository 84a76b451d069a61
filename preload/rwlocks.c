/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rwlocks.c - pthread_rwlock_t with a time-out, and the end of a thread with one, waited for in simulated time */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static bool may_read(void *lock)
{
    return pthread_rwlock_tryrdlock(lock) != EBUSY;
}

static bool may_write(void *lock)
{
    return pthread_rwlock_trywrlock(lock) != EBUSY;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    int error = REAL(pthread_rwlock_unlock)(lock);

    wake_those_of(lock);
    return error;
}

#define CLOCK_LOCK(name, done)                                                                     \
    EXPORT int name(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *t)             \
    {                                                                                              \
        return bench_is_on() ? wait_until_done(done, lock, clock, t) : REAL(name)(lock, clock, t); \
    }
CLOCK_LOCK(pthread_rwlock_clockrdlock, may_read)
CLOCK_LOCK(pthread_rwlock_clockwrlock, may_write)

#define TIMED_LOCK(name, done)                                                                       \
    EXPORT int name(pthread_rwlock_t *restrict lock, const struct timespec *restrict t)              \
    {                                                                                                \
        return bench_is_on() ? wait_until_done(done, lock, CLOCK_REALTIME, t) : REAL(name)(lock, t); \
    }
TIMED_LOCK(pthread_rwlock_timedrdlock, may_read)
TIMED_LOCK(pthread_rwlock_timedwrlock, may_write)

/* ---- the end of a thread ---- */

struct end {
    pthread_t thread;
    void **result;
};

static bool has_ended(void *ctx)
{
    const struct end *e = ctx;

    return pthread_tryjoin_np(e->thread, e->result) != EBUSY;
}

EXPORT int pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock, const struct timespec *t)
{
    CANCELLATION_POINT;
    struct end e = { thread, result };

    return bench_is_on() && t ? wait_until_done(has_ended, &e, clock, t)
                              : REAL(pthread_clockjoin_np)(thread, result, clock, t);
}

EXPORT int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *t)
{
    return bench_is_on() && t ? pthread_clockjoin_np(thread, result, CLOCK_REALTIME, t)
                              : REAL(pthread_timedjoin_np)(thread, result, t);
}
