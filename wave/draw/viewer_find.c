/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer_find.c - the next of what is looked for, from cursor A on
 *
 *      load flash          a span of any track whose text has these words
 *      took: chip erase    of the tracks whose names begin so
 *      sck=1  miso=z       where a signal becomes 0, 1, z or x; without a name: the selected row's
 *      vcc<4.5             where volts fall below, or rise above (>), a value
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/viewer_parts.h"
#include "wave/isp_bits.h"

struct wanted {
    bool is_value;
    int signal; /* is_value */
    char how;   /* '=', '<', '>' */
    double volts;
    unsigned levels; /* a bit for each enum wave_level */
    char track[40];  /* else: its beginning, "" all */
    const char *text;
};

struct hit {
    sim_time at_ps, end_ps;
    int signal, track; /* -1: not in one */
    const char *text;
};

static const char *skip_spaces(const char *s)
{
    return s + strspn(s, " ");
}

static bool parse_level(const char *text, unsigned *levels)
{
    static const struct {
        const char *name;
        unsigned levels;
    } names[] = { { "0", 1u << WAVE_0 | 1u << WAVE_WEAK_0 },
                  { "1", 1u << WAVE_1 | 1u << WAVE_WEAK_1 },
                  { "z", 1u << WAVE_Z | 1u << WAVE_WEAK_Z },
                  { "x", 1u << WAVE_X | 1u << WAVE_WEAK_X },
                  { "weak", 1u << WAVE_WEAK_0 | 1u << WAVE_WEAK_1 | 1u << WAVE_WEAK_X } };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            *levels = names[i].levels;
            return true;
        }
    }
    return false;
}

static int signal_named(const struct viewer *v, const char *name)
{
    int found = doc_find_signal(v->view.doc, name);
    for (unsigned i = 0; i < v->view.doc->n_signals && found < 0; i++) {
        found = strcasecmp(v->view.doc->signals[i].name, name) == 0 ? (int)i : found;
    }
    return found;
}

/* "sck=1": whether it is about the value of a signal, and then which. */
static bool parse_value(const struct viewer *v, struct wanted *w)
{
    char name[80];
    size_t n = strcspn(v->find, "=<>");
    if (!v->find[n]) {
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)n, skip_spaces(v->find));
    name[strcspn(name, "=<> ")] = 0;
    const char *value = skip_spaces(v->find + n + 1);
    int row = v->view.selected;
    bool by_row = !name[0] && row >= 0 && v->view.rows[row].kind == VIEW_SIGNAL;
    w->signal = by_row ? (int)v->view.rows[row].index : name[0] ? signal_named(v, name) : -1;
    w->how = v->find[n];
    char *end;
    w->volts = strtod(value, &end);
    if (w->signal < 0) {
        return false;
    }
    bool volts = v->view.doc->signals[w->signal].kind == DOC_VOLTS;
    w->is_value = volts ? end != value : w->how == '=' && parse_level(value, &w->levels);
    return w->is_value;
}

static void parse(const struct viewer *v, struct wanted *w)
{
    *w = (struct wanted){ .signal = -1, .text = v->find };
    if (parse_value(v, w)) {
        return;
    }
    const char *colon = strchr(v->find, ':');
    if (colon && (size_t)(colon - v->find) < sizeof w->track) {
        for (unsigned i = 0; i < v->view.doc->n_tracks; i++) {
            if (strncasecmp(v->view.doc->tracks[i].name, v->find, (size_t)(colon - v->find)) == 0) {
                snprintf(w->track, sizeof w->track, "%.*s", (int)(colon - v->find), v->find);
                w->text = skip_spaces(colon + 1);
                return;
            }
        }
    }
}

static bool value_fits(const struct doc_signal *s, const struct wanted *w, uint64_t i)
{
    if (s->kind == DOC_LEVELS) {
        return w->levels >> s->level[i] & 1;
    }
    double mv = s->mv[i], wanted = w->volts * 1000;
    return w->how == '<' ? mv < wanted : w->how == '>' ? mv > wanted : fabs(mv - wanted) < 0.5;
}

static bool find_value(const struct viewer *v, const struct wanted *w, sim_time from_ps, bool forward, struct hit *hit)
{
    const struct doc_signal *s = &v->view.doc->signals[w->signal];
    uint64_t i = s->kind == DOC_CLOCK ? s->n : doc_after(s, from_ps, 0);
    if (s->kind == DOC_CLOCK) {
        return false;
    }
    if (!forward) {
        i = from_ps ? doc_after(s, from_ps - 1, 0) : 0;
    }
    while (forward ? i < s->n : i > 0) {
        uint64_t k = forward ? i++ : --i;
        if (value_fits(s, w, k) && (k == 0 || !value_fits(s, w, k - 1))) {
            *hit = (struct hit){ s->at_ps[k], s->at_ps[k], w->signal, -1, s->name };
            return true;
        }
    }
    return false;
}

/* Findings count where they are noticed: at their end. */
static sim_time place_of(const struct doc_track *k, const struct doc_span *s)
{
    return k->kind == DOC_TRACK_FINDINGS || k->kind == DOC_TRACK_KEPT ? s->end_ps : s->begin_ps;
}

/* Of bits the next with these words: they are computed as one goes. */
static void find_bit(const struct viewer *v, unsigned track, const char *text, sim_time from_ps, bool forward,
                     struct hit *best)
{
    const struct wave_doc *d = v->view.doc;
    const struct doc_bits *b = d->tracks[track].bits;
    bool any = false;
    for (unsigned i = 0; i < 4; i++) {
        any |= strcasestr(doc_text(d, b->text[i / 2][i % 2]), text) != NULL;
    }
    const struct doc_span *(*step)(const struct wave_doc *, unsigned, sim_time) = forward ? isp_bits_next
                                                                                          : isp_bits_previous;
    for (const struct doc_span *s = any ? step(d, track, from_ps) : NULL; s; s = step(d, track, s->begin_ps)) {
        if (strcasestr(doc_text(d, s->text), text)) {
            if (best->track < 0 || (forward ? s->begin_ps < best->at_ps : s->begin_ps > best->at_ps)) {
                *best = (struct hit){ s->begin_ps, s->end_ps, -1, (int)track, doc_text(d, s->text) };
            }
            return;
        }
    }
}

static void find_in(const struct viewer *v, unsigned track, const char *text, sim_time from_ps, bool forward,
                    struct hit *best)
{
    const struct doc_track *k = &v->view.doc->tracks[track];
    if (k->bits) {
        find_bit(v, track, text, from_ps, forward, best);
        return;
    }
    for (uint32_t n = 0; n < k->n; n++) {
        const struct doc_span *s = &k->spans[forward ? n : k->n - 1 - n];
        sim_time at = place_of(k, s);
        bool ahead = forward ? at > from_ps : at < from_ps;
        if (ahead && strcasestr(doc_text(v->view.doc, s->text), text)) {
            if (best->track < 0 || (forward ? at < best->at_ps : at > best->at_ps)) {
                *best = (struct hit){ at, s->end_ps, -1, (int)track, doc_text(v->view.doc, s->text) };
            }
            return;
        }
    }
}

static sim_time start_of(const struct viewer *v, bool forward)
{
    sim_time from = v->view.cursor_ps[0];
    if (from != SIM_NEVER) {
        return from;
    }
    from = forward ? v->view.doc->begin_ps : viewer_doc_end(v) + 1;
    return from - (forward && from ? 1 : 0);
}

static int row_of(const struct viewer *v, enum view_row_kind kind, int index)
{
    for (unsigned i = 0; i < v->view.n_rows; i++) {
        if (v->view.rows[i].kind == kind && (int)v->view.rows[i].index == index) {
            return (int)i;
        }
    }
    return -1;
}

static void go_to(struct viewer *v, const struct hit *h)
{
    int row = h->track >= 0 ? row_of(v, VIEW_TRACK, h->track) : row_of(v, VIEW_SIGNAL, h->signal);
    viewer_go(v, row, h->at_ps);
    viewer_say(v, "%s", h->text);
}

void viewer_find_next(struct viewer *v, bool forward)
{
    struct wanted w;
    struct hit hit = { .signal = -1, .track = -1 };
    if (!v->find[0]) {
        viewer_say(
            v, "nothing to find yet: / and words of an instruction or step, \"took: erase\", \"sck=1\", \"vcc<4.5\"");
        return;
    }
    parse(v, &w);
    sim_time from = start_of(v, forward);
    bool found = false;
    if (w.is_value) {
        found = find_value(v, &w, from, forward, &hit);
    } else {
        for (unsigned i = 0; i < v->view.doc->n_tracks; i++) {
            if (strncasecmp(v->view.doc->tracks[i].name, w.track, strlen(w.track)) == 0) {
                find_in(v, i, w.text, from, forward, &hit);
            }
        }
        found = hit.track >= 0;
    }
    if (found) {
        go_to(v, &hit);
    } else {
        viewer_say(v, "\"%s\": %s", v->find, forward ? "no more" : "no earlier one");
    }
}

/* So near that a finding's length and what led to it can be seen: 12 edges of SCK to each side, or the rule's length. */
static void zoom_to(struct viewer *v, const struct doc_span *s)
{
    double mid = (double)s->end_ps, half = fmax((double)s->required_ps, (double)(s->end_ps - s->begin_ps)) * 2;
    const struct doc_signal *sck = v->view.sck >= 0 ? &v->view.doc->signals[v->view.sck] : NULL;
    if (sck && sck->kind == DOC_LEVELS) {
        uint64_t i = doc_after(sck, s->end_ps, 0);
        double before = i > 12 ? mid - (double)sck->at_ps[i - 13] : 0;
        double after = i + 12 < sck->n ? (double)sck->at_ps[i + 12] - mid : 0;
        double near = before > 0 && after > 0 ? fmin(before, after) : fmax(before, after);
        half = fmax(half, near);
    }
    half = half > 0 ? half : ((double)v->view.to_ps - (double)v->view.from_ps) / 8;
    if (half * 2 < (double)v->view.to_ps - (double)v->view.from_ps || s->end_ps < v->view.from_ps ||
        s->end_ps > v->view.to_ps) {
        viewer_remember(v);
        viewer_set_range(v, mid - half, mid + half);
    }
}

/* The instruction on the wires that t falls into, else the gap before it: what findings are told apart by. */
static uint32_t frame_of(const struct wave_doc *d, sim_time t_ps)
{
    const struct doc_track *k = doc_find_track(d, DOC_TRACK_INSTRUCTIONS);
    return k ? doc_span_after(k, t_ps ? t_ps - 1 : 0) : 0;
}

/* How often the rule of finding i was broken before it in the same instruction, and how often in all of it. */
static unsigned repeats(const struct wave_doc *d, const struct doc_track *k, uint32_t i, unsigned *all)
{
    uint32_t frame = frame_of(d, k->spans[i].end_ps), first = i, last = i;
    unsigned before = 0;
    if (!doc_find_track(d, DOC_TRACK_INSTRUCTIONS)) {
        *all = 1;
        return 0;
    }
    while (first > 0 && frame_of(d, k->spans[first - 1].end_ps) == frame) {
        first--;
    }
    while (last + 1 < k->n && frame_of(d, k->spans[last + 1].end_ps) == frame) {
        last++;
    }
    *all = 0;
    for (uint32_t j = first; j <= last; j++) {
        if (k->spans[j].value == k->spans[i].value && k->spans[j].tone == k->spans[i].tone) {
            before += j < i;
            ++*all;
        }
    }
    return before;
}

/* Of each instruction a rule's first finding: the others are the same once more. */
static void go_to_finding(struct viewer *v, const struct doc_track *k, int track, bool forward)
{
    const struct wave_doc *d = v->view.doc;
    sim_time from = start_of(v, forward);
    bool here = v->about_row >= 0 && v->about_ps == from; /* of those of this instant some have been seen */
    for (uint32_t n = 0; n < k->n; n++) {
        uint32_t i = forward ? n : k->n - 1 - n;
        const struct doc_span *s = &k->spans[i];
        unsigned all;
        bool ahead = forward ? s->end_ps > from : s->end_ps < from;
        bool beside = here && s->end_ps == from && (forward ? i > v->about_span : i < v->about_span);
        if ((!ahead && !beside) || repeats(d, k, i, &all)) {
            continue;
        }
        zoom_to(v, s);
        go_to(v, &(struct hit){ s->end_ps, s->end_ps, -1, track, doc_text(d, s->text) });
        v->about_span = i;
        if (all > 1) {
            viewer_say(v, "%s, and %u times more in this instruction", doc_text(d, s->text), all - 1);
        }
        return;
    }
    viewer_say(v, "no %s finding", forward ? "further" : "earlier");
}

void viewer_go_to_track(struct viewer *v, enum doc_track_kind kind, bool forward)
{
    struct hit hit = { .signal = -1, .track = -1 };
    for (unsigned i = 0; i < v->view.doc->n_tracks; i++) {
        const struct doc_track *k = &v->view.doc->tracks[i];
        if (k->kind == kind && kind == DOC_TRACK_FINDINGS) {
            go_to_finding(v, k, (int)i, forward);
            return;
        }
        if (k->kind == kind) {
            find_in(v, i, "", start_of(v, forward), forward, &hit);
        }
    }
    if (hit.track < 0) {
        viewer_say(v, "no %s %s", forward ? "further" : "earlier", kind == DOC_TRACK_FINDINGS ? "finding" : "step");
    } else {
        go_to(v, &hit);
    }
}
