/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vline.h - a line in millivolts: VCC, RS232 lines, a USB port's D+ and D-
 *
 * One source sets it, any number watch it. A change is a step at sim->now_ps; slew_v_per_us says how fast the
 * real line would move, for parts that compute with it (0 = unknown, as good as a step).
 */
#ifndef SIM_VLINE_H
#define SIM_VLINE_H

#include "sim/kernel.h"

struct vline;

struct vline_watch { /* owned by the part */
    struct vline_watch *next;
    void (*changed)(void *ctx, struct vline *line, sim_time at_ps);
    void *ctx;
};

struct vline {
    const char *name;
    struct sim *sim;
    int32_t mv, old_mv;
    uint32_t slew_v_per_us;
    sim_time changed_ps;
    struct vline_watch *watches;
    int32_t trace_id; /* -1: not recorded */
};

void vline_init(struct vline *line, struct sim *sim, const char *name, int32_t mv);
/* Steps to mv now and tells the watchers; drives that they make form one instant. */
void vline_set(struct vline *line, int32_t mv);
void vline_watch_add(struct vline *line, struct vline_watch *w, void (*changed)(void *, struct vline *, sim_time),
                     void *ctx);
void vline_watch_remove(struct vline *line, struct vline_watch *w);

#endif
