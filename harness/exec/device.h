/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.h - something under /dev that a program on the bench can open
 *
 *      program's call --op--> session --> device --> serial line, pins of the board ...
 *
 * A further kind is a struct device_type with its functions; a further device of a kind is made by devices.c, which
 * has the table of what stands on which board under which name. A call on a device costs simulated time: of its kind,
 * with its grade in docs/fidelity.md, settable by `limpet exec --call-time, --modem-time`.
 */
#ifndef HARNESS_EXEC_DEVICE_H
#define HARNESS_EXEC_DEVICE_H

#include "sim/kernel.h"

#include <sys/types.h>

enum { DEVICE_PATH_BYTES = 64 };

struct device;

struct device_call {   /* one that may have to wait */
    int handle;        /* the open() that it is on */
    uint64_t memo;     /* 0 at first, then what the device puts in, until the call is over */
    sim_time retry_ps; /* out: something of it is ready then at the latest; SIM_NEVER: sim_wake() will tell */
};

struct device_ioctl {
    uint32_t request;
    uint64_t value; /* the argument as a number */
    const void *in; /* what it points to */
    size_t n_in;
    void *out; /* room for what comes back */
    size_t room, n_out;
};

struct device_type {
    const char *name;
    /* All results: 0 or more, or -errno; -EAGAIN: not now, try again after sim_wake(). NULL: can't be done. */
    int (*open)(struct device *d, int flags);
    void (*close)(struct device *d, int handle); /* the last copy of one open() is gone */
    bool (*lingers)(struct device *d);           /* the last close() has to wait; NULL: never */
    ssize_t (*read)(struct device *d, void *to, size_t n, struct device_call *call);
    /* What is a file and no stream: its whole text or bytes instead of read(). Their number; never -EAGAIN. */
    ssize_t (*content)(struct device *d, void *to, size_t room);
    ssize_t (*write)(struct device *d, const void *bytes, size_t n, struct device_call *call);
    int (*ioctl)(struct device *d, struct device_ioctl *i, struct device_call *call);
    short (*ready)(struct device *d, int handle);        /* bits of poll() */
    const uint8_t *(*peek)(struct device *d, size_t *n); /* what read() would give, and take() then takes */
    void (*take)(struct device *d, size_t n);
    void (*give_back)(struct device *d, const uint8_t *bytes, size_t n); /* what take() took last; NULL: can't */
    size_t (*room)(struct device *d);                                    /* bytes that write() takes at once */
    sim_time (*ioctl_cost)(const struct device *d, uint32_t request);    /* NULL: call_ps */
    void (*free)(struct device *d);
};

struct device {
    const struct device_type *type;
    char path[DEVICE_PATH_BYTES];
    unsigned major, minor;
    unsigned mode; /* as stat() has it; 0: under no path that a program finds; S_IFDIR: a folder of the bench alone */
    bool *shown;   /* somebody's who wants to know that modes have changed */
    sim_time call_ps;  /* a read, a write, a question */
    sim_time modem_ps; /* a change of, or a look at, the modem lines */
    unsigned opens;    /* open() without close() */
    void *own;
};

/* It comes under its path, or goes (mode 0). */
static inline void device_show(struct device *d, unsigned mode)
{
    if (d->mode != mode) {
        d->mode = mode;
        if (d->shown) {
            *d->shown = true;
        }
    }
}

#endif
