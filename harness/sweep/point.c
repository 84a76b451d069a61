/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/pool.h"

#include "harness/board/board.h"
#include "harness/run/seeds.h"
#include "harness/run/steps.h"
#include "harness/scenario/step_type.h"
#include "sim/checker.h"
#include "sim/memory.h"
#include "sim/target_avr.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RISES 8 /* of a byte */

struct observer { /* the slowest byte on SCK: the rate that a search ended at */
    struct net_watch watch;
    const struct target *target;
    sim_time rise_ps[RISES];
    unsigned n;
    uint64_t sck_hz, cpu_hz;
    struct clock_result clock; /* the target's, when SCK moved last */
    bool moved;
};

/* Each 8 rises: their shortest period, so that breaks between bytes don't count. */
static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct observer *o = ctx;
    sim_time shortest = SIM_NEVER;
    uint64_t hz;

    if (net->level != NET_1) {
        return;
    }
    o->rise_ps[o->n++ % RISES] = at_ps;
    o->clock = o->target->clock;
    o->moved = true;
    if (o->n % RISES) {
        return;
    }
    for (unsigned i = 1; i < RISES; i++) {
        if (o->rise_ps[i] - o->rise_ps[i - 1] < shortest) {
            shortest = o->rise_ps[i] - o->rise_ps[i - 1];
        }
    }
    hz = shortest ? SIM_S / shortest : 0;
    if (o->sck_hz && hz > o->sck_hz - o->sck_hz / 50) {
        return;
    }
    o->sck_hz = hz;
    o->cpu_hz = sim_clock_runs(target_cpu_clock(o->target)) ? sim_clock_f_hz(target_cpu_clock(o->target)) : 0;
}

/* What the chip lacked while SCK moved. The clock that a programmer provides is off again by the end. */
static const char *why(const struct observer *o)
{
    static const char *const dead[] = {
        [CLOCK_DEAD_RESERVED] = "high voltage: CKSEL is reserved",
        [CLOCK_DEAD_NOTHING_WIRED] = "no clock",
        [CLOCK_DEAD_WRONG_RANGE] = "crystal out of range",
        [CLOCK_DEAD_WRONG_PIN] = "wave on the wrong pin",
        [CLOCK_DEAD_NO_RC_PARTS] = "no R and C",
        [CLOCK_DEAD_LOW_VCC] = "VCC too low",
    };
    static const char *const closed[] = {
        [FUSE_ISP_RSTDISBL] = "high voltage: RSTDISBL",
        [FUSE_ISP_DWEN] = "high voltage: DWEN",
        [FUSE_ISP_SPIEN] = "high voltage: SPIEN",
    };
    static const char *const silent[CHECKER_RULES] = {
        [CHECK_PORT_NO_SUPPLY] = "no supply",
        [CHECK_PORT_RESET_HIGH] = "RESET stays high",
        [CHECK_PORT_BROWN_OUT] = "brown-out: VCC too low",
    };
    enum checker_rule told = o->target->told_closed;
    enum fuse_isp access = fuse_isp_access(o->target->cfg.part, &o->target->latched);
    enum clock_state t = o->clock.state;

    if (access != FUSE_ISP_OPEN) {
        return closed[access];
    }
    if (told < CHECKER_RULES && silent[told]) {
        return silent[told];
    }
    if (!o->moved) {
        return "";
    }
    if (!o->clock.runs) {
        return t < sizeof dead / sizeof dead[0] && dead[t] ? dead[t] : "no clock";
    }
    return o->cpu_hz && o->sck_hz > clock_max_sck_hz(o->cpu_hz * 1000) ? "SCK too fast" : "";
}

/* ---- a run ---- */

struct sweep_begun { /* a board, and how far its steps are */
    struct scenario *sc;
    struct board *b;
    struct observer o;
    struct outcome_watch outcome;
    struct report report;
    struct steps *steps;
};

/* branches: seeds of the part of that name, NULL: none. */
static bool begin(struct sweep_begun *g, struct sweep *s, unsigned point, struct branches *branches, const char *of,
                  struct problem *err)
{
    const struct board_options options = { .stats = s->work != NULL, .branches = branches, .branches_of = of };

    *g = (struct sweep_begun){ .sc = sweep_scenario_at(s, point, err) };
    g->b = g->sc ? board_new(g->sc, &options, err) : NULL;
    if (!g->b) {
        scenario_free(g->sc);
        return false;
    }
    g->o.target = board_target(g->b);
    g->report.run.file = g->sc->path;
    outcome_begin(&g->outcome, g->b);
    net_watch_add(board_net(g->b, "target.sck"), &g->o.watch, NET_WATCH_EDGES, sck_changed, &g->o);
    g->steps = steps_begin(g->b, &g->report, NULL);
    return true;
}

static void end(struct sweep_begun *g, struct sweep *s, struct sweep_result *r)
{
    struct board *b = g->b;

    if (g->steps) {
        steps_end(g->steps);
    }
    net_watch_remove(board_net(b, "target.sck"), &g->o.watch);
    r->violations = (uint32_t)board_checker(b)->violations;
    r->sck_hz = g->o.sck_hz;
    r->cpu_hz = g->o.cpu_hz;
    r->took_ps = board_took(b);
    r->state = g->report.lacked     ? SWEEP_BAD
               : g->report.failures ? SWEEP_FAIL
               : r->violations      ? SWEEP_FINDINGS
                                    : SWEEP_PASS;
    if (r->state == SWEEP_FAIL) {
        snprintf(r->why, sizeof r->why, "%s", why(&g->o));
    }
    snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, g->report.first_failure);
    r->outcome = outcome_end(&g->outcome, b, g->report.step_failed, r->cells, sizeof r->cells);
    if (s->work) {
        board_work_add(s->work, b);
    }
    board_free(b);
    scenario_free(g->sc);
}

static void could_not_run(struct sweep_result *r, const struct problem *err)
{
    snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, err->text);
}

void sweep_run_point(struct sweep *s, unsigned point, struct sweep_result *r)
{
    struct sweep_begun *g = memory_zeroed(1, sizeof *g);
    struct problem err = { "" };

    *r = (struct sweep_result){ .state = SWEEP_BAD };
    if (begin(g, s, point, NULL, NULL, &err)) {
        end(g, s, r);
    } else {
        could_not_run(r, &err);
    }
    free(g);
}

/* ---- beginnings that all points share ---- */

/* The first step of which anything varies, 0: they share none. */
static unsigned first_that_varies(const struct sweep *s)
{
    unsigned first = UINT_MAX;

    for (unsigned a = 0; a < s->n_axes; a++) {
        for (unsigned c = 0; c < s->axes[a].n; c++) {
            for (unsigned i = 0; i < s->axes[a].choices[c].n_sets; i++) {
                const char *path = s->axes[a].choices[c].sets[i].path;
                unsigned step;
                int len = 0;

                if (sscanf(path, "steps[%u].%n", &step, &len) != 1 || !len || strstr(path, "expect")) {
                    return 0;
                }
                first = step < first ? step : first;
            }
        }
    }
    return first == UINT_MAX ? 0 : first;
}

/* What could not be taken along: programs outside, captures that a meter compares. */
static bool can_be_shared(const struct scenario *sc, unsigned n)
{
    for (unsigned i = 0; i < sc->n_steps; i++) {
        if ((i < n && sc->steps[i].type->about == STEP_PROGRAM) || sc->steps[i].expect.capture.net) {
            return false;
        }
    }
    return !sc->expect.capture.net;
}

struct sweep_begun *sweep_begin_points(struct sweep *s, unsigned point)
{
    struct sweep_begun *g;
    struct problem err = { "" };
    unsigned n = sweep_points(s) > 1 ? first_that_varies(s) : 0;

    if (!n) {
        return NULL;
    }
    g = memory_zeroed(1, sizeof *g);
    if (!begin(g, s, point, NULL, NULL, &err)) {
        free(g);
        return NULL; /* each point says why */
    }
    if (!g->steps || n >= g->sc->n_steps || !can_be_shared(g->sc, n)) {
        sweep_begun_free(g);
        return NULL;
    }
    steps_take(g->steps, n);
    return g;
}

void sweep_begun_free(struct sweep_begun *g)
{
    if (g) {
        if (g->steps) {
            steps_free(g->steps);
        }
        net_watch_remove(board_net(g->b, "target.sck"), &g->o.watch);
        board_free(g->b);
        scenario_free(g->sc);
        free(g);
    }
}

void sweep_end_point(struct sweep_begun *g, struct sweep *s, unsigned point, struct sweep_result *r)
{
    struct problem err = { "" };
    struct scenario *sc = sweep_scenario_at(s, point, &err);

    *r = (struct sweep_result){ .state = SWEEP_BAD };
    if (!sc || sc->n_steps != g->sc->n_steps) {
        could_not_run(r, &err);
    } else {
        steps_go_on_as(g->steps, sc);
        end(g, s, r);
    }
    scenario_free(sc);
}

/* ---- seeds of a fault ---- */

#define PARTS "board.parts."

/* The part's name in "board.parts.NAME.seed"; false: another path. */
static bool names_a_seed(const char *path, char *name, size_t size)
{
    size_t n = strncmp(path, PARTS, strlen(PARTS)) ? 0 : strcspn(path + strlen(PARTS), ".");

    if (!n || n >= size || strcmp(path + strlen(PARTS) + n, ".seed") != 0) {
        return false;
    }
    snprintf(name, size, "%.*s", (int)n, path + strlen(PARTS));
    return true;
}

/* The seed that a choice of the last axis sets, and of which part; false: it sets anything else. */
static bool seed_of(const struct sweep_choice *c, char *name, size_t size, uint64_t *seed)
{
    char *rest;

    if (c->n_sets != 1 || !names_a_seed(c->sets[0].path, name, size) || c->sets[0].value[0] < '0' ||
        c->sets[0].value[0] > '9') {
        return false;
    }
    errno = 0;
    *seed = strtoull(c->sets[0].value, &rest, 10);
    return !errno && !*rest && *seed <= INT64_MAX && (c->sets[0].value[0] != '0' || !*seed);
}

unsigned sweep_points_alike(struct sweep *s, unsigned point, unsigned most)
{
    const struct sweep_axis *last = s->n_axes ? &s->axes[s->n_axes - 1] : NULL;
    unsigned first = last ? point % last->n : 0, n = 0;
    char name[80], other[80];
    uint64_t seed;

    most = most > BRANCHES_MOST ? BRANCHES_MOST : most;
    while (last && n < most && first + n < last->n &&
           seed_of(&last->choices[first + n], n ? other : name, sizeof name, &seed) && (!n || !strcmp(name, other))) {
        n++;
    }
    return n ? n : 1;
}

/* False: they have no beginning that could be shared. */
static bool run_together(struct sweep *s, unsigned point, const char *of, struct seeds *seeds)
{
    struct sweep_begun *g = memory_zeroed(1, sizeof *g);
    struct sweep_result r = { .state = SWEEP_BAD };
    struct problem err = { "" };
    bool ok;

    ok = begin(g, s, point, &seeds->branches, of, &err);
    if (ok && (!g->steps || !can_be_shared(g->sc, g->sc->n_steps))) {
        sweep_begun_free(g);
        g = NULL;
        ok = false;
    }
    if (ok) {
        end(g, s, &r);
        seeds_end(seeds, &r);
    }
    free(g);
    return ok;
}

void sweep_run_alike(struct sweep *s, unsigned point, unsigned n, struct sweep_result *results)
{
    const struct sweep_axis *last = &s->axes[s->n_axes - 1];
    uint64_t seed[BRANCHES_MOST] = { 0 };
    struct problem err = { "" };
    struct seeds seeds;
    char of[80];
    bool ok = true;

    for (unsigned i = 0; i < n; i++) {
        ok = ok && seed_of(&last->choices[point % last->n + i], of, sizeof of, &seed[i]);
    }
    ok = ok && seeds_begin(&seeds, seed, n, sizeof results[0], &err);
    if (!ok || !run_together(s, point, of, &seeds)) {
        for (unsigned i = 0; i < n; i++) {
            sweep_run_point(s, point + i, &results[i]);
        }
        if (ok) {
            seeds_free(&seeds);
        }
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        int status;
        const struct sweep_result *r = seeds_result(&seeds, i, &status);

        if (r) {
            results[i] = *r;
        } else {
            sweep_run_died(&results[i], status);
        }
    }
    seeds_free(&seeds);
}
