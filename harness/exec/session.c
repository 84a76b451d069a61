/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/session.h"

#include "sim/memory.h"

#include <errno.h>
#include <poll.h>
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
enum { PACE_MS = 10 };

/* What of the devices stands under a path: see exec_channel.names. */
static void tell_names(struct session *s)
{
    struct clients *k = &s->clients;

    k->n_names = 0;
    k->names_version++;
    for (unsigned i = 0; i < s->calls.n_devices; i++) {
        const struct device *d = &s->calls.devices[i];

        if (d->mode && k->n_names < EXEC_NAMES) {
            struct exec_name *name = &k->names[k->n_names++];

            *name = (struct exec_name){ .major = d->major, .minor = d->minor, .mode = d->mode };
            snprintf(name->path, sizeof name->path, "%s", d->path);
        }
    }
    s->calls.names_changed = false;
}

bool session_init(struct session *s, struct sim *sim, struct device *devices, unsigned n, struct problem *err)
{
    *s = (struct session){
        .sim = sim,
        .clients = { .sim = sim, .listen_fd = -1, .epoll_fd = -1, .watch_fd = -1, .patience_s = 20 },
        .calls = { .sim = sim, .clients = &s->clients, .devices = devices, .n_devices = n },
    };
    for (unsigned i = 0; i < n; i++) {
        devices[i].shown = &s->calls.names_changed;
    }
    tell_names(s);
    return clients_init(&s->clients, err);
}

void session_free(struct session *s)
{
    calls_free(&s->calls); /* descriptors hang up first: who is woken by the end of the session finds that */
    clients_free(&s->clients);
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

/* A request has come: is it what was expected, where answers were made ahead? */
static void compare_with_ahead(struct session *s, struct client *c)
{
    const uint8_t *bytes;
    const void *data;
    size_t n;
    sim_time from_ps = c->ahead.waits_from_ps;

    c->fresh = false;
    switch (ahead_asked(&c->ahead, c->request, c->n_request, c->channel->n_followed, &bytes, &n)) {
    case AHEAD_GIVE_BACK: calls_give_back(&s->calls, c->ahead.handle, bytes, n); break;
    case AHEAD_GOES_ON: {
        client_next_record(c); /* taken */
        const struct exec_record *poll = client_record(c, &data);
        uint64_t limit_ps = poll ? poll->arg[0] : 0;

        c->wait = (struct client_wait){ .on = true,
                                        .since_ps = from_ps,
                                        .deadline_ps = limit_ps < SIM_END_PS ? from_ps + limit_ps : SIM_NEVER };
        break;
    }
    case AHEAD_NOT: break;
    }
}

static void set_dues(struct session *s)
{
    for (struct client *c = s->clients.first; c; c = c->next) {
        if (c->state == CLIENT_ASKED && c->fresh) {
            compare_with_ahead(s, c);
        }
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

/* The first of all; *whose: its process. */
static struct process_timer *first_timer(const struct session *s, struct process **whose)
{
    struct process_timer *first = NULL;

    for (struct process *p = s->clients.processes; p; p = p->next) {
        struct process_timer *t = p->ended ? NULL : process_first_timer(p);

        if (t && (!first || t->due_ps < first->due_ps)) {
            first = t;
            *whose = p;
        }
    }
    return first;
}

/* ---- answering ---- */

static const struct reply no_reply = { .peek_handle = -1, .room_handle = -1 };

static void answer(struct session *s, struct client *c, const struct reply *reply, enum exec_op op)
{
    c->own_ps = s->sim->now_ps;
    s->answers++;
    if (s->calls.names_changed) {
        tell_names(s);
    }
    client_see_names(&s->clients, c);
    client_answer(c, reply, s->sim->now_ps, op == EXEC_OUTSIDE || op == EXEC_BYE ? CLIENT_OUTSIDE : CLIENT_RUNS);
}

/* The answer is kept, and what the thread will ask then is asked in its stead. False: it is to be given. */
static bool make_ahead(struct session *s, struct client *c, const struct exec_record *r, const struct reply *reply)
{
    struct process *whose;
    bool may = !s->sim->no_shortcuts && !s->clients.crowded && !first_timer(s, &whose) &&
               calls_can_give_back(&s->calls, r->handle);
    size_t n = ahead_make(&c->ahead, r, reply, may, s->sim->now_ps, c->request);

    if (n) {
        c->n_request = n;
        c->at = 0;
        c->wait = (struct client_wait){ .on = false };
        set_due(s, c);
    }
    return n != 0;
}

/* Nothing more came in time: what was made is given, and the thread, which does not know yet that it waits, goes on. */
static void stop_ahead(struct session *s, struct client *c)
{
    struct reply reply = no_reply;
    struct exec_ahead last;

    ahead_stop(&c->ahead, c->wait.since_ps, &last);
    const struct exec_poll told = { .handle = c->ahead.handle, .events = POLLIN, .revents = POLLIN };

    reply.result = 1;
    reply.data = &told;
    reply.n_data = sizeof told;
    reply.peek_handle = c->ahead.handle;
    reply.peek = c->ahead.bytes + c->ahead.n_bytes - last.n;
    reply.n_peek = last.n;
    s->answers++;
    client_see_names(&s->clients, c);
    client_answer(c, &reply, last.now_ps, CLIENT_RUNS);
}

/* How long a thread that waits in what was made ahead may do so: to the end of a slice. */
static sim_time ahead_limit(const struct client *c)
{
    sim_time end = c->wait.on ? ahead_end_ps(&c->ahead) : SIM_NEVER, since = c->wait.since_ps;

    return end == SIM_NEVER ? SIM_NEVER
           : end <= since   ? since
                            : since + (end - since + SLICE_PS - 1) / SLICE_PS * SLICE_PS;
}

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
        bool signal_came = client_interrupted(c) == EXEC_SIGNAL;

        reply.result = signal_came ? -1 : 0;
        reply.error = signal_came ? EINTR : 0;
    } else if (!calls_do(&s->calls, c, r, data, &reply)) {
        return false;
    }
    c->own_ps = s->sim->now_ps;
    if (r && client_is_last_record(c) && make_ahead(s, c, r, &reply)) {
        return true;
    }
    if (r) {
        ahead_note(&c->ahead, r);
    }
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

static void rewind_timer(struct process_timer *t)
{
    t->due_ps = t->every_ps ? t->due_ps + t->every_ps : SIM_NEVER;
}

/* A thread of it that waits takes the signal with its answer; else the kernel brings it. */
static void ring_timer(struct session *s, struct process *p, struct process_timer *t)
{
    const struct reply reply = {
        .result = -1,
        .error = EINTR,
        .signal = t->signal,
        .timer = (unsigned)(t - p->timer),
        .peek_handle = -1,
        .room_handle = -1,
    };

    rewind_timer(t);
    for (struct client *c = s->clients.first; c; c = c->next) {
        const void *data;
        const struct exec_record *r = client_record(c, &data);

        if (c->process == p && c->state == CLIENT_ASKED && c->wait.on && r && may_be_interrupted(r)) {
            while (client_next_record(c)) {
            }
            answer(s, c, &reply, EXEC_NOTHING);
            clients_signalled(&s->clients, p); /* it may hand it on to another thread */
            return;
        }
    }
    kill(p->pid, t->signal);
    clients_signalled(&s->clients, p);
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
    struct process *whose = NULL;
    struct process_timer *timer = first_timer(s, &whose);
    sim_time end = time_of(c), now = s->sim->now_ps, limit = ahead_limit(c);

    end = limit < end ? limit : end;
    if (timer && timer->due_ps < end) {
        end = timer->due_ps;
    }
    /* nobody knows until when, and a person may type: simulated time goes on at the world's pace */
    bool with_world = end == SIM_NEVER && clients_wait_for_world(&s->clients), long_way = end > now + CHUNK_PS;

    if (with_world && now >= s->pace_ps) {
        s->pace_ps = now + PACE_MS * SIM_MS;
    }
    if (!run_to(s, with_world ? s->pace_ps : long_way ? now + CHUNK_PS : end, err)) {
        return false;
    }
    if (timer && s->sim->now_ps >= timer->due_ps) {
        ring_timer(s, whose, timer);
    }
    bool paced = with_world && s->sim->now_ps >= s->pace_ps;

    if (paced || s->sim->now_ps >= now + CHUNK_PS) { /* not whenever a device woke somebody */
        clients_look(&s->clients, paced ? PACE_MS : 0);
    }
    return true;
}

/* All wait for the world: so does simulated time; a timer goes by the wall clock then. */
static void wait_for_world(struct session *s)
{
    enum { LOOK_MS = 200 };
    struct process *whose = NULL;
    struct process_timer *timer = first_timer(s, &whose);
    int ms = LOOK_MS;

    if (timer) {
        sim_time left = timer->due_ps > s->sim->now_ps ? timer->due_ps - s->sim->now_ps : 0;

        ms = left < LOOK_MS * SIM_MS ? (int)(left / SIM_MS) : LOOK_MS;
    }
    clients_look(&s->clients, ms);
    if (timer && !whose->ended) {
        sim_run_until(s->sim, s->sim->now_ps + (sim_time)ms * SIM_MS + SIM_MS);
        if (s->sim->now_ps >= timer->due_ps) {
            ring_timer(s, whose, timer);
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
    struct process_timer *t = process_first_timer(p);

    if (!t || !run_to(s, t->due_ps, err)) {
        return !t;
    }
    if (s->sim->now_ps >= t->due_ps) {
        rewind_timer(t);
        kill(p->pid, t->signal);
        clients_signalled(&s->clients, p);
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
    if (ahead_limit(c) <= s->sim->now_ps) {
        stop_ahead(s, c);
        return true;
    }
    if (time_of(c) > s->sim->now_ps) {
        return pass_time(s, c, err);
    }
    carry_out(s, c);
    return true;
}

bool session_run(struct session *s, struct problem *err)
{
    uint64_t looks = 0, buried = 0;

    s->clients.stopped = s->stopped;
    s->clients.stopped_ctx = s->ctx;
    clients_child(&s->clients, s->root, NULL);
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
        if (s->stopped && s->stopped(s->ctx)) {
            return true;
        }
        if (clients_lack(&s->clients, err)) {
            how = SETTLED_STUCK;
        } else if (root_has_ended(s)) {
            return true;
        }
        if (how == SETTLED_STUCK) {
            s->stuck = true;
            return false;
        }
        set_dues(s);
        if (!(how == SETTLED_SPINS ? end_spinning(s, who, err) : take_turn(s, err))) {
            return false;
        }
    }
}
