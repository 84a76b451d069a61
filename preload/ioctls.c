/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/ioctls.h"

#include <linux/termios.h>

static const struct ioctl_shape shapes[] = {
    /* terminals */
    { TCGETS, 0, sizeof(struct termios), false },
    { TCSETS, sizeof(struct termios), 0, false },
    { TCSETSW, sizeof(struct termios), 0, false },
    { TCSETSF, sizeof(struct termios), 0, false },
    { TCGETS2, 0, sizeof(struct termios2), false },
    { TCSETS2, sizeof(struct termios2), 0, false },
    { TCSETSW2, sizeof(struct termios2), 0, false },
    { TCSETSF2, sizeof(struct termios2), 0, false },
    { TCSBRK, 0, 0, false },
    { TCSBRKP, 0, 0, false },
    { TCXONC, 0, 0, false },
    { TCFLSH, 0, 0, false },
    { TIOCEXCL, 0, 0, false },
    { TIOCNXCL, 0, 0, false },
    { TIOCGEXCL, 0, sizeof(int), false },
    { TIOCOUTQ, 0, sizeof(int), false },
    { FIONREAD, 0, sizeof(int), false },
    { TIOCMGET, 0, sizeof(int), false },
    { TIOCMSET, sizeof(int), 0, true },
    { TIOCMBIS, sizeof(int), 0, true },
    { TIOCMBIC, sizeof(int), 0, true },
    { TIOCMIWAIT, 0, 0, false },
    { TIOCSBRK, 0, 0, true },
    { TIOCCBRK, 0, 0, true },
    { TIOCGWINSZ, 0, sizeof(struct winsize), false },
    { TIOCGPGRP, 0, sizeof(int), false },
    { TIOCGSID, 0, sizeof(int), false },
};

bool ioctl_shape(unsigned long request, struct ioctl_shape *shape)
{
    for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (shapes[i].request == request) {
            *shape = shapes[i];
            return true;
        }
    }
    return false;
}

int ioctl_special(int fd, int handle, unsigned long request, void *arg)
{
    (void)fd;
    return device_ioctl(handle, request, arg);
}
