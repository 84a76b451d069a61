/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * canvas_cairo.h - a picture on a cairo surface: image, PDF, window
 *
 * No hinting anywhere, so that image and PDF have the same layout. Plain text is set by cairo in DejaVu Sans; a name with
 * letters that font.h does not know goes through pango, which finds a font that has them.
 */
#ifndef WAVE_DRAW_CANVAS_CAIRO_H
#define WAVE_DRAW_CANVAS_CAIRO_H

#include <cairo.h>

#include "wave/draw/canvas.h"

struct canvas_cairo {
    struct canvas canvas; /* first */
    cairo_t *cr;
    const uint32_t *colours;
    bool clipped, vector; /* vector: no snapping to pixels */
    double font_size;
    bool font_bold, font_set;
};

/* cr is the caller's, and outlives c. scale: px of the layout to units of the surface. */
void canvas_cairo_start(struct canvas_cairo *c, cairo_t *cr, enum theme theme, double scale, bool vector);
void canvas_cairo_end(struct canvas_cairo *c);

#endif
