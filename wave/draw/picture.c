/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/canvas_svg.h"
#include "wave/draw/picture_cairo.h"
#include "wave/out_file.h"

enum format { FORMAT_PNG, FORMAT_SVG, FORMAT_PDF, FORMATS };

static enum format format_of(const char *path)
{
    static const char *const ends[FORMATS] = { ".png", ".svg", ".pdf" };
    const char *dot = strrchr(path, '.');
    unsigned f = 0;
    while (f < FORMATS && (!dot || strcasecmp(dot, ends[f]) != 0)) {
        f++;
    }
    return (enum format)f;
}

bool picture_format_known(const char *path)
{
    return format_of(path) != FORMATS;
}

bool picture_ready(const char *path, struct problem *err)
{
    return format_of(path) == FORMAT_SVG || picture_cairo_ready(err);
}

bool picture_write(const char *path, struct wave_view *v, double scale, struct problem *err)
{
    double height = v->height > 0 ? v->height : view_full_height(v);
    if (v->width * scale > PICTURE_MAX_PX || height * scale > PICTURE_MAX_PX) {
        problem_set(err, "%s: %.0f x %.0f pixels are too many (%.0f a side at most)", path, v->width * scale,
                    height * scale, PICTURE_MAX_PX);
        return false;
    }
    struct out_file *out = malloc(sizeof *out);
    if (!out) {
        problem_set(err, "%s: out of memory", path);
        return false;
    }
    if (!out_file_open(out, path, err)) {
        free(out);
        return false;
    }
    double keep = v->height;
    v->height = height;
    const char *why = NULL;
    struct canvas_svg svg;
    switch (format_of(path)) {
    case FORMAT_PNG: why = picture_cairo_png(out, v, height, scale); break;
    case FORMAT_PDF: why = picture_cairo_pdf(out, v, height); break;
    default:
        canvas_svg_start(&svg, out, v->theme, v->width, height, v->title ? v->title : "waveform");
        view_draw(v, &svg.canvas);
        canvas_svg_end(&svg);
    }
    v->height = keep;
    bool ok = false;
    if (why && !out->error) {
        problem_set(err, "%s: %s", path, why);
        out_file_abandon(out);
    } else {
        ok = out_file_close(out, err);
    }
    free(out);
    return ok;
}
