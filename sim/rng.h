/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rng.h - the scenario's seed as independent streams, one per purpose
 *
 * Everything random (RC tolerance, phase, half-written cells) draws from a stream named after its purpose,
 * so adding a draw in one part changes nothing in another. Generator: SplitMix64 (Steele, Lea, Flood 2014).
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdint.h>

struct sim_rng {
    uint64_t state;
};

struct sim_rng sim_rng_stream(uint64_t seed, const char *purpose);
uint64_t sim_rng_next(struct sim_rng *rng);
/* 0 .. bound-1; bound > 0 */
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t bound);

#endif
