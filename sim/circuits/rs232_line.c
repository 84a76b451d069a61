/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/circuits/rs232_line.h"

#include <assert.h>

const struct rs232_levels rs232_levels_9v = { .high_mv = 9000, .low_mv = -9000, .slew_mv_per_us = 20000 };

bool rs232_levels_check(const struct rs232_levels *l, struct problem *err)
{
    if (l->high_mv <= 0 || l->high_mv > 30000) {
        return problem_set(err, "the high level of an RS232 line must be above 0 V and at most 30 V");
    }
    if (l->low_mv >= 0 || l->low_mv < -30000) {
        return problem_set(err, "the low level of an RS232 line must be below 0 V and at least -30 V");
    }
    if (l->slew_mv_per_us < 10 || l->slew_mv_per_us > 10000000) {
        return problem_set(err, "the slew of an RS232 line must be 0.01 V/us to 10000 V/us");
    }
    return true;
}

static void crossed(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct rs232_line *line = ctx;
    vline_set(&line->v, line->high ? line->levels.high_mv : line->levels.low_mv);
}

void rs232_line_init(struct rs232_line *line, struct sim *sim, const char *name, const struct rs232_levels *levels,
                     bool high)
{
    int32_t mv = high ? levels->high_mv : levels->low_mv;
    *line = (struct rs232_line){ .sim = sim,
                                 .levels = *levels,
                                 .high = high,
                                 .from_v = mv / 1000.0,
                                 .to_v = mv / 1000.0,
                                 .ps_per_v = 1e9 / levels->slew_mv_per_us,
                                 .start_ps = sim->now_ps,
                                 .end_ps = sim->now_ps };
    vline_init(&line->v, sim, name, mv);
    line->v.slew_v_per_us = levels->slew_mv_per_us / 1000;
    sim_event_init(&line->cross, "RS232 line crosses 0 V", crossed, line);
}

void rs232_line_settle(struct rs232_line *line, bool high)
{
    assert(!line->watches);
    line->high = high;
    line->v.mv = high ? line->levels.high_mv : line->levels.low_mv;
    line->from_v = line->to_v = line->v.mv * 1e-3;
    line->start_ps = line->end_ps = line->sim->now_ps;
}

double rs232_line_v(const struct rs232_line *line)
{
    if (line->sim->now_ps >= line->end_ps) {
        return line->to_v;
    }
    double moved = (double)(line->sim->now_ps - line->start_ps) * 1e-6 * line->levels.slew_mv_per_us * 1e-3;
    if (line->to_v > line->from_v) {
        return line->from_v + moved < line->to_v ? line->from_v + moved : line->to_v;
    }
    return line->from_v - moved > line->to_v ? line->from_v - moved : line->to_v;
}

static sim_time ramp_ps(const struct rs232_line *line, double v)
{
    return (sim_time)(v * line->ps_per_v + 0.5);
}

sim_time rs232_line_lead_ps(const struct rs232_line *line, bool high)
{
    return ramp_ps(line, (high ? -line->levels.low_mv : line->levels.high_mv) * 1e-3);
}

void rs232_line_set(struct rs232_line *line, bool high)
{
    struct sim *sim = line->sim;
    if (high == line->high) {
        return;
    }
    line->from_v = rs232_line_v(line);
    line->to_v = (high ? line->levels.high_mv : line->levels.low_mv) * 1e-3;
    line->start_ps = sim->now_ps;
    line->end_ps = line->start_ps + ramp_ps(line, high ? line->to_v - line->from_v : line->from_v - line->to_v);
    line->high = high;
    double to_zero = high ? -line->from_v : line->from_v;
    if (line->v.trace_id >= 0 || line->v.watches) {
        /* reversed before it crossed: it stands on that side already, and crossed() changes nothing */
        sim_schedule(sim, &line->cross, sim->now_ps + (to_zero > 0 ? ramp_ps(line, to_zero) : 0));
    } else {
        line->v.mv = high ? line->levels.high_mv : line->levels.low_mv;
    }
    for (struct rs232_watch *w = line->watches; w; w = w->next) {
        w->ramp(w->ctx);
    }
}

void rs232_watch_add(struct rs232_line *line, struct rs232_watch *w, void (*ramp)(void *), void *ctx)
{
    *w = (struct rs232_watch){ .ramp = ramp, .ctx = ctx };
    struct rs232_watch **p = &line->watches;
    while (*p) {
        p = &(*p)->next;
    }
    *p = w;
}
