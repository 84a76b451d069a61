/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usbfs.c - the ioctls of usbfs whose argument leads on to other memory: as struct usb_transfer and bytes
 *
 * An URB is the program's memory until it is reaped: what it is to receive is written there then.
 */
#include "preload/bench.h"
#include "preload/ioctls.h"
#include "preload/usb_transfer.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <string.h>
#include <sys/ioctl.h>

enum { IN = 0x80, SETUP_BYTES = 8 };

/* Asks with t and what goes out. -1: errno; else back is the answer's head and bytes. */
static int ask(int handle, unsigned long request, const struct usb_transfer *t, const void *out, size_t n_out,
               struct usb_transfer *back, const uint8_t **bytes)
{
    static _Thread_local uint8_t both[sizeof *t + USB_TRANSFER_BYTES];

    if (n_out > USB_TRANSFER_BYTES || t->length > USB_TRANSFER_BYTES) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(both, t, sizeof *t);
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

static int control(int handle, struct usbdevfs_ctrltransfer *c)
{
    struct usb_transfer t = { .length = c->wLength, .timeout_ms = c->timeout }, back;
    bool in = c->bRequestType & IN;
    const uint8_t *bytes = NULL;

    memcpy(t.setup, c, SETUP_BYTES); /* its first fields are those of the packet */
    int n = ask(handle, USBDEVFS_CONTROL, &t, c->data, in ? 0 : c->wLength, &back, &bytes);

    if (n > 0 && in && bytes) {
        memcpy(c->data, bytes, (size_t)n < c->wLength ? (size_t)n : c->wLength);
    }
    return n;
}

static int bulk(int handle, struct usbdevfs_bulktransfer *b)
{
    const struct usb_transfer t = { .endpoint = b->ep, .length = b->len, .timeout_ms = b->timeout };
    struct usb_transfer back;
    const uint8_t *bytes = NULL;
    int n = ask(handle, USBDEVFS_BULK, &t, b->data, b->ep & IN ? 0 : b->len, &back, &bytes);

    if (n > 0 && b->ep & IN && bytes) {
        memcpy(b->data, bytes, (size_t)n < b->len ? (size_t)n : b->len);
    }
    return n;
}

static int submit(int handle, struct usbdevfs_urb *u)
{
    bool is_control = u->type == USBDEVFS_URB_TYPE_CONTROL;
    size_t skip = is_control ? SETUP_BYTES : 0;
    const uint8_t *at = u->buffer, *bytes = NULL;
    struct usb_transfer t = { .id = (uintptr_t)u, .type = u->type, .flags = u->flags, .endpoint = u->endpoint }, back;

    if (u->buffer_length < (int)skip || (u->buffer_length && !at)) {
        errno = EINVAL;
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

    u->status = back.status;
    u->actual_length = (int)back.actual;
    if (bytes && back.actual && back.actual + skip <= (size_t)u->buffer_length) {
        memcpy((uint8_t *)u->buffer + skip, bytes, back.actual);
    }
    *reaped = u;
    return 0;
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
