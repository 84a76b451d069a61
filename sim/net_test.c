/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/net.h"

#include <check.h>
#include <string.h>

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
    suite_add_tcase(s, tc);
    return run_all(s);
}
