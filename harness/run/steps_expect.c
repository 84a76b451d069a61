/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/step.h"

static void check_memories(struct run *run, const struct scenario_expect *e)
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
    }
    if (e->eeprom.bytes && !session_compare_memory(run, PROG_EEPROM, &e->eeprom, &err)) {
        report_failure(run->r, &e->eeprom_place, "%s", err.text);
    }
    if (!session_compare_fuses(run, e->fuses.value, &err)) {
        report_failure(run->r, &e->fuses.place, "%s", err.text);
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
    expect_check(e, run->b, &run->meters, run->r);
    check_memories(run, e);
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
