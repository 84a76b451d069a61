/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer.h - what a window does with a view: keys, wheel, cursors, search, explanations; without a window
 *
 *      events (SDL's, or a test's) --> viewer --> view --> canvas
 *
 *      +-- minimap: the whole time, the part that is shown --+
 *      |  axis, names, rows (view.h)                         |
 *      +-- panel: what is under the pointer -----------------+
 *      +-- line: find, or what a key has done ---------------+
 *
 * Wheel and keys are those that users of PulseView, GTKWave and Surfer have in common; the key sheet (?) lists them.
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
};

enum viewer_mods { VIEWER_SHIFT = 1, VIEWER_CTRL = 2, VIEWER_ALT = 4 };
enum viewer_button { VIEWER_PRIMARY = 1, VIEWER_MIDDLE, VIEWER_SECONDARY };

#define VIEWER_UNDO 32

struct viewer {
    struct wave_view view;
    const struct isp_decoder *decoder; /* explains instructions; NULL: nobody does */
    double width, height;
    bool wheel_pans; /* else it zooms, and Shift pans */
    double pointer_x, pointer_y;
    /* a drag in progress */
    int button, mods;
    double press_x, press_y;
    sim_time press_from_ps, press_to_ps;
    bool moved;
    /* zoom history */
    sim_time undo[VIEWER_UNDO][2];
    unsigned n_undo;
    /* find bar */
    bool finding;
    char find[80];
    char status[200];
    char missing[500]; /* rows that a session names and the document lacks, a line each */
    bool help, explain;
    bool quit, dirty;        /* dirty: to be drawn again */
    bool save, reload, shot; /* wishes of the keys, for whoever owns the files: session, file, picture */
};

void viewer_init(struct viewer *v, const struct wave_doc *doc, const struct isp_decoder *decoder);
/* The document was read again: rows are kept by name, the time shown as far as it is there. */
void viewer_replace(struct viewer *v, const struct wave_doc *doc);
void viewer_resize(struct viewer *v, double width, double height);
/* Shows [from, to]; the range before can be had back. */
void viewer_show(struct viewer *v, sim_time from_ps, sim_time to_ps);
void viewer_fit(struct viewer *v);

void viewer_key(struct viewer *v, unsigned key, unsigned mods);
void viewer_text(struct viewer *v, const char *utf8); /* typed into the find bar */
void viewer_wheel(struct viewer *v, double dx, double dy, unsigned mods);
void viewer_press(struct viewer *v, enum viewer_button b, double x, double y, unsigned mods);
void viewer_release(struct viewer *v, enum viewer_button b, double x, double y);
void viewer_motion(struct viewer *v, double x, double y);

void viewer_draw(struct viewer *v, struct canvas *c);

/* What is at a place, in up to three lines; "" nothing. */
void viewer_explain(struct viewer *v, double x, double y, char *to, size_t size);

/* ---- the session beside the file: readable, one setting a line (viewer_session.c) ---- */

/* False: err says "PATH: reason". */
bool viewer_session_save(const struct viewer *v, const char *path, struct problem *err);
/*
 * No file: nothing happens, true. Signals that the document lacks are kept in v->missing, and in the file when it is saved
 * again. False: err says "PATH:LINE: reason"; what stood above that line holds.
 */
bool viewer_session_load(struct viewer *v, const char *path, struct problem *err);

#endif
