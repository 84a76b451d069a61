/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doc_ask.c - questions to a finished document: searches by time, and what a range of changes has shown */
#include <string.h>
#include <strings.h>

#include "wave/doc.h"

#include "wave/wave_list.h"

enum { FAN_BITS = 4, STRIDE = 64 };

/* Whatever the case of its letters: the only one that is called so, or ends so. */
static int find_no_case(const struct wave_doc *d, const char *name)
{
    size_t n = strlen(name);
    int found = -1;
    for (unsigned i = 0; i < d->n_signals; i++) {
        const char *full = d->signals[i].name;
        size_t len = strlen(full);
        if (len >= n && strcasecmp(full + len - n, name) == 0 && (len == n || full[len - n - 1] == '.')) {
            found = found == -1 ? (int)i : -2;
        }
    }
    return found;
}

int doc_find_signal(const struct wave_doc *d, const char *name)
{
    int found = -1;
    for (unsigned i = 0; i < d->n_signals; i++) {
        enum wave_name_match match = wave_name_match(d->signals[i].name, name);
        if (match == WAVE_NAME_SAME) {
            return (int)i;
        }
        if (match == WAVE_NAME_ENDS_SO) {
            found = found == -1 ? (int)i : -2;
        }
    }
    return found == -1 ? find_no_case(d, name) : found;
}

int doc_signal_of_net(const struct wave_doc *d, const char *net)
{
    size_t n = strlen(net);
    n -= n > 2 && strcasecmp(net + n - 2, "_n") == 0 ? 2 : 0;
    for (unsigned i = 0; i < d->n_signals; i++) {
        if (strncasecmp(d->signals[i].name, net, n) == 0 && !d->signals[i].name[n]) {
            return (int)i;
        }
    }
    return -1;
}

const struct doc_track *doc_find_track(const struct wave_doc *d, enum doc_track_kind kind)
{
    for (unsigned i = 0; i < d->n_tracks; i++) {
        if (d->tracks[i].kind == kind) {
            return &d->tracks[i];
        }
    }
    return NULL;
}

/* Number of the n sorted times that are not after t, known to be from low on. */
static uint64_t not_after(const sim_time *at, uint64_t low, uint64_t n, sim_time t_ps)
{
    uint64_t high = n;
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (at[mid] <= t_ps) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* From `from` on in steps that double, then by halves: a draw asks for one column after another. */
static uint64_t gallop(const sim_time *at, uint64_t from, uint64_t n, sim_time t_ps)
{
    uint64_t step = 1, low = from;
    while (low + step <= n && at[low + step - 1] <= t_ps) {
        low += step;
        step *= 2;
    }
    return not_after(at, low, low + step < n ? low + step : n, t_ps);
}

uint64_t doc_after(const struct doc_signal *s, sim_time t_ps, uint64_t from)
{
    if (from >= s->n || s->at_ps[from] > t_ps) {
        return from > s->n ? s->n : from;
    }
    uint64_t blocks = s->n / STRIDE;
    uint64_t block = blocks ? gallop(s->every, from / STRIDE, blocks, t_ps) : 0;
    uint64_t low = block * STRIDE > from ? block * STRIDE : from;
    uint64_t high = (block + 1) * STRIDE < s->n ? (block + 1) * STRIDE : s->n;
    return not_after(s->at_ps, low, high, t_ps);
}

const struct doc_phase *doc_phase_at(const struct doc_signal *s, sim_time t_ps)
{
    const struct doc_phase *found = NULL;
    for (uint64_t low = 0, high = s->n; low < high;) {
        uint64_t mid = low + (high - low) / 2;
        if (s->phase[mid].at_ps <= t_ps) {
            found = &s->phase[mid];
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return found;
}

static sim_time phase_end(const struct doc_signal *s, const struct doc_phase *p)
{
    return p + 1 < s->phase + s->n ? p[1].at_ps : SIM_NEVER;
}

uint64_t doc_clock_edges(const struct doc_signal *s, sim_time a_ps, sim_time b_ps)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < s->n; i++) {
        const struct doc_phase *p = &s->phase[i];
        sim_time from = p->at_ps > a_ps ? p->at_ps : a_ps, end = phase_end(s, p);
        sim_time to = end < b_ps ? end : b_ps;
        if (sim_clock_runs(&p->clk) && from < to) {
            n += sim_clock_edges_before(&p->clk, to) - sim_clock_edges_before(&p->clk, from);
        }
    }
    return n;
}

static sim_time half_period(const struct sim_clock *c)
{
    return c->period_num / c->period_den / 2;
}

enum wave_level doc_level_at(const struct doc_signal *s, sim_time t_ps)
{
    if (s->kind == DOC_CLOCK) {
        const struct doc_phase *p = doc_phase_at(s, t_ps);
        if (!p || !sim_clock_runs(&p->clk)) {
            return p ? WAVE_0 : WAVE_X;
        }
        uint64_t edges = sim_clock_edges_before(&p->clk, t_ps + 1);
        return edges && t_ps - sim_clock_edge(&p->clk, edges - 1) < half_period(&p->clk) ? WAVE_1 : WAVE_0;
    }
    uint64_t i = doc_after(s, t_ps, 0);
    return i && s->level ? (enum wave_level)s->level[i - 1] : WAVE_X;
}

int32_t doc_mv_at(const struct doc_signal *s, sim_time t_ps)
{
    uint64_t i = doc_after(s, t_ps, 0);
    return i && s->mv ? s->mv[i - 1] : 0;
}

unsigned doc_mask(const struct doc_signal *s, uint64_t i, uint64_t j)
{
    unsigned mask = 0;
    unsigned k = 0; /* the level of the pyramid that i and j count, 0: changes */
    while (i < j) {
        bool up = k < DOC_LEVELS_OF_PYRAMID && s->mask[k];
        while (i < j && (!up || i & ((1 << FAN_BITS) - 1))) {
            mask |= k ? s->mask[k - 1][i] : 1u << s->level[i];
            i++;
        }
        while (i < j && up && j & ((1 << FAN_BITS) - 1)) {
            j--;
            mask |= k ? s->mask[k - 1][j] : 1u << s->level[j];
        }
        i >>= FAN_BITS;
        j >>= FAN_BITS;
        k++;
    }
    return mask;
}

static void widen(int32_t low, int32_t high, int32_t *min_mv, int32_t *max_mv)
{
    *min_mv = low < *min_mv ? low : *min_mv;
    *max_mv = high > *max_mv ? high : *max_mv;
}

static void widen_by(const struct doc_signal *s, unsigned k, uint64_t i, int32_t *min_mv, int32_t *max_mv)
{
    widen(k ? s->range[k - 1][2 * i] : s->mv[i], k ? s->range[k - 1][2 * i + 1] : s->mv[i], min_mv, max_mv);
}

void doc_range(const struct doc_signal *s, uint64_t i, uint64_t j, int32_t *min_mv, int32_t *max_mv)
{
    *min_mv = INT32_MAX;
    *max_mv = INT32_MIN;
    for (unsigned k = 0; i < j; k++) {
        bool up = k < DOC_LEVELS_OF_PYRAMID && s->range[k];
        while (i < j && (!up || i & ((1 << FAN_BITS) - 1))) {
            widen_by(s, k, i++, min_mv, max_mv);
        }
        while (i < j && up && j & ((1 << FAN_BITS) - 1)) {
            widen_by(s, k, --j, min_mv, max_mv);
        }
        i >>= FAN_BITS;
        j >>= FAN_BITS;
    }
}

static sim_time next_clock_edge(const struct doc_signal *s, sim_time t_ps)
{
    const struct doc_phase *p = doc_phase_at(s, t_ps);
    for (const struct doc_phase *q = p ? p : s->phase; q && q < s->phase + s->n; q++) {
        if (!sim_clock_runs(&q->clk)) {
            continue;
        }
        sim_time from = q->at_ps > t_ps ? q->at_ps : t_ps + 1;
        uint64_t n = sim_clock_edges_before(&q->clk, from);
        sim_time rise = sim_clock_edge(&q->clk, n);
        sim_time fall = n ? sim_clock_edge(&q->clk, n - 1) + half_period(&q->clk) : SIM_NEVER;
        sim_time next = fall >= from && fall < rise ? fall : rise;
        if (next < phase_end(s, q)) {
            return next;
        }
    }
    return SIM_NEVER;
}

sim_time doc_next_edge(const struct doc_signal *s, sim_time t_ps)
{
    if (s->kind == DOC_CLOCK) {
        return next_clock_edge(s, t_ps);
    }
    uint64_t i = doc_after(s, t_ps, 0);
    return i < s->n ? s->at_ps[i] : SIM_NEVER;
}

static sim_time previous_clock_edge(const struct doc_signal *s, sim_time t_ps)
{
    const struct doc_phase *p = t_ps ? doc_phase_at(s, t_ps - 1) : NULL;
    for (; p && p >= s->phase; p--) {
        sim_time end = phase_end(s, p) < t_ps ? phase_end(s, p) : t_ps;
        uint64_t n = sim_clock_runs(&p->clk) ? sim_clock_edges_before(&p->clk, end) : 0;
        if (n) {
            sim_time rise = sim_clock_edge(&p->clk, n - 1), fall = rise + half_period(&p->clk);
            sim_time last = fall < end ? fall : rise;
            if (last >= p->at_ps) {
                return last;
            }
        }
    }
    return SIM_NEVER;
}

sim_time doc_previous_edge(const struct doc_signal *s, sim_time t_ps)
{
    if (s->kind == DOC_CLOCK) {
        return previous_clock_edge(s, t_ps);
    }
    uint64_t i = t_ps ? doc_after(s, t_ps - 1, 0) : 0;
    return i ? s->at_ps[i - 1] : SIM_NEVER;
}

uint32_t doc_span_after(const struct doc_track *k, sim_time t_ps)
{
    uint32_t low = 0, high = k->n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (k->spans[mid].reach_ps <= t_ps && k->spans[mid].begin_ps < t_ps) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

const struct doc_limit *doc_limit_at(const struct wave_doc *d, unsigned signal, enum wave_level level, sim_time t_ps)
{
    for (unsigned i = 0; i < d->n_limits; i++) { /* few: one for each clock and session */
        const struct doc_limit *l = &d->limits[i];
        if (l->signal == signal && l->level == level && l->from_ps <= t_ps && t_ps < l->to_ps) {
            return l;
        }
    }
    return NULL;
}
