/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/trace_feed.h"

/* The changes of one instant, sorted by signal; a signal's own stay in their order. */
static void read_instant(struct trace_feed *f)
{
    const unsigned room = sizeof f->instant / sizeof *f->instant;
    struct trace_reader before = f->reader;
    struct trace_change c;

    f->n_instant = f->at_instant = 0;
    while (f->n_instant < room && trace_read(&f->reader, &c)) {
        unsigned i = f->n_instant;
        if (i && c.at_ps != f->instant[0].at_ps) {
            f->reader = before;
            return;
        }
        for (; i > 0 && f->instant[i - 1].signal > c.signal; i--) {
            f->instant[i] = f->instant[i - 1];
        }
        f->instant[i] = c;
        f->n_instant++;
        before = f->reader;
    }
}

static void read_next(struct trace_feed *f)
{
    if (!f->reader.trace->any_order) {
        f->has_next = trace_read(&f->reader, &f->next);
        return;
    }
    if (f->at_instant == f->n_instant) {
        read_instant(f);
    }
    f->has_next = f->at_instant < f->n_instant;
    if (f->has_next) {
        f->next = f->instant[f->at_instant++];
    }
}

void trace_feed_start(struct trace_feed *f, const struct trace *t)
{
    trace_read_start(&f->reader, t);
    f->n_instant = f->at_instant = 0;
    read_next(f);
    f->begun = 0;
    for (unsigned i = 0; i < t->n_signals; i++) { /* insertion sort, stable */
        unsigned k = i;
        for (; k > 0 && t->signals[f->order[k - 1]].from_ps > t->signals[i].from_ps; k--) {
            f->order[k] = f->order[k - 1];
        }
        f->order[k] = (uint8_t)i;
    }
}

static const struct trace_signal *next_to_begin(const struct trace_feed *f)
{
    const struct trace *t = f->reader.trace;
    return f->begun < t->n_signals ? &t->signals[f->order[f->begun]] : NULL;
}

bool trace_feed_at_start(const struct trace_feed *f)
{
    const struct trace_signal *s = next_to_begin(f);
    return s && s->from_ps == 0;
}

bool trace_feed_next(struct trace_feed *f, struct trace_change *c)
{
    const struct trace_signal *s = next_to_begin(f);
    if (s && (!f->has_next || s->from_ps <= f->next.at_ps)) {
        *c = (struct trace_change){ s->from_ps, f->order[f->begun], s->initial };
        f->begun++;
        return true;
    }
    if (!f->has_next) {
        return false;
    }
    *c = f->next;
    read_next(f);
    return true;
}
