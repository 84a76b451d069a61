/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workers.h - items of work, done by several processes at a time, their results in order
 *
 *      item 0..n-1 --> processes: run(item) writes bytes --> pipe --> done(item, bytes), in the order of the items
 *
 * What run() writes is all that comes back: neither the number of jobs nor who ends first changes what done() is told.
 * A process takes the next item that nobody has; what run() leaves behind must not matter to the next one.
 * One that dies takes only its item with it, and another goes on. No process outlives the one that started it.
 */
#ifndef HARNESS_BASE_WORKERS_H
#define HARNESS_BASE_WORKERS_H

#include "sim/problem.h"

#include <stdio.h>

#define WORKERS_MAX 256 /* processes at a time */

struct workers {
    unsigned n;    /* items */
    unsigned jobs; /* processes at a time; 0: one per core */
    void (*run)(void *ctx, unsigned item, FILE *out);
    /*
     * In the calling process. died: "was killed by signal 11", NULL: it ended as it should; bytes are then what it wrote
     * before. False: no further item, and those that run are stopped.
     */
    bool (*done)(void *ctx, unsigned item, const char *bytes, size_t n, const char *died);
    /* Once when the first have begun, then now and then. NULL: silent. */
    void (*progress)(void *ctx, unsigned ended, unsigned running);
    void *ctx;
};

/* How many processes it will be, 1 at least. */
unsigned workers_count(unsigned jobs, unsigned items);
/* False: err (no process could be started); done() has then been called for none or some. */
bool workers_run(const struct workers *w, struct problem *err);

#endif
