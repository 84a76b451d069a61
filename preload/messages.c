/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * messages.c - POSIX message queues and System V semaphores, waited for in simulated time
 *
 * The other side may be another process, which wakes nobody here: then a wait looks every 10 ms.
 */
#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <mqueue.h>
#include <sys/sem.h>
#include <time.h>

/* Whoever waits for one of a kind looks when anything of that kind moves. */
static char a_queue_moved, a_semaphore_moved;

/* ---- message queues ---- */

struct message {
    mqd_t queue;
    char *bytes;
    size_t n;
    unsigned *got_priority, priority;
    ssize_t r;
    int error;
};

static const struct timespec long_ago; /* a time-out that is over: tries, and never sleeps */

static bool came(void *ctx)
{
    struct message *m = ctx;

    m->r = REAL(mq_timedreceive)(m->queue, m->bytes, m->n, m->got_priority, &long_ago);
    m->error = m->r < 0 ? errno : 0;
    return m->error != ETIMEDOUT;
}

static bool went(void *ctx)
{
    struct message *m = ctx;

    m->r = REAL(mq_timedsend)(m->queue, m->bytes, m->n, m->priority, &long_ago);
    m->error = m->r < 0 ? errno : 0;
    return m->error != ETIMEDOUT;
}

static ssize_t told(const struct message *m)
{
    int error = m->error;

    if (!error) {
        wake_those_of(&a_queue_moved);
    } else {
        errno = error;
    }
    return m->r;
}

static ssize_t until(bool (*done)(void *ctx), struct message *m, const struct timespec *t)
{
    int saved = errno;

    if (!done(m)) {
        int error = wait_until_one_moves(done, m, &a_queue_moved, CLOCK_REALTIME, t);

        m->error = error ? error : m->error;
        m->r = error ? -1 : m->r;
    }
    errno = saved;
    return told(m);
}

EXPORT ssize_t mq_timedreceive(mqd_t queue, char *restrict bytes, size_t n, unsigned *restrict priority,
                               const struct timespec *restrict t)
{
    struct message m = { .queue = queue, .bytes = bytes, .n = n, .got_priority = priority };

    return bench_is_on() ? until(came, &m, t) : REAL(mq_timedreceive)(queue, bytes, n, priority, t);
}

EXPORT int mq_timedsend(mqd_t queue, const char *bytes, size_t n, unsigned priority, const struct timespec *t)
{
    struct message m = { .queue = queue, .bytes = (char *)bytes, .n = n, .priority = priority };

    return bench_is_on() ? (int)until(went, &m, t) : REAL(mq_timedsend)(queue, bytes, n, priority, t);
}

EXPORT ssize_t mq_receive(mqd_t queue, char *bytes, size_t n, unsigned *priority)
{
    struct message m = { .queue = queue, .bytes = bytes, .n = n, .got_priority = priority };

    if (!bench_is_on()) {
        return REAL(mq_receive)(queue, bytes, n, priority);
    }
    if (!came(&m)) {
        bench_outside_begin();
        m.r = REAL(mq_receive)(queue, bytes, n, priority);
        m.error = m.r < 0 ? errno : 0;
        bench_outside_end();
    }
    return told(&m);
}

EXPORT int mq_send(mqd_t queue, const char *bytes, size_t n, unsigned priority)
{
    struct message m = { .queue = queue, .bytes = (char *)bytes, .n = n, .priority = priority };

    if (!bench_is_on()) {
        return REAL(mq_send)(queue, bytes, n, priority);
    }
    if (!went(&m)) {
        bench_outside_begin();
        m.r = REAL(mq_send)(queue, bytes, n, priority);
        m.error = m.r < 0 ? errno : 0;
        bench_outside_end();
    }
    return (int)told(&m);
}

/* ---- semaphores of System V ---- */

struct operations {
    int set;
    struct sembuf *op;
    size_t n;
    int r, error;
};

static bool could(void *ctx)
{
    struct operations *o = ctx;

    o->r = REAL(semtimedop)(o->set, o->op, o->n, &(struct timespec){ 0 });
    o->error = o->r < 0 ? errno : 0;
    return o->error != EAGAIN;
}

static bool asks_for_no_wait(const struct operations *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->op[i].sem_flg & IPC_NOWAIT) {
            return true;
        }
    }
    return false;
}

static int operated(const struct operations *o)
{
    if (!o->error) {
        wake_those_of(&a_semaphore_moved);
    } else {
        errno = o->error;
    }
    return o->r;
}

/* t: how long, not until when. */
EXPORT int semtimedop(int set, struct sembuf *op, size_t n, const struct timespec *t)
{
    struct operations o = { .set = set, .op = op, .n = n };
    int saved = errno;

    if (!bench_is_on() || !t) {
        return bench_is_on() ? semop(set, op, n) : REAL(semtimedop)(set, op, n, t);
    }
    if (!could(&o) && !asks_for_no_wait(&o)) {
        uint64_t end_ps = timespec_ok(t) ? bench_now_ps() + timespec_bounded_ps(t) : 0;
        const struct timespec end = { (time_t)(end_ps / 1000000000000), (long)(end_ps / 1000 % 1000000000) };
        int error = timespec_ok(t) ? wait_until_one_moves(could, &o, &a_semaphore_moved, CLOCK_MONOTONIC, &end)
                                   : EINVAL;

        o.error = error == ETIMEDOUT ? EAGAIN : error ? error : o.error;
        o.r = error ? -1 : o.r;
    }
    errno = saved;
    return operated(&o);
}

EXPORT int semop(int set, struct sembuf *op, size_t n)
{
    struct operations o = { .set = set, .op = op, .n = n };
    int saved = errno;

    if (!bench_is_on()) {
        return REAL(semop)(set, op, n);
    }
    if (!could(&o) && !asks_for_no_wait(&o)) {
        bench_outside_begin();
        o.r = REAL(semop)(set, op, n);
        o.error = o.r < 0 ? errno : 0;
        bench_outside_end();
    }
    errno = saved;
    return operated(&o);
}
