/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/vline.h"

#include <string.h>

#include "sim/net.h"
#include "sim/trace.h"

void vline_init(struct vline *line, struct sim *sim, const char *name, int32_t mv)
{
    memset(line, 0, sizeof *line);
    line->name = name;
    line->sim = sim;
    line->mv = line->old_mv = mv;
    line->trace_id = -1;
}

void vline_set(struct vline *line, int32_t mv)
{
    if (mv == line->mv) {
        return;
    }
    struct sim *sim = line->sim;
    line->old_mv = line->mv;
    line->mv = mv;
    line->changed_ps = sim->now_ps;
    if (line->trace_id >= 0) {
        trace_mv(sim->trace, line->trace_id, sim->now_ps, mv);
    }
    net_hold(sim);
    for (struct vline_watch *w = line->watches, *next; w; w = next) {
        next = w->next;
        w->changed(w->ctx, line, sim->now_ps);
    }
    net_release(sim);
}

void vline_watch_add(struct vline *line, struct vline_watch *w, void (*changed)(void *, struct vline *, sim_time),
                     void *ctx)
{
    *w = (struct vline_watch){ .changed = changed, .ctx = ctx };
    struct vline_watch **p = &line->watches;
    while (*p) {
        p = &(*p)->next;
    }
    *p = w;
}

void vline_watch_remove(struct vline *line, struct vline_watch *w)
{
    for (struct vline_watch **p = &line->watches; *p; p = &(*p)->next) {
        if (*p == w) {
            *p = w->next;
            return;
        }
    }
}
