/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * branches.h - one run for many seeds of a fault, up to where one of them makes a difference
 *
 *      trunk: seeds 1, 2, 3, 4 --seed 3 is about to act--> trunk: 1, 2, 4 --seed 1...--> ... --end--> 2, 4: the same
 *                              `--> a copy of all: seed 3      `--> a copy: seed 1
 *
 * The part that draws from the seeds asks before each act: branches_leave() returns twice, as fork() does. In the copy
 * (true) the part acts as that seed, drawn as if it had been alone from the start; in the trunk (false) it does not.
 * The last seed that is left needs no copy: the trunk goes on as that one. Seeds that never act share the trunk's end.
 * Who makes the copies and takes what comes of them: harness/run/seeds.h.
 */
#ifndef SIM_BRANCHES_H
#define SIM_BRANCHES_H

#include <stdbool.h>
#include <stdint.h>

#define BRANCHES_MOST 64

struct branches {
    unsigned n;                   /* seeds, 1 at least */
    uint64_t seed[BRANCHES_MOST]; /* in the order of the caller */
    bool gone[BRANCHES_MOST];     /* left the trunk */
    int me;                       /* the seed's index that this run has become, -1: it is the trunk */
    /* Makes a copy of the process. True in the copy. */
    bool (*copy)(void *ctx, unsigned i);
    void *ctx;
};

/* Seed i is about to act. True: this run is seed i now, and has no branches any more. */
bool branches_leave(struct branches *b, unsigned i);
/* All that are left, one after another. Returns which one this run is. */
unsigned branches_leave_all(struct branches *b);

#endif
