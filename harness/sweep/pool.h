/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.h - runs the points of a sweep on all cores
 *
 *      points --> one process per job, each taking the next point --> results in shared memory --> progress
 *
 * A point is a pure function of the sweep, so neither the number of jobs nor their order changes a result. A
 * process that dies takes only its point with it: that one is SWEEP_BAD, and another process goes on.
 */
#ifndef HARNESS_SWEEP_POOL_H
#define HARNESS_SWEEP_POOL_H

#include "harness/sweep/sweep.h"

#define SWEEP_MAX_JOBS 256 /* processes at a time */

struct sweep_begun;

struct sweep_job {
    struct sweep *sweep;
    /* Runs one point in a process of its own. Must not print. */
    void (*run)(struct sweep *s, unsigned point, struct sweep_result *r);
    /*
     * NULL, or what all points begin with is run once, in the calling process: begin(); each point goes on from a copy
     * of that, by fork(): end(). begin() returns NULL where they share nothing: run() is called then.
     */
    struct sweep_begun *(*begin)(struct sweep *s, unsigned point);
    void (*end)(struct sweep_begun *g, struct sweep *s, unsigned point, struct sweep_result *r);
    void (*free_begun)(struct sweep_begun *g);
    /*
     * NULL, or how many points from `point` on differ in a fault's seed alone, at most `most` (1: none): run_alike() runs
     * them, in one process that makes copies of itself. Not with shards, fail_fast, or where work is counted.
     */
    unsigned (*alike)(struct sweep *s, unsigned point, unsigned most);
    void (*run_alike)(struct sweep *s, unsigned point, unsigned n, struct sweep_result *r);
    /* In the calling process, now and then and at the end. NULL: silent. */
    void (*progress)(void *ctx, unsigned done, unsigned total, const unsigned count[SWEEP_STATES]);
    void *ctx;
    unsigned jobs;          /* processes; 0: one per core */
    bool fail_fast;         /* points behind the first one that fails are not run, however many run at a time */
    bool strict;            /* with fail_fast: findings are failures */
    unsigned shard, shards; /* runs the points with point % shards == shard; 1 shard: all. A shard may have none */
};

/* The result of a point whose process came to an end with waitpid()'s status. */
void sweep_run_died(struct sweep_result *r, int status);

/* results: one per point of the sweep; those of other shards stay as they are. False: err (no processes). */
bool sweep_run(const struct sweep_job *job, struct sweep_result *results, struct problem *err);

/* For begin, end and free_begun: where only steps vary, the board and the steps before the first that does. */
struct sweep_begun *sweep_begin_points(struct sweep *s, unsigned point);
void sweep_end_point(struct sweep_begun *g, struct sweep *s, unsigned point, struct sweep_result *r);
void sweep_begun_free(struct sweep_begun *g);

/* For alike and run_alike: where the last axis is the seed of a fault, what its points begin with is run once. */
unsigned sweep_points_alike(struct sweep *s, unsigned point, unsigned most);
void sweep_run_alike(struct sweep *s, unsigned point, unsigned n, struct sweep_result *r);

/* The usual runner: builds the board of the point's scenario and runs its steps. */
void sweep_run_point(struct sweep *s, unsigned point, struct sweep_result *r);

#endif
