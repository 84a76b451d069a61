/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/pool.h"

#include "harness/base/copies.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 100

#define MOST_ALIKE 32

struct shared {
    atomic_uint next, done;
    atomic_uint last;                       /* no point behind this one: the first that failed, with fail_fast */
    unsigned most_alike;                    /* points at once */
    atomic_uint working[SWEEP_MAX_JOBS];    /* point + 1 that a process is at, 0: none */
    atomic_uint at_once[SWEEP_MAX_JOBS];    /* ... and so many in all */
    struct board_work work[SWEEP_MAX_JOBS]; /* of points that ended, each process adds to its own */
    struct sweep_result results[];
};

static bool fails(const struct sweep_job *job, const struct sweep_result *r)
{
    return r->state == SWEEP_FAIL || r->state == SWEEP_BAD || (job->strict && r->state == SWEEP_FINDINGS);
}

/* Points are taken in their order: all before the first that fails have been, whatever else was. */
static void end_at(struct shared *sh, unsigned k)
{
    unsigned last = atomic_load(&sh->last);

    while (k < last && !atomic_compare_exchange_weak(&sh->last, &last, k)) {
    }
}

/* The point goes on from a copy of the beginning. Whatever becomes of the copy, becomes of this process. */
static void end_in_copy(const struct sweep_job *job, struct sweep_begun *g, struct shared *sh, unsigned slot,
                        unsigned point)
{
    pid_t pid = copy_make();

    if (pid == 0) {
        struct sweep_result r = { .state = SWEEP_BAD };
        struct board_work work = { 0 };

        job->sweep->work = job->sweep->work ? &work : NULL;
        job->end(g, job->sweep, point, &r);
        board_work_join(&sh->work[slot], &work);
        sh->results[point] = r;
        _exit(0);
    }
    int status = pid > 0 ? copy_wait(pid) : 0;

    if (pid < 0) {
        snprintf(sh->results[point].message, sizeof sh->results[point].message, "can't start a process: %s",
                 strerror(errno));
        sh->results[point].state = SWEEP_BAD;
    } else if (WIFSIGNALED(status)) {
        raise(WTERMSIG(status));
        _exit(128 + WTERMSIG(status));
    } else if (WEXITSTATUS(status)) {
        _exit(WEXITSTATUS(status));
    }
}

static void run_point(const struct sweep_job *job, struct shared *sh, unsigned slot, unsigned point)
{
    struct sweep_result r = { .state = SWEEP_BAD };
    struct board_work work = { 0 }, *asked = job->sweep->work;

    job->sweep->work = asked ? &work : NULL;
    job->run(job->sweep, point, &r);
    job->sweep->work = asked;
    board_work_join(&sh->work[slot], &work);
    sh->results[point] = r;
}

/* Points from the k-th on that one process runs together: how many there are at most, so that each has something to do. */
static unsigned most_alike(const struct sweep_job *job, unsigned total, unsigned jobs)
{
    unsigned fair = total / (4 * jobs);

    if (!job->alike || job->shards > 1 || job->fail_fast || job->sweep->work) {
        return 1;
    }
    return fair < 4 ? 4 : fair > MOST_ALIKE ? MOST_ALIKE : fair;
}

static void run_points(const struct sweep_job *job, struct shared *sh, unsigned point, unsigned n)
{
    struct sweep_result *r = calloc(n, sizeof *r);

    if (!r) {
        abort();
    }
    job->run_alike(job->sweep, point, n, r);
    memcpy(&sh->results[point], r, n * sizeof *r);
    free(r);
}

/* The next point that nobody has, and how many more are taken with it. */
static unsigned take(const struct sweep_job *job, struct shared *sh, unsigned total, unsigned *n)
{
    unsigned k = atomic_load(&sh->next);

    do {
        *n = k < total && sh->most_alike > 1 ? job->alike(job->sweep, k, sh->most_alike) : 1;
    } while (!atomic_compare_exchange_weak(&sh->next, &k, k + *n));
    return k;
}

static void worker(const struct sweep_job *job, struct sweep_begun *g, struct shared *sh, unsigned slot, unsigned total)
{
    for (;;) {
        unsigned n, k = take(job, sh, total, &n),
                    point = job->shard + k * job->shards; /* below the points: no overflow */

        if (k >= total || k > atomic_load(&sh->last)) {
            return;
        }
        atomic_store(&sh->at_once[slot], n);
        atomic_store(&sh->working[slot], point + 1);
        if (n > 1) {
            run_points(job, sh, point, n);
        } else if (g) {
            end_in_copy(job, g, sh, slot, point);
        } else {
            run_point(job, sh, slot, point);
        }
        if (job->fail_fast && fails(job, &sh->results[point])) {
            end_at(sh, k);
        }
        atomic_store(&sh->working[slot], 0);
        atomic_fetch_add(&sh->done, n);
    }
}

static pid_t start(const struct sweep_job *job, struct sweep_begun *g, struct shared *sh, unsigned slot, unsigned total)
{
    pid_t pid = copy_make();

    if (pid == 0) {
        worker(job, g, sh, slot, total);
        _exit(0);
    }
    return pid;
}

static void report(const struct sweep_job *job, const struct shared *sh, unsigned total)
{
    unsigned count[SWEEP_STATES] = { 0 };

    if (!job->progress) {
        return;
    }
    for (unsigned k = 0; k < total; k++) {
        count[sh->results[job->shard + k * job->shards].state % SWEEP_STATES]++;
    }
    job->progress(job->ctx, atomic_load(&sh->done), total, count);
}

void sweep_run_died(struct sweep_result *r, int status)
{
    r->state = SWEEP_BAD;
    if (WIFSIGNALED(status)) {
        snprintf(r->message, sizeof r->message, "the run was killed by signal %d", WTERMSIG(status));
    } else {
        snprintf(r->message, sizeof r->message, "the run ended with status %d", WEXITSTATUS(status));
    }
}

/* A process ended; if it died, its point is bad and another one takes its place. */
static void buried(const struct sweep_job *job, struct sweep_begun *g, struct shared *sh, pid_t *pid, unsigned slot,
                   int status, unsigned total)
{
    unsigned at = atomic_exchange(&sh->working[slot], 0);

    *pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return;
    }
    if (at) {
        unsigned n = atomic_load(&sh->at_once[slot]);

        for (unsigned i = 0; i < n; i++) {
            sweep_run_died(&sh->results[at - 1 + i], status);
        }
        atomic_fetch_add(&sh->done, n);
        if (job->fail_fast) {
            end_at(sh, (at - 1 - job->shard) / job->shards);
        }
    }
    *pid = start(job, g, sh, slot, total);
}

bool sweep_run(const struct sweep_job *job, struct sweep_result *results, struct problem *err)
{
    unsigned points = sweep_points(job->sweep), total = 0, jobs = job->jobs, living;
    size_t size = sizeof(struct shared) + points * sizeof(struct sweep_result);
    const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
    pid_t pids[SWEEP_MAX_JOBS] = { 0 };
    struct shared *sh;

    if (job->shard < points) {
        total = (points - job->shard - 1) / job->shards + 1;
    }
    if (!jobs) {
        jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    }
    if (jobs > SWEEP_MAX_JOBS) {
        jobs = SWEEP_MAX_JOBS;
    }
    if (jobs > total) {
        jobs = total;
    }
    sh = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sh == MAP_FAILED) {
        return problem_set(err, "no memory for %u results: %s", points, strerror(errno));
    }
    atomic_store(&sh->last, UINT_MAX);
    sh->most_alike = most_alike(job, total, jobs ? jobs : 1);
    struct sweep_begun *g = job->begin && total > 1 ? job->begin(job->sweep, job->shard) : NULL;
    for (unsigned i = 0; i < jobs; i++) {
        pids[i] = start(job, g, sh, i, total);
        if (pids[i] < 0 && i == 0) {
            munmap(sh, size);
            if (g) {
                job->free_begun(g);
            }
            return problem_set(err, "can't start a process: %s", strerror(errno));
        }
    }
    do {
        living = 0;
        for (unsigned i = 0; i < jobs; i++) {
            int status;

            if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
                buried(job, g, sh, &pids[i], i, status, total);
            }
            living += pids[i] > 0;
        }
        report(job, sh, total);
        if (living) {
            nanosleep(&look, NULL);
        }
    } while (living);
    for (unsigned k = 0; k < total && k <= atomic_load(&sh->last); k++) {
        results[job->shard + k * job->shards] = sh->results[job->shard + k * job->shards];
    }
    for (unsigned i = 0; job->sweep->work && i < jobs; i++) {
        board_work_join(job->sweep->work, &sh->work[i]);
    }
    munmap(sh, size);
    if (g) {
        job->free_begun(g);
    }
    return true;
}
