/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer_keys.c - which key does what, and the sheet that says so
 *
 * A command is a row of commands[], a key of it a row of bindings[]. Of the rows that fit the first counts; those of a
 * preset stand before those of all. The sheet is made of both tables, so that it can't say anything else.
 * Source of the presets: GTKWave 3.3's menus, PulseView 0.4's and Surfer 0.6's key lists.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/viewer_parts.h"

const char *const viewer_preset_names[VIEWER_PRESETS] = { "limpet", "gtkwave", "pulseview", "surfer" };

bool viewer_preset_named(const char *name, enum viewer_preset *preset)
{
    for (unsigned i = 0; i < VIEWER_PRESETS; i++) {
        if (strcasecmp(name, viewer_preset_names[i]) == 0) {
            *preset = (enum viewer_preset)i;
            return true;
        }
    }
    return false;
}

/* ---- what can be done ---- */

enum command {
    NEXT_FINDING,
    PREVIOUS_FINDING,
    NEXT_STEP,
    PREVIOUS_STEP,
    FIND,
    FIND_NEXT,
    FIND_PREVIOUS,
    ZOOM_IN,
    ZOOM_OUT,
    FIT,
    UNDO_ZOOM,
    TO_START,
    TO_END,
    PAGE_BACK,
    PAGE_ON,
    NEXT_EDGE,
    PREVIOUS_EDGE,
    CURSOR_A,
    CURSOR_B,
    B_TO_A,
    CURSOR_PAIR,
    NO_CURSORS,
    MARK,
    FOLD,
    ROW_UP,
    ROW_DOWN,
    CARRY_UP,
    CARRY_DOWN,
    HIGHER,
    LOWER,
    HIDE,
    SHOW_ALL,
    GROUP,
    RENAME,
    OPEN_CLOSE,
    FIRST_ROW,
    LAST_ROW,
    EXPLAIN,
    THEME,
    PICTURE,
    SAVE,
    COPY,
    RELOAD,
    FOLLOW,
    HELP,
    QUIT,
    COMMANDS,
};

static void scroll_rows(struct viewer *v, double to)
{
    v->view.scroll_y = to;
    viewer_settle(v);
}

static void place_cursor(struct viewer *v, unsigned which)
{
    if (v->pointer_x >= view_wave_x(&v->view)) {
        v->view.cursor_ps[which] = viewer_snapped(v, v->pointer_x, viewer_body_y(v->pointer_y), 0);
        viewer_settle(v);
    }
}

static void no_cursors(struct viewer *v)
{
    if (v->help) {
        v->help = false;
    } else {
        v->view.cursor_ps[0] = v->view.cursor_ps[1] = SIM_NEVER;
        v->about_row = -1;
        viewer_settle(v);
    }
}

/* Both a quarter of the screen from its edges, or none. */
static void toggle_pair(struct viewer *v)
{
    struct axis axis = v->view.axis;
    double wave_x = view_wave_x(&v->view), quarter = (v->width - wave_x) / 4;
    bool none = v->view.cursor_ps[0] == SIM_NEVER && v->view.cursor_ps[1] == SIM_NEVER;
    v->view.cursor_ps[0] = none ? axis_t(&axis, wave_x + quarter) : SIM_NEVER;
    v->view.cursor_ps[1] = none ? axis_t(&axis, v->width - quarter) : SIM_NEVER;
    viewer_settle(v);
}

static void toggle_fold(struct viewer *v)
{
    v->view.fold = !v->view.fold;
    viewer_say(v, "idle time is %s", v->view.fold ? "left out" : "shown");
    viewer_settle(v);
}

static void mark(struct viewer *v);

static void toggle_follow(struct viewer *v)
{
    viewer_set_range(v, (double)v->view.from_ps + (double)(viewer_doc_end(v) - v->view.to_ps),
                     (double)viewer_doc_end(v));
    viewer_say(v, v->live ? "at the end, and following it" : "at the end");
}

/* What happens in the middle of a zoom by key: cursor A where it is seen, else the middle. */
static double zoom_x(const struct viewer *v)
{
    sim_time at = v->view.cursor_ps[0];
    bool seen = at != SIM_NEVER && at >= v->view.from_ps && at <= v->view.to_ps;
    struct axis axis = v->view.axis;
    return seen ? axis_x(&axis, at) : (view_wave_x(&v->view) + v->width) / 2;
}

static void run(struct viewer *v, enum command c)
{
    switch (c) {
    case NEXT_FINDING: viewer_go_to_track(v, DOC_TRACK_FINDINGS, true); break;
    case PREVIOUS_FINDING: viewer_go_to_track(v, DOC_TRACK_FINDINGS, false); break;
    case NEXT_STEP: viewer_go_to_track(v, DOC_TRACK_STEPS, true); break;
    case PREVIOUS_STEP: viewer_go_to_track(v, DOC_TRACK_STEPS, false); break;
    case FIND:
        v->entry = VIEWER_FIND;
        v->entry_is_old = true;
        break;
    case FIND_NEXT: viewer_find_next(v, true); break;
    case FIND_PREVIOUS: viewer_find_next(v, false); break;
    case ZOOM_IN: viewer_zoom_at(v, zoom_x(v), 0.5); break;
    case ZOOM_OUT: viewer_zoom_at(v, zoom_x(v), 2); break;
    case FIT: viewer_fit(v); break;
    case UNDO_ZOOM: viewer_undo_zoom(v); break;
    case TO_START: viewer_pan(v, -1e12); break;
    case TO_END: viewer_pan(v, 1e12); break;
    case PAGE_BACK: viewer_pan(v, -0.9); break;
    case PAGE_ON: viewer_pan(v, 0.9); break;
    case NEXT_EDGE: viewer_go_to_edge(v, true); break;
    case PREVIOUS_EDGE: viewer_go_to_edge(v, false); break;
    case CURSOR_A: place_cursor(v, 0); break;
    case CURSOR_B: place_cursor(v, 1); break;
    case B_TO_A:
        v->view.cursor_ps[1] = v->view.cursor_ps[0];
        viewer_settle(v);
        break;
    case CURSOR_PAIR: toggle_pair(v); break;
    case NO_CURSORS: no_cursors(v); break;
    case MARK: mark(v); break;
    case FOLD: toggle_fold(v); break;
    case ROW_UP: viewer_select_row(v, -1); break;
    case ROW_DOWN: viewer_select_row(v, 1); break;
    case CARRY_UP: viewer_move_row(v, -1); break;
    case CARRY_DOWN: viewer_move_row(v, 1); break;
    case HIGHER: viewer_resize_row(v, 1.25); break;
    case LOWER: viewer_resize_row(v, 0.8); break;
    case HIDE: viewer_hide_row(v); break;
    case SHOW_ALL: viewer_show_all_rows(v); break;
    case GROUP: viewer_add_group(v); break;
    case RENAME: viewer_name_group(v); break;
    case OPEN_CLOSE: viewer_toggle_group(v); break;
    case FIRST_ROW: scroll_rows(v, 0); break;
    case LAST_ROW: scroll_rows(v, 1e9); break;
    case EXPLAIN:
        v->explain = !v->explain;
        viewer_settle(v);
        break;
    case THEME: v->view.theme = (enum theme)((v->view.theme + 1) % THEMES); break;
    case PICTURE: v->shot = true; break;
    case SAVE: v->save = true; break;
    case COPY: v->copy = true; break;
    case RELOAD: v->reload = true; break;
    case FOLLOW: toggle_follow(v); break;
    case HELP: v->help = !v->help; break;
    case QUIT: v->quit = true; break;
    case COMMANDS: break;
    }
}

/* ---- by which key ---- */

enum { ALL = 0xFF, L = 1 << VIEWER_LIMPET, G = 1 << VIEWER_GTKWAVE, P = 1 << VIEWER_PULSEVIEW, S = 1 << VIEWER_SURFER };

static const struct binding {
    uint8_t presets; /* bit for each */
    uint8_t mods;    /* signs that need Shift on some keyboards stand without it */
    unsigned key;
    enum command command;
} bindings[] = {
    /* what a preset has otherwise */
    { G, VIEWER_ALT, 'f', FIT },
    { G, VIEWER_ALT | VIEWER_SHIFT, 'f', FIT },
    { G, VIEWER_ALT, 'u', UNDO_ZOOM },
    { G, VIEWER_ALT, 's', FIND },
    { G, VIEWER_ALT, 'n', MARK },
    { G, 0, 't', OPEN_CLOSE },
    { P, 0, VIEWER_UP, ZOOM_IN },
    { P, 0, VIEWER_DOWN, ZOOM_OUT },
    { P, 0, '1', CURSOR_A },
    { P, 0, '2', CURSOR_B },
    { P, 0, 'c', CURSOR_PAIR },
    { P, 0, 's', FOLLOW },
    { S, 0, 's', TO_START },
    { S, 0, 'e', TO_END },
    { S, 0, 'h', PREVIOUS_EDGE },
    { S, 0, 'l', NEXT_EDGE },
    { S, 0, VIEWER_HOME, FIRST_ROW },
    { S, 0, VIEWER_END, LAST_ROW },
    { S, 0, ' ', FIND },
    { S, 0, 'd', GROUP },
    { S, 0, VIEWER_F2, RENAME },
    { S, 0, 'u', UNDO_ZOOM },
    { S, VIEWER_CTRL, 'z', UNDO_ZOOM },
    { S, 0, 'i', EXPLAIN },
    { P | S, 0, 'j', NEXT_STEP },
    { P | S, VIEWER_SHIFT, 'j', PREVIOUS_STEP },
    /* of all */
    { ALL, 0, 'w', NEXT_FINDING },
    { ALL, VIEWER_SHIFT, 'w', PREVIOUS_FINDING },
    { ALL, 0, 's', NEXT_STEP },
    { ALL, VIEWER_SHIFT, 's', PREVIOUS_STEP },
    { ALL, 0, '/', FIND },
    { ALL, VIEWER_CTRL, 'f', FIND },
    { ALL, 0, 'n', FIND_NEXT },
    { ALL, VIEWER_SHIFT, 'n', FIND_PREVIOUS },
    { ALL, 0, '+', ZOOM_IN },
    { ALL, 0, '=', ZOOM_IN },
    { ALL, VIEWER_CTRL, '+', ZOOM_IN },
    { ALL, VIEWER_CTRL, '=', ZOOM_IN },
    { ALL, 0, '-', ZOOM_OUT },
    { ALL, VIEWER_CTRL, '-', ZOOM_OUT },
    { ALL, 0, 'f', FIT },
    { ALL, VIEWER_CTRL, '0', FIT },
    { ALL, 0, 'z', UNDO_ZOOM },
    { ALL, 0, VIEWER_HOME, TO_START },
    { ALL, 0, VIEWER_END, TO_END },
    { ALL, 0, VIEWER_PAGE_UP, PAGE_BACK },
    { ALL, 0, VIEWER_PAGE_DOWN, PAGE_ON },
    { ALL, 0, VIEWER_RIGHT, NEXT_EDGE },
    { ALL, 0, VIEWER_LEFT, PREVIOUS_EDGE },
    { ALL, 0, 'c', CURSOR_A },
    { ALL, VIEWER_SHIFT, 'c', CURSOR_B },
    { ALL, 0, 'b', B_TO_A },
    { ALL, VIEWER_SHIFT, 'b', CURSOR_PAIR },
    { ALL, 0, 'm', MARK },
    { ALL, 0, VIEWER_ESCAPE, NO_CURSORS },
    { ALL, 0, 'o', FOLD },
    { ALL, 0, VIEWER_UP, ROW_UP },
    { ALL, 0, VIEWER_DOWN, ROW_DOWN },
    { ALL, VIEWER_SHIFT, VIEWER_UP, ROW_UP },
    { ALL, VIEWER_SHIFT, VIEWER_DOWN, ROW_DOWN },
    { ALL, VIEWER_CTRL, VIEWER_UP, CARRY_UP },
    { ALL, VIEWER_CTRL, VIEWER_DOWN, CARRY_DOWN },
    { ALL, 0, ']', HIGHER },
    { ALL, 0, '[', LOWER },
    { ALL, 0, 'x', HIDE },
    { ALL, 0, VIEWER_DELETE, HIDE },
    { ALL, 0, 'a', SHOW_ALL },
    { ALL, 0, 'g', GROUP },
    { ALL, VIEWER_SHIFT, 'g', RENAME },
    { ALL, 0, VIEWER_ENTER, OPEN_CLOSE },
    { ALL, 0, VIEWER_TAB, OPEN_CLOSE },
    { ALL, 0, 'e', EXPLAIN },
    { ALL, 0, 't', THEME },
    { ALL, VIEWER_SHIFT, 't', THEME },
    { ALL, 0, 'p', PICTURE },
    { ALL, VIEWER_CTRL, 's', SAVE },
    { ALL, VIEWER_CTRL, 'c', COPY },
    { ALL, 0, 'r', RELOAD },
    { ALL, VIEWER_SHIFT, 'f', FOLLOW },
    { ALL, 0, '?', HELP },
    { ALL, 0, 'q', QUIT },
    { ALL, VIEWER_CTRL, 'q', QUIT },
};
enum { BINDINGS = sizeof bindings / sizeof bindings[0] };

static bool is_sign(unsigned key)
{
    return key < 128 && key > ' ' && !(key >= 'a' && key <= 'z') && !(key >= '0' && key <= '9');
}

static const struct binding *binding_of(const struct viewer *v, unsigned key, unsigned mods)
{
    mods &= is_sign(key) ? ~(unsigned)VIEWER_SHIFT : ~0u;
    for (unsigned i = 0; i < BINDINGS; i++) {
        const struct binding *b = &bindings[i];
        if (b->presets >> v->preset & 1 && b->key == key && b->mods == mods) {
            return b;
        }
    }
    return NULL;
}

bool viewer_has_key(const struct viewer *v, unsigned key, unsigned mods)
{
    return binding_of(v, key, mods) != NULL;
}

/* ---- places under digits ---- */

static void set_mark(struct viewer *v, unsigned digit)
{
    sim_time a = v->view.cursor_ps[0];
    v->marks[digit] = a != SIM_NEVER ? a : v->view.from_ps + (v->view.to_ps - v->view.from_ps) / 2;
    viewer_say(v, "%u leads here", digit);
}

/* Under the first digit from 1 on that is free, and that does nothing else here. */
static void mark(struct viewer *v)
{
    for (unsigned digit = 1; digit < VIEWER_MARKS; digit++) {
        if (v->marks[digit] == SIM_NEVER && !binding_of(v, '0' + digit, 0)) {
            set_mark(v, digit);
            return;
        }
    }
    viewer_say(v, "no digit is free; Ctrl+5 moves that of 5 here");
}

/* Digits are places: Ctrl keeps this one, by itself it is gone to. */
static void mark_key(struct viewer *v, unsigned digit, bool set)
{
    if (set) {
        set_mark(v, digit);
    } else if (v->marks[digit] == SIM_NEVER) {
        viewer_say(v, "nothing is under %u yet; Ctrl+%u keeps a place there", digit, digit);
    } else {
        viewer_go(v, -1, v->marks[digit]);
    }
}

/* ---- the line at the bottom ---- */

static void end_entry(struct viewer *v)
{
    bool find = v->entry == VIEWER_FIND;
    v->entry = VIEWER_NO_ENTRY;
    if (find) {
        viewer_find_next(v, true);
    } else if (v->name[0] && v->view.selected >= 0 && v->view.rows[v->view.selected].kind == VIEW_GROUP) {
        snprintf(v->view.groups[v->view.rows[v->view.selected].index], VIEW_GROUP_BYTES, "%s", v->name);
        viewer_settle(v);
    }
}

static void entry_key(struct viewer *v, unsigned key)
{
    char *text = v->entry == VIEWER_FIND ? v->find : v->name;
    size_t n = strlen(text);
    if (key == VIEWER_ESCAPE) {
        v->entry = VIEWER_NO_ENTRY;
    } else if (key == VIEWER_ENTER) {
        end_entry(v);
    } else if (key == VIEWER_BACKSPACE && n) {
        do {
            n--;
        } while (n && ((unsigned char)text[n] & 0xC0) == 0x80);
        text[n] = 0;
        v->entry_is_old = false;
    }
    v->dirty = true;
}

void viewer_text(struct viewer *v, const char *utf8)
{
    char *text = v->entry == VIEWER_FIND ? v->find : v->name;
    size_t size = v->entry == VIEWER_FIND ? sizeof v->find : sizeof v->name;
    if (v->entry == VIEWER_FIND && v->entry_is_old) {
        text[0] = 0;
        v->entry_is_old = false;
    }
    if (v->entry && strlen(text) + strlen(utf8) < size) {
        strcat(text, utf8);
        v->dirty = true;
    }
}

void viewer_key(struct viewer *v, unsigned key, unsigned mods)
{
    if (v->entry) {
        entry_key(v, key);
        return;
    }
    v->status[0] = 0;
    v->dirty = true;
    const struct binding *b = binding_of(v, key, mods);
    if (b) {
        run(v, b->command);
    } else if (key >= '0' && key <= '9') {
        mark_key(v, key - '0', mods & VIEWER_CTRL);
    }
}

/* ---- the sheet ---- */

/* Commands of a line share it: "+ / -". first COMMANDS: no key of ours; a heading or mouse. */
static const struct {
    enum command first, second;
    const char *keys, *what;
} sheet[] = {
    { COMMANDS, COMMANDS, "", "What is there" },
    { NEXT_FINDING, PREVIOUS_FINDING, NULL, "the next, the previous finding" },
    { NEXT_STEP, PREVIOUS_STEP, NULL, "the next, the previous step of the scenario" },
    { FIND, COMMANDS, NULL, "find words, \"took: erase\", \"sck=1\", \"vcc<4.5\"" },
    { FIND_NEXT, FIND_PREVIOUS, NULL, "the next, the previous one" },
    { NEXT_EDGE, PREVIOUS_EDGE, NULL, "cursor A along the edges of the selected row" },
    { EXPLAIN, COMMANDS, NULL, "explanation of what is under the pointer" },
    { COMMANDS, COMMANDS, "", "Time" },
    { ZOOM_IN, ZOOM_OUT, NULL, "zoom in, out, at cursor A" },
    { FIT, UNDO_ZOOM, NULL, "everything; the zoom before" },
    { TO_START, TO_END, NULL, "to the beginning, the end" },
    { PAGE_BACK, PAGE_ON, NULL, "a screen back, on" },
    { FOLD, COMMANDS, NULL, "leave out idle time; cursors still measure it" },
    { FOLLOW, COMMANDS, NULL, "follow the end (--live)" },
    { MARK, COMMANDS, NULL, "keep this place under the next free digit" },
    { COMMANDS, COMMANDS, "Ctrl+0..9, 0..9", "keep a place, go there" },
    { COMMANDS, COMMANDS, "", "Cursors" },
    { CURSOR_A, CURSOR_B, NULL, "cursor A, B to the pointer" },
    { B_TO_A, NO_CURSORS, NULL, "B to where A is; no cursors" },
    { CURSOR_PAIR, COMMANDS, NULL, "both into view, and away" },
    { COMMANDS, COMMANDS, "", "Rows" },
    { ROW_UP, ROW_DOWN, NULL, "select" },
    { CARRY_UP, CARRY_DOWN, NULL, "carry it up, down" },
    { HIGHER, LOWER, NULL, "higher, lower; or drag a border" },
    { HIDE, SHOW_ALL, NULL, "hide it; show all" },
    { GROUP, RENAME, NULL, "a heading above it; name it" },
    { OPEN_CLOSE, COMMANDS, NULL, "open, close the group" },
    { COMMANDS, COMMANDS, "", "Files" },
    { PICTURE, COPY, NULL, "save a picture; copy what the panel says" },
    { SAVE, RELOAD, NULL, "keep rows and zoom; read the file again" },
    { THEME, COMMANDS, NULL, "light, dark, print colours" },
    { HELP, QUIT, NULL, "this sheet; quit" },
    { COMMANDS, COMMANDS, "", "Mouse" },
    { COMMANDS, COMMANDS, "click", "cursor A at the nearest edge (Alt: anywhere)" },
    { COMMANDS, COMMANDS, "middle, Shift+drag", "cursor B; measure" },
};
enum { SHEET = sizeof sheet / sizeof sheet[0], MOUSE = 6 };

static void key_name(unsigned key, unsigned mods, char *to, size_t size)
{
    static const char *const names[] = { "Left", "Right",  "Up",        "Down",  "Home", "End", "PgUp",
                                         "PgDn", "Delete", "Backspace", "Enter", "Esc",  "Tab", "F2" };
    char letter[2] = { (char)key, 0 };
    const char *name = key >= VIEWER_LEFT ? names[key - VIEWER_LEFT] : key == ' ' ? "Space" : letter;
    snprintf(to, size, "%s%s%s%s", mods & VIEWER_CTRL ? "Ctrl+" : "", mods & VIEWER_ALT ? "Alt+" : "",
             mods & VIEWER_SHIFT ? "Shift+" : "", name);
}

/* Its first key that no other command has taken; "" when there is none. */
static void key_of(const struct viewer *v, enum command c, char *to, size_t size)
{
    to[0] = 0;
    for (unsigned i = 0; c != COMMANDS && i < BINDINGS; i++) {
        const struct binding *b = &bindings[i];
        if (b->command == c && b->presets >> v->preset & 1 && binding_of(v, b->key, b->mods) == b) {
            key_name(b->key, b->mods, to, size);
            return;
        }
    }
}

static bool mouse_line(const struct viewer *v, unsigned i, char *keys, size_t size, const char **what)
{
    static const char *const wheels[] = { "zoom at the pointer", "move along", "scroll the rows", "move along a little",
                                          "cursor A to the next edge" };
    static const char *const drags[] = { "move along", "carry cursor A", "zoom to what is marked" };
    static const char *const wheel_keys[] = { "wheel", "Shift+wheel", "Ctrl+wheel", "Alt+wheel" };
    if (i < 4) {
        snprintf(keys, size, "%s", wheel_keys[i]);
        *what = wheels[v->wheel[i]];
    } else {
        snprintf(keys, size, "%s", i == 4 ? "drag" : "right drag");
        *what = drags[v->drag[i == 4 ? VIEWER_PRIMARY : VIEWER_SECONDARY]];
    }
    return true;
}

bool viewer_sheet_line(const struct viewer *v, unsigned i, char *keys, size_t size, const char **what)
{
    char first[40], second[40];
    if (i >= SHEET) {
        return i < SHEET + MOUSE && mouse_line(v, i - SHEET, keys, size, what);
    }
    *what = sheet[i].what;
    key_of(v, sheet[i].first, first, sizeof first);
    key_of(v, sheet[i].second, second, sizeof second);
    snprintf(keys, size, "%s%s%s", sheet[i].keys ? sheet[i].keys : first, first[0] && second[0] ? "   " : "", second);
    if (!sheet[i].keys && !keys[0]) {
        snprintf(keys, size, "-");
    }
    return true;
}
