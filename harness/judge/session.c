/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/session.h"

#include "harness/board/board.h"
#include "harness/run/diagnosis.h"
#include "harness/run/outcome.h"
#include "harness/run/seeds.h"
#include "harness/run/step.h"
#include "harness/run/steps.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The last write ends; the target starts, and it is seen who still holds the wires. */
#define AFTER_PS (150 * SIM_MS)

/* ---- what was found ---- */

static void take_rules(const struct checker *c, struct session_result *r)
{
    r->violations = c->violations;
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_margin *m = checker_margin(c, (enum checker_rule)i);
        struct session_rule *to = &r->rules[i];

        to->findings = m->findings - m->follow;
        to->follow = m->follow;
        to->from = m->from;
        to->has_margin = m->measured_once;
        to->required = m->required;
        to->measured = m->measured;
        to->at_ps = m->at_ps;
        to->where = m->where;
    }
    for (size_t i = checker_count(c); i-- > 0;) { /* the first stays */
        const struct checker_finding *f = checker_at(c, i);
        struct session_rule *to = &r->rules[f->rule];

        if (f->follows && to->findings) {
            continue; /* its own are shown */
        }
        if (!to->has_margin) {
            to->required = f->required;
            to->measured = f->measured;
            to->at_ps = f->at_ps;
            to->where = f->where;
        }
        snprintf(to->text, sizeof to->text, "%s", f->text ? f->text : "");
    }
}

/* "FILE:LINE:COLUMN: step: what": the place is in a file that nobody wrote. */
static void take_message(const char *first_failure, struct session_result *r)
{
    const char *text = first_failure;

    for (unsigned i = 0; i < 3 && text; i++) {
        text = strchr(text, ':');
        text = text ? text + 1 : NULL;
    }
    text = text ? text + strspn(text, " ") : first_failure;
    snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, text);
}

/* ---- why it failed ---- */

struct cause_sink { /* keeps the first cause that is told */
    struct report_sink sink;
    struct session_result *r;
};

static void take_cause(struct report_sink *sink, const char *text)
{
    struct session_result *r = ((struct cause_sink *)sink)->r;

    if (!r->cause[0]) {
        snprintf(r->cause, sizeof r->cause, "%.*s", (int)sizeof r->cause - 1, text);
    }
}

static const struct report_sink_ops cause_ops = { .cause = take_cause };

static bool run_steps(struct board *b, struct report *report, struct branches *branches, const uint64_t *after)
{
    struct steps *steps = steps_begin(b, report, NULL);

    if (steps && after) {
        steps_branch(steps, branches, after);
    }
    return steps && steps_end(steps);
}

static void run_on(struct board *b, const struct session_options *o, struct branches *branches, const uint64_t *after,
                   struct session_result *r)
{
    struct cause_sink causes = { .sink = { .ops = &cause_ops }, .r = r };
    struct report report = { .run.file = "session", .sinks = &causes.sink };
    struct outcome_watch *outcome = memory_zeroed(1, sizeof *outcome);
    struct problem ignored;
    struct conduct_watch watch;
    struct diagnosis all;

    diagnosis_begin(&all, b);
    outcome_begin(outcome, b);
    if (o->conduct) {
        conduct_begin(&watch, b);
    }
    bool ok = run_steps(b, &report, branches, after);
    r->took_ps = board_took(b);
    if (o->conduct) {
        conduct_end(&watch, b, &r->conduct);
    }
    r->failed_step = ok ? 0 : board_checker(b)->step;
    board_run(b, AFTER_PS, &ignored);
    if (ok) {
        steps_check_reset(b);
    }
    take_rules(board_checker(b), r);
    r->outcome = outcome_end(outcome, b, report.step_failed, r->cells, sizeof r->cells);
    if (r->outcome == OUTCOME_UNKNOWN) { /* own steps: what they asked for, the scenario's `expect` says */
        r->outcome = ok ? OUTCOME_RIGHT : OUTCOME_SILENT;
    }
    if (r->outcome == OUTCOME_SILENT && !r->cause[0]) { /* nothing failed, so nobody asked yet */
        char cause[DIAGNOSIS_BYTES];

        all.reaches_target = all.compares = true;
        if (diagnosis_make(&all, b, cause, sizeof cause)) {
            take_cause(&causes.sink, cause);
        }
    }
    take_message(report.first_failure, r);
    free(outcome);
}

/* branches NULL: one seed. after: steps_branch()'s, or NULL: they are the part's. */
static void run(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                const struct session_options *o, struct branches *branches, const uint64_t *after,
                struct session_result *r)
{
    struct problem err = { "" };
    struct scenario *sc = plan_scenario(s, row, v, &err);
    const struct board_options options = {
        .budget_ps = o->budget_ps,
        .budget_ck = o->budget_ck,
        .notes = o->conduct,
        .branches = after ? NULL : branches,
        .branches_of = PLAN_FAULT,
    };
    struct board *b = sc ? board_new(sc, &options, &err) : NULL;

    memset(r, 0, sizeof *r);
    if (b) {
        run_on(b, o, branches, after, r);
    } else {
        snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, err.text);
    }
    board_free(b);
    scenario_free(sc);
}

void judge_session_run(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                       const struct session_options *o, struct session_result *r)
{
    run(s, row, v, o, NULL, NULL, r);
}

static bool take_results(const struct seeds *all, unsigned n, struct session_result *results, struct problem *err)
{
    bool ok = true;

    for (unsigned i = 0; i < n; i++) {
        int status;
        const struct session_result *r = seeds_result(all, i, &status);

        if (r) {
            results[i] = *r;
        } else {
            ok = problem_set(err, "with seed %" PRIu64 " %s %d", all->branches.seed[i],
                             WIFSIGNALED(status) ? "was killed by signal" : "ended with status",
                             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
    return ok;
}

bool judge_session_run_seeds(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                             const struct session_options *o, const uint64_t *seed, unsigned n,
                             struct session_result *results, struct problem *err)
{
    struct plan_variation first = *v;
    struct seeds all;
    uint64_t after[BRANCHES_MOST];
    struct session_result r;

    if (!seeds_begin(&all, seed, n, sizeof r, err)) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        after[i] = plan_pulled_after(seed[i]);
    }
    first.fault_seed = seed[0];
    run(s, row, &first, o, &all.branches, v->first ? after : NULL, &r);
    seeds_end(&all, &r);
    bool ok = take_results(&all, n, results, err);
    seeds_free(&all);
    return ok;
}
