/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_any_test.c - whatever drivers and watchers do, a net is what its drivers make of it
 *
 * Random drives, waves, moves and detachments of drivers on a few nets, alone and several in an instant, with
 * watchers that come and go, recorded and not, in the order of waking and in any other. After each step every net's
 * level, contention and what net_others() says must be those of the rules in net.h, worked out anew from all drivers; who watches must have been
 * told of the level that is there now, and the trace and the notes must end with it.
 */
#include "sim/net.h"
#include "sim/notes.h"
#include "sim/rng.h"
#include "sim/trace.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

#define NETS 3
#define DRIVERS 5
#define ROUNDS 60
#define STEPS 150

struct says { /* what a driver says, kept by the test */
    int net;  /* -1: none */
    enum net_level level;
    enum net_strength strength;
    bool has_wave;
    struct net_wave wave;
};

struct looker {
    struct net_watch watch;
    int net; /* -1: watches none */
    enum net_level told;
};

struct world {
    struct sim sim;
    struct trace trace;
    struct notes notes;
    struct net net[NETS];
    struct net_driver driver[DRIVERS];
    struct says says[DRIVERS];
    struct looker edges[NETS], waves[NETS];
    struct net_fight_watch fight[NETS];
    unsigned fights[NETS];
    bool traced;
};

static void told(void *ctx, struct net *net, sim_time at_ps)
{
    (void)at_ps;
    ((struct looker *)ctx)->told = net_level(net);
}

static void fought(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    ++*(unsigned *)ctx;
}

static void begin(struct world *w, unsigned round)
{
    memset(w, 0, sizeof *w);
    sim_init(&w->sim, round);
    trace_init(&w->trace);
    notes_init(&w->notes);
    if (round % 3 == 1) {
        sim_shuffle(&w->sim, round);
    }
    w->traced = round % 4 == 1;
    if (w->traced || round % 4 == 2) {
        w->sim.trace = &w->trace;
        w->trace.sim = &w->sim;
    }
    w->sim.notes = w->traced ? &w->notes : NULL;
    for (int i = 0; i < NETS; i++) {
        net_init(&w->net[i], &w->sim, "N");
        net_fight_watch_add(&w->net[i], &w->fight[i], fought, &w->fights[i]);
        w->edges[i].net = w->waves[i].net = -1;
        if (w->sim.trace) {
            ck_assert_int_eq(trace_add_net(&w->trace, &w->net[i], "N"), i);
        }
    }
    for (int i = 0; i < DRIVERS; i++) {
        w->says[i] = (struct says){ .net = i % NETS, .level = NET_Z };
        net_attach(&w->net[i % NETS], &w->driver[i], "d");
    }
}

static void end(struct world *w)
{
    trace_free(&w->trace);
    notes_free(&w->notes);
}

/* ---- what may happen ---- */

static void drive(struct world *w, struct sim_rng *r, unsigned i)
{
    struct says *s = &w->says[i];
    s->level = (enum net_level)(sim_rng_below(r, 4) ? sim_rng_below(r, 2) : sim_rng_below(r, 4));
    s->strength = (enum net_strength)(sim_rng_below(r, 2) ? NET_STRONG : sim_rng_below(r, 6));
    s->has_wave = false;
    net_drive(&w->driver[i], s->level, s->strength);
    s->strength = s->level == NET_Z ? NET_OPEN : s->strength;
}

static void drive_wave(struct world *w, struct sim_rng *r, unsigned i)
{
    struct says *s = &w->says[i];
    s->strength = sim_rng_below(r, 2) ? NET_STRONG : NET_PULL;
    s->has_wave = true;
    s->wave = net_wave_square(w->sim.now_ps + sim_rng_below(r, 2 * SIM_US), 333333333 * (1 + sim_rng_below(r, 3)));
    s->wave.clk.period_num *= sim_rng_below(r, 8) != 0; /* 0: it stands */
    net_drive_wave(&w->driver[i], &s->wave, s->strength);
}

static void look(struct world *w, struct looker *l, int net, enum net_watch_kind kind)
{
    if (l->net >= 0) {
        net_watch_remove(&w->net[l->net], &l->watch);
        net_watch_remove(&w->net[l->net], &l->watch); /* of one that is not there: nothing */
        l->net = -1;
        return;
    }
    net_watch_add(&w->net[net], &l->watch, kind, told, l);
    l->net = net;
    l->told = net_level(&w->net[net]);
}

static void act(struct world *w, struct sim_rng *r)
{
    unsigned i = (unsigned)sim_rng_below(r, DRIVERS);
    int net = (int)sim_rng_below(r, NETS);
    struct says *s = &w->says[i];

    switch (sim_rng_below(r, 12)) {
    case 0: drive_wave(w, r, i); break;
    case 1:
        s->net = net - (sim_rng_below(r, 4) == 0 && net == 0);
        net_move(&w->driver[i], s->net < 0 ? NULL : &w->net[s->net], "d");
        break;
    case 2:
        net_detach(&w->driver[i]);
        s->net = -1;
        break;
    case 3: look(w, &w->edges[net], net, NET_WATCH_EDGES); break;
    case 4: look(w, &w->waves[net], net, NET_WATCH_WAVES); break;
    case 5:
        net_open(&w->driver[i]);
        *s = (struct says){ .net = s->net, .level = NET_Z };
        break;
    default: drive(w, r, i); break;
    }
}

/* ---- what must be ---- */

static enum net_level says_now(const struct world *w, const struct says *s)
{
    return s->has_wave ? (net_wave_level(&s->wave, w->sim.now_ps) ? NET_1 : NET_0) : s->level;
}

/* The level, contention and the strongest strength on net n by the rules; but: without this driver (-1: with all). */
static enum net_level by_the_rules(const struct world *w, int n, int but, bool *contended, enum net_strength *best)
{
    enum net_level level = NET_Z, output = NET_Z;
    unsigned outputs = 0, at_best = 0;
    bool waves = false, one_wave = false;

    *best = NET_OPEN;
    *contended = false;
    for (int i = 0; i < DRIVERS; i++) {
        const struct says *s = &w->says[i];
        if (s->net != n || i == but || s->strength == NET_OPEN) {
            continue;
        }
        if (s->strength >= NET_STRONG) {
            *contended |= outputs && s->level != output;
            *contended |= !s->has_wave && s->level == NET_X;
            waves |= s->has_wave;
            output = s->level;
            outputs++;
        }
        if (s->strength > *best) {
            *best = s->strength;
            at_best = 0;
            one_wave = s->has_wave;
            level = says_now(w, s);
        } else if (s->strength == *best) {
            level = one_wave || s->has_wave || says_now(w, s) != level ? NET_X : level;
        }
        at_best += s->strength == *best;
    }
    *contended = waves ? outputs > 1 : *contended;
    return level;
}

static void expect(struct world *w, unsigned round, unsigned step)
{
    for (int n = 0; n < NETS; n++) {
        struct net *net = &w->net[n];
        bool contended;
        enum net_strength best;
        enum net_level want = by_the_rules(w, n, -1, &contended, &best);
        if (net_level(net) != want || net->contended != contended || w->fights[n] != net->contentions) {
            ck_abort_msg("round %u, step %u, net %d: level %d, by the rules %d; contended %d, %d; told of %u of %u",
                         round, step, n, net_level(net), want, net->contended, contended, w->fights[n],
                         net->contentions);
        }
        if (w->edges[n].net == n && w->edges[n].told != want) {
            ck_abort_msg("round %u, step %u, net %d: an edge watcher holds it for %d, it is %d", round, step, n,
                         w->edges[n].told, want);
        }
        if (w->waves[n].net == n && !net->wave && w->waves[n].told != want) {
            ck_abort_msg("round %u, step %u, net %d: a wave watcher holds it for %d, it is %d", round, step, n,
                         w->waves[n].told, want);
        }
        struct net_others all = net_others(net, NULL), sources = net_sources(net);
        if (all.strength != best || (all.level != want && !all.has_wave && !net->wave) || sources.level != all.level) {
            ck_abort_msg("round %u, step %u, net %d: net_others() says %d, %d", round, step, n, all.level,
                         all.strength);
        }
    }
}

static void expect_records(struct world *w, unsigned round)
{
    struct trace_reader reader;
    struct trace_change c;
    int32_t last[NETS] = { NET_Z, NET_Z, NET_Z };
    bool weak[NETS] = { 0 };

    trace_read_start(&reader, &w->trace);
    while (trace_read(&reader, &c)) {
        last[c.signal] = c.value;
    }
    for (size_t i = 0; i < w->notes.n_weak; i++) {
        weak[w->notes.weak[i].signal] = w->notes.weak[i].weak;
    }
    for (int n = 0; w->sim.trace && n < NETS; n++) {
        bool contended;
        enum net_strength best;
        enum net_level want = by_the_rules(w, n, -1, &contended, &best);
        ck_assert_msg(last[n] == (int32_t)want, "round %u, net %d: the trace ends at %d, not %d", round, n, last[n],
                      want);
        ck_assert_msg(!w->traced || weak[n] == (best != NET_OPEN && best < NET_STRONG), "round %u, net %d: %d", round,
                      n, weak[n]);
    }
}

START_TEST(whatever_drivers_do_a_net_is_what_they_make_of_it)
{
    static struct world w;
    struct sim_rng r = sim_rng_stream(1, "any drives");
    unsigned fights = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        begin(&w, round);
        for (unsigned step = 0; step < STEPS; step++) {
            unsigned together = (unsigned)sim_rng_below(&r, 3);
            if (together) {
                act(&w, &r);
            } else {
                net_hold(&w.sim);
                act(&w, &r);
                act(&w, &r);
                act(&w, &r);
                net_release(&w.sim);
            }
            expect(&w, round, step);
            sim_run_until(&w.sim, w.sim.now_ps + sim_rng_below(&r, 4) * sim_rng_below(&r, SIM_US));
            expect(&w, round, step);
        }
        expect_records(&w, round);
        fights += w.fights[0];
        ck_assert_str_eq(w.sim.fault, "");
        end(&w);
    }
    ck_assert_uint_gt(fights, 100); /* they did get into each other's way */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("net_any");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, whatever_drivers_do_a_net_is_what_they_make_of_it);
    suite_add_tcase(s, tc);
    return run_all(s);
}
