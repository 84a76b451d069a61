/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/sweep/plot.h"

#include "wave/doc.h"
#include "wave/draw/font.h"
#include "wave/draw/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CELL 20.0     /* height of a cell, and its least width */
#define MAX_CELL 60.0 /* wider labels stand on end */
#define GAP 28.0
#define FONT 11.0
#define TITLE 13.0 /* bold */
#define MARGIN 16.0

struct plot {
    const struct sweep *s;
    const struct sweep_result *results;
    unsigned x, y, nx, ny, grids, across;
    bool upright; /* the labels of the columns */
    double cell_w;
    double left, top, bottom; /* of a grid: room for its labels and names */
    double grid_w, grid_h, width, height;
    char title[200];
};

enum { LOOK_SILENT = SWEEP_STATES, LOOKS }; /* besides the states */

/* A chip that is wrong while all was said to be well is worse than any failure. */
static unsigned look_of(const struct sweep_result *r)
{
    return r->outcome == OUTCOME_SILENT ? LOOK_SILENT : r->state;
}

static const struct {
    enum ink ink;
    const char *text;
} looks[LOOKS] = {
    [SWEEP_NOT_RUN] = { INK_GRID, "not run" },
    [SWEEP_PASS] = { INK_KEPT, "pass" },
    [SWEEP_FINDINGS] = { INK_TONE_EDGE + DOC_NOTE, "passed with findings" },
    [SWEEP_FAIL] = { INK_TONE_EDGE + DOC_BAD, "fail" },
    [SWEEP_BAD] = { INK_CLOCK, "could not be run" },
    [LOOK_SILENT] = { INK_CURSOR_A, "silently wrong" },
};

static double text_width(const char *text)
{
    return font_width(text, FONT, false);
}

static double widest_choice(const struct sweep_axis *a)
{
    double w = 0;

    for (unsigned c = 0; c < a->n; c++) {
        w = fmax(w, text_width(a->choices[c].name));
    }
    return w;
}

static void show(struct canvas *c, double x, double y, const char *text)
{
    c->text(c, x, y, text, ALIGN_LEFT, FONT, false, INK_TEXT);
}

static void show_up(struct canvas *c, double x, double y, const char *text)
{
    c->text_up(c, x, y, text, FONT, INK_TEXT);
}

/* The state as a mark in a cell, for those who see no colours and for print. */
static void mark(struct canvas *c, double x, double y, unsigned state)
{
    enum { CORNERS = 16 };
    const double d = CELL / 4;
    const struct canvas_step falling[] = { { x - d, y - d }, { x + d, y + d } },
                             rising[] = { { x - d, y + d }, { x + d, y - d } },
                             level[] = { { x - d, y }, { x + d, y } }, upright[] = { { x, y - d }, { x, y + d } };
    struct canvas_step ring[CORNERS];

    for (unsigned i = 0; i < CORNERS; i++) {
        ring[i] = (struct canvas_step){ x + d / 1.6 * cos(2 * M_PI * i / CORNERS),
                                        y + d / 1.6 * sin(2 * M_PI * i / CORNERS) };
    }
    if (state == SWEEP_FAIL) {
        c->path(c, falling, 2, false, INK_PAPER, INK_PAPER, 2);
        c->path(c, rising, 2, false, INK_PAPER, INK_PAPER, 2);
    } else if (state == SWEEP_FINDINGS) {
        c->path(c, ring, CORNERS, true, looks[state].ink, INK_PAPER, 2);
    } else if (state == SWEEP_BAD || state == LOOK_SILENT) {
        c->path(c, level, 2, false, INK_PAPER, INK_PAPER, 2);
    }
    if (state == LOOK_SILENT) {
        c->path(c, upright, 2, false, INK_PAPER, INK_PAPER, 2);
    }
}

static void cell(struct canvas *c, double x, double y, double w, unsigned state)
{
    c->rect(c, x + 0.5, y + 0.5, w - 1, CELL - 1, looks[state].ink);
    mark(c, x + w / 2, y + CELL / 2, state);
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

static void draw_headings(struct canvas *c, const struct plot *p, const unsigned *choice, double x, double y)
{
    for (unsigned a = 0; a < p->s->n_axes; a++) {
        char text[160];

        if (a == p->x || a == p->y) {
            continue;
        }
        y += FONT * 1.3;
        snprintf(text, sizeof text, "%s: %s", p->s->axes[a].name, p->s->axes[a].choices[choice[a]].name);
        show(c, x, y, text);
    }
}

/* Labels and names as in any diagram: of the columns below, of the rows on the left. */
static void draw_axes(struct canvas *c, const struct plot *p, double gx, double x0, double y0)
{
    const struct sweep_axis *ax = &p->s->axes[p->x], *ay = &p->s->axes[p->y];
    double w = p->nx * p->cell_w, h = p->ny * CELL, name_w = text_width(ax->name);

    for (unsigned i = 0; i < p->nx; i++) {
        const char *name = ax->choices[i].name;
        double middle = x0 + (i + 0.5) * p->cell_w, label_w = text_width(name);

        if (p->upright) {
            show_up(c, middle + FONT / 3, y0 + h + 6 + label_w, name);
        } else {
            show(c, middle - label_w / 2, y0 + h + FONT * 1.3, name);
        }
    }
    show(c, fmax(x0 + (w - name_w) / 2, gx), y0 + h + p->bottom - 4, ax->name);
    if (p->x == p->y) {
        return;
    }
    for (unsigned r = 0; r < p->ny; r++) {
        const char *name = ay->choices[r].name;

        show(c, x0 - 6 - text_width(name), y0 + (r + 0.5) * CELL + FONT / 3, name);
    }
    name_w = text_width(ay->name);
    show_up(c, gx + FONT, y0 + fmax(h, name_w) / 2 + name_w / 2, ay->name);
}

static void draw_grid(struct canvas *c, const struct plot *p, unsigned k, double gx, double gy)
{
    unsigned choice[SWEEP_MAX_AXES] = { 0 };
    double x0 = gx + p->left, y0 = gy + p->top;

    grid_choices(p, k, choice);
    draw_headings(c, p, choice, gx, gy);
    for (unsigned r = 0; r < p->ny; r++) {
        if (p->x != p->y) {
            choice[p->y] = r;
        }
        for (unsigned i = 0; i < p->nx; i++) {
            unsigned point = 0;

            choice[p->x] = i;
            for (unsigned a = 0; a < p->s->n_axes; a++) {
                point = point * p->s->axes[a].n + choice[a];
            }
            cell(c, x0 + i * p->cell_w, y0 + r * CELL, p->cell_w, look_of(&p->results[point]));
        }
    }
    draw_axes(c, p, gx, x0, y0);
}

/* What the plot is of: a path without its folders and its ending. */
static void make_title(struct plot *p)
{
    const char *slash = strrchr(p->s->name, '/'), *name = slash && slash[1] ? slash + 1 : p->s->name;
    const char *dot = strrchr(name, '.');
    bool yaml = dot && dot > name && (!strcasecmp(dot, ".yaml") || !strcasecmp(dot, ".yml"));

    snprintf(p->title, sizeof p->title, "%.*s", yaml ? (int)(dot - name) : (int)sizeof p->title - 1, name);
}

/* The states that occur, with their numbers: how wide. c NULL: not drawn. */
static double legend(struct canvas *c, const struct plot *p, double x, double y)
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
        if (c) {
            cell(c, x, y, CELL, state);
            show(c, x + CELL + 5, y + CELL / 2 + FONT / 3, text);
        }
        x += CELL + 25 + text_width(text);
    }
    return x - from;
}

#define HEAD (FONT * 1.6 + CELL + GAP / 2) /* title and legend */

static void lay_out(struct plot *p)
{
    const struct sweep *s = p->s;
    const struct sweep_axis *ax = &s->axes[p->x], *ay = &s->axes[p->y];
    double label = widest_choice(ax), headings = 0, rows;
    unsigned others = 0;

    p->nx = ax->n;
    p->ny = p->x == p->y ? 1 : ay->n;
    p->grids = sweep_points(s) / p->nx / p->ny;
    for (unsigned a = 0; a < s->n_axes; a++) {
        if (a != p->x && a != p->y) {
            others++;
            headings = fmax(headings, text_width(s->axes[a].name) + widest_choice(&s->axes[a]) + 12);
        }
    }
    p->upright = label + 8 > MAX_CELL;
    p->cell_w = p->upright ? CELL : fmax(CELL, label + 8);
    p->left = p->x == p->y ? 0 : FONT * 1.6 + widest_choice(ay) + 8;
    p->top = others * FONT * 1.3 + 8;
    p->bottom = (p->upright ? label + 6 : FONT * 1.3) + FONT * 1.8;
    rows = p->x == p->y ? CELL : fmax(p->ny * CELL, text_width(ay->name) - p->bottom);
    p->grid_w = fmax(fmax(p->left + p->nx * p->cell_w, text_width(ax->name)), headings) + GAP;
    p->grid_h = p->top + rows + p->bottom + GAP / 2;
    p->across = (unsigned)ceil(sqrt(p->grids * p->grid_h / p->grid_w));
    if (p->across > p->grids) {
        p->across = p->grids;
    }
    p->width = 2 * MARGIN +
               fmax(p->across * p->grid_w - GAP, fmax(legend(NULL, p, 0, 0), font_width(p->title, TITLE, true)));
    p->height = 2 * MARGIN + HEAD + ceil((double)p->grids / p->across) * p->grid_h - GAP / 2;
}

static void draw(void *ctx, struct canvas *c)
{
    const struct plot *p = ctx;

    c->rect(c, 0, 0, p->width, p->height, INK_PAPER);
    c->text(c, MARGIN, MARGIN + FONT, p->title, ALIGN_LEFT, TITLE, true, INK_TEXT);
    legend(c, p, MARGIN, MARGIN + FONT * 1.6);
    for (unsigned k = 0; k < p->grids; k++) {
        draw_grid(c, p, k, MARGIN + k % p->across * p->grid_w, MARGIN + HEAD + k / p->across * p->grid_h);
    }
}

bool plot_write(const char *path, const struct sweep *s, const struct sweep_result *results, unsigned x, unsigned y,
                struct problem *err)
{
    struct plot p = { .s = s, .results = results, .x = x, .y = y };

    if (!plot_name_ok(path, err)) {
        return false;
    }
    if (!s->n_axes) {
        return problem_set(err, "%s: a sweep without axes has nothing to plot", path);
    }
    make_title(&p);
    lay_out(&p);
    const struct picture picture = { .width = ceil(p.width),
                                     .height = ceil(p.height),
                                     .theme = THEME_LIGHT,
                                     .title = p.title,
                                     .draw = draw,
                                     .ctx = &p };
    return picture_save(path, &picture, 1, err);
}
