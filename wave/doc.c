/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/wave_list.h"

enum { DOC_FAN = 16, DOC_STRIDE = 64 };

void doc_init(struct wave_doc *d)
{
    memset(d, 0, sizeof *d);
    doc_add_text(d, "");
}

void doc_free(struct wave_doc *d)
{
    for (unsigned i = 0; i < d->n_signals; i++) {
        struct doc_signal *s = &d->signals[i];
        for (unsigned k = 0; k < DOC_LEVELS_OF_PYRAMID; k++) {
            free(s->mask[k]);
            free(s->range[k]);
        }
        free(s->name);
        free(s->at_ps);
        free(s->level);
        free(s->mv);
        free(s->every);
        free(s->phase);
    }
    for (unsigned i = 0; i < d->n_tracks; i++) {
        free(d->tracks[i].name);
        free(d->tracks[i].spans);
        free(d->tracks[i].bits);
    }
    free(d->signals);
    free(d->tracks);
    free(d->limits);
    free(d->texts);
    memset(d, 0, sizeof *d);
}

/* ---- building ---- */

/* Room for one more of size bytes; *cap in elements. NULL: out of memory, and the old array stays. */
static void *room(struct wave_doc *d, void *array, uint64_t n, uint64_t cap, size_t size)
{
    if (n < cap) {
        return array;
    }
    void *more = realloc(array, (size_t)(cap ? 2 * cap : 16) * size);
    if (!more) {
        d->failed = true;
    }
    return more;
}

uint32_t doc_add_text(struct wave_doc *d, const char *text)
{
    size_t n = strlen(text) + 1;
    if (n == 1 && d->n_texts) {
        return 0;
    }
    while (d->n_texts + n > d->cap_texts) {
        size_t cap = d->cap_texts ? 2 * d->cap_texts : 4096;
        char *more = cap <= UINT32_MAX ? realloc(d->texts, cap) : NULL;
        if (!more) {
            d->failed = true;
            return 0;
        }
        d->texts = more;
        d->cap_texts = cap;
    }
    memcpy(d->texts + d->n_texts, text, n);
    d->n_texts += n;
    return (uint32_t)(d->n_texts - n);
}

int doc_add_signal(struct wave_doc *d, const char *name, enum doc_kind kind)
{
    if (d->n_signals == DOC_MAX_SIGNALS) {
        return -1;
    }
    struct doc_signal *more = room(d, d->signals, d->n_signals, d->cap_signals, sizeof *more);
    char *copy = more ? strdup(name) : NULL;
    if (more) {
        d->cap_signals = d->n_signals < d->cap_signals ? d->cap_signals : d->cap_signals ? 2 * d->cap_signals : 16;
        d->signals = more;
    }
    if (!copy) {
        d->failed = true;
        return -1;
    }
    d->signals[d->n_signals] = (struct doc_signal){ .name = copy, .kind = kind };
    return (int)d->n_signals++;
}

/* Both arrays grow together; a part that did may be larger than cap says. */
static bool grow(struct wave_doc *d, struct doc_signal *s)
{
    if (s->n < s->cap) {
        return true;
    }
    uint64_t cap = s->cap ? 2 * s->cap : 64;
    sim_time *at = realloc(s->at_ps, cap * sizeof *at);
    if (at) {
        s->at_ps = at;
    }
    void *values = s->kind == DOC_LEVELS ? realloc(s->level, cap) : realloc(s->mv, cap * sizeof *s->mv);
    if (values && s->kind == DOC_LEVELS) {
        s->level = values;
    } else if (values) {
        s->mv = values;
    }
    if (!at || !values) {
        d->failed = true;
        return false;
    }
    s->cap = cap;
    return true;
}

void doc_add_level(struct wave_doc *d, unsigned signal, sim_time at_ps, enum wave_level level)
{
    struct doc_signal *s = &d->signals[signal];
    if (s->n && s->level[s->n - 1] == level) {
        return;
    }
    if (s->n && s->at_ps[s->n - 1] == at_ps && s->n > 1 && s->level[s->n - 2] == level) {
        s->n--; /* there and back within one instant; a viewer would show nothing of it either */
        return;
    }
    if (grow(d, s)) {
        s->at_ps[s->n] = at_ps;
        s->level[s->n++] = (uint8_t)level;
    }
}

void doc_add_mv(struct wave_doc *d, unsigned signal, sim_time at_ps, int32_t mv)
{
    struct doc_signal *s = &d->signals[signal];
    if (!grow(d, s)) {
        return;
    }
    s->mv_min = !s->n || mv < s->mv_min ? mv : s->mv_min;
    s->mv_max = !s->n || mv > s->mv_max ? mv : s->mv_max;
    s->at_ps[s->n] = at_ps;
    s->mv[s->n++] = mv;
}

void doc_add_phase(struct wave_doc *d, unsigned signal, sim_time at_ps, const struct sim_clock *clk)
{
    struct doc_signal *s = &d->signals[signal];
    struct doc_phase *more = room(d, s->phase, s->n, s->cap, sizeof *more);
    if (!more) {
        return;
    }
    s->cap = s->n < s->cap ? s->cap : s->cap ? 2 * s->cap : 16;
    s->phase = more;
    if (s->n && s->phase[s->n - 1].at_ps == at_ps) {
        s->n--;
    }
    s->phase[s->n++] = (struct doc_phase){ at_ps, *clk };
}

void doc_add_limit(struct wave_doc *d, const struct doc_limit *l)
{
    struct doc_limit *more = room(d, d->limits, d->n_limits, d->cap_limits, sizeof *more);
    if (more) {
        d->cap_limits = d->n_limits < d->cap_limits ? d->cap_limits : d->cap_limits ? 2 * d->cap_limits : 16;
        d->limits = more;
        d->limits[d->n_limits++] = *l;
    }
}

int doc_add_track(struct wave_doc *d, const char *name, enum doc_track_kind kind)
{
    struct doc_track *more = room(d, d->tracks, d->n_tracks, d->cap_tracks, sizeof *more);
    char *copy = more ? strdup(name) : NULL;
    if (more) {
        d->cap_tracks = d->n_tracks < d->cap_tracks ? d->cap_tracks : d->cap_tracks ? 2 * d->cap_tracks : 16;
        d->tracks = more;
    }
    if (!copy) {
        d->failed = true;
        return -1;
    }
    d->tracks[d->n_tracks] = (struct doc_track){ .name = copy, .kind = kind };
    return (int)d->n_tracks++;
}

struct doc_span *doc_add_span(struct wave_doc *d, unsigned track, sim_time begin_ps, sim_time end_ps, const char *text,
                              const char *more)
{
    struct doc_track *k = &d->tracks[track];
    struct doc_span *spans = room(d, k->spans, k->n, k->cap, sizeof *spans);
    if (!spans) {
        return NULL;
    }
    k->cap = k->n < k->cap ? k->cap : k->cap ? 2 * k->cap : 16;
    k->spans = spans;
    spans[k->n] = (struct doc_span){
        .begin_ps = begin_ps,
        .end_ps = end_ps,
        .text = text ? doc_add_text(d, text) : 0,
        .more = more ? doc_add_text(d, more) : 0,
    };
    return &spans[k->n++];
}

/* ---- the pyramid ---- */

static bool build_masks(struct doc_signal *s)
{
    const uint8_t *below = s->level;
    uint64_t n = s->n;
    for (unsigned k = 0; k < DOC_LEVELS_OF_PYRAMID && n > DOC_FAN; k++) {
        uint64_t m = (n + DOC_FAN - 1) / DOC_FAN;
        uint8_t *mask = calloc(m, 1);
        if (!mask) {
            return false;
        }
        for (uint64_t i = 0; i < n; i++) {
            mask[i / DOC_FAN] |= k ? below[i] : (uint8_t)(1u << below[i]);
        }
        s->mask[k] = mask;
        below = mask;
        n = m;
    }
    return true;
}

static bool build_ranges(struct doc_signal *s)
{
    uint64_t n = s->n;
    for (unsigned k = 0; k < DOC_LEVELS_OF_PYRAMID && n > DOC_FAN; k++) {
        uint64_t m = (n + DOC_FAN - 1) / DOC_FAN;
        int32_t *range = malloc(m * 2 * sizeof *range);
        if (!range) {
            return false;
        }
        for (uint64_t i = 0; i < m; i++) {
            range[2 * i] = INT32_MAX;
            range[2 * i + 1] = INT32_MIN;
        }
        for (uint64_t i = 0; i < n; i++) {
            int32_t low = k ? s->range[k - 1][2 * i] : s->mv[i];
            int32_t high = k ? s->range[k - 1][2 * i + 1] : s->mv[i];
            int32_t *r = &range[i / DOC_FAN * 2];
            r[0] = low < r[0] ? low : r[0];
            r[1] = high > r[1] ? high : r[1];
        }
        s->range[k] = range;
        n = m;
    }
    return true;
}

static bool build_stride(struct doc_signal *s)
{
    uint64_t m = s->n / DOC_STRIDE;
    if (!m) {
        return true;
    }
    s->every = malloc(m * sizeof *s->every);
    for (uint64_t i = 0; s->every && i < m; i++) {
        s->every[i] = s->at_ps[(i + 1) * DOC_STRIDE - 1];
    }
    return s->every != NULL;
}

static int by_begin(const void *a, const void *b)
{
    const struct doc_span *x = a, *y = b;
    return x->begin_ps < y->begin_ps ? -1 : x->begin_ps > y->begin_ps;
}

static void settle_spans(struct doc_track *k)
{
    sim_time reach_ps = 0;
    for (uint32_t i = 1; i < k->n; i++) {
        if (k->spans[i].begin_ps < k->spans[i - 1].begin_ps) {
            qsort(k->spans, k->n, sizeof *k->spans, by_begin);
            break;
        }
    }
    for (uint32_t i = 0; i < k->n; i++) {
        reach_ps = k->spans[i].end_ps > reach_ps ? k->spans[i].end_ps : reach_ps;
        k->spans[i].reach_ps = reach_ps;
    }
}

bool doc_finish(struct wave_doc *d, sim_time end_ps)
{
    d->end_ps = end_ps > d->end_ps ? end_ps : d->end_ps;
    for (unsigned i = 0; i < d->n_signals && !d->failed; i++) {
        struct doc_signal *s = &d->signals[i];
        bool ok = s->kind == DOC_LEVELS  ? build_masks(s) && build_stride(s)
                  : s->kind == DOC_VOLTS ? build_ranges(s) && build_stride(s)
                                         : true;
        d->failed |= !ok;
        if (s->n && s->kind != DOC_CLOCK && s->at_ps[s->n - 1] > d->end_ps) {
            d->end_ps = s->at_ps[s->n - 1];
        }
    }
    return doc_finish_tracks(d);
}

bool doc_finish_tracks(struct wave_doc *d)
{
    for (unsigned i = 0; i < d->n_tracks; i++) {
        settle_spans(&d->tracks[i]);
    }
    return !d->failed;
}

/* ---- from a file ---- */

struct load {
    struct wave_doc *doc;
    int signal[WAVE_MAX_SIGNALS]; /* of the reader's, -1: none */
    int track[WAVE_MAX_SIGNALS];
};

/* Strings that a full profile of ours has: they mean the same again. Instructions are decoded from the wires anew. */
static const struct {
    const char *name;
    enum doc_track_kind kind;
    enum doc_tone tone;
} named_tracks[] = {
    { "limpet.steps", DOC_TRACK_STEPS, DOC_PLAIN },       { "limpet.findings", DOC_TRACK_FINDINGS, DOC_BAD },
    { "limpet.kept", DOC_TRACK_KEPT, DOC_CONTROL },       { "limpet.mode", DOC_TRACK_MODE, DOC_PLAIN },
    { "limpet.clock", DOC_TRACK_CLOCK, DOC_PLAIN },       { "limpet.busy", DOC_TRACK_BUSY, DOC_NOTE },
    { "limpet.took", DOC_TRACK_TAKEN, DOC_PLAIN },        { "limpet.stk500", DOC_TRACK_STK, DOC_PLAIN },
    { "limpet.target_stk500", DOC_TRACK_STK, DOC_PLAIN }, { "limpet.function", DOC_TRACK_FUNCTIONS, DOC_PLAIN },
};
enum { NAMED_TRACKS = sizeof named_tracks / sizeof named_tracks[0] };

static enum doc_track_kind kind_named(const char *name)
{
    for (unsigned i = 0; i < NAMED_TRACKS; i++) {
        if (strcmp(named_tracks[i].name, name) == 0) {
            return named_tracks[i].kind;
        }
    }
    return DOC_TRACK_TEXT;
}

static enum doc_tone tone_of(enum doc_track_kind kind)
{
    for (unsigned i = 0; i < NAMED_TRACKS; i++) {
        if (named_tracks[i].kind == kind) {
            return named_tracks[i].tone;
        }
    }
    return DOC_PLAIN;
}

static bool on_signal(void *ctx, unsigned index, const char *name, enum wave_kind kind, unsigned bits)
{
    struct load *l = ctx;
    (void)bits;
    l->signal[index] = l->track[index] = -1;
    if (kind == WAVE_OTHER) {
        l->track[index] = doc_add_track(l->doc, name, kind_named(name));
        return l->track[index] >= 0;
    }
    l->signal[index] = doc_add_signal(l->doc, name, kind == WAVE_MILLIVOLTS ? DOC_VOLTS : DOC_LEVELS);
    return l->signal[index] >= 0;
}

/* Volts came in a signal that had plain 0 and 1: those were volts too. */
static bool levels_to_volts(struct wave_doc *d, struct doc_signal *s)
{
    s->kind = DOC_VOLTS;
    s->mv = malloc((s->cap ? s->cap : 1) * sizeof *s->mv);
    if (!s->mv) {
        d->failed = true;
        return false;
    }
    for (uint64_t i = 0; i < s->n; i++) {
        s->mv[i] = s->level[i] == WAVE_1 ? 1000 : 0;
        s->mv_max = s->mv[i] > s->mv_max ? s->mv[i] : s->mv_max;
    }
    free(s->level);
    s->level = NULL;
    return true;
}

static bool on_change(void *ctx, sim_time at_ps, unsigned signal, bool is_mv, int32_t value)
{
    struct load *l = ctx;
    struct doc_signal *s = &l->doc->signals[l->signal[signal]];
    if (is_mv && s->kind == DOC_LEVELS && !levels_to_volts(l->doc, s)) {
        return false;
    }
    if (s->kind == DOC_VOLTS) {
        doc_add_mv(l->doc, (unsigned)l->signal[signal], at_ps, is_mv ? value : value == WAVE_1 ? 1000 : 0);
    } else {
        doc_add_level(l->doc, (unsigned)l->signal[signal], at_ps, (enum wave_level)value);
    }
    return !l->doc->failed;
}

/* A vector "b0110" as a hexadecimal number, X and Z digit by digit. */
static void vector_text(const char *bits, char *to, size_t size)
{
    size_t n = strlen(bits), at = 0;
    at += (size_t)snprintf(to, size, "0x");
    for (size_t done = 0; done < n && at + 1 < size;) {
        size_t take = (n - done) % 4 ? (n - done) % 4 : 4;
        unsigned v = 0;
        char odd = 0;
        for (size_t i = 0; i < take; i++, done++) {
            v = v << 1 | (bits[done] == '1');
            odd = bits[done] != '0' && bits[done] != '1' ? bits[done] : odd;
        }
        to[at++] = odd ? (char)(odd | 32) : "0123456789ABCDEF"[v];
    }
    to[at] = 0;
}

static bool on_text(void *ctx, sim_time at_ps, unsigned signal, const char *text)
{
    struct load *l = ctx;
    unsigned track = (unsigned)l->track[signal];
    struct doc_track *k = &l->doc->tracks[track];
    char hex[300];
    if (text[0] == 'b' && text[1] && strspn(text + 1, "01xXzZ") == strlen(text + 1)) {
        vector_text(text + 1, hex, sizeof hex);
        text = hex;
    }
    if (k->n && k->spans[k->n - 1].end_ps == SIM_NEVER) {
        k->spans[k->n - 1].end_ps = at_ps;
    }
    bool empty = !*text || strcmp(text, " ") == 0 || strcmp(text, "-") == 0; /* nothing is going on */
    struct doc_span *s = empty ? NULL : doc_add_span(l->doc, track, at_ps, SIM_NEVER, text, NULL);
    if (s) {
        s->tone = tone_of(k->kind);
    }
    return empty || s;
}

static void end_open_spans(struct wave_doc *d, sim_time end_ps)
{
    for (unsigned i = 0; i < d->n_tracks; i++) {
        struct doc_track *k = &d->tracks[i];
        if (k->n && k->spans[k->n - 1].end_ps == SIM_NEVER) {
            k->spans[k->n - 1].end_ps = end_ps;
        }
    }
}

bool doc_load(struct wave_doc *d, const char *path, struct problem *err)
{
    struct load *l = calloc(1, sizeof *l);
    struct wave_list list;
    doc_init(d);
    if (!l) {
        problem_set(err, "%s: out of memory", path);
        return false;
    }
    l->doc = d;
    const struct wave_sink sink = { l, on_signal, on_change, on_text };
    bool ok = wave_list_load_into(&list, &sink, path, err);
    if (ok) {
        end_open_spans(d, list.end_ps);
        d->tick_ps = list.tick_ps;
        ok = doc_finish(d, list.end_ps);
        if (!ok) {
            problem_set(err, "%s: out of memory", path);
        }
    }
    wave_list_free(&list);
    free(l);
    if (!ok) {
        doc_free(d);
    }
    return ok;
}
