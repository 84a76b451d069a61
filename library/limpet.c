/* SPDX-License-Identifier: GPL-3.0-or-later */
/* limpet.c - the library's functions over board, scenario and report: see limpet/limpet.h */
#include "library/limpet/limpet.h"

#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/parts/plan.h"
#include "harness/report/finding_text.h"
#include "harness/run/steps.h"
#include "sim/memory.h"
#include "wave/vcd_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct own_driver { /* what limpet_drive() has put on a net */
    struct own_driver *next;
    struct net_driver driver;
    struct net *net;
};

struct own_watch {
    struct own_watch *next;
    struct net_watch watch;
    struct net *net;
    char *name;
    limpet_net_changed changed;
    void *user;
};

struct limpet {
    struct scenario *scenario;
    struct board *board;
    struct own_driver *drivers;
    struct own_watch *watches;
    limpet_found found;
    void *found_user;
    limpet_byte byte;
    void *byte_user;
    bool busy, run; /* time passes; limpet_run() was called */
};

/* status, with the text of why in err. */
static int give(limpet_err *err, int status, const char *text)
{
    if (err) {
        snprintf(err->text, sizeof err->text, "%s", text);
    }
    return status;
}

static int fine(limpet_err *err)
{
    return give(err, LIMPET_OK, "");
}

/* What a caller needs to give. False: it is NULL, err says so. */
static bool given(const void *p, const char *what, limpet_err *err)
{
    char text[80];

    if (!p) {
        snprintf(text, sizeof text, "%s is NULL", what);
        give(err, LIMPET_BAD_INPUT, text);
    }
    return p != NULL;
}

const char *limpet_version(void)
{
    return LIMPET_VERSION;
}

const char *limpet_status_name(int status)
{
    static const char *const names[] = { "ok", "bad input", "failed", "stopped", "busy" };

    return status <= 0 && status >= LIMPET_BUSY ? names[-status] : "unknown";
}

/* ---- opening ---- */

/* s becomes the board's. */
static int open_scenario(limpet **out, struct scenario *s, struct problem *why, limpet_err *err)
{
    const struct board_options o = { .trace = true };
    struct board *board = s ? board_new(s, &o, why) : NULL;

    *out = NULL;
    if (!board) {
        scenario_free(s);
        return give(err, LIMPET_BAD_INPUT, why->text);
    }
    limpet *b = memory_zeroed(1, sizeof *b);
    b->scenario = s;
    b->board = board;
    *out = b;
    return fine(err);
}

int limpet_open(limpet **out, const char *path, limpet_err *err)
{
    struct problem why = { "" };

    if (!given(out, "out", err)) {
        return LIMPET_BAD_INPUT;
    }
    *out = NULL;
    if (!given(path, "the scenario's path", err)) {
        return LIMPET_BAD_INPUT;
    }
    return open_scenario(out, scenario_load(path, NULL, 0, &why), &why, err);
}

int limpet_open_text(limpet **out, const char *yaml, size_t n, const char *name, limpet_err *err)
{
    struct problem why = { "" };

    if (!given(out, "out", err)) {
        return LIMPET_BAD_INPUT;
    }
    *out = NULL;
    if (!given(yaml, "the scenario's text", err) || !given(name, "the scenario's name", err)) {
        return LIMPET_BAD_INPUT;
    }
    return open_scenario(out, scenario_load_text(name, yaml, n, NULL, 0, &why), &why, err);
}

int limpet_open_target(limpet **out, const char *part, limpet_err *err)
{
    static const char form[] = "board: {target: {part: %s}, wiring: {reset: open, sck: open, mosi: open, miso: open},\n"
                               "  programmer: {script: {}}}\n";
    char yaml[sizeof form + 60];
    int n;

    if (!given(out, "out", err)) {
        return LIMPET_BAD_INPUT;
    }
    *out = NULL;
    if (!given(part, "the part's name", err)) {
        return LIMPET_BAD_INPUT;
    }
    if (!*part || strlen(part) > 40 ||
        part[strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")]) {
        return give(err, LIMPET_BAD_INPUT, "the part's name is no word such as \"atmega328p\"");
    }
    n = snprintf(yaml, sizeof yaml, form, part);
    return limpet_open_text(out, yaml, (size_t)n, "limpet_open_target", err);
}

void limpet_close(limpet *b)
{
    if (!b) {
        return;
    }
    for (struct own_watch *w = b->watches, *next; w; w = next) {
        next = w->next;
        net_watch_remove(w->net, &w->watch);
        free(w->name);
        free(w);
    }
    for (struct own_driver *d = b->drivers, *next; d; d = next) {
        next = d->next;
        net_detach(&d->driver);
        free(d);
    }
    board_free(b->board);
    scenario_free(b->scenario);
    free(b);
}

/* ---- time ---- */

uint64_t limpet_now(const limpet *b)
{
    return b ? board_now(b->board) : 0;
}

int limpet_advance(limpet *b, uint64_t ps, limpet_err *err)
{
    struct problem why = { "" };

    if (!given(b, "the board", err)) {
        return LIMPET_BAD_INPUT;
    }
    if (b->busy) {
        return give(err, LIMPET_BUSY, "limpet_advance() was called from a callback");
    }
    if (ps > SIM_END_PS - board_now(b->board)) {
        return give(err, LIMPET_BAD_INPUT, "more time than a simulation can last");
    }
    b->busy = true;
    bool ok = board_run(b->board, ps, &why);
    b->busy = false;
    return ok ? fine(err) : give(err, LIMPET_STOPPED, why.text);
}

int limpet_run(limpet *b, limpet_err *err)
{
    struct report report = { .sinks = NULL };
    struct report_run run = { .file = NULL };

    if (!given(b, "the board", err)) {
        return LIMPET_BAD_INPUT;
    }
    if (b->busy) {
        return give(err, LIMPET_BUSY, "limpet_run() was called from a callback");
    }
    if (b->run) {
        return give(err, LIMPET_BAD_INPUT, "the steps were taken already: open the scenario again");
    }
    run.file = b->scenario->path;
    run.name = b->scenario->name;
    b->busy = b->run = true;
    report_begin(&report, &run);
    bool ok = steps_run(b->board, &report);
    b->busy = false;
    limpet_serial_on_byte(b, b->byte, b->byte_user); /* steps listen themselves */
    if (board_sim(b->board)->fault[0]) {
        return give(err, LIMPET_STOPPED, board_sim(b->board)->fault);
    }
    return ok ? fine(err) : give(err, LIMPET_FAILED, report.first_failure);
}

/* ---- nets ---- */

static struct net *find_net(limpet *b, const char *name, limpet_err *err)
{
    char text[sizeof err->text], there[sizeof text - 200];

    if (!given(b, "the board", err) || !given(name, "the net's name", err)) {
        return NULL;
    }
    struct net *net = board_net(b->board, name);
    if (!net) {
        snprintf(text, sizeof text, "there is no net '%.80s' on this board; there are: %s", name,
                 plan_names_text(&b->scenario->board.plan, there, sizeof there));
        give(err, LIMPET_BAD_INPUT, text);
    }
    return net;
}

int limpet_drive(limpet *b, const char *name, int level, limpet_err *err)
{
    struct net *net = find_net(b, name, err);
    struct own_driver *d;

    if (!net) {
        return LIMPET_BAD_INPUT;
    }
    d = b->drivers;
    if (level < LIMPET_LOW || level > LIMPET_FLOATING) {
        return give(err, LIMPET_BAD_INPUT, "a net is driven low, high, or left floating");
    }
    while (d && d->net != net) {
        d = d->next;
    }
    if (!d) {
        d = memory_zeroed(1, sizeof *d);
        d->net = net;
        d->next = b->drivers;
        b->drivers = d;
        net_attach(net, &d->driver, "library");
    }
    bool inside = b->busy;
    b->busy = true; /* those who watch it are called now */
    net_drive(&d->driver, (enum net_level)level, level == LIMPET_FLOATING ? NET_OPEN : NET_STRONG);
    b->busy = inside;
    return fine(err);
}

int limpet_read(limpet *b, const char *name, limpet_err *err)
{
    struct net *net = find_net(b, name, err);

    if (!net) {
        return LIMPET_BAD_INPUT;
    }
    fine(err);
    return (int)net_level(net);
}

static void on_change(void *ctx, struct net *net, sim_time at_ps)
{
    const struct own_watch *w = ctx;

    w->changed(w->user, w->name, at_ps, (int)net_level(net));
}

int limpet_watch(limpet *b, const char *name, limpet_net_changed changed, void *user, limpet_err *err)
{
    struct net *net = given((const void *)(uintptr_t)changed, "changed", err) ? find_net(b, name, err) : NULL;

    if (!net) {
        return LIMPET_BAD_INPUT;
    }
    struct own_watch *w = memory_zeroed(1, sizeof *w);
    w->net = net;
    w->name = memory_text(name);
    w->changed = changed;
    w->user = user;
    w->next = b->watches;
    b->watches = w;
    net_watch_add(net, &w->watch, NET_WATCH_EDGES, on_change, w);
    return fine(err);
}

void limpet_power(limpet *b, uint32_t mv)
{
    bool inside = b && b->busy;

    if (b) {
        b->busy = true;
        board_power(b->board, mv);
        b->busy = inside;
    }
}

/* ---- the serial port ---- */

int limpet_serial_send(limpet *b, const uint8_t *bytes, size_t n, limpet_err *err)
{
    if (!given(b, "the board", err) || (n && !given(bytes, "bytes", err))) {
        return LIMPET_BAD_INPUT;
    }
    const struct programmer_config *p = &b->scenario->board.programmer;

    if ((!programmer_is_firmware(p) && !programmer_has_front_end(p)) ||
        !board_ports_select(board_ports(b->board), BOARD_PORT_PROGRAMMER)) {
        return give(err, LIMPET_BAD_INPUT, "this board's programmer has no serial port");
    }
    board_ports_send(board_ports(b->board), bytes, n);
    return fine(err);
}

static void on_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    limpet *b = ctx;

    b->byte(b->byte_user, value, at_ps);
}

void limpet_serial_on_byte(limpet *b, limpet_byte byte, void *user)
{
    if (!b) {
        return;
    }
    b->byte = byte;
    b->byte_user = user;
    if (board_ports_select(board_ports(b->board), BOARD_PORT_PROGRAMMER)) {
        board_ports_on_byte(board_ports(b->board), byte ? on_byte : NULL, b);
    }
}

/* ---- what was found ---- */

static limpet_finding public_finding(const struct checker_finding *f)
{
    const struct checker_rule_info *r = checker_rule_info(f->rule);

    return (limpet_finding){ f->at_ps, r->id, f->net, r->severity == CHECK_NOTE, f->required, f->measured };
}

size_t limpet_findings(const limpet *b)
{
    return b ? checker_count(board_checker(b->board)) : 0;
}

int limpet_finding_at(const limpet *b, size_t i, limpet_finding *out, char *text, size_t size)
{
    const struct checker *c = b ? board_checker(b->board) : NULL;
    char whole[FINDING_TEXT_BYTES];

    if (!c || i >= checker_count(c)) {
        return LIMPET_BAD_INPUT;
    }
    if (out) {
        *out = public_finding(checker_at(c, i));
    }
    if (text && size) {
        snprintf(text, size, "%s", finding_text(checker_at(c, i), whole, sizeof whole));
    }
    return LIMPET_OK;
}

static void on_found(void *ctx, const struct checker_finding *f)
{
    limpet *b = ctx;
    limpet_finding finding = public_finding(f);
    char text[FINDING_TEXT_BYTES];

    b->found(b->found_user, &finding, finding_text(f, text, sizeof text));
}

void limpet_on_finding(limpet *b, limpet_found found, void *user)
{
    if (!b) {
        return;
    }
    struct checker *c = board_checker(b->board);

    b->found = found;
    b->found_user = user;
    c->found = found ? on_found : NULL;
    c->found_ctx = b;
}

char *limpet_report(const limpet *b)
{
    char *text = NULL;
    size_t n;
    FILE *f = b ? open_memstream(&text, &n) : NULL;

    if (f) {
        findings_list(f, board_checker(b->board), NULL, "");
        findings_summary(f, board_checker(b->board), "");
        fclose(f);
    }
    return text;
}

int limpet_write_vcd(limpet *b, const char *path, limpet_err *err)
{
    struct problem why = { "" };

    if (!given(b, "the board", err) || !given(path, "the file's path", err)) {
        return LIMPET_BAD_INPUT;
    }
    return vcd_write(path, board_trace(b->board), board_now(b->board), VCD_TICK_PS, &why)
               ? fine(err)
               : give(err, LIMPET_BAD_INPUT, why.text);
}

void limpet_free(void *p)
{
    free(p);
}
