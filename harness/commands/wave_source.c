/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/wave_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/quantity.h"
#include "harness/board/board.h"
#include "harness/report/finding_text.h"
#include "harness/run/steps.h"
#include "sim/memory.h"
#include "sim/part.h"
#include "wave/doc_merge.h"
#include "wave/doc_trace.h"
#include "wave/isp_bits.h"
#include "wave/pin_rules.h"
#include "wave/stk_track.h"
#include "wave/uart_track.h"

/* ---- the command line ---- */

enum { KEY_PART = 0x1000, KEY_WIRES, KEY_WITH, KEY_ALIGN, KEY_CLOCK };

static const struct argp_option option_table[] = {
    { "with", KEY_WITH, "FILE|SCENARIO", 0, "another one beside it; its rows are called 2:...", 0 },
    { "align", KEY_ALIGN, "time|instruction", 0,
      "with --with: as the times are (default), or so that the first Programming Enable of both, or else their first "
      "instruction, begin together",
      0 },
    { "part", KEY_PART, "PART", 0, "whose instructions they are (default: the scenario's, or atmega328p)", 0 },
    { "wires", KEY_WIRES, "WIRE=SIGNAL,...", 0,
      "which signal is reset, sck, mosi, miso, when the names do not tell: --wires sck=D1,mosi=D2", 0 },
    { "target-clock", KEY_CLOCK, "FREQUENCY", 0,
      "of a recording: the clock that the target ran from (\"1 MHz\"), to judge tSHSL and its like by; a scenario and a "
      "full VCD of ours know it",
      0 },
    { 0 },
};

static void parse_clock(struct wave_source *s, const char *arg, struct argp_state *state)
{
    struct problem err;
    int64_t v;
    if (!quantity_parse(QUANTITY_FREQ_MILLIHZ, arg, 1000, INT64_C(100000000000), &v, &err)) {
        argp_error(state, "--target-clock: %s", err.text);
    } else {
        s->clock_millihz = (uint64_t)v;
        s->rules = true;
    }
}

static void parse_wires(struct wave_source *s, char *arg, struct argp_state *state)
{
    static char *const keys[] = { "reset", "sck", "mosi", "miso", NULL };
    while (*arg) {
        char *value, *word = arg;
        int i = getsubopt(&arg, keys, &value);
        if (i < 0 || !value || !*value) {
            argp_error(state, "--wires: \"%s\" is not reset=, sck=, mosi= or miso= and a signal", word);
        }
        s->wire[i] = value;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct wave_source *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &s->range; return 0;
    case KEY_PART:
        if (!part_find(arg)) {
            argp_error(state, "--part: no part \"%s\"; `limpet fuses --list` names them", arg);
        }
        s->part = arg;
        return 0;
    case KEY_WITH: s->with = arg; return 0;
    case KEY_ALIGN:
        if (strcmp(arg, "time") != 0 && strcmp(arg, "instruction") != 0) {
            argp_error(state, "--align: \"%s\" is neither time nor instruction", arg);
        }
        s->align = strcmp(arg, "instruction") == 0;
        return 0;
    case KEY_CLOCK: parse_clock(s, arg, state); return 0;
    case KEY_WIRES: parse_wires(s, arg, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { &wave_range_argp, 0, NULL, 0 }, { 0 } };

const struct argp wave_source_argp = { .options = option_table, .parser = parse_option, .children = children };

/* ---- opening ---- */

static bool is_scenario(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcasecmp(dot, ".yaml") == 0 || strcasecmp(dot, ".yml") == 0);
}

static const char *source_of(void *lines, const struct checker_where *w, char *text, size_t size)
{
    return finding_source_text(w, lines, 3, text, size);
}

bool wave_doc_of_board(struct wave_doc *d, struct board *b, const struct isp_decoder *dec)
{
    struct source_lines *lines = board_source_lines(b, NULL);
    const struct doc_run run = {
        .trace = board_trace(b),
        .notes = board_notes(b),
        .checker = board_checker(b),
        .dec = dec,
        .end_ps = board_now(b),
        .source = lines ? source_of : NULL,
        .ctx = lines,
    };
    return doc_from_run(d, &run);
}

/* Runs it; what it reports goes nowhere, but for whether it passed. */
static bool run_scenario(struct wave_source *s, struct problem *err)
{
    struct scenario *sc = scenario_load(s->file, NULL, 0, err);
    struct board_options o = { .trace = true, .notes = true };
    struct board *b = sc ? board_new(sc, &o, err) : NULL;
    bool ok = b && outputs_spare(s->outputs, s->n_outputs, sc->inputs, err);
    if (ok) {
        struct report report = { 0 }; /* without sinks it only counts */
        const struct report_run run = { .file = sc->path, .name = sc->name, .seed = board_sim(b)->seed };
        report_begin(&report, &run);
        s->failed = !steps_run(b, &report);
        isp_decoder_init(&s->decoder, s->part ? part_find(s->part) : sc->board.target.part);
        ok = doc_can_hold(board_trace(b), err) || problem_prefix(err, "%s", s->file);
    }
    if (ok) {
        ok = wave_doc_of_board(&s->doc, b, &s->decoder) || problem_set(err, "%s: out of memory", s->file);
    }
    board_free(b);
    scenario_free(sc);
    return ok;
}

static bool read_file(struct wave_source *s, struct problem *err)
{
    isp_decoder_init(&s->decoder, part_find(s->part ? s->part : "atmega328p"));
    return doc_load(&s->doc, s->file, err);
}

static int by_begin(const void *a, const void *b)
{
    const struct stk_byte *x = a, *y = b;
    return x->begin_ps < y->begin_ps ? -1 : x->begin_ps > y->begin_ps;
}

/* STK500 frames of two tracks of bytes; names are by who writes them, so that either can be the host's. */
static bool add_stk(struct wave_source *s, const char *wire, int a, int b)
{
    const struct doc_track *k[2] = { &s->doc.tracks[a], &s->doc.tracks[b] };
    size_t n = 0, all = (size_t)k[0]->n + k[1]->n;
    struct stk_byte *bytes = memory_zeroed(all + 1, sizeof *bytes);
    char name[40];
    bool ok = true, added = false;
    for (unsigned i = 0; i < 2; i++) {
        for (uint32_t j = 0; j < k[i]->n; j++) {
            const struct doc_span *p = &k[i]->spans[j];
            bytes[n++] = (struct stk_byte){ p->begin_ps, p->end_ps, (uint8_t)p->value, i == 0 };
        }
    }
    qsort(bytes, n, sizeof *bytes, by_begin);
    snprintf(name, sizeof name, "stk500 on %s", wire);
    for (unsigned turn = 0; turn < 2 && ok && !added; turn++) {
        ok = stk_track_add(&s->doc, name, bytes, n, &added);
        for (size_t i = 0; i < n; i++) {
            bytes[i].from_host = !bytes[i].from_host;
        }
    }
    free(bytes);
    return ok && doc_finish_tracks(&s->doc);
}

/* Wires that are called as serial lines are, and look so. */
static bool add_serial_lines(struct wave_source *s, struct problem *err)
{
    static const char *const names[][2] = { { "rxd", "txd" }, { "rx", "tx" }, { "pd0", "pd1" } };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        int tracks[2] = { -1, -1 };
        for (unsigned k = 0; k < 2; k++) {
            int signal = doc_find_signal(&s->doc, names[i][k]);
            uint32_t baud = signal >= 0 ? uart_guess_baud(&s->doc.signals[signal]) : 0;
            tracks[k] = baud ? (int)s->doc.n_tracks : -1;
            if (baud && !uart_track_add(&s->doc, (unsigned)signal, baud)) {
                return problem_set(err, "%s: out of memory", s->file);
            }
        }
        if (tracks[0] >= 0 && tracks[1] >= 0 && !add_stk(s, names[i][0], tracks[0], tracks[1])) {
            return problem_set(err, "%s: out of memory", s->file);
        }
    }
    return true;
}

/* What is decoded of the wires once they are known. */
static bool add_decoded(struct wave_source *s)
{
    return isp_track_add(&s->doc, &s->wires, &s->decoder) &&
           (!s->bits || isp_bits_add(&s->doc, &s->wires, &s->decoder, s->all_bits)) &&
           (!s->rules || is_scenario(s->file) || pin_rules_add(&s->doc, &s->wires, &s->decoder, s->clock_millihz));
}

/* The recording and what is decoded of it, without a second one. */
static bool open_one(struct wave_source *s, struct problem *err)
{
    if (!(is_scenario(s->file) ? run_scenario(s, err) : read_file(s, err))) {
        return false;
    }
    bool named = s->wire[0] || s->wire[1] || s->wire[2] || s->wire[3];
    bool found = isp_wires_find(&s->wires, &s->doc, s->wire, &s->decoder, &s->no_wires);
    bool ok = true;
    if (!found && named) {
        ok = problem_set(err, "--wires: %s", s->no_wires.text);
    }
    if (!found) {
        s->wires = (struct isp_wires){ -1, -1, -1, -1 };
    } else if (ok && !add_decoded(s)) {
        ok = problem_set(err, "%s: out of memory", s->file);
    }
    ok = ok && add_serial_lines(s, err);
    if (!ok) {
        wave_source_free(s);
    }
    return ok;
}

/* When the first Programming Enable begins, or the first instruction; 0: none. */
static sim_time first_instruction_ps(const struct wave_doc *d)
{
    const struct doc_span *enable = wave_nth_instruction(d, "programming enable", 1);
    const struct doc_span *any = wave_nth_span(d, DOC_TRACK_INSTRUCTIONS, 1);
    return enable ? enable->begin_ps : any ? any->begin_ps : 0;
}

static bool add_other(struct wave_source *s, struct problem *err)
{
    if (!s->with) {
        return true;
    }
    struct wave_source *other = memory_zeroed(1, sizeof *other);
    other->file = s->with;
    other->part = s->part;
    other->bits = s->bits;
    other->all_bits = s->all_bits;
    other->rules = s->rules;
    other->clock_millihz = s->clock_millihz;
    bool ok = open_one(other, err);
    if (ok) {
        sim_time ours = first_instruction_ps(&s->doc), theirs = first_instruction_ps(&other->doc);
        int64_t shift_ps = s->align ? (int64_t)ours - (int64_t)theirs : 0;
        ok = doc_merge(&s->doc, &other->doc, "2:", shift_ps) ||
             problem_set(err, "%s: too much beside %s", s->with, s->file);
        doc_free(&other->doc);
    }
    free(other);
    return ok;
}

bool wave_source_open(struct wave_source *s, struct problem *err)
{
    bool ok = open_one(s, err);
    if (ok && (!add_other(s, err) || !wave_range_find(&s->range, &s->doc, s->wires.sck, s->file, err))) {
        wave_source_free(s);
        ok = false;
    }
    return ok;
}

void wave_source_free(struct wave_source *s)
{
    doc_free(&s->doc);
}
