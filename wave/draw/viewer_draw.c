/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer_draw.c - the window's contents around the view: minimap, panel, find bar, key sheet */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wave/draw/font.h"
#include "wave/draw/viewer.h"
#include "wave/draw/viewer_parts.h"

/* A canvas that draws a piece lower than it is told. */
struct lowered {
    struct canvas canvas; /* first */
    struct canvas *on;
    double dy;
};

static struct lowered *low(struct canvas *c)
{
    return (struct lowered *)c;
}

enum { COPY = 512 };

static unsigned lower(const struct lowered *l, const struct canvas_step *s, unsigned n, struct canvas_step *to)
{
    n = n < COPY ? n : COPY;
    for (unsigned i = 0; i < n; i++) {
        to[i] = (struct canvas_step){ s[i].x, s[i].y + l->dy };
    }
    return n;
}

static void low_wave(struct canvas *c, const struct canvas_step *s, unsigned n, enum ink ink, double width, bool dashed)
{
    struct canvas_step to[COPY];
    n = lower(low(c), s, n, to);
    low(c)->on->wave(low(c)->on, to, n, ink, width, dashed);
}

static void low_rect(struct canvas *c, double x, double y, double w, double h, enum ink ink)
{
    low(c)->on->rect(low(c)->on, x, y + low(c)->dy, w, h, ink);
}

static void low_path(struct canvas *c, const struct canvas_step *s, unsigned n, bool closed, enum ink fill,
                     enum ink edge, double width)
{
    struct canvas_step to[COPY];
    n = lower(low(c), s, n, to);
    low(c)->on->path(low(c)->on, to, n, closed, fill, edge, width);
}

static void low_hatch(struct canvas *c, double x, double y, double w, double h, enum ink ink)
{
    low(c)->on->hatch(low(c)->on, x, y + low(c)->dy, w, h, ink);
}

static void low_text(struct canvas *c, double x, double y, const char *text, enum align align, double size, bool bold,
                     enum ink ink)
{
    low(c)->on->text(low(c)->on, x, y + low(c)->dy, text, align, size, bold, ink);
}

static void low_text_up(struct canvas *c, double x, double y, const char *text, double size, enum ink ink)
{
    low(c)->on->text_up(low(c)->on, x, y + low(c)->dy, text, size, ink);
}

static void low_clip(struct canvas *c, double x, double y, double w, double h)
{
    low(c)->on->clip(low(c)->on, x, y + low(c)->dy, w, h);
}

/* Where something goes on in the whole recording, and the part of it that is shown. */
static void draw_minimap(const struct viewer *v, struct canvas *c)
{
    const struct wave_doc *d = v->view.doc;
    double begin = (double)d->begin_ps, span = (double)d->end_ps - begin;
    c->rect(c, 0, 0, v->width, VIEWER_MINIMAP_H, INK_FOLD);
    if (span <= 0) {
        return;
    }
    const struct doc_signal *s = v->view.sck >= 0 ? &d->signals[v->view.sck] : d->n_signals ? &d->signals[0] : NULL;
    uint64_t i = 0;
    for (double x = 0; s && s->kind != DOC_CLOCK && x < v->width; x++) {
        uint64_t j = doc_after(s, (sim_time)(begin + span * (x + 1) / v->width), i);
        if (j > i) {
            c->rect(c, x, 4, 1, VIEWER_MINIMAP_H - 8, INK_DENSE);
        }
        i = j;
    }
    const struct doc_track *k = doc_find_track(d, DOC_TRACK_FINDINGS);
    double last = -2;
    for (uint32_t f = 0; k && f < k->n; f++) {
        double x = floor(((double)k->spans[f].end_ps - begin) / span * v->width);
        if (x > last) {
            c->rect(c, x, 0, 2, 4, INK_TONE_EDGE + k->spans[f].tone);
            last = x;
        }
    }
    double x0 = ((double)v->view.from_ps - begin) / span * v->width,
           x1 = ((double)v->view.to_ps - begin) / span * v->width;
    x1 = fmax(x1, x0 + 3);
    const struct canvas_step box[] = {
        { x0, 1 }, { x1, 1 }, { x1, VIEWER_MINIMAP_H - 1 }, { x0, VIEWER_MINIMAP_H - 1 }
    };
    for (unsigned k2 = 0; k2 < 4; k2++) {
        const struct canvas_step side[] = { box[k2], box[(k2 + 1) % 4] };
        c->path(c, side, 2, false, INK_CURSOR_B, INK_CURSOR_B, 1.5);
    }
}

/* Words of one line after another, as many lines as there is room for. */
static void draw_lines(struct canvas *c, double x, double y, double width, unsigned most, const char *text)
{
    char line[400];
    for (unsigned i = 0; i < most && *text; i++) {
        size_t n = strcspn(text, "\n"), fit = font_fit(text, VIEW_TEXT, false, width);
        bool cut = fit < n;
        if (cut) {
            n = fit;
            while (n && text[n] != ' ') {
                n--;
            }
            n = n ? n : fit ? fit : 1;
        }
        n = n < sizeof line - 1 ? n : sizeof line - 1;
        memcpy(line, text, n);
        line[n] = 0;
        c->text(c, x, y + 15 * i, line, ALIGN_LEFT, VIEW_TEXT, i == 0, INK_TEXT);
        text += n;
        text += *text == '\n' || *text == ' ';
    }
}

static void draw_panel(struct viewer *v, struct canvas *c)
{
    char text[1000];
    double y = v->height - VIEWER_LINE_H - VIEWER_PANEL_H;
    if (!v->explain) {
        return;
    }
    c->rect(c, 0, y, v->width, VIEWER_PANEL_H, INK_FOLD);
    c->rect(c, 0, y, v->width, 1, INK_RULE);
    viewer_panel_text(v, text, sizeof text);
    draw_lines(c, 8, y + 18, v->width - 16, 4, text);
}

/* What the next steps can be, at the right end of the bottom line. Returns where it begins. */
static double draw_hints(const struct viewer *v, struct canvas *c, double y)
{
    static const char *const hints[] = { "? all keys", "p picture", "o fold idle time", "f everything",
                                         "z back",     "/ find",    "s step",           "w finding" };
    double x = v->width - 8;
    for (unsigned i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        double w = font_width(hints[i], VIEW_SMALL_TEXT, false);
        if (x - w < v->width / 3) {
            break;
        }
        c->text(c, x, y + 14, hints[i], ALIGN_RIGHT, VIEW_SMALL_TEXT, false, INK_FAINT_TEXT);
        x -= w + 18;
    }
    return x;
}

static void draw_bottom_line(const struct viewer *v, struct canvas *c)
{
    char text[300], length[48];
    double y = v->height - VIEWER_LINE_H, room = v->width - 16;
    c->rect(c, 0, y, v->width, VIEWER_LINE_H, INK_PAPER);
    c->rect(c, 0, y, v->width, 1, INK_RULE);
    axis_length_text(v->view.to_ps - v->view.from_ps, length, sizeof length);
    if (v->entry) {
        bool find = v->entry == VIEWER_FIND;
        bool again = find && v->entry_is_old && v->find[0];
        snprintf(text, sizeof text, "%s: %s_%s", find ? "find" : "name of the group", find ? v->find : v->name,
                 again ? "   (Enter: again; or type something else)" : "");
    } else {
        room = draw_hints(v, c, y) - 8;
    }
    if (!v->entry && v->status[0]) {
        snprintf(text, sizeof text, "%s", v->status);
    } else if (!v->entry) {
        snprintf(text, sizeof text, "%s in view%s%s", length,
                 !v->view.fold        ? ""
                 : v->view.axis.n > 1 ? ", idle time left out"
                                      : ", without idle time that would be worth leaving out",
                 v->live ? ", live" : "");
    }
    text[font_fit(text, VIEW_TEXT, false, room)] = 0;
    c->text(c, 8, y + 14, text, ALIGN_LEFT, VIEW_TEXT, false, v->entry ? INK_CURSOR_B : INK_FAINT_TEXT);
}

/* A flag on the axis for each place that a digit leads to. */
static void draw_marks(struct viewer *v, struct canvas *c)
{
    double top = view_row_y(&v->view, 0) + v->view.scroll_y;
    for (unsigned i = 0; i < VIEWER_MARKS; i++) {
        sim_time t = v->marks[i];
        char digit[2] = { (char)('0' + i), 0 };
        if (t != SIM_NEVER && t >= v->view.from_ps && t <= v->view.to_ps) {
            double x = floor(axis_x(&v->view.axis, t));
            c->rect(c, x, top - 9, 1, 9, INK_TEXT);
            c->rect(c, x, top - 11, 9, 10, INK_TEXT);
            c->text(c, x + 4.5, top - 2.5, digit, ALIGN_MIDDLE, 8.5, true, INK_PAPER);
        }
    }
}

enum { SHEET_LINE = 18, SHEET_KEYS = 140, SHEET_COLUMN = 418 };

/* In as many columns as there is room for. */
static void draw_help(const struct viewer *v, struct canvas *c)
{
    char keys[80];
    const char *what;
    unsigned n = 0;
    while (viewer_sheet_line(v, n, keys, sizeof keys, &what)) {
        n++;
    }
    unsigned columns = v->width > 2 * SHEET_COLUMN + 30 ? 2 : 1, lines = (n + columns - 1) / columns;
    if (columns > 1 && viewer_sheet_line(v, lines - 1, keys, sizeof keys, &what) && !keys[0]) {
        lines++; /* a heading stays with what it heads */
    }
    double w = fmin(columns * SHEET_COLUMN + 24, v->width - 10), h = lines * SHEET_LINE + 56;
    double x = (v->width - w) / 2, y = fmax(2, (v->height - h) / 2);
    const struct canvas_step box[] = { { x, y }, { x + w, y }, { x + w, y + h }, { x, y + h } };
    c->path(c, box, 4, true, INK_PAPER, INK_TEXT, 1.5);
    c->text(c, x + 16, y + 26, "Keys and mouse", ALIGN_LEFT, 13, true, INK_TEXT);
    c->text(c, x + w - 16, y + 26, viewer_preset_names[v->preset], ALIGN_RIGHT, VIEW_TEXT, false, INK_FAINT_TEXT);
    c->clip(c, x + 2, y + 2, w - 4, h - 4);
    for (unsigned i = 0; i < n; i++) {
        double cx = x + 16 + i / lines * SHEET_COLUMN, cy = y + 52 + i % lines * SHEET_LINE;
        viewer_sheet_line(v, i, keys, sizeof keys, &what);
        if (keys[0]) {
            c->text(c, cx, cy, keys, ALIGN_LEFT, VIEW_TEXT, true, INK_TEXT);
            c->text(c, cx + SHEET_KEYS, cy, what, ALIGN_LEFT, VIEW_TEXT, false, INK_TEXT);
        } else {
            c->text(c, cx, cy, what, ALIGN_LEFT, VIEW_TEXT, true, INK_CURSOR_B);
        }
    }
    c->clip(c, 0, 0, 0, 0);
}

/* The range that letting go will zoom to. */
static void draw_zoom_mark(const struct viewer *v, struct canvas *c)
{
    bool measures = v->button == VIEWER_PRIMARY && v->mods & VIEWER_SHIFT;
    if (!v->button || !v->moved || measures || v->drag[v->button] != DRAG_ZOOM || v->press_y < VIEWER_MINIMAP_H) {
        return;
    }
    double x0 = fmin(v->press_x, v->pointer_x), x1 = fmax(v->press_x, v->pointer_x);
    double y0 = VIEWER_MINIMAP_H + VIEW_AXIS_H, y1 = VIEWER_MINIMAP_H + v->view.height;
    const double edges[] = { x0, x1 };
    for (unsigned i = 0; i < 2; i++) {
        c->rect(c, edges[i], y0, 1.5, y1 - y0, INK_CURSOR_B);
    }
    c->rect(c, x0, y0, x1 - x0, 3, INK_CURSOR_B);
}

void viewer_draw(struct viewer *v, struct canvas *c)
{
    struct lowered l = { { low_wave, low_rect, low_path, low_hatch, low_text, low_text_up, low_clip },
                         c,
                         VIEWER_MINIMAP_H };
    c->rect(c, 0, 0, v->width, v->height, INK_PAPER);
    view_draw(&v->view, &l.canvas);
    draw_minimap(v, c);
    draw_marks(v, &l.canvas);
    draw_zoom_mark(v, c);
    draw_panel(v, c);
    draw_bottom_line(v, c);
    if (v->help) {
        draw_help(v, c);
    }
    v->dirty = false;
}
