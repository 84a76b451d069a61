/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usbfs.c - the ioctls of usbfs whose argument leads on to other memory: as struct usb_transfer and bytes
 *
 * An URB is the program's memory until it is reaped: what it is to receive is written there then. Memory that is not
 * there is EFAULT wherever the kernel has it: what is sent, when it is handed over; what comes, afterwards.
 */
#include "preload/bench.h"
#include "preload/ioctls.h"
#include "preload/usb_transfer.h"
#include "preload/user_memory.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <string.h>
#include <sys/ioctl.h>

enum { IN = 0x80, SETUP_BYTES = 8 };

/* Asks with t and what goes out. -1: errno; else back is the answer's head, *bytes what came or NULL. */
static int ask(int handle, unsigned long request, const struct usb_transfer *t, const void *out, size_t n_out,
               struct usb_transfer *back, const uint8_t **bytes)
{
    static _Thread_local uint8_t both[sizeof *t + USB_TRANSFER_BYTES];

    if (n_out > USB_TRANSFER_BYTES || t->length > USB_TRANSFER_BYTES) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(both, t, sizeof *t);
    if (!user_readable(out, n_out)) {
        return -1;
    }
    if (n_out) {
        memcpy(both + sizeof *t, out, n_out);
    }
    struct answer a = bench_ask(&(struct question){
        .op = EXEC_IOCTL, .handle = handle, .arg = { request }, .data = both, .n_data = sizeof *t + n_out });

    if (a.result < 0) {
        return -1;
    }
    memset(back, 0, sizeof *back);
    if (a.n_data >= sizeof *back) {
        memcpy(back, a.data, sizeof *back);
        *bytes = (const uint8_t *)a.data + sizeof *back;
        if (back->actual > a.n_data - sizeof *back) { /* OUT: none come back */
            *bytes = NULL;
        }
    }
    return (int)a.result;
}

/* The first n of room bytes that came, if any. -1: errno. */
static int give(void *to, const uint8_t *bytes, int n, size_t room)
{
    return n > 0 && bytes && !user_fill(to, bytes, (size_t)n < room ? (size_t)n : room) ? -1 : n;
}

static int control(int handle, const struct usbdevfs_ctrltransfer *c)
{
    if (!user_readable(c, sizeof *c)) {
        return -1;
    }
    struct usb_transfer t = { .length = c->wLength, .timeout_ms = c->timeout }, back;
    bool in = c->bRequestType & IN;
    const uint8_t *bytes = NULL;

    memcpy(t.setup, c, SETUP_BYTES); /* its first fields are those of the packet */
    int n = ask(handle, USBDEVFS_CONTROL, &t, c->data, in ? 0 : c->wLength, &back, &bytes);

    return give(c->data, in ? bytes : NULL, n, c->wLength);
}

static int bulk(int handle, const struct usbdevfs_bulktransfer *b)
{
    if (!user_readable(b, sizeof *b)) {
        return -1;
    }
    const struct usb_transfer t = { .endpoint = b->ep, .length = b->len, .timeout_ms = b->timeout };
    struct usb_transfer back;
    const uint8_t *bytes = NULL;
    int n = ask(handle, USBDEVFS_BULK, &t, b->data, b->ep & IN ? 0 : b->len, &back, &bytes);

    return give(b->data, b->ep & IN ? bytes : NULL, n, b->len);
}

static int submit(int handle, const struct usbdevfs_urb *u)
{
    if (!user_readable(u, sizeof *u)) {
        return -1;
    }
    bool is_control = u->type == USBDEVFS_URB_TYPE_CONTROL;
    size_t skip = is_control ? SETUP_BYTES : 0;
    const uint8_t *at = u->buffer, *bytes = NULL;
    struct usb_transfer t = { .id = (uintptr_t)u, .type = u->type, .flags = u->flags, .endpoint = u->endpoint }, back;

    if (u->buffer_length < (int)skip || (u->buffer_length && !at)) {
        errno = EINVAL;
        return -1;
    }
    if (!user_readable(at, skip)) {
        return -1;
    }
    if (is_control) {
        memcpy(t.setup, at, SETUP_BYTES);
    }
    t.length = (uint32_t)u->buffer_length - (uint32_t)skip;
    bool in = (is_control ? t.setup[0] : u->endpoint) & IN;

    return ask(handle, USBDEVFS_SUBMITURB, &t, at + skip, in ? 0 : t.length, &back, &bytes);
}

static int reap(int handle, unsigned long request, void **reaped)
{
    const struct usb_transfer t = { .id = 0 };
    struct usb_transfer back;
    const uint8_t *bytes = NULL;
    int r;

    do {
        r = ask(handle, request, &t, NULL, 0, &back, &bytes);
    } while (r < 0 && errno == EINTR && request == USBDEVFS_REAPURB && bench_is_on());
    if (r) {
        errno = r > 0 ? EAGAIN : errno;
        return -1;
    }
    struct usbdevfs_urb *u = (struct usbdevfs_urb *)(uintptr_t)back.id;
    size_t skip = back.type == USBDEVFS_URB_TYPE_CONTROL ? SETUP_BYTES : 0;

    const int actual = (int)back.actual;

    if (!user_readable(u, sizeof *u) || !user_fill(&u->status, &back.status, sizeof u->status) ||
        !user_fill(&u->actual_length, &actual, sizeof u->actual_length)) {
        return -1;
    }
    if (bytes && back.actual && back.actual + skip <= (size_t)u->buffer_length &&
        !user_fill((uint8_t *)u->buffer + skip, bytes, back.actual)) {
        return -1;
    }
    return user_fill(reaped, &u, sizeof u) ? 0 : -1;
}

bool usbfs_ioctl(int handle, unsigned long request, void *arg, int *result)
{
    switch (request) {
    case USBDEVFS_CONTROL: *result = control(handle, arg); return true;
    case USBDEVFS_BULK: *result = bulk(handle, arg); return true;
    case USBDEVFS_SUBMITURB: *result = submit(handle, arg); return true;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY: *result = reap(handle, request, arg); return true;
    default: return false;
    }
}
