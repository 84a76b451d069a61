/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/doc_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/net.h"
#include "sim/target_avr.h"
#include "wave/doc_rules.h"
#include "wave/isp_text.h"
#include "wave/stk_track.h"
#include "wave/trace_feed.h"

enum { NO_LEVEL = 255 };

/* Levels as net.h has them, and whether only a resistor holds them: both in order of time. */
struct levels {
    struct wave_doc *d;
    const struct notes *notes; /* NULL: nobody says who holds them */
    size_t at;
    uint8_t level[TRACE_MAX_SIGNALS];
    bool weak[TRACE_MAX_SIGNALS], moved[TRACE_MAX_SIGNALS];
    uint8_t touched[TRACE_MAX_SIGNALS]; /* signals whose strength has changed at touched_ps, with no level since */
    unsigned n_touched;
    sim_time touched_ps;
};

static void put_level(struct levels *l, unsigned signal, sim_time at_ps)
{
    uint8_t level = l->level[signal];
    bool weak = l->weak[signal] && level != NET_Z;
    doc_add_level(l->d, signal, at_ps, (enum wave_level)(level | (weak ? WAVE_WEAK_0 : 0)));
    l->moved[signal] = true;
}

static void put_touched(struct levels *l)
{
    for (unsigned i = 0; i < l->n_touched; i++) {
        unsigned signal = l->touched[i];
        if (!l->moved[signal] && l->level[signal] != NO_LEVEL) {
            put_level(l, signal, l->touched_ps);
        }
        l->moved[signal] = true;
    }
    l->n_touched = 0;
}

/* Strengths up to t: those of an instant count for its levels. */
static void take_strengths(struct levels *l, sim_time t_ps)
{
    while (l->notes && l->at < l->notes->n_weak && l->notes->weak[l->at].at_ps <= t_ps) {
        const struct note_weak *w = &l->notes->weak[l->at++];
        if (w->at_ps != l->touched_ps) {
            put_touched(l);
        }
        l->touched_ps = w->at_ps;
        l->weak[w->signal] = w->weak;
        if (l->moved[w->signal] && l->n_touched < TRACE_MAX_SIGNALS) {
            l->moved[w->signal] = false;
            l->touched[l->n_touched++] = w->signal;
        }
    }
    if (l->touched_ps < t_ps) {
        put_touched(l);
    }
}

static void add_signals(struct wave_doc *d, const struct trace *t, const struct notes *notes)
{
    struct levels l = { .d = d, .notes = notes };
    struct trace_feed feed;
    struct trace_change c;
    memset(l.level, NO_LEVEL, sizeof l.level);
    memset(l.moved, true, sizeof l.moved);
    for (unsigned i = 0; i < t->n_signals; i++) {
        if (doc_add_signal(d, t->signals[i].name, t->signals[i].is_mv ? DOC_VOLTS : DOC_LEVELS) < 0) {
            d->failed = true;
            return;
        }
    }
    trace_feed_start(&feed, t);
    while (trace_feed_next(&feed, &c)) {
        if (t->signals[c.signal].is_mv) {
            doc_add_mv(d, c.signal, c.at_ps, c.value);
        } else {
            take_strengths(&l, c.at_ps);
            l.level[c.signal] = (uint8_t)c.value;
            put_level(&l, c.signal, c.at_ps);
        }
    }
    take_strengths(&l, SIM_NEVER);
}

static void frequency_text(uint64_t millihz, char *to, size_t size)
{
    static const struct {
        uint64_t millihz;
        const char *name;
    } units[] = { { 1000000000, "MHz" }, { 1000000, "kHz" }, { 1000, "Hz" } };
    unsigned u = 0;
    while (u < 2 && millihz < units[u].millihz) {
        u++;
    }
    snprintf(to, size, "%.6g %s", (double)millihz / (double)units[u].millihz, units[u].name);
}

static void add_clocks(struct wave_doc *d, const struct notes *n, sim_time end_ps)
{
    static const char no_clock[] = "Nothing clocks the target: it sees no edge of SCK.";
    int signal = doc_add_signal(d, "cpu", DOC_CLOCK);
    int track = doc_add_track(d, "clock", DOC_TRACK_CLOCK);
    if (signal < 0 || track < 0) {
        return;
    }
    sim_time first_ps = n->n_clocks ? n->clocks[0].at_ps : end_ps;
    struct doc_span *none = first_ps ? doc_add_span(d, (unsigned)track, 0, first_ps, "no clock", no_clock) : NULL;
    if (none) {
        none->tone = DOC_BAD;
    }
    for (size_t i = 0; i < n->n_clocks; i++) {
        const struct note_clock *c = &n->clocks[i];
        sim_time until_ps = i + 1 < n->n_clocks ? n->clocks[i + 1].at_ps : end_ps;
        bool runs = sim_clock_runs(&c->clk);
        char text[80], more[400], source[40];
        doc_add_phase(d, (unsigned)signal, c->at_ps, &c->clk);
        if (until_ps <= c->at_ps) {
            continue;
        }
        frequency_text(c->source_millihz / (c->divide ? c->divide : 1), text, sizeof text);
        frequency_text(c->source_millihz, source, sizeof source);
        if (c->by_edges) {
            snprintf(text, sizeof text, "XTAL1 by hand");
            snprintf(more, sizeof more, "Each rise on XTAL1 is one cycle of the source, divided by %u.", c->divide);
        } else if (!runs) {
            snprintf(text, sizeof text, "no clock");
            snprintf(more, sizeof more, "%s", no_clock);
        } else {
            snprintf(more, sizeof more,
                     "%s divided by %u. SCK counts once %u rises of this clock in a row have seen it.", source,
                     c->divide, c->n_samples);
        }
        struct doc_span *s = doc_add_span(d, (unsigned)track, c->at_ps, until_ps, text, more);
        if (s) {
            s->tone = runs ? DOC_PLAIN : c->by_edges ? DOC_NOTE : DOC_BAD;
        }
    }
}

static void add_seen(struct wave_doc *d, const struct notes *n)
{
    int track = n->n_seen ? doc_add_track(d, "saw", DOC_TRACK_SEEN) : -1;
    for (size_t i = 0; track >= 0 && i < n->n_seen; i++) {
        sim_time at_ps = n->seen[i] >> 1;
        struct doc_span *s = doc_add_span(d, (unsigned)track, at_ps, at_ps, n->seen[i] & 1 ? "1" : "0", NULL);
        if (s) {
            s->value = n->seen[i] & 1;
        }
    }
}

/* From one note of a kind to the next of that kind. */
static void add_states(struct wave_doc *d, const struct notes *n, enum note_kind kind, int track, sim_time end_ps)
{
    const struct note *last = NULL;
    for (size_t i = 0; track >= 0 && i <= n->n; i++) {
        const struct note *now = i < n->n ? &n->notes[i] : NULL;
        if (now && now->kind != kind) {
            continue;
        }
        sim_time until_ps = now && now->at_ps < end_ps ? now->at_ps : end_ps;
        if (last && until_ps > last->at_ps) {
            const char *text = kind == NOTE_MODE ? target_mode_name((enum target_mode)last->value) : last->text;
            char name[80];
            const char *feed = strchr(text, '\n');
            snprintf(name, sizeof name, "%.*s", feed ? (int)(feed - text) : (int)sizeof name - 1, text);
            struct doc_span *s = *name ? doc_add_span(d, (unsigned)track, last->at_ps, until_ps, name,
                                                      feed ? feed + 1 : NULL)
                                       : NULL;
            if (s) {
                bool quiet = kind == NOTE_MODE && last->value == TARGET_OFF;
                s->tone = quiet                                              ? DOC_QUIET
                          : kind == NOTE_MODE && last->value == TARGET_RESET ? DOC_CONTROL
                                                                             : DOC_PLAIN;
                s->value = last->value;
            }
        }
        last = now;
    }
}

static void add_taken(struct wave_doc *d, const struct notes *n, const struct isp_decoder *dec)
{
    int took = doc_add_track(d, "took", DOC_TRACK_TAKEN), busy = doc_add_track(d, "busy", DOC_TRACK_BUSY);
    char text[ISP_TEXT_BYTES], more[ISP_MORE_BYTES];
    for (size_t i = 0; took >= 0 && busy >= 0 && i < n->n; i++) {
        const struct note *e = &n->notes[i];
        struct doc_span *s = NULL;
        if (e->kind == NOTE_TAKEN) {
            enum doc_tone tone = isp_text(dec, e->value, 0, false, text, sizeof text);
            isp_more(dec, e->value, 0, false, more, sizeof more);
            s = doc_add_span(d, (unsigned)took, e->at_ps, e->at_ps, text, more);
            if (s) {
                s->tone = tone;
            }
        } else if (e->kind == NOTE_PORT) {
            s = doc_add_span(d, (unsigned)took, e->at_ps, e->at_ps, e->value ? "in step" : "refused",
                             e->value ? "AC 53 was seen: from here on instructions execute."
                                      : "AC 53 came sooner than 20 ms after RESET fell: refused.");
            if (s) {
                s->tone = e->value ? DOC_CONTROL : DOC_BAD;
            }
        } else if (e->kind == NOTE_BUSY) {
            isp_text(dec, e->value, 0, false, text, sizeof text);
            snprintf(more, sizeof more, "%s keeps the memories busy for %.3f ms; only the poll may come meanwhile.",
                     text, (double)(e->end_ps - e->at_ps) / 1e9);
            s = doc_add_span(d, (unsigned)busy, e->at_ps, e->end_ps, "busy", more);
            if (s) {
                s->tone = DOC_NOTE;
            }
        }
        if (s) {
            s->value = e->value;
        }
    }
}

/* While RESET is low, by the clock of then. */
static void add_limits(struct wave_doc *d, const struct notes *n, sim_time end_ps)
{
    const struct doc_track *mode = doc_find_track(d, DOC_TRACK_MODE);
    int sck = doc_signal_of_net(d, "SCK");
    for (size_t i = 0; mode && sck >= 0 && i < n->n_clocks; i++) {
        const struct note_clock *c = &n->clocks[i];
        sim_time until_ps = i + 1 < n->n_clocks ? n->clocks[i + 1].at_ps : end_ps;
        sim_time period_ps = sim_clock_runs(&c->clk) ? sim_clock_span(&c->clk, 1) : 0;
        for (uint32_t k = 0; period_ps && k < mode->n; k++) {
            const struct doc_span *s = &mode->spans[k];
            if (s->value == TARGET_RESET) {
                doc_add_sck_limits(d, (unsigned)sck, s->begin_ps > c->at_ps ? s->begin_ps : c->at_ps,
                                   s->end_ps < until_ps ? s->end_ps : until_ps, period_ps);
            }
        }
    }
}

static int by_begin(const void *a, const void *b)
{
    const struct stk_byte *x = a, *y = b;
    return x->begin_ps < y->begin_ps ? -1 : x->begin_ps > y->begin_ps;
}

/* Bytes on the PC's serial lines, each way, and the STK500 frames that they make. */
static void add_serial(struct wave_doc *d, const struct notes *n)
{
    static const struct {
        const char *to, *from, *stk;
    } lines[] = { { "to programmer", "from programmer", "stk500" }, { "to target", "from target", "target stk500" } };
    struct stk_byte *bytes = n->n_bytes ? malloc(n->n_bytes * sizeof *bytes) : NULL;
    for (unsigned line = 0; bytes && line < 2; line++) {
        int tracks[2] = { -1, -1 };
        size_t count = 0;
        bool added;
        for (size_t i = 0; i < n->n_bytes; i++) {
            const struct note_byte *b = &n->bytes[i];
            char text[20];
            if (b->line != line) {
                continue;
            }
            int *track = &tracks[b->from_host];
            *track = *track < 0 ? doc_add_track(d, b->from_host ? lines[line].to : lines[line].from, DOC_TRACK_UART)
                                : *track;
            bool printable = b->value > ' ' && b->value < 127;
            snprintf(text, sizeof text, printable ? "%02X, '%c'" : "%02X", b->value, b->value);
            struct doc_span *s = *track < 0 ? NULL : doc_add_span(d, (unsigned)*track, b->at_ps, b->end_ps, text, NULL);
            if (s) {
                s->value = b->value;
            }
            bytes[count++] = (struct stk_byte){ b->at_ps, b->end_ps, b->value, b->from_host };
        }
        qsort(bytes, count, sizeof *bytes, by_begin);
        stk_track_add(d, lines[line].stk, bytes, count, &added);
    }
    d->failed |= n->n_bytes && !bytes;
    free(bytes);
}

static bool has_kind(const struct notes *n, enum note_kind kind)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->notes[i].kind == kind) {
            return true;
        }
    }
    return false;
}

bool doc_can_hold(const struct trace *t, struct problem *err)
{
    return t->changes <= DOC_MAX_CHANGES ||
           problem_set(err,
                       "%llu changes were recorded, a picture or a full VCD holds %llu: record fewer nets, or a "
                       "shorter time",
                       (unsigned long long)t->changes, (unsigned long long)DOC_MAX_CHANGES);
}

bool doc_from_run(struct wave_doc *d, const struct doc_run *r)
{
    const struct notes *notes = r->notes;
    sim_time end_ps = r->end_ps;
    doc_init(d);
    add_signals(d, r->trace, notes);
    if (notes) {
        static const struct {
            enum note_kind note;
            enum doc_track_kind track;
            const char *name;
        } states[] = { { NOTE_STEP, DOC_TRACK_STEPS, "steps" },
                       { NOTE_MODE, DOC_TRACK_MODE, "mode" },
                       { NOTE_FUNCTION, DOC_TRACK_FUNCTIONS, "function" } };
        for (unsigned i = 0; i < sizeof states / sizeof states[0]; i++) {
            if (has_kind(notes, states[i].note)) {
                add_states(d, notes, states[i].note, doc_add_track(d, states[i].name, states[i].track), end_ps);
            }
        }
        add_clocks(d, notes, end_ps);
        add_seen(d, notes);
        add_taken(d, notes, r->dec);
        add_limits(d, notes, end_ps);
        add_serial(d, notes);
    }
    if (r->checker) {
        const struct doc_judged j = { .checker = r->checker, .source = r->source, .ctx = r->ctx };
        doc_add_findings(d, &j);
        doc_add_kept(d, &j);
    }
    if (d->failed || !doc_finish(d, end_ps)) {
        doc_free(d);
        return false;
    }
    return true;
}
