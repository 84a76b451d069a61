/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/ioctls.h"
#include "preload/user_memory.h"

#include "preload/bench.h"
#include "preload/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/serial.h>
#include <linux/spi/spidev.h>
#include <linux/termios.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    { TIOCGICOUNT, 0, sizeof(struct serial_icounter_struct), false },
    { TIOCGSERIAL, 0, sizeof(struct serial_struct), false },
    { TIOCSSERIAL, sizeof(struct serial_struct), 0, false },
    { TIOCSBRK, 0, 0, true },
    { TIOCCBRK, 0, 0, true },
    { TIOCGWINSZ, 0, sizeof(struct winsize), false },
    { TIOCGPGRP, 0, sizeof(int), false },
    { TIOCGSID, 0, sizeof(int), false },
};

/* Requests of SPI, GPIO and usbfs say their size and direction themselves; usbfs confuses the directions. */
static bool says_itself(unsigned long request, struct ioctl_shape *shape)
{
    enum { SPI_TYPE = 'k', GPIO_TYPE = 0xB4, USB_TYPE = 'U' };
    bool usb = _IOC_TYPE(request) == USB_TYPE;
    size_t n = _IOC_SIZE(request);

    *shape = (struct ioctl_shape){
        .request = request,
        .n_in = usb || _IOC_DIR(request) & _IOC_WRITE ? n : 0,
        .n_out = usb || _IOC_DIR(request) & _IOC_READ ? n : 0,
    };
    return _IOC_TYPE(request) == SPI_TYPE || _IOC_TYPE(request) == GPIO_TYPE || usb;
}

bool ioctl_shape(unsigned long request, struct ioctl_shape *shape)
{
    for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (shapes[i].request == request) {
            *shape = shapes[i];
            return true;
        }
    }
    return says_itself(request, shape);
}

/* ---- those whose argument leads on ---- */

/* One question: the transfers, then what each sends; the answer is what each receives, in a row. */
static int spi_message(int handle, unsigned n, struct spi_ioc_transfer *t)
{
    static _Thread_local uint8_t bytes[EXEC_DATA_BYTES - 256];
    size_t at = n * sizeof *t, total = 0;

    if (!user_readable(t, at)) {
        return -1;
    }
    if (at <= sizeof bytes) {
        memcpy(bytes, t, at);
    }
    for (unsigned k = 0; k < n; k++) {
        if (at > sizeof bytes || t[k].len > sizeof bytes - at) {
            errno = EMSGSIZE;
            return -1;
        }
        if (t[k].tx_buf && !user_readable((const void *)(uintptr_t)t[k].tx_buf, t[k].len)) {
            return -1;
        }
        if (t[k].tx_buf) {
            memcpy(bytes + at, (const void *)(uintptr_t)t[k].tx_buf, t[k].len);
        } else {
            memset(bytes + at, 0, t[k].len);
        }
        at += t[k].len;
    }
    struct answer a = bench_ask(&(struct question){
        .op = EXEC_IOCTL, .handle = handle, .arg = { SPI_IOC_MESSAGE(0), n }, .data = bytes, .n_data = at });

    for (unsigned k = 0; a.result >= 0 && k < n; total += t[k++].len) {
        if (t[k].rx_buf && total + t[k].len <= a.n_data &&
            !user_fill((void *)(uintptr_t)t[k].rx_buf, (const uint8_t *)a.data + total, t[k].len)) {
            return -1;
        }
    }
    return (int)a.result;
}

/* The request of lines, then a descriptor for them. -1: errno. */
static int line_descriptor(int handle, unsigned long request, void *arg, size_t n)
{
    char name[32];

    if (!user_readable(arg, n)) {
        return -1;
    }
    struct answer a = bench_ask(
        &(struct question){ .op = EXEC_IOCTL, .handle = handle, .arg = { request }, .data = arg, .n_data = n });

    if (a.result < 0) {
        return -1;
    }
    snprintf(name, sizeof name, "gpioline%d", (int)a.result);
    return device_open_special(name, O_RDWR | O_CLOEXEC);
}

static int give_descriptor(int *to, int fd)
{
    int given = user_fill(to, &fd, sizeof fd) ? 0 : -1, error = errno;

    if (given) {
        close(fd);
        errno = error;
    }
    return given;
}

int ioctl_special(int handle, unsigned long request, void *arg)
{
    unsigned n = _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer);
    int fd, result;

    if (usbfs_ioctl(handle, request, arg, &result)) {
        return result;
    }
    if (_IOC_TYPE(request) == SPI_IOC_MAGIC && _IOC_NR(request) == 0 && _IOC_DIR(request) == _IOC_WRITE) {
        return n && !(_IOC_SIZE(request) % sizeof(struct spi_ioc_transfer)) ? spi_message(handle, n, arg) : 0;
    }
    switch (request) {
    case GPIO_GET_LINEHANDLE_IOCTL:
        fd = line_descriptor(handle, request, arg, sizeof(struct gpiohandle_request));
        return fd < 0 ? -1 : give_descriptor(&((struct gpiohandle_request *)arg)->fd, fd);
    case GPIO_V2_GET_LINE_IOCTL:
        fd = line_descriptor(handle, request, arg, sizeof(struct gpio_v2_line_request));
        return fd < 0 ? -1 : give_descriptor(&((struct gpio_v2_line_request *)arg)->fd, fd);
    default: return device_ioctl(handle, request, arg);
    }
}
