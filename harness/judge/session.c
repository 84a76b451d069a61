/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/session.h"

#include "harness/board/board.h"
#include "harness/run/step.h"
#include "harness/run/steps.h"
#include "sim/memory.h"
#include "sim/nvm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the chip should hold ---- */

static void expect_erase(struct nvm_cells *c, const struct part *part)
{
    memset(c->flash, 0xFF, part->flash_bytes);
    memset(c->eeprom, 0xFF, part->eeprom_bytes);
    c->fuses.lock = 0xFF;
}

static void expect_step(struct nvm_cells *c, const struct part *part, const struct scenario_step *st)
{
    const char *key = st->type->key;

    if (!strcmp(key, "erase")) {
        expect_erase(c, part);
    } else if (!strcmp(key, "program")) {
        uint8_t *to = st->memory == PROG_FLASH ? c->flash : c->eeprom;

        for (uint32_t i = 0; i < st->data.n; i++) {
            uint8_t *cell = &to[st->data.offset + i];
            *cell = st->memory == PROG_FLASH ? *cell & st->data.bytes[i] : st->data.bytes[i];
        }
    } else if (!strcmp(key, "write_fuses")) {
        for (unsigned f = 0; f < 3; f++) {
            c->fuses.fuse[f] = st->fuse[f] >= 0 ? (uint8_t)st->fuse[f] : c->fuses.fuse[f];
        }
        c->fuses.lock = st->fuse[PROG_LOCK] >= 0 ? (uint8_t)st->fuse[PROG_LOCK] & c->fuses.lock : c->fuses.lock;
    }
}

static void tell_cells(const char *memory, const uint8_t *is, const uint8_t *must, uint32_t n, char *text, size_t size)
{
    uint32_t differ = 0, first = 0;

    for (uint32_t i = n; i-- > 0;) {
        if (is[i] != must[i]) {
            differ++;
            first = i;
        }
    }
    if (differ && !text[0]) {
        snprintf(text, size, "%s: %u byte%s not as asked for, first at 0x%04X: %02X, asked for %02X", memory, differ,
                 differ == 1 ? "" : "s", first, is[first], must[first]);
    }
}

/* What the chip holds against what was asked for; text "": the same. */
static void compare(const struct nvm_cells *is, const struct nvm_cells *must, const struct part *part, char *text,
                    size_t size)
{
    static const char *const names[] = { "low fuse", "high fuse", "extended fuse" };
    struct fuse_bytes a = fuse_as_read(part, &is->fuses), b = fuse_as_read(part, &must->fuses);

    text[0] = '\0';
    tell_cells("flash", is->flash, must->flash, part->flash_bytes, text, size);
    tell_cells("EEPROM", is->eeprom, must->eeprom, part->eeprom_bytes, text, size);
    for (unsigned i = 0; i < 3 && !text[0]; i++) {
        if (a.fuse[i] != b.fuse[i]) {
            snprintf(text, size, "%s: %02X, asked for %02X", names[i], a.fuse[i], b.fuse[i]);
        }
    }
    if (!text[0] && !fuse_same(part, &a, &b)) {
        snprintf(text, size, "lock bits: %02X, asked for %02X", a.lock, b.lock);
    }
}

/* The last write ends; the target starts, and it is seen who still holds the wires. */
#define AFTER_PS (150 * SIM_MS)

/* ---- what was found ---- */

static void take_rules(const struct checker *c, struct session_result *r)
{
    r->violations = c->violations;
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_margin *m = checker_margin(c, (enum checker_rule)i);
        struct session_rule *to = &r->rules[i];

        to->findings = m->findings;
        to->has_margin = m->measured_once;
        to->required = m->required;
        to->measured = m->measured;
        to->at_ps = m->at_ps;
        to->where = m->where;
    }
    for (size_t i = checker_count(c); i-- > 0;) { /* the first stays */
        const struct checker_finding *f = checker_at(c, i);
        struct session_rule *to = &r->rules[f->rule];

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

static void run_on(struct board *b, const struct scenario *sc, const struct session_options *o,
                   struct session_result *r)
{
    struct cause_sink causes = { .sink = { .ops = &cause_ops }, .r = r };
    struct report report = { .run.file = "session", .sinks = &causes.sink };
    struct nvm_cells *must = memory_zeroed(1, sizeof *must);
    const struct part *part = sc->board.target.part;
    struct problem ignored;
    struct conduct_watch watch;

    *must = board_nvm(b)->cells;
    if (o->conduct) {
        conduct_begin(&watch, b);
    }
    bool ok = steps_run(b, &report);
    r->took_ps = board_now(b);
    if (o->conduct) {
        conduct_end(&watch, b, &r->conduct);
    }
    r->failed_step = ok ? 0 : board_checker(b)->step;
    board_run(b, AFTER_PS, &ignored);
    if (ok) {
        steps_check_reset(b);
    }
    take_rules(board_checker(b), r);
    nvm_settle(board_nvm(b), board_now(b));
    for (unsigned i = 0; i < sc->n_steps; i++) {
        expect_step(must, part, &sc->steps[i]);
    }
    compare(&board_nvm(b)->cells, must, part, r->cells, sizeof r->cells);
    r->outcome = !ok ? SESSION_NOTICED : r->cells[0] ? SESSION_SILENT : SESSION_RIGHT;
    take_message(report.first_failure, r);
    free(must);
}

void judge_session_run(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                       const struct session_options *o, struct session_result *r)
{
    struct problem err = { "" };
    struct scenario *sc = plan_scenario(s, row, v, &err);
    const struct board_options options = { .budget_ps = o->budget_ps, .notes = o->conduct };
    struct board *b = sc ? board_new(sc, &options, &err) : NULL;

    memset(r, 0, sizeof *r);
    if (b) {
        run_on(b, sc, o, r);
    } else {
        snprintf(r->message, sizeof r->message, "%.*s", (int)sizeof r->message - 1, err.text);
    }
    board_free(b);
    scenario_free(sc);
}
