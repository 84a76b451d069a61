/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/kernel.h"
#include "sim/net.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rng.h"
#include "tests/run_all.h"

/* ---- events ---- */

struct log {
    struct sim sim;
    char text[4096];
};

struct noted {
    struct sim_event ev;
    struct log *log;
    const char *name;
};

static void note(void *ctx, sim_time at_ps)
{
    struct noted *n = ctx;
    ck_assert_uint_eq(at_ps, n->log->sim.now_ps);
    char line[32];
    snprintf(line, sizeof line, "%s@%llu ", n->name, (unsigned long long)at_ps);
    strncat(n->log->text, line, sizeof n->log->text - strlen(n->log->text) - 1);
}

START_TEST(order_is_time_then_scheduling)
{
    struct log log = { 0 };
    sim_init(&log.sim, 1);
    struct noted e[4];
    static const char *names[] = { "a", "b", "c", "d" };
    for (int i = 0; i < 4; i++) {
        e[i].log = &log;
        e[i].name = names[i];
        sim_event_init(&e[i].ev, names[i], note, &e[i]);
    }
    sim_schedule(&log.sim, &e[2].ev, 50);
    sim_schedule(&log.sim, &e[0].ev, 50);
    sim_schedule(&log.sim, &e[1].ev, 20);
    sim_schedule(&log.sim, &e[3].ev, 70);
    sim_schedule(&log.sim, &e[2].ev, 50); /* moved: now behind a */
    sim_run_until(&log.sim, 60);
    ck_assert_str_eq(log.text, "b@20 a@50 c@50 ");
    ck_assert_uint_eq(log.sim.now_ps, 60);
    ck_assert(sim_event_pending(&e[3].ev));
    sim_cancel(&log.sim, &e[3].ev);
    sim_run_until(&log.sim, 100);
    ck_assert_str_eq(log.text, "b@20 a@50 c@50 ");
    sim_schedule(&log.sim, &e[0].ev, 3); /* the past means now */
    sim_run_until(&log.sim, 100);
    ck_assert_str_eq(log.text, "b@20 a@50 c@50 a@100 ");
}
END_TEST

static void check_and_count(void *ctx, sim_time at_ps)
{
    struct log *log = ctx;
    ck_assert_uint_ge(at_ps, log->sim.now_ps);
    log->text[0]++;
}

START_TEST(random_events_stay_sorted)
{
    struct log log = { 0 };
    sim_init(&log.sim, 1);
    enum { N = 500 };
    struct sim_event *ev = calloc(N, sizeof *ev);
    struct sim_rng rng = sim_rng_stream(3, "events");
    for (int i = 0; i < N; i++) {
        sim_event_init(&ev[i], "e", check_and_count, &log);
    }
    for (int i = 0; i < 20000; i++) {
        struct sim_event *e = &ev[sim_rng_below(&rng, N)];
        if (sim_rng_below(&rng, 3) == 0) {
            sim_cancel(&log.sim, e);
        } else {
            sim_schedule(&log.sim, e, log.sim.now_ps + sim_rng_below(&rng, 1000));
        }
        if (i % 16 == 0) {
            sim_run_until(&log.sim, log.sim.now_ps + sim_rng_below(&rng, 60));
        }
    }
    sim_run_until(&log.sim, SIM_S);
    ck_assert_uint_eq(sim_horizon(&log.sim), SIM_NEVER);
    free(ev);
}
END_TEST

/* ---- agents: each "instruction" takes step_ps; now and then it looks at a shared word ---- */

struct cpu {
    struct sim *sim;
    struct sim_agent agent;
    sim_time step_ps, t_ps;
    int steps, syncs_per;
    sim_time *word; /* last writer's time: what the others left */
    sim_time max_seen_ps;
};

static sim_time cpu_run(void *ctx, sim_time until_ps)
{
    struct cpu *c = ctx;
    while (c->t_ps < until_ps && sim_horizon(c->sim) >= until_ps) {
        c->t_ps += c->step_ps;
        c->steps++;
        if (c->syncs_per && c->steps % c->syncs_per == 0) {
            sim_sync(c->sim, c->t_ps);
            ck_assert_uint_ge(c->sim->now_ps, c->t_ps);
            c->max_seen_ps = *c->word > c->max_seen_ps ? *c->word : c->max_seen_ps;
            *c->word = c->t_ps;
        }
    }
    return c->t_ps;
}

static void cpu_init(struct cpu *c, struct sim *sim, sim_time step_ps, int syncs_per, sim_time *word)
{
    *c = (struct cpu){ .sim = sim, .step_ps = step_ps, .syncs_per = syncs_per, .word = word };
    c->agent.run = cpu_run;
    c->agent.ctx = c;
    c->agent.max_lead_ps = SIM_NEVER;
    sim_agent_add(sim, &c->agent);
}

START_TEST(a_follower_never_passes_the_leader)
{
    struct sim sim;
    sim_init(&sim, 1);
    sim_time word = 0;
    struct cpu leader, follower;
    cpu_init(&leader, &sim, 62, 10, &word);
    cpu_init(&follower, &sim, 1000, 0, &word);
    for (int i = 1; i <= 100; i++) {
        sim_run_until(&sim, (sim_time)i * 7777);
        ck_assert_uint_ge(leader.agent.at_ps, (sim_time)i * 7777);
        ck_assert_uint_lt(leader.agent.at_ps, (sim_time)i * 7777 + 62 + 62);
        ck_assert_uint_lt(follower.agent.at_ps, (sim_time)i * 7777 + 1000);
    }
    ck_assert_int_ge(follower.steps, 777);
}
END_TEST

START_TEST(sync_brings_the_others_to_that_time)
{
    struct sim sim;
    sim_init(&sim, 1);
    sim_time word = 0, other = 0;
    struct cpu leader, follower;
    cpu_init(&leader, &sim, 50, 100, &word);
    cpu_init(&follower, &sim, 30, 0, &other);
    sim_run_until(&sim, 5000); /* exactly one sync, at 5000 */
    ck_assert_uint_ge(follower.t_ps, 5000);
    ck_assert_uint_lt(follower.t_ps, 5030);
}
END_TEST

START_TEST(max_lead_bounds_the_leader)
{
    struct sim sim;
    sim_init(&sim, 1);
    sim_time word = 0;
    struct cpu leader, follower;
    cpu_init(&leader, &sim, 10, 0, &word);
    cpu_init(&follower, &sim, 10, 1, &word); /* looks at every step: at_ps of the leader stays near */
    leader.agent.max_lead_ps = 100;
    sim_run_until(&sim, 100000);
    ck_assert_int_eq(leader.steps, 10000);
    ck_assert_int_eq(follower.steps, 10000);
}
END_TEST

/* A lead of nothing: they go in turn, and neither stands still. */
START_TEST(a_leader_that_may_not_lead)
{
    struct sim sim;
    sim_init(&sim, 1);
    sim_time word = 0;
    struct cpu leader, follower;
    cpu_init(&leader, &sim, 10, 0, &word);
    cpu_init(&follower, &sim, 10, 0, &word);
    leader.agent.max_lead_ps = 0;
    sim_run_until(&sim, 1000);
    ck_assert_int_eq(leader.steps, 100);
    ck_assert_int_eq(follower.steps, 100);
}
END_TEST

/* ---- promises ---- */

static struct promises { /* of a follower, each time that it runs; what the leader makes of it */
    struct sim sim;
    struct sim_agent leader, follower;
    sim_time promise_ps, until_ps[4], looks_from_ps;
    unsigned runs;
    bool over;
} pr;

static sim_time promising_run(void *ctx, sim_time until_ps)
{
    (void)ctx;
    if (pr.promise_ps) {
        sim_promise(&pr.sim, &pr.follower, until_ps + pr.promise_ps);
    }
    return until_ps;
}

static sim_time relying_run(void *ctx, sim_time until_ps)
{
    (void)ctx;
    if (pr.runs < 4) {
        pr.until_ps[pr.runs++] = until_ps;
    }
    if (pr.looks_from_ps && until_ps >= pr.looks_from_ps) {
        sim_sync(&pr.sim, pr.leader.at_ps + 1);
        pr.over |= sim_lead_is_over(&pr.sim);
    }
    return until_ps;
}

static void promises_init(sim_time promise_ps)
{
    memset(&pr, 0, sizeof pr);
    pr.promise_ps = promise_ps;
    sim_init(&pr.sim, 1);
    pr.leader = (struct sim_agent){ .run = relying_run, .max_lead_ps = 100 };
    pr.follower = (struct sim_agent){ .run = promising_run, .max_lead_ps = SIM_NEVER };
    sim_agent_add(&pr.sim, &pr.leader);
    sim_agent_add(&pr.sim, &pr.follower);
}

START_TEST(a_promise_lets_the_leader_go_on)
{
    promises_init(1000);
    sim_run_until(&pr.sim, 10000);
    ck_assert_uint_eq(pr.until_ps[0], 100);
    ck_assert_uint_eq(pr.until_ps[1], 1100);
    ck_assert_uint_eq(pr.until_ps[2], 2100);
    promises_init(0);
    sim_run_until(&pr.sim, 10000);
    ck_assert_uint_eq(pr.until_ps[2], 300);
    promises_init(50); /* it may go further than that without */
    sim_run_until(&pr.sim, 10000);
    ck_assert_uint_eq(pr.until_ps[2], 300);
}
END_TEST

static void nothing_more(void *ctx, sim_time at_ps)
{
    (void)ctx;
    (void)at_ps;
}

START_TEST(promises_end_when_the_board_is_touched)
{
    struct sim_event ev;
    promises_init(1000);
    sim_event_init(&ev, "touch", nothing_more, NULL);
    sim_schedule(&pr.sim, &ev, 150);
    sim_run_until(&pr.sim, 10000);
    ck_assert_uint_eq(pr.until_ps[1], 150);
    ck_assert_uint_eq(pr.until_ps[2], 250); /* the event was one */
    promises_init(1000);
    sim_run_until(&pr.sim, 100);
    sim_run_until(&pr.sim, 10000); /* whoever called may have done anything */
    ck_assert_uint_eq(pr.until_ps[1], 200);
    promises_init(1000);
    sim_run_until(&pr.sim, 50);
    ck_assert(sim_promise_holds(&pr.sim, &pr.follower));
    sim_agent_halt(&pr.sim, &pr.follower, true);
    ck_assert(!sim_promise_holds(&pr.sim, &pr.follower));
}
END_TEST

START_TEST(a_leader_that_looks_has_led_long_enough)
{
    promises_init(1000);
    pr.looks_from_ps = 1;
    sim_run_until(&pr.sim, 100);
    ck_assert(!pr.over); /* it was no promise by which it went so far */
    promises_init(1000);
    pr.looks_from_ps = 1000;
    sim_run_until(&pr.sim, 1100);
    ck_assert(pr.over);
}
END_TEST

static void wake(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct cpu *c = ctx;
    c->t_ps = c->sim->now_ps;
    c->agent.at_ps = c->sim->now_ps;
    sim_agent_halt(c->sim, &c->agent, false);
}

START_TEST(a_halted_agent_is_not_waited_for)
{
    struct sim sim;
    sim_init(&sim, 1);
    sim_time word = 0;
    struct cpu leader, follower;
    cpu_init(&leader, &sim, 10, 0, &word);
    cpu_init(&follower, &sim, 10, 0, &word);
    sim_agent_halt(&sim, &follower.agent, true);
    struct sim_event ev;
    sim_event_init(&ev, "wake", wake, &follower);
    sim_schedule(&sim, &ev, 6000);
    sim_run_until(&sim, 10000);
    ck_assert_int_eq(leader.steps, 1000);
    ck_assert_int_eq(follower.steps, 400);
}
END_TEST

static void count_fire(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    ++*(unsigned *)ctx;
}

START_TEST(time_has_an_end)
{
    struct sim sim;
    struct sim_event inside, outside;
    unsigned fired_inside = 0, fired_outside = 0;
    sim_init(&sim, 1);
    ck_assert_uint_eq(sim.budget_ps, SIM_BUDGET_PS);
    sim.budget_ps = 10 * SIM_S;
    sim_event_init(&inside, "inside", count_fire, &fired_inside);
    sim_event_init(&outside, "outside", count_fire, &fired_outside);
    sim_schedule(&sim, &inside, 10 * SIM_S);
    sim_schedule(&sim, &outside, 10 * SIM_S + 1);
    sim_run_until(&sim, 10 * SIM_S);
    ck_assert_str_eq(sim.fault, "");
    sim_run_until(&sim, SIM_END_PS);
    ck_assert_str_eq(sim.fault, "the run's 10 s of simulated time are used up");
    ck_assert_uint_eq(sim.fault_ps, 10 * SIM_S);
    ck_assert_uint_eq(fired_inside, 1);
    ck_assert_uint_eq(fired_outside, 0);
    /* loops that wait for a time come to an end, also at the end of 64 bits */
    for (unsigned i = 0; i < 8; i++) {
        sim_run_until(&sim, sim.now_ps + SIM_END_PS);
    }
    ck_assert_uint_eq(fired_outside, 0);
}
END_TEST

static struct sim_event again;
static unsigned times;

static void fire_again(void *ctx, sim_time at_ps)
{
    times++;
    sim_schedule(ctx, &again, at_ps + 1);
}

/* Events that come for ever: by their number the run ends, or because somebody asks for it. */
START_TEST(work_has_an_end)
{
    static volatile int stop;
    struct sim sim;
    sim_init(&sim, 1);
    ck_assert_uint_eq(sim.budget_ck, SIM_BUDGET_CK);
    sim.budget_ck = 1000 * SIM_EVENT_CK;
    times = 0;
    sim_event_init(&again, "again", fire_again, &sim);
    sim_schedule(&sim, &again, SIM_S);
    sim_run_until(&sim, 2 * SIM_S);
    ck_assert_str_eq(sim.fault, "the run's 20000 executed CPU cycles are used up at 1.000000 s");
    ck_assert_uint_eq(times, 1001);
    sim_cancel(&sim, &again);
    sim_init(&sim, 1);
    sim.stop = &stop;
    sim_schedule(&sim, &again, SIM_S);
    sim_run_until(&sim, SIM_S + 10);
    ck_assert_str_eq(sim.fault, "");
    ck_assert_uint_eq(times, 1012);
    stop = 15;
    sim_run_until(&sim, 2 * SIM_S);
    ck_assert_str_eq(sim.fault, "it was stopped");
    ck_assert_uint_eq(times, 1012);
}
END_TEST

START_TEST(the_first_fault_stays)
{
    struct sim sim;
    sim_init(&sim, 1);
    sim_fault(&sim, "%s", "one");
    sim_fault(&sim, "%s", "two");
    ck_assert_str_eq(sim.fault, "one");
}
END_TEST

static sim_time never_runs(void *ctx, sim_time until_ps)
{
    (void)ctx;
    ck_abort_msg("run to %llu", (unsigned long long)until_ps);
}

START_TEST(who_is_not_there_can_be_removed)
{
    struct sim sim;
    struct sim_agent a = { .run = never_runs, .halted = true }, b = a;
    sim_init(&sim, 1);
    sim_agent_remove(&sim, &a);
    sim_agent_add(&sim, &a);
    sim_agent_remove(&sim, &b);
    ck_assert_ptr_eq(sim.agents, &a);
    sim_agent_remove(&sim, &a);
    ck_assert_ptr_null(sim.agents);
}
END_TEST

/* Slices end with the budget as any other time does, and without shortcuts come one by one. */
START_TEST(slices_end_with_the_budget)
{
    struct sim sim;
    sim_init(&sim, 1);
    ck_assert_uint_eq(sim_run_slices(&sim, SIM_MS, 5), 5);
    ck_assert_uint_eq(sim.now_ps, 5 * SIM_MS);
    sim.no_shortcuts = true;
    ck_assert_uint_eq(sim_run_slices(&sim, SIM_MS, 5), 1);
    sim.no_shortcuts = false;
    sim.budget_ps = 8 * SIM_MS;
    ck_assert_uint_eq(sim_run_slices(&sim, SIM_MS, 5), 1);
    ck_assert_str_eq(sim.fault, "");
    ck_assert_uint_eq(sim_run_slices(&sim, 2 * SIM_MS, 5), 1);
    ck_assert_ptr_nonnull(strstr(sim.fault, "used up"));
}
END_TEST

static void stop_it(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    *(volatile int *)ctx = 15;
}

START_TEST(slices_end_when_somebody_asks)
{
    static volatile int stop;
    struct sim sim;
    struct sim_event now;
    sim_init(&sim, 1);
    sim.stop = &stop;
    sim_event_init(&now, "now", stop_it, (void *)&stop);
    sim_schedule(&sim, &now, 1500 * SIM_US);
    sim_run_slices(&sim, SIM_MS, 5);
    ck_assert_str_eq(sim.fault, "it was stopped");
}
END_TEST

static void raise_it(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    net_drive(ctx, NET_1, NET_STRONG);
}

/* Time that passes while somebody holds all drives together: they are of one instant all the same. */
START_TEST(what_is_held_stays_held)
{
    for (unsigned slices = 0; slices < 2; slices++) {
        struct sim sim;
        struct net n;
        struct net_driver d;
        struct sim_event up;
        sim_init(&sim, 1);
        net_init(&n, &sim, "n");
        net_attach(&n, &d, "d");
        sim_event_init(&up, "up", raise_it, &d);
        sim_schedule(&sim, &up, SIM_US);
        net_hold(&sim);
        if (slices) {
            sim_run_slices(&sim, SIM_MS, 2);
        } else {
            sim_run_until(&sim, 2 * SIM_MS);
        }
        ck_assert_int_eq(net_level(&n), NET_Z);
        net_release(&sim);
        ck_assert_int_eq(net_level(&n), NET_1);
        ck_assert_uint_eq(n.changed_ps, 2 * SIM_MS);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("kernel");
    TCase *tc = tcase_create("kernel");
    tcase_add_test(tc, order_is_time_then_scheduling);
    tcase_add_test(tc, random_events_stay_sorted);
    tcase_add_test(tc, a_follower_never_passes_the_leader);
    tcase_add_test(tc, sync_brings_the_others_to_that_time);
    tcase_add_test(tc, max_lead_bounds_the_leader);
    tcase_add_test(tc, a_leader_that_may_not_lead);
    tcase_add_test(tc, a_promise_lets_the_leader_go_on);
    tcase_add_test(tc, promises_end_when_the_board_is_touched);
    tcase_add_test(tc, a_leader_that_looks_has_led_long_enough);
    tcase_add_test(tc, a_halted_agent_is_not_waited_for);
    tcase_add_test(tc, time_has_an_end);
    tcase_add_test(tc, work_has_an_end);
    tcase_add_test(tc, the_first_fault_stays);
    tcase_add_test(tc, slices_end_when_somebody_asks);
    tcase_add_test(tc, what_is_held_stays_held);
    tcase_add_test(tc, who_is_not_there_can_be_removed);
    tcase_add_test(tc, slices_end_with_the_budget);
    suite_add_tcase(s, tc);
    return run_all(s);
}
