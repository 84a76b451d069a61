/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/seeds.h"

#include "harness/base/copies.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t all_bytes(const struct seeds *s)
{
    return s->branches.n * (sizeof *s->died + s->size);
}

/* Without a further process the trunk could go on only as this seed: that one is lost instead. */
static bool copy(void *ctx, unsigned i)
{
    struct seeds *s = ctx;
    pid_t pid = copy_make();

    if (pid != 0) {
        s->died[i].status = pid > 0 ? copy_wait(pid) : 1 << 8;
    }
    return pid == 0;
}

bool seeds_begin(struct seeds *s, const uint64_t *seed, unsigned n, size_t size, struct problem *err)
{
    *s = (struct seeds){ .size = size, .branches = { .n = n, .me = -1, .copy = copy, .ctx = s } };
    memcpy(s->branches.seed, seed, n * sizeof *seed);
    void *all = mmap(NULL, all_bytes(s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (all == MAP_FAILED) {
        return problem_set(err, "no memory for %u results: %s", n, strerror(errno));
    }
    s->died = all;
    s->bytes = (char *)(s->died + n);
    return true;
}

static void take(struct seeds *s, unsigned i, const void *result)
{
    memcpy(s->bytes + i * s->size, result, s->size);
}

void seeds_end(struct seeds *s, const void *result)
{
    const struct branches *b = &s->branches;

    if (b->me >= 0) {
        take(s, (unsigned)b->me, result);
        if (b->gone[b->me]) { /* else the trunk became it */
            _exit(0);
        }
        return;
    }
    for (unsigned i = 0; i < b->n; i++) {
        if (!b->gone[i]) {
            take(s, i, result);
        }
    }
}

const void *seeds_result(const struct seeds *s, unsigned i, int *status)
{
    *status = s->died[i].status;
    return *status ? NULL : s->bytes + i * s->size;
}

void seeds_free(struct seeds *s)
{
    if (s->died) {
        munmap(s->died, all_bytes(s));
    }
    s->died = NULL;
}
