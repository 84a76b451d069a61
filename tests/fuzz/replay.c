/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c - drives a fuzz target without libFuzzer: replay RUNS CORPUS_FOLDER
 *
 * Each seed as it is, then RUNS inputs made of them by a generator with a fixed seed: bytes changed, cut out, doubled,
 * numbers put in. Blind to what the code does with them, so it finds less than tests/fuzz/run, but it runs everywhere.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "sim/rng.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_BYTES = 1 << 16 };

struct seed {
    uint8_t *bytes;
    size_t n;
};

static struct seed read_seed(const char *path)
{
    struct seed s = { memory_zeroed(1, MAX_BYTES), 0 };
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(2);
    }
    s.n = fread(s.bytes, 1, MAX_BYTES / 2, f);
    fclose(f);
    return s;
}

static size_t mutate(struct sim_rng *r, const struct seed *s, uint8_t *to)
{
    static const char *const bits[] = {
        "#", "$end", "18446744073709551616", "-1", "b1x", "0", ",", "\n", "e999", "\xff"
    };
    size_t n = s->n;
    memcpy(to, s->bytes, n);
    for (unsigned rounds = 1 + (unsigned)(sim_rng_next(r) % 6); rounds; rounds--) {
        size_t at = n ? sim_rng_next(r) % n : 0, len = sim_rng_next(r) % 32;
        const char *bit = bits[sim_rng_next(r) % (sizeof bits / sizeof bits[0])];
        len = at + len > n ? n - (at < n ? at : n) : len;
        switch (sim_rng_next(r) % 4) {
        case 0:
            if (at < n) {
                to[at] = (uint8_t)sim_rng_next(r);
            }
            break;
        case 1:
            memmove(to + (at < n ? at : n), to + (at < n ? at : n) + len, n - (at < n ? at : n) - len);
            n -= len;
            break;
        case 2:
            if (n + len < MAX_BYTES && at < n) {
                memmove(to + at + len, to + at, n - at);
                n += len;
            }
            break;
        default:
            if (at + strlen(bit) < n) {
                memcpy(to + at, bit, strlen(bit));
            }
        }
    }
    return n;
}

static int is_seed(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct sim_rng r = sim_rng_stream(1, "fuzz");
    struct dirent **names = NULL;
    int n = argc == 3 ? scandir(argv[2], &names, is_seed, alphasort) : 0;

    if (n <= 0) {
        fputs("usage: replay RUNS CORPUS_FOLDER (with something in it)\n", stderr);
        return 2;
    }
    struct seed *seeds = memory_zeroed((size_t)n, sizeof *seeds);
    uint8_t *to = memory_zeroed(1, MAX_BYTES);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/%s", argv[2], names[i]->d_name);
        seeds[i] = read_seed(path);
        LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].n);
        free(names[i]);
    }
    free(names);
    for (unsigned long left = strtoul(argv[1], NULL, 10); left; left--) {
        LLVMFuzzerTestOneInput(to, mutate(&r, &seeds[sim_rng_next(&r) % (unsigned)n], to));
    }
    for (int i = 0; i < n; i++) {
        free(seeds[i].bytes);
    }
    free(seeds);
    free(to);
    return 0;
}
