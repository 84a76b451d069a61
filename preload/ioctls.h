/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctls.h - what an ioctl's argument points to, so that it can travel
 *
 * A further request is a row in ioctls.c; one whose argument leads on to other memory (SPI messages) has a function.
 */
#ifndef PRELOAD_IOCTLS_H
#define PRELOAD_IOCTLS_H

#include <stdbool.h>
#include <stddef.h>

struct ioctl_shape {
    unsigned long request;
    size_t n_in, n_out; /* bytes that the argument points to, there and back; both 0: it is a number */
    bool silent;        /* it can't fail and says nothing: it needs no answer */
};

/* False: no device of the bench knows it. */
bool ioctl_shape(unsigned long request, struct ioctl_shape *shape);

/* As ioctl() on a device; -1: errno. */
int device_ioctl(int handle, unsigned long request, void *arg);
/* The same, and those whose argument leads on. */
int ioctl_special(int handle, unsigned long request, void *arg);

/* usbfs.c: false: it is none of those whose argument leads on. */
bool usbfs_ioctl(int handle, unsigned long request, void *arg, int *result);

#endif
