/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_faults.h"

#include <stdio.h>

void serial_faults_init(struct serial_faults *f, const struct serial_faults_config *cfg, uint64_t seed,
                        const char *name)
{
    char purpose[100];

    f->cfg = *cfg;
    for (unsigned i = 0; i < 2; i++) {
        snprintf(purpose, sizeof purpose, "%s %s", name, i == SERIAL_TO_BOARD ? "to the board" : "to the host");
        f->rng[i] = sim_rng_stream(seed, purpose);
    }
}

static bool happens(struct sim_rng *rng, uint32_t ppm)
{
    return sim_rng_below(rng, 1000000) < ppm;
}

unsigned serial_faults_take(struct serial_faults *f, enum serial_way way, sim_time at_ps, uint8_t byte, uint8_t out[2])
{
    const struct serial_faults_config *c = &f->cfg;
    struct sim_rng *rng = &f->rng[way];
    unsigned n = 0;

    if ((c->way != SERIAL_BOTH && c->way != way) || at_ps < c->from_ps || at_ps >= c->until_ps) {
        out[0] = byte;
        return 1;
    }
    /* always all draws: one chance that is changed leaves the others where they are */
    bool drops = happens(rng, c->drop_ppm), doubles = happens(rng, c->double_ppm), flips = happens(rng, c->bit_ppm);
    uint8_t bit = (uint8_t)(1u << sim_rng_below(rng, 8));

    byte ^= flips ? bit : 0;
    f->dropped += drops;
    f->doubled += doubles && !drops;
    f->flipped += flips && !drops;
    if (drops || doubles || flips) {
        f->struck_ps = at_ps;
    }
    if (!drops) {
        out[n++] = byte;
        if (doubles) {
            out[n++] = byte;
        }
    }
    return n;
}
