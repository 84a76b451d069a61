/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_shuffle(): everybody is woken once and at the right time, in an order that the seed decides. A result that
 * depends on the order does differ between seeds: what scripts/shuffle relies on.
 */
#include "sim/kernel.h"
#include "sim/net.h"

#include "tests/run_all.h"

#include <check.h>
#include <string.h>

enum { PARTS = 4, SEEDS = 60 };

struct world {
    struct sim sim;
    struct net net[2];
    struct net_driver driver[2];
    struct net_watch watch[PARTS];
    struct sim_event event[PARTS], late;
    char order[4 * PARTS + 1]; /* a letter a call */
};

struct part {
    struct world *w;
    char letter;
};

static struct part parts[2 * PARTS];

static void say(struct part *p)
{
    size_t n = strlen(p->w->order);

    ck_assert_uint_lt(n, sizeof p->w->order - 1);
    p->w->order[n] = p->letter;
}

static void fired(void *ctx, sim_time at_ps)
{
    ck_assert_uint_eq(at_ps, 1000);
    say(ctx);
}

static void told(void *ctx, struct net *net, sim_time at_ps)
{
    struct part *p = ctx;

    (void)net;
    ck_assert_uint_eq(at_ps, 2000);
    for (unsigned i = 0; i < 2; i++) { /* sample: all of the instant is resolved */
        ck_assert_uint_eq(net_level(&p->w->net[i]), NET_1);
    }
    say(p);
}

static void raise(void *ctx, sim_time at_ps)
{
    struct world *w = ctx;

    (void)at_ps;
    net_drive(&w->driver[0], NET_1, NET_STRONG);
    net_drive(&w->driver[1], NET_1, NET_STRONG);
}

/* Four events at 1 ns, then two nets that rise at 2 ns and have two watchers each. */
static void run(struct world *w, bool shuffle, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    sim_init(&w->sim, 1);
    if (shuffle) {
        sim_shuffle(&w->sim, seed);
    }
    for (unsigned i = 0; i < 2 * PARTS; i++) {
        parts[i] = (struct part){ w, (char)("abcdABCD"[i]) };
    }
    for (unsigned i = 0; i < 2; i++) {
        net_init(&w->net[i], &w->sim, "net");
        net_attach(&w->net[i], &w->driver[i], "driver");
        net_drive(&w->driver[i], NET_0, NET_STRONG);
    }
    for (unsigned i = 0; i < PARTS; i++) {
        sim_event_init(&w->event[i], "event", fired, &parts[i]);
        sim_schedule(&w->sim, &w->event[i], 1000);
        net_watch_add(&w->net[i / 2], &w->watch[i], NET_WATCH_EDGES, told, &parts[PARTS + i]);
    }
    sim_event_init(&w->late, "raise", raise, w);
    sim_schedule(&w->sim, &w->late, 2000);
    sim_run_until(&w->sim, 3000);
    ck_assert_str_eq(w->sim.fault, "");
}

static bool has_all(const char *part, const char *letters)
{
    for (const char *p = letters; *p; p++) {
        if (!memchr(part, *p, PARTS)) {
            return false;
        }
    }
    return true;
}

START_TEST(without_it_the_order_is_that_of_scheduling)
{
    struct world w;

    run(&w, false, 0);
    ck_assert_str_eq(w.order, "abcdABCD");
}
END_TEST

START_TEST(each_is_woken_once_and_the_seed_decides_when)
{
    static char seen[SEEDS][4 * PARTS + 1];
    unsigned events = 0, watchers = 0;
    struct world w;

    for (unsigned seed = 0; seed < SEEDS; seed++) {
        run(&w, true, seed);
        ck_assert_uint_eq(strlen(w.order), 2 * PARTS);
        ck_assert_msg(has_all(w.order, "abcd") && has_all(w.order + PARTS, "ABCD"), "%s", w.order);
        strcpy(seen[seed], w.order);
        bool new_events = true, new_watchers = true;
        for (unsigned i = 0; i < seed; i++) {
            new_events = new_events && strncmp(seen[i], w.order, PARTS) != 0;
            new_watchers = new_watchers && strcmp(seen[i] + PARTS, w.order + PARTS) != 0;
        }
        events += new_events;
        watchers += new_watchers;
        run(&w, true, seed);
        ck_assert_str_eq(w.order, seen[seed]); /* and it repeats */
    }
    ck_assert_uint_gt(events, 16);   /* of 24 orders */
    ck_assert_uint_gt(watchers, 16); /* those of two nets among each other: of 24 orders again */
}
END_TEST

/* ---- a wave that somebody ends at the time of one of its edges ---- */

static unsigned edges;

static void count(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx;
    edges += at_ps == 1000000 && net_level(net) == NET_1;
}

static void end_wave(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    net_open(ctx);
}

START_TEST(a_wave_that_ends_has_no_edge_left)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct sim sim;
        struct net net;
        struct net_driver driver;
        struct net_watch watch;
        struct sim_event end;
        struct net_wave wave = net_wave_square(0, UINT64_C(1000000000)); /* 1 MHz: rises at 1 us */

        sim_init(&sim, 1);
        sim_shuffle(&sim, seed);
        net_init(&net, &sim, "clko");
        net_attach(&net, &driver, "target");
        edges = 0;
        net_watch_add(&net, &watch, NET_WATCH_EDGES, count, NULL);
        net_drive_wave(&driver, &wave, NET_STRONG);
        sim_event_init(&end, "end", end_wave, &driver);
        sim_schedule(&sim, &end, 1000000);
        sim_run_until(&sim, 1000000);
        ck_assert_uint_eq(edges, 0);
        ck_assert_uint_eq(net_level(&net), NET_Z);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shuffle");
    TCase *t = tcase_create("shuffle");

    tcase_add_test(t, without_it_the_order_is_that_of_scheduling);
    tcase_add_test(t, each_is_woken_once_and_the_seed_decides_when);
    tcase_add_test(t, a_wave_that_ends_has_no_edge_left);
    suite_add_tcase(s, t);
    return run_all(s);
}
