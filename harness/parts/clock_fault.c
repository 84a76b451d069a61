/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_fault - a clock that is not steady: it jitters and drifts
 *
 *      frequency     .  .    .  .         drift: up and down in a straight line, once in `over`
 *                 .    .  ..    .  .      jitter: a new deviation every so often, drawn from the seed
 *
 * Of the target: its own oscillators, its crystal, R and C, or the wave on XTAL1, whichever it runs from; its waits for
 * memories too. Of the programmer: its microcontroller's, and all that it makes of it.
 * Leaves out  jitter from one period to the next: the frequency changes every `every`, in between it is steady
 */
#include "harness/parts/part_types.h"
#include "mcu/mcu_board.h"
#include "sim/branches.h"
#include "sim/memory.h"
#include "sim/rng.h"
#include "sim/target_avr.h"

#include <stdio.h>
#include <stdlib.h>

enum { OF_TARGET, OF_PROGRAMMER };
static const char *const owners[] = { "target", "programmer", NULL };

struct cfg {
    int64_t of, jitter_ppm, drift_ppm, every_ps, over_ps, seed;
};

struct clock_fault {
    struct sim *sim;
    const struct cfg *cfg;
    struct sim_event tick;
    struct sim_rng rng;
    const char *name;
    struct branches *branches; /* it has not jittered yet, with any of these seeds; NULL: its seed is settled */
    struct part_inside in;
};

/* A triangle from 0 to +drift, to -drift and back. */
static int32_t drift_ppm(const struct cfg *c, sim_time at_ps)
{
    int64_t quarter = c->over_ps / 4, at = (int64_t)(at_ps % (sim_time)c->over_ps);
    __int128 x = at < quarter ? at : at < 3 * quarter ? 2 * quarter - at : at - c->over_ps;

    return (int32_t)(x * c->drift_ppm / quarter);
}

static void tick(void *ctx, sim_time at_ps)
{
    struct clock_fault *f = ctx;
    const struct cfg *c = f->cfg;

    if (f->branches && c->jitter_ppm) {
        f->rng = sim_rng_stream(f->branches->seed[branches_leave_all(f->branches)], f->name);
        f->branches = NULL;
    }
    int32_t ppm = (int32_t)(sim_rng_below(&f->rng, 2 * (uint64_t)c->jitter_ppm + 1)) - (int32_t)c->jitter_ppm;

    ppm += drift_ppm(c, at_ps);
    if (c->of == OF_PROGRAMMER) {
        mcu_board_set_wobble(f->in.mcu, ppm);
    } else {
        target_set_wobble(f->in.target, ppm);
        f->in.wave_wobble(f->in.board, ppm);
    }
    sim_schedule(f->sim, &f->tick, at_ps + (sim_time)c->every_ps);
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct clock_fault *f = memory_zeroed(1, sizeof *f);

    f->sim = site->sim;
    f->cfg = cfg;
    f->rng = sim_rng_stream(part_seed(site, f->cfg->seed), site->name);
    f->name = site->name;
    f->branches = site->branches;
    sim_event_init(&f->tick, site->name, tick, f);
    return f;
}

static bool reach(void *self, const struct part_inside *in, struct problem *err)
{
    struct clock_fault *f = self;

    if (f->cfg->of == OF_PROGRAMMER && !in->mcu) {
        return problem_set(err, "of: the programmer of this board has no microcontroller");
    }
    f->in = *in;
    sim_schedule(f->sim, &f->tick, f->sim->now_ps + (sim_time)f->cfg->every_ps);
    return true;
}

static bool did(const void *self, sim_time since_ps, char *buf, size_t n)
{
    const struct clock_fault *f = self;
    char most[48];

    (void)since_ps; /* all the time */
    snprintf(buf, n, "the %s's clock is off by up to %s", owners[f->cfg->of],
             quantity_text(QUANTITY_PPM, f->cfg->jitter_ppm + f->cfg->drift_ppm, most, sizeof most));
    return true;
}

/* The programmer may be gone before it is freed. */
static void stop(void *self)
{
    struct clock_fault *f = self;

    sim_cancel(f->sim, &f->tick);
}

static bool check(const void *cfg, struct problem *err)
{
    const struct cfg *c = cfg;

    if (!c->jitter_ppm && !c->drift_ppm) {
        return problem_set(err, "say how far: jitter or drift (0.5 %%)");
    }
    return c->over_ps >= 4 * c->every_ps || problem_set(err, "over: a drift takes four times `every` and more");
}

static const struct part_key keys[] = {
    { .name = "of", .choices = owners, .at = offsetof(struct cfg, of), .help = "whose clock" },
    { .name = "jitter",
      .unit = QUANTITY_PPM,
      .max = 200000,
      .at = offsetof(struct cfg, jitter_ppm),
      .help = "up to so much more or less, at random" },
    { .name = "drift",
      .unit = QUANTITY_PPM,
      .max = 200000,
      .at = offsetof(struct cfg, drift_ppm),
      .help = "slowly up by so much, and down" },
    { .name = "every",
      .unit = QUANTITY_TIME_PS,
      .min = 10 * (int64_t)SIM_US,
      .max = 1000 * (int64_t)SIM_S,
      .fallback = (int64_t)SIM_MS,
      .at = offsetof(struct cfg, every_ps),
      .help = "how often the frequency changes" },
    { .name = "over",
      .unit = QUANTITY_TIME_PS,
      .min = 40 * (int64_t)SIM_US,
      .max = 1000000 * (int64_t)SIM_S,
      .fallback = (int64_t)SIM_S,
      .at = offsetof(struct cfg, over_ps),
      .help = "how long a drift up, down and back takes" },
    PART_SEED_KEY(struct cfg),
};

const struct part_type clock_fault_type = {
    .name = "clock_fault",
    .help = "a clock that jitters and drifts",
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .check = check,
    .make = make,
    .reach = reach,
    .did = did,
    .stop = stop,
    .free = free,
};
