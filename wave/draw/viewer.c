/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/viewer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wave/draw/viewer_parts.h"
#include "wave/isp_bits.h"

#define SNAP_PX 8.0

void viewer_init(struct viewer *v, const struct wave_doc *doc, const struct isp_decoder *decoder)
{
    memset(v, 0, sizeof *v);
    v->decoder = decoder;
    v->explain = true;
    v->about_row = v->sizing = -1;
    for (unsigned i = 0; i < VIEWER_MARKS; i++) {
        v->marks[i] = SIM_NEVER;
    }
    view_init(&v->view, doc);
    v->view.values = true;
    viewer_use_preset(v, VIEWER_LIMPET);
    viewer_resize(v, 1200, 700);
}

static double body_height(const struct viewer *v)
{
    double h = v->height - VIEWER_MINIMAP_H - (v->explain ? VIEWER_PANEL_H : 0) - VIEWER_LINE_H;
    return h > 60 ? h : 60;
}

void viewer_settle(struct viewer *v)
{
    v->view.width = v->width;
    v->view.height = body_height(v);
    view_settle(&v->view);
    double most = view_full_height(&v->view) - v->view.height;
    v->view.scroll_y = fmax(0, fmin(v->view.scroll_y, most > 0 ? most : 0));
    v->dirty = true;
}

void viewer_resize(struct viewer *v, double width, double height)
{
    v->width = width < 120 ? 120 : width; /* a window may be squeezed to nothing */
    v->height = height < 80 ? 80 : height;
    viewer_settle(v);
}

void viewer_say(struct viewer *v, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(v->status, sizeof v->status, fmt, args);
    va_end(args);
    v->dirty = true;
}

/* ---- time ---- */

sim_time viewer_doc_end(const struct viewer *v)
{
    const struct wave_doc *d = v->view.doc;
    return d->end_ps > d->begin_ps ? d->end_ps : d->begin_ps + 1;
}

/* At least 10 ps, never beyond the document's ends. */
void viewer_set_range(struct viewer *v, double from, double to)
{
    double begin = (double)v->view.doc->begin_ps, end = (double)viewer_doc_end(v);
    if (to - from < 10) {
        double mid = (from + to) / 2;
        from = mid - 5;
        to = mid + 5;
    }
    if (to - from > end - begin) {
        from = begin;
        to = end;
    }
    if (from < begin) {
        to += begin - from;
        from = begin;
    }
    if (to > end) {
        from -= to - end;
        to = end;
    }
    v->view.from_ps = from < begin ? v->view.doc->begin_ps : (sim_time)from;
    v->view.to_ps = (sim_time)to > v->view.from_ps ? (sim_time)to : v->view.from_ps + 1;
    viewer_settle(v);
}

void viewer_remember(struct viewer *v)
{
    if (v->n_undo == VIEWER_UNDO) {
        memmove(v->undo, v->undo + 1, sizeof v->undo - sizeof v->undo[0]);
        v->n_undo--;
    }
    v->undo[v->n_undo][0] = v->view.from_ps;
    v->undo[v->n_undo++][1] = v->view.to_ps;
}

void viewer_show(struct viewer *v, sim_time from_ps, sim_time to_ps)
{
    viewer_remember(v);
    viewer_set_range(v, (double)from_ps, (double)to_ps);
}

void viewer_fit(struct viewer *v)
{
    viewer_show(v, v->view.doc->begin_ps, viewer_doc_end(v));
}

void viewer_undo_zoom(struct viewer *v)
{
    if (v->n_undo) {
        v->n_undo--;
        viewer_set_range(v, (double)v->undo[v->n_undo][0], (double)v->undo[v->n_undo][1]);
    } else {
        viewer_say(v, "no earlier zoom");
    }
}

void viewer_zoom_at(struct viewer *v, double x, double factor)
{
    double t = (double)axis_t(&v->view.axis, x);
    double from = (double)v->view.from_ps, to = (double)v->view.to_ps;
    viewer_set_range(v, t - (t - from) * factor, t + (to - t) * factor);
}

void viewer_pan(struct viewer *v, double part)
{
    double d = ((double)v->view.to_ps - (double)v->view.from_ps) * part;
    double begin = (double)v->view.doc->begin_ps, end = (double)viewer_doc_end(v);
    d = fmax(d, begin - (double)v->view.from_ps);
    d = fmin(d, end - (double)v->view.to_ps);
    viewer_set_range(v, (double)v->view.from_ps + d, (double)v->view.to_ps + d);
}

/* Shows t, in the middle if it was out of sight. */
void viewer_bring_into_view(struct viewer *v, sim_time t_ps)
{
    if (t_ps < v->view.from_ps || t_ps > v->view.to_ps) {
        double half = ((double)v->view.to_ps - (double)v->view.from_ps) / 2;
        viewer_remember(v);
        viewer_set_range(v, (double)t_ps - half, (double)t_ps + half);
    }
}

/* ---- edges and cursors ---- */

sim_time viewer_row_next(const struct viewer *v, unsigned row, sim_time t_ps)
{
    const struct doc_signal *s = view_signal(&v->view, &v->view.rows[row]);
    const struct doc_track *k = view_track(&v->view, &v->view.rows[row]);
    if (!k) {
        return s ? doc_next_edge(s, t_ps) : SIM_NEVER;
    }
    if (k->bits) {
        const struct doc_span *bit = isp_bits_next(v->view.doc, v->view.rows[row].index, t_ps);
        return bit ? bit->begin_ps : SIM_NEVER;
    }
    for (uint32_t i = doc_span_after(k, t_ps); i < k->n; i++) {
        if (k->spans[i].begin_ps > t_ps) {
            return k->spans[i].begin_ps;
        }
    }
    return SIM_NEVER;
}

sim_time viewer_row_previous(const struct viewer *v, unsigned row, sim_time t_ps)
{
    const struct doc_signal *s = view_signal(&v->view, &v->view.rows[row]);
    const struct doc_track *k = view_track(&v->view, &v->view.rows[row]);
    if (!k) {
        return s ? doc_previous_edge(s, t_ps) : SIM_NEVER;
    }
    if (k->bits) {
        const struct doc_span *bit = isp_bits_previous(v->view.doc, v->view.rows[row].index, t_ps);
        return bit ? bit->begin_ps : SIM_NEVER;
    }
    sim_time found = SIM_NEVER;
    for (uint32_t low = 0, high = k->n; low < high;) {
        uint32_t mid = low + (high - low) / 2;
        if (k->spans[mid].begin_ps < t_ps) {
            found = k->spans[mid].begin_ps;
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return found;
}

sim_time viewer_snapped(struct viewer *v, double x, double y, unsigned mods)
{
    sim_time t = axis_t(&v->view.axis, x);
    int row = view_row_at(&v->view, y);
    if (row < 0 || mods & VIEWER_ALT) {
        return t;
    }
    sim_time before = viewer_row_previous(v, (unsigned)row, t + 1), after = viewer_row_next(v, (unsigned)row, t);
    double d_before = before == SIM_NEVER ? INFINITY : x - axis_x(&v->view.axis, before);
    double d_after = after == SIM_NEVER ? INFINITY : axis_x(&v->view.axis, after) - x;
    if (fmin(d_before, d_after) > SNAP_PX) {
        return t;
    }
    return d_before <= d_after ? before : after;
}

void viewer_go(struct viewer *v, int row, sim_time at_ps)
{
    v->view.cursor_ps[0] = at_ps;
    v->about_row = row;
    v->about_ps = at_ps;
    viewer_bring_into_view(v, at_ps);
    viewer_settle(v);
}

/* Without a choice it is SCK's edges that people walk along. */
static int row_for_edges(const struct viewer *v)
{
    int first = -1;
    for (unsigned i = 0; i < v->view.n_rows; i++) {
        const struct view_row *r = &v->view.rows[i];
        if (r->shown && r->kind == VIEW_SIGNAL && (int)r->index == v->view.sck) {
            return (int)i;
        }
        first = first < 0 && r->shown && r->kind == VIEW_SIGNAL ? (int)i : first;
    }
    return first;
}

void viewer_go_to_edge(struct viewer *v, bool next)
{
    sim_time from = v->view.cursor_ps[0];
    if (v->view.selected < 0) {
        v->view.selected = row_for_edges(v);
    }
    if (v->view.selected < 0) {
        return;
    }
    if (from == SIM_NEVER) {
        from = next ? v->view.from_ps : v->view.to_ps;
    }
    unsigned row = (unsigned)v->view.selected;
    sim_time t = next ? viewer_row_next(v, row, from) : viewer_row_previous(v, row, from);
    if (t == SIM_NEVER) {
        viewer_say(v, "no %s edge of %s", next ? "further" : "earlier", view_row_name(&v->view, row));
        return;
    }
    viewer_go(v, (int)row, t);
}

/* ---- another document ---- */

/* Its number among the rows of v that are not headings, -1: none. */
static int find_row(const struct wave_view *v, enum view_row_kind kind, const char *name)
{
    for (unsigned i = 0; i < v->n_rows; i++) {
        if (v->rows[i].kind == kind && strcmp(name, view_row_name(v, i)) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Row k of old as it is in the new document. before: the old one's rows as they would be if nobody had changed them. */
static bool take_row(struct wave_view *fresh, const struct wave_view *before, const struct wave_view *old, unsigned k,
                     struct view_row *row)
{
    const char *name = view_row_name(old, k);
    *row = old->rows[k];
    if (row->kind == VIEW_GROUP) {
        return true;
    }
    int was = find_row(before, row->kind, name), now = find_row(fresh, row->kind, name);
    if (now < 0) {
        return false;
    }
    if (was >= 0 && before->rows[was].hidden == row->hidden) {
        row->hidden = fresh->rows[now].hidden; /* nobody has said otherwise: it may have come to life */
    }
    row->index = fresh->rows[now].index;
    fresh->rows[now].kind = VIEW_GROUP; /* taken */
    return true;
}

void viewer_replace(struct viewer *v, const struct wave_doc *doc)
{
    struct wave_view *old = malloc(sizeof *old), *fresh = malloc(sizeof *fresh), *before = malloc(sizeof *before);
    if (!fresh || !old || !before) {
        free(fresh);
        free(old);
        free(before);
        return;
    }
    view_init(before, v->view.doc);
    *old = v->view;
    bool at_end = old->to_ps == viewer_doc_end(v), whole = at_end && old->from_ps == old->doc->begin_ps;
    double span = (double)old->to_ps - (double)old->from_ps;
    view_init(fresh, doc);
    v->view.n_rows = 0;
    for (unsigned k = 0; k < old->n_rows; k++) { /* rows that are still there keep their places */
        struct view_row row;
        if (take_row(fresh, before, old, k, &row)) {
            v->view.rows[v->view.n_rows++] = row;
        }
    }
    for (unsigned i = 0; i < fresh->n_rows && v->view.n_rows < VIEW_MAX_ROWS; i++) {
        if (fresh->rows[i].kind != VIEW_GROUP) {
            v->view.rows[v->view.n_rows++] = fresh->rows[i];
        }
    }
    v->view.doc = doc;
    v->view.n_scope = fresh->n_scope;
    v->view.sck = fresh->sck;
    v->view.mosi = fresh->mosi;
    v->view.miso = fresh->miso;
    v->view.cpu = fresh->cpu;
    v->view.selected = v->view.selected < (int)v->view.n_rows ? v->view.selected : -1;
    v->about_row = -1;
    double end = (double)viewer_doc_end(v);
    viewer_set_range(v, whole ? 0 : at_end ? end - span : (double)old->from_ps, at_end ? end : (double)old->to_ps);
    free(fresh);
    free(old);
    free(before);
}
