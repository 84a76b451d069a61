/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "sim/net.h"
#include "sim/vline.h"

/*
 * A change is varint(delta ps), then a byte signal << 2 | level. For a line in millivolts the level bits are 0
 * and a zig-zag varint of the difference in millivolts follows. No change straddles two chunks.
 * Of a run (a clock) the first periods stand as changes; then RUN_MARK, which is no varint, the period (2 or 4 changes)
 * and varint(changes that go on so).
 */
enum { CHANGE_MAX_BYTES = 10 + 1 + 5, RUN_AFTER = 2 * TRACE_PERIOD };
static const uint8_t run_mark[2] = { 0x80, 0x00 };

struct trace_chunk {
    struct trace_chunk *next;
    size_t len;
    uint8_t bytes[TRACE_CHUNK_BYTES];
};

void trace_init(struct trace *t)
{
    memset(t, 0, sizeof *t);
    t->later_ps = SIM_NEVER;
}

void trace_free(struct trace *t)
{
    for (struct trace_chunk *c = t->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    trace_init(t);
}

static int add_signal(struct trace *t, const char *name, bool is_mv, struct sim *sim, int32_t initial)
{
    if (t->n_signals == TRACE_MAX_SIGNALS) {
        return -1;
    }
    assert(sim->trace == t);
    t->sim = sim;
    t->signals[t->n_signals] = (struct trace_signal){ name, is_mv, sim->now_ps, initial };
    t->last_mv[t->n_signals] = initial;
    return (int)t->n_signals++;
}

int trace_add_net(struct trace *t, struct net *net, const char *name)
{
    net->trace_id = add_signal(t, name, false, net->sim, (int32_t)net_level(net));
    if (net->trace_id >= 0) {
        net_edges_wanted(net, 1);
        if (net->sim->notes) {
            net_note_strength(net);
        }
    }
    return net->trace_id;
}

int trace_add_vline(struct trace *t, struct vline *line, const char *name)
{
    line->trace_id = add_signal(t, name, true, line->sim, line->mv);
    return line->trace_id;
}

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint64_t get_varint(const uint8_t *bytes, size_t *at)
{
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t b = bytes[(*at)++];
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            return v;
        }
    }
}

static uint8_t *room(struct trace *t)
{
    if (!t->last || t->last->len + CHANGE_MAX_BYTES > TRACE_CHUNK_BYTES) {
        struct trace_chunk *c = memory_checked(malloc(sizeof *c));
        c->next = NULL;
        c->len = 0;
        *(t->last ? &t->last->next : &t->first) = c;
        t->last = c;
    }
    return t->last->bytes + t->last->len;
}

static void end_change(struct trace *t, const uint8_t *end)
{
    t->last->len = (size_t)(end - t->last->bytes);
}

/* The run that goes on ends: what was counted is written down. */
static void end_run(struct trace *t)
{
    if (t->run_changes) {
        uint8_t *p = room(t);
        *p++ = run_mark[0];
        *p++ = run_mark[1];
        *p++ = (uint8_t)t->run_period;
        end_change(t, put_varint(p, t->run_changes));
    }
    t->run_period = 0;
    t->run_changes = 0;
}

static bool is_full(struct trace *t, sim_time at_ps)
{
    if (t->changes < TRACE_MAX_CHANGES) {
        return false;
    }
    sim_fault(t->sim, "the trace is full, %llu changes at %.6f s: record fewer nets, or a shorter time",
              (unsigned long long)TRACE_MAX_CHANGES, (double)at_ps / (double)SIM_S);
    return true;
}

/*
 * False: it goes on as before, and was counted. step: time since the change before << 8 | what.
 */
static bool must_be_written(struct trace *t, uint64_t step)
{
    uint64_t n = t->changes;
    uint32_t as_2 = step == t->step[(n - 2) % TRACE_PERIOD], as_4 = step == t->step[n % TRACE_PERIOD];

    t->alike[0] = as_2 * (t->alike[0] + 1);
    t->alike[1] = as_4 * (t->alike[1] + 1);
    t->step[n % TRACE_PERIOD] = step;
    if (__builtin_expect(t->run_period != 0, 0)) {
        if (t->run_period == 2 ? as_2 : as_4) {
            t->run_changes++;
            return false;
        }
        end_run(t);
        return true;
    }
    if (__builtin_expect(t->alike[0] > RUN_AFTER || t->alike[1] > RUN_AFTER, 0)) {
        t->run_period = t->alike[0] > RUN_AFTER ? 2 : 4;
        t->run_changes = 1;
        return false;
    }
    return true;
}

/* The next change is written whatever it is, and none is compared with it: volts, more than 10 hours. */
static void unlike_any(struct trace *t)
{
    end_run(t);
    t->alike[0] = t->alike[1] = 0;
    t->step[t->changes % TRACE_PERIOD] = UINT64_MAX;
}

static uint64_t step_of(sim_time after_ps, unsigned what)
{
    return after_ps >> 55 ? UINT64_MAX : after_ps << 8 | what;
}

/* put_varint() for the trace; a clock's edges are as far apart as the ones before. */
static inline uint8_t *put_delta(struct trace *t, uint8_t *p, sim_time after_ps)
{
    if (__builtin_expect(t->delta_ps != after_ps || !t->n_delta, 0)) {
        uint8_t bytes[CHANGE_MAX_BYTES];
        size_t n = (size_t)(put_varint(bytes, after_ps) - bytes);
        if (n > sizeof t->delta) {
            return put_varint(p, after_ps);
        }
        memcpy(t->delta, bytes, sizeof t->delta);
        t->n_delta = (uint8_t)n;
        t->delta_ps = after_ps;
    }
    memcpy(p, t->delta, sizeof t->delta); /* room() is for more than that */
    return p + t->n_delta;
}

static void put_level(struct trace *t, int32_t id, sim_time at_ps, unsigned level)
{
    sim_time after_ps = at_ps - t->last_ps;
    unsigned what = (unsigned)id << 2 | level;
    uint64_t step = step_of(after_ps, what);
    assert(at_ps >= t->last_ps);
    if (is_full(t, at_ps)) {
        return;
    }
    if (step == UINT64_MAX) {
        unlike_any(t);
    }
    if (step == UINT64_MAX || must_be_written(t, step)) {
        uint8_t *p = put_delta(t, room(t), after_ps);
        *p++ = (uint8_t)what;
        end_change(t, p);
    }
    t->last_ps = at_ps;
    t->changes++;
}

void trace_settle(struct trace *t, sim_time now_ps)
{
    if (t->later_ps <= now_ps) {
        assert(now_ps != SIM_NEVER);
        sim_time at_ps = t->later_ps;
        t->later_ps = SIM_NEVER;
        put_level(t, t->later_id, at_ps, t->later_level);
    }
}

void trace_level(struct trace *t, int32_t id, sim_time at_ps, unsigned level)
{
    if (t->later_ps != SIM_NEVER) {
        trace_settle(t, at_ps);
        t->later_ps = t->later_id == id ? SIM_NEVER : t->later_ps;
    }
    put_level(t, id, at_ps, level);
}

void trace_level_later(struct trace *t, int32_t id, sim_time at_ps, unsigned level)
{
    assert(t->later_ps == SIM_NEVER && at_ps >= t->last_ps);
    t->later_ps = at_ps;
    t->later_id = id;
    t->later_level = (uint8_t)level;
}

void trace_mv(struct trace *t, int32_t id, sim_time at_ps, int32_t mv)
{
    assert(at_ps >= t->last_ps);
    trace_settle(t, at_ps);
    if (is_full(t, at_ps)) {
        return;
    }
    unlike_any(t);
    uint8_t *p = put_varint(room(t), at_ps - t->last_ps);
    *p++ = (uint8_t)((unsigned)id << 2);
    int64_t diff = (int64_t)mv - t->last_mv[id];
    end_change(t, put_varint(p, (uint64_t)(diff < 0 ? -2 * diff - 1 : 2 * diff)));
    t->last_mv[id] = mv;
    t->last_ps = at_ps;
    t->changes++;
}

void trace_read_start(struct trace_reader *r, const struct trace *t)
{
    *r = (struct trace_reader){ .trace = t, .chunk = t->first };
    for (unsigned i = 0; i < t->n_signals; i++) {
        r->mv[i] = t->signals[i].initial;
    }
}

static void take(struct trace_reader *r, sim_time after_ps, unsigned what, struct trace_change *c)
{
    r->step[r->n++ % TRACE_PERIOD] = after_ps << 8 | what;
    r->t_ps += after_ps;
    *c = (struct trace_change){ r->t_ps, what >> 2, (int32_t)(what & 3) };
}

static void go_on(struct trace_reader *r, unsigned period, struct trace_change *c)
{
    uint64_t step = r->step[(r->n - period) % TRACE_PERIOD];
    take(r, step >> 8, step & 0xff, c);
}

/* Chunk and place of the next record. False: there is none yet. */
static bool next_record(struct trace_reader *r)
{
    if (!r->chunk) {
        r->chunk = r->trace->first;
    }
    while (r->chunk && r->at == r->chunk->len) {
        if (!r->chunk->next) {
            return false;
        }
        r->chunk = r->chunk->next;
        r->at = 0;
    }
    return r->chunk != NULL;
}

bool trace_read(struct trace_reader *r, struct trace_change *c)
{
    for (;;) {
        if (r->run_left) {
            r->run_left--;
            go_on(r, r->run_period, c);
            return true;
        }
        if (!next_record(r)) {
            if (r->run_ahead == r->trace->run_changes) {
                return false; /* for now: the trace may grow */
            }
            r->run_ahead++;
            go_on(r, r->trace->run_period, c);
            return true;
        }
        const uint8_t *bytes = r->chunk->bytes;
        if (memcmp(bytes + r->at, run_mark, sizeof run_mark) != 0) {
            break;
        }
        r->run_period = bytes[r->at + 2];
        r->at += 3;
        r->run_left = get_varint(bytes, &r->at) - r->run_ahead;
        r->run_ahead = 0;
    }
    sim_time after_ps = get_varint(r->chunk->bytes, &r->at);
    take(r, after_ps, r->chunk->bytes[r->at++], c);
    if (r->trace->signals[c->signal].is_mv) {
        uint64_t z = get_varint(r->chunk->bytes, &r->at);
        r->mv[c->signal] += (int32_t)(z & 1 ? -(int64_t)(z / 2) - 1 : (int64_t)(z / 2));
        c->value = r->mv[c->signal];
    }
    return true;
}
