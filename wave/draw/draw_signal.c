/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draw_signal.c - levels, volts and computed clocks, a pixel column at a time */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/font.h"
#include "wave/draw/view.h"

enum { STEPS = 512 };

#define PLATE_PX 4.0 /* half of what a digit takes */

/* Corners of one ink that wait to be drawn together. */
struct pen {
    struct canvas *c;
    struct canvas_step s[STEPS];
    unsigned n;
    enum ink ink;
    bool dashed;
};

static void pen_flush(struct pen *p)
{
    if (p->n > 1) {
        p->c->wave(p->c, p->s, p->n, p->ink, 1.3, p->dashed);
    }
    p->n = 0;
}

static void pen_to(struct pen *p, double x, double y)
{
    if (p->n == STEPS) {
        struct canvas_step last = p->s[p->n - 1];
        pen_flush(p);
        p->s[p->n++] = last;
    }
    p->s[p->n++] = (struct canvas_step){ x, y };
}

static bool is_weak(unsigned level)
{
    return level >= WAVE_WEAK_0;
}

static enum ink level_ink(unsigned level)
{
    return level == WAVE_Z || level == WAVE_WEAK_Z ? INK_Z
           : level == WAVE_X                       ? INK_X
           : is_weak(level)                        ? INK_WEAK
                                                   : INK_LEVEL;
}

struct lane { /* where a row's levels are */
    double low, high;
};

static double level_y(const struct lane *l, unsigned level)
{
    switch (level) {
    case WAVE_0:
    case WAVE_WEAK_0: return l->low;
    case WAVE_1:
    case WAVE_WEAK_1: return l->high;
    default: return (l->low + l->high) / 2;
    }
}

/* One level from x0 to x1. X is a hatched box, a strong 1 is tinted below. */
static void draw_stretch(struct pen *p, const struct lane *l, unsigned level, double x0, double x1)
{
    enum ink ink = level_ink(level);
    double y = level_y(l, level);
    if (level == WAVE_X || level == WAVE_WEAK_X) {
        pen_flush(p);
        p->c->rect(p->c, x0, l->high, x1 - x0, l->low - l->high, INK_X_FILL);
        p->c->hatch(p->c, x0, l->high, x1 - x0, l->low - l->high, INK_X);
        return;
    }
    if (level == WAVE_1 && x1 - x0 > 1) {
        p->c->rect(p->c, x0, l->high, x1 - x0, l->low - l->high, INK_HIGH);
    }
    bool joins = p->n && p->ink == ink && p->dashed == is_weak(level);
    if (!joins) {
        double from = p->n ? p->s[p->n - 1].y : y;
        pen_flush(p);
        p->ink = ink;
        p->dashed = is_weak(level);
        pen_to(p, x0, from);
    }
    pen_to(p, x0, y);
    pen_to(p, x1, y);
}

/* More changes than a pixel can show: a bar as high as what they reached; X shows through whatever else there was. */
static void draw_dense(struct canvas *c, const struct lane *l, unsigned mask, double x0, double x1)
{
    bool any_x = mask & (1u << WAVE_X | 1u << WAVE_WEAK_X), any_z = mask & (1u << WAVE_Z | 1u << WAVE_WEAK_Z);
    bool any_0 = mask & (1u << WAVE_0 | 1u << WAVE_WEAK_0), any_1 = mask & (1u << WAVE_1 | 1u << WAVE_WEAK_1);
    double mid = (l->low + l->high) / 2;
    double top = any_1 || any_x ? l->high : mid, bottom = any_0 || any_x ? l->low : mid;
    c->rect(c, x0, top, x1 - x0, fmax(1, bottom - top), any_x ? INK_X : INK_DENSE);
    if (any_z) {
        c->rect(c, x0, mid - 1, x1 - x0, 2, INK_Z);
    }
}

static void draw_levels(struct wave_view *v, struct canvas *c, const struct doc_signal *s, const struct lane *l)
{
    struct pen p = { .c = c };
    uint64_t i = doc_after(s, v->from_ps, 0);
    unsigned level = i ? s->level[i - 1] : WAVE_X;
    double x = v->names_w, right = v->width - 8, dense_from = 0;
    unsigned dense = 0; /* levels of a run of dense columns, 0: none */
    if (!s->n) {
        return;
    }
    while (i < s->n && s->at_ps[i] < v->to_ps) {
        double at = axis_x(&v->axis, s->at_ps[i]), column = floor(at) + 1;
        uint64_t j = i + 1;
        if (j < s->n && axis_x(&v->axis, s->at_ps[j]) < column) {
            sim_time until = axis_t(&v->axis, column);
            j = doc_after(s, until ? until - 1 : 0, j);
        }
        if (dense && (at - 1 > x || j - i < 2)) {
            draw_dense(c, l, dense, dense_from, x);
            dense = 0;
        }
        if (j - i == 1) {
            if (at > x) {
                draw_stretch(&p, l, level, x, at);
                x = at;
            }
            level = s->level[i];
        } else {
            if (at > x && !dense) {
                draw_stretch(&p, l, level, x, at);
            }
            unsigned mask = 1u << level | doc_mask(s, i, j);
            if (dense && dense != mask) {
                draw_dense(c, l, dense, dense_from, x);
                dense = 0;
            }
            if (!dense) {
                pen_flush(&p);
                dense_from = column - 1;
            }
            dense = mask;
            level = s->level[j - 1];
            x = column;
        }
        i = j;
    }
    if (dense) {
        draw_dense(c, l, dense, dense_from, x);
    }
    if (x < right) {
        draw_stretch(&p, l, level, x, right);
    }
    pen_flush(&p);
}

/* ---- volts ---- */

/* The range that is drawn: round, and zero in it where it is near. */
void view_volt_range(const struct doc_signal *s, int32_t *low_mv, int32_t *high_mv)
{
    *low_mv = s->mv_min > 0 && s->mv_min < s->mv_max / 2 + 1 ? 0 : s->mv_min;
    *high_mv = s->mv_max < 0 && s->mv_max > s->mv_min / 2 - 1 ? 0 : s->mv_max;
    if (*low_mv == *high_mv) {
        *low_mv = *low_mv > 0 ? 0 : *low_mv - 1000;
        *high_mv = *high_mv > 0 ? *high_mv : *high_mv + 1000;
    }
}

static double volt_y(const struct lane *l, int32_t low, int32_t high, int32_t mv)
{
    return l->low - (l->low - l->high) * ((double)mv - low) / ((double)high - low);
}

static void draw_volts(struct wave_view *v, struct canvas *c, const struct doc_signal *s, const struct lane *l)
{
    struct pen p = { .c = c, .ink = INK_VOLTS };
    int32_t low, high;
    view_volt_range(s, &low, &high);
    if (low < 0 && high > 0) {
        c->rect(c, v->names_w, volt_y(l, low, high, 0), v->width - 8 - v->names_w, 1, INK_RULE);
    }
    uint64_t i = doc_after(s, v->from_ps, 0);
    double x = v->names_w, right = v->width - 8;
    int32_t mv = i ? s->mv[i - 1] : s->n ? s->mv[0] : 0;
    if (s->n) {
        pen_to(&p, i ? x : axis_x(&v->axis, s->at_ps[0]), volt_y(l, low, high, mv));
    }
    while (i < s->n && s->at_ps[i] < v->to_ps) {
        double at = axis_x(&v->axis, s->at_ps[i]), column = floor(at) + 1;
        sim_time until = axis_t(&v->axis, column);
        uint64_t j = doc_after(s, until ? until - 1 : 0, i + 1);
        if (j - i > 2) {
            int32_t least, most;
            doc_range(s, i, j, &least, &most);
            pen_flush(&p);
            double top = volt_y(l, low, high, most > mv ? most : mv);
            double bottom = volt_y(l, low, high, least < mv ? least : mv);
            c->rect(c, column - 1, top, 1, fmax(1.3, bottom - top), INK_VOLTS);
            mv = s->mv[j - 1];
            pen_to(&p, column, volt_y(l, low, high, mv));
        } else {
            for (; i < j; i++) {
                pen_to(&p, axis_x(&v->axis, s->at_ps[i]), volt_y(l, low, high, s->mv[i]));
            }
            mv = s->mv[j - 1];
        }
        i = j;
    }
    if (p.n) {
        pen_to(&p, right, p.s[p.n - 1].y);
    }
    pen_flush(&p);
}

/* ---- a computed clock ---- */

static void draw_clock(struct wave_view *v, struct canvas *c, const struct doc_signal *s, const struct lane *l)
{
    struct pen p = { .c = c, .ink = INK_CLOCK };
    for (uint64_t i = 0; i < s->n; i++) {
        const struct doc_phase *ph = &s->phase[i];
        sim_time begin = ph->at_ps > v->from_ps ? ph->at_ps : v->from_ps;
        sim_time end = i + 1 < s->n && ph[1].at_ps < v->to_ps ? ph[1].at_ps : v->to_ps;
        if (begin >= end) {
            continue;
        }
        double x0 = axis_x(&v->axis, begin), x1 = axis_x(&v->axis, end);
        bool runs = sim_clock_runs(&ph->clk);
        double period_px = runs ? (double)ph->clk.period_num / (double)ph->clk.period_den / v->axis.ps_per_px : 0;
        if (!runs || period_px < 3) {
            if (runs) {
                c->rect(c, x0, l->high, x1 - x0, l->low - l->high, INK_GRID);
            }
            c->rect(c, x0, l->low, x1 - x0, 1.3, INK_CLOCK);
            continue;
        }
        enum wave_level level = doc_level_at(s, begin);
        pen_to(&p, x0, level_y(l, level));
        for (sim_time t = doc_next_edge(s, begin); t < end; t = doc_next_edge(s, t)) {
            level = level == WAVE_1 ? WAVE_0 : WAVE_1;
            pen_to(&p, axis_x(&v->axis, t), level_y(l, level));
        }
        pen_to(&p, x1, level_y(l, level));
        pen_flush(&p);
    }
}

void view_draw_signal(struct wave_view *v, struct canvas *c, const struct view_row *row, double y)
{
    const struct doc_signal *s = &v->doc->signals[row->index];
    struct lane l = { y + row->height - 6, y + 5 };
    switch (s->kind) {
    case DOC_LEVELS: draw_levels(v, c, s, &l); break;
    case DOC_VOLTS: draw_volts(v, c, s, &l); break;
    case DOC_CLOCK: draw_clock(v, c, s, &l); break;
    }
    view_draw_limits(v, c, row, l.high, l.low);
}

/* ---- samples ---- */

static bool row_of_signal(const struct wave_view *v, int signal, double *y, double *h)
{
    for (unsigned i = 0; i < v->n_rows; i++) {
        if (v->rows[i].shown && v->rows[i].kind == VIEW_SIGNAL && (int)v->rows[i].index == signal) {
            *y = view_row_y(v, i) + v->rows[i].above;
            *h = v->rows[i].height;
            return true;
        }
    }
    return false;
}

/* The bit that stands on a data wire at each rise of SCK, where there is room for it. */
static void draw_bits(struct wave_view *v, struct canvas *c, int signal)
{
    const struct doc_signal *sck = &v->doc->signals[v->sck], *data = &v->doc->signals[signal];
    double y, h, last = -100;
    if (!row_of_signal(v, signal, &y, &h) || data->kind != DOC_LEVELS) {
        return;
    }
    for (uint64_t i = doc_after(sck, v->from_ps, 0); i < sck->n && sck->at_ps[i] < v->to_ps; i++) {
        double x = axis_x(&v->axis, sck->at_ps[i]);
        if (sck->level[i] != WAVE_1 || x - last < 11) {
            continue;
        }
        enum wave_level level = doc_level_at(data, sck->at_ps[i]);
        if (level == WAVE_0 || level == WAVE_1) {
            sim_time near_ps = (sim_time)(PLATE_PX * v->axis.ps_per_px), at_ps = sck->at_ps[i];
            if (doc_after(data, at_ps + near_ps, 0) > doc_after(data, at_ps > near_ps ? at_ps - near_ps : 0, 0)) {
                c->rect(c, x - PLATE_PX, y + h / 2 - 5, 2 * PLATE_PX, 10, INK_PAPER); /* an edge runs through it */
            }
            c->text(c, x, y + h / 2 + 3, level ? "1" : "0", ALIGN_MIDDLE, 8.5, false, INK_FAINT_TEXT);
        }
        last = x;
    }
}

/* Median distance of SCK's rises in view, in px: whether bits have room. */
static bool bits_have_room(struct wave_view *v)
{
    const struct doc_signal *sck = &v->doc->signals[v->sck];
    uint64_t i = doc_after(sck, v->from_ps, 0), j = doc_after(sck, v->to_ps, i);
    if (sck->kind != DOC_LEVELS || j - i < 2 || j - i > 400) {
        return false;
    }
    sim_time least = SIM_NEVER;
    for (uint64_t k = i; k + 2 < j; k++) {
        sim_time d = sck->at_ps[k + 2] - sck->at_ps[k];
        least = d < least ? d : least;
    }
    return least != SIM_NEVER && (double)least / v->axis.ps_per_px >= 11;
}

/* A dot on SCK for every sample of the target's clock: filled where it saw 1. */
static void draw_clock_samples(struct wave_view *v, struct canvas *c)
{
    const struct doc_signal *cpu = &v->doc->signals[v->cpu], *sck = &v->doc->signals[v->sck];
    double y, h;
    if (!row_of_signal(v, v->sck, &y, &h) || sck->kind != DOC_LEVELS) {
        return;
    }
    for (uint64_t i = 0; i < cpu->n; i++) {
        const struct doc_phase *ph = &cpu->phase[i];
        sim_time begin = ph->at_ps > v->from_ps ? ph->at_ps : v->from_ps;
        sim_time end = i + 1 < cpu->n && ph[1].at_ps < v->to_ps ? ph[1].at_ps : v->to_ps;
        if (begin >= end || !sim_clock_runs(&ph->clk) ||
            (double)ph->clk.period_num / (double)ph->clk.period_den / v->axis.ps_per_px < 4) {
            continue;
        }
        double free_x = 0;
        for (uint64_t n = sim_clock_edges_before(&ph->clk, begin);; n++) {
            sim_time t = sim_clock_edge(&ph->clk, n);
            if (t >= end) {
                break;
            }
            bool high = doc_level_at(sck, t ? t - 1 : 0) == WAVE_1; /* a sample sees what stood just before */
            double x = axis_x(&v->axis, t), at = high ? y + 5 : y + h - 6;
            if (x < free_x) { /* in a folded gap: the next one that has room */
                uint64_t next = sim_clock_edges_before(&ph->clk, axis_t(&v->axis, free_x));
                n = next > n + 1 ? next - 1 : n;
                continue;
            }
            free_x = x + 4;
            const struct canvas_step dot[] = { { x - 2.2, at }, { x, at - 2.2 }, { x + 2.2, at }, { x, at + 2.2 } };
            c->path(c, dot, 4, true, high ? INK_CLOCK : INK_PAPER, INK_CLOCK, 1);
        }
    }
}

void view_draw_samples(struct wave_view *v, struct canvas *c)
{
    if (v->sck < 0) {
        return;
    }
    if (bits_have_room(v)) {
        if (v->mosi >= 0) {
            draw_bits(v, c, v->mosi);
        }
        if (v->miso >= 0) {
            draw_bits(v, c, v->miso);
        }
    }
    if (v->cpu >= 0 && v->doc->signals[v->cpu].kind == DOC_CLOCK) {
        draw_clock_samples(v, c);
    }
}
