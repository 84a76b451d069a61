/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer.h - what a window does with a view: keys, wheel, cursors, search, explanations; without a window
 *
 *      events (SDL's, or a test's) --> viewer --> view --> canvas
 *
 *      +-- minimap: the whole time, the part that is shown --+
 *      |  axis, names, rows (view.h)                         |
 *      +-- panel: what is under the pointer, or at a find ---+
 *      +-- line: find, or what a key has done ---------------+
 *
 * viewer.c            time and cursors            viewer_rows.c     rows: order, groups, sizes
 * viewer_keys.c       which key does what, as a table for each preset; the key sheet (?) is made of it
 * viewer_mouse.c      wheel and buttons           viewer_find.c     texts, values, findings, steps
 * viewer_explain.c    the panel                   viewer_session.c  the file beside the recording
 * viewer_draw.c       all but the view
 */
#ifndef WAVE_DRAW_VIEWER_H
#define WAVE_DRAW_VIEWER_H

#include "sim/isp_code.h"
#include "wave/draw/view.h"

enum viewer_key { /* letters and signs are themselves */
                  VIEWER_LEFT = 0x100,
                  VIEWER_RIGHT,
                  VIEWER_UP,
                  VIEWER_DOWN,
                  VIEWER_HOME,
                  VIEWER_END,
                  VIEWER_PAGE_UP,
                  VIEWER_PAGE_DOWN,
                  VIEWER_DELETE,
                  VIEWER_BACKSPACE,
                  VIEWER_ENTER,
                  VIEWER_ESCAPE,
                  VIEWER_TAB,
                  VIEWER_F2,
};

enum viewer_mods { VIEWER_SHIFT = 1, VIEWER_CTRL = 2, VIEWER_ALT = 4 };
enum viewer_button { VIEWER_PRIMARY = 1, VIEWER_MIDDLE, VIEWER_SECONDARY };

/* Whose keys and mouse. What a program's users expect comes before ours; the rest stays as it is. */
enum viewer_preset { VIEWER_LIMPET, VIEWER_GTKWAVE, VIEWER_PULSEVIEW, VIEWER_SURFER, VIEWER_PRESETS };
extern const char *const viewer_preset_names[VIEWER_PRESETS];

enum viewer_wheel { WHEEL_ZOOM, WHEEL_PAN, WHEEL_ROWS, WHEEL_FINE, WHEEL_EDGES };
enum viewer_drag { DRAG_PAN, DRAG_CURSOR, DRAG_ZOOM };

#define VIEWER_UNDO 32
#define VIEWER_MARKS 10

enum viewer_entry { VIEWER_NO_ENTRY, VIEWER_FIND, VIEWER_NAME }; /* what is typed goes there */

struct viewer {
    struct wave_view view;
    const struct isp_decoder *decoder; /* explains instructions; NULL: nobody does */
    double width, height;
    enum viewer_preset preset;
    enum viewer_wheel wheel[4]; /* by itself, with Shift, Ctrl, Alt */
    enum viewer_drag drag[4];   /* by button */
    double pointer_x, pointer_y;
    /* a drag in progress */
    int button, mods;
    double press_x, press_y;
    sim_time press_from_ps, press_to_ps;
    bool moved;
    int sizing; /* the row whose lower edge is dragged, -1: none */
    /* zoom history */
    sim_time undo[VIEWER_UNDO][2];
    unsigned n_undo;
    sim_time marks[VIEWER_MARKS]; /* places under the digits, SIM_NEVER: none */
    enum viewer_entry entry;
    bool entry_is_old; /* what was looked for before: Enter takes it, a letter begins anew */
    char find[80], name[VIEW_GROUP_BYTES];
    char status[200];
    char missing[500]; /* rows that a session names and the document lacks, a line each */
    /* what a search or an edge was found in: explained until the pointer moves; row -1: nothing */
    int about_row;
    sim_time about_ps;
    uint32_t about_span; /* of a finding, which: several are noticed at one time */
    bool help, explain, all_shown, live;
    bool quit, dirty; /* dirty: to be drawn again */
    bool save, reload, shot,
        copy; /* wishes of the keys, for whoever owns the files: session, file, picture, clipboard */
};

void viewer_init(struct viewer *v, const struct wave_doc *doc, const struct isp_decoder *decoder);
/* False: no preset has this name. */
bool viewer_preset_named(const char *name, enum viewer_preset *preset);
void viewer_use_preset(struct viewer *v, enum viewer_preset preset);
/* By itself the wheel pans and zooms with Ctrl, as HDL people have it; else it zooms and pans with Shift. */
void viewer_wheel_pans(struct viewer *v, bool pans);
/* The document was read again: rows are kept by name, the time shown as far as it is there. */
void viewer_replace(struct viewer *v, const struct wave_doc *doc);
void viewer_resize(struct viewer *v, double width, double height);
/* Shows [from, to]; the range before can be had back. */
void viewer_show(struct viewer *v, sim_time from_ps, sim_time to_ps);
void viewer_fit(struct viewer *v);

void viewer_key(struct viewer *v, unsigned key, unsigned mods);
void viewer_text(struct viewer *v, const char *utf8); /* typed into the line at the bottom */
void viewer_wheel(struct viewer *v, double dx, double dy, unsigned mods);
void viewer_press(struct viewer *v, enum viewer_button b, double x, double y, unsigned mods);
void viewer_release(struct viewer *v, enum viewer_button b, double x, double y);
void viewer_motion(struct viewer *v, double x, double y);
/* The pointer is on a border that can be dragged: it should look so. */
bool viewer_on_border(const struct viewer *v);

void viewer_draw(struct viewer *v, struct canvas *c);

/* What is at a place, in up to three lines; "" nothing. */
void viewer_explain(struct viewer *v, double x, double y, char *to, size_t size);
/* What the panel says now. */
void viewer_panel_text(struct viewer *v, char *to, size_t size);

/* ---- the session beside the file: readable, one setting a line (viewer_session.c) ---- */

/* False: err says "PATH: reason". */
bool viewer_session_save(const struct viewer *v, const char *path, struct problem *err);
/*
 * No file: nothing happens, true. Signals that the document lacks are kept in v->missing, and in the file when it is saved
 * again. False: err says "PATH:LINE: reason"; what stood above that line holds.
 */
bool viewer_session_load(struct viewer *v, const char *path, struct problem *err);

#endif
