/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/kernel.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/net.h"

void sim_init(struct sim *sim, uint64_t seed)
{
    memset(sim, 0, sizeof *sim);
    sim->seed = seed;
    sim->dirty_tail = &sim->dirty;
}

void sim_free(struct sim *sim)
{
    free(sim->heap);
    sim->heap = NULL;
    sim->heap_len = sim->heap_cap = 0;
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
}

/* ---- events: a binary heap of pointers, each event knowing its slot ---- */

static bool event_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ps < b->at_ps || (a->at_ps == b->at_ps && a->order < b->order);
}

static void heap_put(struct sim *sim, uint32_t i, struct sim_event *ev)
{
    sim->heap[i] = ev;
    ev->slot = i + 1;
}

static void heap_up(struct sim *sim, uint32_t i, struct sim_event *ev)
{
    while (i) {
        uint32_t parent = (i - 1) / 2;
        if (!event_before(ev, sim->heap[parent])) {
            break;
        }
        heap_put(sim, i, sim->heap[parent]);
        i = parent;
    }
    heap_put(sim, i, ev);
}

static void heap_down(struct sim *sim, uint32_t i, struct sim_event *ev)
{
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= sim->heap_len) {
            break;
        }
        if (child + 1 < sim->heap_len && event_before(sim->heap[child + 1], sim->heap[child])) {
            child++;
        }
        if (!event_before(sim->heap[child], ev)) {
            break;
        }
        heap_put(sim, i, sim->heap[child]);
        i = child;
    }
    heap_put(sim, i, ev);
}

static void heap_remove(struct sim *sim, uint32_t i)
{
    sim->heap[i]->slot = 0;
    struct sim_event *last = sim->heap[--sim->heap_len];
    if (i == sim->heap_len) {
        return;
    }
    heap_down(sim, i, last);
    if (sim->heap[i] == last) {
        heap_up(sim, i, last);
    }
}

void sim_event_init(struct sim_event *ev, const char *name, void (*fire)(void *, sim_time), void *ctx)
{
    *ev = (struct sim_event){ .name = name, .fire = fire, .ctx = ctx };
}

void sim_schedule(struct sim *sim, struct sim_event *ev, sim_time at_ps)
{
    assert(ev->fire);
    if (ev->slot) {
        heap_remove(sim, ev->slot - 1);
    }
    if (at_ps == SIM_NEVER) {
        return;
    }
    ev->at_ps = at_ps > sim->now_ps ? at_ps : sim->now_ps;
    ev->order = sim->order++;
    if (sim->heap_len == sim->heap_cap) {
        sim->heap_cap = sim->heap_cap ? 2 * sim->heap_cap : 64;
        sim->heap = realloc(sim->heap, sim->heap_cap * sizeof *sim->heap);
        if (!sim->heap) {
            abort();
        }
    }
    heap_up(sim, sim->heap_len++, ev);
}

void sim_cancel(struct sim *sim, struct sim_event *ev)
{
    if (ev->slot) {
        heap_remove(sim, ev->slot - 1);
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
}

void sim_agent_remove(struct sim *sim, struct sim_agent *agent)
{
    for (struct sim_agent **p = &sim->agents; *p; p = &(*p)->next) {
        if (*p == agent) {
            *p = agent->next;
            return;
        }
    }
}

void sim_agent_resume(struct sim *sim, struct sim_agent *agent)
{
    if (agent->at_ps < sim->now_ps) {
        agent->at_ps = sim->now_ps;
    }
    agent->halted = false;
}

/*
 * The next agent to run towards horizon, and how far. In rank order: the first that is behind the horizon
 * runs, so the leader goes ahead (by max_lead_ps at most) and the others follow. Busy ones wait in sim_sync().
 */
static struct sim_agent *agent_to_run(struct sim *sim, sim_time horizon, sim_time *limit)
{
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
            sim_time lead_end = b->at_ps + a->max_lead_ps;
            if (b->at_ps < a->at_ps && lead_end <= a->at_ps) {
                *limit = a->at_ps;
                return b;
            }
            if (lead_end < *limit) {
                *limit = lead_end > a->at_ps ? lead_end : a->at_ps + 1;
            }
        }
        return a;
    }
    return NULL;
}

static void advance(struct sim *sim, sim_time end_ps)
{
    while (!sim->fault[0]) {
        sim_time next = sim_horizon(sim);
        if (sim->agents) {
            sim_time limit;
            struct sim_agent *a = agent_to_run(sim, next < end_ps ? next : end_ps, &limit);
            if (a) {
                a->busy = true;
                sim->busy_agents++;
                a->at_ps = a->run(a->ctx, limit);
                sim->busy_agents--;
                a->busy = false;
                continue;
            }
        }
        if (next > end_ps) {
            break;
        }
        struct sim_event *ev = sim->heap[0];
        heap_remove(sim, 0);
        if (ev->at_ps > sim->now_ps) {
            sim->now_ps = ev->at_ps;
        }
        sim->events_fired++;
        sim->hold++; /* all drives of one event are one instant */
        ev->fire(ev->ctx, ev->at_ps);
        sim->hold--;
        if (sim->dirty && !sim->hold) {
            net_settle(sim);
        }
    }
    if (end_ps > sim->now_ps) {
        sim->now_ps = end_ps;
    }
}

void sim_run_until(struct sim *sim, sim_time end_ps)
{
    assert(sim->busy_agents == 0);
    if (sim->dirty && !sim->hold) {
        net_settle(sim);
    }
    advance(sim, end_ps);
}

void sim_sync(struct sim *sim, sim_time at_ps)
{
    if (at_ps >= sim_horizon(sim) || (sim->agents && sim->agents->next)) {
        advance(sim, at_ps);
    } else if (at_ps > sim->now_ps) {
        sim->now_ps = at_ps;
    }
}
