/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/timer_device.h"

#include "preload/protocol.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static void expired(void *ctx, sim_time at_ps)
{
    struct timer_device *t = ctx;

    (void)at_ps;
    sim_wake(t->sim);
}

static void arm(struct timer_device *t, sim_time due_ps)
{
    t->due_ps = due_ps;
    sim_cancel(t->sim, &t->expiry);
    if (due_ps != SIM_NEVER && due_ps > t->sim->now_ps) {
        sim_schedule(t->sim, &t->expiry, due_ps);
    }
    sim_wake(t->sim);
}

static int open_timer(struct device *d, int flags)
{
    struct timer_device *t = d->own;

    if (d->opens) {
        return -EBUSY;
    }
    t->realtime = flags & EXEC_TIMER_REALTIME;
    t->every_ps = 0;
    arm(t, SIM_NEVER);
    return 0;
}

static void close_timer(struct device *d, int handle)
{
    struct timer_device *t = d->own;

    (void)handle;
    arm(t, SIM_NEVER);
}

static ssize_t read_timer(struct device *d, void *to, size_t n, struct device_call *call)
{
    struct timer_device *t = d->own;
    uint64_t times = 1;

    if (n < sizeof times) {
        return -EINVAL;
    }
    if (t->sim->now_ps < t->due_ps) {
        call->retry_ps = t->due_ps;
        return -EAGAIN;
    }
    if (t->every_ps) {
        times += (t->sim->now_ps - t->due_ps) / t->every_ps;
        arm(t, t->due_ps + times * t->every_ps);
    } else {
        arm(t, SIM_NEVER);
    }
    memcpy(to, &times, sizeof times);
    return sizeof times;
}

static short ready(struct device *d, int handle)
{
    const struct timer_device *t = d->own;

    (void)handle;
    return t->due_ps <= t->sim->now_ps ? POLLIN : 0;
}

/* What is left, and the interval. */
static void tell(const struct timer_device *t, struct exec_timer *told)
{
    *told = (struct exec_timer){ .every_ps = t->every_ps };
    if (t->due_ps != SIM_NEVER) {
        told->first_ps = t->due_ps > t->sim->now_ps ? t->due_ps - t->sim->now_ps : 1000;
    }
}

static int ioctl_timer(struct device *d, struct device_ioctl *i, struct device_call *call)
{
    struct timer_device *t = d->own;
    struct exec_timer was, to;

    (void)call;
    if ((i->request != EXEC_TIMER_GET && i->request != EXEC_TIMER_SET) ||
        (i->request == EXEC_TIMER_SET && i->n_in != sizeof to)) {
        return -ENOTTY;
    }
    tell(t, &was);
    if (i->request == EXEC_TIMER_SET) {
        memcpy(&to, i->in, sizeof to);
        sim_time from = to.absolute ? 0 : t->sim->now_ps;
        sim_time first = to.absolute && t->realtime ? to.realtime_ps : to.first_ps;

        t->every_ps = to.every_ps;
        arm(t, to.first_ps && first < SIM_END_PS ? from + first : SIM_NEVER);
    }
    memcpy(i->out, &was, sizeof was);
    i->n_out = sizeof was;
    return 0;
}

static const struct device_type timer_type = {
    .name = "timer",
    .open = open_timer,
    .close = close_timer,
    .read = read_timer,
    .ready = ready,
    .ioctl = ioctl_timer,
};

void timer_device_init(struct timer_device *t, struct sim *sim, unsigned number, struct device *d)
{
    *t = (struct timer_device){ .sim = sim, .due_ps = SIM_NEVER };
    sim_event_init(&t->expiry, "timerfd", expired, t);
    d->type = &timer_type;
    d->own = t;
    snprintf(d->path, sizeof d->path, EXEC_TIMER_PATH, number);
}

void timer_device_free(struct timer_device *t)
{
    sim_cancel(t->sim, &t->expiry);
}
