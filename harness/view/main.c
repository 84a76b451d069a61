/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - limpet-view, the window of `limpet view`
 *
 * A program of its own, so that limpet itself does not need SDL2. All that it shows and does is viewer.h's; here SDL's
 * events become the viewer's, and cairo's image goes to the window.
 */
#include <SDL.h>
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/outputs.h"
#include "harness/commands/command.h"
#include "harness/commands/stack_room.h"
#include "harness/commands/standard_streams.h"
#include "harness/commands/wave_source.h"
#include "harness/view/live_feed.h"
#include "sim/memory.h"
#include "wave/draw/canvas_cairo.h"
#include "wave/draw/picture.h"
#include "wave/draw/picture_cairo.h"
#include "wave/draw/viewer.h"

enum { LIVE_POLL_MS = 250 };

struct window {
    struct wave_source source, wanted; /* wanted: the command line, to read again */
    struct viewer viewer;
    double scale; /* px of the layout to pixels; 0: what the screen says */
    const char *screenshot;
    int width, height;
    const char *wheel; /* NULL: as the preset has it */
    enum viewer_preset preset;
    bool live, fold, has_theme;
    SDL_Cursor *arrow, *sizing;
    char swallow; /* a letter whose text is still to come and means nothing */
    enum theme theme;
    char session[4096];
    struct stat seen;        /* the file as it was read */
    struct live_feed feed;   /* a bench's socket; file -1: none */
    const char *name;        /* what the command line calls it */
    Uint32 took_ms, read_ms; /* the last reading of it: how long, when */
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    cairo_surface_t *surface;
    int pixels_w, pixels_h;
};

/* ---- the command line ---- */

enum { KEY_WHEEL = 1, KEY_THEME, KEY_SCALE, KEY_FOLD, KEY_SCREENSHOT, KEY_SIZE, KEY_LIVE, KEY_KEYS };

static const struct argp_option option_table[] = {
    { "wheel", KEY_WHEEL, "zoom|pan", 0,
      "what the wheel does by itself, whatever --keys says: zoom (PulseView, Saleae) or pan (GTKWave, Surfer)", 0 },
    { "keys", KEY_KEYS, "limpet|gtkwave|pulseview|surfer", 0, "keys and mouse as users of that program have them", 0 },
    { "theme", KEY_THEME, "light|dark|print", 0, "colours", 0 },
    { "scale", KEY_SCALE, "N", 0, "everything N times as large, 0.5 to 4 (default: what the screen asks for)", 0 },
    { "fold", KEY_FOLD, NULL, 0, "begin with idle time left out", 0 },
    { "size", KEY_SIZE, "WxH", 0, "of the window (default 1280x760)", 0 },
    { "live", KEY_LIVE, NULL, 0, "follow the file as it grows, or what a bench sends (serve --live PATH)", 0 },
    { "screenshot", KEY_SCREENSHOT, "FILE", 0, "save the window's contents as PNG, and end", 0 },
    { 0 },
};

/* "1280x760" */
static bool parse_size(const char *text, int *width, int *height)
{
    int used = 0;

    return sscanf(text, "%5dx%5d%n", width, height, &used) == 2 && !text[used] && *width >= 100 && *height >= 100 &&
           *width <= 16384 && *height <= 16384;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct window *w = state->input;
    char *end;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &w->wanted; return 0;
    case KEY_WHEEL:
        if (strcmp(arg, "zoom") != 0 && strcmp(arg, "pan") != 0) {
            argp_error(state, "--wheel: \"%s\" is neither zoom nor pan", arg);
        }
        w->wheel = arg;
        return 0;
    case KEY_KEYS:
        if (!viewer_preset_named(arg, &w->preset)) {
            argp_error(state, "--keys: \"%s\" is not limpet, gtkwave, pulseview or surfer", arg);
        }
        return 0;
    case KEY_THEME:
        if (!theme_named(arg, &w->theme)) {
            argp_error(state, "--theme: \"%s\" is not light, dark or print", arg);
        }
        w->has_theme = true;
        return 0;
    case KEY_SCALE:
        w->scale = strtod(arg, &end);
        if (end == arg || *end || !(w->scale >= 0.5 && w->scale <= 4)) {
            argp_error(state, "--scale: \"%s\" is no number from 0.5 to 4", arg);
        }
        return 0;
    case KEY_SIZE:
        if (!parse_size(arg, &w->width, &w->height)) {
            argp_error(state, "--size: \"%s\" is no size such as 1280x760", arg);
        }
        return 0;
    case KEY_FOLD: w->fold = true; return 0;
    case KEY_LIVE: w->live = true; return 0;
    case KEY_SCREENSHOT: w->screenshot = arg; return 0;
    case ARGP_KEY_ARG:
        if (w->wanted.file) {
            argp_error(state, "one file at a time: \"%s\"", arg);
        }
        w->wanted.file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file? For example: limpet view scenarios/limp/rc_128k.yaml");
        return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- pixels ---- */

static void drop_pixels(struct window *w)
{
    cairo_surface_destroy(w->surface);
    SDL_DestroyTexture(w->texture);
    w->surface = NULL;
    w->texture = NULL;
}

static double scale_of(struct window *w)
{
    int points;
    if (w->scale > 0) {
        return w->scale;
    }
    SDL_GetWindowSize(w->window, &points, NULL);
    return points > 0 && w->pixels_w > points ? (double)w->pixels_w / points : 1;
}

/* After the window's size changed; it may have become nothing. */
static bool make_pixels(struct window *w)
{
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    if (width < 1 || height < 1) {
        return false;
    }
    if (w->surface && width == w->pixels_w && height == w->pixels_h) {
        return true;
    }
    drop_pixels(w);
    w->pixels_w = width;
    w->pixels_h = height;
    w->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    w->texture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, width, height);
    viewer_resize(&w->viewer, width / scale_of(w), height / scale_of(w));
    return w->texture && !cairo_surface_status(w->surface);
}

static void paint(struct window *w)
{
    struct canvas_cairo c;
    cairo_t *cr = cairo_create(w->surface);
    canvas_cairo_start(&c, cr, w->viewer.view.theme, scale_of(w), false);
    viewer_draw(&w->viewer, &c.canvas);
    canvas_cairo_end(&c);
    cairo_destroy(cr);
    cairo_surface_flush(w->surface);
}

static void show(struct window *w)
{
    if (!make_pixels(w)) {
        return;
    }
    paint(w);
    SDL_UpdateTexture(w->texture, NULL, cairo_image_surface_get_data(w->surface),
                      cairo_image_surface_get_stride(w->surface));
    SDL_RenderCopy(w->renderer, w->texture, NULL, NULL);
    SDL_RenderPresent(w->renderer);
}

/* ---- SDL's events ---- */

static unsigned mods_of(SDL_Keymod m)
{
    return (m & KMOD_SHIFT ? VIEWER_SHIFT : 0) | (m & KMOD_CTRL ? VIEWER_CTRL : 0) | (m & KMOD_ALT ? VIEWER_ALT : 0);
}

static const struct {
    SDL_Keycode sdl;
    unsigned key;
} special_keys[] = {
    { SDLK_LEFT, VIEWER_LEFT },
    { SDLK_RIGHT, VIEWER_RIGHT },
    { SDLK_UP, VIEWER_UP },
    { SDLK_DOWN, VIEWER_DOWN },
    { SDLK_HOME, VIEWER_HOME },
    { SDLK_END, VIEWER_END },
    { SDLK_PAGEUP, VIEWER_PAGE_UP },
    { SDLK_PAGEDOWN, VIEWER_PAGE_DOWN },
    { SDLK_DELETE, VIEWER_DELETE },
    { SDLK_RETURN, VIEWER_ENTER },
    { SDLK_BACKSPACE, VIEWER_BACKSPACE },
    { SDLK_ESCAPE, VIEWER_ESCAPE },
    { SDLK_TAB, VIEWER_TAB },
    { SDLK_KP_ENTER, VIEWER_ENTER },
    { SDLK_KP_PLUS, '+' },
    { SDLK_KP_MINUS, '-' },
    { SDLK_F2, VIEWER_F2 },
};

/* Signs that need Shift on some keyboards ('?', '/', '+') come as text; all else by its key. */
static void on_key(struct window *w, const SDL_KeyboardEvent *e)
{
    unsigned mods = mods_of(e->keysym.mod);
    SDL_Keycode k = e->keysym.sym;
    for (unsigned i = 0; i < sizeof special_keys / sizeof special_keys[0]; i++) {
        if (special_keys[i].sdl == k) {
            viewer_key(&w->viewer, special_keys[i].key, mods);
            return;
        }
    }
    bool plain = (k >= 'a' && k <= 'z') || (k >= '0' && k <= '9') || k == ' ';
    if (!w->viewer.entry && (plain || (mods & VIEWER_CTRL && k < 128))) {
        viewer_key(&w->viewer, (unsigned)k, mods);
        w->swallow = w->viewer.entry && !(mods & VIEWER_CTRL) ? (char)k : 0;
    }
}

static void on_text(struct window *w, const SDL_TextInputEvent *e)
{
    bool ctrl = SDL_GetModState() & KMOD_CTRL, begins = w->swallow && (e->text[0] | 32) == (w->swallow | 32);
    w->swallow = 0;
    if (begins) {
        return; /* the letter that began the entry comes as text too */
    }
    if (w->viewer.entry) {
        viewer_text(&w->viewer, e->text);
    } else if (!ctrl && strchr("+=-/?[]", e->text[0]) && e->text[0]) {
        viewer_key(&w->viewer, (unsigned char)e->text[0], 0);
    }
}

static void on_event(struct window *w, const SDL_Event *e)
{
    struct viewer *v = &w->viewer;
    int points = 0;
    SDL_GetWindowSize(w->window, &points, NULL);
    double s = points > 0 ? (double)w->pixels_w / points / scale_of(w) : 1; /* SDL's mouse counts points */
    unsigned mods = mods_of(SDL_GetModState());
    static const enum viewer_button buttons[] = { 0, VIEWER_PRIMARY, VIEWER_MIDDLE, VIEWER_SECONDARY };
    switch (e->type) {
    case SDL_QUIT: v->quit = true; break;
    case SDL_WINDOWEVENT: v->dirty = true; break;
    case SDL_KEYDOWN: on_key(w, &e->key); break;
    case SDL_TEXTINPUT: on_text(w, &e->text); break;
    case SDL_MOUSEMOTION:
        viewer_motion(v, e->motion.x * s, e->motion.y * s);
        SDL_SetCursor(viewer_on_border(v) ? w->sizing : w->arrow);
        break;
    case SDL_MOUSEWHEEL: viewer_wheel(v, e->wheel.x, e->wheel.y, mods); break;
    case SDL_MOUSEBUTTONDOWN:
        if (e->button.button <= 3) {
            viewer_press(v, buttons[e->button.button], e->button.x * s, e->button.y * s, mods);
        }
        break;
    case SDL_MOUSEBUTTONUP:
        if (e->button.button <= 3) {
            viewer_release(v, buttons[e->button.button], e->button.x * s, e->button.y * s);
        }
        break;
    default: break;
    }
}

/* ---- files ---- */

/* What is there stays when the file can't be read just now: it may be half written. */
static void reload(struct window *w)
{
    struct wave_source *fresh = memory_zeroed(1, sizeof *fresh);
    struct problem err = { "" };
    Uint32 begin_ms = SDL_GetTicks();
    *fresh = w->wanted;
    if (stat(w->wanted.file, &w->seen) == 0 && wave_source_open(fresh, &err)) {
        struct wave_doc old = w->source.doc; /* what the view still looks at */
        w->viewer.view.doc = &old;
        w->source = *fresh;
        viewer_replace(&w->viewer, &w->source.doc);
        if (w->source.wires.sck >= 0) {
            w->viewer.view.sck = w->source.wires.sck;
            w->viewer.view.mosi = w->source.wires.mosi;
            w->viewer.view.miso = w->source.wires.miso;
        }
        doc_free(&old);
        w->viewer.status[0] = 0;
    } else if (!w->live) {
        snprintf(w->viewer.status, sizeof w->viewer.status, "%.190s", err.text);
    }
    w->viewer.dirty = true;
    w->read_ms = SDL_GetTicks();
    w->took_ms = w->read_ms - begin_ms;
    free(fresh);
}

/* Reading takes longer as the file grows: at most a fifth of the time. */
static bool has_changed(struct window *w)
{
    struct stat now;
    if (SDL_GetTicks() - w->read_ms < 5 * w->took_ms) {
        return false;
    }
    if (w->feed.file >= 0) {
        return live_feed_more(&w->feed);
    }
    return stat(w->wanted.file, &now) == 0 &&
           (now.st_size != w->seen.st_size || now.st_mtim.tv_sec != w->seen.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != w->seen.st_mtim.tv_nsec);
}

static void save_picture(struct window *w)
{
    char path[4200];
    struct problem err = { "" };
    struct stat st;
    unsigned n = 1;
    const char *slash = strrchr(w->name, '/');
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - w->name) + 1 : 1, slash ? w->name : ".");
    bool there = access(folder, W_OK) == 0; /* a shipped scenario's folder may not be ours: then it goes here */
    do {
        snprintf(path, sizeof path, "%s.%u.svg", there || !slash ? w->name : slash + 1, n++);
    } while (n < 1000 && stat(path, &st) == 0);
    struct wave_view *whole = memory_zeroed(1, sizeof *whole);
    *whole = w->viewer.view; /* all rows, whatever the window's height, and nothing below them */
    whole->height = whole->scroll_y = 0;
    whole->selected = -1;
    view_settle(whole);
    bool ok = picture_write(path, whole, 1, &err);
    free(whole);
    snprintf(w->viewer.status, sizeof w->viewer.status, "%s%.180s", ok ? "saved " : "", ok ? path : err.text);
}

static void do_wishes(struct window *w)
{
    struct viewer *v = &w->viewer;
    struct problem err = { "" };
    if (v->save) {
        bool ok = viewer_session_save(v, w->session, &err);
        snprintf(v->status, sizeof v->status, "%s%.180s", ok ? "saved " : "", ok ? w->session : err.text);
    }
    if (v->shot) {
        save_picture(w);
    }
    if (v->reload) {
        reload(w);
        if (!v->status[0]) {
            snprintf(v->status, sizeof v->status, "read again");
        }
    }
    if (v->copy) {
        char text[1000];
        viewer_panel_text(v, text, sizeof text);
        bool ok = SDL_SetClipboardText(text) == 0;
        snprintf(v->status, sizeof v->status, "%s", ok ? "copied what the panel says" : SDL_GetError());
    }
    v->dirty |= v->save || v->shot || v->reload || v->copy;
    v->save = v->shot = v->reload = v->copy = false;
}

/* ---- from start to end ---- */

/* SDL takes one of these where it finds no display: a window that nobody sees. */
static bool is_unseen(const char *driver)
{
    return !strcmp(driver, "offscreen") || !strcmp(driver, "dummy") || !strcmp(driver, "evdev");
}

static bool open_window(struct window *w, struct problem *err)
{
    const char *driver = getenv("SDL_VIDEODRIVER"), *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    if (!(driver && *driver) && !(x11 && *x11) && !(wayland && *wayland)) {
        return problem_set(err,
                           "there is no display here (DISPLAY is not set); `limpet plot %s -o picture.png` draws "
                           "without one",
                           w->wanted.file);
    }
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        return problem_set(err, "no window: %s; `limpet plot %s -o picture.png` draws without one", SDL_GetError(),
                           w->wanted.file);
    }
    if (!(driver && *driver) && is_unseen(SDL_GetCurrentVideoDriver())) {
        return problem_set(err,
                           "there is no display here (%s=%.60s can't be opened); `limpet plot %s -o picture.png` draws "
                           "without one",
                           x11 && *x11 ? "DISPLAY" : "WAYLAND_DISPLAY", x11 && *x11 ? x11 : wayland, w->wanted.file);
    }
    char title[300];
    snprintf(title, sizeof title, "%.250s - limpet view", w->name);
    double s = w->scale > 0 ? w->scale : 1;
    w->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, (int)(w->width * s),
                                 (int)(w->height * s), SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    w->renderer = w->window ? SDL_CreateRenderer(w->window, -1, 0) : NULL;
    if (w->window && !w->renderer) {
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    }
    w->arrow = SDL_CreateSystemCursor(SDL_SYSTEM_CURSOR_ARROW);
    w->sizing = SDL_CreateSystemCursor(SDL_SYSTEM_CURSOR_SIZENS);
    return w->renderer || problem_set(err, "no window: %s", SDL_GetError());
}

static void start_viewer(struct window *w)
{
    struct problem err = { "" };
    viewer_init(&w->viewer, &w->source.doc, &w->source.decoder);
    struct viewer *v = &w->viewer;
    if (w->source.wires.sck >= 0) {
        const struct isp_wires *is = &w->source.wires;
        view_use_wires(&v->view, is->reset, is->sck, is->mosi, is->miso);
    }
    v->view.theme = w->theme;
    v->view.fold = w->fold;
    snprintf(w->session, sizeof w->session, "%s.limpet-view", w->name);
    bool whole = !w->wanted.range.from && !w->wanted.range.to && !w->wanted.range.around;
    if (!viewer_session_load(v, w->session, &err)) {
        snprintf(v->status, sizeof v->status, "%.190s", err.text);
    } else if (v->missing[0]) {
        snprintf(v->status, sizeof v->status, "not in this recording, but in its session: %.*s",
                 (int)strcspn(v->missing, "\n"), v->missing);
    }
    if (w->has_theme) {
        v->view.theme = w->theme;
    }
    v->view.fold |= w->fold;
    viewer_use_preset(v, w->preset);
    if (w->wheel) {
        viewer_wheel_pans(v, strcmp(w->wheel, "pan") == 0);
    }
    v->live = w->live;
    if (!whole) {
        v->view.from_ps = w->source.range.from_ps;
        v->view.to_ps = w->source.range.to_ps;
    }
    viewer_resize(v, w->width, w->height);
}

/* What the window got, read back from it before it is shown. */
static bool screenshot(struct window *w, struct problem *err)
{
    SDL_Event e;
    while (SDL_PollEvent(&e)) {
        on_event(w, &e);
    }
    if (!make_pixels(w)) {
        return problem_set(err, "%s: the window has no size", w->screenshot);
    }
    paint(w);
    SDL_UpdateTexture(w->texture, NULL, cairo_image_surface_get_data(w->surface),
                      cairo_image_surface_get_stride(w->surface));
    SDL_RenderCopy(w->renderer, w->texture, NULL, NULL);
    if (SDL_RenderReadPixels(w->renderer, NULL, SDL_PIXELFORMAT_RGB888, cairo_image_surface_get_data(w->surface),
                             cairo_image_surface_get_stride(w->surface)) != 0) {
        return problem_set(err, "%s: %s", w->screenshot, SDL_GetError());
    }
    cairo_surface_mark_dirty(w->surface);
    SDL_RenderPresent(w->renderer);
    return picture_cairo_save_surface(w->screenshot, w->surface, err);
}

static void run(struct window *w)
{
    SDL_StartTextInput();
    while (!w->viewer.quit) {
        SDL_Event e;
        if (w->viewer.dirty) {
            show(w);
        }
        if (SDL_WaitEventTimeout(&e, LIVE_POLL_MS)) {
            do {
                on_event(w, &e);
            } while (SDL_PollEvent(&e));
            do_wishes(w);
        } else if (w->live && has_changed(w)) {
            reload(w);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = { { &wave_source_argp, 0, "What to show:", 1 }, { 0 } };
    static const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .args_doc = "FILE|SCENARIO",
        .doc =
            "Shows a recording (VCD, CSV, .sr), or a scenario that is run for it, in a window; ? lists the keys. Rows, "
            "zoom and cursors are kept in FILE.limpet-view when Ctrl+s is pressed.\v"
            "  limpet view session.vcd\n"
            "  limpet view scenarios/sck_too_fast.yaml --around finding:1\n"
            "  limpet serve --live /tmp/waves &  limpet view --live /tmp/waves",
        .children = children,
    };
    struct window *w = memory_zeroed(1, sizeof *w);
    struct problem err = { "" };
    int status = EXIT_BAD_INPUT;
    static char name[] = "limpet view";

    if (!standard_streams_ready(name) || !stack_room_ready(name)) { /* by itself: limpet has done it already */
        return EXIT_BAD_INPUT;
    }
    w->wanted.bits = w->wanted.rules = true;
    w->width = 1280;
    w->height = 760;
    argp_err_exit_status = EXIT_BAD_INPUT;
    argv[0] = name;
    argp_parse(&argp, argc, argv, 0, NULL, w);
    w->name = w->wanted.file;
    w->feed.fd = w->feed.file = -1;
    bool live_ok = !(w->live && live_feed_is(w->name)) || live_feed_open(&w->feed, w->name, &err);
    if (w->feed.file >= 0) {
        w->wanted.file = w->feed.path;
    }
    w->source = w->wanted;
    if (stat(w->wanted.file, &w->seen) != 0) {
        memset(&w->seen, 0, sizeof w->seen);
    }
    const char *in[] = { w->wanted.file, w->wanted.with };
    const struct output picture = { "--screenshot", w->screenshot };
    bool apart = outputs_possible(&picture, 1, in, in[1] ? 2 : 1, &err);

    w->source.outputs = &picture;
    w->source.n_outputs = 1;

    if (live_ok && apart && wave_source_open(&w->source, &err)) {
        start_viewer(w);
        if (open_window(w, &err)) {
            if (w->screenshot) {
                status = screenshot(w, &err) ? EXIT_OK : EXIT_BAD_INPUT;
            } else {
                run(w);
                status = EXIT_OK;
            }
        }
        drop_pixels(w);
        SDL_FreeCursor(w->arrow);
        SDL_FreeCursor(w->sizing);
        SDL_DestroyRenderer(w->renderer);
        SDL_DestroyWindow(w->window);
        SDL_Quit();
        wave_source_free(&w->source);
    }
    if (status != EXIT_OK) {
        fprintf(stderr, "%s\n", err.text);
    }
    live_feed_close(&w->feed);
    free(w);
    return status;
}
