/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cores.c - the cores that the program has, while the bench keeps it on one for a while (harness/exec/one_core.h) */
#include "preload/bench.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What it had before; the rest of the room is zero. */
static void put_cores(size_t n, cpu_set_t *set)
{
    const void *cores = bench_cores();

    if (cores) {
        memset(set, 0, n);
        memcpy(set, cores, n < sizeof(cpu_set_t) ? n : sizeof(cpu_set_t));
    }
}

static bool is_me(pid_t pid)
{
    return pid == 0 || pid == (pid_t)kernel_call(SYS_gettid);
}

EXPORT int sched_getaffinity(pid_t pid, size_t n, cpu_set_t *set)
{
    int r = REAL(sched_getaffinity)(pid, n, set);

    if (r == 0 && is_me(pid)) {
        put_cores(n, set);
    }
    return r;
}

EXPORT int pthread_getaffinity_np(pthread_t thread, size_t n, cpu_set_t *set)
{
    int error = REAL(pthread_getaffinity_np)(thread, n, set);

    if (!error && pthread_equal(thread, pthread_self())) {
        put_cores(n, set);
    }
    return error;
}

EXPORT int sched_setaffinity(pid_t pid, size_t n, const cpu_set_t *set)
{
    int r = REAL(sched_setaffinity)(pid, n, set);

    if (r == 0 && is_me(pid)) {
        bench_cores_set();
    }
    return r;
}

EXPORT int pthread_setaffinity_np(pthread_t thread, size_t n, const cpu_set_t *set)
{
    int error = REAL(pthread_setaffinity_np)(thread, n, set);

    if (!error && pthread_equal(thread, pthread_self())) {
        bench_cores_set();
    }
    return error;
}
