/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture_cairo.h - the pictures that need cairo: PNG and PDF
 *
 * cairo and pango bring thirty libraries along, which cost every start of a program 5 ms and 5 MiB. So `limpet` has
 * none of this (harness/commands/draw_elsewhere.c): for such a picture it lets limpet-draw, the same program with cairo,
 * take its place.
 */
#ifndef WAVE_DRAW_PICTURE_CAIRO_H
#define WAVE_DRAW_PICTURE_CAIRO_H

#include "wave/draw/picture.h"
#include "wave/out_file.h"

typedef struct _cairo_surface cairo_surface_t; /* cairo.h, which not all who include this have */

/* See picture_ready(). */
bool picture_cairo_ready(struct problem *err);
/* NULL: done. Else why not, static. */
const char *picture_cairo_png(struct out_file *out, const struct picture *p, double scale);
const char *picture_cairo_pdf(struct out_file *out, const struct picture *p);
/* What has been drawn already, as PNG; as picture_save(). */
bool picture_cairo_save_surface(const char *path, cairo_surface_t *s, struct problem *err);

#endif
