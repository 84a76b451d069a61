/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/session.h"

#include "sim/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How late a thread that waits for a device may be woken: a stated latency of the system, as host.h has it. */
#define SLICE_PS (100 * SIM_US)
/* At most so much at once: then somebody looks whether the programs are still there. */
#define CHUNK_PS (100 * SIM_MS)

/* Of every device: see exec_channel.names. */
static char *names_of(const struct device *devices, unsigned n)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = memory_checked(open_memstream(&text, &size));

    for (unsigned i = 0; i < n; i++) {
        if (!devices[i].mode) {
            continue;
        }
        fprintf(f, "%s\n%u:%u %o\n", devices[i].path, devices[i].major, devices[i].minor, devices[i].mode);
    }
    fclose(f);
    return memory_checked(text);
}

bool session_init(struct session *s, struct sim *sim, struct device *devices, unsigned n, struct problem *err)
{
    char *names = names_of(devices, n);

    *s = (struct session){
        .sim = sim,
        .clients = { .listen_fd = -1, .watch_fd = -1, .patience_s = 60 },
        .calls = { .sim = sim, .clients = &s->clients, .devices = devices, .n_devices = n },
    };
    bool ok = clients_init(&s->clients, names, err);

    free(names);
    return ok;
}

void session_free(struct session *s)
{
    clients_free(&s->clients);
    calls_free(&s->calls);
}

/* ---- who is next ---- */

/* When the present record is carried out: after what its thread let pass, and what the call costs. */
static void set_due(const struct session *s, struct client *c)
{
    const void *data;
    const struct exec_record *r = client_record(c, &data);
    sim_time from = c->own_ps > s->sim->now_ps ? c->own_ps : s->sim->now_ps;

    c->due_ps = from + (r && r->after_ps < SIM_END_PS ? r->after_ps : 0) + (r ? calls_cost(&s->calls, r) : 0);
}

static void set_dues(struct session *s)
{
    for (struct client *c = s->clients.first; c; c = c->next) {
        if (c->state == CLIENT_ASKED && c->due_ps == SIM_NEVER && !c->wait.on) {
            set_due(s, c);
        }
    }
}

static sim_time time_of(const struct client *c)
{
    return c->state != CLIENT_ASKED ? SIM_NEVER : c->wait.on ? c->wait.deadline_ps : c->due_ps;
}

static struct client *earliest(const struct session *s)
{
    struct client *first = NULL;

    for (struct client *c = s->clients.first; c; c = c->next) {
        if (c->state == CLIENT_ASKED && (!first || time_of(c) < time_of(first))) {
            first = c;
        }
    }
    return first;
}

/* for_device: of those that a device could wake. */
static bool anybody_waits(const struct session *s, bool for_device)
{
    for (const struct client *c = s->clients.first; c; c = c->next) {
        if (c->state == CLIENT_ASKED && c->wait.on) {
            const void *data;
            const struct exec_record *r = client_record(c, &data);

            if (!for_device || !r || r->op != EXEC_SLEEP) {
                return true;
            }
        }
    }
    return false;
}

/* ---- answering ---- */

static void answer(struct session *s, struct client *c, const struct reply *reply, enum exec_op op)
{
    c->own_ps = s->sim->now_ps;
    s->answers++;
    client_answer(c, reply, s->sim->now_ps, op == EXEC_OUTSIDE || op == EXEC_BYE ? CLIENT_OUTSIDE : CLIENT_RUNS);
}

static const struct reply no_reply = { .peek_handle = -1, .room_handle = -1 };

static bool may_be_interrupted(const struct exec_record *r)
{
    return r->op == EXEC_SLEEP || r->op == EXEC_POLL || r->op == EXEC_READ || r->op == EXEC_WRITE ||
           r->op == EXEC_IOCTL;
}

/* Carries out the present record. True: the thread has its answer, or goes on with the next record. */
static bool carry_out(struct session *s, struct client *c)
{
    const void *data;
    const struct exec_record *r = client_record(c, &data);
    struct reply reply = no_reply;
    enum exec_op op = r ? r->op : EXEC_NOTHING;

    if (!r) { /* it has written over its channel */
        reply.result = -1;
        reply.error = EIO;
    } else if (c->wait.on && client_interrupted(c) && may_be_interrupted(r)) {
        reply.result = -1;
        reply.error = EINTR;
    } else if (!calls_do(&s->calls, c, r, data, &reply)) {
        return false;
    }
    c->own_ps = s->sim->now_ps;
    if (client_next_record(c)) {
        c->due_ps = SIM_NEVER;
        set_due(s, c);
    } else {
        answer(s, c, &reply, op);
    }
    return true;
}

/* Those that wait look again. True: one goes on. */
static bool wake_one(struct session *s)
{
    for (struct client *c = s->clients.first; c; c = c->next) {
        if (c->state == CLIENT_ASKED && c->wait.on && carry_out(s, c)) {
            return true;
        }
    }
    return false;
}

/* ---- timers of processes ---- */

static struct process *first_timer(const struct session *s)
{
    struct process *first = NULL;

    for (struct process *p = s->clients.processes; p; p = p->next) {
        if (!p->ended && p->timer_ps != SIM_NEVER && (!first || p->timer_ps < first->timer_ps)) {
            first = p;
        }
    }
    return first;
}

static void rewind_timer(struct process *p)
{
    p->timer_ps = p->every_ps ? p->timer_ps + p->every_ps : SIM_NEVER;
}

/* A thread of it that waits takes the signal with its answer; else the kernel brings it. */
static void ring_timer(struct session *s, struct process *p)
{
    const struct reply reply = {
        .result = -1, .error = EINTR, .signal = SIGALRM, .peek_handle = -1, .room_handle = -1
    };

    rewind_timer(p);
    for (struct client *c = s->clients.first; c; c = c->next) {
        const void *data;
        const struct exec_record *r = client_record(c, &data);

        if (c->process == p && c->state == CLIENT_ASKED && c->wait.on && r && may_be_interrupted(r)) {
            while (client_next_record(c)) {
            }
            answer(s, c, &reply, EXEC_NOTHING);
            return;
        }
    }
    kill(p->pid, SIGALRM);
}

/* ---- time ---- */

/* Runs to end_ps, or until a device wakes somebody who waits. False: the simulation can't go on. */
static bool run_to(struct session *s, sim_time end_ps, struct problem *err)
{
    struct sim *sim = s->sim;

    if (end_ps <= sim->now_ps) {
        return true;
    }
    sim_time d = end_ps - sim->now_ps;

    if (!anybody_waits(s, true) || d < SLICE_PS) {
        sim_run_until(sim, end_ps);
    } else {
        sim_run_slices(sim, SLICE_PS, (unsigned)(d / SLICE_PS));
    }
    return !sim->fault[0] || problem_set(err, "the simulation can't go on: %s", sim->fault);
}

/* Time passes until c's record is due, its deadline, a timer, or a while. False: err. */
static bool pass_time(struct session *s, const struct client *c, struct problem *err)
{
    struct process *timer = first_timer(s);
    sim_time end = time_of(c), now = s->sim->now_ps;

    if (timer && timer->timer_ps < end) {
        end = timer->timer_ps;
    }
    bool long_way = end > now + CHUNK_PS;

    if (!run_to(s, long_way ? now + CHUNK_PS : end, err)) {
        return false;
    }
    if (timer && s->sim->now_ps >= timer->timer_ps) {
        ring_timer(s, timer);
    }
    if (long_way) {
        clients_look(&s->clients, 0);
    }
    return true;
}

/* All wait for the world: so does simulated time; a timer goes by the wall clock then. */
static void wait_for_world(struct session *s)
{
    enum { LOOK_MS = 200 };
    struct process *timer = first_timer(s);
    int ms = LOOK_MS;

    if (timer) {
        sim_time left = timer->timer_ps > s->sim->now_ps ? timer->timer_ps - s->sim->now_ps : 0;

        ms = left < LOOK_MS * SIM_MS ? (int)(left / SIM_MS) : LOOK_MS;
    }
    clients_look(&s->clients, ms);
    if (timer && !timer->ended) {
        sim_run_until(s->sim, s->sim->now_ps + (sim_time)ms * SIM_MS + SIM_MS);
        if (s->sim->now_ps >= timer->timer_ps) {
            ring_timer(s, timer);
        }
    }
}

static bool root_has_ended(struct session *s)
{
    for (const struct process *p = s->clients.processes; p; p = p->next) {
        if (p->pid == s->root) {
            return p->ended;
        }
    }
    return true;
}

/* A program that computes on with a timer armed waits for it: its alarm comes. */
static bool end_spinning(struct session *s, struct process *p, struct problem *err)
{
    if (!run_to(s, p->timer_ps, err)) {
        return false;
    }
    if (p->timer_ps != SIM_NEVER && s->sim->now_ps >= p->timer_ps) {
        rewind_timer(p);
        kill(p->pid, SIGALRM);
    }
    return true;
}

static bool take_turn(struct session *s, struct problem *err)
{
    struct client *c = earliest(s);

    if (!c) {
        wait_for_world(s);
        return true;
    }
    if (anybody_waits(s, false) && wake_one(s)) {
        return true;
    }
    if (time_of(c) > s->sim->now_ps) {
        return pass_time(s, c, err);
    }
    carry_out(s, c);
    return true;
}

/* Time passes until one of those that wait has its answer. */
static bool answer_one(struct session *s, struct problem *err)
{
    uint64_t before = s->answers;

    while (s->answers == before && earliest(s)) {
        if (!take_turn(s, err)) {
            return false;
        }
    }
    return true;
}

bool session_run(struct session *s, struct problem *err)
{
    uint64_t looks = 0, buried = 0;

    clients_process(&s->clients, s->root, true);
    for (;;) {
        struct process *who = NULL;
        enum settled how = clients_settle(&s->clients, &who, err);

        if (looks != s->clients.looks) {
            calls_take_unseen(&s->calls);
            looks = s->clients.looks;
        }
        if (buried != s->clients.buried) {
            calls_close_left(&s->calls);
            buried = s->clients.buried;
        }
        if (root_has_ended(s) || (s->stopped && s->stopped(s->ctx))) {
            return true;
        }
        if (how == SETTLED_STUCK) {
            return false;
        }
        set_dues(s);
        if (!(how == SETTLED_SPINS   ? end_spinning(s, who, err)
              : how == SETTLED_HOLDS ? answer_one(s, err)
                                     : take_turn(s, err))) {
            return false;
        }
    }
}
