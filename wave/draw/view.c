/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wave/draw/font.h"
#include "wave/isp_bits.h"

#define TERM_PX 8.0

enum {
    NAME_MAX_PX = 190,
    VALUE_PX = 120,
    VOLTS_PX = 34,
    TERM_ROOM_PX = 26,
    LABEL_PX = 150,
    GROUP_PX = 22,
    FLAG_PX = 15
};

/* ---- rows ---- */

static double row_height(const struct wave_doc *d, bool is_track, unsigned index)
{
    if (!is_track) {
        return d->signals[index].kind == DOC_VOLTS ? 46 : 26;
    }
    switch (d->tracks[index].kind) {
    case DOC_TRACK_INSTRUCTIONS: return 36;
    case DOC_TRACK_SEEN: return 22;
    case DOC_TRACK_BITS:
    case DOC_TRACK_BYTES: return 20;
    default: return 23;
    }
}

static struct view_row new_row(const struct wave_doc *d, bool is_track, unsigned index)
{
    return (struct view_row){
        .kind = is_track ? VIEW_TRACK : VIEW_SIGNAL,
        .index = index,
        .height = row_height(d, is_track, index),
    };
}

static void add_row(struct wave_view *v, bool is_track, unsigned index, bool hidden)
{
    if (v->n_rows < VIEW_MAX_ROWS) {
        v->rows[v->n_rows] = new_row(v->doc, is_track, index);
        v->rows[v->n_rows++].hidden = hidden;
    }
}

bool view_add_group(struct wave_view *v, unsigned at, const char *name)
{
    if (v->n_rows == VIEW_MAX_ROWS || v->n_groups == VIEW_MAX_GROUPS || at > v->n_rows) {
        return false;
    }
    memmove(&v->rows[at + 1], &v->rows[at], (v->n_rows - at) * sizeof v->rows[0]);
    v->rows[at] = (struct view_row){ .kind = VIEW_GROUP, .index = v->n_groups, .height = GROUP_PX };
    snprintf(v->groups[v->n_groups++], VIEW_GROUP_BYTES, "%s", name);
    v->n_rows++;
    return true;
}

/* What the other rows say too, in other words. */
static bool is_extra(const struct wave_doc *d, unsigned track)
{
    enum doc_track_kind kind = d->tracks[track].kind;
    const char *dot = strrchr(d->tracks[track].name, '.');
    for (unsigned i = 0; kind == DOC_TRACK_TEXT && dot && i < d->n_tracks; i++) { /* decoded anew from the wires */
        if (i != track && strcmp(d->tracks[i].name, dot + 1) == 0) {
            return true;
        }
    }
    return kind == DOC_TRACK_KEPT || kind == DOC_TRACK_BITS || kind == DOC_TRACK_BYTES ||
           (kind == DOC_TRACK_UART && doc_find_track(d, DOC_TRACK_STK));
}

static void add_tracks(struct wave_view *v, enum doc_track_kind kind)
{
    for (unsigned i = 0; i < v->doc->n_tracks; i++) {
        if (v->doc->tracks[i].kind == kind) {
            add_row(v, true, i, !v->doc->tracks[i].n || is_extra(v->doc, i));
        }
    }
}

/* What the eye looks for first, in the order of the cable. */
static void add_named(struct wave_view *v, const char *name, bool *done)
{
    int i = doc_find_signal(v->doc, name);
    if (i >= 0 && !done[i]) {
        done[i] = true;
        add_row(v, false, (unsigned)i, false);
    }
}

static bool is_still(const struct doc_signal *s)
{
    return s->kind == DOC_VOLTS ? s->mv_min == s->mv_max : s->n < 2;
}

/* Its time is in miso already: there it is Z. */
static bool repeats_another(const struct wave_doc *d, const char *name)
{
    size_t n = strlen(name);
    const char *bit = strchr(name, '[');
    for (unsigned i = 0; bit && i < d->n_tracks; i++) { /* a bit of a bus that is a track */
        if (strncmp(d->tracks[i].name, name, (size_t)(bit - name) + 1) == 0) {
            return true;
        }
    }
    return n >= 3 && strcasecmp(name + n - 3, "_oe") == 0;
}

/* The scopes that all signals of a file are in. */
static size_t common_scope(const struct wave_doc *d)
{
    const char *first = d->n_signals ? d->signals[0].name : "", *dot = strchr(first, '.');
    size_t n = dot ? (size_t)(dot - first) + 1 : 0;
    for (unsigned i = 1; i < d->n_signals && n; i++) {
        n = strncmp(d->signals[i].name, first, n) == 0 && d->signals[i].name[n] ? n : 0;
    }
    return n;
}

void view_init(struct wave_view *v, const struct wave_doc *doc)
{
    static const enum doc_track_kind above[] = { DOC_TRACK_STEPS, DOC_TRACK_STK, DOC_TRACK_FUNCTIONS,
                                                 DOC_TRACK_FINDINGS, DOC_TRACK_KEPT };
    static const enum doc_track_kind beside[] = { DOC_TRACK_BITS, DOC_TRACK_BYTES, DOC_TRACK_INSTRUCTIONS,
                                                  DOC_TRACK_TAKEN, DOC_TRACK_BUSY };
    static const enum doc_track_kind below[] = { DOC_TRACK_MODE, DOC_TRACK_CLOCK, DOC_TRACK_UART, DOC_TRACK_TEXT };
    bool done[DOC_MAX_SIGNALS] = { false };
    *v = (struct wave_view){ .doc = doc,
                             .from_ps = doc->begin_ps,
                             .to_ps = doc->end_ps > doc->begin_ps ? doc->end_ps : doc->begin_ps + 1,
                             .width = 1200,
                             .cursor_ps = { SIM_NEVER, SIM_NEVER },
                             .selected = -1 };
    v->n_scope = common_scope(doc);
    v->sck = doc_find_signal(doc, "sck");
    v->mosi = doc_find_signal(doc, "mosi");
    v->miso = doc_find_signal(doc, "miso");
    v->cpu = doc_find_signal(doc, "cpu");
    for (unsigned i = 0; i < sizeof above / sizeof above[0]; i++) {
        add_tracks(v, above[i]);
    }
    add_named(v, "reset", done);
    add_named(v, "sck", done);
    add_tracks(v, DOC_TRACK_SEEN);
    add_named(v, "mosi", done);
    add_named(v, "miso", done);
    for (unsigned i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        add_tracks(v, beside[i]);
    }
    for (unsigned i = 0; i < doc->n_signals; i++) {
        if (!done[i] && doc->signals[i].kind != DOC_CLOCK) {
            add_row(v, false, i, is_still(&doc->signals[i]) || repeats_another(doc, doc->signals[i].name));
        }
    }
    for (unsigned i = 0; i < sizeof below / sizeof below[0]; i++) {
        add_tracks(v, below[i]);
    }
    for (unsigned i = 0; i < doc->n_signals; i++) {
        if (doc->signals[i].kind == DOC_CLOCK) {
            add_row(v, false, i, false);
        }
    }
}

/* Takes the signal's row to place `at`; the number of the place after it. */
static unsigned take_to(struct wave_view *v, int signal, unsigned at)
{
    for (unsigned i = at; signal >= 0 && i < v->n_rows; i++) {
        if (v->rows[i].kind == VIEW_SIGNAL && v->rows[i].index == (unsigned)signal) {
            struct view_row row = v->rows[i];
            memmove(&v->rows[at + 1], &v->rows[at], (i - at) * sizeof row);
            v->rows[at] = row;
            return at + 1;
        }
    }
    return at;
}

void view_use_wires(struct wave_view *v, int reset, int sck, int mosi, int miso)
{
    bool named = v->sck == sck && v->mosi == mosi && v->miso == miso && doc_find_signal(v->doc, "reset") == reset;
    v->sck = sck;
    v->mosi = mosi;
    v->miso = miso;
    unsigned at = 0;
    while (at < v->n_rows && v->rows[at].kind == VIEW_TRACK) {
        enum doc_track_kind kind = v->doc->tracks[v->rows[at].index].kind;
        if (kind == DOC_TRACK_BITS || kind == DOC_TRACK_BYTES || kind == DOC_TRACK_INSTRUCTIONS) {
            break;
        }
        at++;
    }
    const int wires[] = { reset, sck, mosi, miso };
    for (unsigned i = 0; !named && i < 4; i++) {
        at = take_to(v, wires[i], at);
    }
}

static int find_track(const struct wave_doc *d, const char *name)
{
    for (unsigned i = 0; i < d->n_tracks; i++) {
        const char *full = d->tracks[i].name, *dot = strrchr(full, '.');
        if (strcasecmp(full, name) == 0 || (dot && strcasecmp(dot + 1, name) == 0)) {
            return (int)i;
        }
    }
    return -1;
}

bool view_choose(struct wave_view *v, const char *names, struct problem *err)
{
    char *copy = strdup(names), *rest = copy;
    bool ok = copy || problem_set(err, "out of memory");
    unsigned n = 0;
    struct view_row rows[VIEW_MAX_ROWS];
    for (char *name; ok && (name = strsep(&rest, ",")) && n < VIEW_MAX_ROWS;) {
        int signal = doc_find_signal(v->doc, name), track = signal < 0 ? find_track(v->doc, name) : -1;
        if (signal < 0 && track < 0) {
            ok = problem_set(err, "no signal or track \"%s\"; there are:", name);
            for (unsigned i = 0; i < v->n_rows; i++) {
                problem_append(err, " %s", view_row_name(v, i));
            }
        } else {
            unsigned index = (unsigned)(signal >= 0 ? signal : track);
            rows[n++] = new_row(v->doc, signal < 0, index);
        }
    }
    if (ok) {
        memcpy(v->rows, rows, n * sizeof rows[0]);
        v->n_rows = n;
    }
    free(copy);
    return ok;
}

const char *view_row_name(const struct wave_view *v, unsigned row)
{
    const struct view_row *r = &v->rows[row];
    if (r->kind == VIEW_GROUP) {
        return v->groups[r->index];
    }
    const char *name = r->kind == VIEW_TRACK ? v->doc->tracks[r->index].name : v->doc->signals[r->index].name;
    bool in_scope = v->n_scope && strncmp(name, v->doc->signals[0].name, v->n_scope) == 0;
    return in_scope ? name + v->n_scope : name;
}

/* ---- where things are ---- */

static double top_of_rows(const struct wave_view *v)
{
    return (v->title ? VIEW_TITLE_H : 0) + VIEW_AXIS_H + (v->axis.n > 1 ? VIEW_FOLDS_H : 0);
}

static double foot_h(const struct wave_view *v)
{
    return v->cursor_ps[0] != SIM_NEVER || v->cursor_ps[1] != SIM_NEVER ? VIEW_FOOT_H : 0;
}

double view_row_h(const struct wave_view *v, unsigned row)
{
    const struct view_row *r = &v->rows[row];
    return r->shown ? r->height + r->above + r->below : 0;
}

double view_full_height(const struct wave_view *v)
{
    double h = top_of_rows(v);
    for (unsigned i = 0; i < v->n_rows; i++) {
        h += view_row_h(v, i);
    }
    return h + foot_h(v) + 6;
}

double view_row_y(const struct wave_view *v, unsigned row)
{
    double y = top_of_rows(v) - v->scroll_y;
    for (unsigned i = 0; i < row; i++) {
        y += view_row_h(v, i);
    }
    return y;
}

int view_row_at(const struct wave_view *v, double y)
{
    double top = top_of_rows(v) - v->scroll_y;
    if (y < top_of_rows(v)) {
        return -1;
    }
    for (unsigned i = 0; i < v->n_rows; i++) {
        double h = view_row_h(v, i);
        if (y >= top && y < top + h) {
            return (int)i;
        }
        top += h;
    }
    return -1;
}

/* Which rows show: neither hidden nor under a closed heading. */
static void settle_rows(struct wave_view *v)
{
    bool closed = false;
    for (unsigned i = 0; i < v->n_rows; i++) {
        struct view_row *r = &v->rows[i];
        bool heading = r->kind == VIEW_GROUP;
        closed = heading ? r->closed : closed;
        r->shown = !r->hidden && (heading || !closed);
    }
}

void view_settle(struct wave_view *v)
{
    static struct axis_gap none[1];
    struct axis_gap *gaps = NULL;
    unsigned n = 0;
    double w = 40;
    settle_rows(v);
    for (unsigned i = 0; i < v->n_rows; i++) {
        if (v->rows[i].shown) {
            const struct doc_signal *s = view_signal(v, &v->rows[i]);
            bool volts = s && s->kind == DOC_VOLTS && !v->values; /* else there is room */
            bool judged = s && s->kind == DOC_LEVELS && v->doc->n_limits;
            w = fmax(w, font_width(view_row_name(v, i), VIEW_TEXT, false) + (volts    ? VOLTS_PX
                                                                             : judged ? TERM_ROOM_PX
                                                                                      : 0));
        }
    }
    v->names_w = ceil(fmin(w, NAME_MAX_PX) + 20 + (v->values ? VALUE_PX : 0));
    if (v->names_w > v->width / 2) {
        v->names_w = floor(v->width / 2);
    }
    if (v->fold) {
        bool signals[DOC_MAX_SIGNALS] = { false };
        bool *tracks = calloc(v->doc->n_tracks + 1, sizeof *tracks);
        gaps = malloc(AXIS_MAX_FOLDS * sizeof *gaps);
        for (unsigned i = 0; i < v->n_rows && tracks; i++) {
            const struct view_row *r = &v->rows[i];
            const struct doc_track *k = view_track(v, r);
            bool quiet = k && (k->kind == DOC_TRACK_CLOCK || k->kind == DOC_TRACK_MODE);
            if (r->shown && k && !quiet) {
                tracks[r->index] = true;
            } else if (r->shown && view_signal(v, r)) {
                signals[r->index] = true;
            }
        }
        if (tracks && gaps) {
            n = axis_find_gaps(v->doc, signals, tracks, v->from_ps, v->to_ps, v->fold_min_ps, gaps);
        }
        free(tracks);
    }
    axis_init(&v->axis, v->from_ps, v->to_ps, v->names_w, v->width - 8, gaps ? gaps : none, n);
    free(gaps);
    for (unsigned i = 0; i < v->n_rows; i++) {
        view_room_for_limits(v, &v->rows[i]);
    }
}

void view_widest_piece(struct wave_view *v, double *x0, double *x1)
{
    double from = *x0, to = *x0;
    for (unsigned i = 0; i < v->axis.n; i++) {
        const struct axis_piece *p = &v->axis.pieces[i];
        double a = fmax(p->x0, *x0), b = fmin(p->x1, *x1);
        if (!p->folded && b - a > to - from) {
            from = a;
            to = b;
        }
    }
    *x0 = from;
    *x1 = to;
    for (unsigned i = 0; i < 2; i++) { /* not across a cursor, where there is room enough beside it */
        sim_time t = v->cursor_ps[i];
        double x = t != SIM_NEVER && t > v->from_ps && t < v->to_ps ? axis_x(&v->axis, t) : -1;
        if (x > *x0 && x < *x1 && fmax(x - *x0, *x1 - x) > LABEL_PX) {
            *(x - *x0 > *x1 - x ? x1 : x0) = x;
        }
    }
}

/* ---- values ---- */

void view_value_text(const struct wave_view *v, unsigned row, sim_time t_ps, char *to, size_t size)
{
    static const char *const names[] = { "0", "1", "Z", "X", "0 weak", "1 weak", "Z", "X weak" };
    const struct view_row *r = &v->rows[row];
    const struct doc_track *k = view_track(v, r);
    to[0] = 0;
    if (r->kind == VIEW_GROUP) {
        return;
    }
    if (k) {
        isp_bits_show(v->doc, r->index, t_ps, t_ps);
        uint32_t i = doc_span_after(k, t_ps);
        if (i < k->n && k->spans[i].begin_ps <= t_ps) {
            snprintf(to, size, "%s", doc_text(v->doc, k->spans[i].text));
        }
        return;
    }
    const struct doc_signal *s = &v->doc->signals[r->index];
    if (s->kind == DOC_VOLTS) {
        snprintf(to, size, "%.3f V", doc_mv_at(s, t_ps) / 1000.0);
    } else if (s->kind == DOC_LEVELS) {
        snprintf(to, size, "%s", names[doc_level_at(s, t_ps) & 7]);
    } else {
        const struct doc_phase *p = doc_phase_at(s, t_ps);
        if (p && sim_clock_runs(&p->clk)) {
            double hz = (double)p->clk.period_den / (double)p->clk.period_num * 1e12;
            snprintf(to, size, "%.6g %s",
                     hz >= 1e6   ? hz / 1e6
                     : hz >= 1e3 ? hz / 1e3
                                 : hz,
                     hz >= 1e6   ? "MHz"
                     : hz >= 1e3 ? "kHz"
                                 : "Hz");
        }
    }
}

static uint64_t edges_between(const struct doc_signal *s, sim_time a_ps, sim_time b_ps)
{
    if (s->kind == DOC_CLOCK) {
        return doc_clock_edges(s, a_ps, b_ps);
    }
    return doc_after(s, b_ps, 0) - doc_after(s, a_ps, 0);
}

/* To the picosecond, without zeros behind. */
static void exact_text(sim_time t_ps, char *to, size_t size)
{
    axis_time_text(t_ps, 1, to, size);
    char *unit = strchr(to, ' '), *end = unit;
    if (!unit || !memchr(to, '.', (size_t)(unit - to))) {
        return;
    }
    while (end[-1] == '0') {
        end--;
    }
    end -= end[-1] == '.';
    memmove(end, unit, strlen(unit) + 1);
}

void view_cursor_text(const struct wave_view *v, char *to, size_t size)
{
    char text[48];
    sim_time a = v->cursor_ps[0], b = v->cursor_ps[1];
    size_t at = 0;
    to[0] = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (v->cursor_ps[i] != SIM_NEVER) {
            exact_text(v->cursor_ps[i], text, sizeof text);
            at += (size_t)snprintf(to + at, size - at, "%s%c  %s", at ? "      " : "", 'A' + i, text);
        }
    }
    if (a == SIM_NEVER || b == SIM_NEVER || a == b) {
        return;
    }
    sim_time low = a < b ? a : b, d = a < b ? b - a : a - b;
    axis_length_text(d, text, sizeof text);
    double hz = 1e12 / (double)d;
    const char *unit = hz >= 1e6 ? "MHz" : hz >= 1e3 ? "kHz" : "Hz";
    at += (size_t)snprintf(to + at, size - at, "      \u0394 %s = %.4g %s", text,
                           hz >= 1e6   ? hz / 1e6
                           : hz >= 1e3 ? hz / 1e3
                                       : hz,
                           unit);
    if (v->sck >= 0 && at < size) {
        at += (size_t)snprintf(to + at, size - at, "      %llu edges of SCK",
                               (unsigned long long)edges_between(&v->doc->signals[v->sck], low, low + d));
    }
    if (v->cpu >= 0 && at < size) {
        snprintf(to + at, size - at, "      %llu clocks of the target",
                 (unsigned long long)edges_between(&v->doc->signals[v->cpu], low, low + d));
    }
}

/* ---- drawing ---- */

static void fit_text(char *to, size_t size, const char *text, double font, bool bold, double width)
{
    snprintf(to, size, "%s", text);
    if (font_width(to, font, bold) <= width) {
        return;
    }
    size_t n = font_fit(to, font, bold, width - font_width("\u2026", font, bold));
    if (n + 4 < size) {
        strcpy(to + n, "\u2026");
    }
}

static void draw_volt_labels(struct wave_view *v, struct canvas *c, const struct doc_signal *s, double y, double h)
{
    int32_t low, high;
    char text[32];
    double x = v->names_w - 5;
    if (v->values && v->cursor_ps[0] != SIM_NEVER) {
        return; /* the value stands there */
    }
    view_volt_range(s, &low, &high);
    snprintf(text, sizeof text, "%.3g V", high / 1000.0);
    c->text(c, x, y + 12, text, ALIGN_RIGHT, 8.5, false, INK_FAINT_TEXT);
    snprintf(text, sizeof text, "%.3g V", low / 1000.0);
    c->text(c, x, y + h - 5, text, ALIGN_RIGHT, 8.5, false, INK_FAINT_TEXT);
}

/* A triangle that points down, or at the name of what it hides. */
static void draw_heading(struct canvas *c, const struct wave_view *v, unsigned row, double y)
{
    const struct view_row *r = &v->rows[row];
    char text[VIEW_GROUP_BYTES + 4];
    double mid = y + r->height / 2;
    const struct canvas_step open[] = { { 8, mid - 3 }, { 16, mid - 3 }, { 12, mid + 4 } };
    const struct canvas_step closed[] = { { 9, mid - 4 }, { 16, mid }, { 9, mid + 4 } };
    c->path(c, r->closed ? closed : open, 3, true, INK_FAINT_TEXT, INK_FAINT_TEXT, 1);
    fit_text(text, sizeof text, v->groups[r->index], VIEW_TEXT, true, v->names_w - 32);
    c->text(c, 22, mid + 4, text, ALIGN_LEFT, VIEW_TEXT, true, INK_TEXT);
}

/* What the bars above and below a wave are about, where they begin. */
static void draw_limit_terms(struct wave_view *v, struct canvas *c, unsigned row, double y)
{
    const struct view_row *r = &v->rows[row];
    char text[24];
    double x = v->names_w - 5;
    if (view_limit_term(v, r, true, text, sizeof text)) {
        c->text(c, x, y + 10, text, ALIGN_RIGHT, TERM_PX, false, INK_FAINT_TEXT);
    }
    if (view_limit_term(v, r, false, text, sizeof text)) {
        c->text(c, x, y + view_row_h(v, row) - 4, text, ALIGN_RIGHT, TERM_PX, false, INK_FAINT_TEXT);
    }
}

static void draw_names(struct wave_view *v, struct canvas *c, double top, double bottom)
{
    char text[200];
    double room = v->names_w - 20 - (v->values ? VALUE_PX : 0);
    c->clip(c, 0, top, v->names_w, bottom - top);
    for (unsigned i = 0; i < v->n_rows; i++) {
        const struct view_row *r = &v->rows[i];
        const struct doc_signal *s = view_signal(v, r);
        double y = view_row_y(v, i), mid = y + r->above + r->height / 2 + 4, h = view_row_h(v, i);
        if (!r->shown || y + h < top || y > bottom) {
            continue;
        }
        if ((int)i == v->selected) {
            c->rect(c, 0, y + 1, v->names_w - 4, h - 2, INK_SELECTED);
        }
        if (r->kind == VIEW_GROUP) {
            draw_heading(c, v, i, y);
            continue;
        }
        fit_text(text, sizeof text, view_row_name(v, i), VIEW_TEXT, false, room);
        c->text(c, 8, mid, text, ALIGN_LEFT, VIEW_TEXT, false, r->kind == VIEW_TRACK ? INK_FAINT_TEXT : INK_TEXT);
        if (s && s->kind == DOC_VOLTS) {
            draw_volt_labels(v, c, s, y, r->height);
        }
        draw_limit_terms(v, c, i, y);
        if (v->values && v->cursor_ps[0] != SIM_NEVER) {
            char value[200];
            view_value_text(v, i, v->cursor_ps[0], value, sizeof value);
            fit_text(text, sizeof text, value, VIEW_SMALL_TEXT, false, VALUE_PX - 10);
            c->text(c, v->names_w - 8, mid, text, ALIGN_RIGHT, VIEW_SMALL_TEXT, false, INK_CURSOR_A);
        }
    }
    c->clip(c, 0, 0, 0, 0);
}

/* The middle of cursor i's flag: on its line, or beside it, when the other's would cover it. */
static double cursor_flag_x(struct wave_view *v, unsigned i)
{
    const sim_time t = v->cursor_ps[i], other = v->cursor_ps[!i];
    double x = floor(axis_x(&v->axis, t)) + 0.5;
    if (other == SIM_NEVER || other < v->from_ps || other > v->to_ps ||
        fabs(x - floor(axis_x(&v->axis, other)) - 0.5) > FLAG_PX) {
        return x;
    }
    bool first = t < other || (t == other && i == 0);
    return first ? x - FLAG_PX / 2.0 : x + FLAG_PX / 2.0 + 1;
}

/* A cursor's flag would stand on the label. */
static bool under_cursor(struct wave_view *v, double x, double half)
{
    for (unsigned i = 0; i < 2; i++) {
        sim_time t = v->cursor_ps[i];
        if (t != SIM_NEVER && t >= v->from_ps && t <= v->to_ps && fabs(cursor_flag_x(v, i) - x) < half + 9) {
            return true;
        }
    }
    return false;
}

/* Round times where they need few digits, else steps from the first round one. Returns the label's right end. */
static void draw_ticks(struct wave_view *v, struct canvas *c, const struct axis_piece *p, double y, double bottom,
                       double *label_end)
{
    sim_time step = axis_step(v->axis.ps_per_px, 80);
    sim_time t = p->begin_ps / step * step;
    char text[48];
    t += t < p->begin_ps ? step : 0;
    for (; t <= p->end_ps; t += step) {
        double x = axis_x(&v->axis, t);
        c->rect(c, floor(x), y + VIEW_AXIS_H - 5, 1, bottom - y - VIEW_AXIS_H + 5, INK_GRID);
        axis_time_text(t, step, text, sizeof text);
        double half = font_width(text, VIEW_SMALL_TEXT, false) / 2;
        if (x - half >= *label_end && x + half <= v->width && !under_cursor(v, x, half)) {
            c->text(c, x, y + VIEW_AXIS_H - 9, text, ALIGN_MIDDLE, VIEW_SMALL_TEXT, false, INK_FAINT_TEXT);
            *label_end = x + half + 8;
        }
        if (t > SIM_NEVER - step) {
            break;
        }
    }
}

static void draw_fold(struct wave_view *v, struct canvas *c, const struct axis_piece *p, double y, double bottom,
                      double *label_end)
{
    char text[48];
    c->rect(c, p->x0, y, p->x1 - p->x0, bottom - y, INK_FOLD);
    axis_length_text(p->end_ps - p->begin_ps, text, sizeof text);
    double mid = (p->x0 + p->x1) / 2, half = font_width(text, VIEW_SMALL_TEXT, true) / 2;
    if (mid - half >= *label_end && mid + half <= v->width) {
        c->text(c, mid, y - 3, text, ALIGN_MIDDLE, VIEW_SMALL_TEXT, true, INK_TEXT);
        *label_end = mid + half + 6;
    }
}

/* Two slanted strokes over every row: here time is left out. */
static void draw_fold_marks(struct wave_view *v, struct canvas *c, double top, double bottom)
{
    for (unsigned i = 0; i < v->axis.n; i++) {
        const struct axis_piece *p = &v->axis.pieces[i];
        double mid = (p->x0 + p->x1) / 2;
        for (unsigned r = 0; p->folded && r < v->n_rows; r++) {
            double y = view_row_y(v, r), h = view_row_h(v, r);
            if (!v->rows[r].shown || v->rows[r].kind == VIEW_GROUP || y < top - h || y + h > bottom + h || h < 16) {
                continue;
            }
            for (int k = -1; k <= 1; k += 2) {
                const struct canvas_step s[] = { { mid + 3 * k - 2.5, y + h / 2 + 6 },
                                                 { mid + 3 * k + 2.5, y + h / 2 - 6 } };
                c->path(c, s, 2, false, INK_FAINT_TEXT, INK_FAINT_TEXT, 1.2);
            }
        }
    }
}

static void draw_axis(struct wave_view *v, struct canvas *c, double y, double bottom)
{
    double ticks_end = v->names_w, folds_end = v->names_w - 30;
    for (unsigned i = 0; i < v->axis.n; i++) {
        if (v->axis.pieces[i].folded) {
            draw_fold(v, c, &v->axis.pieces[i], y, bottom, &folds_end);
        }
    }
    for (unsigned i = 0; i < v->axis.n; i++) {
        if (!v->axis.pieces[i].folded) {
            draw_ticks(v, c, &v->axis.pieces[i], y, bottom, &ticks_end);
        }
    }
    c->rect(c, 0, y + VIEW_AXIS_H - 1, v->width, 1, INK_RULE);
}

static void draw_cursors(struct wave_view *v, struct canvas *c, double top, double bottom)
{
    char text[300], fit[300];
    for (unsigned i = 0; i < 2; i++) {
        sim_time t = v->cursor_ps[i];
        if (t == SIM_NEVER || t < v->from_ps || t > v->to_ps) {
            continue;
        }
        double x = floor(axis_x(&v->axis, t));
        enum ink ink = i ? INK_CURSOR_B : INK_CURSOR_A;
        c->rect(c, x, top, 1.3, bottom - top, ink);
        double flag = cursor_flag_x(v, i);
        c->rect(c, flag - 7.5, top - 13, FLAG_PX, 13, ink);
        c->text(c, flag, top - 3, i ? "B" : "A", ALIGN_MIDDLE, VIEW_SMALL_TEXT, true, INK_PAPER);
    }
    view_cursor_text(v, text, sizeof text);
    if (*text) {
        fit_text(fit, sizeof fit, text, VIEW_TEXT, false, v->width - 16);
        c->rect(c, 0, bottom, v->width, 1, INK_RULE);
        c->text(c, 8, bottom + 16, fit, ALIGN_LEFT, VIEW_TEXT, false, INK_TEXT);
    }
}

void view_draw(struct wave_view *v, struct canvas *c)
{
    double height = v->height > 0 ? v->height : view_full_height(v);
    double top = top_of_rows(v), bottom = height - foot_h(v);
    char title[300];
    c->rect(c, 0, 0, v->width, height, INK_PAPER);
    if (v->title) {
        fit_text(title, sizeof title, v->title, 13, true, v->width - 16);
        c->text(c, 8, 20, title, ALIGN_LEFT, 13, true, INK_TEXT);
    }
    draw_axis(v, c, top - VIEW_AXIS_H, bottom);
    draw_names(v, c, top, bottom);
    c->clip(c, v->names_w, top, v->width - v->names_w, bottom - top);
    for (unsigned i = 0; i < v->n_rows; i++) {
        const struct view_row *r = &v->rows[i];
        double y = view_row_y(v, i), h = view_row_h(v, i);
        if (!r->shown || y + h < top || y > bottom) {
            continue;
        }
        c->rect(c, v->names_w, y + h - 1, v->width - v->names_w, 1, INK_RULE);
        if (r->kind == VIEW_TRACK) {
            view_draw_track(v, c, r, y);
        } else if (r->kind == VIEW_SIGNAL) {
            view_draw_signal(v, c, r, y + r->above);
        }
    }
    view_draw_samples(v, c);
    draw_fold_marks(v, c, top, bottom);
    c->clip(c, 0, 0, 0, 0);
    draw_cursors(v, c, top, bottom);
}
