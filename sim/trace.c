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
 */
enum { CHANGE_MAX_BYTES = 10 + 1 + 5 };

struct trace_chunk {
    struct trace_chunk *next;
    size_t len;
    uint8_t bytes[TRACE_CHUNK_BYTES];
};

void trace_init(struct trace *t)
{
    memset(t, 0, sizeof *t);
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

static uint8_t *begin_change(struct trace *t, sim_time at_ps)
{
    if (!t->last || t->last->len + CHANGE_MAX_BYTES > TRACE_CHUNK_BYTES) {
        struct trace_chunk *c = memory_checked(malloc(sizeof *c));
        c->next = NULL;
        c->len = 0;
        *(t->last ? &t->last->next : &t->first) = c;
        t->last = c;
    }
    assert(at_ps >= t->last_ps);
    uint8_t *p = put_varint(t->last->bytes + t->last->len, at_ps - t->last_ps);
    t->last_ps = at_ps;
    t->changes++;
    return p;
}

void trace_level(struct trace *t, int32_t id, sim_time at_ps, unsigned level)
{
    uint8_t *p = begin_change(t, at_ps);
    *p++ = (uint8_t)((unsigned)id << 2 | level);
    t->last->len = (size_t)(p - t->last->bytes);
}

void trace_mv(struct trace *t, int32_t id, sim_time at_ps, int32_t mv)
{
    uint8_t *p = begin_change(t, at_ps);
    *p++ = (uint8_t)((unsigned)id << 2);
    int64_t diff = (int64_t)mv - t->last_mv[id];
    p = put_varint(p, (uint64_t)(diff < 0 ? -2 * diff - 1 : 2 * diff));
    t->last_mv[id] = mv;
    t->last->len = (size_t)(p - t->last->bytes);
}

void trace_read_start(struct trace_reader *r, const struct trace *t)
{
    *r = (struct trace_reader){ .trace = t, .chunk = t->first };
    for (unsigned i = 0; i < t->n_signals; i++) {
        r->mv[i] = t->signals[i].initial;
    }
}

bool trace_read(struct trace_reader *r, struct trace_change *c)
{
    if (!r->chunk) {
        r->chunk = r->trace->first;
    }
    while (r->chunk && r->at == r->chunk->len) {
        if (!r->chunk->next) {
            return false; /* for now: the trace may grow */
        }
        r->chunk = r->chunk->next;
        r->at = 0;
    }
    if (!r->chunk) {
        return false;
    }
    r->t_ps += get_varint(r->chunk->bytes, &r->at);
    uint8_t b = r->chunk->bytes[r->at++];
    c->at_ps = r->t_ps;
    c->signal = b >> 2;
    c->value = b & 3;
    if (r->trace->signals[c->signal].is_mv) {
        uint64_t z = get_varint(r->chunk->bytes, &r->at);
        r->mv[c->signal] += (int32_t)(z & 1 ? -(int64_t)(z / 2) - 1 : (int64_t)(z / 2));
        c->value = r->mv[c->signal];
    }
    return true;
}
