/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer_mouse.c - wheel, buttons and drags, as the preset has them */
#include <math.h>

#include "wave/draw/viewer_parts.h"

#define DRAG_PX 4.0

/* By itself, with Shift, Ctrl, Alt; a drag with the primary, middle, secondary button. */
static const struct {
    enum viewer_wheel wheel[4];
    enum viewer_drag drag[3];
} presets[VIEWER_PRESETS] = {
    [VIEWER_LIMPET] = { { WHEEL_ZOOM, WHEEL_PAN, WHEEL_ROWS, WHEEL_EDGES }, { DRAG_PAN, DRAG_PAN, DRAG_ZOOM } },
    [VIEWER_GTKWAVE] = { { WHEEL_PAN, WHEEL_FINE, WHEEL_ZOOM, WHEEL_EDGES }, { DRAG_CURSOR, DRAG_PAN, DRAG_ZOOM } },
    [VIEWER_PULSEVIEW] = { { WHEEL_ZOOM, WHEEL_PAN, WHEEL_ROWS, WHEEL_EDGES }, { DRAG_PAN, DRAG_PAN, DRAG_ZOOM } },
    [VIEWER_SURFER] = { { WHEEL_PAN, WHEEL_ROWS, WHEEL_ZOOM, WHEEL_EDGES }, { DRAG_CURSOR, DRAG_ZOOM, DRAG_PAN } },
};

void viewer_use_preset(struct viewer *v, enum viewer_preset preset)
{
    v->preset = preset;
    for (unsigned i = 0; i < 4; i++) {
        v->wheel[i] = presets[preset].wheel[i];
    }
    for (unsigned i = 0; i < 3; i++) {
        v->drag[VIEWER_PRIMARY + i] = presets[preset].drag[i];
    }
}

void viewer_wheel_pans(struct viewer *v, bool pans)
{
    v->wheel[0] = pans ? WHEEL_PAN : WHEEL_ZOOM;
    v->wheel[1] = pans ? WHEEL_ROWS : WHEEL_PAN;
    v->wheel[2] = pans ? WHEEL_ZOOM : WHEEL_ROWS;
}

void viewer_wheel(struct viewer *v, double dx, double dy, unsigned mods)
{
    enum viewer_wheel does = v->wheel[mods & VIEWER_CTRL ? 2 : mods & VIEWER_ALT ? 3 : mods & VIEWER_SHIFT ? 1 : 0];
    switch (does) {
    case WHEEL_ROWS:
        v->view.scroll_y -= dy * 40;
        viewer_settle(v);
        break;
    case WHEEL_PAN: viewer_pan(v, -dy * 0.12); break;
    case WHEEL_FINE: viewer_pan(v, -dy * 0.02); break;
    case WHEEL_EDGES:
        if (dy != 0) {
            viewer_go_to_edge(v, dy < 0);
        }
        break;
    case WHEEL_ZOOM:
        if (dy != 0) {
            viewer_zoom_at(v, fmax(v->pointer_x, view_wave_x(&v->view)), pow(0.8, dy));
        }
        break;
    }
    if (dx != 0) {
        viewer_pan(v, dx * 0.12);
    }
}

/* The minimap has the whole time from edge to edge. */
static void minimap_to(struct viewer *v, double x)
{
    double begin = (double)v->view.doc->begin_ps, end = (double)viewer_doc_end(v);
    double t = begin + (end - begin) * x / v->width, half = ((double)v->view.to_ps - (double)v->view.from_ps) / 2;
    viewer_set_range(v, t - half, t + half);
}

/* The row whose lower edge is at y, -1: none. */
static int border_at(const struct viewer *v, double x, double y)
{
    int row = x < view_wave_x(&v->view) ? view_row_at(&v->view, viewer_body_y(y) - VIEWER_BORDER_PX) : -1;
    if (row < 0 || v->view.rows[row].kind == VIEW_GROUP) {
        return -1;
    }
    double edge = view_row_y(&v->view, (unsigned)row) + view_row_h(&v->view, (unsigned)row);
    return fabs(edge - viewer_body_y(y)) <= VIEWER_BORDER_PX ? row : -1;
}

bool viewer_on_border(const struct viewer *v)
{
    return v->sizing >= 0 || (!v->button && border_at(v, v->pointer_x, v->pointer_y) >= 0);
}

void viewer_press(struct viewer *v, enum viewer_button b, double x, double y, unsigned mods)
{
    v->button = b;
    v->mods = (int)mods;
    v->press_x = x;
    v->press_y = y;
    v->press_from_ps = v->view.from_ps;
    v->press_to_ps = v->view.to_ps;
    v->moved = false;
    v->help = false;
    v->status[0] = 0;
    v->dirty = true;
    if (y < VIEWER_MINIMAP_H) {
        viewer_remember(v);
        minimap_to(v, x);
        return;
    }
    v->sizing = b == VIEWER_PRIMARY ? border_at(v, x, y) : -1;
    int row = view_row_at(&v->view, viewer_body_y(y));
    if (v->sizing >= 0) {
        v->view.selected = v->sizing;
    } else if (row >= 0) {
        v->view.selected = row;
    }
    if (b == VIEWER_MIDDLE && x >= view_wave_x(&v->view) && v->drag[b] != DRAG_ZOOM) {
        v->view.cursor_ps[1] = viewer_snapped(v, x, viewer_body_y(y), mods);
        viewer_settle(v);
    }
}

static void drag_time(struct viewer *v, double x)
{
    double span = (double)v->press_to_ps - (double)v->press_from_ps;
    double d = (v->press_x - x) / (v->width - 8 - view_wave_x(&v->view)) * span;
    double most = (double)viewer_doc_end(v) - (double)v->press_to_ps;
    double least = (double)v->view.doc->begin_ps - (double)v->press_from_ps;
    d = fmax(least, fmin(most, d));
    viewer_set_range(v, (double)v->press_from_ps + d, (double)v->press_to_ps + d);
}

/* A name is carried to another place. */
static void drag_row(struct viewer *v, double y)
{
    int row = view_row_at(&v->view, viewer_body_y(y)), was = v->view.selected;
    if (row >= 0 && was >= 0 && row != was) {
        double top = view_row_y(&v->view, (unsigned)row), h = view_row_h(&v->view, (unsigned)row);
        bool beyond_middle = row < was ? viewer_body_y(y) < top + h / 2 : viewer_body_y(y) > top + h / 2;
        if (beyond_middle) {
            viewer_move_row(v, row < was ? -1 : 1);
        }
    }
}

static void drag_border(struct viewer *v, double y)
{
    struct view_row *r = &v->view.rows[v->sizing];
    double h = viewer_body_y(y) - view_row_y(&v->view, (unsigned)v->sizing) - r->above - r->below;
    r->height = fmax(VIEW_ROW_MIN_PX, fmin(VIEW_ROW_MAX_PX, floor(h)));
    viewer_settle(v);
}

void viewer_motion(struct viewer *v, double x, double y)
{
    if (fabs(x - v->pointer_x) > 1 || fabs(y - v->pointer_y) > 1) {
        v->about_row = -1;
    }
    v->pointer_x = x;
    v->pointer_y = y;
    v->dirty |= v->explain;
    if (!v->button) {
        return;
    }
    v->moved |= fabs(x - v->press_x) > DRAG_PX || fabs(y - v->press_y) > DRAG_PX;
    if (v->press_y < VIEWER_MINIMAP_H) {
        minimap_to(v, x);
    } else if (v->sizing >= 0 && v->sizing < (int)v->view.n_rows) {
        drag_border(v, y);
    } else if (!v->moved) {
        return;
    } else if (v->button == VIEWER_PRIMARY && v->mods & VIEWER_SHIFT) {
        v->view.cursor_ps[0] = viewer_snapped(v, v->press_x, viewer_body_y(v->press_y), 0);
        v->view.cursor_ps[1] = viewer_snapped(v, x, viewer_body_y(y), 0);
        viewer_settle(v);
    } else if (v->button == VIEWER_PRIMARY && v->press_x < view_wave_x(&v->view)) {
        drag_row(v, y);
    } else if (v->drag[v->button] == DRAG_PAN) {
        drag_time(v, x);
    } else if (v->drag[v->button] == DRAG_CURSOR) {
        v->view.cursor_ps[0] = viewer_snapped(v, x, viewer_body_y(y), (unsigned)v->mods);
        viewer_settle(v);
    } else {
        v->dirty = true; /* the range that will be zoomed to */
    }
}

static void toggle_heading(struct viewer *v, int row)
{
    if (row >= 0 && v->view.rows[row].kind == VIEW_GROUP) {
        v->view.rows[row].closed = !v->view.rows[row].closed;
        viewer_settle(v);
    }
}

void viewer_release(struct viewer *v, enum viewer_button b, double x, double y)
{
    bool dragged = v->moved, ours = v->button == (int)b, sized = v->sizing >= 0;
    double press_x = v->press_x;
    v->button = 0;
    v->sizing = -1;
    v->dirty = true;
    if (!ours || v->press_y < VIEWER_MINIMAP_H || sized) {
        return;
    }
    if (!dragged && b == VIEWER_PRIMARY && x >= view_wave_x(&v->view)) {
        v->view.cursor_ps[0] = viewer_snapped(v, x, viewer_body_y(y), (unsigned)v->mods);
        viewer_settle(v);
    } else if (!dragged && b == VIEWER_PRIMARY) {
        toggle_heading(v, view_row_at(&v->view, viewer_body_y(y)));
    } else if (dragged && v->drag[b] == DRAG_ZOOM && !(b == VIEWER_PRIMARY && v->mods & VIEWER_SHIFT)) {
        sim_time t0 = axis_t(&v->view.axis, fmin(press_x, x)), t1 = axis_t(&v->view.axis, fmax(press_x, x));
        viewer_show(v, t0, t1);
    } else if (!dragged && b == VIEWER_SECONDARY) {
        viewer_undo_zoom(v);
    }
}
