/* SPDX-License-Identifier: GPL-3.0-or-later */
/* c11_threads.c - threads of C11: in glibc they are POSIX's by calls that nobody can see; here by ours */
#include "preload/bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t) && sizeof(mtx_t) == sizeof(pthread_mutex_t), "glibc's own");

static int code(int error)
{
    switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
    }
}

static pthread_cond_t *condition(cnd_t *c)
{
    return (pthread_cond_t *)(void *)c;
}

static pthread_mutex_t *mutex(mtx_t *m)
{
    return (pthread_mutex_t *)(void *)m;
}

/* ---- threads ---- */

struct start {
    thrd_start_t run;
    void *arg;
};

static void *run_thread(void *arg)
{
    struct start s = *(struct start *)arg;

    free(arg);
    return (void *)(intptr_t)s.run(s.arg);
}

EXPORT int thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
    struct start *s = malloc(sizeof *s);

    if (!s) {
        return thrd_nomem;
    }
    *s = (struct start){ run, arg };
    int error = pthread_create(thread, NULL, run_thread, s);

    if (error) {
        free(s);
    }
    return code(error);
}

EXPORT int thrd_join(thrd_t thread, int *result)
{
    void *returned;
    int error = pthread_join(thread, &returned);

    if (!error && result) {
        *result = (int)(intptr_t)returned;
    }
    return code(error);
}

EXPORT int thrd_sleep(const struct timespec *t, struct timespec *rest)
{
    int error = clock_nanosleep(CLOCK_REALTIME, 0, t, rest);

    return !error ? 0 : error == EINTR ? -1 : -2;
}

EXPORT void thrd_yield(void)
{
    sched_yield();
}

/* ---- what they wait for ---- */

EXPORT int mtx_lock(mtx_t *m)
{
    return code(pthread_mutex_lock(mutex(m)));
}

EXPORT int mtx_unlock(mtx_t *m)
{
    return code(pthread_mutex_unlock(mutex(m)));
}

EXPORT int mtx_timedlock(mtx_t *restrict m, const struct timespec *restrict t)
{
    return code(pthread_mutex_timedlock(mutex(m), t));
}

EXPORT int cnd_init(cnd_t *c)
{
    return code(pthread_cond_init(condition(c), NULL));
}

EXPORT void cnd_destroy(cnd_t *c)
{
    pthread_cond_destroy(condition(c));
}

EXPORT int cnd_signal(cnd_t *c)
{
    return code(pthread_cond_signal(condition(c)));
}

EXPORT int cnd_broadcast(cnd_t *c)
{
    return code(pthread_cond_broadcast(condition(c)));
}

EXPORT int cnd_wait(cnd_t *c, mtx_t *m)
{
    return code(pthread_cond_wait(condition(c), mutex(m)));
}

EXPORT int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict t)
{
    return code(pthread_cond_timedwait(condition(c), mutex(m), t));
}
