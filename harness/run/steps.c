/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/steps.h"

#include "harness/base/quantity.h"
#include "harness/run/diagnosis.h"
#include "harness/run/step.h"
#include "sim/branches.h"
#include "sim/checker.h"
#include "sim/memory.h"
#include "sim/notes.h"
#include "sim/target_avr.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct later { /* a step that happens after a while, as an event */
    struct sim_event event;
    struct target_countdown countdown;
    struct run *run;
    const struct scenario_step *step;
    struct steps *of;
    uint64_t after; /* instructions ... */
    bool came;      /* ... that have come: the time after them runs */
};

struct steps { /* a run, and what it has planned */
    struct run run;
    struct later *later; /* room for every step */
    unsigned n_later;
    unsigned next, failures;   /* the step that comes; of the report when it began */
    bool go_on;                /* no step has ended the scenario */
    struct branches *branches; /* the step that happens `after` instructions has not, with any of these seeds */
    const uint64_t *after;
};

/* Of the seeds that are left the fewest instructions. */
static uint64_t first_after(const struct steps *steps)
{
    uint64_t first = UINT64_MAX;

    for (unsigned i = 0; i < steps->branches->n; i++) {
        if (!steps->branches->gone[i] && steps->after[i] < first) {
            first = steps->after[i];
        }
    }
    return first;
}

static void await(struct later *l, uint64_t instructions)
{
    l->after += instructions;
    target_await_instructions(board_target(l->run->b), &l->countdown, instructions, &l->event);
}

/* True: this run is one of the seeds with which it happens now. */
static bool happens_first(struct later *l)
{
    struct steps *steps = l->of;
    struct branches *b = steps->branches;

    for (unsigned i = 0; i < b->n; i++) {
        if (!b->gone[i] && steps->after[i] == l->after && branches_leave(b, i)) {
            steps->branches = NULL;
            return true;
        }
    }
    await(l, first_after(steps) - l->after);
    return false;
}

static void happen(void *ctx, sim_time at_ps)
{
    struct later *l = ctx;
    struct problem err = { "" };

    if (l->after && !l->came) {
        if (l->of->branches && !happens_first(l)) {
            return;
        }
        l->came = true;
        if (l->step->later_ps) {
            sim_schedule(board_sim(l->run->b), &l->event, at_ps + l->step->later_ps);
            return;
        }
    }
    if (!l->step->type->run(l->run, l->step, &err)) {
        sim_fault(board_sim(l->run->b), "%s", err.text);
    }
}

static bool run_or_plan(struct steps *steps, const struct scenario_step *st, struct problem *err)
{
    struct sim *sim = board_sim(steps->run.b);
    struct later *l;

    if (!st->later) {
        return st->type->run(&steps->run, st, err);
    }
    l = &steps->later[steps->n_later++];
    *l = (struct later){ .run = &steps->run, .step = st, .of = steps };
    sim_event_init(&l->event, "later step", happen, l);
    if (st->later_instructions) {
        await(l, steps->branches ? first_after(steps) : st->later_instructions);
    } else {
        sim_schedule(sim, &l->event, sim->now_ps + st->later_ps);
    }
    return true;
}

static void describe(const struct scenario_step *st, char *buf, size_t n)
{
    char after[48];

    if (st->type->describe) {
        st->type->describe(st, buf, n);
    } else {
        snprintf(buf, n, "%s", st->type->text);
    }
    if (st->later_instructions) {
        snprintf(buf + strlen(buf), n - strlen(buf), " in %" PRIu64 " instruction%s", st->later_instructions,
                 st->later_instructions == 1 ? "" : "s");
    }
    if (st->later && (st->later_ps || !st->later_instructions)) {
        snprintf(buf + strlen(buf), n - strlen(buf), st->later_instructions ? " and %s" : " in %s",
                 quantity_text(QUANTITY_TIME_PS, (int64_t)st->later_ps, after, sizeof after));
    }
}

static bool find_cause(struct run *run, const struct scenario_step *st, struct diagnosis *d,
                       char cause[DIAGNOSIS_BYTES])
{
    enum step_about about = st->type->about;

    d->program = run->program;
    d->reaches_target = about == STEP_SESSION || about == STEP_COMPARES ||
                        (d->program.is_avrdude && !d->program.on_target && d->program.opens);
    d->session_ps = run->in_session && about != STEP_PROGRAM ? run->session_ps : SIM_NEVER;
    d->session_resets = run->session_resets;
    d->compares = about == STEP_COMPARES;
    d->signature = st->type == &step_signature ? st->own : NULL;
    d->signature_came = run->has_signature ? run->signature : NULL;
    d->fuse = st->type == &step_verify_fuses || st->type == &step_write_fuses ? st->fuse : NULL;
    d->data = st->type == &step_verify ? &st->data : NULL;
    d->memory = st->memory;
    return diagnosis_make(d, run->b, cause, DIAGNOSIS_BYTES);
}

static void tell_cause(struct run *run, const struct scenario_step *st, struct diagnosis *before)
{
    char cause[DIAGNOSIS_BYTES];

    if (find_cause(run, st, before, cause)) {
        report_cause(run->r, cause);
    }
}

/* Of a step that went as expected, though perhaps not well. */
static bool cause_as_expected(struct run *run, const struct scenario_step *st, const char *what,
                              struct diagnosis *before)
{
    char cause[DIAGNOSIS_BYTES] = "";

    if (!st->cause) {
        return true;
    }
    if (find_cause(run, st, before, cause)) {
        report_note(run->r, "cause: %s", cause);
    }
    if (st->cause[0] ? strstr(cause, st->cause) != NULL : !cause[0]) {
        return true;
    }
    report_failure(run->r, &st->place, "%s: of the cause is said '%s', expected '%s'", what, cause, st->cause);
    return false;
}

/* False: the scenario ends here. */
static bool take_step(struct steps *steps, unsigned i)
{
    struct run *run = &steps->run;
    const struct scenario_step *st = &run->s->steps[i];
    struct problem err = { "" };
    char text[200];
    bool ok;

    struct diagnosis before;

    board_checker(run->b)->step = (uint16_t)(i + 1);
    diagnosis_begin(&before, run->b);
    run->program = (struct diagnosis_program){ .ran = false };
    run->has_signature = run->lacked = false;
    describe(st, text, sizeof text);
    report_step(run->r, i + 1, board_now(run->b), text);
    if (board_notes(run->b)) {
        notes_add(board_notes(run->b), NOTE_STEP, board_now(run->b), board_now(run->b), i + 1, text);
    }
    ok = run_or_plan(steps, st, &err);
    if ((board_sim(run->b)->fault[0] || !ok) && run->pace && run->pace->stopped(run->pace->ctx)) {
        return false; /* it was broken off */
    }
    if (board_sim(run->b)->fault[0]) {
        report_failure(run->r, &st->place, "%s", err.text);
        return false;
    }
    if (run->lacked) { /* whatever it should have said */
        report_lack(run->r, &st->place, "%s: %s", text, err.text);
        return false;
    }
    if (ok && st->fails) {
        report_failure(run->r, &st->place, "%s worked, expected it to fail with '%s'", text, st->fails);
        return false;
    }
    if (!ok && !st->fails) {
        report_failure(run->r, &st->place, "%s: %s", text, err.text);
        tell_cause(run, st, &before);
        return false;
    }
    if (!ok && !strstr(err.text, st->fails)) {
        report_failure(run->r, &st->place, "%s failed with '%s', expected '%s'", text, err.text, st->fails);
        tell_cause(run, st, &before);
        return false;
    }
    if (!ok) {
        report_note(run->r, "fails as expected: %s", err.text);
    }
    return cause_as_expected(run, st, text, &before);
}

/* After a step that failed the rest is judged all the same: what was found is worth more then. */
static bool may_judge(struct run *run)
{
    struct problem ignored;

    if (board_sim(run->b)->fault[0] || (run->pace && run->pace->stopped(run->pace->ctx))) {
        return false;
    }
    session_close(run, &ignored);
    return !board_sim(run->b)->fault[0];
}

void steps_check_reset(struct board *b)
{
    const struct net *reset = board_net(b, "reset");

    if (net_level(reset) == NET_0 && net_sources(reset).strength >= NET_STRONG) {
        checker_where_then(board_checker(b), &board_target(b)->rules.reset_where);
        checker_report(board_checker(b), CHECK_RESET_HELD, board_now(b), NULL, 0, 0);
        checker_where_then(board_checker(b), NULL);
    }
}

#define LET_GO_PS (10 * SIM_MS) /* a programmer may answer first, and let go then */

struct steps *steps_begin(struct board *b, struct report *r, const struct steps_pace *pace)
{
    static const struct scenario_place nowhere = { 1, 1 };
    struct steps *steps = memory_zeroed(1, sizeof *steps);
    struct problem err = { "" };

    steps->run = (struct run){
        .b = b, .ports = board_ports(b), .s = board_scenario(b), .r = r, .pace = pace, .left_ps = SIM_NEVER
    };
    steps->failures = r->failures;
    steps->go_on = true;
    diagnosis_begin(&steps->run.at_start, b);
    if (!meters_start(&steps->run.meters, b, &err)) {
        report_failure(r, &nowhere, "%s", err.text);
        free(steps);
        return NULL;
    }
    steps->later = memory_zeroed(steps->run.s->n_steps + 1, sizeof *steps->later);
    return steps;
}

void steps_branch(struct steps *steps, struct branches *b, const uint64_t *after)
{
    steps->branches = b;
    steps->after = after;
}

void steps_take(struct steps *steps, unsigned n)
{
    const struct steps_pace *pace = steps->run.pace;

    while (steps->next < n && steps->next < steps->run.s->n_steps && steps->go_on) {
        bool ok = take_step(steps, steps->next++);

        steps->run.r->step_failed |= !ok;
        steps->go_on = ok && !(pace && pace->stopped(pace->ctx));
    }
}

void steps_go_on_as(struct steps *steps, const struct scenario *s)
{
    assert(s->n_steps == steps->run.s->n_steps);
    steps->run.s = s;
    board_go_on_as(steps->run.b, s);
}

static void judge(struct steps *steps)
{
    static const struct scenario_place nowhere = { 1, 1 };
    struct run *run = &steps->run;
    struct problem err = { "" };

    if (!run->in_session && run->left_ps != SIM_NEVER && board_now(run->b) - run->left_ps >= LET_GO_PS) {
        steps_check_reset(run->b);
    }
    if (steps->go_on && !session_close(run, &err)) {
        run->r->step_failed = true;
        report_failure(run->r, &nowhere, "leaving the last session: %s", err.text);
    }
    if (steps->go_on || may_judge(run)) {
        step_check_expectations(run, &run->s->expect);
    }
}

void steps_free(struct steps *steps)
{
    struct run *run = &steps->run;

    for (unsigned i = 0; i < steps->n_later; i++) {
        sim_cancel(board_sim(run->b), &steps->later[i].event);
        target_forget_countdown(board_target(run->b), &steps->later[i].countdown);
    }
    meters_stop(&run->meters);
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        if (run->heard[i].text && board_ports_select(run->ports, i)) {
            board_ports_on_byte(run->ports, NULL, NULL);
        }
        serial_text_free(&run->heard[i]);
    }
    board_ports_select(run->ports, BOARD_PORT_PROGRAMMER);
    free(steps->later);
    free(steps);
}

/* A recording without steps beside it is played to its end. */
static void play_recording(struct steps *steps)
{
    static const struct scenario_place nowhere = { 1, 1 };
    struct run *run = &steps->run;
    struct problem err = { "" };
    sim_time start_ps, now_ps = board_now(run->b);
    const struct wave_list *w = board_recording(run->b, &start_ps);

    if (!run->s->n_steps && !run->pace && w && start_ps + w->end_ps > now_ps &&
        !board_run(run->b, start_ps + w->end_ps - now_ps, &err)) {
        report_failure(run->r, &nowhere, "%s", err.text);
    }
}

bool steps_end(struct steps *steps)
{
    steps_take(steps, steps->run.s->n_steps);
    play_recording(steps);
    judge(steps);
    bool ok = steps->run.r->failures == steps->failures;
    steps_free(steps);
    return ok;
}

bool steps_run_paced(struct board *b, struct report *r, const struct steps_pace *pace)
{
    struct steps *steps = steps_begin(b, r, pace);

    return steps && steps_end(steps);
}
