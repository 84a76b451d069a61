/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer_parts.h - what the viewer_*.c share; nobody else includes it */
#ifndef WAVE_DRAW_VIEWER_PARTS_H
#define WAVE_DRAW_VIEWER_PARTS_H

#include "wave/draw/viewer.h"

#define VIEWER_MINIMAP_H 18.0
#define VIEWER_PANEL_H 74.0
#define VIEWER_LINE_H 20.0
#define VIEWER_BORDER_PX 3.0 /* so near to a row's lower edge the pointer is on it */

/* viewer.c */
void viewer_settle(struct viewer *v);
void viewer_say(struct viewer *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
sim_time viewer_doc_end(const struct viewer *v);
void viewer_set_range(struct viewer *v, double from, double to);
void viewer_remember(struct viewer *v);
void viewer_undo_zoom(struct viewer *v);
void viewer_zoom_at(struct viewer *v, double x, double factor); /* the time under x stays there */
void viewer_pan(struct viewer *v, double part);                 /* of what is shown */
void viewer_bring_into_view(struct viewer *v, sim_time t_ps);
sim_time viewer_row_next(const struct viewer *v, unsigned row, sim_time t_ps);
sim_time viewer_row_previous(const struct viewer *v, unsigned row, sim_time t_ps);
/* The edge of the row under y that is nearest to x, if it is near; else, or with Alt, the time under x. */
sim_time viewer_snapped(struct viewer *v, double x, double y, unsigned mods);
void viewer_go_to_edge(struct viewer *v, bool next);
/* Cursor A there, in view, and the panel says what is in the row. */
void viewer_go(struct viewer *v, int row, sim_time at_ps);
static inline double viewer_body_y(double y)
{
    return y - VIEWER_MINIMAP_H;
}

/* viewer_rows.c */
void viewer_select_row(struct viewer *v, int step);
void viewer_move_row(struct viewer *v, int step);
void viewer_hide_row(struct viewer *v);
void viewer_show_all_rows(struct viewer *v);
void viewer_resize_row(struct viewer *v, double factor);
void viewer_add_group(struct viewer *v);
void viewer_name_group(struct viewer *v);
void viewer_toggle_group(struct viewer *v);

/* viewer_find.c */
void viewer_find_next(struct viewer *v, bool forward);
void viewer_go_to_track(struct viewer *v, enum doc_track_kind kind, bool forward);

/* viewer_keys.c: line i of the key sheet, "" and a title for a heading. False: there is none. */
/* Does it do anything in this preset? Digits aside. */
bool viewer_has_key(const struct viewer *v, unsigned key, unsigned mods);
bool viewer_sheet_line(const struct viewer *v, unsigned i, char *keys, size_t size, const char **what);

#endif
