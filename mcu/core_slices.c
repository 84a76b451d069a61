/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/core.h"
#include "mcu/cycle_list.h"

/*
 * Ends of slices (sim_run_slices()) are passed when somebody comes by: before the board is brought to a later time, and
 * at the end of a run. At an end itself the core stops only where it must: edges that its instruction passes on the way
 * belong to the slice.
 */
#define LONGEST_CK 16 /* no instruction with stalls and an interrupt's entry takes longer */

/* With every run. */
void core_set_timer(struct core *c, uint64_t cycle, avr_cycle_timer_t timer)
{
    avr_t *avr = c->avr;
    cycle_list_set(avr, timer, c, cycle > avr->cycle ? cycle : avr->cycle + 1);
}

static avr_cycle_count_t slice_over(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct core *c = param;
    (void)when;
    if (c->running && core_has_slice_end(c) && core_cycle_at(c, c->sim->slice_end_ps) <= avr->cycle) {
        if (c->late_cycle <= avr->cycle && core_ps(c, core_last_late(c, avr->cycle)) > c->sim->slice_end_ps) {
            core_run_late(c, avr->cycle);
        }
        core_pass_slices(c);
    }
    return 0;
}

void core_find_quick_end(struct core *c)
{
    sim_time end_ps = c->sim->slice_end_ps;
    c->quick_end = c->sim->no_shortcuts ? 0 : c->end_cycle;
    if (c->sim->slice_ps && end_ps < c->until_ps) {
        uint64_t end = core_cycle_at(c, end_ps);
        c->quick_end = end < c->quick_end ? end : c->quick_end;
    }
}

void core_stop_at_slice_end(struct core *c)
{
    if (core_has_slice_end(c)) {
        core_set_timer(c, core_cycle_at(c, c->sim->slice_end_ps), slice_over);
    }
}

void core_late_edges_changed(struct core *c)
{
    if (c->late_cycle != UINT64_MAX && core_has_slice_end(c)) {
        uint64_t end = core_cycle_at(c, c->sim->slice_end_ps);
        if (end + LONGEST_CK >= c->late_cycle && core_last_late(c, end + LONGEST_CK) >= end) {
            core_stop_at_slice_end(c);
        }
    }
}

void core_slices_passed(struct core *c)
{
    sim_time now_ps = core_ps(c, c->avr->cycle);
    do {
        if (sim_slice_over(c->sim)) {
            c->end_cycle = c->avr->cycle;
            c->ends_early = false;
            c->avr->run_cycle_count = 0;
            return;
        }
    } while (c->sim->slice_end_ps <= now_ps && core_has_slice_end(c));
    core_late_edges_changed(c);
    core_find_quick_end(c);
}
