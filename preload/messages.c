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
    bool goes; /* else it comes */
    char *bytes;
    size_t n;
    unsigned priority, *got_priority;
    ssize_t r;
    int error;
};

/* t NULL: however long it takes. */
static void move(struct message *m, const struct timespec *t)
{
    if (m->goes) {
        m->r = t ? REAL(mq_timedsend)(m->queue, m->bytes, m->n, m->priority, t)
                 : REAL(mq_send)(m->queue, m->bytes, m->n, m->priority);
    } else {
        m->r = t ? REAL(mq_timedreceive)(m->queue, m->bytes, m->n, m->got_priority, t)
                 : REAL(mq_receive)(m->queue, m->bytes, m->n, m->got_priority);
    }
    m->error = m->r < 0 ? errno : 0;
}

/* With a time-out that is over: tries, and never sleeps. */
static bool moved(void *ctx)
{
    struct message *m = ctx;

    move(m, &(struct timespec){ 0 });
    return m->error != ETIMEDOUT;
}

static ssize_t move_in_time(struct message *m, const struct timespec *t)
{
    CANCELLATION_POINT;
    int saved = errno;

    if (!bench_is_on()) {
        move(m, t);
        return m->r;
    }
    if (!moved(m) && t) {
        int error = wait_until_one_moves(moved, m, &a_queue_moved, CLOCK_REALTIME, t);

        m->error = error ? error : m->error;
        m->r = error ? -1 : m->r;
    } else if (m->error == ETIMEDOUT) {
        bench_outside_begin();
        move(m, NULL);
        bench_outside_end();
    }
    if (!m->error) {
        wake_those_of(&a_queue_moved);
    }
    errno = m->error ? m->error : saved;
    return m->r;
}

EXPORT ssize_t mq_timedreceive(mqd_t queue, char *restrict bytes, size_t n, unsigned *restrict priority,
                               const struct timespec *restrict t)
{
    return move_in_time(&(struct message){ .queue = queue, .bytes = bytes, .n = n, .got_priority = priority }, t);
}

EXPORT ssize_t mq_receive(mqd_t queue, char *bytes, size_t n, unsigned *priority)
{
    return move_in_time(&(struct message){ .queue = queue, .bytes = bytes, .n = n, .got_priority = priority }, NULL);
}

EXPORT int mq_timedsend(mqd_t queue, const char *bytes, size_t n, unsigned priority, const struct timespec *t)
{
    return (int)move_in_time(
        &(struct message){ .queue = queue, .goes = true, .bytes = (char *)bytes, .n = n, .priority = priority }, t);
}

EXPORT int mq_send(mqd_t queue, const char *bytes, size_t n, unsigned priority)
{
    return (int)move_in_time(
        &(struct message){ .queue = queue, .goes = true, .bytes = (char *)bytes, .n = n, .priority = priority }, NULL);
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
