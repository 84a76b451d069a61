/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/capture.h"

#include "harness/base/quantity.h"
#include "sim/memory.h"
#include "wave/wave_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void capture_add(struct capture_edges *e, sim_time at_ps, bool rise)
{
    if (e->n == e->cap) {
        e->cap = e->cap ? 2 * e->cap : 256;
        e->edge = memory_grown(e->edge, e->cap, sizeof *e->edge);
    }
    e->edge[e->n++] = (struct capture_edge){ at_ps, rise };
}

/* ---- comparing ---- */

static sim_time apart(sim_time a, sim_time b)
{
    return a > b ? a - b : b - a;
}

static void differ(struct capture_result *r, struct capture_edge edge, bool extra)
{
    r->missing += !extra;
    r->extra += extra;
    if (r->n < CAPTURE_DIFFERENCES) {
        r->difference[r->n++] = (struct capture_difference){ edge, extra };
    }
}

struct capture_result capture_compare(const struct capture_edges *recorded, const struct capture_edges *here,
                                      sim_time within_ps)
{
    struct capture_result r = { 0 };
    const struct capture_edge *rec = recorded->edge, *is = here->edge;
    size_t i = 0, k = 0;

    while (i < recorded->n || k < here->n) {
        bool both = i < recorded->n && k < here->n;

        if (both && rec[i].rise == is[k].rise && apart(rec[i].at_ps, is[k].at_ps) <= within_ps) {
            sim_time d = apart(rec[i++].at_ps, is[k++].at_ps);

            r.alike++;
            r.worst_ps = d > r.worst_ps ? d : r.worst_ps;
        } else if (k + 1 < here->n && is[k + 1].at_ps - is[k].at_ps <= within_ps &&
                   (i == recorded->n || is[k].at_ps <= rec[i].at_ps + within_ps)) {
            k += 2; /* too short for the recorder */
        } else if (k == here->n || (both && rec[i].at_ps < is[k].at_ps)) {
            differ(&r, rec[i++], false);
        } else {
            differ(&r, is[k++], true);
        }
    }
    return r;
}

/* ---- measuring ---- */

static void changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct capture_meter *m = ctx;
    bool high = net_is_high(net, m->expect->capture.floating_high);

    if (high != m->high) {
        m->high = high;
        capture_add(&m->edges, at_ps, high);
    }
}

void capture_meter_start(struct capture_meter *m, struct board *b, const struct scenario_expect *e)
{
    *m = (struct capture_meter){ .expect = e, .net = board_net(b, e->capture.net) };
    m->high = net_is_high(m->net, e->capture.floating_high);
    net_watch_add(m->net, &m->watch, NET_WATCH_EDGES, changed, m);
}

void capture_meter_stop(struct capture_meter *m)
{
    net_watch_remove(m->net, &m->watch);
    free(m->edges.edge);
}

/* The recording's edges; times count from its beginning. False: there is no such signal, or it is no level. */
static bool recorded_edges(const struct wave_list *w, const char *signal, struct capture_edges *edges,
                           struct problem *err)
{
    int index = wave_list_find(w, signal);
    int level = -1;

    if (index < 0) {
        return problem_set(
            err, index == -2 ? "several signals of the recording end in '%s'" : "the recording has no signal '%s'",
            signal);
    }
    if (w->signals[index].kind != WAVE_LEVELS) {
        return problem_set(err, "the recording's signal '%s' is no logic level", signal);
    }
    for (uint32_t i = 0; i < w->n_changes; i++) {
        const struct wave_change *c = &w->changes[i];

        if (c->signal != (unsigned)index || (c->value != NET_0 && c->value != NET_1)) {
            continue;
        }
        if (level >= 0 && level != c->value) {
            capture_add(edges, c->at_ps, c->value == NET_1);
        }
        level = c->value;
    }
    return true;
}

static void forget_before(struct capture_edges *e, sim_time from_ps)
{
    size_t n = 0;

    while (n < e->n && e->edge[n].at_ps < from_ps) {
        n++;
    }
    e->n -= n;
    for (size_t i = 0; n && i < e->n; i++) {
        e->edge[i] = e->edge[i + n];
    }
}

static void tell_differences(const struct capture_result *c, const struct scenario_capture *want, struct report *r)
{
    char text[600] = "", at[48], within[48];
    size_t n = 0;

    quantity_text(QUANTITY_TIME_PS, (int64_t)want->within_ps, within, sizeof within);
    for (unsigned i = 0; i < c->n && n + 80 < sizeof text; i++) {
        const struct capture_difference *d = &c->difference[i];

        quantity_text(QUANTITY_TIME_PS, (int64_t)d->edge.at_ps, at, sizeof at);
        n += (size_t)snprintf(text + n, sizeof text - n, "; %s: %s %s", at, d->edge.rise ? "rise" : "fall",
                              d->extra ? "here, not in the recording" : "in the recording, not here");
    }
    report_failure(r, &want->place,
                   "%s parts from the recording's %s: %zu edges alike, %zu missing, %zu more (within %s)%s", want->net,
                   want->signal, c->alike, c->missing, c->extra, within, text);
}

void capture_check(const struct capture_meter *m, struct board *b, struct report *r)
{
    const struct scenario_capture *want = &m->expect->capture;
    sim_time start_ps;
    const struct wave_list *w = board_recording(b, &start_ps);
    struct capture_edges recorded = { 0 }, here = { 0 };
    struct problem err = { "" };
    char worst[48];

    if (!recorded_edges(w, want->signal, &recorded, &err)) {
        report_failure(r, &want->place, "%s", err.text);
        return;
    }
    sim_time now = board_now(b) - start_ps, length = w->end_ps, end = now < length ? now : length;
    end = want->until_ps && want->until_ps < end ? want->until_ps : end;
    while (recorded.n && recorded.edge[recorded.n - 1].at_ps + want->within_ps > end) {
        recorded.n--; /* its like may be still to come */
    }
    forget_before(&recorded, want->from_ps);
    for (size_t i = 0; i < m->edges.n; i++) {
        const struct capture_edge *e = &m->edges.edge[i];

        if (e->at_ps >= start_ps + want->from_ps && e->at_ps - start_ps + want->within_ps <= end) {
            capture_add(&here, e->at_ps - start_ps, e->rise);
        }
    }
    struct capture_result c = capture_compare(&recorded, &here, want->within_ps);
    if (c.missing || c.extra) {
        tell_differences(&c, want, r);
    } else if (!c.alike) {
        char played[48], whole[48];

        report_failure(
            r, &want->place,
            "the recording's %s has no edge to compare in what was played: %s of %s (a step such as wait: %s "
            "plays it)",
            want->signal, quantity_text(QUANTITY_TIME_PS, (int64_t)end, played, sizeof played),
            quantity_text(QUANTITY_TIME_PS, (int64_t)length, whole, sizeof whole), whole);
    } else {
        report_note(r, "%s: all %zu edges as in the recording, at most %s apart", want->net, c.alike,
                    quantity_text(QUANTITY_TIME_PS, (int64_t)c.worst_ps, worst, sizeof worst));
    }
    free(recorded.edge);
    free(here.edge);
}
