/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw_limits.c - what a rule asks of a length, beside the wave where it was judged
 *
 *      frame: as long as the rule asks for         [######    ]   too short, in the colour of what is bad
 *      filled: as long as it was                   [##########]   kept
 *
 * Above the wave: highs, and set-up times; below: lows and whatever else findings and kept cases are about. A frame ends
 * where the next of its side begins. Frames of less than MIN_PX say nothing and are left out.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/checker.h"
#include "wave/draw/view.h"

enum { MIN_PX = 6, ROOM_PX = 9, BAR_PX = 5, MAX_BARS = 500 };

static double px_of(const struct wave_view *v, sim_time d_ps)
{
    return (double)d_ps / v->axis.ps_per_px;
}

/* Bars of this level of the signal can be seen at this zoom. */
static bool phases_show(const struct wave_view *v, unsigned signal, enum wave_level level)
{
    const struct doc_signal *s = &v->doc->signals[signal];
    for (unsigned i = 0; i < v->doc->n_limits; i++) {
        const struct doc_limit *l = &v->doc->limits[i];
        sim_time from = l->from_ps > v->from_ps ? l->from_ps : v->from_ps,
                 to = l->to_ps < v->to_ps ? l->to_ps : v->to_ps;
        if (l->signal == signal && l->level == level && from < to && px_of(v, l->required_ps) >= MIN_PX) {
            uint64_t n = doc_after(s, to, 0) - doc_after(s, from, 0);
            if (n > 1 && n < 2 * MAX_BARS) {
                return true;
            }
        }
    }
    return false;
}

/* A case of a rule that the phases do not show: another rule, or a signal without limits. */
static bool is_own_bar(const struct wave_view *v, const struct doc_span *s, unsigned signal)
{
    if (!s->required_ps || s->answer != signal + 1 || px_of(v, s->required_ps) < MIN_PX ||
        s->begin_ps + s->required_ps <= v->from_ps) {
        return false;
    }
    const char *text = doc_text(v->doc, s->text);
    for (unsigned i = 0; i < v->doc->n_limits; i++) {
        const struct doc_limit *l = &v->doc->limits[i];
        if (l->signal == signal && strncmp(text, l->term, strlen(l->term)) == 0) {
            return false;
        }
    }
    return true;
}

/* tOVSH and tSHOX follow one another on MOSI: side by side they would look like one. */
static bool is_above(const struct doc_span *s)
{
    return s->value == CHECK_MOSI_SETUP;
}

static const enum doc_track_kind judged[] = { DOC_TRACK_FINDINGS, DOC_TRACK_KEPT };

static const struct doc_span *first_case(const struct wave_view *v, unsigned signal, bool above)
{
    for (unsigned t = 0; t < v->doc->n_tracks; t++) {
        const struct doc_track *k = &v->doc->tracks[t];
        if (k->kind != judged[0] && k->kind != judged[1]) {
            continue;
        }
        for (uint32_t i = doc_span_after(k, v->from_ps); i < k->n && k->spans[i].begin_ps < v->to_ps; i++) {
            if (is_own_bar(v, &k->spans[i], signal) && is_above(&k->spans[i]) == above) {
                return &k->spans[i];
            }
        }
    }
    return NULL;
}

static bool has_limits(const struct wave_view *v, unsigned signal)
{
    for (unsigned i = 0; i < v->doc->n_limits; i++) {
        if (v->doc->limits[i].signal == signal) {
            return true;
        }
    }
    return false;
}

void view_room_for_limits(struct wave_view *v, struct view_row *row)
{
    row->above = row->below = 0;
    if (!row->shown || row->kind != VIEW_SIGNAL || v->doc->signals[row->index].kind != DOC_LEVELS) {
        return;
    }
    bool steady = v->values && has_limits(v, row->index); /* in a window rows keep their place when the zoom changes */
    row->above = steady || phases_show(v, row->index, WAVE_1) || first_case(v, row->index, true) ? ROOM_PX : 0;
    row->below = steady || phases_show(v, row->index, WAVE_0) || first_case(v, row->index, false) ? ROOM_PX : 0;
}

bool view_limit_term(const struct wave_view *v, const struct view_row *row, bool above, char *to, size_t size)
{
    if (!(above ? row->above : row->below)) {
        return false;
    }
    enum wave_level level = above ? WAVE_1 : WAVE_0;
    const struct doc_span *s = first_case(v, row->index, above);
    if (phases_show(v, row->index, level)) {
        for (unsigned i = 0; i < v->doc->n_limits; i++) {
            const struct doc_limit *l = &v->doc->limits[i];
            if (l->signal == row->index && l->level == level) {
                snprintf(to, size, "%s", l->term);
                return true;
            }
        }
    }
    const char *text = s ? doc_text(v->doc, s->text) : "";
    int n = (int)strcspn(text, ",");
    n -= n > 5 && strncmp(text + n - 5, " kept", 5) == 0 ? 5 : 0;
    snprintf(to, size, "%.*s", n, text);
    return n > 0 && n < 10;
}

static void draw_bar(struct canvas *c, double x0, double x_is, double x_needed, double limit, double y, bool kept)
{
    enum ink ink = kept ? INK_KEPT : INK_TONE_EDGE + DOC_BAD;
    double end = fmin(x_needed, limit), fill = fmin(kept ? x_needed : x_is, end);
    const struct canvas_step frame[] = { { x0, y }, { end, y }, { end, y + BAR_PX }, { x0, y + BAR_PX } };
    c->path(c, frame, 4, true, INK_PAPER, ink, 1);
    if (fill > x0) {
        c->rect(c, x0, y, fill - x0, BAR_PX, ink);
    }
}

/* Of every high, or low, in view. */
static void draw_phases(struct wave_view *v, struct canvas *c, unsigned signal, enum wave_level level, double y)
{
    const struct doc_signal *s = &v->doc->signals[signal];
    uint64_t i = doc_after(s, v->from_ps, 0);
    for (i = i > 2 ? i - 2 : 0; i + 1 < s->n && s->at_ps[i] < v->to_ps; i++) {
        const struct doc_limit *l = s->level[i] == level ? doc_limit_at(v->doc, signal, level, s->at_ps[i]) : NULL;
        if (!l || px_of(v, l->required_ps) < MIN_PX) {
            continue;
        }
        sim_time length_ps = s->at_ps[i + 1] - s->at_ps[i];
        bool ends = s->level[i + 1] != level, first = level == WAVE_0 && (i == 0 || s->at_ps[i] < l->from_ps);
        if (!ends || first || length_ps > 1000 * l->required_ps) { /* a pause is no phase of a clock */
            continue;
        }
        bool kept = doc_limit_kept(v->doc, l, length_ps);
        double limit = i + 2 < s->n ? axis_x(&v->axis, s->at_ps[i + 2]) - 1 : v->width;
        draw_bar(c, axis_x(&v->axis, s->at_ps[i]), axis_x(&v->axis, s->at_ps[i + 1]),
                 axis_x(&v->axis, s->at_ps[i] + l->required_ps), limit, y, kept);
    }
}

/* Of findings and kept cases that are about the signal. */
static void draw_cases(struct wave_view *v, struct canvas *c, unsigned signal, bool above, double y)
{
    for (unsigned t = 0; t < v->doc->n_tracks; t++) {
        const struct doc_track *k = &v->doc->tracks[t];
        double taken = 0;
        if (k->kind != judged[0] && k->kind != judged[1]) {
            continue;
        }
        for (uint32_t i = doc_span_after(k, v->from_ps); i < k->n && k->spans[i].begin_ps < v->to_ps; i++) {
            const struct doc_span *s = &k->spans[i];
            double x0 = axis_x(&v->axis, s->begin_ps);
            if (!is_own_bar(v, s, signal) || is_above(s) != above || x0 < taken) {
                continue;
            }
            double limit = v->width;
            for (uint32_t j = i + 1; j < k->n && j < i + 8; j++) { /* the next one has its own */
                const struct doc_span *next = &k->spans[j];
                if (is_own_bar(v, next, signal) && is_above(next) == above && next->begin_ps > s->begin_ps) {
                    limit = fmax(axis_x(&v->axis, s->end_ps), axis_x(&v->axis, next->begin_ps) - 1);
                    break;
                }
            }
            draw_bar(c, x0, axis_x(&v->axis, s->end_ps), axis_x(&v->axis, s->begin_ps + s->required_ps), limit, y,
                     k->kind == DOC_TRACK_KEPT);
            taken = axis_x(&v->axis, s->end_ps);
        }
    }
}

void view_draw_limits(struct wave_view *v, struct canvas *c, const struct view_row *row, double high, double low)
{
    if (row->above > 0) {
        if (phases_show(v, row->index, WAVE_1)) {
            draw_phases(v, c, row->index, WAVE_1, high - ROOM_PX);
        }
        draw_cases(v, c, row->index, true, high - ROOM_PX);
    }
    if (row->below > 0) {
        if (phases_show(v, row->index, WAVE_0)) {
            draw_phases(v, c, row->index, WAVE_0, low + ROOM_PX - BAR_PX);
        }
        draw_cases(v, c, row->index, false, low + ROOM_PX - BAR_PX);
    }
}
