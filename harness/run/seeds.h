/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * seeds.h - a campaign: one board run with many seeds of a fault, what they begin with once (sim/branches.h)
 *
 *      seeds_begin() --> board with branches --runs--> a seed acts: a copy of the process runs on, seeds_end() in it
 *                                                  --> the trunk's end, seeds_end(): for all that never acted
 *
 * Copies run one after another, the trunk waits: as many processes compute as there are trunks. Whatever becomes of a copy
 * costs only its own seed's result.
 */
#ifndef HARNESS_RUN_SEEDS_H
#define HARNESS_RUN_SEEDS_H

#include "sim/branches.h"
#include "sim/problem.h"

#include <stddef.h>

struct seeds {
    struct branches branches; /* for board_options, and steps_branch() */
    size_t size;              /* of a result */
    struct seeds_result {
        int status; /* waitpid()'s of the copy that died; 0: bytes are whole */
    } * died;
    char *bytes; /* results, in memory that all copies share */
};

/* False: err (no memory). n: 1 to BRANCHES_MOST. */
bool seeds_begin(struct seeds *s, const uint64_t *seed, unsigned n, size_t size, struct problem *err);
/* The run is over; in a copy it does not return. */
void seeds_end(struct seeds *s, const void *result);
/* NULL: its run died, *status says of what. */
const void *seeds_result(const struct seeds *s, unsigned i, int *status);
void seeds_free(struct seeds *s);

#endif
