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
    double y = v->height - 18 - VIEWER_PANEL_H;
    if (!v->explain) {
        return;
    }
    c->rect(c, 0, y, v->width, VIEWER_PANEL_H, INK_FOLD);
    c->rect(c, 0, y, v->width, 1, INK_RULE);
    viewer_explain(v, v->pointer_x, v->pointer_y, text, sizeof text);
    draw_lines(c, 8, y + 16, v->width - 16, 3,
               *text ? text : "Point at something to learn what it is.   ? shows the keys");
}

static void draw_bottom_line(const struct viewer *v, struct canvas *c)
{
    char text[300], length[48];
    double y = v->height - 18;
    c->rect(c, 0, y, v->width, 18, INK_PAPER);
    c->rect(c, 0, y, v->width, 1, INK_RULE);
    axis_length_text(v->view.to_ps - v->view.from_ps, length, sizeof length);
    if (v->finding) {
        snprintf(text, sizeof text, "find: %s_", v->find);
    } else if (v->status[0]) {
        snprintf(text, sizeof text, "%s", v->status);
    } else {
        snprintf(text, sizeof text, "%s in view%s", length, v->view.fold ? ", idle time left out" : "");
    }
    text[font_fit(text, VIEW_TEXT, false, v->width - 16)] = 0;
    c->text(c, 8, y + 13, text, ALIGN_LEFT, VIEW_TEXT, false, v->finding ? INK_CURSOR_B : INK_FAINT_TEXT);
}

static const char *const key_sheet[][2] = {
    { "wheel", "zoom at the pointer; Shift: to the side; Ctrl: rows (--wheel=pan: as in GTKWave)" },
    { "drag", "move along; Shift: measure; right button: zoom to what is marked, a click: back" },
    { "click", "cursor A, at the nearest edge (Alt: anywhere); middle button: cursor B; b: B to A" },
    { "+ -   f   z", "zoom in, out; everything; back to the zoom before" },
    { "Left Right", "cursor A to the edge before, after, of the selected row" },
    { "Up Down", "select a row; Ctrl: carry it; [ ]: lower, higher; x: hide; a: show all" },
    { "Home End", "to the beginning, the end; Page Up, Page Down: a screen on" },
    { "/   n   N", "find a text: an instruction, finding, step; the next; the one before" },
    { "o", "leave out idle time: a stripe says how much, cursors measure true time" },
    { "e   t", "explanation of what is under the pointer; light, dark, print colours" },
    { "p   Ctrl+s", "save a picture of this; save rows, cursors and zoom beside the file" },
    { "r   q   Esc", "read the file again; quit; no cursors" },
};

static void draw_help(const struct viewer *v, struct canvas *c)
{
    enum { ROWS = sizeof key_sheet / sizeof key_sheet[0] };
    double w = fmin(640, v->width - 10), h = ROWS * 19 + 44, x = (v->width - w) / 2, y = fmax(2, (v->height - h) / 2);
    const struct canvas_step box[] = { { x, y }, { x + w, y }, { x + w, y + h }, { x, y + h } };
    c->path(c, box, 4, true, INK_PAPER, INK_TEXT, 1.5);
    c->text(c, x + 16, y + 24, "Keys and mouse", ALIGN_LEFT, 13, true, INK_TEXT);
    c->clip(c, x + 2, y + 2, w - 4, h - 4);
    for (unsigned i = 0; i < ROWS; i++) {
        c->text(c, x + 16, y + 48 + 19 * i, key_sheet[i][0], ALIGN_LEFT, VIEW_TEXT, true, INK_TEXT);
        c->text(c, x + 120, y + 48 + 19 * i, key_sheet[i][1], ALIGN_LEFT, VIEW_TEXT, false, INK_TEXT);
    }
    c->clip(c, 0, 0, 0, 0);
}

void viewer_draw(struct viewer *v, struct canvas *c)
{
    struct lowered l = { { low_wave, low_rect, low_path, low_hatch, low_text, low_clip }, c, VIEWER_MINIMAP_H };
    c->rect(c, 0, 0, v->width, v->height, INK_PAPER);
    view_draw(&v->view, &l.canvas);
    draw_minimap(v, c);
    if (v->button == VIEWER_SECONDARY && v->moved) {
        const struct canvas_step mark[] = { { v->press_x, v->press_y }, { v->pointer_x, v->press_y } };
        c->path(c, mark, 2, false, INK_CURSOR_B, INK_CURSOR_B, 4);
    }
    draw_panel(v, c);
    draw_bottom_line(v, c);
    if (v->help) {
        draw_help(v, c);
    }
    v->dirty = false;
}
