/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/viewer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/viewer_parts.h"
#include "wave/isp_text.h"

#define SNAP_PX 8.0
#define DRAG_PX 4.0

void viewer_init(struct viewer *v, const struct wave_doc *doc, const struct isp_decoder *decoder)
{
    memset(v, 0, sizeof *v);
    v->decoder = decoder;
    v->explain = true;
    view_init(&v->view, doc);
    v->view.values = true;
    viewer_resize(v, 1200, 700);
}

static double body_height(const struct viewer *v)
{
    double h = v->height - VIEWER_MINIMAP_H - (v->explain ? VIEWER_PANEL_H : 0) - 18;
    return h > 60 ? h : 60;
}

static void settle(struct viewer *v)
{
    v->view.width = v->width;
    v->view.height = body_height(v);
    view_settle(&v->view);
    double most = view_full_height(&v->view) - v->view.height;
    v->view.scroll_y = fmax(0, fmin(v->view.scroll_y, most > 0 ? most : 0));
    v->dirty = true;
}

void viewer_resize(struct viewer *v, double width, double height)
{
    v->width = width < 120 ? 120 : width; /* a window may be squeezed to nothing */
    v->height = height < 80 ? 80 : height;
    settle(v);
}

static void say(struct viewer *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct viewer *v, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(v->status, sizeof v->status, fmt, args);
    va_end(args);
    v->dirty = true;
}

/* ---- time ---- */

static sim_time doc_end(const struct viewer *v)
{
    const struct wave_doc *d = v->view.doc;
    return d->end_ps > d->begin_ps ? d->end_ps : d->begin_ps + 1;
}

/* At least 10 ps, never beyond the document's ends. */
static void set_range(struct viewer *v, double from, double to)
{
    double begin = (double)v->view.doc->begin_ps, end = (double)doc_end(v);
    if (to - from < 10) {
        double mid = (from + to) / 2;
        from = mid - 5;
        to = mid + 5;
    }
    if (to - from > end - begin) {
        from = begin;
        to = end;
    }
    if (from < begin) {
        to += begin - from;
        from = begin;
    }
    if (to > end) {
        from -= to - end;
        to = end;
    }
    v->view.from_ps = from < begin ? v->view.doc->begin_ps : (sim_time)from;
    v->view.to_ps = (sim_time)to > v->view.from_ps ? (sim_time)to : v->view.from_ps + 1;
    settle(v);
}

static void remember(struct viewer *v)
{
    if (v->n_undo == VIEWER_UNDO) {
        memmove(v->undo, v->undo + 1, sizeof v->undo - sizeof v->undo[0]);
        v->n_undo--;
    }
    v->undo[v->n_undo][0] = v->view.from_ps;
    v->undo[v->n_undo++][1] = v->view.to_ps;
}

void viewer_show(struct viewer *v, sim_time from_ps, sim_time to_ps)
{
    remember(v);
    set_range(v, (double)from_ps, (double)to_ps);
}

void viewer_fit(struct viewer *v)
{
    viewer_show(v, v->view.doc->begin_ps, doc_end(v));
}

static void undo_zoom(struct viewer *v)
{
    if (v->n_undo) {
        v->n_undo--;
        set_range(v, (double)v->undo[v->n_undo][0], (double)v->undo[v->n_undo][1]);
    } else {
        say(v, "no earlier zoom");
    }
}

/* The time under x stays there. */
static void zoom_at(struct viewer *v, double x, double factor)
{
    double t = (double)axis_t(&v->view.axis, x);
    double from = (double)v->view.from_ps, to = (double)v->view.to_ps;
    set_range(v, t - (t - from) * factor, t + (to - t) * factor);
}

static void pan(struct viewer *v, double part)
{
    double d = ((double)v->view.to_ps - (double)v->view.from_ps) * part;
    double begin = (double)v->view.doc->begin_ps, end = (double)doc_end(v);
    d = fmax(d, begin - (double)v->view.from_ps);
    d = fmin(d, end - (double)v->view.to_ps);
    set_range(v, (double)v->view.from_ps + d, (double)v->view.to_ps + d);
}

/* Shows t, in the middle if it was out of sight. */
static void bring_into_view(struct viewer *v, sim_time t_ps)
{
    if (t_ps < v->view.from_ps || t_ps > v->view.to_ps) {
        double half = ((double)v->view.to_ps - (double)v->view.from_ps) / 2;
        remember(v);
        set_range(v, (double)t_ps - half, (double)t_ps + half);
    }
}

/* ---- edges and cursors ---- */

static sim_time row_next(const struct viewer *v, unsigned row, sim_time t_ps)
{
    const struct doc_signal *s = view_signal(&v->view, &v->view.rows[row]);
    const struct doc_track *k = view_track(&v->view, &v->view.rows[row]);
    if (!k) {
        return s ? doc_next_edge(s, t_ps) : SIM_NEVER;
    }
    for (uint32_t i = doc_span_after(k, t_ps); i < k->n; i++) {
        if (k->spans[i].begin_ps > t_ps) {
            return k->spans[i].begin_ps;
        }
    }
    return SIM_NEVER;
}

static sim_time row_previous(const struct viewer *v, unsigned row, sim_time t_ps)
{
    const struct doc_signal *s = view_signal(&v->view, &v->view.rows[row]);
    const struct doc_track *k = view_track(&v->view, &v->view.rows[row]);
    if (!k) {
        return s ? doc_previous_edge(s, t_ps) : SIM_NEVER;
    }
    sim_time found = SIM_NEVER;
    for (uint32_t low = 0, high = k->n; low < high;) {
        uint32_t mid = low + (high - low) / 2;
        if (k->spans[mid].begin_ps < t_ps) {
            found = k->spans[mid].begin_ps;
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return found;
}

/* The edge of the row under y that is nearest to x, if it is near; else the time under x. */
static sim_time snapped(struct viewer *v, double x, double y, unsigned mods)
{
    sim_time t = axis_t(&v->view.axis, x);
    int row = view_row_at(&v->view, y);
    if (row < 0 || mods & VIEWER_ALT) {
        return t;
    }
    sim_time before = row_previous(v, (unsigned)row, t + 1), after = row_next(v, (unsigned)row, t);
    double d_before = before == SIM_NEVER ? INFINITY : x - axis_x(&v->view.axis, before);
    double d_after = after == SIM_NEVER ? INFINITY : axis_x(&v->view.axis, after) - x;
    if (fmin(d_before, d_after) > SNAP_PX) {
        return t;
    }
    return d_before <= d_after ? before : after;
}

static void go_to_edge(struct viewer *v, bool next)
{
    sim_time from = v->view.cursor_ps[0];
    if (v->view.selected < 0) {
        v->view.selected = 0;
        while (v->view.selected + 1 < (int)v->view.n_rows &&
               (!v->view.rows[v->view.selected].shown || v->view.rows[v->view.selected].kind != VIEW_SIGNAL)) {
            v->view.selected++;
        }
    }
    if (!v->view.n_rows) {
        return;
    }
    if (from == SIM_NEVER) {
        from = next ? v->view.from_ps : v->view.to_ps;
    }
    sim_time t = next ? row_next(v, (unsigned)v->view.selected, from)
                      : row_previous(v, (unsigned)v->view.selected, from);
    if (t == SIM_NEVER) {
        say(v, "no %s edge of %s", next ? "further" : "earlier", view_row_name(&v->view, (unsigned)v->view.selected));
        return;
    }
    v->view.cursor_ps[0] = t;
    bring_into_view(v, t);
    settle(v);
}

/* ---- search ---- */

static const struct doc_span *find_in(const struct viewer *v, const struct doc_track *k, sim_time from_ps, bool forward)
{
    const struct doc_span *found = NULL;
    for (uint32_t i = 0; i < k->n; i++) {
        const struct doc_span *s = &k->spans[i];
        bool ahead = forward ? s->begin_ps > from_ps : s->begin_ps < from_ps;
        if (ahead && strcasestr(doc_text(v->view.doc, s->text), v->find)) {
            found = s;
            if (forward) {
                break;
            }
        }
    }
    return found;
}

static void find_next(struct viewer *v, bool forward)
{
    sim_time from = v->view.cursor_ps[0], best = SIM_NEVER;
    const struct doc_span *hit = NULL;
    if (!v->find[0]) {
        say(v, "nothing to find yet: / and a text of an instruction, finding or step");
        return;
    }
    if (from == SIM_NEVER) {
        from = forward ? v->view.doc->begin_ps : doc_end(v);
        from -= forward && from ? 1 : 0;
    }
    for (unsigned i = 0; i < v->view.doc->n_tracks; i++) {
        const struct doc_span *s = find_in(v, &v->view.doc->tracks[i], from, forward);
        if (s && (!hit || (forward ? s->begin_ps < best : s->begin_ps > best))) {
            hit = s;
            best = s->begin_ps;
        }
    }
    if (!hit) {
        say(v, "\"%s\": no %s", v->find, forward ? "more" : "earlier one");
        return;
    }
    v->view.cursor_ps[0] = best;
    bring_into_view(v, best);
    say(v, "%s", doc_text(v->view.doc, hit->text));
    settle(v);
}

/* ---- rows ---- */

static void select_row(struct viewer *v, int step)
{
    int i = v->view.selected;
    do {
        i += step;
    } while (i >= 0 && i < (int)v->view.n_rows && !v->view.rows[i].shown);
    if (i >= 0 && i < (int)v->view.n_rows) {
        v->view.selected = i;
        double y = view_row_y(&v->view, (unsigned)i), h = view_row_h(&v->view, (unsigned)i);
        double top = view_row_y(&v->view, 0) + v->view.scroll_y;
        if (y < top) {
            v->view.scroll_y -= top - y;
        } else if (y + h > v->view.height) {
            v->view.scroll_y += y + h - v->view.height;
        }
        settle(v);
    }
}

static void move_row(struct viewer *v, int step)
{
    int i = v->view.selected, j = i;
    do {
        j += step;
    } while (j >= 0 && j < (int)v->view.n_rows && !v->view.rows[j].shown);
    if (i < 0 || j < 0 || j >= (int)v->view.n_rows) {
        return;
    }
    struct view_row row = v->view.rows[i];
    v->view.rows[i] = v->view.rows[j];
    v->view.rows[j] = row;
    v->view.selected = j;
    settle(v);
}

static void hide_row(struct viewer *v)
{
    if (v->view.selected >= 0) {
        say(v, "%s hidden; a shows all", view_row_name(&v->view, (unsigned)v->view.selected));
        v->view.rows[v->view.selected].hidden = true;
        settle(v);
    }
}

static void show_all_rows(struct viewer *v)
{
    for (unsigned i = 0; i < v->view.n_rows; i++) {
        v->view.rows[i].hidden = false;
    }
    settle(v);
}

static void resize_row(struct viewer *v, double factor)
{
    if (v->view.selected >= 0) {
        struct view_row *r = &v->view.rows[v->view.selected];
        r->height = fmax(14, fmin(240, floor(r->height * factor + 0.5)));
        settle(v);
    }
}

/* ---- keys ---- */

static bool find_key(struct viewer *v, unsigned key)
{
    if (!v->finding) {
        return false;
    }
    size_t n = strlen(v->find);
    if (key == VIEWER_ESCAPE) {
        v->finding = false;
    } else if (key == VIEWER_ENTER) {
        v->finding = false;
        find_next(v, true);
    } else if (key == VIEWER_BACKSPACE && n) {
        do {
            n--;
        } while (n && ((unsigned char)v->find[n] & 0xC0) == 0x80);
        v->find[n] = 0;
    }
    v->dirty = true;
    return true;
}

void viewer_text(struct viewer *v, const char *utf8)
{
    if (v->finding && strlen(v->find) + strlen(utf8) < sizeof v->find) {
        strcat(v->find, utf8);
        v->dirty = true;
    }
}

static void ctrl_key(struct viewer *v, unsigned key)
{
    switch (key) {
    case '0': viewer_fit(v); break;
    case '+':
    case '=': zoom_at(v, (view_wave_x(&v->view) + v->width) / 2, 0.5); break;
    case '-': zoom_at(v, (view_wave_x(&v->view) + v->width) / 2, 2); break;
    case 'f':
        v->finding = true;
        v->dirty = true;
        break;
    case 's': v->save = true; break;
    case 'q': v->quit = true; break;
    case VIEWER_UP: move_row(v, -1); break;
    case VIEWER_DOWN: move_row(v, 1); break;
    default: break;
    }
}

void viewer_key(struct viewer *v, unsigned key, unsigned mods)
{
    double middle = (view_wave_x(&v->view) + v->width) / 2;
    sim_time at = v->view.cursor_ps[0];
    double x = at != SIM_NEVER && at >= v->view.from_ps && at <= v->view.to_ps ? axis_x(&v->view.axis, at) : middle;
    if (find_key(v, key)) {
        return;
    }
    v->status[0] = 0;
    v->dirty = true;
    if (mods & VIEWER_CTRL) {
        ctrl_key(v, key);
        return;
    }
    switch (key) {
    case '+':
    case '=': zoom_at(v, x, 0.5); break;
    case '-': zoom_at(v, x, 2); break;
    case 'f': viewer_fit(v); break;
    case 'z': undo_zoom(v); break;
    case VIEWER_HOME: pan(v, -1e12); break;
    case VIEWER_END: pan(v, 1e12); break;
    case VIEWER_PAGE_UP: pan(v, -0.9); break;
    case VIEWER_PAGE_DOWN: pan(v, 0.9); break;
    case VIEWER_LEFT: go_to_edge(v, false); break;
    case VIEWER_RIGHT: go_to_edge(v, true); break;
    case VIEWER_UP: select_row(v, -1); break;
    case VIEWER_DOWN: select_row(v, 1); break;
    case 'n': find_next(v, !(mods & VIEWER_SHIFT)); break;
    case '/': v->finding = true; break;
    case 'b':
        v->view.cursor_ps[1] = v->view.cursor_ps[0];
        settle(v);
        break;
    case 'o':
        v->view.fold = !v->view.fold;
        say(v, "idle time is %s", v->view.fold ? "left out" : "shown");
        settle(v);
        break;
    case 't': v->view.theme = (enum theme)((v->view.theme + 1) % THEMES); break;
    case 'e':
        v->explain = !v->explain;
        settle(v);
        break;
    case 'x':
    case VIEWER_DELETE: hide_row(v); break;
    case 'a': show_all_rows(v); break;
    case '[': resize_row(v, 0.8); break;
    case ']': resize_row(v, 1.25); break;
    case 'p': v->shot = true; break;
    case 'r': v->reload = true; break;
    case '?': v->help = !v->help; break;
    case 'q': v->quit = true; break;
    case VIEWER_ESCAPE:
        if (v->help) {
            v->help = false;
        } else {
            v->view.cursor_ps[0] = v->view.cursor_ps[1] = SIM_NEVER;
            settle(v);
        }
        break;
    default: break;
    }
}

/* ---- wheel and mouse ---- */

void viewer_wheel(struct viewer *v, double dx, double dy, unsigned mods)
{
    bool rows = mods & VIEWER_CTRL, pans = (mods & VIEWER_SHIFT) || v->wheel_pans;
    if (v->wheel_pans && mods & VIEWER_CTRL) { /* HDL people's: Ctrl zooms */
        rows = pans = false;
    } else if (v->wheel_pans && mods & VIEWER_SHIFT) {
        rows = true;
    }
    if (rows) {
        v->view.scroll_y -= dy * 40;
        settle(v);
    } else if (pans) {
        pan(v, -dy * 0.12);
    } else if (dy != 0) {
        zoom_at(v, fmax(v->pointer_x, view_wave_x(&v->view)), pow(0.8, dy));
    }
    if (dx != 0) {
        pan(v, dx * 0.12);
    }
}

static double in_body(double y)
{
    return y - VIEWER_MINIMAP_H;
}

/* The minimap has the whole time from edge to edge. */
static void minimap_to(struct viewer *v, double x)
{
    double begin = (double)v->view.doc->begin_ps, end = (double)doc_end(v);
    double t = begin + (end - begin) * x / v->width, half = ((double)v->view.to_ps - (double)v->view.from_ps) / 2;
    set_range(v, t - half, t + half);
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
        remember(v);
        minimap_to(v, x);
        return;
    }
    int row = view_row_at(&v->view, in_body(y));
    if (row >= 0) {
        v->view.selected = row;
    }
    if (b == VIEWER_MIDDLE && x >= view_wave_x(&v->view)) {
        v->view.cursor_ps[1] = snapped(v, x, in_body(y), mods);
        settle(v);
    }
}

void viewer_motion(struct viewer *v, double x, double y)
{
    v->pointer_x = x;
    v->pointer_y = y;
    v->dirty |= v->explain;
    if (!v->button) {
        return;
    }
    v->moved |= fabs(x - v->press_x) > DRAG_PX || fabs(y - v->press_y) > DRAG_PX;
    if (v->press_y < VIEWER_MINIMAP_H) {
        minimap_to(v, x);
    } else if (v->moved && v->button == VIEWER_PRIMARY && v->mods & VIEWER_SHIFT) {
        v->view.cursor_ps[0] = snapped(v, v->press_x, in_body(v->press_y), 0);
        v->view.cursor_ps[1] = snapped(v, x, in_body(y), 0);
        settle(v);
    } else if (v->moved && v->button == VIEWER_PRIMARY && v->press_x < view_wave_x(&v->view)) {
        int row = view_row_at(&v->view, in_body(y)); /* a name is carried to another place */
        if (row >= 0 && row != v->view.selected) {
            move_row(v, row < v->view.selected ? -1 : 1);
        }
    } else if (v->moved && v->button == VIEWER_PRIMARY) {
        double span = (double)v->press_to_ps - (double)v->press_from_ps;
        double d = (v->press_x - x) / (v->width - 8 - view_wave_x(&v->view)) * span;
        double most = (double)doc_end(v) - (double)v->press_to_ps;
        double least = (double)v->view.doc->begin_ps - (double)v->press_from_ps;
        d = fmax(least, fmin(most, d));
        set_range(v, (double)v->press_from_ps + d, (double)v->press_to_ps + d);
    } else if (v->moved) {
        v->dirty = true; /* the range that will be zoomed to */
    }
}

void viewer_release(struct viewer *v, enum viewer_button b, double x, double y)
{
    bool dragged = v->moved, ours = v->button == (int)b;
    double press_x = v->press_x;
    v->button = 0;
    v->dirty = true;
    if (!ours || v->press_y < VIEWER_MINIMAP_H) {
        return;
    }
    if (!dragged && b == VIEWER_PRIMARY && x >= view_wave_x(&v->view)) {
        v->view.cursor_ps[0] = snapped(v, x, in_body(y), (unsigned)v->mods);
        settle(v);
    } else if (dragged && b == VIEWER_SECONDARY) {
        sim_time t0 = axis_t(&v->view.axis, fmin(press_x, x)), t1 = axis_t(&v->view.axis, fmax(press_x, x));
        viewer_show(v, t0, t1);
    } else if (!dragged && b == VIEWER_SECONDARY) {
        undo_zoom(v);
    }
}

void viewer_replace(struct viewer *v, const struct wave_doc *doc)
{
    struct wave_view old = v->view, *fresh = calloc(1, sizeof *fresh);
    bool at_end = old.to_ps == doc_end(v), whole = at_end && old.from_ps == old.doc->begin_ps;
    double span = (double)old.to_ps - (double)old.from_ps;
    if (!fresh) {
        return;
    }
    view_init(fresh, doc);
    v->view.n_rows = 0;
    for (unsigned k = 0; k < old.n_rows; k++) { /* rows that are still there keep their places */
        struct view_row row = old.rows[k];
        bool stays = row.kind == VIEW_GROUP;
        for (unsigned i = 0; i < fresh->n_rows && !stays; i++) {
            stays = row.kind == fresh->rows[i].kind && strcmp(view_row_name(&old, k), view_row_name(fresh, i)) == 0;
            if (stays) {
                row.index = fresh->rows[i].index;
                fresh->rows[i].kind = VIEW_GROUP; /* taken */
            }
        }
        if (stays) {
            v->view.rows[v->view.n_rows++] = row;
        }
    }
    for (unsigned i = 0; i < fresh->n_rows && v->view.n_rows < VIEW_MAX_ROWS; i++) {
        if (fresh->rows[i].kind != VIEW_GROUP) {
            v->view.rows[v->view.n_rows++] = fresh->rows[i];
        }
    }
    v->view.doc = doc;
    v->view.sck = fresh->sck;
    v->view.mosi = fresh->mosi;
    v->view.miso = fresh->miso;
    v->view.cpu = fresh->cpu;
    v->view.selected = v->view.selected < (int)v->view.n_rows ? v->view.selected : -1;
    free(fresh);
    double end = (double)doc_end(v);
    set_range(v, whole ? 0 : at_end ? end - span : (double)old.from_ps, at_end ? end : (double)old.to_ps);
}

/* ---- what is there ---- */

static void explain_level(struct viewer *v, const struct doc_signal *s, unsigned row, sim_time t, char *to, size_t size)
{
    char value[64], text[48], period[48];
    view_value_text(&v->view, row, t, value, sizeof value);
    sim_time before = doc_previous_edge(s, t + 1), after = doc_next_edge(s, t);
    int n = snprintf(to, size, "%s = %s", s->name, value);
    if (n < 0 || (size_t)n >= size || before == SIM_NEVER || after == SIM_NEVER || s->kind == DOC_VOLTS) {
        return;
    }
    axis_length_text(after - before, text, sizeof text);
    n += snprintf(to + n, size - (size_t)n, ", for %s", text);
    sim_time next = doc_next_edge(s, after);
    if (next != SIM_NEVER && (size_t)n < size && next > before) {
        axis_length_text(next - before, period, sizeof period);
        snprintf(to + n, size - (size_t)n, "\nperiod %s = %.5g kHz, %.0f %% of it", period,
                 1e9 / (double)(next - before), 100.0 * (double)(after - before) / (double)(next - before));
    }
}

static void explain_span(const struct viewer *v, const struct doc_track *k, const struct doc_span *s, char *to,
                         size_t size)
{
    char more[600], length[48];
    snprintf(more, sizeof more, "%s", doc_text(v->view.doc, s->more));
    if (k->kind == DOC_TRACK_INSTRUCTIONS && v->decoder) {
        isp_more(v->decoder, s->value, s->answer, v->view.miso >= 0, more, sizeof more);
    }
    axis_length_text(s->end_ps - s->begin_ps, length, sizeof length);
    snprintf(to, size, "%s: %s%s%s\n%s", k->name, doc_text(v->view.doc, s->text),
             s->end_ps > s->begin_ps ? ", for " : "", s->end_ps > s->begin_ps ? length : "", more);
}

void viewer_explain(struct viewer *v, double x, double y, char *to, size_t size)
{
    int row = view_row_at(&v->view, in_body(y));
    to[0] = 0;
    if (row < 0) {
        return;
    }
    const struct view_row *r = &v->view.rows[row];
    sim_time t = axis_t(&v->view.axis, x);
    const struct doc_track *k = view_track(&v->view, r);
    if (!k) {
        if (r->kind == VIEW_SIGNAL) {
            explain_level(v, &v->view.doc->signals[r->index], (unsigned)row, t, to, size);
        }
        return;
    }
    sim_time left = axis_t(&v->view.axis, x - 5), right = axis_t(&v->view.axis, x + 5);
    const struct doc_span *best = NULL; /* the span here, or the nearest instant */
    for (uint32_t i = doc_span_after(k, left); i < k->n && k->spans[i].begin_ps <= right; i++) {
        if (!best || k->spans[i].begin_ps <= t) {
            best = &k->spans[i];
        }
    }
    if (best) {
        explain_span(v, k, best, to, size);
    }
}
