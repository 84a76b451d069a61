/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * canvas.h - what a layout draws on: few shapes, in inks that a theme gives colours to
 *
 *      layout --> canvas --+--> canvas_cairo: PNG, PDF, the window
 *                          +--> canvas_svg: SVG with text as text
 *
 * Units are px, y goes down. One layout gives the same shapes on each back end.
 */
#ifndef WAVE_DRAW_CANVAS_H
#define WAVE_DRAW_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

enum ink {
    INK_PAPER,
    INK_TEXT,
    INK_FAINT_TEXT,
    INK_GRID,
    INK_RULE,  /* lines between rows */
    INK_LEVEL, /* 0 and 1 */
    INK_DENSE, /* more edges than pixels */
    INK_HIGH,  /* under a 1 */
    INK_Z,
    INK_X,
    INK_X_FILL,
    INK_WEAK,
    INK_VOLTS,
    INK_CLOCK,
    INK_FOLD,     /* where idle time is left out */
    INK_SELECTED, /* behind the name of the row that keys are about */
    INK_KEPT,     /* a bar that fits what a rule asks for */
    INK_CURSOR_A,
    INK_CURSOR_B,
    /* spans, in the order of enum doc_tone: fill, then edge */
    INK_TONE,
    INK_TONE_EDGE = INK_TONE + 7,
    INKS = INK_TONE_EDGE + 7,
};

enum theme { THEME_LIGHT, THEME_DARK, THEME_PRINT, THEMES };

/* 0xRRGGBB */
extern const uint32_t theme_colours[THEMES][INKS];
/* "light", "dark", "print" */
extern const char *const theme_names[THEMES];
/* False: no theme has this name. */
bool theme_named(const char *name, enum theme *theme);

enum align { ALIGN_LEFT, ALIGN_MIDDLE, ALIGN_RIGHT };

struct canvas_step { /* a corner of a wave */
    double x, y;
};

struct canvas {
    /* Level lines only: from each corner along x to the next one's x, then along y. Never falling x. */
    void (*wave)(struct canvas *c, const struct canvas_step *s, unsigned n, enum ink ink, double width, bool dashed);
    void (*rect)(struct canvas *c, double x, double y, double w, double h, enum ink ink);
    /* closed: filled with fill and outlined with edge; else a line of edge. */
    void (*path)(struct canvas *c, const struct canvas_step *s, unsigned n, bool closed, enum ink fill, enum ink edge,
                 double width);
    /* Slanted lines over a rectangle: what nobody knows. */
    void (*hatch)(struct canvas *c, double x, double y, double w, double h, enum ink ink);
    /* y: the base line. The text takes font_width(text, size, bold). */
    void (*text)(struct canvas *c, double x, double y, const char *text, enum align align, double size, bool bold,
                 enum ink ink);
    /* The same, upwards from (x, y): a quarter turn to the left. */
    void (*text_up)(struct canvas *c, double x, double y, const char *text, double size, enum ink ink);
    /* Everything until the next call is cut to the rectangle; w 0: nothing is. */
    void (*clip)(struct canvas *c, double x, double y, double w, double h);
};

#endif
