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

int main(void)
{
    Suite *s = suite_create("trace");
    TCase *tc = tcase_create("trace");
    tcase_add_test(tc, what_is_recorded_reads_back);
    tcase_add_test(tc, a_traced_wave_shows_its_edges);
    suite_add_tcase(s, tc);
    return run_all(s);
}
