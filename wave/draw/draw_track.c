/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draw_track.c - spans: boxes with as much of their text as fits, instants as marks */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wave/draw/font.h"
#include "wave/draw/view.h"
#include "wave/isp_bits.h"

enum { TEXT_BYTES = 300 };

/* The whole text, or what stands before its first comma or colon, or that cut short, or nothing. False: nothing. */
static bool shorten(const char *text, double size, double width, char to[TEXT_BYTES])
{
    snprintf(to, TEXT_BYTES, "%s", text);
    if (font_width(to, size, false) <= width) {
        return true;
    }
    to[strcspn(to, ",:")] = 0;
    char *arrow = strstr(to, " \u2192");
    if (arrow) {
        *arrow = 0;
    }
    if (font_width(to, size, false) <= width) {
        return true;
    }
    size_t n = font_fit(to, size, false, width - font_width("\u2026", size, false));
    if (n < 5 || n + 4 > TEXT_BYTES) { /* three letters say nothing */
        return false;
    }
    strcpy(to + n, "\u2026");
    return true;
}

static enum ink fill_of(enum doc_tone tone)
{
    return INK_TONE + tone;
}
static enum ink edge_of(enum doc_tone tone)
{
    return INK_TONE_EDGE + tone;
}

static void bytes_text(uint32_t v, char *to, size_t size)
{
    snprintf(to, size, "%02X %02X %02X %02X", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
}

/* The span's box has room for its short name. */
static bool name_fits(struct wave_view *v, const struct doc_track *k, uint32_t i)
{
    const struct doc_span *s = &k->spans[i];
    char text[TEXT_BYTES];
    double x0 = axis_x(&v->axis, s->begin_ps), x1 = axis_x(&v->axis, s->end_ps);
    view_widest_piece(v, &x0, &x1);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(doc_text(v->doc, s->text), ",:"), doc_text(v->doc, s->text));
    return font_width(text, VIEW_SMALL_TEXT, false) <= x1 - x0 - 8;
}

/* Up to where the same name is repeated without a pause, from a span that is too narrow for it. */
static uint32_t end_of_run(struct wave_view *v, const struct doc_track *k, uint32_t i)
{
    const char *text = doc_text(v->doc, k->spans[i].text);
    size_t n = strcspn(text, ",:");
    uint32_t j = i + 1;
    while (j < k->n && k->spans[j].begin_ps < v->to_ps) {
        const struct doc_span *a = &k->spans[j - 1], *b = &k->spans[j];
        const char *other = doc_text(v->doc, b->text);
        sim_time gap = b->begin_ps > a->end_ps ? b->begin_ps - a->end_ps : 0;
        if (strcspn(other, ",:") != n || strncmp(text, other, n) != 0 || gap > a->end_ps - a->begin_ps ||
            name_fits(v, k, j)) {
            break;
        }
        j++;
    }
    return j;
}

/* x0, x1: the visible part of the box. */
static void draw_box(struct wave_view *v, struct canvas *c, const struct doc_track *k, const struct doc_span *s,
                     double x0, double x1, double y, double h)
{
    char text[TEXT_BYTES], bytes[60], mosi[16], miso[16];
    bool two_lines = k->kind == DOC_TRACK_INSTRUCTIONS;
    const struct canvas_step box[] = { { x0, y + 3 }, { x1, y + 3 }, { x1, y + h - 4 }, { x0, y + h - 4 } };
    c->path(c, box, 4, true, fill_of(s->tone), edge_of(s->tone), s->tone == DOC_BAD ? 1.8 : 1);
    view_widest_piece(v, &x0, &x1);
    double room = x1 - x0 - 8, mid = (x0 + x1) / 2;
    if (two_lines) {
        bytes_text(s->value, mosi, sizeof mosi);
        bytes_text(s->answer, miso, sizeof miso);
        snprintf(bytes, sizeof bytes, "%s \u2192 %s", mosi, miso);
        two_lines = font_width(bytes, 8.5, false) <= room;
    }
    bool whole_name = shorten(doc_text(v->doc, s->text), VIEW_SMALL_TEXT, room, text);
    if (whole_name && k->kind == DOC_TRACK_INSTRUCTIONS && strstr(text, "\u2026")) {
        uint32_t i = (uint32_t)(s - k->spans); /* the run has a label */
        whole_name = end_of_run(v, k, i) == i + 1 && (i == 0 || end_of_run(v, k, i - 1) == i);
    }
    if (whole_name) {
        c->text(c, mid, two_lines ? y + 15 : y + h / 2 + 3, text, ALIGN_MIDDLE, VIEW_SMALL_TEXT, false, INK_TEXT);
        if (two_lines) {
            c->text(c, mid, y + 27, bytes, ALIGN_MIDDLE, 8.5, false, INK_FAINT_TEXT);
        }
    }
}

/* An instant: a mark, and its text to the right as far as the next one leaves room. */
static void draw_mark(struct wave_view *v, struct canvas *c, const struct doc_track *k, uint32_t i, double x,
                      double next_x, double y, double h)
{
    const struct doc_span *s = &k->spans[i];
    char text[TEXT_BYTES];
    const struct canvas_step mark[] = { { x - 4, y + 4 }, { x + 4, y + 4 }, { x, y + 10 } };
    c->rect(c, x - 0.5, y + 4, 1, h - 8, edge_of(s->tone));
    c->path(c, mark, 3, true, edge_of(s->tone), edge_of(s->tone), 1);
    double limit = next_x < v->width - 8 ? next_x - 6 : v->width - 8;
    for (unsigned p = 0; p < v->axis.n; p++) { /* a fold's stripe is no place for text */
        if (v->axis.pieces[p].folded && v->axis.pieces[p].x1 > x) {
            limit = fmin(limit, v->axis.pieces[p].x0 > x ? v->axis.pieces[p].x0 : x);
            break;
        }
    }
    if (shorten(doc_text(v->doc, s->text), VIEW_SMALL_TEXT, limit - x - 8, text)) {
        c->rect(c, x + 5, y + 3, font_width(text, VIEW_SMALL_TEXT, false) + 2, h - 7, INK_PAPER); /* over lines */
        c->text(c, x + 6, y + h / 2 + 4, text, ALIGN_LEFT, VIEW_SMALL_TEXT, false, INK_TEXT);
    }
}

/* Edges of SCK that the target saw: a tick with the bit it took. */
static void draw_seen(struct canvas *c, const struct doc_span *s, double before_x, double x, double next_x, double y,
                      double h)
{
    bool room = next_x - x >= 8 && x - before_x >= 8;
    c->rect(c, x - 0.5, y + 2, 1.3, room ? 5 : h - 5, INK_LEVEL);
    if (room) {
        c->text(c, x, y + h - 3, s->value ? "1" : "0", ALIGN_MIDDLE, 8.5, true, INK_LEVEL);
    }
}

/* A finding: the length that was too short, with the line that says so; its end through all rows. */
static void draw_finding(struct wave_view *v, struct canvas *c, const struct doc_track *k, uint32_t i, double next_x,
                         double y, double h, bool line)
{
    const struct doc_span *s = &k->spans[i];
    double x1 = axis_x(&v->axis, s->end_ps);
    for (double dash = y + h; line && dash < v->height; dash += 6) {
        c->rect(c, x1, dash, 1, 3, edge_of(s->tone));
    }
    draw_mark(v, c, k, i, x1, next_x, y, h);
}

static double next_begin_x(struct wave_view *v, const struct doc_track *k, uint32_t i)
{
    bool by_end = k->kind == DOC_TRACK_FINDINGS; /* their marks stand there */
    for (uint32_t j = i + 1; j < k->n && j < i + 40; j++) {
        if (by_end && k->spans[j].end_ps > k->spans[i].end_ps) {
            return axis_x(&v->axis, k->spans[j].end_ps);
        }
        if (!by_end && k->spans[j].begin_ps > k->spans[i].begin_ps) {
            return axis_x(&v->axis, k->spans[j].begin_ps);
        }
    }
    return v->width + 100;
}

/* Lines through all rows say where; of many they would only hide the waves. */
static bool few_in_view(const struct wave_view *v, const struct doc_track *k)
{
    uint32_t n = 0;
    for (uint32_t i = doc_span_after(k, v->from_ps); i < k->n && k->spans[i].begin_ps <= v->to_ps && n < 9; i++) {
        n++;
    }
    return n < 9;
}

/* "28 x Poll RDY/BSY" on a plate over boxes that have no room for it one by one. Returns the end of the run. */
static uint32_t label_run(struct wave_view *v, struct canvas *c, const struct doc_track *k, uint32_t i, double y,
                          double h)
{
    char text[TEXT_BYTES];
    uint32_t end = end_of_run(v, k, i);
    const char *name = doc_text(v->doc, k->spans[i].text);
    double x0 = fmax(axis_x(&v->axis, k->spans[i].begin_ps), v->names_w);
    double x1 = fmin(axis_x(&v->axis, k->spans[end - 1].end_ps), v->width - 8);
    view_widest_piece(v, &x0, &x1);
    snprintf(text, sizeof text, "%u \u00d7 %.*s", end - i, (int)strcspn(name, ",:"), name);
    double width = font_width(text, VIEW_SMALL_TEXT, false);
    if (end - i > 1 && width + 10 < x1 - x0) {
        double mid = (x0 + x1) / 2;
        c->rect(c, mid - width / 2 - 4, y + h / 2 - 7, width + 8, 14, fill_of(k->spans[i].tone));
        c->text(c, mid, y + h / 2 + 3, text, ALIGN_MIDDLE, VIEW_SMALL_TEXT, false, INK_TEXT);
    }
    return end;
}

/* After the boxes: instructions that are too narrow for their names. */
static void label_runs(struct wave_view *v, struct canvas *c, const struct doc_track *k, double y, double h)
{
    uint32_t end = doc_span_after(k, v->to_ps);
    uint32_t i = doc_span_after(k, v->from_ps);
    if (k->kind != DOC_TRACK_INSTRUCTIONS || end - i > 5000) { /* more have no room anyway */
        return;
    }
    while (i < k->n && k->spans[i].begin_ps < v->to_ps) {
        i = name_fits(v, k, i) ? i + 1 : label_run(v, c, k, i, y, h);
    }
}

void view_draw_track(struct wave_view *v, struct canvas *c, const struct view_row *row, double y)
{
    const struct doc_track *k = &v->doc->tracks[row->index];
    isp_bits_show(v->doc, row->index, v->from_ps, v->to_ps);
    if (k->bits && k->bits->dense) { /* so many that their bytes are no wider than a line */
        k = &v->doc->tracks[k->bits->bytes];
    }
    double h = row->height, dense_from = 0, dense_to = -1; /* spans too narrow for a box, drawn as one */
    double before_x = -100;                                /* the edge seen before */
    bool lines = k->kind == DOC_TRACK_FINDINGS && few_in_view(v, k);
    enum ink dense = INK_DENSE;
    for (uint32_t i = doc_span_after(k, v->from_ps); i < k->n && k->spans[i].begin_ps <= v->to_ps;) {
        const struct doc_span *s = &k->spans[i];
        if (s->end_ps < v->from_ps) {
            i++;
            continue;
        }
        double x0 = axis_x(&v->axis, s->begin_ps), x1 = axis_x(&v->axis, s->end_ps), next = next_begin_x(v, k, i);
        bool instant = s->begin_ps == s->end_ps, narrow = instant ? next - x0 < 3 : x1 - x0 < 3;
        if (k->kind == DOC_TRACK_FINDINGS) {
            if (x1 > dense_to) { /* of many in a pixel one is drawn */
                draw_finding(v, c, k, i, next, y, h, lines);
                dense_to = x1 + 1;
            }
            i++;
            continue;
        }
        if (narrow) {
            enum ink ink = k->kind == DOC_TRACK_SEEN ? INK_LEVEL : edge_of(s->tone);
            if (dense_to >= x0 - 1 && dense == ink) {
                dense_to = fmax(dense_to, fmax(x1, x0 + 1));
            } else {
                if (dense_to > dense_from) {
                    c->rect(c, dense_from, y + 4, dense_to - dense_from, h - 9, dense);
                }
                dense_from = x0;
                dense_to = fmax(x1, x0 + 1);
                dense = ink;
            }
            before_x = x0;
            uint32_t j = doc_span_after(k, axis_t(&v->axis, floor(x0) + 1)); /* the rest of this pixel */
            i = j > i + 1 ? j : i + 1;
            continue;
        }
        if (dense_to > dense_from) {
            c->rect(c, dense_from, y + 4, dense_to - dense_from, h - 9, dense);
            dense_from = dense_to = -1;
        }
        if (k->kind == DOC_TRACK_SEEN) {
            draw_seen(c, s, before_x, x0, next, y, h);
            before_x = x0;
        } else if (instant) {
            draw_mark(v, c, k, i, x0, next, y, h);
        } else {
            draw_box(v, c, k, s, x0, x1, y, h);
        }
        i++;
    }
    if (dense_to > dense_from && k->kind != DOC_TRACK_FINDINGS) {
        c->rect(c, dense_from, y + 4, dense_to - dense_from, h - 9, dense);
    }
    label_runs(v, c, k, y, h);
}
