/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/decode.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/commands/command.h"
#include "harness/commands/wave_source.h"
#include "sim/memory.h"
#include "wave/isp_text.h"

enum { MAX_RULES = 40 }; /* lines about findings */

struct decode {
    struct wave_source source;
    bool json, summary, all;
    struct isp_summary sum;
    /* transcript */
    uint32_t last_mosi, last_miso;
    bool has_last;
    unsigned repeats;
    json_t *rows;
    /* summary */
    struct kind {
        char name[ISP_TEXT_BYTES];
        unsigned n;
        struct isp_frame_seen first;
    } kinds[ISP_OPS + 1];
    unsigned n_kinds;
};

static void bytes_text(uint32_t v, char to[12])
{
    snprintf(to, 12, "%02X %02X %02X %02X", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
}

static void print_repeats(struct decode *d)
{
    if (d->repeats) {
        printf("%14s     ... the same %u times more\n", "", d->repeats);
        d->repeats = 0;
    }
}

static void print_frame(void *ctx, const struct isp_frame_seen *f)
{
    struct decode *d = ctx;
    char mosi[12], miso[12], text[ISP_TEXT_BYTES];
    if (!d->all && d->has_last && d->last_mosi == f->mosi && d->last_miso == f->miso) {
        d->repeats++;
        return;
    }
    print_repeats(d);
    d->has_last = true;
    d->last_mosi = f->mosi;
    d->last_miso = f->miso;
    bytes_text(f->mosi, mosi);
    bytes_text(f->miso, miso);
    isp_text(&d->source.decoder, f->mosi, f->miso, f->answered, text, sizeof text);
    printf("%14.6f ms  %s -> %s  %s\n", (double)f->begin_ps / 1e9, mosi, f->answered ? miso : "-- -- -- --", text);
}

static void print_reset(void *ctx, sim_time at_ps, bool low)
{
    struct decode *d = ctx;
    print_repeats(d);
    d->has_last = false;
    printf("%14.6f ms  RESET %s\n", (double)at_ps / 1e9, low ? "low" : "high");
}

static void count_frame(void *ctx, const struct isp_frame_seen *f)
{
    struct decode *d = ctx;
    char text[ISP_TEXT_BYTES];
    isp_text(&d->source.decoder, f->mosi, f->miso, false, text, sizeof text);
    text[strcspn(text, ",")] = 0;
    unsigned i = 0;
    while (i < d->n_kinds && strcmp(d->kinds[i].name, text) != 0) {
        i++;
    }
    if (i == d->n_kinds) {
        strcpy(d->kinds[i].name, text);
        d->kinds[i].first = *f;
        d->n_kinds++;
    }
    d->kinds[i].n++;
}

static void add_row(void *ctx, const struct isp_frame_seen *f)
{
    struct decode *d = ctx;
    char mosi[12], miso[12], text[ISP_TEXT_BYTES], name[ISP_TEXT_BYTES];
    bytes_text(f->mosi, mosi);
    bytes_text(f->miso, miso);
    isp_text(&d->source.decoder, f->mosi, f->miso, f->answered, text, sizeof text);
    isp_text(&d->source.decoder, f->mosi, f->miso, false, name, sizeof name);
    name[strcspn(name, ",")] = 0;
    json_t *row = json_pack("{s:I, s:I, s:s, s:s, s:s}", "at_ps", (json_int_t)f->begin_ps, "end_ps",
                            (json_int_t)f->end_ps, "name", name, "text", text, "mosi", mosi);
    json_object_set_new(row, "miso", f->answered ? json_string(miso) : json_null());
    json_array_append_new(d->rows, row);
}

static int by_count(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->first.begin_ps < y->first.begin_ps ? -1 : 1;
}

static json_t *time_or_null(sim_time t_ps)
{
    return t_ps == SIM_NEVER ? json_null() : json_integer((json_int_t)t_ps);
}

static json_t *rules_json(const struct decode *d)
{
    const struct wave_doc *doc = &d->source.doc;
    const struct doc_track *k = doc_find_track(doc, DOC_TRACK_FINDINGS);
    json_t *rows = json_array();
    for (uint32_t i = 0; k && i < k->n; i++) {
        const struct doc_span *s = &k->spans[i];
        if (s->end_ps >= d->source.range.from_ps && s->end_ps < d->source.range.to_ps) {
            json_array_append_new(rows, json_pack("{s:I, s:I, s:I, s:s}", "at_ps", (json_int_t)s->begin_ps, "end_ps",
                                                  (json_int_t)s->end_ps, "required_ps", (json_int_t)s->required_ps,
                                                  "text", doc_text(doc, s->text)));
        }
    }
    return rows;
}

static void print_json(struct decode *d)
{
    const struct isp_summary *s = &d->sum;
    json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I}", "file", d->source.file, "end_ps",
                          (json_int_t)d->source.doc.end_ps, "reset_falls", (json_int_t)s->reset_falls, "sck_edges",
                          (json_int_t)s->sck_edges, "cut_short", (json_int_t)s->cut_short);
    json_object_set_new(o, "sck_high_min_ps", time_or_null(s->sck_high_min_ps));
    json_object_set_new(o, "sck_low_min_ps", time_or_null(s->sck_low_min_ps));
    json_object_set(o, "instructions", d->rows);
    if (d->source.rules) {
        json_object_set_new(o, "findings", rules_json(d));
    }
    json_dumpf(o, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(o);
}

/* With --target-clock: what the datasheet's rules make of it. */
static void print_rules(const struct decode *d)
{
    static const enum doc_track_kind judged[] = { DOC_TRACK_FINDINGS, DOC_TRACK_KEPT };
    const struct wave_doc *doc = &d->source.doc;
    unsigned shown = 0, all = 0;
    for (unsigned t = 0; d->source.rules && t < 2; t++) {
        const struct doc_track *k = doc_find_track(doc, judged[t]);
        for (uint32_t i = 0; k && i < k->n; i++) {
            const struct doc_span *s = &k->spans[i];
            if (s->end_ps >= d->source.range.from_ps && s->end_ps < d->source.range.to_ps && all++ < MAX_RULES) {
                printf("%14.6f ms  %s\n", (double)s->end_ps / 1e9, doc_text(doc, s->text));
                shown++;
            }
        }
    }
    if (all > shown) {
        printf("%14s     ... and %u more\n", "", all - shown);
    }
}

static void print_summary(struct decode *d)
{
    const struct isp_summary *s = &d->sum;
    char mosi[12], miso[12];
    printf("%.3f s, RESET fell %" PRIu64 " times, %" PRIu64 " edges of SCK\n", (double)d->source.doc.end_ps / 1e12,
           s->reset_falls, s->sck_edges);
    if (s->sck_high_min_ps != SIM_NEVER && s->sck_low_min_ps != SIM_NEVER) {
        printf("shortest SCK high %g us, low %g us\n", (double)s->sck_high_min_ps / 1e6,
               (double)s->sck_low_min_ps / 1e6);
    }
    printf("%" PRIu64 " instructions on MOSI", s->instructions);
    if (s->cut_short) {
        printf(", %" PRIu64 " cut short", s->cut_short);
    }
    puts("");
    qsort(d->kinds, d->n_kinds, sizeof d->kinds[0], by_count);
    for (unsigned i = 0; i < d->n_kinds; i++) {
        const struct kind *k = &d->kinds[i];
        bytes_text(k->first.mosi, mosi);
        bytes_text(k->first.miso, miso);
        printf("%8u  %-22s first at %10.3f ms: %s -> %s\n", k->n, k->name, (double)k->first.begin_ps / 1e9, mosi, miso);
    }
}

enum { KEY_JSON = 1, KEY_SUMMARY, KEY_ALL };

static const struct argp_option option_table[] = {
    { "json", KEY_JSON, NULL, 0, "write one JSON object", 0 },
    { "summary", KEY_SUMMARY, NULL, 0, "only count: edges of SCK, RESET pulses, instructions of each kind", 0 },
    { "all", KEY_ALL, NULL, 0, "a line for every instruction, also where the same one comes again and again", 0 },
    { 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct decode *d = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &d->source; return 0;
    case KEY_JSON: d->json = true; return 0;
    case KEY_SUMMARY: d->summary = true; return 0;
    case KEY_ALL: d->all = true; return 0;
    case ARGP_KEY_ARG:
        if (d->source.file) {
            argp_error(state, "one file at a time: \"%s\"", arg);
        }
        d->source.file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which file?"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void decode(struct decode *d)
{
    struct isp_listener l = { .ctx = d };
    l.frame = d->json ? add_row : d->summary ? count_frame : print_frame;
    l.reset = d->json || d->summary ? NULL : print_reset;
    d->rows = json_array();
    isp_listen(&d->source.doc, &d->source.wires, &d->source.decoder, d->source.range.from_ps, d->source.range.to_ps, &l,
               &d->sum);
    if (d->json) {
        print_json(d);
    } else if (d->summary) {
        print_summary(d);
    } else {
        print_repeats(d);
        if (!d->sum.instructions) {
            printf("no whole instruction: RESET fell %" PRIu64 " times, %" PRIu64 " edges of SCK\n", d->sum.reset_falls,
                   d->sum.sck_edges);
        }
    }
    if (!d->json) {
        print_rules(d);
    }
    json_decref(d->rows);
}

static const struct argp_child children[] = { { &wave_source_argp, 0, "What to decode:", 1 }, { 0 } };
const struct argp decode_argp = {
    .options = option_table,
    .parser = parse_option,
    .args_doc = "FILE|SCENARIO",
    .doc = "Prints the serial programming instructions on the wires of a recording (VCD, CSV), from Limpet or a logic "
           "analyser, or of a scenario that is run for it.\v"
           "Levels are taken at the rises of SCK while RESET is low. \"no echo\" at Programming Enable means that the "
           "target was out of step.\n\n"
           "  limpet decode session.vcd --from '60 ms' --to '70 ms'\n"
           "  limpet decode logic.csv --wires reset=D0,sck=D1,mosi=D2,miso=D3 --target-clock 8MHz",
    .children = children,
};

int cmd_decode(int argc, char **argv)
{
    struct decode *d = calloc(1, sizeof *d);
    struct problem err = { "" };
    if (!d) {
        out_of_memory();
    }
    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&decode_argp, argc, argv, 0, NULL, d);
    int status = EXIT_BAD_INPUT;
    if (!wave_source_open(&d->source, &err)) {
        fprintf(stderr, "%s\n", err.text);
    } else {
        if (d->source.wires.sck < 0) {
            fprintf(stderr, "%s: %s\n", d->source.file, d->source.no_wires.text);
        } else {
            decode(d);
            status = EXIT_OK;
        }
        wave_source_free(&d->source);
    }
    free(d);
    return status;
}
