/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect.h - what a scenario says must come out, against what came: findings, levels and edges of nets
 *
 *      net --edges--> meter (rises, falls, shortest and longest phases) --+
 *      checker -----------------------------------------------------------+--> report
 *
 * Meters run on exactly the nets that some expectation asks about, so others cost nothing. Memories are not
 * compared here: they are read through the pins (steps.h).
 */
#ifndef HARNESS_RUN_EXPECT_H
#define HARNESS_RUN_EXPECT_H

#include "harness/board/board.h"
#include "harness/report/report.h"
#include "harness/run/capture.h"

#define EXPECT_MAX_METERS 40

struct net_meter { /* edges since the last restart; a phase counts when both its ends were seen */
    struct net *net;
    const char *name;
    struct net_watch watch;
    uint64_t rises, falls;                                 /* to 1 from anything, to 0 from anything */
    sim_time rise_ps, fall_ps;                             /* last, SIM_NEVER: none yet */
    sim_time shortest_high, shortest_low, shortest_period; /* SIM_NEVER: none was whole */
    sim_time longest_high, longest_low;                    /* 0: none was whole */
};

#define EXPECT_MAX_CAPTURES 8

struct meters {
    struct capture_meter capture[EXPECT_MAX_CAPTURES];
    unsigned n_captures;
    struct net_meter meter[EXPECT_MAX_METERS];
    unsigned n;
};

/* Starts measuring. False: more different nets than EXPECT_MAX_METERS. The board must outlive m. */
bool meters_start(struct meters *m, struct board *b, struct problem *err);
void meters_restart(struct meters *m);
void meters_stop(struct meters *m);
const struct net_meter *meters_find(const struct meters *m, const char *net);

/* Findings of e, then margins, nets and captures; every disagreement goes to the report. */
void expect_check_findings(const struct scenario_expect *e, struct board *b, struct report *r);
void expect_check_figures(const struct scenario_expect *e, struct board *b, const struct meters *m, struct report *r);

/* Does value stand in the relation? A number not given always holds. */
bool expect_holds(const struct scenario_number *n, uint64_t value);

#endif
