/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/net.h"

#include <check.h>
#include <string.h>

#include "sim/net_frame.h"
#include "sim/notes.h"
#include "sim/vline.h"
#include "tests/run_all.h"

struct seen {
    int n;
    uint8_t level, old;
    sim_time at_ps;
};

static void seen_change(void *ctx, struct net *net, sim_time at_ps)
{
    struct seen *s = ctx;
    s->n++;
    s->level = (uint8_t)net_level(net);
    s->old = net->old_level;
    s->at_ps = at_ps;
}

static void count_fights(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    ++*(unsigned *)ctx;
}

START_TEST(the_strongest_driver_wins_and_equals_fight)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct net n;
    struct net_driver a, b, pull;
    net_init(&n, &sim, "N");
    net_attach(&n, &a, "a");
    net_attach(&n, &b, "b");
    net_attach(&n, &pull, "pull");
    ck_assert_int_eq(net_level(&n), NET_Z);
    net_drive(&pull, NET_1, NET_PULL);
    ck_assert_int_eq(net_level(&n), NET_1);
    net_drive(&a, NET_0, NET_STRONG);
    ck_assert_int_eq(net_level(&n), NET_0);
    net_drive(&b, NET_1, NET_STRONG);
    ck_assert_int_eq(net_level(&n), NET_X);
    ck_assert_uint_eq(n.contentions, 1);
    net_drive(&b, NET_1, NET_SUPPLY);
    ck_assert_int_eq(net_level(&n), NET_1);
    net_drive(&b, NET_0, NET_STRONG); /* agree */
    ck_assert_int_eq(net_level(&n), NET_0);
    net_open(&a);
    net_detach(&b);
    ck_assert_int_eq(net_level(&n), NET_1);
    net_open(&pull);
    ck_assert_int_eq(net_level(&n), NET_Z);
    ck_assert(net_is_high(&n, true) && !net_is_high(&n, false));
    net_drive(&b, NET_1, NET_STRONG); /* not attached: ignored */
    ck_assert_int_eq(net_level(&n), NET_Z);
}
END_TEST

/* Two outputs that disagree, whichever wins; each beginning is told once. */
START_TEST(contentions)
{
    struct sim sim;
    struct net n;
    struct net_driver out, other, pull, supply;
    struct net_fight_watch w;
    unsigned told = 0;

    sim_init(&sim, 1);
    net_init(&n, &sim, "N");
    net_attach(&n, &out, "out");
    net_attach(&n, &other, "other");
    net_attach(&n, &pull, "pull");
    net_attach(&n, &supply, "supply");
    net_fight_watch_add(&n, &w, count_fights, &told);
    net_drive(&out, NET_1, NET_STRONG);
    net_drive(&pull, NET_0, NET_PULL); /* a resistor is no output */
    net_drive(&other, NET_1, NET_STRONG);
    ck_assert_uint_eq(told, 0);
    net_drive(&other, NET_0, NET_STRONG);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq(net_level(&n), NET_X);
    net_drive(&out, NET_0, NET_STRONG);
    net_drive(&other, NET_1, NET_STRONG); /* again */
    ck_assert_uint_eq(told, 2);
    net_open(&other);
    /* the supply wins and the level does not tell */
    net_drive(&supply, NET_0, NET_SUPPLY);
    ck_assert_uint_eq(told, 2);
    net_drive(&out, NET_1, NET_STRONG);
    ck_assert_uint_eq(told, 3);
    ck_assert_int_eq(net_level(&n), NET_0);
    net_hold(&sim); /* the same in an instant of several drives */
    net_drive(&out, NET_0, NET_STRONG);
    net_release(&sim);
    net_hold(&sim);
    net_drive(&out, NET_1, NET_STRONG);
    net_drive(&pull, NET_1, NET_PULL);
    net_release(&sim);
    ck_assert_uint_eq(told, 4);
    /* an output that says X has a fight behind it; a wave fights every other output */
    net_open(&supply);
    ck_assert_uint_eq(told, 4);
    net_drive(&out, NET_X, NET_STRONG);
    ck_assert_uint_eq(told, 5);
    struct net_wave wave = net_wave_square(0, 1000000);
    net_drive_wave(&out, &wave, NET_STRONG);
    ck_assert_uint_eq(told, 5);
    net_drive(&other, NET_1, NET_STRONG);
    ck_assert_uint_eq(told, 6);
    ck_assert_uint_eq(n.contentions, 6);
    net_fight_watch_remove(&n, &w);
    net_open(&other);
    net_drive(&other, NET_1, NET_STRONG);
    ck_assert_uint_eq(told, 6);
}
END_TEST

struct pair {
    struct net a, b;
    int b_when_a_rose;
};

static void a_rose(void *ctx, struct net *net, sim_time at_ps)
{
    (void)net;
    (void)at_ps;
    struct pair *p = ctx;
    p->b_when_a_rose = (int)net_level(&p->b);
}

START_TEST(drives_held_together_are_one_instant)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct pair p;
    struct net_driver a, b;
    net_init(&p.a, &sim, "A");
    net_init(&p.b, &sim, "B");
    net_attach(&p.a, &a, "a");
    net_attach(&p.b, &b, "b");
    net_drive(&a, NET_0, NET_STRONG);
    net_drive(&b, NET_0, NET_STRONG);
    struct net_watch w;
    net_watch_add(&p.a, &w, NET_WATCH_EDGES, a_rose, &p);
    net_hold(&sim);
    net_drive(&a, NET_1, NET_STRONG);
    net_drive(&b, NET_1, NET_STRONG);
    net_release(&sim);
    ck_assert_int_eq(p.b_when_a_rose, NET_1);
}
END_TEST

struct inverter {
    struct net_driver out;
    struct net_watch in;
};

static void invert(void *ctx, struct net *net, sim_time at_ps)
{
    (void)at_ps;
    struct inverter *inv = ctx;
    net_drive(&inv->out, net_level(net) == NET_1 ? NET_0 : NET_1, NET_STRONG);
}

START_TEST(a_loop_without_delay_is_a_fault_and_ends)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct net n;
    net_init(&n, &sim, "RING");
    struct inverter inv;
    net_attach(&n, &inv.out, "inv");
    net_watch_add(&n, &inv.in, NET_WATCH_EDGES, invert, &inv);
    net_drive(&inv.out, NET_1, NET_STRONG);
    ck_assert_ptr_nonnull(strstr(sim.fault, "RING"));
}
END_TEST

START_TEST(a_chain_of_watchers_settles_in_one_instant)
{
    struct sim sim;
    sim_init(&sim, 1);
    enum { N = 20 };
    struct net n[N + 1];
    struct inverter inv[N];
    struct net_driver src;
    for (int i = 0; i <= N; i++) {
        net_init(&n[i], &sim, "n");
    }
    net_attach(&n[0], &src, "src");
    for (int i = 0; i < N; i++) {
        net_attach(&n[i + 1], &inv[i].out, "inv");
        net_watch_add(&n[i], &inv[i].in, NET_WATCH_EDGES, invert, &inv[i]);
    }
    net_drive(&src, NET_0, NET_STRONG);
    ck_assert_int_eq(net_level(&n[N]), NET_0);
    net_drive(&src, NET_1, NET_STRONG);
    ck_assert_int_eq(net_level(&n[N]), NET_1);
    ck_assert_str_eq(sim.fault, "");
}
END_TEST

START_TEST(a_wave_is_arithmetic_until_someone_wants_edges)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct net n;
    net_init(&n, &sim, "XTAL1");
    struct net_driver d;
    net_attach(&n, &d, "osc");
    struct seen waves = { 0 }, edges = { 0 };
    struct net_watch ww, we;
    net_watch_add(&n, &ww, NET_WATCH_WAVES, seen_change, &waves);
    struct net_wave w = net_wave_square(1000, UINT64_C(3000000000)); /* 3 MHz: 333333.3 ps */
    net_drive_wave(&d, &w, NET_STRONG);
    ck_assert_int_eq(waves.n, 1);
    sim_run_until(&sim, SIM_S);
    ck_assert_uint_eq(sim.events_fired, 0);
    ck_assert_int_eq(waves.n, 1);
    net_watch_add(&n, &we, NET_WATCH_EDGES, seen_change, &edges);
    sim_run_until(&sim, 2 * SIM_S);
    ck_assert_int_eq(edges.n, 6000000);
    ck_assert_int_eq(waves.n, 1);
    net_watch_remove(&n, &we);
    uint64_t fired = sim.events_fired;
    sim_run_until(&sim, 3 * SIM_S);
    ck_assert_uint_eq(sim.events_fired, fired);
    net_drive(&d, NET_0, NET_STRONG);
    ck_assert_int_eq(waves.n, 2);
    ck_assert_int_eq(net_level(&n), NET_0);
}
END_TEST

START_TEST(a_waves_level_and_changes_agree)
{
    struct net_wave w = { .clk = sim_clock_mhz(17, UINT64_C(3686400000), 1) };
    w.high_num = w.clk.period_num / 4;
    sim_time t = 0;
    bool level = false;
    for (int i = 0; i < 10000; i++) {
        sim_time next = net_wave_next_change(&w, t);
        ck_assert_uint_gt(next, t);
        ck_assert_int_eq(net_wave_level(&w, next - 1), level);
        level = !level;
        ck_assert_int_eq(net_wave_level(&w, next), level);
        t = next;
    }
    ck_assert_uint_eq(t / 1000, 5000 * SIM_S / 3686400 / 1000 - 203);
}
END_TEST

START_TEST(who_looks_at_a_running_wave_hears_its_very_next_edge)
{
    struct sim sim;
    struct net n;
    struct net_driver d;
    struct seen edges = { 0 };
    struct net_watch watch;
    const struct net_wave w = net_wave_square(0, UINT64_C(1000000000)); /* 1 MHz */

    sim_init(&sim, 1);
    net_init(&n, &sim, "XTAL1");
    net_attach(&n, &d, "osc");
    net_drive_wave(&d, &w, NET_STRONG);
    sim_run_until(&sim, 700 * SIM_NS); /* it has fallen, and nobody has seen it */
    ck_assert_int_eq(net_level(&n), NET_0);
    net_watch_add(&n, &watch, NET_WATCH_EDGES, seen_change, &edges);
    sim_run_until(&sim, SIM_US);
    ck_assert_int_eq(edges.n, 1);
    ck_assert_int_eq(edges.level, NET_1);
    ck_assert_uint_eq(edges.at_ps, SIM_US);
}
END_TEST

START_TEST(a_driver_comes_back_with_what_it_drives_now)
{
    struct sim sim;
    struct net n;
    struct net_driver d;
    const struct net_wave w = net_wave_square(0, UINT64_C(1000000000));

    sim_init(&sim, 1);
    net_init(&n, &sim, "CLKO");
    net_attach(&n, &d, "chip");
    net_drive_wave(&d, &w, NET_STRONG);
    net_move(&d, NULL, "chip"); /* out of its socket */
    net_move(&d, &n, "chip");
    ck_assert_ptr_eq(n.wave, &d);
    net_move(&d, NULL, "chip");
    net_drive(&d, NET_0, NET_STRONG);
    net_move(&d, &n, "chip");
    ck_assert_ptr_null(n.wave);
    ck_assert_int_eq(net_level(&n), NET_0);
}
END_TEST

static void volts_seen(void *ctx, struct vline *line, sim_time at_ps)
{
    struct seen *s = ctx;
    s->n++;
    s->at_ps = at_ps;
    ck_assert_int_ne(line->mv, line->old_mv);
}

START_TEST(a_voltage_line_tells_changes_only)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct vline v;
    vline_init(&v, &sim, "VCC", 0);
    struct seen s = { 0 };
    struct vline_watch w;
    vline_watch_add(&v, &w, volts_seen, &s);
    sim_run_until(&sim, 500);
    vline_set(&v, 5000);
    vline_set(&v, 5000);
    ck_assert_int_eq(s.n, 1);
    ck_assert_uint_eq(s.at_ps, 500);
    ck_assert_int_eq(v.old_mv, 0);
    vline_set(&v, -9000);
    ck_assert_int_eq(s.n, 2);
    vline_watch_remove(&v, &w);
    vline_watch_remove(&v, &w); /* it has gone already */
    vline_set(&v, 0);
    ck_assert_int_eq(s.n, 2);
}
END_TEST

/* Before its first edge the line is at rest, and that edge is the next change. */
START_TEST(a_frame_before_its_first_edge)
{
    struct net_wave w = net_frame_wave(1000, 100, 1, 0x3AC, 10); /* bits 0 and 1 are 0 */

    ck_assert(net_wave_level(&w, 999) && !net_wave_level(&w, 1000));
    ck_assert_uint_eq(net_wave_next_change(&w, 500), 1000);
    ck_assert_uint_eq(net_wave_next_change(&w, 1000), 1200); /* bit 1 is no change */
    ck_assert_uint_eq(net_wave_next_change(&w, 1899), SIM_NEVER);
}
END_TEST

struct removal {
    struct net_watch watch[3];
    bool removed[3], told_after;
    struct net *net;
    unsigned told;
};

/* The first that hears of the change takes off the two others. */
static void remove_others(void *ctx, struct net *net, sim_time at_ps)
{
    struct removal *r = ctx;

    (void)at_ps;
    r->told++;
    for (unsigned i = 0; i < 3 && r->told == 1; i++) {
        if (net->watches != &r->watch[i]) { /* shuffled: who is told first stands first */
            r->removed[i] = true;
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        if (r->removed[i] && r->told == 1) {
            net_watch_remove(net, &r->watch[i]);
        }
    }
}

START_TEST(who_is_taken_off_hears_nothing_in_any_order)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sim sim;
        struct net n, other;
        struct net_driver d, o;
        struct removal r = { .net = &n };

        sim_init(&sim, 1);
        sim_shuffle(&sim, seed);
        net_init(&n, &sim, "N");
        net_attach(&n, &d, "d");
        for (unsigned i = 0; i < 3; i++) {
            net_watch_add(&n, &r.watch[i], NET_WATCH_EDGES, remove_others, &r);
        }
        net_init(&other, &sim, "other");
        net_attach(&other, &o, "o");
        net_hold(&sim); /* those of several nets are told in turn */
        net_drive(&d, NET_1, NET_STRONG);
        net_drive(&o, NET_1, NET_STRONG);
        net_release(&sim);
        ck_assert_uint_eq(r.told, 1);
        net_drive(&d, NET_0, NET_STRONG);
        ck_assert_uint_eq(r.told, 2);
    }
}
END_TEST

START_TEST(edges_of_a_wave_are_for_those_who_want_edges_in_any_order)
{
    struct sim sim;
    struct net n;
    struct net_driver d;
    struct net_watch edges, waves;
    struct seen e = { 0 }, w = { 0 };

    sim_init(&sim, 1);
    sim_shuffle(&sim, 3);
    net_init(&n, &sim, "N");
    net_attach(&n, &d, "d");
    net_watch_add(&n, &edges, NET_WATCH_EDGES, seen_change, &e);
    net_watch_add(&n, &waves, NET_WATCH_WAVES, seen_change, &w);
    net_drive(&d, NET_0, NET_STRONG);
    e.n = w.n = 0;
    net_drive_wave(&d, &(struct net_wave[]){ net_wave_square(10, 1000000000) }[0], NET_STRONG);
    ck_assert_int_eq(w.n, 1);
    sim_run_until(&sim, 10 * SIM_US);
    ck_assert_int_ge(e.n, 19);
    ck_assert_int_eq(w.n, 1);
}
END_TEST

/* Whatever is in the way of the quick way: the same nets come out, in one instant. */
static struct told_words {
    struct sim *sim;
    const struct net_word *word;
    unsigned n;
} told;

static void say_words(void *ctx, struct net *net, sim_time at_ps)
{
    (void)ctx, (void)net, (void)at_ps;
    net_drive_together(told.sim, told.word, told.n);
}

START_TEST(words_together_in_every_circumstance)
{
    enum { PLAIN, HELD, SHUFFLED, TOLD, UNCONNECTED, MANY, WAVE, SETTLING, WAYS };

    for (unsigned way = 0; way < WAYS; way++) {
        struct sim sim;
        struct net net[NET_WORDS + 1];
        struct net_driver d[NET_WORDS + 1], loose = { 0 };
        struct net_word word[NET_WORDS + 1];
        struct notes notes = { 0 };
        struct net_watch watch;
        unsigned n = way == MANY ? NET_WORDS + 1 : 3;

        sim_init(&sim, 1);
        for (unsigned i = 0; i <= NET_WORDS; i++) {
            net_init(&net[i], &sim, "N");
            net_attach(&net[i], &d[i], "d");
            word[i] = (struct net_word){ &d[i], i % 2 ? NET_1 : NET_0, NET_STRONG };
        }
        switch (way) {
        case HELD: net_hold(&sim); break;
        case SHUFFLED: sim_shuffle(&sim, 1); break;
        case TOLD: sim.notes = &notes; break;
        case UNCONNECTED: word[0].driver = &loose; break;
        case WAVE: net_drive_wave(&d[1], &(struct net_wave[]){ net_wave_square(0, 1000000) }[0], NET_STRONG); break;
        default: break;
        }
        if (way == SETTLING) { /* a watcher of another net says them */
            told = (struct told_words){ &sim, word, n };
            net_watch_add(&net[NET_WORDS], &watch, NET_WATCH_EDGES, say_words, NULL);
            net_drive(&d[NET_WORDS], NET_0, NET_STRONG);
        } else {
            net_drive_together(&sim, word, n);
        }
        ck_assert(way != HELD || net_level(&net[1]) == NET_Z); /* not before it is let go */
        if (way == HELD) {
            net_release(&sim);
        }
        for (unsigned i = 0; i < n; i++) {
            ck_assert_int_eq(net_level(&net[i]), way == UNCONNECTED && i == 0 ? NET_Z : word[i].level);
        }
        ck_assert(!net[1].wave);
        sim.notes = NULL;
        notes_free(&notes);
    }
}
END_TEST

START_TEST(any_of_those_who_watch_for_fights_can_go)
{
    struct sim sim;
    struct net n;
    struct net_driver a, b;
    struct net_fight_watch one, two;
    unsigned fights[2] = { 0, 0 };

    sim_init(&sim, 1);
    net_init(&n, &sim, "N");
    net_attach(&n, &a, "a");
    net_attach(&n, &b, "b");
    net_fight_watch_add(&n, &one, count_fights, &fights[0]);
    net_fight_watch_add(&n, &two, count_fights, &fights[1]);
    net_fight_watch_remove(&n, &one); /* not the first of the list */
    net_drive(&a, NET_1, NET_STRONG);
    net_drive(&b, NET_0, NET_STRONG);
    ck_assert_uint_eq(fights[0], 0);
    ck_assert_uint_eq(fights[1], 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("net");
    TCase *tc = tcase_create("net");
    tcase_add_test(tc, the_strongest_driver_wins_and_equals_fight);
    tcase_add_test(tc, contentions);
    tcase_add_test(tc, drives_held_together_are_one_instant);
    tcase_add_test(tc, a_loop_without_delay_is_a_fault_and_ends);
    tcase_add_test(tc, a_chain_of_watchers_settles_in_one_instant);
    tcase_add_test(tc, a_wave_is_arithmetic_until_someone_wants_edges);
    tcase_add_test(tc, a_waves_level_and_changes_agree);
    tcase_add_test(tc, who_looks_at_a_running_wave_hears_its_very_next_edge);
    tcase_add_test(tc, a_driver_comes_back_with_what_it_drives_now);
    tcase_add_test(tc, a_voltage_line_tells_changes_only);
    tcase_add_test(tc, a_frame_before_its_first_edge);
    tcase_add_test(tc, who_is_taken_off_hears_nothing_in_any_order);
    tcase_add_test(tc, edges_of_a_wave_are_for_those_who_want_edges_in_any_order);
    tcase_add_test(tc, words_together_in_every_circumstance);
    tcase_add_test(tc, any_of_those_who_watch_for_fights_can_go);
    suite_add_tcase(s, tc);
    return run_all(s);
}
