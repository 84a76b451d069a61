/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer_device.h - a timerfd of a program: a device without a path, so that poll(), dup, fork and exec are as for others
 *
 * Source      timerfd_create(2)
 */
#ifndef HARNESS_EXEC_TIMER_DEVICE_H
#define HARNESS_EXEC_TIMER_DEVICE_H

#include "harness/exec/device.h"

struct timer_device { /* do not move it after init */
    struct sim *sim;
    struct sim_event expiry; /* wakes who waits */
    bool realtime;           /* its clock counts from EXEC_EPOCH_S on */
    sim_time due_ps;         /* or since when it is readable; SIM_NEVER: off */
    uint64_t every_ps;       /* 0: once */
};

/* number: of its path, which no program finds. */
void timer_device_init(struct timer_device *t, struct sim *sim, unsigned number, struct device *d);
void timer_device_free(struct timer_device *t);

#endif
