/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/picture_cairo.h"

#include <cairo-pdf.h>
#include <stdlib.h>

#include "wave/draw/canvas_cairo.h"

bool picture_cairo_ready(struct problem *err)
{
    (void)err;
    return true;
}

static cairo_status_t put_bytes(void *closure, const unsigned char *bytes, unsigned n)
{
    struct out_file *out = closure;
    out_file_put(out, bytes, n);
    return out->error ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void draw_on(cairo_surface_t *surface, const struct picture *p, double scale, bool vector)
{
    struct canvas_cairo c;
    cairo_t *cr = cairo_create(surface);
    canvas_cairo_start(&c, cr, p->theme, scale, vector);
    p->draw(p->ctx, &c.canvas);
    canvas_cairo_end(&c);
    cairo_destroy(cr);
}

const char *picture_cairo_png(struct out_file *out, const struct picture *p, double scale)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(p->width * scale + 0.5),
                                                    (int)(p->height * scale + 0.5));
    draw_on(s, p, scale, false);
    cairo_status_t status = cairo_surface_status(s);
    status = status ? status : cairo_surface_write_to_png_stream(s, put_bytes, out);
    cairo_surface_destroy(s);
    return status ? cairo_status_to_string(status) : NULL;
}

const char *picture_cairo_pdf(struct out_file *out, const struct picture *p)
{
    enum { PT_PER_IN = 72, PX_PER_IN = 96 };
    double scale = (double)PT_PER_IN / PX_PER_IN;
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(put_bytes, out, p->width * scale, p->height * scale);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    if (p->title) {
        cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, p->title);
    }
    draw_on(s, p, scale, true);
    cairo_surface_finish(s);
    cairo_status_t status = cairo_surface_status(s);
    cairo_surface_destroy(s);
    return status ? cairo_status_to_string(status) : NULL;
}

bool picture_cairo_save_surface(const char *path, cairo_surface_t *s, struct problem *err)
{
    struct out_file *out = malloc(sizeof *out);
    bool ok = out ? out_file_open(out, path, err) : problem_set(err, "%s: out of memory", path);
    if (ok) {
        cairo_status_t status = cairo_surface_write_to_png_stream(s, put_bytes, out);
        if (status && !out->error) {
            ok = problem_set(err, "%s: %s", path, cairo_status_to_string(status));
            out_file_abandon(out);
        } else {
            ok = out_file_close(out, err);
        }
    }
    free(out);
    return ok;
}
