/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * canvas_svg.h - a picture as SVG, with text as text
 *
 * cairo's SVG turns letters into outlines: nothing to search, copy or read aloud, and another cairo gives another file.
 * Here each label is a <text> with a textLength from font.h, so that it takes the room it was given in whatever font the
 * reader has. The same picture gives the same bytes; coordinates have two decimals at most.
 */
#ifndef WAVE_DRAW_CANVAS_SVG_H
#define WAVE_DRAW_CANVAS_SVG_H

#include "wave/draw/canvas.h"
#include "wave/out_file.h"

struct canvas_svg {
    struct canvas canvas; /* first */
    struct out_file *out;
    const uint32_t *colours;
    bool clipped;
    unsigned clips;
};

/* Begins the file: size in px, title for who can't see it. */
void canvas_svg_start(struct canvas_svg *s, struct out_file *out, enum theme theme, double width, double height,
                      const char *title);
void canvas_svg_end(struct canvas_svg *s);

#endif
