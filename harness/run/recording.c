/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/recording.h"

#include "harness/base/input_file.h"
#include "harness/scenario/yaml_place.h"
#include "sim/memory.h"
#include "wave/in_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (256u << 20)
#define VERSION 1

static const char *const port_names[BOARD_PORTS] = { "programmer", "target" };
static const char *const act_names[] = { "send", "baud", "open", "closed" };

/* ---- writing ---- */

/* In double quotes, with JSON's escapes: what YAML reads back is the same bytes. */
static void put_quoted(struct out_file *f, const char *text)
{
    char escape[8];

    out_file_char(f, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            out_file_char(f, '\\');
            out_file_char(f, (char)c);
        } else if (c < 32 || c == 127) {
            snprintf(escape, sizeof escape, "\\x%02x", c);
            out_file_text(f, escape);
        } else {
            out_file_char(f, (char)c);
        }
    }
    out_file_text(f, "\"\n");
}

static void put_key(struct out_file *f, const char *key, const char *value)
{
    out_file_text(f, "  ");
    out_file_text(f, key);
    out_file_text(f, ": ");
    put_quoted(f, value);
}

bool recorder_begin(struct recorder *r, const char *path, const struct scenario *s, const char *text, uint64_t seed,
                    const struct scenario_set *sets, unsigned n_sets, const char *firmware, struct problem *err)
{
    char number[40];
    char *real = realpath(s->path, NULL); /* wherever it is replayed: its files lie beside it */

    if (!real && errno != ENOENT && errno != ENOTDIR) { /* a pipe has none */
        return problem_set(err, "%s: cannot be found again by a recording: %s", s->path, strerror(errno));
    }
    if (!out_file_open_growing(&r->out, path, err)) {
        free(real);
        return false;
    }
    snprintf(number, sizeof number, "%" PRIu64, seed);
    out_file_text(
        &r->out,
        "# A live session of limpet serve. limpet run THIS_FILE replays it exactly.\nrecording:\n  version: 1\n");
    put_key(&r->out, "path", real ? real : s->path);
    free(real);
    put_key(&r->out, "seed", number);
    if (firmware) {
        put_key(&r->out, "firmware", firmware);
    }
    put_key(&r->out, "scenario", text);
    if (n_sets) {
        out_file_text(&r->out, "  set:\n");
    }
    for (unsigned i = 0; i < n_sets; i++) {
        out_file_text(&r->out, "  - path: ");
        put_quoted(&r->out, sets[i].path);
        out_file_text(&r->out, "    value: ");
        put_quoted(&r->out, sets[i].value);
    }
    out_file_text(&r->out, "  acts:\n");
    out_file_flush(&r->out);
    return true;
}

static void did(void *ctx, enum board_port port, enum board_port_act act, sim_time at_ps, const uint8_t *bytes,
                size_t n, uint32_t baud)
{
    struct recorder *r = ctx;
    char text[80];

    snprintf(text, sizeof text, "  - %" PRIu64 " %s %s", at_ps, port_names[port], act_names[act]);
    out_file_text(&r->out, text);
    if (act == BOARD_PORT_SPEED) {
        snprintf(text, sizeof text, " %" PRIu32, baud);
        out_file_text(&r->out, text);
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, " %02X", bytes[i]);
        out_file_text(&r->out, text);
    }
    out_file_char(&r->out, '\n');
    out_file_flush(&r->out);
}

void recorder_listen(struct recorder *r, struct board *b, bool on)
{
    const struct board_ports_tap tap = { on ? did : NULL, r };

    r->board = b;
    board_ports_listen(board_ports(b), &tap);
}

bool recorder_end(struct recorder *r, struct problem *err)
{
    char text[60];

    snprintf(text, sizeof text, "  - %" PRIu64 " programmer closed\n", board_now(r->board));
    out_file_text(&r->out, text);
    return out_file_close(&r->out, err);
}

/* ---- reading ---- */

bool recording_is_one(const char *path)
{
    FILE *f = in_file_is_regular(path) ? fopen(path, "rb") : NULL;
    char line[256];
    bool found = false;

    for (unsigned i = 0; f && i < 20 && !found && fgets(line, sizeof line, f); i++) {
        found = !strncmp(line, "recording:", 10);
    }
    if (f) {
        fclose(f);
    }
    return found;
}

static const struct yaml_node *child(const struct yaml_node *n, const char *key)
{
    const struct yaml_node *c = n && n->kind == YAML_MAP ? n->first : NULL;

    while (c && strcmp(c->key, key)) {
        c = c->next;
    }
    return c;
}

static const char *text_of(const struct yaml_node *n, const char *key)
{
    const struct yaml_node *c = child(n, key);

    return c && c->kind == YAML_SCALAR ? c->text : NULL;
}

static bool hex_bytes(const char *text, struct recorded_act *a)
{
    a->bytes = memory_zeroed(strlen(text) / 3 + 2, 1);
    while (*text == ' ' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])) {
        const char digits[] = { text[1], text[2], '\0' };

        a->bytes[a->n++] = (uint8_t)strtoul(digits, NULL, 16);
        text += 3;
    }
    return !*text && a->n;
}

static bool parse_baud(const char *text, uint32_t *baud)
{
    int used = 0;

    return text[0] == ' ' && isdigit((unsigned char)text[1]) && sscanf(text, " %9" SCNu32 "%n", baud, &used) == 1 &&
           !text[used];
}

/* "125000000 programmer send 30 20" */
static bool parse_act(const char *text, struct recorded_act *a)
{
    char port[20], act[20];
    int used = 0;
    unsigned i = 0;

    *a = (struct recorded_act){ .n = 0 };
    /* no sign, no more digits than 64 bits hold */
    if (!isdigit((unsigned char)*text) || sscanf(text, "%19" SCNu64 " %19s %19s%n", &a->at_ps, port, act, &used) != 3) {
        return false;
    }
    while (a->port < BOARD_PORTS && strcmp(port_names[a->port], port)) {
        a->port++;
    }
    while (i < sizeof act_names / sizeof act_names[0] && strcmp(act_names[i], act)) {
        i++;
    }
    if (a->port == BOARD_PORTS || i == sizeof act_names / sizeof act_names[0]) {
        return false;
    }
    a->act = (enum board_port_act)i;
    if (a->act == BOARD_PORT_SENT) {
        return hex_bytes(text + used, a);
    }
    return a->act != BOARD_PORT_SPEED ? !text[used] : parse_baud(text + used, &a->baud);
}

static bool load_acts(struct yaml_tree *t, struct recording *r, struct problem *err)
{
    const struct yaml_node *acts = yaml_find(t, "recording.acts");
    sim_time last_ps = 0;

    if (!acts || acts->kind != YAML_LIST) {
        return yaml_problem(t, t->root, err, "the recording has no acts");
    }
    r->acts = memory_zeroed(acts->n + 1, sizeof *r->acts);
    for (const struct yaml_node *n = acts->first; n; n = n->next) {
        struct recorded_act *a = &r->acts[r->n++];

        if (n->kind != YAML_SCALAR || !parse_act(n->text, a) || a->at_ps < last_ps) {
            return yaml_problem(
                t, n, err,
                "'%.60s' is no act: expected \"AT_PS programmer|target send BYTES\", baud N, open, closed, in order",
                n->text ? n->text : "");
        }
        last_ps = a->at_ps;
    }
    r->until_ps = last_ps;
    return true;
}

static bool load_scenario(struct yaml_tree *t, struct recording *r, struct problem *err)
{
    const struct yaml_node *top = yaml_find(t, "recording"), *sets = child(top, "set");
    const char *version = text_of(top, "version"), *text = text_of(top, "scenario"), *path = text_of(top, "path");
    const char *seed = text_of(top, "seed"), *firmware = text_of(top, "firmware");
    struct scenario_set *list = memory_zeroed((sets ? sets->n : 0) + 2, sizeof *list);
    unsigned n = 0;
    bool ok = true;

    if (!version || strcmp(version, "1")) {
        ok = yaml_problem(t, top, err, "a recording of version %.20s; this limpet reads version %d",
                          version ? version : "?", VERSION);
    } else if (!text || !path || !seed) {
        ok = yaml_problem(t, top, err, "a recording has path, seed, scenario and acts");
    }
    for (const struct yaml_node *s = ok && sets && sets->kind == YAML_LIST ? sets->first : NULL; s && ok; s = s->next) {
        list[n] = (struct scenario_set){ text_of(s, "path"), text_of(s, "value") };
        ok = (list[n].path && list[n].value) || yaml_problem(t, s, err, "a set value has path and value");
        n++;
    }
    if (ok) {
        list[n++] = (struct scenario_set){ "seed", seed };
        r->scenario = scenario_load_text(path, text, strlen(text), list, n, err);
        ok = r->scenario != NULL;
    }
    free(list);
    if (ok && firmware) {
        r->firmware = memory_text(firmware);
        scenario_set_firmware(r->scenario, r->firmware);
    }
    return ok;
}

struct recording *recording_load(const char *path, struct problem *err)
{
    struct input_files inputs = { 0 };
    const struct input_file *f = input_files_get(&inputs, path, MAX_BYTES, NULL, err);
    struct recording *r = memory_zeroed(1, sizeof *r);
    struct yaml_tree t = { 0 };
    bool ok = f && yaml_tree_parse(&t, path, f->bytes, f->n, err) && load_acts(&t, r, err) && load_scenario(&t, r, err);

    yaml_tree_free(&t);
    input_files_free(&inputs);
    if (!ok) {
        recording_free(r);
        return NULL;
    }
    return r;
}

void recording_free(struct recording *r)
{
    if (!r) {
        return;
    }
    for (size_t i = 0; i < r->n; i++) {
        free(r->acts[i].bytes);
    }
    free(r->acts);
    scenario_free(r->scenario);
    free(r->firmware);
    free(r);
}

/* ---- replaying ---- */

static void act(struct recording *r, const struct recorded_act *a)
{
    struct board_ports *p = board_ports(r->board);

    if (!board_ports_select(p, a->port)) {
        return;
    }
    switch (a->act) {
    case BOARD_PORT_SENT: board_ports_send(p, a->bytes, a->n); break;
    case BOARD_PORT_SPEED: board_ports_baud(p, a->baud); break;
    case BOARD_PORT_OPENED: board_ports_open(p); break;
    case BOARD_PORT_CLOSED: board_ports_closed(p); break;
    }
    board_ports_select(p, BOARD_PORT_PROGRAMMER);
}

static bool run_to(struct recording *r, sim_time end_ps, struct problem *err)
{
    sim_time now = board_now(r->board);

    return end_ps <= now || board_run(r->board, end_ps - now, err);
}

/* A `wait` step, and what the programs did meanwhile. */
static bool wait_replayed(void *ctx, sim_time d_ps, struct problem *err)
{
    struct recording *r = ctx;
    sim_time now = board_now(r->board), end_ps = d_ps < SIM_NEVER - now ? now + d_ps : SIM_NEVER;
    bool ok = true;

    if (end_ps > r->until_ps) {
        end_ps = r->until_ps;
    }
    while (ok && r->next < r->n && r->acts[r->next].at_ps <= end_ps) {
        ok = run_to(r, r->acts[r->next].at_ps, err);
        if (ok) {
            act(r, &r->acts[r->next++]);
        }
    }
    ok = ok && run_to(r, end_ps, err);
    /* as serve does after it: speeds as steps expect them */
    board_ports_baud(board_ports(r->board), r->scenario->board.programmer.baud);
    if (board_ports_select(board_ports(r->board), BOARD_PORT_TARGET)) {
        board_ports_baud(board_ports(r->board), r->scenario->board.target.uart.baud);
    }
    board_ports_select(board_ports(r->board), BOARD_PORT_PROGRAMMER);
    return ok;
}

static bool is_over(void *ctx)
{
    struct recording *r = ctx;

    return board_now(r->board) >= r->until_ps;
}

bool recording_run(struct recording *r, struct board *b, struct report *report)
{
    const struct steps_pace pace = { wait_replayed, is_over, r };
    const struct scenario_place nowhere = { 1, 1 };
    struct problem err = { "" };

    r->board = b;
    r->next = 0;
    if (!r->scenario->n_steps && !wait_replayed(r, SIM_NEVER, &err)) {
        report_failure(report, &nowhere, "%s", err.text);
        return false;
    }
    return steps_run_paced(b, report, &pace);
}
