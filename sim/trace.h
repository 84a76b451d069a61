/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h - the recorded levels of chosen nets and lines, compact, in memory
 *
 * A change costs 3..7 bytes (time since the change before, as a varint, and signal + level). Memory comes in
 * chunks of TRACE_CHUNK_BYTES; a full 32 KiB write and verify session is about 40 MB of SPI edges. Clocks are stored as
 * such: changes that go on as the 2 or 4 before them did are counted.
 * Limit: TRACE_MAX_CHANGES (a VCD of 1 GB); then the run ends with a fault that says so.
 * Changes are in time order, and within an instant in the order in which they happened.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "sim/kernel.h"

struct net;
struct vline;

#define TRACE_CHUNK_BYTES 65536
#define TRACE_MAX_SIGNALS 64
#define TRACE_MAX_CHANGES (UINT64_C(1) << 26)
#define TRACE_PERIOD 4 /* changes of the longest period that is told as one */

struct trace_signal {
    const char *name;
    bool is_mv;       /* millivolts, not a logic level */
    sim_time from_ps; /* recorded from here on */
    int32_t initial;  /* enum net_level, or millivolts */
};

struct trace_chunk;

struct trace {
    struct sim *sim; /* that is recorded; NULL: none yet */
    struct trace_signal signals[TRACE_MAX_SIGNALS];
    unsigned n_signals;
    struct trace_chunk *first, *last;
    sim_time last_ps;
    uint64_t changes;
    uint64_t step[TRACE_PERIOD]; /* the last ones at changes % TRACE_PERIOD: time since the one before << 8 | change */
    uint32_t alike[2];           /* last ones in a row that are as the one 2, or 4, before them */
    unsigned run_period;         /* of the run that goes on; 0: none */
    uint64_t run_changes;        /* of it, not written yet */
    sim_time later_ps;           /* of trace_level_later(); SIM_NEVER: none */
    int32_t later_id;
    uint8_t later_level;
    uint8_t n_delta, delta[8]; /* how delta_ps is written; n_delta 0: it is too long for that, or none was yet */
    sim_time delta_ps;
    bool any_order; /* sim_shuffle(): the order within an instant means nothing, readers sort it by signal */
    int32_t last_mv[TRACE_MAX_SIGNALS];
};

struct trace_change {
    sim_time at_ps;
    unsigned signal; /* index into signals[] */
    int32_t value;   /* enum net_level, or millivolts */
};

struct trace_reader {
    const struct trace *trace;
    const struct trace_chunk *chunk;
    size_t at;
    sim_time t_ps;
    uint64_t step[TRACE_PERIOD];
    uint64_t n;          /* changes read */
    unsigned run_period; /* of the run that is being read */
    uint64_t run_left;
    uint64_t run_ahead; /* read of the trace's last run while it went on */
    int32_t mv[TRACE_MAX_SIGNALS];
};

void trace_init(struct trace *t);
void trace_free(struct trace *t);

/* Records the net from now on, under name (kept by reference). sim->trace must be t. Index, or -1 when full. */
int trace_add_net(struct trace *t, struct net *net, const char *name);
int trace_add_vline(struct trace *t, struct vline *line, const char *name);

/* For net.c and vline.c. */
void trace_level(struct trace *t, int32_t id, sim_time at_ps, unsigned level);
void trace_mv(struct trace *t, int32_t id, sim_time at_ps, int32_t mv);
/*
 * A change that is known before its time: it is recorded once something else comes at or after at_ps, or that time has come
 * (trace_settle()), and not at all if the signal changes before. One at a time.
 */
void trace_level_later(struct trace *t, int32_t id, sim_time at_ps, unsigned level);
/* For the kernel, before anybody may read: now_ps has come. */
void trace_settle(struct trace *t, sim_time now_ps);

void trace_read_start(struct trace_reader *r, const struct trace *t);
/* False at the end; asked again after the trace has grown, it goes on. */
bool trace_read(struct trace_reader *r, struct trace_change *c);

#endif
