/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/serial_text.h"

#include "harness/base/quantity.h"
#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/report/report.h"
#include "sim/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_PS SIM_MS /* how often it is looked at what has come */

bool serial_text_check(const struct serial_text *t, struct problem *err)
{
    regex_t re;
    char why[200];
    int code = t->matches ? regcomp(&re, t->matches, REG_EXTENDED | REG_NEWLINE) : 0;

    if (code) {
        regerror(code, &re, why, sizeof why);
        return problem_set(err, "'%.80s' is no regular expression: %s", t->matches, why);
    }
    if (t->matches) {
        regfree(&re);
    }
    return true;
}

/* ---- what comes ---- */

static void forget(struct serial_text_heard *h, size_t n)
{
    memmove(h->text, h->text + n, h->n - n + 1);
    h->n -= n;
}

/* Printable, on one line; the end of a long text. Returns buf. */
static const char *shown(const char *text, size_t n, char *buf, size_t size)
{
    size_t at = 0;
    const char *p = n > 400 ? text + n - 400 : text;

    if (n > 400) {
        at += (size_t)snprintf(buf, size, "... ");
    }
    for (; *p && at + 5 < size; p++) {
        if (*p == '\n' || *p == '\r') {
            at += (size_t)snprintf(buf + at, size - at, *p == '\n' ? "\\n" : "\\r");
        } else if (isprint((unsigned char)*p)) {
            buf[at++] = *p;
        } else {
            at += (size_t)snprintf(buf + at, size - at, "\\x%02X", (unsigned char)*p);
        }
    }
    buf[at] = '\0';
    return buf;
}

static void log_line(struct serial_text_heard *h)
{
    char shown_line[900], said[1000];

    if (h->log && h->n_line) {
        h->line[h->n_line] = '\0';
        snprintf(said, sizeof said, "serial line: %s", shown(h->line, h->n_line, shown_line, sizeof shown_line));
        report_remark(h->log, said);
    }
    h->n_line = 0;
}

static void hear(void *ctx, uint8_t value, sim_time at_ps)
{
    struct serial_text_heard *h = ctx;

    (void)at_ps;
    if (h->n == SERIAL_TEXT_MAX_BYTES) {
        forget(h, SERIAL_TEXT_MAX_BYTES / 2);
    }
    h->text[h->n++] = value ? (char)value : '?'; /* a NUL would hide the rest */
    h->text[h->n] = '\0';
    if (value == '\n' || value == '\r' || h->n_line == sizeof h->line - 1) {
        log_line(h);
    }
    if (value != '\n' && value != '\r') {
        h->line[h->n_line++] = value ? (char)value : '?';
    }
}

/* ---- waits ---- */

struct wanted {
    const char *text, *regex; /* one of them */
};

/* Where what is wanted ends in the text; 0: it is not there. */
static size_t find(const struct wanted *w, const struct serial_text_heard *h, bool last_look)
{
    const char *at;
    regex_t re;
    regmatch_t m;
    bool found;

    if (w->text) {
        at = strstr(h->text, w->text);
        return at ? (size_t)(at - h->text) + strlen(w->text) : 0;
    }
    if (regcomp(&re, w->regex, REG_EXTENDED | REG_NEWLINE)) {
        return 0; /* it was checked when the scenario was loaded: out of memory */
    }
    found = regexec(&re, h->text, 1, &m, 0) == 0;
    regfree(&re);
    /* "a.*" may go on with what is still to come: the line must have ended, or the text go on behind it */
    return found && m.rm_eo > m.rm_so && (h->text[m.rm_eo] || last_look) ? (size_t)m.rm_eo : 0;
}

static bool await(struct board *b, struct serial_text_heard *h, const struct wanted *w, sim_time within_ps,
                  struct problem *err)
{
    sim_time end_ps = board_now(b) + within_ps;
    char limit[40], came[900];
    size_t end;

    while (!(end = find(w, h, board_now(b) >= end_ps)) && board_now(b) < end_ps) {
        sim_time left = end_ps - board_now(b);

        if (!board_run(b, left < SLICE_PS ? left : SLICE_PS, err)) {
            return false;
        }
    }
    if (end) {
        forget(h, end);
        return true;
    }
    return problem_set(err, "%s '%.100s' came within %s; came: %s", w->text ? "no" : "nothing that matches",
                       w->text ? w->text : w->regex,
                       quantity_text(QUANTITY_TIME_PS, (int64_t)within_ps, limit, sizeof limit),
                       h->n ? shown(h->text, h->n, came, sizeof came) : "nothing");
}

bool serial_text_run(struct board *b, struct report *r, struct serial_text_heard *h, const struct serial_text *t,
                     struct problem *err)
{
    const struct wanted first = { .text = t->wait_for }, last = { .text = t->expect_text },
                        pattern = { .regex = t->matches };
    bool ok = true;

    if (!h->text) {
        h->text = memory_zeroed(1, SERIAL_TEXT_MAX_BYTES + 1);
    }
    board_ports_on_byte(board_ports(b), hear, h);
    h->log = t->log ? r : h->log;
    ok = !t->wait_for || await(b, h, &first, t->within_ps, err);
    if (!ok && t->send_text && strlen(err->text) + 80 < sizeof err->text) {
        strcat(err->text, " (send_text goes out after wait_for; expect_text waits after that)");
    }
    if (ok && t->send_text) {
        board_ports_send(board_ports(b), (const uint8_t *)t->send_text, strlen(t->send_text));
    }
    ok = ok && (!t->matches || await(b, h, &pattern, t->within_ps, err)) &&
         (!t->expect_text || await(b, h, &last, t->within_ps, err));
    if (ok && t->log && !t->wait_for && !t->matches && !t->expect_text) {
        ok = board_run(b, t->within_ps, err); /* just listens */
    }
    return ok;
}

void serial_text_free(struct serial_text_heard *h)
{
    log_line(h);
    free(h->text);
    h->text = NULL;
}
