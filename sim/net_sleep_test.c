/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_sleep_test.c - nets that sleep are as if they had not
 *
 * The same random acts on two boards. On one each net's pin keeps to itself what nobody hears (net_sleep(), as the ports
 * of mcu/pins.c do) and waves that nobody hears make no edges; on the other nothing sleeps (sim.no_shortcuts). Besides the
 * pins, other drivers come, fight and go, with levels and clocks, resistors and supplies among them, and watchers that hear all, waves only, or nothing of
 * the pin while they are deaf (may_sleep). Levels, times of change, contention, what watchers heard and when, and the
 * findings must be the same. Each of the broken rules below must show.
 */
#include "sim/checker.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "sim/trace.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

#define NETS 3
#define OTHERS 3
#define ROUNDS 80
#define STEPS 120
#define DRIVES 4 /* acts below are those of watchers, who come between instants */

enum broken {
    NOTHING_BROKEN,
    SLEEPS_UNASKED,    /* whoever hears or drives */
    WAKES_AS_BEFORE,   /* what happened meanwhile is forgotten */
    HEARS_AND_SLEEPS,  /* a watcher that hears says that it need not */
    FORGETS_TIES,      /* of resistors and supplies on the net */
    FIGHTS_IN_SILENCE, /* a supply */
    BROKEN_RULES,
};

struct pin { /* drives a net of its own, or sleeps and only knows what it would drive */
    struct net_driver drv;
    uint8_t level, strength;
    bool sleeps;
    struct net_tie tie;
    enum net_level before; /* of the last change in its sleep */
    sim_time changed_ps;   /* 0: none */
    const struct world *world;
};

struct looker {
    struct net_watch watch;
    const struct pin *pin;
    const struct world *world;
    int net; /* -1: none */
    bool deaf, may_be_deaf;
    enum net_level level, last; /* last: deaf or not */
    uint64_t heard;             /* a sum over what it heard, and when */
    unsigned n;
};

struct world {
    struct sim sim;
    struct trace trace;
    struct checker checker;
    struct checker_contention contention[NETS];
    struct net net[NETS];
    struct pin pin[NETS];
    struct net_driver other[OTHERS];
    struct looker edges[NETS], waves[NETS], deaf[NETS];
    struct sim_rng rng;
    enum broken broken;
    bool has_waves;
    unsigned slept, tied, fought; /* beside how many ties, supplies */
};

/* ---- a pin ---- */

static void woken(void *ctx)
{
    struct pin *p = ctx;
    struct net *net = p->drv.net;

    p->sleeps = false;
    if (p->world->broken == WAKES_AS_BEFORE) {
        return;
    }
    p->drv.level = p->level;
    p->drv.strength = p->strength;
    net->last = &p->drv;
    if (p->changed_ps) {
        net->old_level = (uint8_t)p->before;
        net->changed_ps = p->changed_ps;
    }
}

/* What the net is with it. */
static enum net_level with_tie(const struct pin *p)
{
    if (p->tie.strength == p->strength && p->strength != NET_OPEN && p->tie.level != (enum net_level)p->level) {
        return NET_X;
    }
    return p->tie.strength > p->strength ? p->tie.level : (enum net_level)p->level;
}

static bool fights(const struct pin *p)
{
    return p->tie.strength == NET_SUPPLY && p->strength == NET_STRONG && p->tie.level != (enum net_level)p->level;
}

/* In its sleep a store costs nothing. Of several that make one instant only the last counts: not in sleep. */
static bool store_asleep(struct pin *p, enum net_level level, enum net_strength strength)
{
    if (p->world->sim.hold) {
        net_wake(p->drv.net);
    }
    if (!p->sleeps) {
        return false;
    }
    enum net_level was = with_tie(p);
    bool fought = fights(p);

    p->level = (uint8_t)level;
    p->strength = (uint8_t)(level == NET_Z ? NET_OPEN : strength);
    if (with_tie(p) != was) {
        p->before = was;
        p->changed_ps = p->world->sim.now_ps;
    }
    if (fights(p) && !fought && p->world->broken != FIGHTS_IN_SILENCE) {
        net_fight(p->drv.net, p->world->sim.now_ps);
    }
    return true;
}

static void fall_asleep(struct world *w, struct pin *p)
{
    const struct net *net = p->drv.net;

    if (p->sleeps || w->sim.no_shortcuts ||
        !(net_may_sleep(net, &p->drv, &p->tie) || (w->broken == SLEEPS_UNASKED && !net->wave && !net->woken))) {
        return;
    }
    p->level = p->drv.level;
    p->strength = p->drv.strength;
    p->changed_ps = 0;
    if (w->broken == FORGETS_TIES) {
        p->tie = (struct net_tie){ NET_Z, NET_OPEN };
    }
    w->tied += p->tie.strength != NET_OPEN;
    w->fought += p->tie.strength == NET_SUPPLY;
    p->sleeps = true;
    w->slept++;
    net_sleep(p->drv.net, woken, p);
}

/* ---- who watches ---- */

static void heard(struct looker *l, enum net_level level, sim_time at_ps)
{
    l->last = level;
    if (!l->deaf && level != l->level) {
        l->level = level;
        l->heard = l->heard * UINT64_C(6364136223846793005) + at_ps * 4 + level;
        l->n++;
    }
}

static void told(void *ctx, struct net *net, sim_time at_ps)
{
    heard(ctx, net_level(net), at_ps);
}

static bool may_sleep(void *ctx, const struct net_driver *by)
{
    const struct looker *l = ctx;

    return by == &l->pin->drv && (l->deaf || l->world->broken == HEARS_AND_SLEEPS);
}

static void comes_or_goes(struct world *w, struct looker *l, int n, enum net_watch_kind kind)
{
    struct net *net = &w->net[n];

    if (l->net >= 0) {
        net_watch_remove(net, &l->watch);
        l->net = -1;
        return;
    }
    net_watch_add(net, &l->watch, kind, told, l);
    l->watch.may_sleep = l->may_be_deaf ? may_sleep : NULL;
    l->net = n;
    l->level = l->last = net_level(net);
}

/* It hears from now on: whatever slept wakes, and a wave makes its edges again. */
static void hear(struct world *w, struct looker *l, bool deaf)
{
    if (!deaf && l->net >= 0) {
        l->level = net_level(&w->net[l->net]);
        l->deaf = false;
        net_edges_wanted(&w->net[l->net], 0);
    }
    l->deaf = deaf;
}

/* ---- what may happen ---- */

static enum net_level some_level(struct sim_rng *r)
{
    return (enum net_level)(sim_rng_below(r, 8) ? sim_rng_below(r, 2) : NET_Z);
}

/* A port is stored to: its pins change in one instant. */
static void store(struct world *w, struct sim_rng *r)
{
    struct net_word word[NETS + 1];
    unsigned n = 0;

    if (!sim_rng_below(r, 3)) { /* and another's with them, wherever it leads: one instant */
        word[n++] = (struct net_word){ &w->other[sim_rng_below(r, OTHERS)], (uint8_t)sim_rng_below(r, 2), NET_PULL };
        net_wake(word[0].driver->net);
    }

    for (int i = 0; i < NETS; i++) {
        enum net_level level = some_level(r);
        enum net_strength strength = sim_rng_below(r, 4) ? NET_STRONG : NET_WEAK;

        if (!store_asleep(&w->pin[i], level, strength)) {
            word[n++] = (struct net_word){ &w->pin[i].drv, (uint8_t)level,
                                           (uint8_t)(level == NET_Z ? NET_OPEN : strength) };
        }
    }
    net_drive_together(&w->sim, word, n);
}

static void clock_it(struct world *w, struct sim_rng *r, struct net_driver *d)
{
    struct net_wave wave = net_wave_square(w->sim.now_ps + sim_rng_below(r, SIM_US),
                                           500000000 * (1 + sim_rng_below(r, 3)));

    net_drive_wave(d, &wave, sim_rng_below(r, 4) ? NET_STRONG : NET_PULL);
}

static void other_acts(struct world *w, struct sim_rng *r, int n)
{
    struct net_driver *d = &w->other[sim_rng_below(r, OTHERS)];
    unsigned what = (unsigned)sim_rng_below(r, 8);
    enum net_level level = (enum net_level)sim_rng_below(r, sim_rng_below(r, 3) ? 2 : 4);
    enum net_strength strength = sim_rng_below(r, 3) ? (enum net_strength)(1 + sim_rng_below(r, 4)) : NET_SUPPLY;

    if (what < 2) {
        net_move(d, &w->net[n], "other");
    } else if (what == 2 && w->has_waves) {
        clock_it(w, r, d);
    } else if (what < 5) {
        net_move(d, NULL, "other");
    } else {
        net_drive(d, what < 7 ? level : NET_Z, strength);
    }
}

/* Of those from this one on. */
static void act(struct world *w, unsigned first)
{
    struct sim_rng *r = &w->rng;
    int n = (int)sim_rng_below(r, NETS);
    struct pin *p = &w->pin[n];
    enum net_level level = some_level(r);

    switch (first + sim_rng_below(r, 12 - first)) {
    case 0: comes_or_goes(w, &w->edges[n], n, NET_WATCH_EDGES); break;
    case 1: comes_or_goes(w, &w->waves[n], n, NET_WATCH_WAVES); break;
    case 2: comes_or_goes(w, &w->deaf[n], n, NET_WATCH_EDGES); break;
    case 3: hear(w, &w->deaf[n], sim_rng_below(r, 3) != 0); break;
    case DRIVES: other_acts(w, r, n); break;
    case 5:
        if (w->has_waves) {
            clock_it(w, r, &p->drv); /* the pin's timer */
        }
        break;
    case 6:
    case 7:
        if (!store_asleep(p, level, NET_STRONG)) {
            net_drive(&p->drv, level, NET_STRONG);
        }
        break;
    default: store(w, r); break;
    }
}

static void try_to_sleep(struct world *w)
{
    for (int i = 0; i < NETS; i++) {
        if (sim_rng_below(&w->rng, 2)) {
            fall_asleep(w, &w->pin[i]);
        }
    }
}

static void step(struct world *w)
{
    if (sim_rng_below(&w->rng, 4)) {
        act(w, 0);
    } else {
        net_hold(&w->sim);
        act(w, DRIVES);
        try_to_sleep(w); /* none whose change is still to come */
        act(w, DRIVES);
        net_release(&w->sim);
    }
    try_to_sleep(w);
    sim_run_until(&w->sim, w->sim.now_ps + sim_rng_below(&w->rng, 3) * sim_rng_below(&w->rng, SIM_US));
}

/* ---- two boards ---- */

static void begin(struct world *w, unsigned round, bool sleeps, enum broken broken)
{
    memset(w, 0, sizeof *w);
    sim_init(&w->sim, round);
    checker_init(&w->checker, &w->sim);
    trace_init(&w->trace);
    w->sim.no_shortcuts = !sleeps;
    w->rng = sim_rng_stream(round, "sleep");
    w->broken = sleeps ? broken : NOTHING_BROKEN;
    w->has_waves = round % 2;
    if (round % 3) { /* contentions only count */
        w->checker.margins[CHECK_CONTENTION].findings = CHECKER_KEEP_PER_RULE;
    }
    for (int i = 0; i < NETS; i++) {
        struct looker *all[] = { &w->edges[i], &w->waves[i], &w->deaf[i] };

        net_init(&w->net[i], &w->sim, "N");
        checker_watch_contention(&w->checker, &w->contention[i], &w->net[i]);
        net_attach(&w->net[i], &w->pin[i].drv, "pin");
        w->pin[i].world = w;
        for (unsigned k = 0; k < 3; k++) {
            *all[k] = (struct looker){ .pin = &w->pin[i], .world = w, .net = -1, .may_be_deaf = k == 2 };
        }
    }
    if (round % 5 == 4) { /* a recorded net never sleeps */
        w->sim.trace = &w->trace;
        w->trace.sim = &w->sim;
        trace_add_net(&w->trace, &w->net[0], "N");
    }
    for (int i = 0; i < OTHERS; i++) {
        net_attach(&w->net[i % NETS], &w->other[i], "other");
    }
}

static void end(struct world *w)
{
    trace_free(&w->trace);
    checker_free(&w->checker);
}

static bool same_looker(const struct looker *a, const struct looker *b)
{
    return a->net == b->net && a->deaf == b->deaf && a->n == b->n && a->heard == b->heard;
}

/* What differs between them; NULL: nothing. Looking at a level wakes: only now and then. */
static const char *difference(struct world *a, struct world *b, bool looks)
{
    for (int i = 0; i < NETS; i++) {
        struct net *x = &a->net[i], *y = &b->net[i];

        if (!same_looker(&a->edges[i], &b->edges[i]) || !same_looker(&a->waves[i], &b->waves[i]) ||
            !same_looker(&a->deaf[i], &b->deaf[i])) {
            return "what a watcher heard";
        }
        if (looks && net_level(x) != net_level(y)) {
            return "a level";
        }
        if (looks && !x->wave && a->deaf[i].net >= 0 && a->deaf[i].last != net_level(x)) {
            return "what a watcher was told as the net woke";
        }
        if (looks && (net_others(x, NULL).strength != net_others(y, NULL).strength || x->n_active != y->n_active)) {
            return "a strength";
        }
        if (looks && !a->has_waves && x->changed_ps != y->changed_ps) {
            return "the time of a change";
        }
        if ((looks && x->contended != y->contended) || x->contentions != y->contentions) {
            return "a contention";
        }
    }
    if (checker_count(&a->checker) != checker_count(&b->checker)) {
        return "the number of findings";
    }
    for (size_t i = 0; i < a->checker.n_findings && i < b->checker.n_findings; i++) {
        if (checker_at(&a->checker, i)->at_ps != checker_at(&b->checker, i)->at_ps) {
            return "a finding's time";
        }
    }
    return NULL;
}

/* Of the recorded net. */
static bool same_record(const struct world *a, const struct world *b)
{
    struct trace_reader at[2];
    struct trace_change x, y;
    bool more;

    trace_read_start(&at[0], &a->trace);
    trace_read_start(&at[1], &b->trace);
    do {
        more = trace_read(&at[0], &x);
        if (more != trace_read(&at[1], &y) || (more && (x.at_ps != y.at_ps || x.value != y.value))) {
            return false;
        }
    } while (more);
    return true;
}

struct sums {
    unsigned slept, tied, fought, found;
};

static const char *both_ways(unsigned round, enum broken broken, struct sums *sums)
{
    static struct world a, b;
    const char *differs = NULL;

    begin(&a, round, true, broken);
    begin(&b, round, false, broken);
    for (unsigned i = 0; !differs && i < STEPS; i++) {
        step(&a);
        step(&b);
        differs = difference(&a, &b, i % 7 == 6);
    }
    differs = differs || same_record(&a, &b) ? differs : "what was recorded";
    sums->slept += a.slept;
    sums->tied += a.tied;
    sums->fought += a.fought;
    sums->found += (unsigned)checker_count(&a.checker);
    end(&a);
    end(&b);
    return differs;
}

START_TEST(nets_that_sleep_are_as_if_they_had_not)
{
    struct sums sums = { 0 };

    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *differs = both_ways(round, NOTHING_BROKEN, &sums);
        ck_assert_msg(!differs, "round %u: %s differs", round, differs);
    }
    ck_assert_uint_gt(sums.slept, 10 * ROUNDS); /* else it proved nothing */
    ck_assert_uint_gt(sums.tied, 5 * ROUNDS);
    ck_assert_uint_gt(sums.fought, 10);
    ck_assert_uint_gt(sums.found, ROUNDS / 2);
}
END_TEST

START_TEST(a_broken_rule_shows)
{
    struct sums sums = { 0 };

    for (unsigned broken = 1; broken < BROKEN_RULES; broken++) {
        unsigned shows = 0;

        for (unsigned round = 0; round < 10; round++) {
            shows += both_ways(round, (enum broken)broken, &sums) != NULL;
        }
        ck_assert_msg(shows > 0, "rule %u", broken);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("net_sleep");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, nets_that_sleep_are_as_if_they_had_not);
    tcase_add_test(tc, a_broken_rule_shows);
    suite_add_tcase(s, tc);
    return run_all(s);
}
