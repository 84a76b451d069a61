/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/stimulus.h"

#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a signal on an RS232 line: 1, or above 0 V. */
static bool is_high(const struct wave_change *c)
{
    return c->is_mv ? c->value > 0 : c->value == NET_1;
}

static void apply(struct stimulus *s, const struct wave_change *c)
{
    struct stimulus_target *t = &s->targets[c->signal];
    if (!t->used) {
        return;
    }
    if (t->rs232) {
        rs232_line_set(t->rs232, is_high(c));
    } else if (t->line) {
        vline_set(t->line, c->is_mv ? c->value : c->value == NET_1 ? t->mv_1 : t->mv_0);
    } else {
        net_drive(&t->driver, (enum net_level)c->value, NET_STRONG); /* Z opens it */
    }
}

static void play(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct stimulus *s = ctx;
    const struct wave_change *c = s->list.changes;
    sim_time t = c[s->at].at_ps;
    net_hold(s->sim);
    while (s->at < s->list.n_changes && c[s->at].at_ps == t) {
        apply(s, &c[s->at++]);
    }
    net_release(s->sim);
    if (s->at < s->list.n_changes) {
        sim_schedule(s->sim, &s->next, s->start_ps + c[s->at].at_ps);
    }
}

bool stimulus_load(struct stimulus *s, struct sim *sim, struct input_files *inputs, const char *path,
                   struct problem *err)
{
    const struct input_file *f = input_files_get(inputs, path, WAVE_MAX_FILE_BYTES, NULL, err);

    memset(s, 0, sizeof *s);
    if (!f || !wave_list_parse(&s->list, NULL, path, f->bytes, f->n, err)) {
        return false;
    }
    s->sim = sim;
    sim_event_init(&s->next, "stimulus", play, s);
    s->targets = memory_zeroed(s->list.n_signals + 1, sizeof *s->targets);
    return true;
}

/* The signal's place, or NULL and err. */
static struct stimulus_target *find(struct stimulus *s, const char *signal, struct problem *err)
{
    int i = wave_list_find(&s->list, signal);
    if (i < 0) {
        problem_set(err, i == -2 ? "several signals end in \"%s\":" : "no signal \"%s\"; there are:", signal);
        for (unsigned k = 0; k < s->list.n_signals; k++) {
            problem_append(err, " %s", s->list.signals[k].name);
        }
        return NULL;
    }
    const struct wave_signal *w = &s->list.signals[i];
    if (w->kind == WAVE_OTHER) {
        problem_set(err, "signal \"%s\" is a vector of %u bits or no level; only one-bit signals can drive", signal,
                    w->bits);
        return NULL;
    }
    if (s->targets[i].used) {
        problem_set(err, "signal \"%s\" is mapped twice", signal);
        return NULL;
    }
    return &s->targets[i];
}

bool stimulus_map_net(struct stimulus *s, const char *signal, struct net *net, struct problem *err)
{
    struct stimulus_target *t = find(s, signal, err);
    if (!t) {
        return false;
    }
    if (s->list.signals[t - s->targets].kind == WAVE_MILLIVOLTS) {
        return problem_set(err, "signal \"%s\" is in volts and cannot drive the logic net %s", signal, net->name);
    }
    net_attach(net, &t->driver, "stimulus");
    t->used = true;
    return true;
}

bool stimulus_map_line(struct stimulus *s, const char *signal, struct vline *line, int32_t mv_0, int32_t mv_1,
                       struct problem *err)
{
    struct stimulus_target *t = find(s, signal, err);
    if (!t) {
        return false;
    }
    t->line = line;
    t->mv_0 = mv_0;
    t->mv_1 = mv_1;
    t->used = true;
    return true;
}

/*
 * When the ramp of change c must begin for its crossing of 0 V to come at c's time. A line at rest needs the whole
 * lead; one that has crossed the other way just before has to turn back half way, so no edge ever overtakes another.
 * False: no edge, the line goes to that level already.
 */
static bool ramp_begins(struct stimulus_target *t, const struct wave_change *c, sim_time *begin_ps)
{
    bool high = is_high(c);
    if (high == t->high) {
        return false;
    }
    sim_time lead = rs232_line_lead_ps(t->rs232, high);
    if (t->moved) {
        sim_time half = c->at_ps > t->crossed_ps ? (c->at_ps - t->crossed_ps) / 2 : 0;
        lead = lead < half ? lead : half;
    }
    *begin_ps = c->at_ps > lead ? c->at_ps - lead : 0;
    t->crossed_ps = *begin_ps + lead > t->crossed_ps ? *begin_ps + lead : t->crossed_ps;
    t->high = high;
    t->moved = true;
    return true;
}

static void from_rest(struct stimulus_target *t)
{
    t->high = t->rs232->high;
    t->moved = false;
    t->crossed_ps = 0;
}

bool stimulus_map_rs232(struct stimulus *s, const char *signal, struct rs232_line *line, struct problem *err)
{
    struct stimulus_target *t = find(s, signal, err);
    if (!t) {
        return false;
    }
    t->rs232 = line;
    from_rest(t);
    for (uint32_t i = 0; i < s->list.n_changes; i++) {
        const struct wave_change *c = &s->list.changes[i];
        sim_time begin;
        if (c->signal != t - s->targets) {
            continue;
        }
        if (c->at_ps == 0) { /* its state: stimulus_settle() */
            t->high = is_high(c);
        } else if (ramp_begins(t, c, &begin) && t->crossed_ps > c->at_ps) {
            return problem_set(err,
                               "signal \"%s\" can't cross 0 V %.3f us after the beginning: at its slope the line "
                               "does it after %.3f us (the initial level belongs at time 0)",
                               signal, (double)c->at_ps * 1e-6, (double)t->crossed_ps * 1e-6);
        }
    }
    t->used = true;
    return true;
}

void stimulus_settle(struct stimulus *s)
{
    const struct wave_change *c = s->list.changes;
    for (; s->settled < s->list.n_changes && c[s->settled].at_ps == 0; s->settled++) {
        struct rs232_line *line = s->targets[c[s->settled].signal].rs232;
        if (line) {
            rs232_line_settle(line, is_high(&c[s->settled]));
        } else {
            apply(s, &c[s->settled]);
        }
    }
}

/* Edges of RS232 lines move to where their ramps begin; rows that are no edges go. */
static void begin_ramps_early(struct stimulus *s)
{
    struct wave_change *c = s->list.changes;
    uint32_t n = s->settled;
    for (unsigned i = 0; i < s->list.n_signals; i++) {
        if (s->targets[i].rs232) {
            from_rest(&s->targets[i]);
        }
    }
    for (uint32_t i = s->settled; i < s->list.n_changes; i++) {
        struct stimulus_target *t = &s->targets[c[i].signal];
        struct wave_change moved = c[i];
        if (t->rs232 && !ramp_begins(t, &c[i], &moved.at_ps)) {
            continue;
        }
        uint32_t k = n++;
        for (; k > s->settled && c[k - 1].at_ps > moved.at_ps; k--) {
            c[k] = c[k - 1];
        }
        c[k] = moved;
    }
    s->list.n_changes = n;
}

void stimulus_start(struct stimulus *s)
{
    begin_ramps_early(s);
    s->start_ps = s->sim->now_ps;
    s->at = s->settled;
    if (s->at < s->list.n_changes) {
        sim_schedule(s->sim, &s->next, s->start_ps + s->list.changes[s->at].at_ps);
    }
}

sim_time stimulus_length_ps(const struct stimulus *s)
{
    return s->list.end_ps;
}

void stimulus_free(struct stimulus *s)
{
    if (!s->targets) {
        return;
    }
    sim_cancel(s->sim, &s->next);
    for (unsigned i = 0; i < s->list.n_signals; i++) {
        net_detach(&s->targets[i].driver);
    }
    free(s->targets);
    s->targets = NULL;
    wave_list_free(&s->list);
}
