/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace_feed.h - a trace as one sequence of values, for the writers
 *
 * The level that a signal has when its recording begins comes as its first value, in order of time and before
 * the changes of that instant. Of a shuffled run (sim_shuffle()) the changes of an instant come in order of signals.
 */
#ifndef WAVE_TRACE_FEED_H
#define WAVE_TRACE_FEED_H

#include "sim/trace.h"

struct trace_feed {
    struct trace_reader reader;
    struct trace_change next; /* when has_next */
    bool has_next;
    struct trace_change instant[256]; /* of trace->any_order: what comes before next, by signal */
    unsigned n_instant, at_instant;
    uint8_t order[TRACE_MAX_SIGNALS]; /* signals by the time at which their recording begins */
    unsigned begun;                   /* how many of order[] have had their first value */
};

void trace_feed_start(struct trace_feed *f, const struct trace *t);
/* Is the next value the first of a signal recorded from time 0 on? */
bool trace_feed_at_start(const struct trace_feed *f);
/* False at the end. */
bool trace_feed_next(struct trace_feed *f, struct trace_change *c);

#endif
