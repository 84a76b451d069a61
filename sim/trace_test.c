/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/trace.h"

#include <check.h>
#include <stdlib.h>

#include "sim/net.h"
#include "sim/rng.h"
#include "sim/vline.h"
#include "tests/run_all.h"

START_TEST(what_is_recorded_reads_back)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct trace *t = malloc(sizeof *t);
    trace_init(t);
    sim.trace = t;
    struct net n[3];
    struct net_driver d[3];
    struct vline v;
    vline_init(&v, &sim, "VCC", 1234);
    for (int i = 0; i < 3; i++) {
        net_init(&n[i], &sim, "n");
        net_attach(&n[i], &d[i], "d");
        ck_assert_int_eq(trace_add_net(t, &n[i], "n"), i);
    }
    ck_assert_int_eq(trace_add_vline(t, &v, "VCC"), 3);
    ck_assert_int_eq(t->signals[0].initial, NET_Z);
    ck_assert_int_eq(t->signals[3].initial, 1234);

    enum { N = 200000 };
    struct trace_change *want = malloc(N * sizeof *want);
    struct sim_rng rng = sim_rng_stream(1, "trace_test");
    int count = 0;
    int32_t last[4] = { NET_Z, NET_Z, NET_Z, 1234 };
    for (int i = 0; i < N; i++) {
        /* from the same instant to 100 s apart */
        sim_run_until(&sim, sim.now_ps + (sim_rng_next(&rng) >> (17 + sim_rng_below(&rng, 47))) % (100 * SIM_S));
        unsigned s = (unsigned)sim_rng_below(&rng, 4);
        int32_t value;
        if (s == 3) {
            value = (int32_t)sim_rng_below(&rng, 30000) - 15000;
            vline_set(&v, value);
        } else {
            value = (int32_t)sim_rng_below(&rng, 3);
            net_drive(&d[s], (enum net_level)value, NET_STRONG);
        }
        if (value != last[s]) {
            last[s] = value;
            want[count++] = (struct trace_change){ sim.now_ps, s, value };
        }
    }
    ck_assert_uint_eq(t->changes, (uint64_t)count);
    struct trace_reader *r = malloc(sizeof *r);
    trace_read_start(r, t);
    struct trace_change got;
    for (int i = 0; i < count; i++) {
        ck_assert(trace_read(r, &got));
        ck_assert_uint_eq(got.at_ps, want[i].at_ps);
        ck_assert_uint_eq(got.signal, want[i].signal);
        ck_assert_int_eq(got.value, want[i].value);
    }
    ck_assert(!trace_read(r, &got));
    free(r);
    free(want);
    trace_free(t);
    free(t);
}
END_TEST

START_TEST(a_traced_wave_shows_its_edges)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct trace t;
    trace_init(&t);
    sim.trace = &t;
    struct net n;
    struct net_driver d;
    net_init(&n, &sim, "CLK");
    net_attach(&n, &d, "d");
    trace_add_net(&t, &n, "CLK");
    struct net_wave w = net_wave_square(SIM_US, 1000000000);
    net_drive_wave(&d, &w, NET_STRONG);
    sim_run_until(&sim, SIM_MS);
    ck_assert_uint_eq(t.changes, 1 + 1999); /* 0, then rises and falls from 1 us to 1000 us */
    trace_free(&t);
}
END_TEST

/* ck_assert() costs more than what it looks at: many in one. */
static bool reads(struct trace_reader *r, const struct trace_change *want, unsigned n)
{
    struct trace_change c;
    for (unsigned i = 0; i < n; i++) {
        if (!trace_read(r, &c) || c.at_ps != want[i].at_ps || c.signal != want[i].signal || c.value != want[i].value) {
            return false;
        }
    }
    return true;
}

/* Two clocks at once, now and then interrupted, and read now and then while they go on. */
START_TEST(clocks_are_stored_as_such)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct trace t;
    trace_init(&t);
    sim.trace = &t;
    struct net n[3];
    for (unsigned i = 0; i < 3; i++) {
        net_init(&n[i], &sim, "n");
        trace_add_net(&t, &n[i], "n");
    }
    struct trace_reader late, early;
    struct sim_rng rng = sim_rng_stream(1, "clocks");
    trace_read_start(&early, &t);
    trace_read_start(&late, &t);
    enum { N = 300000 };
    struct trace_change *want = malloc(2 * N * sizeof *want);
    unsigned count = 0, read = 0;
    sim_time now = 0;
    for (unsigned i = 0; i < N; i++) {
        unsigned level = i & 1;
        now += level ? 30 * SIM_NS : 32 * SIM_NS + 500;
        want[count++] = (struct trace_change){ now, 0, (int32_t)level };
        if (i / 10000 & 1) { /* the other one beside it */
            want[count++] = (struct trace_change){ now + 7, 1, (int32_t)level };
        }
        if (i % 50000 == 49999) {
            want[count++] = (struct trace_change){ now + 9, 2, (int32_t)(i / 50000 & 1) };
        }
    }
    for (unsigned i = 0; i < count; i++) {
        trace_level(&t, (int32_t)want[i].signal, want[i].at_ps, (unsigned)want[i].value);
        if (sim_rng_below(&rng, 3000) == 0) {
            ck_assert(reads(&early, want + read, i + 1 - read));
            read = i + 1;
            ck_assert(!trace_read(&early, &(struct trace_change){ 0 }));
        }
    }
    ck_assert(reads(&late, want, count));
    ck_assert(!trace_read(&late, &(struct trace_change){ 0 }));
    ck_assert_uint_gt(read, 0);
    ck_assert_uint_eq(t.changes, count);
    ck_assert_ptr_eq(t.first, t.last); /* 450 000 changes in less than 64 KiB */
    free(want);
    trace_free(&t);
}
END_TEST

START_TEST(a_full_trace_ends_the_run)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct trace t;
    trace_init(&t);
    sim.trace = &t;
    struct net n;
    net_init(&n, &sim, "n");
    trace_add_net(&t, &n, "n");
    t.changes = TRACE_MAX_CHANGES - 1; /* to save the time */
    trace_level(&t, 0, SIM_S, 1);
    ck_assert_str_eq(sim.fault, "");
    trace_level(&t, 0, 2 * SIM_S, 0);
    ck_assert_str_eq(sim.fault, "the trace is full, 67108864 changes at 2.000000 s: record fewer nets, or a shorter "
                                "time");
    ck_assert_uint_eq(t.changes, TRACE_MAX_CHANGES);
    trace_mv(&t, 0, 3 * SIM_S, 5000); /* the same for volts */
    ck_assert_uint_eq(t.changes, TRACE_MAX_CHANGES);
    trace_free(&t);
}
END_TEST

START_TEST(no_signal_more_than_there_is_room_for)
{
    struct sim sim;
    sim_init(&sim, 1);
    struct trace t;
    trace_init(&t);
    sim.trace = &t;
    struct net n[TRACE_MAX_SIGNALS + 1];
    for (int i = 0; i <= TRACE_MAX_SIGNALS; i++) {
        net_init(&n[i], &sim, "n");
        ck_assert_int_eq(trace_add_net(&t, &n[i], "n"), i < TRACE_MAX_SIGNALS ? i : -1);
        ck_assert_uint_eq(n[i].edge_users, i < TRACE_MAX_SIGNALS);
    }
    trace_free(&t);
}
END_TEST

START_TEST(changes_far_apart_are_kept)
{
    const sim_time day_ps = 86400 * SIM_S; /* a step that is packed holds 10 hours */
    struct sim sim;
    sim_init(&sim, 1);
    struct trace t;
    trace_init(&t);
    sim.trace = &t;
    struct net n;
    net_init(&n, &sim, "n");
    trace_add_net(&t, &n, "n");
    for (unsigned i = 1; i <= 5; i++) {
        trace_level(&t, 0, i * day_ps, i % 2);
        trace_level(&t, 0, i * day_ps + 1, NET_Z);
    }
    struct trace_reader r;
    struct trace_change c;
    trace_read_start(&r, &t);
    for (unsigned i = 1; i <= 5; i++) {
        ck_assert(trace_read(&r, &c) && c.at_ps == i * day_ps && c.value == (int32_t)(i % 2));
        ck_assert(trace_read(&r, &c) && c.at_ps == i * day_ps + 1 && c.value == NET_Z);
    }
    ck_assert(!trace_read(&r, &c));
    trace_free(&t);
}
END_TEST

/* A change told before its time stays the last one, and another change of the same net before it takes it back. */
START_TEST(a_change_told_early)
{
    for (unsigned other = 0; other < 2; other++) {
        struct sim sim;
        struct trace t;
        struct net n[2];
        struct trace_reader r;
        struct trace_change c;

        sim_init(&sim, 1);
        trace_init(&t);
        sim.trace = &t;
        for (unsigned i = 0; i < 2; i++) {
            net_init(&n[i], &sim, "n");
            trace_add_net(&t, &n[i], "n");
        }
        trace_level(&t, 0, 10, NET_1);
        trace_level_later(&t, 0, 100, NET_0);
        trace_level(&t, (int32_t)other, 50, NET_Z);
        trace_settle(&t, 100);
        trace_read_start(&r, &t);
        ck_assert(trace_read(&r, &c) && c.at_ps == 10);
        ck_assert(trace_read(&r, &c) && c.at_ps == 50 && c.signal == other);
        ck_assert(trace_read(&r, &c) == (other == 1));
        ck_assert(!other || (c.at_ps == 100 && c.signal == 0 && c.value == NET_0));
        trace_free(&t);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("trace");
    TCase *tc = tcase_create("trace");
    tcase_add_test(tc, what_is_recorded_reads_back);
    tcase_add_test(tc, a_traced_wave_shows_its_edges);
    tcase_add_test(tc, clocks_are_stored_as_such);
    tcase_add_test(tc, a_full_trace_ends_the_run);
    tcase_add_test(tc, no_signal_more_than_there_is_room_for);
    tcase_add_test(tc, changes_far_apart_are_kept);
    tcase_add_test(tc, a_change_told_early);
    suite_add_tcase(s, tc);
    return run_all(s);
}
