/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/trace_feed.h"

void trace_feed_start(struct trace_feed *f, const struct trace *t)
{
    trace_read_start(&f->reader, t);
    f->has_next = trace_read(&f->reader, &f->next);
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
    f->has_next = trace_read(&f->reader, &f->next);
    return true;
}
