/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps_serial.c - what goes over a serial port of the board: bare bytes and text */
#include "harness/board/ports.h"
#include "harness/run/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool step_load_port(struct loader *l, const char *path, const char *text,
                    bool (*needs)(struct loader *l, const char *path, const char *key), bool *on_target)
{
    *on_target = text && !strcmp(text, "target");
    if (text && !*on_target && strcmp(text, "programmer")) {
        return load_problem(l, path, "port", "'%.40s' has no serial port: programmer or target", text);
    }
    if (*on_target && !l->s->board.target.uart.given) {
        return load_problem(l, path, "port",
                            "this board has nothing on the target's serial port: add "
                            "uart: {baud: 115200} to board.target");
    }
    return *on_target || needs(l, path, text ? "port" : NULL);
}

static void select_port(struct run *run, bool on_target)
{
    board_ports_select(run->ports, on_target ? BOARD_PORT_TARGET : BOARD_PORT_PROGRAMMER);
}

struct raw_uart_step {
    char *port, *baud, *send, *expect, *within;
    char *wait_for, *matches, *send_text, *expect_text, *log;
};

static const cyaml_schema_field_t uart_fields[] = {
    TEXT(raw_uart_step, port),
    TEXT(raw_uart_step, baud),
    TEXT(raw_uart_step, send),
    TEXT(raw_uart_step, expect),
    TEXT(raw_uart_step, within),
    TEXT(raw_uart_step, wait_for),
    TEXT(raw_uart_step, matches),
    TEXT(raw_uart_step, send_text),
    TEXT(raw_uart_step, expect_text),
    TEXT(raw_uart_step, log),
    CYAML_FIELD_END,
};

struct uart_step {
    bool on_target;
    uint32_t baud; /* 0: as it is */
    uint8_t *send;
    unsigned n_send;
    bool expect_given; /* then: exactly these come within the time */
    int *expect;       /* -1: any */
    unsigned n_expect;
    sim_time within_ps;
    struct serial_text text;
};

static bool load_text(struct loader *l, const char *path, const struct raw_uart_step *raw, struct uart_step *u)
{
    struct serial_text *t = &u->text;

    t->given = raw->wait_for || raw->matches || raw->send_text || raw->expect_text || raw->log;
    if (t->given && (raw->send || raw->expect)) {
        return load_problem(l, path, raw->send ? "send" : "expect",
                            "a step speaks bytes (send, expect) or text (wait_for, matches, send_text, expect_text)");
    }
    for (unsigned i = 0; i < 4; i++) {
        static const char *const keys[] = { "wait_for", "matches", "send_text", "expect_text" };
        const char *text = (const char *const[]){ raw->wait_for, raw->matches, raw->send_text, raw->expect_text }[i];

        if (text && !*text) {
            return load_problem(l, path, keys[i], "the text is empty");
        }
    }
    t->wait_for = raw->wait_for ? load_keep_text(l, raw->wait_for) : NULL;
    t->matches = raw->matches ? load_keep_text(l, raw->matches) : NULL;
    t->send_text = raw->send_text ? load_keep_text(l, raw->send_text) : NULL;
    t->expect_text = raw->expect_text ? load_keep_text(l, raw->expect_text) : NULL;
    t->within_ps = raw->within ? u->within_ps : SIM_S;
    return load_bool(l, path, "log", raw->log, &t->log) &&
           (serial_text_check(t, l->err) || load_place_problem(l, path, "matches"));
}

static bool load_uart(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_uart_step *raw = given;
    struct uart_step *u = load_keep(l, sizeof *u);
    int *bytes = NULL;

    s->own = u;
    u->within_ps = 100 * SIM_MS;
    u->expect_given = raw->expect != NULL;
    if (!step_load_port(l, path, raw->port, step_needs_firmware, &u->on_target) ||
        !load_u32(l, path, "baud", raw->baud, QUANTITY_COUNT, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD, &u->baud) ||
        !load_u64(l, path, "within", raw->within, QUANTITY_TIME_PS, 0, STEP_MAX_PS, &u->within_ps) ||
        !load_bytes(l, path, "send", raw->send, false, &bytes, &u->n_send) ||
        !load_bytes(l, path, "expect", raw->expect, true, &u->expect, &u->n_expect)) {
        return false;
    }
    if (!load_text(l, path, raw, u)) {
        return false;
    }
    u->send = load_keep(l, u->n_send + 1);
    for (unsigned i = 0; i < u->n_send; i++) {
        u->send[i] = (uint8_t)bytes[i];
    }
    return true;
}

#define SHOWN_BYTES 40

struct heard { /* compared as they come: however many, none is dropped from the count */
    const struct uart_step *step;
    uint64_t n;
    uint8_t first[SHOWN_BYTES];
    bool as_expected;
};

static void hear(void *ctx, uint8_t value, sim_time at_ps)
{
    struct heard *h = ctx;
    const struct uart_step *u = h->step;

    (void)at_ps;
    if (h->n < SHOWN_BYTES) {
        h->first[h->n] = value;
    }
    if (h->n >= u->n_expect || (u->expect[h->n] >= 0 && u->expect[h->n] != value)) {
        h->as_expected = false;
    }
    h->n++;
}

/* "30 20 ... (400 bytes)" */
static void heard_text(const struct heard *h, char *text, size_t size)
{
    size_t at = 0;

    for (unsigned i = 0; i < h->n && i < SHOWN_BYTES; i++) {
        at += (size_t)snprintf(text + at, size - at, "%02X ", h->first[i]);
    }
    snprintf(text + at, size - at, "%s(%llu byte%s)", h->n > SHOWN_BYTES ? "... " : "", (unsigned long long)h->n,
             h->n == 1 ? "" : "s");
}

static bool run_uart(struct run *run, const struct scenario_step *s, struct problem *err)
{
    const struct uart_step *u = s->own;
    struct heard h = { .step = u, .as_expected = true };
    char got[3 * SHOWN_BYTES + 40];
    bool ok;

    if (!u->on_target && !session_close(run, err)) {
        return false;
    }
    select_port(run, u->on_target);
    if (u->baud) {
        board_ports_baud(run->ports, u->baud);
    }
    if (u->text.given) {
        ok = serial_text_run(run->b, run->r, &run->heard[u->on_target], &u->text, err);
        select_port(run, false);
        return ok;
    }
    board_ports_on_byte(run->ports, hear, &h);
    board_ports_send(run->ports, u->send, u->n_send);
    ok = board_run(run->b, u->within_ps, err);
    board_ports_on_byte(run->ports, NULL, NULL);
    select_port(run, false);
    if (!ok) {
        return false;
    }
    heard_text(&h, got, sizeof got);
    report_note(run->r, "received %s", h.n ? got : "nothing");
    return !u->expect_given || (h.as_expected && h.n == u->n_expect) ||
           problem_set(err, "received %s, expected %u byte%s", h.n ? got : "nothing", u->n_expect,
                       u->n_expect == 1 ? "" : "s");
}

const struct step_type step_uart = {
    .key = "uart",
    .text = "uart",
    .fields = uart_fields,
    .raw_bytes = sizeof(struct raw_uart_step),
    .load = load_uart,
    .run = run_uart,
};
