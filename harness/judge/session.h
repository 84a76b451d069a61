/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - one session of the plan: run, and what came of it as plain data
 *
 * Outcome     harness/run/outcome.h
 */
#ifndef HARNESS_JUDGE_SESSION_H
#define HARNESS_JUDGE_SESSION_H

#include "harness/judge/conduct.h"
#include "harness/judge/plan.h"
#include "harness/run/outcome.h"
#include "sim/checker.h"

struct session_rule {  /* of a rule, in one session */
    uint64_t findings; /* its own ... */
    uint64_t follow;   /* ... and what follows from another rule, the first from this one: */
    enum checker_rule from;
    bool has_margin;
    int64_t required, measured; /* of the worst, or of the first finding */
    sim_time at_ps;
    struct checker_where where;
    char text[120]; /* the finding's own words, "": the rule's */
};

struct session_result { /* plain data: goes through shared memory */
    enum outcome outcome;
    char message[240]; /* of the first step that failed; of OUTCOME_NOT_RUN why it could not be run */
    char cause[240];   /* of that, as far as the bench knows; "": it does not */
    char cells[120];   /* where the chip holds something else than was asked for; "": nowhere */
    uint16_t failed_step;
    sim_time took_ps;
    uint64_t violations;
    struct session_rule rules[CHECKER_RULES];
    struct conduct conduct; /* if it was asked for */
};

struct session_options {
    sim_time budget_ps; /* simulated time of a session */
    uint64_t budget_ck; /* executed cycles; 0: sim/kernel.h's */
    bool conduct;       /* look at what it does (slower) */
};

void judge_session_run(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                       const struct session_options *o, struct session_result *r);
/*
 * The same with n seeds of the fault that v puts on the board, at most BRANCHES_MOST: results are those of each alone
 * (v->fault_seed), but what they begin with is run once. False and err: one could not be run to its end.
 */
bool judge_session_run_seeds(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                             const struct session_options *o, const uint64_t *seed, unsigned n,
                             struct session_result *results, struct problem *err);

#endif
