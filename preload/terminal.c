/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal.c - libc's terminal calls on a device, as the ioctls that they are */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"
#include "preload/kernel_termios.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

EXPORT int tcgetattr(int fd, struct termios *t)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(tcgetattr)(fd, t) : kernel_termios_get(handle, t);
}

EXPORT int tcsetattr(int fd, int when, const struct termios *t)
{
    int handle = descriptor_handle(fd);

    if (handle < 0) {
        return REAL(tcsetattr)(fd, when, t);
    }
    if (when != TCSANOW && when != TCSADRAIN && when != TCSAFLUSH) {
        errno = EINVAL;
        return -1;
    }
    return kernel_termios_set(handle, when == TCSANOW ? 0 : when == TCSADRAIN ? 1 : 2, t);
}

EXPORT int isatty(int fd)
{
    int handle = descriptor_handle(fd);
    struct termios t;

    return handle < 0 ? REAL(isatty)(fd) : kernel_termios_get(handle, &t) == 0;
}

EXPORT int tcdrain(int fd)
{
    CANCELLATION_POINT;
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(tcdrain)(fd) : kernel_tty_call(handle, KERNEL_DRAIN, 1);
}

EXPORT int tcflush(int fd, int queue)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(tcflush)(fd, queue) : kernel_tty_call(handle, KERNEL_FLUSH, queue);
}

EXPORT int tcflow(int fd, int action)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(tcflow)(fd, action) : kernel_tty_call(handle, KERNEL_FLOW, action);
}

EXPORT int tcsendbreak(int fd, int duration)
{
    int handle = descriptor_handle(fd);

    return handle < 0 ? REAL(tcsendbreak)(fd, duration) : kernel_tty_call(handle, KERNEL_BREAK, 0);
}

/* The name by which the device was opened is not kept: any descriptor of it has the bench's. */
EXPORT int ttyname_r(int fd, char *name, size_t n)
{
    int handle = descriptor_handle(fd);
    struct answer a;

    if (handle < 0) {
        return REAL(ttyname_r)(fd, name, n);
    }
    a = bench_ask(&(struct question){ .op = EXEC_NAME, .handle = handle });
    if (a.result < 0 || a.n_data == 0) {
        return ENOTTY;
    }
    if (a.n_data > n) {
        return ERANGE;
    }
    memcpy(name, a.data, a.n_data);
    return 0;
}

EXPORT int __ttyname_r_chk(int fd, char *name, size_t n, size_t room)
{
    return n > room ? REAL(__ttyname_r_chk)(fd, name, n, room) : ttyname_r(fd, name, n);
}

EXPORT char *ttyname(int fd)
{
    static char name[256];

    if (descriptor_handle(fd) < 0) {
        return REAL(ttyname)(fd);
    }
    errno = ttyname_r(fd, name, sizeof name);
    return errno ? NULL : name;
}
