/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/steps.h"

#include "harness/base/quantity.h"
#include "harness/board/ports.h"
#include "harness/live/avrdude.h"
#include "harness/run/expect.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct later { /* a step's action that happens after a while, as an event */
    struct sim_event event;
    struct board *b;
    const struct scenario_step *step;
};

struct run {
    struct board *b;
    struct board_ports *ports;
    const struct scenario *s;
    struct report *r;
    struct meters meters;
    struct later *later;
    unsigned n_later;
    bool in_session;
    const struct steps_pace *pace; /* NULL: none */
};

/* ---- sessions ---- */

#define NO_WAY(err, what) problem_set(err, "this programmer has no way to %s", what)

static bool open_session(struct run *run, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (run->in_session) {
        return true;
    }
    if (!p->ops || !p->ops->enter) {
        return NO_WAY(err, "enter programming mode");
    }
    if (!p->ops->enter(p->ctx, err)) {
        return false;
    }
    run->in_session = true;
    return true;
}

static bool close_session(struct run *run, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!run->in_session) {
        return true;
    }
    run->in_session = false;
    return p->ops->leave(p->ctx, err);
}

/* ---- comparing what was read ---- */

static bool read_and_compare(struct run *run, enum prog_memory m, const struct scenario_data *d, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    uint32_t wrong = 0, first = 0;
    uint8_t *got;
    bool ok;

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->read) {
        return NO_WAY(err, "read memories");
    }
    got = memory_zeroed(d->n, 1);
    ok = p->ops->read(p->ctx, m, d->offset, got, d->n, err);
    for (uint32_t i = d->n; ok && i-- > 0;) {
        if ((!d->given || d->given[i]) && got[i] != d->bytes[i]) {
            wrong++;
            first = i;
        }
    }
    if (ok && wrong) {
        ok = problem_set(err, "%s differs from %s in %u of %u bytes, first at 0x%04X: 0x%02X, expected 0x%02X",
                         prog_memory_name(m), d->what, wrong, d->n, d->offset + first, got[first], d->bytes[first]);
    }
    free(got);
    return ok;
}

static bool compare_fuses(struct run *run, const int want[4], struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->read_fuse) {
        return NO_WAY(err, "read fuses");
    }
    for (unsigned f = 0; f < 4; f++) {
        uint8_t got;

        if (want[f] < 0) {
            continue;
        }
        if (!p->ops->read_fuse(p->ctx, (enum prog_fuse)f, &got, err)) {
            return false;
        }
        if (got != want[f]) {
            return problem_set(err, "%s is 0x%02X, expected 0x%02X", prog_fuse_name((enum prog_fuse)f), got, want[f]);
        }
        report_note(run->r, "%s 0x%02X", prog_fuse_name((enum prog_fuse)f), got);
    }
    return true;
}

/* ---- steps that talk to the programmer ---- */

static bool do_signature(struct run *run, const struct scenario_step *st, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    uint8_t got[3];

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->signature) {
        return NO_WAY(err, "read the signature");
    }
    if (!p->ops->signature(p->ctx, got, err)) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (st->signature[i] >= 0 && got[i] != st->signature[i]) {
            return problem_set(err, "the signature is %02X %02X %02X", got[0], got[1], got[2]);
        }
    }
    report_note(run->r, "signature %02X %02X %02X", got[0], got[1], got[2]);
    return true;
}

static bool do_erase(struct run *run, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!open_session(run, err)) {
        return false;
    }
    return p->ops->erase ? p->ops->erase(p->ctx, err) : NO_WAY(err, "erase the chip");
}

/* Runs of bytes that the data has; a file's gaps are not written. */
static bool do_program(struct run *run, const struct scenario_step *st, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    const struct scenario_data *d = &st->data;

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->write) {
        return NO_WAY(err, "write memories");
    }
    for (uint32_t i = 0; i < d->n;) {
        uint32_t end = i;

        while (end < d->n && (!d->given || d->given[end])) {
            end++;
        }
        if (end > i && !p->ops->write(p->ctx, st->memory, d->offset + i, d->bytes + i, end - i, err)) {
            return false;
        }
        for (i = end; i < d->n && d->given && !d->given[i]; i++)
            ;
    }
    return true;
}

static bool do_read(struct run *run, const struct scenario_step *st, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    uint32_t sum = 2166136261u; /* FNV-1a: a name for the bytes in the report */
    uint8_t *got;
    bool ok;

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->read) {
        return NO_WAY(err, "read memories");
    }
    got = memory_zeroed(st->data.n, 1);
    ok = p->ops->read(p->ctx, st->memory, st->data.offset, got, st->data.n, err);
    for (uint32_t i = 0; ok && i < st->data.n; i++) {
        sum = (sum ^ got[i]) * 16777619u;
    }
    if (ok) {
        report_note(run->r, "%u bytes, FNV-1a %08X", st->data.n, sum);
    }
    free(got);
    return ok;
}

static bool do_write_fuses(struct run *run, const struct scenario_step *st, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->write_fuse) {
        return NO_WAY(err, "write fuses");
    }
    for (unsigned f = 0; f < 4; f++) {
        if (st->fuse[f] >= 0 && !p->ops->write_fuse(p->ctx, (enum prog_fuse)f, (uint8_t)st->fuse[f], err)) {
            return false;
        }
    }
    return true;
}

static bool do_spi(struct run *run, const struct scenario_step *st, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    uint8_t a[4];

    if (!open_session(run, err)) {
        return false;
    }
    if (!p->ops->spi) {
        return NO_WAY(err, "send single instructions");
    }
    if (!p->ops->spi(p->ctx, st->send, a, err)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (st->answer[i] >= 0 && a[i] != st->answer[i]) {
            return problem_set(err, "the answer is %02X %02X %02X %02X", a[0], a[1], a[2], a[3]);
        }
    }
    report_note(run->r, "%02X %02X %02X %02X -> %02X %02X %02X %02X", st->send[0], st->send[1], st->send[2],
                st->send[3], a[0], a[1], a[2], a[3]);
    return true;
}

/* ---- real avrdude ---- */

static bool has_arg(const char *const *args, const char *option)
{
    for (; *args; args++) {
        if (!strncmp(*args, option, 2)) {
            return true;
        }
    }
    return false;
}

static bool do_avrdude(struct run *run, const struct scenario_step *st, struct problem *err)
{
    const struct scenario_programmer *p = &run->s->board.programmer;
    struct avrdude_job job = avrdude_job_default;
    struct avrdude_result result;
    const char *args[200];
    unsigned n = 0;
    char baud[16];
    bool ok = true;

    if (!close_session(run, err)) {
        return false;
    }
    bool on_target = st->avrdude.on_target;
    const char *protocol = on_target ? "arduino" : p->host->avrdude_c[0]; /* a bootloader speaks arduino's */

    snprintf(baud, sizeof baud, "%u", on_target ? run->s->board.target.uart.baud : p->baud);
    const char *const usual[][2] = {
        { "-c", protocol }, { "-P", "{port}" }, { "-b", baud }, { "-p", run->s->board.target.part->avrdude_id }
    };
    for (unsigned i = 0; i < 4; i++) {
        if (!has_arg(st->avrdude.args, usual[i][0])) {
            args[n++] = usual[i][0];
            args[n++] = usual[i][1];
        }
    }
    for (unsigned i = 0; st->avrdude.args[i]; i++) {
        if (n + 2 > sizeof args / sizeof args[0]) {
            return problem_set(err, "too many arguments for avrdude");
        }
        args[n++] = st->avrdude.args[i];
    }
    args[n] = NULL;
    job.args = args;
    for (unsigned i = 0; i + 1 < n; i++) {
        if (!strcmp(args[i], "-c")) {
            job.protocol = host_turns_of_avrdude(args[i + 1]);
        }
    }
    board_ports_select(run->ports, st->avrdude.on_target ? BOARD_PORT_TARGET : BOARD_PORT_PROGRAMMER);
    ok = avrdude_run(run->b, &job, &result, err);
    board_ports_select(run->ports, BOARD_PORT_PROGRAMMER);
    if (!ok) {
        return false;
    }
    if (run->r->verbose) {
        fprintf(run->r->out, "%s", result.output);
    }
    if (*board_ports_complaint(run->ports)) {
        report_note(run->r, "the programmer said: %s", board_ports_complaint(run->ports));
    }
    if (result.unsure_turns) {
        report_note(run->r, "%u turns were decided by the wall clock: another run may differ", result.unsure_turns);
    }
    if (result.timed_out) {
        ok = problem_set(err, "avrdude hung and was killed");
    } else if (result.exit_status != st->avrdude.exit_status) {
        ok = problem_set(err, "avrdude's exit status is %d, expected %d; it said:\n%.700s", result.exit_status,
                         st->avrdude.exit_status, result.output);
    }
    for (unsigned i = 0; ok && st->avrdude.says[i]; i++) {
        if (!strstr(result.output, st->avrdude.says[i])) {
            ok = problem_set(err, "avrdude did not say '%.100s'; it said:\n%.700s", st->avrdude.says[i], result.output);
        }
    }
    free(result.output);
    return ok;
}

/* ---- bare bytes on a serial port ---- */

struct heard {
    uint8_t bytes[256];
    unsigned n;
};

static void hear(void *ctx, uint8_t value, sim_time at_ps)
{
    struct heard *h = ctx;

    (void)at_ps;
    if (h->n < sizeof h->bytes) {
        h->bytes[h->n++] = value;
    }
}

static bool do_uart(struct run *run, const struct scenario_step *st, struct problem *err)
{
    const struct scenario_uart_step *u = &st->uart;
    struct heard h = { .n = 0 };
    char got[3 * 40 + 1] = "";
    bool ok;

    if (!u->on_target && !close_session(run, err)) {
        return false;
    }
    board_ports_select(run->ports, u->on_target ? BOARD_PORT_TARGET : BOARD_PORT_PROGRAMMER);
    if (u->baud) {
        board_ports_baud(run->ports, u->baud);
    }
    board_ports_on_byte(run->ports, hear, &h);
    board_ports_send(run->ports, u->send, u->n_send);
    ok = board_run(run->b, u->within_ps, err);
    board_ports_on_byte(run->ports, NULL, NULL);
    board_ports_select(run->ports, BOARD_PORT_PROGRAMMER);
    if (!ok) {
        return false;
    }
    for (unsigned i = 0; i < h.n && i < 40; i++) {
        sprintf(got + 3 * i, "%02X ", h.bytes[i]);
    }
    ok = !u->expect_given || h.n == u->n_expect;
    for (unsigned i = 0; ok && u->expect_given && i < h.n; i++) {
        ok = u->expect[i] < 0 || u->expect[i] == h.bytes[i];
    }
    report_note(run->r, "received %s", h.n ? got : "nothing");
    return ok || problem_set(err, "received %s(%u byte%s)", got, h.n, h.n == 1 ? "" : "s");
}

/* ---- expectations ---- */

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
    if (e->flash.bytes && !read_and_compare(run, PROG_FLASH, &e->flash, &err)) {
        report_failure(run->r, &e->flash_place, "%s", err.text);
    }
    if (e->eeprom.bytes && !read_and_compare(run, PROG_EEPROM, &e->eeprom, &err)) {
        report_failure(run->r, &e->eeprom_place, "%s", err.text);
    }
    if (!compare_fuses(run, e->fuses.value, &err)) {
        report_failure(run->r, &e->fuses.place, "%s", err.text);
    }
    if (!was_open && !close_session(run, &err)) {
        report_failure(run->r, at, "%s", err.text);
    }
    if (plugged) {
        board_plug_script(run->b, NULL, &err);
    }
}

static void check_expectations(struct run *run, const struct scenario_expect *e)
{
    expect_check(e, run->b, &run->meters, run->r);
    check_memories(run, e);
}

/* ---- what acts on the board ---- */

static bool act(struct board *b, const struct scenario_step *st, struct problem *err)
{
    switch (st->kind) {
    case STEP_POWER: board_power(b, st->vcc_mv); return true;
    case STEP_REWIRE: return board_rewire(b, st->wires, st->n_wires, err);
    case STEP_CLOCK: return board_clock(b, &st->clock, err);
    case STEP_RESET_PROGRAMMER: board_reset_programmer(b); return true;
    default: return problem_set(err, "not a step that acts on the board");
    }
}

static void act_later(void *ctx, sim_time at_ps)
{
    struct later *l = ctx;
    struct problem err = { "" };

    (void)at_ps;
    if (!act(l->b, l->step, &err)) {
        sim_fault(board_sim(l->b), "%s", err.text);
    }
}

static bool act_or_plan(struct run *run, const struct scenario_step *st, struct problem *err)
{
    struct sim *sim = board_sim(run->b);
    struct later *l;

    if (!st->later) {
        return act(run->b, st, err);
    }
    l = &run->later[run->n_later++];
    l->b = run->b;
    l->step = st;
    sim_event_init(&l->event, "later step", act_later, l);
    sim_schedule(sim, &l->event, sim->now_ps + st->later_ps);
    return true;
}

static bool do_plug(struct run *run, const struct scenario_step *st, struct problem *err)
{
    return close_session(run, err) && board_plug_script(run->b, st->plug_script ? &run->s->reader : NULL, err);
}

static bool do_step(struct run *run, const struct scenario_step *st, struct problem *err)
{
    switch (st->kind) {
    case STEP_POWER:
    case STEP_REWIRE:
    case STEP_CLOCK:
    case STEP_RESET_PROGRAMMER: return act_or_plan(run, st, err);
    case STEP_WAIT:
        return run->pace ? run->pace->wait(run->pace->ctx, st->wait_ps, err) : board_run(run->b, st->wait_ps, err);
    case STEP_ENTER: run->in_session = false; return open_session(run, err);
    case STEP_LEAVE: return close_session(run, err);
    case STEP_SIGNATURE: return do_signature(run, st, err);
    case STEP_ERASE: return do_erase(run, err);
    case STEP_PROGRAM: return do_program(run, st, err);
    case STEP_VERIFY: return read_and_compare(run, st->memory, &st->data, err);
    case STEP_READ: return do_read(run, st, err);
    case STEP_WRITE_FUSES: return do_write_fuses(run, st, err);
    case STEP_VERIFY_FUSES: return compare_fuses(run, st->fuse, err);
    case STEP_SPI: return do_spi(run, st, err);
    case STEP_AVRDUDE: return do_avrdude(run, st, err);
    case STEP_UART: return do_uart(run, st, err);
    case STEP_PLUG: return do_plug(run, st, err);
    case STEP_MARK: meters_restart(&run->meters); return true;
    case STEP_EXPECT: check_expectations(run, &st->expect); return true;
    }
    return true;
}

static void step_text(const struct scenario_step *st, char *buf, size_t n)
{
    static const char *const names[] = { "power",        "wait",    "enter",  "leave", "signature",
                                         "erase",        "program", "verify", "read",  "write fuses",
                                         "verify fuses", "spi",     "rewire", "clock", "reset programmer",
                                         "avrdude",      "mark",    "expect", "uart",  "plug" };
    char amount[48], after[48];

    switch (st->kind) {
    case STEP_POWER: snprintf(buf, n, "power %s", quantity_text(QUANTITY_MV, st->vcc_mv, amount, sizeof amount)); break;
    case STEP_WAIT:
        snprintf(buf, n, "wait %s", quantity_text(QUANTITY_TIME_PS, (int64_t)st->wait_ps, amount, sizeof amount));
        break;
    case STEP_PROGRAM:
    case STEP_VERIFY:
        snprintf(buf, n, "%s %s: %s, %u bytes from 0x%04X on", names[st->kind], prog_memory_name(st->memory),
                 st->data.what, st->data.n, st->data.offset);
        break;
    default: snprintf(buf, n, "%s", names[st->kind]);
    }
    if (st->later) {
        snprintf(buf + strlen(buf), n - strlen(buf), " in %s",
                 quantity_text(QUANTITY_TIME_PS, (int64_t)st->later_ps, after, sizeof after));
    }
}

/* False: the scenario ends here. */
static bool step(struct run *run, unsigned i)
{
    const struct scenario_step *st = &run->s->steps[i];
    struct problem err = { "" };
    char text[200];
    bool ok;

    step_text(st, text, sizeof text);
    report_step(run->r, i + 1, board_now(run->b), text);
    ok = do_step(run, st, &err);
    if (board_sim(run->b)->fault[0]) {
        report_failure(run->r, &st->place, "%s", err.text);
        return false;
    }
    if (ok && st->fails) {
        report_failure(run->r, &st->place, "%s worked, expected it to fail with '%s'", text, st->fails);
        return false;
    }
    if (!ok && !st->fails) {
        report_failure(run->r, &st->place, "%s: %s", text, err.text);
        return false;
    }
    if (!ok && !strstr(err.text, st->fails)) {
        report_failure(run->r, &st->place, "%s failed with '%s', expected '%s'", text, err.text, st->fails);
        return false;
    }
    if (!ok) {
        report_note(run->r, "fails as expected: %s", err.text);
    }
    return true;
}

bool steps_run_paced(struct board *b, struct report *r, const struct steps_pace *pace)
{
    struct run run = { .b = b, .ports = board_ports(b), .s = board_scenario(b), .r = r, .pace = pace };
    static const struct scenario_place nowhere = { 1, 1 };
    struct problem err = { "" };
    unsigned failures = r->failures;
    bool go_on = true;

    if (!meters_start(&run.meters, b, &err)) {
        report_failure(r, &nowhere, "%s", err.text);
        return false;
    }
    run.later = memory_zeroed(run.s->n_steps + 1, sizeof *run.later);
    for (unsigned i = 0; i < run.s->n_steps && go_on; i++) {
        go_on = step(&run, i) && !(pace && pace->stopped(pace->ctx));
    }
    if (go_on && !close_session(&run, &err)) {
        report_failure(r, &nowhere, "leaving the last session: %s", err.text);
    }
    if (go_on) {
        check_expectations(&run, &run.s->expect);
    }
    for (unsigned i = 0; i < run.n_later; i++) {
        sim_cancel(board_sim(b), &run.later[i].event);
    }
    for (unsigned i = 0; i < run.meters.n; i++) {
        net_watch_remove(run.meters.meter[i].net, &run.meters.meter[i].watch);
    }
    free(run.later);
    return r->failures == failures;
}
