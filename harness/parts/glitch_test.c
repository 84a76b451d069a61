/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/part_rig.h"

enum { A, B };
enum { PULSE, STUCK_0, STUCK_1, OPEN, NONE, LOST, BOUNCE };
static struct part_rig r;

static void start(int64_t kind, uint64_t seed)
{
    rig_init(&r, &glitch_type, seed);
    rig_set(&r, "kind", kind);
    rig_set(&r, "from", SIM_MS);
    rig_set(&r, "until", 2 * SIM_MS);
    rig_set(&r, "every", 20 * SIM_US);
    rig_set(&r, "width", 100 * SIM_NS);
    rig_start(&r);
}

/* A is 1, then 0, all the time; what is B before, in and after the fault? */
static const struct {
    int64_t kind;
    enum net_level high, low;
} cases[] = {
    { STUCK_0, NET_0, NET_0 },
    { STUCK_1, NET_1, NET_1 },
    { OPEN, NET_Z, NET_Z },
    { NONE, NET_1, NET_0 },
};

START_TEST(the_fault_lasts_from_until)
{
    for (unsigned i = 0; i < 4; i++) {
        for (int high = 0; high < 2; high++) {
            enum net_level in = high ? NET_1 : NET_0;

            start(cases[i].kind, 1);
            rig_drive(&r, A, in);
            rig_level(&r, B, in);
            rig_run(&r, SIM_MS - 1);
            rig_level(&r, B, in);
            rig_run(&r, 1);
            rig_level(&r, B, high ? cases[i].high : cases[i].low);
            rig_run(&r, SIM_MS - 1);
            rig_level(&r, B, high ? cases[i].high : cases[i].low);
            rig_run(&r, 1);
            rig_level(&r, B, in);
            rig_level(&r, A, in);
            rig_stop(&r);
        }
    }
}
END_TEST

struct pulses {
    struct net_watch watch;
    unsigned n;
    sim_time rise_ps[200], first_ps, last_ps, width_ps;
};

static void count(void *ctx, struct net *net, sim_time at_ps)
{
    struct pulses *p = ctx;

    if (net->level == NET_1) {
        ck_assert_uint_lt(p->n, 200);
        p->rise_ps[p->n++] = at_ps;
    } else {
        p->width_ps = at_ps - p->rise_ps[p->n - 1];
        ck_assert_uint_eq(p->width_ps, 100 * SIM_NS);
    }
}

static struct pulses pulses_of(uint64_t seed)
{
    static struct pulses p;

    memset(&p, 0, sizeof p);
    start(PULSE, seed);
    rig_drive(&r, A, NET_0);
    net_watch_add(&r.net[B], &p.watch, NET_WATCH_EDGES, count, &p);
    rig_run(&r, 3 * SIM_MS);
    net_watch_remove(&r.net[B], &p.watch);
    rig_stop(&r);
    return p;
}

static unsigned n_edges;

static void count_edges(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx;
    (void)net;
    (void)at_ps;
    n_edges++;
}

/* A: 1000 pulses of 2 us, from 0 to 4 ms. One is lost every 50 us on average, and none before from and after until. */
static unsigned edges_of(int64_t kind, uint64_t seed)
{
    struct net_watch watch = { 0 };

    start(kind, seed);
    rig_drive(&r, A, NET_0);
    n_edges = 0;
    net_watch_add(&r.net[B], &watch, NET_WATCH_EDGES, count_edges, NULL);
    for (unsigned i = 0; i < 1000; i++) {
        rig_drive(&r, A, NET_1);
        rig_run(&r, 2 * SIM_US);
        rig_drive(&r, A, NET_0);
        rig_run(&r, 2 * SIM_US);
    }
    net_watch_remove(&r.net[B], &watch);
    rig_stop(&r);
    return n_edges;
}

START_TEST(a_lost_pulse_is_two_edges_less)
{
    unsigned n = edges_of(LOST, 1);

    ck_assert_uint_eq(edges_of(NONE, 1), 2000);
    ck_assert_uint_eq(n % 2, 0);
    ck_assert_uint_ge((2000 - n) / 2, 20); /* in 1 ms, each after some 23 us */
    ck_assert_uint_le((2000 - n) / 2, 60);
    ck_assert_uint_eq(edges_of(LOST, 1), n);
}
END_TEST

START_TEST(a_contact_bounces_after_an_edge_and_is_quiet_then)
{
    static const struct {
        sim_time edge_ps;
        bool bounces;
    } contacts[] = { { 500 * SIM_US, false }, { 1500 * SIM_US, true }, { 2500 * SIM_US, false } };

    for (unsigned i = 0; i < 3; i++) {
        struct net_watch watch = { 0 };

        start(BOUNCE, 1);
        rig_set(&r, "lasts", 100 * SIM_US);
        rig_drive(&r, A, NET_0);
        rig_run(&r, contacts[i].edge_ps);
        n_edges = 0;
        net_watch_add(&r.net[B], &watch, NET_WATCH_EDGES, count_edges, NULL);
        rig_drive(&r, A, NET_1);
        rig_run(&r, 101 * SIM_US);
        ck_assert_int_eq(n_edges > 3, contacts[i].bounces);
        n_edges = 0;
        rig_run(&r, 300 * SIM_US);
        ck_assert_uint_eq(n_edges, 0);
        rig_level(&r, B, NET_1);
        net_watch_remove(&r.net[B], &watch);
        rig_stop(&r);
    }
}
END_TEST

START_TEST(pulses_are_the_seeds)
{
    struct pulses a = pulses_of(1), b = pulses_of(1), c = pulses_of(2);

    ck_assert_uint_ge(a.n, 30); /* 50 on average */
    ck_assert_uint_le(a.n, 80);
    ck_assert_uint_gt(a.rise_ps[0], SIM_MS);
    ck_assert_uint_lt(a.rise_ps[a.n - 1], 2 * SIM_MS);
    ck_assert_uint_eq(a.n, b.n);
    ck_assert_mem_eq(a.rise_ps, b.rise_ps, sizeof a.rise_ps);
    ck_assert_mem_ne(a.rise_ps, c.rise_ps, sizeof a.rise_ps);
}
END_TEST

START_TEST(strength_goes_through)
{
    start(NONE, 1);
    net_drive(&r.driver[A], NET_1, NET_WEAK);
    net_drive(&r.driver[B], NET_0, NET_PULL);
    rig_level(&r, B, NET_0);
    net_drive(&r.driver[B], NET_Z, NET_OPEN);
    rig_level(&r, B, NET_1);
    rig_stop(&r);
}
END_TEST

START_TEST(a_fault_that_ends_before_it_begins_is_refused)
{
    struct problem err = { "" };

    rig_init(&r, &glitch_type, 1);
    ck_assert(glitch_type.check(r.cfg, &err));
    rig_set(&r, "from", 1000);
    rig_set(&r, "until", 1000);
    ck_assert(!glitch_type.check(r.cfg, &err));
    ck_assert_str_eq(err.text, "until: the fault is over before it begins");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { the_fault_lasts_from_until,     pulses_are_the_seeds,
                                   a_lost_pulse_is_two_edges_less, a_contact_bounces_after_an_edge_and_is_quiet_then,
                                   strength_goes_through,          a_fault_that_ends_before_it_begins_is_refused };

    return rig_main("glitch", tests, sizeof tests / sizeof tests[0]);
}
