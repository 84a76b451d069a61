/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - what the real chip did in a recording against what the virtual one does, edge by edge
 *
 *      recording --its inputs--> stimulus --> board --> net ---edges---+
 *                \--the chip's output, a signal of the file------------+--> where they part
 *
 * An edge of the recording has its like here when one in the same direction comes within the tolerance, which is at
 * least the recorder's sample; each edge stands for one. Edges here that follow each other within the tolerance and that
 * the recording has not are too short for it, and no difference.
 */
#ifndef HARNESS_RUN_CAPTURE_H
#define HARNESS_RUN_CAPTURE_H

#include "harness/board/board.h"
#include "harness/report/report.h"

struct capture_edge {
    sim_time at_ps;
    bool rise;
};

struct capture_edges {
    struct capture_edge *edge;
    size_t n, cap;
};

void capture_add(struct capture_edges *e, sim_time at_ps, bool rise);

#define CAPTURE_DIFFERENCES 8 /* told; the rest is counted */

struct capture_result {
    size_t alike;
    sim_time worst_ps;     /* between two that are alike */
    size_t missing, extra; /* here; not in the recording */
    struct capture_difference {
        struct capture_edge edge;
        bool extra;
    } difference[CAPTURE_DIFFERENCES]; /* the first, in order of time */
    unsigned n;
};

struct capture_result capture_compare(const struct capture_edges *recorded, const struct capture_edges *here,
                                      sim_time within_ps);

/* Measures one net from the beginning. */
struct capture_meter {
    const struct scenario_expect *expect; /* whose it is */
    struct net *net;
    struct net_watch watch;
    bool high;
    struct capture_edges edges;
};

void capture_meter_start(struct capture_meter *m, struct board *b, const struct scenario_expect *e);
void capture_meter_stop(struct capture_meter *m);
/* Disagreements go to the report; a note says how well they agree. */
void capture_check(const struct capture_meter *m, struct board *b, struct report *r);

#endif
