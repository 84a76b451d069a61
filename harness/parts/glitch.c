/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * glitch - a fault in a wire: in series with it, from A to B
 *
 *      A ----[ fault ]----> B      pulse     B is inverted for a moment, at random times: edges more
 *                                  lost      B does not follow one pulse of A, at random times: edges less
 *                                  bounce    after each edge of A the contact opens and closes for a while
 *                                  stuck_0   B is held at ground      stuck_1  ... at VCC
 *                                  open      the wire is broken
 *                                  none      B is what A is, as before and after the fault
 *
 * B gets level and strength of what drives A; nothing goes back, so A belongs to the side that drives. Pulses come
 * `every` so often on average (0 to twice that after the one before), of the seed and the part's name; so do pulses
 * that are lost. A contact bounces for up to `lasts`, open and closed in turn, each up to twice `width`.
 * Leaves out  coupling that depends on neighbouring wires
 */
#include "harness/parts/part_types.h"
#include "sim/branches.h"
#include "sim/memory.h"
#include "sim/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PULSE, STUCK_0, STUCK_1, OPEN, NONE, LOST, BOUNCE };
static const char *const kinds[] = { "pulse", "stuck_0", "stuck_1", "open", "none", "lost", "bounce", NULL };

struct cfg {
    int64_t kind, from_ps, until_ps, every_ps, width_ps, lasts_ps, seed;
};

struct glitch {
    struct sim *sim;
    const struct cfg *cfg;
    struct net *in;
    struct net_driver out;
    struct net_watch watch;
    struct sim_event next; /* the fault begins or ends */
    struct sim_rng rng;
    const char *name;
    struct branches *branches; /* it has not acted yet, with any of these seeds; NULL: its seed is settled */
    bool faulty;
    enum net_level level; /* of A: bounce: the last; lost: what B keeps */
    bool moved;           /* lost: A is in the pulse that is lost */
    sim_time quiet_ps;    /* bounce: over by then */
    uint64_t n_struck;    /* so often, */
    sim_time struck_ps;   /* ... and then the last time */
};

static void drive(struct glitch *g)
{
    struct net_others o = { .level = NET_Z };

    if (g->in) {
        o = net_others(g->in, NULL);
    }
    if (g->faulty) {
        switch (g->cfg->kind) {
        case PULSE: o.level = o.level == NET_1 ? NET_0 : o.level == NET_0 ? NET_1 : o.level; break;
        case STUCK_0:
        case STUCK_1:
            o.level = g->cfg->kind == STUCK_1 ? NET_1 : NET_0;
            o.strength = NET_SUPPLY;
            break;
        case BOUNCE:
        case OPEN: o.level = NET_Z; break;
        case LOST: o.level = g->level; break;
        }
    }
    net_driver_supply(&g->out, o.supply);
    net_drive(&g->out, o.level, o.strength);
}

static sim_time pause_ps(struct glitch *g)
{
    return 1 + sim_rng_below(&g->rng, 2 * (uint64_t)g->cfg->every_ps);
}

static void struck(struct glitch *g, sim_time at_ps)
{
    g->n_struck++;
    g->struck_ps = at_ps;
}

/* ---- many seeds ---- */

static void become(struct glitch *g, unsigned i)
{
    g->rng = sim_rng_stream(g->branches->seed[i], g->name);
    g->branches = NULL;
}

/* When it first acts with that seed. */
static sim_time first_ps(const struct glitch *g, unsigned i)
{
    struct glitch alone = { .cfg = g->cfg, .rng = sim_rng_stream(g->branches->seed[i], g->name) };

    return (sim_time)g->cfg->from_ps + pause_ps(&alone);
}

static void plan_first(struct glitch *g)
{
    sim_time first = SIM_NEVER;

    for (unsigned i = 0; i < g->branches->n; i++) {
        if (!g->branches->gone[i] && first_ps(g, i) < first) {
            first = first_ps(g, i);
        }
    }
    sim_schedule(g->sim, &g->next, first);
}

/* The first act of one or more seeds. True: this run is such a one. */
static bool acts_first(struct glitch *g, sim_time at_ps)
{
    for (unsigned i = 0; i < g->branches->n; i++) {
        if (!g->branches->gone[i] && first_ps(g, i) == at_ps && branches_leave(g->branches, i)) {
            become(g, i);
            pause_ps(g);
            return true;
        }
    }
    plan_first(g);
    return false;
}

/* ---- lost ---- */

/* The next fault, if it comes in time. */
static void plan_next(struct glitch *g, sim_time at_ps)
{
    if (at_ps < (sim_time)g->cfg->until_ps) {
        sim_schedule(g->sim, &g->next, at_ps);
    }
}

static void begin_loss(struct glitch *g)
{
    g->level = net_others(g->in, NULL).level;
    g->faulty = g->level < NET_Z;
    g->moved = false;
    if (!g->faulty) {
        plan_next(g, g->sim->now_ps + pause_ps(g));
    }
}

static void lose(struct glitch *g, enum net_level level, sim_time at_ps)
{
    g->moved |= level != g->level;
    if (g->moved && level == g->level) { /* the pulse is over */
        g->faulty = false;
        struck(g, at_ps);
        plan_next(g, at_ps + pause_ps(g));
    }
}

/* ---- bounce ---- */

static bool lasts(const struct glitch *g, sim_time at_ps)
{
    return at_ps >= (sim_time)g->cfg->from_ps && at_ps < (sim_time)g->cfg->until_ps;
}

static void bounce(struct glitch *g, sim_time at_ps)
{
    sim_time next = at_ps + 1 + sim_rng_below(&g->rng, 2 * (uint64_t)g->cfg->width_ps);

    g->faulty = !g->faulty && at_ps < g->quiet_ps;
    if (g->faulty) {
        struck(g, at_ps);
    }
    drive(g);
    if (g->faulty || next < g->quiet_ps) {
        sim_schedule(g->sim, &g->next, next);
    }
}

static void strike(struct glitch *g, enum net_level level, sim_time at_ps)
{
    if (level < NET_Z && level != g->level && lasts(g, at_ps)) {
        if (g->branches) {
            become(g, branches_leave_all(g->branches));
        }
        g->quiet_ps = at_ps + 1 + sim_rng_below(&g->rng, (uint64_t)g->cfg->lasts_ps);
        sim_schedule(g->sim, &g->next, at_ps + 1 + sim_rng_below(&g->rng, 2 * (uint64_t)g->cfg->width_ps));
    }
    g->level = level < NET_Z ? level : g->level;
}

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct glitch *g = ctx;
    enum net_level level = net_others(net, NULL).level;

    if (g->cfg->kind == BOUNCE) {
        strike(g, level, at_ps);
    } else if (g->cfg->kind == LOST && g->faulty) {
        lose(g, level, at_ps);
    }
    drive(g);
}

static void toggle(void *ctx, sim_time at_ps)
{
    struct glitch *g = ctx;
    sim_time until = (sim_time)g->cfg->until_ps, next;

    if (g->cfg->kind == BOUNCE) {
        bounce(g, at_ps);
        return;
    }
    if (g->branches && (g->cfg->kind == PULSE || g->cfg->kind == LOST) && !acts_first(g, at_ps)) {
        return;
    }
    if (g->cfg->kind == LOST) {
        if (g->in) {
            begin_loss(g);
        }
        return;
    }
    g->faulty = !g->faulty && at_ps < until;
    drive(g);
    if (g->faulty) {
        struck(g, at_ps);
        next = g->cfg->kind == PULSE ? at_ps + (sim_time)g->cfg->width_ps : until;
    } else {
        next = at_ps + pause_ps(g);
    }
    if (g->faulty || (g->cfg->kind == PULSE && next < until)) {
        sim_schedule(g->sim, &g->next, next);
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct glitch *g = memory_zeroed(1, sizeof *g);

    g->sim = site->sim;
    g->cfg = cfg;
    g->rng = sim_rng_stream(part_seed(site, g->cfg->seed), site->name);
    g->name = site->name;
    g->branches = site->branches;
    sim_event_init(&g->next, site->name, toggle, g);
    g->level = NET_Z;
    if (g->cfg->kind != NONE && g->cfg->kind != BOUNCE) {
        bool random = g->cfg->kind == PULSE || g->cfg->kind == LOST;

        if (random && g->branches) {
            plan_first(g);
        } else {
            sim_schedule(g->sim, &g->next, (sim_time)g->cfg->from_ps + (random ? pause_ps(g) : 0));
        }
    }
    return g;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct glitch *g = self;

    if (pin == 1) {
        net_move(&g->out, net, "glitch");
    } else if (net_watch_move(&g->in, net, &g->watch, NET_WATCH_EDGES, changed, g) && net) {
        g->level = net_others(net, NULL).level;
    }
    drive(g);
}

static bool did(const void *self, sim_time since_ps, char *buf, size_t n)
{
    static const char *const once[] = { [PULSE] = "a pulse", [STUCK_0] = "held at 0", [STUCK_1] = "held at 1",
                                        [OPEN] = "broken",   [BOUNCE] = "a bounce",   [LOST] = "a pulse lost" };
    static const char *const often[] = { [PULSE] = "pulses", [BOUNCE] = "bounces", [LOST] = "pulses lost" };
    const struct glitch *g = self;
    bool lasts_still = g->faulty && (g->cfg->kind == STUCK_0 || g->cfg->kind == STUCK_1 || g->cfg->kind == OPEN);
    char at[48];

    if (!g->n_struck || (g->struck_ps < since_ps && !lasts_still)) {
        return false;
    }
    quantity_text(QUANTITY_TIME_PS, (int64_t)g->struck_ps, at, sizeof at);
    if (g->n_struck == 1) {
        snprintf(buf, n, "%s %s %s", once[g->cfg->kind], lasts_still ? "since" : "at", at);
    } else {
        snprintf(buf, n, "%" PRIu64 " %s, the last at %s", g->n_struck, often[g->cfg->kind], at);
    }
    return true;
}

static void free_glitch(void *self)
{
    struct glitch *g = self;

    sim_cancel(g->sim, &g->next);
    connect(g, 0, NULL);
    connect(g, 1, NULL);
    free(g);
}

static bool check(const void *cfg, struct problem *err)
{
    const struct cfg *c = cfg;

    return c->until_ps > c->from_ps || problem_set(err, "until: the fault is over before it begins");
}

static const struct part_pin pins[] = { { .name = "A" }, { .name = "B" } };

#define TIME(key, least, other, member, text)                                                                    \
    {                                                                                                            \
        .name = key, .unit = QUANTITY_TIME_PS, .min = least, .max = 1000000 * (int64_t)SIM_S, .fallback = other, \
        .at = offsetof(struct cfg, member), .help = text                                                         \
    }
static const struct part_key keys[] = {
    { .name = "kind", .choices = kinds, .at = offsetof(struct cfg, kind), .help = "which fault" },
    TIME("from", 0, 0, from_ps, "when it begins"),
    TIME("until", 0, 1000000 * (int64_t)SIM_S, until_ps, "when it is over"),
    TIME("every", 100 * (int64_t)SIM_NS, (int64_t)SIM_MS, every_ps, "pulse, lost: on average from one to the next"),
    TIME("width", 1, 100 * (int64_t)SIM_NS, width_ps, "of a pulse; bounce: of one closing, on average"),
    TIME("lasts", 1, (int64_t)SIM_MS, lasts_ps, "bounce: at most so long after an edge"),
    PART_SEED_KEY(struct cfg),
};

const struct part_type glitch_type = {
    .name = "glitch",
    .help = "a fault in a wire",
    .pins = pins,
    .n_pins = 2,
    .in_series = true,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .check = check,
    .make = make,
    .connect = connect,
    .did = did,
    .free = free_glitch,
};
