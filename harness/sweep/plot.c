/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/plot.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CELL 20.0     /* height of a cell, and its least width */
#define MAX_CELL 60.0 /* wider labels stand on end */
#define GAP 28.0
#define FONT 11.0
#define MARGIN 16.0
#define MAX_SIDE 30000.0 /* what cairo's image surfaces take */

struct plot {
    const struct sweep *s;
    const struct sweep_result *results;
    unsigned x, y, nx, ny, grids, across;
    bool upright; /* the labels of the columns */
    double cell_w;
    double left, top, bottom; /* of a grid: room for its labels and names */
    double grid_w, grid_h, width, height;
};

enum { LOOK_SILENT = SWEEP_STATES, LOOKS }; /* besides the states */

/* A chip that is wrong while all was said to be well is worse than any failure. */
static unsigned look_of(const struct sweep_result *r)
{
    return r->outcome == OUTCOME_SILENT ? LOOK_SILENT : r->state;
}

static const struct {
    double r, g, b;
    const char *text;
} looks[LOOKS] = {
    [SWEEP_NOT_RUN] = { 0.92, 0.92, 0.92, "not run" },
    [SWEEP_PASS] = { 0.25, 0.62, 0.35, "pass" },
    [SWEEP_FINDINGS] = { 0.93, 0.76, 0.25, "passed with findings" },
    [SWEEP_FAIL] = { 0.80, 0.27, 0.24, "fail" },
    [SWEEP_BAD] = { 0.35, 0.35, 0.40, "could not be run" },
    [LOOK_SILENT] = { 0.45, 0.10, 0.55, "silently wrong" },
};

static void set_font(cairo_t *cr)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, FONT);
}

static double text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t e;

    cairo_text_extents(cr, text, &e);
    return e.x_advance;
}

static double widest_choice(cairo_t *cr, const struct sweep_axis *a)
{
    double w = 0;

    for (unsigned c = 0; c < a->n; c++) {
        w = fmax(w, text_width(cr, a->choices[c].name));
    }
    return w;
}

static void show(cairo_t *cr, double x, double y, const char *text)
{
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_move_to(cr, x, y);
    cairo_show_text(cr, text);
}

static void show_upright(cairo_t *cr, double x, double y, const char *text)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_rotate(cr, -M_PI / 2);
    show(cr, 0, 0, text);
    cairo_restore(cr);
}

/* The state as a mark in a cell, for those who see no colours and for print. */
static void mark(cairo_t *cr, double x, double y, unsigned state)
{
    const double c = 0, d = CELL / 4;

    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_set_line_width(cr, 2);
    if (state == SWEEP_FAIL) {
        cairo_move_to(cr, x + c - d, y + c - d);
        cairo_line_to(cr, x + c + d, y + c + d);
        cairo_move_to(cr, x + c + d, y + c - d);
        cairo_line_to(cr, x + c - d, y + c + d);
        cairo_stroke(cr);
    } else if (state == SWEEP_FINDINGS) {
        cairo_arc(cr, x + c, y + c, d / 1.6, 0, 2 * M_PI);
        cairo_stroke(cr);
    } else if (state == SWEEP_BAD || state == LOOK_SILENT) {
        cairo_move_to(cr, x + c - d, y + c);
        cairo_line_to(cr, x + c + d, y + c);
        if (state == LOOK_SILENT) {
            cairo_move_to(cr, x + c, y + c - d);
            cairo_line_to(cr, x + c, y + c + d);
        }
        cairo_stroke(cr);
    }
}

static void cell(cairo_t *cr, double x, double y, double w, unsigned state)
{
    cairo_set_source_rgb(cr, looks[state].r, looks[state].g, looks[state].b);
    cairo_rectangle(cr, x + 0.5, y + 0.5, w - 1, CELL - 1);
    cairo_fill(cr);
    mark(cr, x + w / 2, y + CELL / 2, state);
}

/* Choices of the axes that make the k-th grid; x and y are left at 0. */
static void grid_choices(const struct plot *p, unsigned k, unsigned *choice)
{
    for (unsigned a = p->s->n_axes; a--;) {
        choice[a] = 0;
        if (a == p->x || a == p->y) {
            continue;
        }
        choice[a] = k % p->s->axes[a].n;
        k /= p->s->axes[a].n;
    }
}

static void draw_headings(cairo_t *cr, const struct plot *p, const unsigned *choice, double x, double y)
{
    for (unsigned a = 0; a < p->s->n_axes; a++) {
        char text[160];

        if (a == p->x || a == p->y) {
            continue;
        }
        y += FONT * 1.3;
        snprintf(text, sizeof text, "%s: %s", p->s->axes[a].name, p->s->axes[a].choices[choice[a]].name);
        show(cr, x, y, text);
    }
}

/* Labels and names as in any diagram: of the columns below, of the rows on the left. */
static void draw_axes(cairo_t *cr, const struct plot *p, double gx, double x0, double y0)
{
    const struct sweep_axis *ax = &p->s->axes[p->x], *ay = &p->s->axes[p->y];
    double w = p->nx * p->cell_w, h = p->ny * CELL, name_w = text_width(cr, ax->name);

    for (unsigned c = 0; c < p->nx; c++) {
        const char *name = ax->choices[c].name;
        double middle = x0 + (c + 0.5) * p->cell_w, label_w = text_width(cr, name);

        if (p->upright) {
            show_upright(cr, middle + FONT / 3, y0 + h + 6 + label_w, name);
        } else {
            show(cr, middle - label_w / 2, y0 + h + FONT * 1.3, name);
        }
    }
    show(cr, fmax(x0 + (w - name_w) / 2, gx), y0 + h + p->bottom - 4, ax->name);
    if (p->x == p->y) {
        return;
    }
    for (unsigned r = 0; r < p->ny; r++) {
        const char *name = ay->choices[r].name;

        show(cr, x0 - 6 - text_width(cr, name), y0 + (r + 0.5) * CELL + FONT / 3, name);
    }
    name_w = text_width(cr, ay->name);
    show_upright(cr, gx + FONT, y0 + fmax(h, name_w) / 2 + name_w / 2, ay->name);
}

static void draw_grid(cairo_t *cr, const struct plot *p, unsigned k, double gx, double gy)
{
    unsigned choice[SWEEP_MAX_AXES] = { 0 };
    double x0 = gx + p->left, y0 = gy + p->top;

    grid_choices(p, k, choice);
    draw_headings(cr, p, choice, gx, gy);
    for (unsigned r = 0; r < p->ny; r++) {
        if (p->x != p->y) {
            choice[p->y] = r;
        }
        for (unsigned c = 0; c < p->nx; c++) {
            unsigned point = 0;

            choice[p->x] = c;
            for (unsigned a = 0; a < p->s->n_axes; a++) {
                point = point * p->s->axes[a].n + choice[a];
            }
            cell(cr, x0 + c * p->cell_w, y0 + r * CELL, p->cell_w, look_of(&p->results[point]));
        }
    }
    draw_axes(cr, p, gx, x0, y0);
}

/* What the plot is of: a path without its folders. */
static const char *title(const struct plot *p)
{
    const char *slash = strrchr(p->s->name, '/');

    return slash && slash[1] ? slash + 1 : p->s->name;
}

/* The states that occur, with their numbers: how wide, and painted if so. */
static double legend(cairo_t *cr, const struct plot *p, double x, double y, bool paint)
{
    unsigned count[LOOKS] = { 0 };
    double from = x;

    for (unsigned i = 0; i < sweep_points(p->s); i++) {
        count[look_of(&p->results[i])]++;
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        unsigned state = (i + 1) % LOOKS; /* not run: last */
        char text[60];

        if (!count[state]) {
            continue;
        }
        snprintf(text, sizeof text, "%s: %u", looks[state].text, count[state]);
        if (paint) {
            cell(cr, x, y, CELL, state);
            show(cr, x + CELL + 5, y + CELL / 2 + FONT / 3, text);
        }
        x += CELL + 25 + text_width(cr, text);
    }
    return x - from;
}

#define HEAD (FONT * 1.6 + CELL + GAP / 2) /* title and legend */

static void lay_out(cairo_t *cr, struct plot *p)
{
    const struct sweep *s = p->s;
    const struct sweep_axis *ax = &s->axes[p->x], *ay = &s->axes[p->y];
    double label = widest_choice(cr, ax), headings = 0, rows;
    unsigned others = 0;

    p->nx = ax->n;
    p->ny = p->x == p->y ? 1 : ay->n;
    p->grids = sweep_points(s) / p->nx / p->ny;
    for (unsigned a = 0; a < s->n_axes; a++) {
        if (a != p->x && a != p->y) {
            others++;
            headings = fmax(headings, text_width(cr, s->axes[a].name) + widest_choice(cr, &s->axes[a]) + 12);
        }
    }
    p->upright = label + 8 > MAX_CELL;
    p->cell_w = p->upright ? CELL : fmax(CELL, label + 8);
    p->left = p->x == p->y ? 0 : FONT * 1.6 + widest_choice(cr, ay) + 8;
    p->top = others * FONT * 1.3 + 8;
    p->bottom = (p->upright ? label + 6 : FONT * 1.3) + FONT * 1.8;
    rows = p->x == p->y ? CELL : fmax(p->ny * CELL, text_width(cr, ay->name) - p->bottom);
    p->grid_w = fmax(fmax(p->left + p->nx * p->cell_w, text_width(cr, ax->name)), headings) + GAP;
    p->grid_h = p->top + rows + p->bottom + GAP / 2;
    p->across = (unsigned)ceil(sqrt(p->grids * p->grid_h / p->grid_w));
    if (p->across > p->grids) {
        p->across = p->grids;
    }
    p->width = 2 * MARGIN +
               fmax(p->across * p->grid_w - GAP, fmax(legend(cr, p, 0, 0, false), text_width(cr, title(p))));
    p->height = 2 * MARGIN + HEAD + ceil((double)p->grids / p->across) * p->grid_h - GAP / 2;
}

static void draw(cairo_t *cr, const struct plot *p)
{
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    show(cr, MARGIN, MARGIN + FONT, title(p));
    legend(cr, p, MARGIN, MARGIN + FONT * 1.6, true);
    for (unsigned k = 0; k < p->grids; k++) {
        draw_grid(cr, p, k, MARGIN + k % p->across * p->grid_w, MARGIN + HEAD + k / p->across * p->grid_h);
    }
}

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);

    return n >= m && !strcasecmp(path + n - m, end);
}

bool plot_write(const char *path, const struct sweep *s, const struct sweep_result *results, unsigned x, unsigned y,
                struct problem *err)
{
    struct plot p = { .s = s, .results = results, .x = x, .y = y };
    bool png = ends_with(path, ".png");
    cairo_surface_t *surface;
    cairo_status_t status;
    cairo_t *cr;

    if (!plot_name_ok(path, err)) {
        return false;
    }
    if (!s->n_axes) {
        return problem_set(err, "%s: a sweep without axes has nothing to plot", path);
    }
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1); /* to measure texts */
    cr = cairo_create(surface);
    set_font(cr);
    lay_out(cr, &p);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    if (png && (p.width > MAX_SIDE || p.height > MAX_SIDE)) {
        return problem_set(err, "%s: %.0f x %.0f points are too many for a PNG: use .svg", path, p.width, p.height);
    }
    surface = png ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)p.width, (int)p.height)
                  : cairo_svg_surface_create(path, p.width, p.height);
    cr = cairo_create(surface);
    set_font(cr);
    draw(cr, &p);
    status = cairo_status(cr);
    cairo_destroy(cr);
    if (png && status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_write_to_png(surface, path);
    }
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_status(surface);
    }
    cairo_surface_destroy(surface);
    cairo_debug_reset_static_data(); /* fonts: or they count as leaked */
    return status == CAIRO_STATUS_SUCCESS || problem_set(err, "%s: %s", path, cairo_status_to_string(status));
}
