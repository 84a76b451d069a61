/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_faults.h"

#include <stdio.h>
#include <string.h>

/* The stream of bytes or frames one way. */
static unsigned stream(enum serial_way way, bool of_frames)
{
    return (unsigned)way + (of_frames ? 2 : 0);
}

static void begin_streams(struct sim_rng rng[SERIAL_STREAMS], uint64_t seed, const char *name)
{
    char purpose[100];

    for (unsigned i = 0; i < SERIAL_STREAMS; i++) {
        snprintf(purpose, sizeof purpose, "%s %s%s", name, i % 2 == SERIAL_TO_BOARD ? "to the board" : "to the host",
                 i < 2 ? "" : ", frames");
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
    bool drops, doubles, flips, start, stop;
    uint8_t bit;
};

/* Always all of it: one chance that is changed leaves the others where they are. */
static struct draw draw(struct sim_rng *rng, const struct serial_faults_config *c, bool of_frame)
{
    struct draw d = { .bit = 0 };

    if (of_frame) {
        d.start = happens(rng, c->start_ppm);
        d.stop = happens(rng, c->stop_ppm);
        return d;
    }
    d.drops = happens(rng, c->drop_ppm);
    d.doubles = happens(rng, c->double_ppm);
    d.flips = happens(rng, c->bit_ppm);
    d.bit = (uint8_t)(1u << sim_rng_below(rng, 8));
    return d;
}

static bool strikes(const struct draw *d)
{
    return d->drops || d->doubles || d->flips || d->start || d->stop;
}

/* False: with no seed that is left anything happens to this byte or frame. Else this run is one of those with which it does. */
static bool strikes_first(struct serial_faults *f, enum serial_way way, bool of_frame)
{
    struct branches *b = f->branches;
    unsigned n = stream(way, of_frame);

    for (unsigned i = 0; i < b->n; i++) {
        if (b->gone[i]) {
            continue;
        }
        struct sim_rng rng = f->of[i][n];
        struct draw d = draw(&rng, &f->cfg, of_frame);

        if (strikes(&d) && branches_leave(b, i)) {
            memcpy(f->rng, f->of[i], sizeof f->rng);
            f->branches = NULL;
            return true;
        }
        f->of[i][n] = rng;
    }
    return false;
}

static bool is_on(const struct serial_faults_config *c, enum serial_way way, sim_time at_ps)
{
    return (c->way == SERIAL_BOTH || c->way == way) && at_ps >= c->from_ps && at_ps < c->until_ps;
}

bool serial_faults_spoils_frames(const struct serial_faults *f)
{
    return f && f->cfg.start_ppm + f->cfg.stop_ppm;
}

unsigned serial_faults_frame(struct serial_faults *f, enum serial_way way, sim_time at_ps)
{
    if (!serial_faults_spoils_frames(f) || !is_on(&f->cfg, way, at_ps) ||
        (f->branches && !strikes_first(f, way, true))) {
        return 0;
    }
    struct draw d = draw(&f->rng[stream(way, true)], &f->cfg, true);

    f->starts += d.start;
    f->stops += d.stop;
    if (strikes(&d)) {
        f->struck_ps = at_ps;
    }
    return (d.start ? SERIAL_START_BIT : 0) | (d.stop ? SERIAL_STOP_BIT : 0);
}

unsigned serial_faults_take(struct serial_faults *f, enum serial_way way, sim_time at_ps, uint8_t byte, uint8_t out[2])
{
    const struct serial_faults_config *c = &f->cfg;
    unsigned n = 0;

    if (!is_on(c, way, at_ps) || (f->branches && !strikes_first(f, way, false))) {
        out[0] = byte;
        return 1;
    }
    struct draw d = draw(&f->rng[stream(way, false)], c, false);

    byte ^= d.flips ? d.bit : 0;
    f->dropped += d.drops;
    f->doubled += d.doubles && !d.drops;
    f->flipped += d.flips && !d.drops;
    if (strikes(&d)) {
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
