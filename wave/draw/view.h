/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view.h - what of a document is looked at, and how it is laid out: the same for files and the window
 *
 *      +-- title ----------------------------------+
 *      |        | time axis                        |
 *      | names  | rows: signals and tracks         |
 *      |        | cursors                          |
 *      +-- cursor line ----------------------------+
 *
 * Sizes are px of the layout. Nothing here knows of a window, a file format or the machine's fonts.
 */
#ifndef WAVE_DRAW_VIEW_H
#define WAVE_DRAW_VIEW_H

#include "wave/doc.h"
#include "wave/draw/axis.h"
#include "wave/draw/canvas.h"

#define VIEW_MAX_ROWS 256
#define VIEW_MAX_GROUPS 32
#define VIEW_ROW_MIN_PX 14.0
#define VIEW_ROW_MAX_PX 240.0
#define VIEW_GROUP_BYTES 48
#define VIEW_TEXT 11.0 /* font sizes */
#define VIEW_SMALL_TEXT 9.5
#define VIEW_AXIS_H 24.0
#define VIEW_FOLDS_H 13.0 /* lengths of what is folded, above the axis */
#define VIEW_FOOT_H 24.0  /* the line about the cursors, when there are any */
#define VIEW_TITLE_H 28.0

enum view_row_kind {
    VIEW_SIGNAL,
    VIEW_TRACK,
    VIEW_GROUP, /* a heading: the rows after it, up to the next, are its own */
};

struct view_row {
    enum view_row_kind kind;
    unsigned index; /* into the document's signals or tracks, or the view's groups */
    double height;
    bool hidden, was_hidden; /* was: before all rows were shown */
    bool closed;             /* a heading: its rows do not show */
    /* found by view_settle() */
    bool shown;
    double above, below; /* room for bars that say how long a level had to last, beside height */
};

struct wave_view {
    const struct wave_doc *doc;
    sim_time from_ps, to_ps; /* from < to */
    double width, height;    /* of the picture; height 0: as high as the rows need */
    struct view_row rows[VIEW_MAX_ROWS];
    unsigned n_rows;
    size_t n_scope; /* letters that all names begin with: "limpet."; they are not shown */
    char groups[VIEW_MAX_GROUPS][VIEW_GROUP_BYTES]; /* names of headings */
    unsigned n_groups;
    double scroll_y; /* rows that are above the upper edge */
    enum theme theme;
    const char *title; /* NULL: none */
    bool fold;
    sim_time fold_min_ps;     /* 0: by itself */
    sim_time cursor_ps[2];    /* SIM_NEVER: none */
    int selected;             /* row, -1: none */
    bool values;              /* values at cursor A beside the names */
    int sck, mosi, miso, cpu; /* signals, -1: none: sampling marks, counts between cursors */
    /* found by view_settle() */
    struct axis axis;
    double names_w;
};

/* All rows in a sensible order; hidden: what repeats others or never changes. The whole time. */
void view_init(struct wave_view *v, const struct wave_doc *doc);
/* Which signals are the port's wires, -1: none; where their names did not tell, they come first, as on the cable. */
void view_use_wires(struct wave_view *v, int reset, int sck, int mosi, int miso);
/* Only these, in this order: names of signals and tracks, NAME,NAME... False: err names the one that is not there. */
bool view_choose(struct wave_view *v, const char *names, struct problem *err);
/* The height that all rows need. */
double view_full_height(const struct wave_view *v);
/* After any change of the above, before asking or drawing. */
void view_settle(struct wave_view *v);
void view_draw(struct wave_view *v, struct canvas *c);

/* A heading before row `at`. False: too many rows or groups. */
bool view_add_group(struct wave_view *v, unsigned at, const char *name);
/* Of a row as view_settle() found it, bars included; 0: it does not show. */
double view_row_h(const struct wave_view *v, unsigned row);
/* Where row i begins, in px from the top of the picture; hidden ones have no height. */
double view_row_y(const struct wave_view *v, unsigned row);
/* NULL: the row is something else. */
static inline const struct doc_signal *view_signal(const struct wave_view *v, const struct view_row *r)
{
    return r->kind == VIEW_SIGNAL ? &v->doc->signals[r->index] : NULL;
}
static inline const struct doc_track *view_track(const struct wave_view *v, const struct view_row *r)
{
    return r->kind == VIEW_TRACK ? &v->doc->tracks[r->index] : NULL;
}
/* The row at y, -1: none. */
int view_row_at(const struct wave_view *v, double y);
const char *view_row_name(const struct wave_view *v, unsigned row);
/* "1", "Z", "4.98 V", or the text of the span at t. */
void view_value_text(const struct wave_view *v, unsigned row, sim_time t_ps, char *to, size_t size);
/* "A 54.001 ms   B 54.161 ms   160 us = 6.25 kHz   64 edges of SCK   160 clocks of the target"; "" without A. */
void view_cursor_text(const struct wave_view *v, char *to, size_t size);

/* ---- between view.c and the draw_*.c ---- */

void view_draw_signal(struct wave_view *v, struct canvas *c, const struct view_row *row, double y);
void view_draw_track(struct wave_view *v, struct canvas *c, const struct view_row *row, double y);
/* Room for bars above (highs) and below (lows, and what else was judged about the signal), as far as they show. */
void view_room_for_limits(struct wave_view *v, struct view_row *row);
/* The datasheet's symbol of the bars above (else below) the row's wave. False: none show. */
bool view_limit_term(const struct wave_view *v, const struct view_row *row, bool above, char *to, size_t size);
/* Bars as long as the rule asks for, filled as far as it was kept; high, low: where the levels are. */
void view_draw_limits(struct wave_view *v, struct canvas *c, const struct view_row *row, double high, double low);
/* Narrows x0..x1 to its widest part without a fold or a cursor: where a label has room. */
void view_widest_piece(struct wave_view *v, double *x0, double *x1);
/* What the upper and lower edge of a row in volts stand for. */
void view_volt_range(const struct doc_signal *s, int32_t *low_mv, int32_t *high_mv);
/* Marks on SCK, MOSI and MISO: the bits at SCK's rises, and the target's samples. */
void view_draw_samples(struct wave_view *v, struct canvas *c);
static inline double view_wave_x(const struct wave_view *v)
{
    return v->names_w;
}

#endif
