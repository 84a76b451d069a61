/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/picture.h"

#include <cairo-pdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/canvas_cairo.h"
#include "wave/draw/canvas_svg.h"
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

static cairo_status_t put_bytes(void *closure, const unsigned char *bytes, unsigned n)
{
    struct out_file *out = closure;
    out_file_put(out, bytes, n);
    return out->error ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void draw_on(cairo_surface_t *surface, struct wave_view *v, double scale, bool vector)
{
    struct canvas_cairo c;
    cairo_t *cr = cairo_create(surface);
    canvas_cairo_start(&c, cr, v->theme, scale, vector);
    view_draw(v, &c.canvas);
    canvas_cairo_end(&c);
    cairo_destroy(cr);
}

static cairo_status_t write_png(struct out_file *out, struct wave_view *v, double height, double scale)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(v->width * scale + 0.5),
                                                    (int)(height * scale + 0.5));
    draw_on(s, v, scale, false);
    cairo_status_t status = cairo_surface_status(s);
    status = status ? status : cairo_surface_write_to_png_stream(s, put_bytes, out);
    cairo_surface_destroy(s);
    return status;
}

static cairo_status_t write_pdf(struct out_file *out, struct wave_view *v, double height)
{
    enum { PT_PER_IN = 72, PX_PER_IN = 96 };
    double scale = (double)PT_PER_IN / PX_PER_IN;
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(put_bytes, out, v->width * scale, height * scale);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    if (v->title) {
        cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, v->title);
    }
    draw_on(s, v, scale, true);
    cairo_surface_finish(s);
    cairo_status_t status = cairo_surface_status(s);
    cairo_surface_destroy(s);
    return status;
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
    cairo_status_t status = CAIRO_STATUS_SUCCESS;
    struct canvas_svg svg;
    switch (format_of(path)) {
    case FORMAT_PNG: status = write_png(out, v, height, scale); break;
    case FORMAT_PDF: status = write_pdf(out, v, height); break;
    default:
        canvas_svg_start(&svg, out, v->theme, v->width, height, v->title ? v->title : "waveform");
        view_draw(v, &svg.canvas);
        canvas_svg_end(&svg);
    }
    v->height = keep;
    bool ok = false;
    if (status && !out->error) {
        problem_set(err, "%s: %s", path, cairo_status_to_string(status));
        out_file_abandon(out);
    } else {
        ok = out_file_close(out, err);
    }
    free(out);
    return ok;
}
