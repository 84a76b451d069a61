/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/step.h"
#include "harness/run/steps.h"

#include <stdio.h>
#include <string.h>

bool step_load_yes(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    const char *key = s->type->key;
    bool yes = false;

    if (!load_bool(l, path, key, raw, &yes)) {
        return false;
    }
    return yes || load_problem(l, path, key, "write '%s: yes', or leave the step out", key);
}

bool step_needs_firmware(struct loader *l, const char *path, const char *key)
{
    return programmer_is_firmware(&l->s->board.programmer) ||
           load_problem(l, path, key, "the programmer of this board runs no firmware and has no serial port");
}

/* ---- time ---- */

static bool load_wait(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return load_u64(l, path, "wait", raw, QUANTITY_TIME_PS, 0, STEP_MAX_PS, &s->wait_ps);
}

static bool run_wait(struct run *run, const struct scenario_step *s, struct problem *err)
{
    return run->pace ? run->pace->wait(run->pace->ctx, s->wait_ps, err) : board_run(run->b, s->wait_ps, err);
}

static const char *describe_wait(const struct scenario_step *s, char *buf, size_t n)
{
    char time[48];

    snprintf(buf, n, "wait %s", quantity_text(QUANTITY_TIME_PS, (int64_t)s->wait_ps, time, sizeof time));
    return buf;
}

const struct step_type step_wait = {
    .key = "wait",
    .text = "wait",
    .load = load_wait,
    .run = run_wait,
    .describe = describe_wait,
};

/* ---- supply, clock, wires ---- */

static bool load_power(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    bool on;
    struct problem ignored;

    s->sets_vcc = true;
    if (quantity_bool(raw, &on, &ignored)) {
        s->vcc_mv = on ? l->s->board.vcc_mv : 0;
        return true;
    }
    return load_u32(l, path, "power", raw, QUANTITY_MV, 0, 6000, &s->vcc_mv);
}

static bool run_power(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)err;
    board_power(run->b, s->vcc_mv);
    return true;
}

static const char *describe_power(const struct scenario_step *s, char *buf, size_t n)
{
    char volts[48];

    snprintf(buf, n, "power %s", quantity_text(QUANTITY_MV, s->vcc_mv, volts, sizeof volts));
    return buf;
}

const struct step_type step_power = {
    .key = "power",
    .text = "power",
    .may_be_later = true,
    .load = load_power,
    .run = run_power,
    .describe = describe_power,
};

static bool load_rewire(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return load_leads(l, path, raw, &s->wires, &s->n_wires);
}

static bool run_rewire(struct run *run, const struct scenario_step *s, struct problem *err)
{
    return board_rewire(run->b, s->wires, s->n_wires, err);
}

const struct step_type step_rewire = {
    .key = "rewire",
    .text = "rewire",
    .fields = raw_pins_fields,
    .raw_bytes = sizeof(struct raw_pins),
    .may_be_later = true,
    .load = load_rewire,
    .run = run_rewire,
};

static bool load_clock_step(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return load_clock(l, path, raw, &s->clock);
}

static bool run_clock(struct run *run, const struct scenario_step *s, struct problem *err)
{
    return board_clock(run->b, &s->clock, err);
}

const struct step_type step_clock = {
    .key = "clock",
    .text = "clock",
    .fields = raw_clock_fields,
    .raw_bytes = sizeof(struct raw_clock),
    .may_be_later = true,
    .load = load_clock_step,
    .run = run_clock,
};

/* own: out of its socket; NULL: in it. */
static bool load_chip(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    static const bool is_out = true;

    s->own = !strcmp(raw, "out") ? &is_out : NULL;
    return s->own || !strcmp(raw, "in") ||
           load_problem(l, path, "chip", "'%.40s' is neither out (of its socket) nor in", (const char *)raw);
}

static bool run_chip(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)err;
    board_pull_chip(run->b, s->own != NULL);
    return true;
}

static const char *describe_chip(const struct scenario_step *s, char *buf, size_t n)
{
    snprintf(buf, n, "chip %s its socket", s->own ? "out of" : "into");
    return buf;
}

const struct step_type step_chip = {
    .key = "chip",
    .text = "chip",
    .may_be_later = true,
    .load = load_chip,
    .run = run_chip,
    .describe = describe_chip,
};

/* ---- the programmer ---- */

static bool load_reset_programmer(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return step_load_yes(l, path, raw, s) && step_needs_firmware(l, path, s->type->key);
}

static bool run_reset_programmer(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)s;
    (void)err;
    board_reset_programmer(run->b);
    return true;
}

const struct step_type step_reset_programmer = {
    .key = "reset_programmer",
    .text = "reset programmer",
    .may_be_later = true,
    .load = load_reset_programmer,
    .run = run_reset_programmer,
};

/* own: the scripted one comes in the programmer's place; NULL: the programmer is back. */
static bool load_plug(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    bool script = !strcmp(raw, "script");

    s->own = script ? &l->s->reader : NULL;
    return script || !strcmp(raw, "programmer") ||
           load_problem(l, path, "plug", "'%.40s' can't be plugged in: script or programmer", (const char *)raw);
}

static bool run_plug(struct run *run, const struct scenario_step *s, struct problem *err)
{
    return session_close(run, err) && board_plug_script(run->b, s->own, err);
}

const struct step_type step_plug = { .key = "plug", .text = "plug", .load = load_plug, .run = run_plug };
