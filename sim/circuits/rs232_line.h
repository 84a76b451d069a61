/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rs232_line.h - an RS232 output that moves at a finite slew, for circuits that compute with its ramp
 *
 *        set(high)          v+ -----------        The vline steps where the ramp crosses 0 V, so a trace shows
 *           |             /                       the edge where a receiver sees it. Circuits are told when the
 *           v            / slew                   ramp begins: a differentiator answers before the crossing.
 *   v- ----------------+/
 *
 * Models      linear slew, levels of either sign of any height, an edge reversed in the middle of its ramp
 * Leaves out  rounding of the ramp's ends, load of the line (circuits take a series resistance for it)
 */
#ifndef SIM_CIRCUITS_RS232_LINE_H
#define SIM_CIRCUITS_RS232_LINE_H

#include "sim/problem.h"
#include "sim/vline.h"

struct rs232_levels {
    int32_t high_mv;         /* above 0 */
    int32_t low_mv;          /* below 0 */
    uint32_t slew_mv_per_us; /* above 0 */
};

extern const struct rs232_levels rs232_levels_9v; /* +-9 V, 20 V/us */

struct rs232_watch { /* owned by the part */
    struct rs232_watch *next;
    /* A ramp begins now: see rs232_line_v(), to_v and the levels. */
    void (*ramp)(void *ctx);
    void *ctx;
};

struct rs232_line {
    struct vline v; /* steps at the 0 V crossing */
    struct sim *sim;
    struct rs232_levels levels;
    bool high; /* where it stands or goes */
    double from_v, to_v, ps_per_v;
    sim_time start_ps, end_ps; /* of the ramp */
    struct sim_event cross;
    struct rs232_watch *watches;
};

/* False and err: what can't be. */
bool rs232_levels_check(const struct rs232_levels *levels, struct problem *err);

void rs232_line_init(struct rs232_line *line, struct sim *sim, const char *name, const struct rs232_levels *levels,
                     bool high);
/* It has been there for ever: before anybody watches it. */
void rs232_line_settle(struct rs232_line *line, bool high);
/* The ramp begins now; it is ignored if the line already stands at or goes to that level. */
void rs232_line_set(struct rs232_line *line, bool high);
/* How long before its 0 V crossing an edge from the settled line has to begin. */
sim_time rs232_line_lead_ps(const struct rs232_line *line, bool high);
/* Volts now. */
double rs232_line_v(const struct rs232_line *line);

void rs232_watch_add(struct rs232_line *line, struct rs232_watch *w, void (*ramp)(void *), void *ctx);

#endif
