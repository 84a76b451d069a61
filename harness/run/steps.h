/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steps.h - runs a scenario on its board: the steps in order, then what must come out at the end
 *
 * Sessions    A step that needs the programmer in programming mode enters it when no session is open; the session
 *             stays open until `leave`, an avrdude step, a `plug`, or the end of the steps.
 * Failing     A step that fails unexpectedly, or works although it says `fails:`, ends the steps there, with its cause
 *             as far as that is known (diagnosis.h); what is expected at the end is judged all the same.
 * Expecting   At the end findings and nets are judged first; then memories and fuses are read through the pins,
 *             by the scenario's programmer, or by the scripted reader if it can't read.
 */
#ifndef HARNESS_RUN_STEPS_H
#define HARNESS_RUN_STEPS_H

#include "harness/board/board.h"
#include "harness/report/report.h"

/* How time passes in `wait` steps when it is not the simulation's alone (limpet serve). */
struct steps_pace {
    bool (*wait)(void *ctx, sim_time d_ps, struct problem *err);
    bool (*stopped)(void *ctx); /* asked after each step: true ends the scenario there, unjudged */
    void *ctx;
};

/* The last session is over: a programmer that still holds RESET low is in the way of the program (reset_held). */
void steps_check_reset(struct board *b);

/* True: nothing failed; else r->failures > 0 and the report says what. pace may be NULL. */
bool steps_run_paced(struct board *b, struct report *r, const struct steps_pace *pace);
static inline bool steps_run(struct board *b, struct report *r)
{
    return steps_run_paced(b, r, NULL);
}

/*
 * The same in parts: begin, take(n) up to the step before the n-th, end: the rest and what is expected. Between parts the
 * process may fork: each copy goes on by itself, as another scenario if need be, whose board, first n steps and
 * expectations are the same.
 */
struct branches;
struct steps;
struct steps *steps_begin(struct board *b, struct report *r, const struct steps_pace *pace); /* NULL: it failed */
/*
 * The step that happens after so many instructions of the target does so after another number of them with each of these
 * seeds. For the run's first part.
 */
void steps_branch(struct steps *steps, struct branches *b, const uint64_t *after);
void steps_take(struct steps *steps, unsigned n);
void steps_go_on_as(struct steps *steps, const struct scenario *s); /* s outlives the run */
bool steps_end(struct steps *steps);                                /* as steps_run(); frees */
void steps_free(struct steps *steps);                               /* without an end */

#endif
