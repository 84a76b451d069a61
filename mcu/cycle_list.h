/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cycle_list.h - simavr's list of cycle timers, which it sorts by time, the same time in the order of calls: what its own
 * calls do to it, for those that move all the time
 *
 * avr_cycle_timer_register() gives the timer's slot back first, and looks for one; avr_cycle_timer_process() likewise.
 */
#ifndef MCU_CYCLE_LIST_H
#define MCU_CYCLE_LIST_H

#include <assert.h>

#include <simavr/sim_avr.h>

/* Where the list points to it; to NULL: the timer is not in it. */
static inline avr_cycle_timer_slot_t **cycle_list_find(avr_t *avr, avr_cycle_timer_t timer, const void *param)
{
    avr_cycle_timer_slot_t **p = &avr->cycle_timers.timer;
    while (*p && ((*p)->timer != timer || (*p)->param != param)) {
        p = &(*p)->next;
    }
    return p;
}

static inline void cycle_list_insert(avr_t *avr, avr_cycle_timer_slot_t *slot, uint64_t when)
{
    avr_cycle_timer_slot_t **p = &avr->cycle_timers.timer;
    while (*p && (*p)->when <= when) {
        p = &(*p)->next;
    }
    slot->when = when;
    slot->next = *p;
    *p = slot;
}

/* One that is not in it. */
static inline void cycle_list_add(avr_t *avr, avr_cycle_timer_t timer, void *param, uint64_t when)
{
    avr_cycle_timer_slot_t *own = avr->cycle_timers.timer_free;
    assert(own); /* there are 64 */
    avr->cycle_timers.timer_free = own->next;
    own->timer = timer;
    own->param = param;
    cycle_list_insert(avr, own, when);
}

/* It comes at that cycle, whether it was to come or not. */
static inline void cycle_list_set(avr_t *avr, avr_cycle_timer_t timer, void *param, uint64_t when)
{
    avr_cycle_timer_slot_t **p = cycle_list_find(avr, timer, param), *own = *p;
    if (!own) {
        cycle_list_add(avr, timer, param, when);
        return;
    }
    *p = own->next;
    cycle_list_insert(avr, own, when);
}

/* Those that are due, each as often as it is. */
static inline void cycle_list_run(avr_t *avr)
{
    avr_cycle_timer_slot_t *own;
    while ((own = avr->cycle_timers.timer) && own->when <= avr->cycle) {
        avr_cycle_timer_t timer = own->timer;
        void *param = own->param;
        uint64_t when = own->when;
        avr->cycle_timers.timer = own->next;
        do {
            when = timer(avr, when, param);
        } while (when && when <= avr->cycle);
        if (when) {
            cycle_list_insert(avr, own, when);
        } else {
            own->next = avr->cycle_timers.timer_free;
            avr->cycle_timers.timer_free = own;
        }
    }
}

#endif
