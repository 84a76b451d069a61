/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/rng.h"

struct sim_rng sim_rng_stream(uint64_t seed, const char *purpose)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a of the name */
    for (const char *p = purpose; *p; p++) {
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    }
    struct sim_rng rng = { seed ^ h };
    sim_rng_next(&rng);
    return rng;
}

uint64_t sim_rng_next(struct sim_rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_rng_below(struct sim_rng *rng, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)sim_rng_next(rng) * bound) >> 64);
}
