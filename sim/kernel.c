/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/kernel.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/net.h"
#include "sim/stats.h"
#include "sim/trace.h"

void sim_init(struct sim *sim, uint64_t seed)
{
    memset(sim, 0, sizeof *sim);
    sim->seed = seed;
    sim->budget_ps = SIM_BUDGET_PS;
    sim->budget_ck = SIM_BUDGET_CK;
    sim->dirty_tail = &sim->dirty;
}

void sim_shuffle(struct sim *sim, uint64_t seed)
{
    sim->shuffles = true;
    sim->shuffle = sim_rng_stream(seed, "order of waking");
}

void sim_fault(struct sim *sim, const char *fmt, ...)
{
    if (sim->fault[0]) {
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sim->fault, sizeof sim->fault, fmt, ap);
    va_end(ap);
    sim->fault_ps = sim->now_ps;
}

/* ---- events ---- */

static void take_out(struct sim_event *ev)
{
    *ev->at = ev->next;
    if (ev->next) {
        ev->next->at = ev->at;
    }
    ev->at = NULL;
}

/* A random place among the events of a time: for tests, and out of sim_schedule()'s way. */
__attribute__((noinline)) static struct sim_event **among_its_time(struct sim *sim, sim_time at_ps)
{
    struct sim_event **p = &sim->events, **first;
    uint64_t n = 1;

    while (*p && (*p)->at_ps < at_ps) {
        p = &(*p)->next;
    }
    first = p;
    for (; *p && (*p)->at_ps == at_ps; p = &(*p)->next) {
        n++;
    }
    p = first;
    for (n = sim_rng_below(&sim->shuffle, n); n; n--) {
        p = &(*p)->next;
    }
    return p;
}

void sim_event_init(struct sim_event *ev, const char *name, void (*fire)(void *, sim_time), void *ctx)
{
    *ev = (struct sim_event){ .name = name, .fire = fire, .ctx = ctx };
}

void sim_schedule(struct sim *sim, struct sim_event *ev, sim_time at_ps)
{
    assert(ev->fire);
    if (ev->at) {
        take_out(ev);
    }
    if (at_ps == SIM_NEVER) {
        return;
    }
    ev->at_ps = at_ps > sim->now_ps ? at_ps : sim->now_ps;
    struct sim_event **p = &sim->events;
    while (*p && (*p)->at_ps <= ev->at_ps) { /* behind those of the same time */
        p = &(*p)->next;
    }
    if (sim->shuffles) {
        p = among_its_time(sim, ev->at_ps);
    }
    ev->next = *p;
    ev->at = p;
    if (ev->next) {
        ev->next->at = &ev->next;
    }
    *p = ev;
}

void sim_cancel(struct sim *sim, struct sim_event *ev)
{
    (void)sim;
    if (ev->at) {
        take_out(ev);
    }
}

/* ---- agents ---- */

void sim_agent_add(struct sim *sim, struct sim_agent *agent)
{
    struct sim_agent **p = &sim->agents;
    while (*p) {
        p = &(*p)->next;
    }
    *p = agent;
    agent->next = NULL;
    agent->at_ps = sim->now_ps;
    agent->busy = false;
    sim->awake_agents += !agent->halted;
}

void sim_agent_remove(struct sim *sim, struct sim_agent *agent)
{
    for (struct sim_agent **p = &sim->agents; *p; p = &(*p)->next) {
        if (*p == agent) {
            *p = agent->next;
            sim->awake_agents -= !agent->halted;
            return;
        }
    }
}

/*
 * The next agent to run towards horizon, and how far. In rank order: the first that is behind the horizon
 * runs, so the leader goes ahead (by max_lead_ps at most, or by promises) and the others follow. Busy ones wait in
 * sim_sync().
 */
static struct sim_agent *agent_to_run(struct sim *sim, sim_time horizon, sim_time *limit, bool *on_promise)
{
    *on_promise = false;
    for (struct sim_agent *a = sim->agents; a; a = a->next) {
        if (a->halted || a->busy || a->at_ps >= horizon) {
            continue;
        }
        *limit = horizon;
        if (a->max_lead_ps == SIM_NEVER) {
            return a;
        }
        for (struct sim_agent *b = a->next; b; b = b->next) {
            if (b->halted || b->busy) {
                continue;
            }
            sim_time plain_end = b->at_ps + a->max_lead_ps, lead_end = plain_end;
            if (b->quiet_ps > lead_end && lead_end < *limit && sim_promise_holds(sim, b)) {
                lead_end = b->quiet_ps;
                b->relied_on = true;
            }
            if (b->at_ps < a->at_ps && lead_end <= a->at_ps) {
                *limit = a->at_ps;
                return b;
            }
            if (lead_end < *limit) {
                *limit = lead_end > a->at_ps ? lead_end : a->at_ps + 1;
            }
            *on_promise |= plain_end < lead_end;
        }
        return a;
    }
    return NULL;
}

/* Runs whose turn it is. */
__attribute__((noinline)) static void run_agent(struct sim *sim, sim_time horizon)
{
    sim_time limit;
    bool was_on_promise = sim->on_promise;
    struct sim_agent *a = agent_to_run(sim, horizon, &limit, &sim->on_promise);
    if (limit - a->at_ps > SIM_AGENT_RUN_PS) {
        limit = a->at_ps + SIM_AGENT_RUN_PS;
    }
    a->busy = true;
    sim->busy_agents++;
    a->at_ps = a->run(a->ctx, limit);
    sim->busy_agents--;
    a->busy = false;
    sim->on_promise = was_on_promise;
}

/* Runs an agent or fires an event towards end_ps. False: everything is there. */
__attribute__((always_inline)) static inline bool step(struct sim *sim, sim_time end_ps)
{
    struct sim_event *ev = sim->events;
    sim_time next = ev ? ev->at_ps : SIM_NEVER, horizon = next < end_ps ? next : end_ps;
    if (sim_somebody_is_behind(sim, horizon)) {
        run_agent(sim, horizon);
        return true;
    }
    if (next > end_ps) {
        return false;
    }
    take_out(ev);
    if (ev->at_ps > sim->now_ps) {
        sim->now_ps = ev->at_ps;
    }
    sim->events_fired++;
    if (sim->stats) {
        sim_stats_event(sim->stats, ev->name);
    }
    sim->used_ck += SIM_EVENT_CK;
    sim_end_promises(sim);
    sim->hold++; /* all drives of one event are one instant */
    ev->fire(ev->ctx, ev->at_ps);
    sim->hold--;
    if (sim->dirty && !sim->hold) {
        net_settle(sim);
    }
    return true;
}

/* Neither broken, nor stopped, nor too costly. */
static inline bool may_go_on(struct sim *sim)
{
    if (__builtin_expect(sim->stop && *sim->stop, false)) {
        sim_fault(sim, "it was stopped");
    } else if (__builtin_expect(sim->used_ck > sim->budget_ck, false)) {
        sim_fault(sim, "the run's %llu executed CPU cycles are used up at %.6f s", (unsigned long long)sim->budget_ck,
                  (double)sim->now_ps / (double)SIM_S);
    }
    return !sim->fault[0];
}

static void advance(struct sim *sim, sim_time end_ps)
{
    while (may_go_on(sim) && step(sim, end_ps)) {
    }
    if (end_ps > sim->now_ps) {
        sim->now_ps = end_ps;
    }
}

static bool nobody_runs(const struct sim *sim)
{
    const struct sim_agent *a = sim->agents;
    while (a && a->halted) {
        a = a->next;
    }
    return !a;
}

/* Whoever called may read the trace. */
static inline void settle_trace(struct sim *sim)
{
    if (sim->trace) {
        trace_settle(sim->trace, sim->now_ps);
    }
}

__attribute__((noinline)) static void run_until(struct sim *sim, sim_time end_ps)
{
    assert(!sim->dirty || sim->hold); /* net.c: mark_dirty() */
    sim_end_promises(sim);            /* whoever called may have touched anything */
    if (end_ps > sim->budget_ps && !sim->fault[0]) {
        advance(sim, sim->budget_ps);
        sim_fault(sim, "the run's %llu s of simulated time are used up", (unsigned long long)(sim->budget_ps / SIM_S));
    }
    advance(sim, end_ps);
}

void sim_run_until(struct sim *sim, sim_time end_ps)
{
    assert(sim->busy_agents == 0);
    if (sim_horizon(sim) > end_ps && end_ps <= sim->budget_ps && nobody_runs(sim)) {
        sim->now_ps = end_ps > sim->now_ps ? end_ps : sim->now_ps;
    } else {
        run_until(sim, end_ps);
    }
    settle_trace(sim);
}

/* ---- slices ---- */

static void next_slice(struct sim *sim)
{
    sim->slices++;
    sim->slice_end_ps += sim->slice_ps;
}

bool sim_slice_over(struct sim *sim)
{
    if (sim->now_ps > sim->slice_end_ps) {
        sim->slice_end_ps = sim->now_ps;
    }
    if (sim_slice_is_last(sim)) {
        return true;
    }
    next_slice(sim);
    return false;
}

unsigned sim_run_slices(struct sim *sim, sim_time slice_ps, unsigned n)
{
    assert(sim->busy_agents == 0 && n);
    if (sim->no_shortcuts || sim->now_ps + (sim_time)n * slice_ps > sim->budget_ps) {
        sim_run_until(sim, sim->now_ps + slice_ps);
        return 1;
    }
    assert(!sim->dirty || sim->hold); /* net.c: mark_dirty() */
    sim_end_promises(sim);
    sim->woken = false;
    sim->slices = 0;
    sim->slices_most = n;
    sim->slice_ps = slice_ps;
    sim->slice_end_ps = sim->now_ps + slice_ps;
    for (bool more = true; more && may_go_on(sim);) {
        bool last = sim_slice_is_last(sim);
        sim_time end = last ? sim->slice_end_ps : sim->slice_end_ps + (sim->slices_most - sim->slices - 1) * slice_ps,
                 next = sim_horizon(sim);
        if (next <= end && next > sim->slice_end_ps && !agent_to_run(sim, next, &(sim_time){ 0 }, &(bool){ 0 })) {
            next_slice(sim); /* nobody runs who would notice */
            continue;
        }
        more = step(sim, end);
        if (!more && !last) {
            next_slice(sim);
            more = true;
        }
    }
    if (sim->slice_end_ps > sim->now_ps) {
        sim->now_ps = sim->slice_end_ps;
    }
    sim->slice_ps = 0;
    settle_trace(sim);
    return sim->slices + 1;
}

void sim_sync(struct sim *sim, sim_time at_ps)
{
    if (at_ps >= sim_horizon(sim) || sim_somebody_is_behind(sim, at_ps)) {
        advance(sim, at_ps);
    } else if (at_ps > sim->now_ps) {
        sim->now_ps = at_ps;
    }
    sim_end_promises(sim);
}
