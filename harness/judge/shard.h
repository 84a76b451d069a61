/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shard.h - results of a part of the plan, on their way from one machine to another
 *
 *      judge --shard I/N: jobs I, I + N, ... --> FILE          FILE... --> judge --merge: the page of one machine
 *
 * A file says of what it is (the plan's text: version, programmer, digests of its files, options); only results of the
 * same plan go together. A file that comes twice does no harm, one that is missing is named by its --shard.
 * Results are the structs' own bytes with their digest: shards and merge are of one version and one kind of machine.
 */
#ifndef HARNESS_JUDGE_SHARD_H
#define HARNESS_JUDGE_SHARD_H

#include "sim/problem.h"

#include <stdbool.h>
#include <stddef.h>

struct shard_results { /* of all jobs of a plan; the caller owns it */
    const char *plan;  /* its text */
    unsigned n;        /* jobs */
    size_t size;       /* of a result, in bytes */
    char *bytes;       /* n * size */
    bool *have;        /* n: which there are */
};

/* What there is, as JSON, to free(). NULL: out of memory. */
char *shard_text(const struct shard_results *r, unsigned shard, unsigned shards);
/* Adds those of a file. False and err: it can't be read, is damaged, or is of something else. */
bool shard_read(const char *path, struct shard_results *r, struct problem *err);
/* Are all there? False and err: which --shard I/N are missing. */
bool shard_complete(const struct shard_results *r, struct problem *err);

#endif
