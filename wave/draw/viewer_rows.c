/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer_rows.c - which rows there are: selected, carried, hidden, sized, under headings */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wave/draw/viewer_parts.h"

void viewer_select_row(struct viewer *v, int step)
{
    int i = v->view.selected;
    do {
        i += step;
    } while (i >= 0 && i < (int)v->view.n_rows && !v->view.rows[i].shown);
    if (i < 0 || i >= (int)v->view.n_rows) {
        return;
    }
    v->view.selected = i;
    double y = view_row_y(&v->view, (unsigned)i), h = view_row_h(&v->view, (unsigned)i);
    double top = view_row_y(&v->view, 0) + v->view.scroll_y;
    if (y < top) {
        v->view.scroll_y -= top - y;
    } else if (y + h > v->view.height) {
        v->view.scroll_y += y + h - v->view.height;
    }
    viewer_settle(v);
}

/* A closed heading and what it hides are carried as one. */
static unsigned block_of(const struct viewer *v, unsigned row)
{
    unsigned n = 1;
    if (v->view.rows[row].kind == VIEW_GROUP && v->view.rows[row].closed) {
        while (row + n < v->view.n_rows && v->view.rows[row + n].kind != VIEW_GROUP) {
            n++;
        }
    }
    return n;
}

static void reverse(struct view_row *rows, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        struct view_row row = rows[i];
        rows[i] = rows[n - 1 - i];
        rows[n - 1 - i] = row;
    }
}

/* The first n of them go behind the other m. */
static void swap_blocks(struct view_row *rows, unsigned n, unsigned m)
{
    reverse(rows, n);
    reverse(rows + n, m);
    reverse(rows, n + m);
}

/* Over the next row that shows, or the one before. */
void viewer_move_row(struct viewer *v, int step)
{
    int i = v->view.selected, j = i;
    if (i < 0) {
        return;
    }
    unsigned n = block_of(v, (unsigned)i);
    if (step > 0) {
        j = i + (int)n;
        while (j < (int)v->view.n_rows && !v->view.rows[j].shown) {
            j++;
        }
        if (j >= (int)v->view.n_rows) {
            return;
        }
        unsigned m = (unsigned)(j - i) - n + block_of(v, (unsigned)j);
        swap_blocks(&v->view.rows[i], n, m);
        v->view.selected = i + (int)m;
    } else {
        do {
            j--;
        } while (j >= 0 && !v->view.rows[j].shown);
        if (j < 0) {
            return;
        }
        swap_blocks(&v->view.rows[j], (unsigned)(i - j), n);
        v->view.selected = j;
    }
    viewer_settle(v);
}

void viewer_hide_row(struct viewer *v)
{
    if (v->view.selected < 0) {
        return;
    }
    struct view_row *r = &v->view.rows[v->view.selected];
    if (r->kind == VIEW_GROUP) { /* a heading goes, its rows stay */
        memmove(r, r + 1, (v->view.n_rows - (unsigned)v->view.selected - 1) * sizeof *r);
        v->view.n_rows--;
        v->view.selected = -1;
        viewer_say(v, "the heading is gone, its rows are not");
    } else {
        viewer_say(v, "%s hidden; a shows all", view_row_name(&v->view, (unsigned)v->view.selected));
        r->hidden = true;
        v->all_shown = false;
    }
    viewer_settle(v);
}

void viewer_show_all_rows(struct viewer *v)
{
    v->all_shown = !v->all_shown;
    for (unsigned i = 0; i < v->view.n_rows; i++) {
        struct view_row *r = &v->view.rows[i];
        if (v->all_shown) {
            r->was_hidden = r->hidden;
            r->hidden = false;
        } else {
            r->hidden = r->was_hidden;
        }
    }
    viewer_say(v, v->all_shown ? "all rows; a once more hides those that were hidden" : "as before");
    viewer_settle(v);
}

void viewer_resize_row(struct viewer *v, double factor)
{
    if (v->view.selected >= 0) {
        struct view_row *r = &v->view.rows[v->view.selected];
        r->height = fmax(VIEW_ROW_MIN_PX, fmin(VIEW_ROW_MAX_PX, floor(r->height * factor + 0.5)));
        viewer_settle(v);
    }
}

void viewer_add_group(struct viewer *v)
{
    unsigned at = v->view.selected >= 0 ? (unsigned)v->view.selected : 0;
    char name[VIEW_GROUP_BYTES];
    snprintf(name, sizeof name, "group %u", v->view.n_groups + 1);
    if (!view_add_group(&v->view, at, name)) {
        viewer_say(v, "no room for another group");
        return;
    }
    v->view.selected = (int)at;
    viewer_settle(v);
    viewer_name_group(v);
}

void viewer_name_group(struct viewer *v)
{
    if (v->view.selected >= 0 && v->view.rows[v->view.selected].kind == VIEW_GROUP) {
        v->entry = VIEWER_NAME;
        v->name[0] = 0;
        v->dirty = true;
    } else {
        viewer_say(v, "a signal's name is the recording's; g makes a heading that you can name");
    }
}

void viewer_toggle_group(struct viewer *v)
{
    int i = v->view.selected;
    while (i >= 0 && v->view.rows[i].kind != VIEW_GROUP) {
        i--;
    }
    if (i < 0) {
        viewer_say(v, "this row is in no group; g makes one");
        return;
    }
    v->view.rows[i].closed = !v->view.rows[i].closed;
    v->view.selected = i;
    viewer_settle(v);
}
