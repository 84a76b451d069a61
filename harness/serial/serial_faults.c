/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_faults.h"

#include <stdio.h>
#include <string.h>

static void begin_streams(struct sim_rng rng[2], uint64_t seed, const char *name)
{
    char purpose[100];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(purpose, sizeof purpose, "%s %s", name, i == SERIAL_TO_BOARD ? "to the board" : "to the host");
        rng[i] = sim_rng_stream(seed, purpose);
    }
}

void serial_faults_init(struct serial_faults *f, const struct serial_faults_config *cfg, uint64_t seed,
                        struct branches *branches, const char *name)
{
    f->cfg = *cfg;
    f->branches = branches;
    begin_streams(f->rng, seed, name);
    for (unsigned i = 0; branches && i < branches->n; i++) {
        begin_streams(f->of[i], branches->seed[i], name);
    }
}

static bool happens(struct sim_rng *rng, uint32_t ppm)
{
    return sim_rng_below(rng, 1000000) < ppm;
}

struct draw {
    bool drops, doubles, flips;
    uint8_t bit;
};

/* Always all of it: one chance that is changed leaves the others where they are. */
static struct draw draw(struct sim_rng *rng, const struct serial_faults_config *c)
{
    struct draw d;

    d.drops = happens(rng, c->drop_ppm);
    d.doubles = happens(rng, c->double_ppm);
    d.flips = happens(rng, c->bit_ppm);
    d.bit = (uint8_t)(1u << sim_rng_below(rng, 8));
    return d;
}

/* False: with no seed that is left anything happens to this byte. Else this run is one of those with which it does. */
static bool strikes_first(struct serial_faults *f, enum serial_way way)
{
    struct branches *b = f->branches;

    for (unsigned i = 0; i < b->n; i++) {
        if (b->gone[i]) {
            continue;
        }
        struct sim_rng rng = f->of[i][way];
        struct draw d = draw(&rng, &f->cfg);

        if ((d.drops || d.doubles || d.flips) && branches_leave(b, i)) {
            memcpy(f->rng, f->of[i], sizeof f->rng);
            f->branches = NULL;
            return true;
        }
        f->of[i][way] = rng;
    }
    return false;
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
    if (f->branches && !strikes_first(f, way)) {
        out[0] = byte;
        return 1;
    }
    struct draw d = draw(rng, c);

    byte ^= d.flips ? d.bit : 0;
    f->dropped += d.drops;
    f->doubled += d.doubles && !d.drops;
    f->flipped += d.flips && !d.drops;
    if (d.drops || d.doubles || d.flips) {
        f->struck_ps = at_ps;
    }
    if (!d.drops) {
        out[n++] = byte;
        if (d.doubles) {
            out[n++] = byte;
        }
    }
    return n;
}
