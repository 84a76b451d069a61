/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.h - where the work of a run goes: events by kind, bytes in one step or edge by edge
 *
 * Counted only while sim->stats is set. Figures of simulated work, the same in every run of a scenario; how long they
 * take is another matter. What a core executed and skipped, it counts itself (mcu/core.h).
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include <stdint.h>

#define SIM_STATS_KINDS 48

struct sim_stats { /* zero it */
    struct sim_stats_kind {
        const char *name; /* of the event: static */
        uint64_t n;
    } kind[SIM_STATS_KINDS];
    unsigned n_kinds;
    uint64_t other_kinds;
    uint64_t spi_bytes, trains;      /* of hardware SPI; those that were one step (spi_train.h) */
    uint64_t frames, frames_refused; /* UART frames in one piece; others (net_frame.h) */
};

void sim_stats_event(struct sim_stats *s, const char *name);
/* Adds what was counted elsewhere. */
void sim_stats_join(struct sim_stats *sum, const struct sim_stats *more);

#endif
