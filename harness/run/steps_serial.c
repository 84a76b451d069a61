/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps_serial.c - what goes over a serial port of the board: real avrdude, and bare bytes */
#include "harness/run/steps_serial.h"

#include "harness/base/firmware_path.h"
#include "harness/board/ports.h"
#include "harness/live/avrdude.h"
#include "harness/run/step.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- whose port ---- */

static bool needs_host(struct loader *l, const char *path, const char *key)
{
    return programmer_has_front_end(&l->s->board.programmer) || programmer_is_firmware(&l->s->board.programmer) ||
           load_problem(l, path, key, "a recording is the programmer of this board: no avrdude can drive it");
}

/* Whose serial port: the programmer's unless said otherwise. */
static bool load_port(struct loader *l, const char *path, const char *text, bool front_end_will_do, bool *on_target)
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
    return *on_target || (front_end_will_do ? needs_host : step_needs_firmware)(l, path, text ? "port" : NULL);
}

static void select_port(struct run *run, bool on_target)
{
    board_ports_select(run->ports, on_target ? BOARD_PORT_TARGET : BOARD_PORT_PROGRAMMER);
}

/* ---- real avrdude ---- */

#define AVRDUDE_MAX_FILE_BYTES (16u * 1024 * 1024)

struct raw_avrdude {
    char *args, *exit, *port;
    char **says;
    unsigned says_count;
};

static const cyaml_schema_field_t avrdude_fields[] = {
    TEXT(raw_avrdude, args), TEXT(raw_avrdude, exit), TEXT(raw_avrdude, port), LIST(raw_avrdude, says, raw_text_value),
    CYAML_FIELD_END,
};

/* What avrdude will read, it reads itself: all runs of a sweep must find what stood there at the beginning. */
static bool keep_read_file(struct loader *l, struct avrdude_step *a, const char *arg, size_t len, const char *full)
{
    bool is_read = len >= 3 && (!strncmp(arg + len - 3, ":w:", 3) || !strncmp(arg + len - 3, ":v:", 3));
    const struct input_file *f = is_read ? input_files_get(l->s->inputs, full, AVRDUDE_MAX_FILE_BYTES, NULL, l->err)
                                         : NULL;

    if (f) {
        a->files[a->n_files++] = f;
    }
    return f || !is_read;
}

/* Splits at blanks; "..." and '...' keep them. A part "@NAME" (up to a colon) becomes the path of that file. */
static bool load_args(struct loader *l, const char *path, const char *text, struct avrdude_step *a)
{
    size_t room = strlen(text) / 2 + 2, n = 0;
    char arg[2 * PATH_MAX];

    a->args = load_keep(l, room * sizeof *a->args);
    a->files = load_keep(l, room * sizeof *a->files);
    for (const char *p = text; *p;) {
        size_t len = 0;
        char quote = 0;

        if (*p == ' ' || *p == '\n') {
            p++;
            continue;
        }
        for (; *p && (quote || (*p != ' ' && *p != '\n')); p++) {
            if (quote ? *p == quote : (*p == '"' || *p == '\'')) {
                quote = quote ? 0 : *p;
            } else if (*p == '@' && !quote) {
                char name[200], full[PATH_MAX];
                size_t k = strcspn(p + 1, ": \n");

                snprintf(name, sizeof name, "%.*s", (int)(k < sizeof name ? k : sizeof name - 1), p + 1);
                if (!firmware_resolve(name, l->dir, full, sizeof full, l->err) ||
                    !keep_read_file(l, a, arg, len, full)) {
                    return load_place_problem(l, path, "args");
                }
                if (len + strlen(full) + 1 >= sizeof arg) {
                    return load_problem(l, path, "args", "an argument is too long");
                }
                len += (size_t)sprintf(arg + len, "%s", full);
                p += k;
            } else if (len + 2 < sizeof arg) {
                arg[len++] = *p;
            } else {
                return load_problem(l, path, "args", "an argument is too long");
            }
        }
        if (quote) {
            return load_problem(l, path, "args", "a quote (%c) is not closed", quote);
        }
        arg[len] = '\0';
        a->args[n++] = load_keep_text(l, arg);
    }
    return true;
}

static bool load_avrdude(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_avrdude *raw = given;
    struct avrdude_step *a = load_keep(l, sizeof *a);
    int64_t status = 0;

    s->own = a;
    if (!load_args(l, path, raw->args ? raw->args : "", a) ||
        !load_number(l, path, "exit", raw->exit, QUANTITY_COUNT, 0, 255, &status) ||
        !load_port(l, path, raw->port, true, &a->on_target)) {
        return false;
    }
    a->exit_status = (int)status;
    a->says = load_keep(l, (raw->says_count + 1) * sizeof *a->says);
    for (unsigned i = 0; i < raw->says_count; i++) {
        a->says[i] = load_keep_text(l, raw->says[i]);
    }
    return true;
}

static bool has_arg(const char *const *args, const char *option)
{
    for (; *args; args++) {
        if (!strncmp(*args, option, 2)) {
            return true;
        }
    }
    return false;
}

struct command_line {
    const char *args[200]; /* NULL at the end */
    char baud[16];
};

static bool make_command_line(const struct run *run, const struct avrdude_step *a, struct command_line *c,
                              struct problem *err)
{
    const struct scenario_board *board = &run->s->board;
    /* a bootloader speaks arduino's protocol */
    const char *programmer = a->on_target ? "arduino" : board->programmer.host->avrdude_c[0];
    const char *const usual[][2] = {
        { "-c", programmer }, { "-P", "{port}" }, { "-b", c->baud }, { "-p", board->target.part->avrdude_id }
    };
    unsigned n = 0;

    snprintf(c->baud, sizeof c->baud, "%u", a->on_target ? board->target.uart.baud : board->programmer.baud);
    for (unsigned i = 0; i < 4; i++) {
        if (!has_arg(a->args, usual[i][0])) {
            c->args[n++] = usual[i][0];
            c->args[n++] = usual[i][1];
        }
    }
    for (unsigned i = 0; a->args[i]; i++) {
        if (n + 2 > sizeof c->args / sizeof c->args[0]) {
            return problem_set(err, "too many arguments for avrdude");
        }
        c->args[n++] = a->args[i];
    }
    c->args[n] = NULL;
    return true;
}

/* Whose turn it is follows from -c, wherever that came from. */
static enum turn_taking_protocol turns_of(const struct command_line *c)
{
    enum turn_taking_protocol turns = TURN_TAKING_ANY;

    for (unsigned i = 0; c->args[i] && c->args[i + 1]; i++) {
        if (!strcmp(c->args[i], "-c")) {
            turns = host_turns_of_avrdude(c->args[i + 1]);
        }
    }
    return turns;
}

static void report_avrdude(struct run *run, const struct avrdude_result *result)
{
    report_output(run->r, result->output);
    if (*board_ports_complaint(run->ports)) {
        report_note(run->r, "the programmer said: %s", board_ports_complaint(run->ports));
    }
    if (result->unsure_turns) {
        report_note(run->r, "%u turns were decided by the wall clock: another run may differ", result->unsure_turns);
    }
}

static bool judge_avrdude(const struct avrdude_step *a, const struct avrdude_result *result, struct problem *err)
{
    if (result->timed_out) {
        return problem_set(err, "avrdude hung and was killed");
    }
    if (result->exit_status != a->exit_status) {
        return problem_set(err, "avrdude's exit status is %d, expected %d; it said:\n%.700s", result->exit_status,
                           a->exit_status, result->output);
    }
    for (unsigned i = 0; a->says[i]; i++) {
        if (!strstr(result->output, a->says[i])) {
            return problem_set(err, "avrdude did not say '%.100s'; it said:\n%.700s", a->says[i], result->output);
        }
    }
    return true;
}

static bool run_avrdude(struct run *run, const struct scenario_step *s, struct problem *err)
{
    const struct avrdude_step *a = s->own;
    struct avrdude_job job = avrdude_job_default;
    struct avrdude_result result;
    struct command_line command;
    bool ok;

    if (!session_close(run, err) || !make_command_line(run, a, &command, err)) {
        return false;
    }
    for (unsigned i = 0; i < a->n_files; i++) {
        if (!input_file_unchanged(a->files[i], err)) {
            return false;
        }
    }
    job.args = command.args;
    job.protocol = turns_of(&command);
    select_port(run, a->on_target);
    ok = avrdude_run(run->b, &job, &result, err);
    select_port(run, false);
    if (ok) {
        report_avrdude(run, &result);
        ok = judge_avrdude(a, &result, err);
        free(result.output);
    }
    return ok;
}

const struct step_type step_avrdude = {
    .key = "avrdude",
    .text = "avrdude",
    .fields = avrdude_fields,
    .raw_bytes = sizeof(struct raw_avrdude),
    .load = load_avrdude,
    .run = run_avrdude,
};

/* ---- bare bytes ---- */

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
    if (!load_port(l, path, raw->port, false, &u->on_target) ||
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
    return !u->expect_given || (h.as_expected && h.n == u->n_expect) || problem_set(err, "received %s", got);
}

const struct step_type step_uart = {
    .key = "uart",
    .text = "uart",
    .fields = uart_fields,
    .raw_bytes = sizeof(struct raw_uart_step),
    .load = load_uart,
    .run = run_uart,
};
