/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture.h - what is laid out on a canvas, as a file: PNG, SVG or PDF by the name's end
 *
 * SVG and PDF have the same bytes on every machine that has the same libraries (SVG: on every machine); no file holds a
 * date. A PNG is scale times as large in pixels.
 */
#ifndef WAVE_DRAW_PICTURE_H
#define WAVE_DRAW_PICTURE_H

#include "wave/draw/view.h"

#define PICTURE_MAX_PX 30000.0 /* a side; cairo's image surfaces take a little more */

/* The path ends in a name of a format that we write. */
bool picture_format_known(const char *path);
/*
 * Before anything is done that would show if it were done twice: the program may be replaced by one that can write this
 * format, with the same arguments. False: there is none, err.
 */
bool picture_ready(const char *path, struct problem *err);
struct picture {
    double width, height; /* px */
    enum theme theme;
    const char *title; /* for who can't see it; NULL: none */
    void (*draw)(void *ctx, struct canvas *c);
    void *ctx;
};

/* False: err says "PATH: reason", and nothing is left. */
bool picture_save(const char *path, const struct picture *p, double scale, struct problem *err);
/* The same of a view. v has been settled. False: err says "PATH: reason", and nothing is left. */
bool picture_write(const char *path, struct wave_view *v, double scale, struct problem *err);

#endif
