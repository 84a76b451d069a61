/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void axis_init(struct axis *a, sim_time from_ps, sim_time to_ps, double x0, double x1, const struct axis_gap *gaps,
               unsigned n_gaps)
{
    double fold_px = AXIS_FOLD_PX;
    sim_time kept_ps = to_ps - from_ps;
    for (unsigned i = 0; i < n_gaps; i++) {
        kept_ps -= gaps[i].end_ps - gaps[i].begin_ps;
    }
    if (n_gaps * fold_px > (x1 - x0) / 2) {
        fold_px = (x1 - x0) / 2 / n_gaps;
    }
    memset(a, 0, sizeof *a);
    double kept_px = x1 - x0 - n_gaps * fold_px;
    a->ps_per_px = (double)(kept_ps ? kept_ps : 1) / (kept_px > 1 ? kept_px : 1);
    double x = x0;
    sim_time t = from_ps;
    for (unsigned i = 0; i <= n_gaps; i++) {
        sim_time end = i < n_gaps ? gaps[i].begin_ps : to_ps;
        double next = i < n_gaps ? x + (double)(end - t) / a->ps_per_px : x1;
        a->pieces[a->n++] = (struct axis_piece){ t, end, x, next, false };
        x = next;
        if (i < n_gaps) {
            a->pieces[a->n++] = (struct axis_piece){ end, gaps[i].end_ps, x, x + fold_px, true };
            x += fold_px;
            t = gaps[i].end_ps;
        }
    }
}

static double within(const struct axis_piece *p, sim_time t_ps)
{
    return p->end_ps > p->begin_ps
               ? p->x0 + (p->x1 - p->x0) * ((double)(t_ps - p->begin_ps) / (double)(p->end_ps - p->begin_ps))
               : p->x0;
}

double axis_x(struct axis *a, sim_time t_ps)
{
    unsigned i = a->last;
    while (i > 0 && t_ps < a->pieces[i].begin_ps) {
        i--;
    }
    while (i + 1 < a->n && t_ps >= a->pieces[i].end_ps) {
        i++;
    }
    a->last = i;
    const struct axis_piece *p = &a->pieces[i];
    return t_ps <= p->begin_ps ? p->x0 : t_ps >= p->end_ps ? p->x1 : within(p, t_ps);
}

sim_time axis_t(const struct axis *a, double x)
{
    unsigned i = 0, high = a->n - 1;
    while (i < high) {
        unsigned mid = (i + high) / 2;
        if (x < a->pieces[mid].x1) {
            high = mid;
        } else {
            i = mid + 1;
        }
    }
    const struct axis_piece *p = &a->pieces[i];
    if (x <= p->x0 || p->x1 <= p->x0) {
        return p->begin_ps;
    }
    double part = (x - p->x0) / (p->x1 - p->x0);
    sim_time span = p->end_ps - p->begin_ps;
    return part >= 1 ? p->end_ps : p->begin_ps + (sim_time)(part * (double)span);
}

/* ---- idle time ---- */

/* A fold takes some 46 px of 1100, and an edge on either side: shorter parts of what is kept stay. Many hide the rest. */
enum { WORTH = 14, MANY = 6 };

struct gaps {
    struct axis_gap *g;
    size_t n, cap;
};

static void add_gap(struct gaps *l, sim_time begin_ps, sim_time end_ps, sim_time min_ps)
{
    if (end_ps <= begin_ps || end_ps - begin_ps < min_ps) {
        return;
    }
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct axis_gap *more = realloc(l->g, cap * sizeof *more);
        if (!more) {
            return; /* a gap that stays unfolded */
        }
        l->g = more;
        l->cap = cap;
    }
    l->g[l->n++] = (struct axis_gap){ begin_ps, end_ps };
}

static void signal_gaps(const struct doc_signal *s, sim_time from_ps, sim_time to_ps, sim_time min_ps, struct gaps *l)
{
    sim_time last = from_ps;
    uint64_t i = doc_after(s, from_ps, 0);
    for (; i < s->n && s->at_ps[i] < to_ps; i++) {
        if (s->at_ps[i] - last >= min_ps) {
            add_gap(l, last, s->at_ps[i], min_ps);
        }
        last = s->at_ps[i];
    }
    add_gap(l, last, to_ps, min_ps);
}

static int by_time(const void *a, const void *b)
{
    const sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return x < y ? -1 : x > y;
}

static void track_gaps(const struct doc_track *k, sim_time from_ps, sim_time to_ps, sim_time min_ps, struct gaps *l)
{
    sim_time *marks = malloc((2 * (size_t)k->n + 1) * sizeof *marks), last = from_ps;
    size_t n = 0;
    for (uint32_t i = doc_span_after(k, from_ps); marks && i < k->n && k->spans[i].begin_ps < to_ps; i++) {
        marks[n++] = k->spans[i].begin_ps;
        marks[n++] = k->spans[i].end_ps;
    }
    if (!marks) {
        return;
    }
    qsort(marks, n, sizeof *marks, by_time);
    for (size_t i = 0; i < n; i++) {
        if (marks[i] > from_ps && marks[i] < to_ps) {
            add_gap(l, last, marks[i], min_ps);
            last = marks[i];
        }
    }
    add_gap(l, last, to_ps, min_ps);
    free(marks);
}

/* What is idle in both. Frees b. */
static void intersect(struct gaps *a, struct gaps *b, sim_time min_ps)
{
    struct gaps both = { 0 };
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        sim_time begin = a->g[i].begin_ps > b->g[j].begin_ps ? a->g[i].begin_ps : b->g[j].begin_ps;
        sim_time end = a->g[i].end_ps < b->g[j].end_ps ? a->g[i].end_ps : b->g[j].end_ps;
        add_gap(&both, begin, end, min_ps);
        if (a->g[i].end_ps < b->g[j].end_ps) {
            i++;
        } else {
            j++;
        }
    }
    free(a->g);
    free(b->g);
    *a = both;
}

/* Shorter than the time that would be left of a fold's ends: some of the gap stays on both sides. */
static sim_time edge_of(sim_time kept_ps)
{
    return kept_ps / 60;
}

static sim_time longer_than(const struct gaps *l, sim_time least_ps, unsigned *n)
{
    sim_time sum = 0;
    *n = 0;
    for (size_t i = 0; i < l->n; i++) {
        sim_time d = l->g[i].end_ps - l->g[i].begin_ps;
        sum += d >= least_ps ? d : 0;
        *n += d >= least_ps;
    }
    return sum;
}

/* What is kept of the span when nobody says how long a gap has to be; *least_ps: the shortest that is folded. */
static sim_time choose_least(const struct gaps *all, sim_time span_ps, sim_time look_ps, sim_time *least_ps)
{
    sim_time kept_ps = span_ps;
    *least_ps = SIM_NEVER;
    for (unsigned round = 0; round < 40; round++) {
        unsigned n;
        sim_time least = kept_ps / WORTH > look_ps ? kept_ps / WORTH : look_ps;
        sim_time left = span_ps - longer_than(all, least, &n);
        left = left > span_ps / 20000 ? left : span_ps / 20000 + 1;
        if (round && (n > MANY || left == kept_ps)) {
            break;
        }
        *least_ps = least;
        kept_ps = left;
    }
    return kept_ps;
}

unsigned axis_find_gaps(const struct wave_doc *d, const bool *signals, const bool *tracks, sim_time from_ps,
                        sim_time to_ps, sim_time min_ps, struct axis_gap *gaps)
{
    sim_time span_ps = to_ps - from_ps, look_ps = min_ps ? min_ps : span_ps / 20000 + 1;
    struct gaps all = { 0 };
    unsigned n = 0;
    add_gap(&all, from_ps, to_ps, 1);
    for (unsigned i = 0; i < d->n_signals; i++) {
        if (signals[i] && d->signals[i].kind != DOC_CLOCK) {
            struct gaps of = { 0 };
            signal_gaps(&d->signals[i], from_ps, to_ps, look_ps, &of);
            intersect(&all, &of, look_ps);
        }
    }
    for (unsigned i = 0; i < d->n_tracks; i++) {
        if (tracks[i]) {
            struct gaps of = { 0 };
            track_gaps(&d->tracks[i], from_ps, to_ps, look_ps, &of);
            intersect(&all, &of, look_ps);
        }
    }
    sim_time least_ps = min_ps, kept_ps;
    if (min_ps) {
        kept_ps = span_ps - longer_than(&all, min_ps, &n);
        n = 0;
    } else {
        kept_ps = choose_least(&all, span_ps, look_ps, &least_ps);
    }
    sim_time edge_ps = edge_of(kept_ps);
    for (size_t i = 0; i < all.n && n < AXIS_MAX_FOLDS; i++) {
        sim_time begin = all.g[i].begin_ps, end = all.g[i].end_ps;
        if (end - begin >= least_ps && end - begin > 4 * edge_ps) {
            gaps[n++] = (struct axis_gap){ begin + edge_ps, end - edge_ps };
        }
    }
    free(all.g);
    return n;
}

/* ---- labels ---- */

static const struct {
    sim_time ps;
    const char *name;
} units[] = { { SIM_S, "s" }, { SIM_MS, "ms" }, { SIM_US, "\u00b5s" }, { SIM_NS, "ns" }, { 1, "ps" } };

sim_time axis_step(double ps_per_px, double px)
{
    double least = ps_per_px * px;
    sim_time step = 1;
    while ((double)step < least && step < UINT64_C(5000000000000000000)) {
        step = (double)step * 2 >= least ? step * 2 : (double)step * 5 >= least ? step * 5 : step * 10;
    }
    return step;
}

void axis_time_text(sim_time t_ps, sim_time step_ps, char *to, size_t size)
{
    unsigned u = 0, decimals = 0;
    while (u < 4 && t_ps < units[u].ps && step_ps < units[u].ps) {
        u++;
    }
    for (sim_time unit = units[u].ps; unit > step_ps && decimals < 12; unit /= 10) {
        decimals++;
    }
    sim_time whole = t_ps / units[u].ps, part = t_ps % units[u].ps;
    for (unsigned i = decimals, all = (unsigned)(12 - 3 * u); i < all; i++) {
        part /= 10;
    }
    if (!t_ps) {
        snprintf(to, size, "0");
    } else if (decimals) {
        snprintf(to, size, "%llu.%0*llu %s", (unsigned long long)whole, (int)decimals, (unsigned long long)part,
                 units[u].name);
    } else {
        snprintf(to, size, "%llu %s", (unsigned long long)whole, units[u].name);
    }
}

void axis_length_text(sim_time d_ps, char *to, size_t size)
{
    unsigned u = 0;
    while (u < 4 && d_ps < units[u].ps) {
        u++;
    }
    snprintf(to, size, "%.4g %s", (double)d_ps / (double)units[u].ps, units[u].name);
}
