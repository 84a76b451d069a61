/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c - drives a fuzz target without libFuzzer: replay RUNS SEED_FILE...
 *
 * Each seed as it is, then RUNS inputs made of them by a generator with a fixed seed: bytes changed, cut out, doubled,
 * numbers put in. Blind to what the code does with them, so it finds less than scripts/fuzz, but it runs everywhere.
 */
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
    s.bytes[0] = 0;
    s.n = 1 + fread(s.bytes + 1, 1, MAX_BYTES / 2, f);
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
    to[0] = (uint8_t)sim_rng_next(r);
    for (unsigned rounds = 1 + (unsigned)(sim_rng_next(r) % 6); rounds; rounds--) {
        size_t at = 1 + sim_rng_next(r) % n, len = sim_rng_next(r) % 32;
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
        n = n ? n : 1;
    }
    return n;
}

int main(int argc, char **argv)
{
    struct sim_rng r = sim_rng_stream(1, "fuzz");
    unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned n = argc > 2 ? (unsigned)argc - 2 : 0;
    if (!n) {
        fputs("usage: replay RUNS SEED_FILE...\n", stderr);
        return 2;
    }
    struct seed *seeds = memory_zeroed(n, sizeof *seeds);
    uint8_t *to = memory_zeroed(1, MAX_BYTES);
    for (unsigned i = 0; i < n; i++) {
        seeds[i] = read_seed(argv[i + 2]);
        LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].n);
    }
    for (unsigned long i = 0; i < runs; i++) {
        LLVMFuzzerTestOneInput(to, mutate(&r, &seeds[sim_rng_next(&r) % n], to));
    }
    for (unsigned i = 0; i < n; i++) {
        free(seeds[i].bytes);
    }
    free(seeds);
    free(to);
    return 0;
}
