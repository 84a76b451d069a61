/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/doc_write.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

struct lane { /* a variable of the file, and its next value */
    unsigned index;
    bool is_track;
    const struct doc_span *spans; /* of a track, in order of their beginning */
    uint32_t n_spans;
    struct doc_span *own; /* NULL: they are the document's */
    uint64_t next;        /* change, or span */
    bool in_span;         /* a track: the end of span next - 1 is what comes next */
    sim_time at_ps;       /* of the next value, SIM_NEVER: none */
    char id[8];
    char last; /* levels: as written */
};

struct writer {
    struct out_file *out;
    const struct wave_doc *d;
    const struct doc_cut *cut;
    struct lane *lanes;
    unsigned n;
    uint64_t tick; /* last #tick */
};

static const char *unit_of(uint64_t tick_ps, uint64_t *n)
{
    static const struct {
        const char *name;
        uint64_t ps;
    } units[] = { { "s", SIM_S }, { "ms", SIM_MS }, { "us", SIM_US }, { "ns", SIM_NS }, { "ps", 1 } };
    unsigned u = 0;
    while (tick_ps < units[u].ps) {
        u++;
    }
    *n = tick_ps / units[u].ps;
    return units[u].name;
}

static void put_name(struct out_file *out, const char *name)
{
    char safe[1024];
    vcd_name(name, safe, sizeof safe);
    out_file_text(out, safe);
}

/* No white space, no backslash of its own, and no letter beyond ASCII, at which GTKWave 3.3.118 stops reading: what it and Surfer undo. */
static void put_escaped(struct out_file *out, const char *text)
{
    char hex[8];
    for (; *text; text++) {
        unsigned char ch = (unsigned char)*text;
        if (ch <= ' ' || ch == '\\' || ch == '"' || ch >= 127) {
            snprintf(hex, sizeof hex, "\\x%02x", ch);
            out_file_text(out, hex);
        } else {
            out_file_char(out, (char)ch);
        }
    }
}

static sim_time span_end(const struct lane *l, uint64_t i)
{
    const struct doc_span *s = &l->spans[i];
    sim_time end = s->end_ps > s->begin_ps ? s->end_ps : s->begin_ps + DOC_INSTANT_PS;
    return i + 1 < l->n_spans && l->spans[i + 1].begin_ps < end ? l->spans[i + 1].begin_ps : end;
}

/* When the lane's value changes next. */
static void look_ahead(const struct writer *w, struct lane *l)
{
    if (!l->is_track) {
        const struct doc_signal *s = &w->d->signals[l->index];
        l->at_ps = l->next < s->n ? s->at_ps[l->next] : SIM_NEVER;
        return;
    }
    if (l->in_span) {
        l->at_ps = span_end(l, l->next - 1);
    } else {
        l->at_ps = l->next < l->n_spans ? l->spans[l->next].begin_ps : SIM_NEVER;
    }
}

static char level_sign(const struct writer *w, const struct lane *l)
{
    const struct doc_signal *s = &w->d->signals[l->index];
    return (w->cut->tracks ? "01zxlhzw" : "01zx01zx")[l->next ? s->level[l->next - 1] & 7 : WAVE_X];
}

static void put_value(struct writer *w, struct lane *l)
{
    char text[40];
    const struct doc_signal *s = &w->d->signals[l->index];
    if (l->is_track) {
        out_file_char(w->out, 's');
        put_escaped(w->out, l->in_span ? doc_text(w->d, l->spans[l->next - 1].text) : "-");
        out_file_char(w->out, ' ');
    } else if (s->kind == DOC_VOLTS) {
        int32_t mv = l->next ? s->mv[l->next - 1] : s->n ? s->mv[0] : 0;
        snprintf(text, sizeof text, "r%.3f ", mv / 1000.0);
        out_file_text(w->out, text);
    } else {
        l->last = level_sign(w, l);
        out_file_char(w->out, l->last);
    }
    out_file_text(w->out, l->id);
    out_file_char(w->out, '\n');
}

/* To the value in force at from_ps. */
static void start_lane(struct writer *w, struct lane *l)
{
    if (!l->is_track) {
        l->next = doc_after(&w->d->signals[l->index], w->cut->from_ps, 0);
    } else {
        while (l->next < l->n_spans && l->spans[l->next].begin_ps <= w->cut->from_ps) {
            l->next++;
        }
        l->in_span = l->next && span_end(l, l->next - 1) > w->cut->from_ps;
    }
    look_ahead(w, l);
}

static void step_lane(struct writer *w, struct lane *l)
{
    if (!l->is_track) {
        l->next++;
    } else if (l->in_span) {
        bool another = l->next < l->n_spans && l->spans[l->next].begin_ps <= l->at_ps;
        l->in_span = another;
        l->next += another;
    } else {
        l->in_span = true;
        l->next++;
    }
    look_ahead(w, l);
}

/* "uno.D9" is D9 in a scope: GTKWave does not find a name with a dot of its own. */
static void put_variable(struct writer *w, const struct lane *l, const char *name)
{
    bool volts = !l->is_track && w->d->signals[l->index].kind == DOC_VOLTS;
    const char *dot;
    unsigned depth = 0;
    char part[200];
    while ((dot = strchr(name, '.')) && dot[1] && dot > name && (size_t)(dot - name) < sizeof part) {
        memcpy(part, name, (size_t)(dot - name));
        part[dot - name] = 0;
        out_file_text(w->out, "$scope module ");
        put_name(w->out, part);
        out_file_text(w->out, " $end\n");
        depth++;
        name = dot + 1;
    }
    out_file_text(w->out, l->is_track ? "$var string 1 " : volts ? "$var real 64 " : "$var wire 1 ");
    out_file_text(w->out, l->id);
    out_file_char(w->out, ' ');
    put_name(w->out, name);
    out_file_text(w->out, " $end\n");
    while (depth--) {
        out_file_text(w->out, "$upscope $end\n");
    }
}

static void put_declarations(struct writer *w)
{
    uint64_t n;
    const char *unit = unit_of(w->cut->tick_ps, &n);
    out_file_text(w->out, "$version limpet $end\n$timescale ");
    out_file_number(w->out, n, 1);
    out_file_char(w->out, ' ');
    out_file_text(w->out, unit);
    out_file_text(w->out, " $end\n$scope module limpet $end\n");
    for (unsigned i = 0; i < w->n; i++) {
        const struct lane *l = &w->lanes[i];
        put_variable(w, l, l->is_track ? w->d->tracks[l->index].name : w->d->signals[l->index].name);
    }
    out_file_text(w->out, "$upscope $end\n$enddefinitions $end\n");
}

static void put_time(struct writer *w, sim_time t_ps)
{
    uint64_t tick = (t_ps - w->cut->from_ps + w->cut->tick_ps / 2) / w->cut->tick_ps;
    if (tick > w->tick) {
        out_file_char(w->out, '#');
        out_file_number(w->out, tick, 1);
        out_file_char(w->out, '\n');
        w->tick = tick;
    }
}

/* Scalars: '!' .. 'Q' and pairs of them. Strings: 'T' and a number, no letter that a reader takes for a value. */
static void name_lanes(struct writer *w)
{
    enum { LETTERS = 'Q' - '!' + 1 };
    unsigned scalars = 0, strings = 0;
    for (unsigned i = 0; i < w->n; i++) {
        struct lane *l = &w->lanes[i];
        if (l->is_track) {
            snprintf(l->id, sizeof l->id, "T%u", strings++ % 100000);
        } else if (scalars < LETTERS) {
            l->id[0] = (char)('!' + scalars++);
        } else {
            l->id[0] = (char)('!' + scalars / LETTERS - 1);
            l->id[1] = (char)('!' + scalars++ % LETTERS);
        }
    }
}

static int by_begin(const void *a, const void *b)
{
    const struct doc_span *x = a, *y = b;
    return x->begin_ps < y->begin_ps ? -1 : x->begin_ps > y->begin_ps;
}

/* Findings overlap, and are noticed at their ends: there they are instants. False: out of memory. */
static bool take_spans(const struct wave_doc *d, struct lane *l)
{
    const struct doc_track *k = &d->tracks[l->index];
    l->spans = k->spans;
    l->n_spans = k->n;
    if ((k->kind != DOC_TRACK_FINDINGS && k->kind != DOC_TRACK_KEPT) || !k->n) {
        return true;
    }
    l->own = malloc(k->n * sizeof *l->own);
    for (uint32_t i = 0; l->own && i < k->n; i++) {
        l->own[i] = k->spans[i];
        l->own[i].begin_ps = k->spans[i].end_ps;
    }
    if (l->own) {
        qsort(l->own, k->n, sizeof *l->own, by_begin);
    }
    l->spans = l->own;
    return l->own != NULL;
}

static bool make_lanes(struct writer *w)
{
    w->lanes = calloc(w->d->n_signals + w->d->n_tracks + 1, sizeof *w->lanes);
    if (!w->lanes) {
        return false;
    }
    for (unsigned i = 0; i < w->d->n_signals; i++) {
        if (w->cut->signals[i] && w->d->signals[i].kind != DOC_CLOCK) {
            w->lanes[w->n++] = (struct lane){ .index = i };
        }
    }
    for (unsigned i = 0; w->cut->tracks && i < w->d->n_tracks; i++) {
        if (w->cut->tracks[i] && w->d->tracks[i].kind != DOC_TRACK_SEEN) {
            w->lanes[w->n] = (struct lane){ .index = i, .is_track = true };
            if (!take_spans(w->d, &w->lanes[w->n++])) {
                return false;
            }
        }
    }
    name_lanes(w);
    return true;
}

static void put_changes(struct writer *w)
{
    out_file_text(w->out, "#0\n$dumpvars\n");
    for (unsigned i = 0; i < w->n; i++) {
        start_lane(w, &w->lanes[i]);
        put_value(w, &w->lanes[i]);
    }
    out_file_text(w->out, "$end\n");
    while (!w->out->error) {
        struct lane *next = NULL;
        for (unsigned i = 0; i < w->n; i++) {
            if (!next || w->lanes[i].at_ps < next->at_ps) {
                next = &w->lanes[i];
            }
        }
        if (!next || next->at_ps > w->cut->to_ps) {
            break;
        }
        sim_time at_ps = next->at_ps;
        step_lane(w, next);
        bool levels = !next->is_track && w->d->signals[next->index].kind == DOC_LEVELS;
        if (levels && level_sign(w, next) == next->last) {
            continue; /* weak or strong: the plain profile says no more than the level */
        }
        put_time(w, at_ps);
        put_value(w, next);
    }
    put_time(w, w->cut->to_ps);
}

bool doc_write_vcd(const char *path, const struct wave_doc *d, const struct doc_cut *cut, struct problem *err)
{
    struct writer w = { .out = malloc(sizeof *w.out), .d = d, .cut = cut };
    bool ok = false;
    if (!w.out || !make_lanes(&w)) {
        problem_set(err, "%s: out of memory", path);
    } else if (out_file_open(w.out, path, err)) {
        put_declarations(&w);
        put_changes(&w);
        ok = out_file_close(w.out, err);
    }
    for (unsigned i = 0; i < w.n; i++) {
        free(w.lanes[i].own);
    }
    free(w.lanes);
    free(w.out);
    return ok;
}
