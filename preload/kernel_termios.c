/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/kernel_termios.h"

#include "preload/ioctls.h"

#include <stdint.h>
#include <string.h>

#define termios kernel_termios /* the kernel's has the same name */
#include <linux/termios.h>
#undef termios

/* What comes first in both; then libc has room for more characters, and its speeds as codes. */
enum { COMMON_BYTES = 4 * 4 + 1, LIBC_CHARACTERS = 32 };

struct libc_termios {
    uint32_t flags[4];
    uint8_t line, cc[LIBC_CHARACTERS];
    uint32_t ispeed, ospeed;
};

int kernel_termios_get(int handle, struct termios *t)
{
    struct libc_termios *to = (void *)t;
    struct termios2 k;

    if (device_ioctl(handle, TCGETS2, &k) != 0) {
        return -1;
    }
    memset(to, 0, sizeof *to);
    memcpy(to, &k, COMMON_BYTES + sizeof k.c_cc);
    to->ospeed = k.c_cflag & CBAUD;
    to->ispeed = k.c_cflag >> IBSHIFT & CBAUD ? k.c_cflag >> IBSHIFT & CBAUD : to->ospeed;
    return 0;
}

int kernel_termios_set(int handle, unsigned when, const struct termios *t)
{
    static const unsigned long requests[] = { TCSETS, TCSETSW, TCSETSF };
    struct kernel_termios k;

    memcpy(&k, t, COMMON_BYTES + sizeof k.c_cc);
    return device_ioctl(handle, requests[when], &k);
}

int kernel_tty_call(int handle, enum kernel_tty_call call, int arg)
{
    static const unsigned long requests[] = { TCSBRK, TCFLSH, TCXONC, TCSBRK };

    return device_ioctl(handle, requests[call], (void *)(intptr_t)arg);
}
