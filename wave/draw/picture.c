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

bool picture_save(const char *path, const struct picture *p, double scale, struct problem *err)
{
    if (p->width * scale > PICTURE_MAX_PX || p->height * scale > PICTURE_MAX_PX) {
        return problem_set(err, "%s: %.0f x %.0f pixels are too many (%.0f a side at most)", path, p->width * scale,
                           p->height * scale, PICTURE_MAX_PX);
    }
    struct out_file *out = malloc(sizeof *out);
    if (!out) {
        return problem_set(err, "%s: out of memory", path);
    }
    if (!out_file_open(out, path, err)) {
        free(out);
        return false;
    }
    const char *why = NULL;
    struct canvas_svg svg;
    switch (format_of(path)) {
    case FORMAT_PNG: why = picture_cairo_png(out, p, scale); break;
    case FORMAT_PDF: why = picture_cairo_pdf(out, p); break;
    default:
        canvas_svg_start(&svg, out, p->theme, p->width, p->height, p->title ? p->title : "waveform");
        p->draw(p->ctx, &svg.canvas);
        canvas_svg_end(&svg);
    }
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

static void draw_view(void *ctx, struct canvas *c)
{
    view_draw(ctx, c);
}

bool picture_write(const char *path, struct wave_view *v, double scale, struct problem *err)
{
    double keep = v->height;
    const struct picture p = { .width = v->width,
                               .height = keep > 0 ? keep : view_full_height(v),
                               .theme = v->theme,
                               .title = v->title,
                               .draw = draw_view,
                               .ctx = v };
    v->height = p.height;
    bool ok = picture_save(path, &p, scale, err);
    v->height = keep;
    return ok;
}
