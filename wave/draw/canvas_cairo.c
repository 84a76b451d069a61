/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/canvas_cairo.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "wave/draw/font.h"

static void set_ink(struct canvas_cairo *c, enum ink ink)
{
    uint32_t v = c->colours[ink];
    cairo_set_source_rgb(c->cr, (v >> 16) / 255.0, (v >> 8 & 255) / 255.0, (v & 255) / 255.0);
}

/* On an image whole pixels look best and are drawn fastest. */
static double snap(const struct canvas_cairo *c, double v)
{
    return c->vector ? v : floor(v + 0.5);
}

static void box(struct canvas_cairo *c, double x, double y, double x1, double y1)
{
    cairo_rectangle(c->cr, x, y, x1 - x, y1 - y);
}

/* As many thin boxes, filled at once: for levels that is much cheaper than a stroke. */
static void cairo_wave(struct canvas *base, const struct canvas_step *p, unsigned n, enum ink ink, double width,
                       bool dashed)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    if (n < 2) {
        return;
    }
    set_ink(c, ink);
    if (c->vector || dashed) {
        static const double dash[] = { 3, 2 };
        cairo_move_to(c->cr, p[0].x, p[0].y);
        for (unsigned i = 1; i < n; i++) {
            cairo_line_to(c->cr, p[i].x, p[i - 1].y);
            cairo_line_to(c->cr, p[i].x, p[i].y);
        }
        cairo_set_line_width(c->cr, width);
        cairo_set_dash(c->cr, dash, dashed ? 2 : 0, 0);
        cairo_stroke(c->cr);
        cairo_set_dash(c->cr, NULL, 0, 0);
        return;
    }
    double w = width < 1 ? 1 : floor(width + 0.4);
    cairo_new_path(c->cr);
    for (unsigned i = 1; i < n; i++) {
        double x0 = snap(c, p[i - 1].x), x1 = snap(c, p[i].x), y0 = snap(c, p[i - 1].y), y1 = snap(c, p[i].y);
        box(c, x0, y0, x1 + w, y0 + w);
        if (y1 != y0) {
            box(c, x1, fmin(y0, y1), x1 + w, fmax(y0, y1) + w);
        }
    }
    cairo_fill(c->cr);
}

static void cairo_rect(struct canvas *base, double x, double y, double w, double h, enum ink ink)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    set_ink(c, ink);
    cairo_new_path(c->cr);
    double x0 = snap(c, x), y0 = snap(c, y);
    box(c, x0, y0, c->vector ? x + w : fmax(x0 + 1, snap(c, x + w)), c->vector ? y + h : fmax(y0 + 1, snap(c, y + h)));
    cairo_fill(c->cr);
}

static void cairo_path(struct canvas *base, const struct canvas_step *p, unsigned n, bool closed, enum ink fill,
                       enum ink edge, double width)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    cairo_new_path(c->cr); /* text leaves a point behind */
    for (unsigned i = 0; i < n; i++) {
        cairo_line_to(c->cr, p[i].x, p[i].y);
    }
    if (closed) {
        cairo_close_path(c->cr);
        set_ink(c, fill);
        cairo_fill_preserve(c->cr);
    }
    set_ink(c, edge);
    cairo_set_line_width(c->cr, width);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(c->cr);
}

static void cairo_hatch(struct canvas *base, double x, double y, double w, double h, enum ink ink)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    if (w <= 0 || h <= 0) {
        return;
    }
    for (double d = 4; d < w + h; d += 6) {
        double x0 = d < h ? 0 : d - h, x1 = d < w ? d : w;
        cairo_move_to(c->cr, x + x0, y + d - x0);
        cairo_line_to(c->cr, x + x1, y + d - x1);
    }
    set_ink(c, ink);
    cairo_set_line_width(c->cr, 1);
    cairo_stroke(c->cr);
}

static void use_font(struct canvas_cairo *c, double size, bool bold)
{
    if (c->font_set && c->font_size == size && c->font_bold == bold) {
        return;
    }
    if (!c->font_set || c->font_bold != bold) {
        cairo_select_font_face(c->cr, FONT_FAMILY, CAIRO_FONT_SLANT_NORMAL,
                               bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    }
    cairo_set_font_size(c->cr, size);
    c->font_set = true;
    c->font_size = size;
    c->font_bold = bold;
}

/* Letters that need another font. Squeezed into the width that the layout gave it. */
static void pango_text(struct canvas_cairo *c, double x, double y, const char *text, double width, double size,
                       bool bold)
{
    char *valid = g_utf8_make_valid(text, -1);
    PangoLayout *l = pango_cairo_create_layout(c->cr);
    PangoFontDescription *d = pango_font_description_new();
    pango_font_description_set_family(d, FONT_FAMILY);
    pango_font_description_set_absolute_size(d, size * PANGO_SCALE);
    pango_font_description_set_weight(d, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(l, d);
    pango_layout_set_single_paragraph_mode(l, TRUE);
    pango_layout_set_text(l, valid, -1);
    int natural, base = pango_layout_get_baseline(l);
    pango_layout_get_size(l, &natural, NULL);
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y - (double)base / PANGO_SCALE);
    if (natural > 0 && (double)natural / PANGO_SCALE > width) {
        cairo_scale(c->cr, width * PANGO_SCALE / natural, 1);
    }
    pango_cairo_show_layout(c->cr, l);
    cairo_restore(c->cr);
    pango_font_description_free(d);
    g_object_unref(l);
    g_free(valid);
}

static void cairo_text(struct canvas *base, double x, double y, const char *text, enum align align, double size,
                       bool bold, enum ink ink)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    double width = font_width(text, size, bold);
    x -= align == ALIGN_MIDDLE ? width / 2 : align == ALIGN_RIGHT ? width : 0;
    if (!*text) {
        return;
    }
    set_ink(c, ink);
    if (!font_is_plain(text)) {
        pango_text(c, x, y, text, width, size, bold);
        return;
    }
    cairo_text_extents_t e;
    use_font(c, size, bold);
    cairo_text_extents(c->cr, text, &e);
    if (fabs(e.x_advance - width) < 0.5 || e.x_advance <= 0) {
        cairo_move_to(c->cr, x, y);
        cairo_show_text(c->cr, text);
        return;
    }
    cairo_save(c->cr); /* DejaVu Sans is not here */
    cairo_translate(c->cr, x, y);
    cairo_scale(c->cr, width / e.x_advance, 1);
    cairo_move_to(c->cr, 0, 0);
    cairo_show_text(c->cr, text);
    cairo_restore(c->cr);
}

static void cairo_text_up(struct canvas *base, double x, double y, const char *text, double size, enum ink ink)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -G_PI / 2);
    cairo_text(base, 0, 0, text, ALIGN_LEFT, size, false, ink);
    cairo_restore(c->cr);
    c->font_set = false; /* it went with the rest */
}

static void cairo_clip_to(struct canvas *base, double x, double y, double w, double h)
{
    struct canvas_cairo *c = (struct canvas_cairo *)base;
    if (c->clipped) {
        cairo_restore(c->cr);
        c->font_set = false;
    }
    c->clipped = w > 0;
    if (c->clipped) {
        cairo_save(c->cr);
        cairo_rectangle(c->cr, snap(c, x), snap(c, y), snap(c, w), snap(c, h));
        cairo_clip(c->cr);
    }
}

void canvas_cairo_start(struct canvas_cairo *c, cairo_t *cr, enum theme theme, double scale, bool vector)
{
    cairo_font_options_t *o = cairo_font_options_create();
    *c = (struct canvas_cairo){ .cr = cr, .colours = theme_colours[theme], .vector = vector || scale != floor(scale) };
    c->canvas = (struct canvas){ cairo_wave, cairo_rect,    cairo_path,   cairo_hatch,
                                 cairo_text, cairo_text_up, cairo_clip_to };
    cairo_save(cr);
    cairo_scale(cr, scale, scale);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cr, o);
    cairo_font_options_destroy(o);
}

void canvas_cairo_end(struct canvas_cairo *c)
{
    cairo_clip_to(&c->canvas, 0, 0, 0, 0);
    cairo_restore(c->cr);
}
