/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/step.h"

#include "sim/target_avr.h"

/* d: takes note of what failed first, for its cause. */
static void check_memories(struct run *run, const struct scenario_expect *e, struct diagnosis *d)
{
    struct problem err = { "" };
    struct programmer *p = board_programmer(run->b);
    bool any = e->flash.bytes || e->eeprom.bytes, was_open = run->in_session, plugged = false;
    const struct scenario_place *at = &e->place;

    for (unsigned f = 0; f < 4; f++) {
        any |= e->fuses.value[f] >= 0;
    }
    if (!any) {
        return;
    }
    if (!p->ops || !p->ops->read || !p->ops->read_fuse) {
        plugged = board_plug_script(run->b, &run->s->reader, &err);
        if (!plugged) {
            report_failure(run->r, at, "%s", err.text);
            return;
        }
        was_open = run->in_session = false;
    }
    if (e->flash.bytes && !session_compare_memory(run, PROG_FLASH, &e->flash, &err)) {
        report_failure(run->r, &e->flash_place, "%s", err.text);
        d->data = &e->flash;
        d->memory = PROG_FLASH;
    }
    if (e->eeprom.bytes && !session_compare_memory(run, PROG_EEPROM, &e->eeprom, &err)) {
        report_failure(run->r, &e->eeprom_place, "%s", err.text);
        d->memory = d->data ? PROG_FLASH : PROG_EEPROM;
        d->data = d->data ? d->data : &e->eeprom;
    }
    if (!session_compare_fuses(run, e->fuses.value, &err)) {
        report_failure(run->r, &e->fuses.place, "%s", err.text);
        d->fuse = d->data ? NULL : e->fuses.value;
    }
    if (!was_open && !session_close(run, &err)) {
        report_failure(run->r, at, "%s", err.text);
    }
    if (plugged) {
        board_plug_script(run->b, NULL, &err);
    }
}

void step_check_expectations(struct run *run, const struct scenario_expect *e)
{
    struct report *r = run->r;
    unsigned failures = r->failures;
    struct diagnosis d = run->at_start;
    char cause[DIAGNOSIS_BYTES];
    bool is_first = !failures && !r->step_failed; /* what comes of a step that failed has its cause already */
    bool in_vain = !board_target(run->b)->enables && board_net(run->b, "target.sck")->changed_ps;

    d.program = run->program;
    d.reaches_target = d.compares = true;
    expect_check_findings(e, run->b, r);
    bool by_findings = r->failures > failures;
    expect_check_figures(e, run->b, &run->meters, r);
    bool by_figures = r->failures > failures;
    check_memories(run, e, &d);
    /* a figure alone says little: of a session that never was, its cause */
    if (is_first && r->failures > failures && (by_findings || d.data || d.fuse || (by_figures && in_vain)) &&
        diagnosis_make(&d, run->b, cause, sizeof cause)) {
        report_cause(r, cause);
    }
}

static bool load_expect_step(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return load_expect(l, path, raw, &s->expect);
}

static bool run_expect(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)err;
    step_check_expectations(run, &s->expect);
    return true;
}

const struct step_type step_expect = {
    .key = "expect",
    .text = "expect",
    .fields = raw_expect_fields,
    .raw_bytes = sizeof(struct raw_expect),
    .load = load_expect_step,
    .run = run_expect,
};

static bool run_mark(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)s;
    (void)err;
    meters_restart(&run->meters);
    return true;
}

const struct step_type step_mark = { .key = "mark", .text = "mark", .load = step_load_yes, .run = run_mark };
