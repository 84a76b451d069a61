/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/usb_port.h"

#include "preload/usb_transfer.h"
#include "sim/memory.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { IN = 0x80, PACKET_BYTES = 64, OVERHEAD_BYTES = 13, SPEED_FULL = 2, GET_DESCRIPTOR = 6, STRING = 3 };
#define BIT_PS (SIM_US / 12)

static struct usb_port *port_of(struct device *d)
{
    return d->own;
}

/* ---- transfers that are on the way ---- */

static struct usb_pipe *pipe_of(struct usb_port *p, uint8_t endpoint)
{
    return &p->pipe[(endpoint & 15) | (endpoint & IN ? 16 : 0)];
}

static bool is_of(const struct usb_urb *u, const struct usb_port *p, const struct usb_pipe *pipe)
{
    return pipe_of((struct usb_port *)p, u->type == USBDEVFS_URB_TYPE_CONTROL ? 0 : u->endpoint) == pipe;
}

/* The one that came first. */
static struct usb_urb *first_of(struct usb_port *p, const struct usb_pipe *pipe)
{
    struct usb_urb *first = NULL;

    for (unsigned i = 0; i < USB_PORT_URBS; i++) {
        struct usb_urb *u = &p->urb[i];

        if (u->used && !u->done && is_of(u, p, pipe) && (!first || u->order < first->order)) {
            first = u;
        }
    }
    return first;
}

/* The next packet, if there is something to send or to ask for. */
static void go_on(struct usb_pipe *pipe)
{
    struct usb_port *p = pipe->of;
    const struct usb_urb *u = first_of(p, pipe);
    sim_time bus_ps = (OVERHEAD_BYTES + PACKET_BYTES) * 8 * BIT_PS;

    pipe->waits = false;
    if (u && !sim_event_pending(&pipe->packet)) {
        if (u->type == USBDEVFS_URB_TYPE_CONTROL) {
            bus_ps = p->node->modem_ps;
        } else if (!(u->endpoint & IN) && u->length - u->actual < PACKET_BYTES) {
            bus_ps = (OVERHEAD_BYTES + u->length - u->actual) * 8 * BIT_PS;
        }
        sim_schedule(p->sim, &pipe->packet, p->sim->now_ps + bus_ps);
    }
}

static void end_urb(struct usb_port *p, struct usb_urb *u, int status)
{
    u->done = true;
    u->status = status;
    u->order = ++p->orders;
    sim_wake(p->sim);
}

static int do_control(const struct usb_port *p, const uint8_t setup[8], uint8_t *data, size_t n)
{
    int got = p->type->control(p->part, setup, data, n);

    return got == PC_USB_STALL ? -EPIPE : setup[0] & IN ? got : (int)n;
}

/* One packet of u. False: it was not acknowledged. */
static bool do_packet(struct usb_port *p, struct usb_urb *u)
{
    size_t left = u->length - u->actual, n = left < PACKET_BYTES ? left : PACKET_BYTES;
    uint8_t *at = u->bytes + u->actual;
    int got = u->endpoint & IN ? p->type->in(p->part, u->endpoint, at, n) : p->type->out(p->part, u->endpoint, at, n);

    if (got == PC_USB_NAK) {
        return false;
    }
    if (got == PC_USB_STALL) {
        end_urb(p, u, -EPIPE);
        return true;
    }
    u->actual += (uint32_t)got;
    if (u->actual == u->length || (u->endpoint & IN && got < PACKET_BYTES)) {
        end_urb(p, u, 0);
    }
    return true;
}

static void packet_is_over(void *ctx, sim_time at_ps)
{
    struct usb_pipe *pipe = ctx;
    struct usb_port *p = pipe->of;
    struct usb_urb *u = first_of(p, pipe);

    (void)at_ps;
    if (!u) {
        return;
    }
    if (u->type == USBDEVFS_URB_TYPE_CONTROL) {
        uint8_t setup[8];

        memcpy(setup, u->bytes, sizeof setup);
        int got = do_control(p, setup, u->bytes + sizeof setup, u->length - sizeof setup);

        u->actual = got > 0 ? (uint32_t)got : 0;
        end_urb(p, u, got < 0 ? got : 0);
    } else if (!do_packet(p, u)) {
        pipe->waits = true;
        return;
    }
    go_on(pipe);
}

/* The device may acknowledge now what it did not before. */
static void device_changed(void *ctx)
{
    struct usb_port *p = ctx;

    for (unsigned i = 0; i < USB_PORT_PIPES; i++) {
        if (p->pipe[i].waits) {
            go_on(&p->pipe[i]);
        }
    }
}

static void free_urb(struct usb_urb *u)
{
    free(u->bytes);
    *u = (struct usb_urb){ .used = false };
}

/* A transfer that begins: NULL: too many. bytes: what goes out. */
static struct usb_urb *new_urb(struct usb_port *p, int handle, const struct usb_transfer *t, const uint8_t *bytes,
                               size_t n)
{
    struct usb_urb *u = NULL;
    bool control = t->type == USBDEVFS_URB_TYPE_CONTROL;

    for (unsigned i = 0; i < USB_PORT_URBS && !u; i++) {
        u = p->urb[i].used ? NULL : &p->urb[i];
    }
    if (!u) {
        return NULL;
    }
    *u = (struct usb_urb){
        .used = true,
        .handle = handle,
        .id = t->id,
        .type = t->type,
        .endpoint = (uint8_t)t->endpoint,
        .length = t->length + (control ? (uint32_t)sizeof t->setup : 0),
        .flags = t->flags,
        .order = ++p->orders,
        .bytes = memory_zeroed(t->length + sizeof t->setup + 1, 1),
    };
    if (control) {
        memcpy(u->bytes, t->setup, sizeof t->setup);
    }
    memcpy(u->bytes + (control ? sizeof t->setup : 0), bytes, n < t->length ? n : t->length);
    go_on(pipe_of(p, control ? 0 : u->endpoint));
    return u;
}

/* It is taken off the bus; what it has so far it keeps. */
static void stop_urb(struct usb_port *p, struct usb_urb *u, int status)
{
    struct usb_pipe *pipe = pipe_of(p, u->type == USBDEVFS_URB_TYPE_CONTROL ? 0 : u->endpoint);

    end_urb(p, u, status);
    if (!first_of(p, pipe)) {
        sim_cancel(p->sim, &pipe->packet);
        pipe->waits = false;
    }
}

/* ---- ioctls ---- */

/* What came: the transfer's head and the bytes that go out. */
static bool head_of(const struct device_ioctl *i, struct usb_transfer *t, const uint8_t **bytes, size_t *n)
{
    if (i->n_in < sizeof *t) {
        return false;
    }
    memcpy(t, i->in, sizeof *t);
    *bytes = (const uint8_t *)i->in + sizeof *t;
    *n = i->n_in - sizeof *t;
    return t->length <= USB_TRANSFER_BYTES;
}

static int answer(struct device_ioctl *i, const struct usb_transfer *t, const uint8_t *bytes, size_t n)
{
    memcpy(i->out, t, sizeof *t);
    memcpy((uint8_t *)i->out + sizeof *t, bytes, n);
    i->n_out = sizeof *t + n;
    return 0;
}

static int control(struct usb_port *p, struct device_ioctl *i)
{
    static _Thread_local uint8_t data[USB_TRANSFER_BYTES];
    const uint8_t *bytes;
    struct usb_transfer t;
    size_t n;

    if (!head_of(i, &t, &bytes, &n)) {
        return -EINVAL;
    }
    memset(data, 0, t.length);
    memcpy(data, bytes, n < t.length ? n : t.length);
    int got = do_control(p, t.setup, data, t.length);

    if (got < 0) {
        return got;
    }
    t.actual = (uint32_t)got;
    answer(i, &t, data, t.setup[0] & IN ? (size_t)got : 0);
    return got;
}

/* Waits for it; call->memo: the number of its URB + 1, and until when << 8. */
static int bulk(struct usb_port *p, struct device_ioctl *i, struct device_call *call)
{
    const uint8_t *bytes;
    struct usb_transfer t;
    size_t n;

    if (!head_of(i, &t, &bytes, &n)) {
        return -EINVAL;
    }
    if (!call->memo) {
        t.type = USBDEVFS_URB_TYPE_BULK;
        t.id = 0;
        struct usb_urb *u = new_urb(p, -1, &t, bytes, t.endpoint & IN ? 0 : n);

        if (!u) {
            return -ENOMEM;
        }
        call->memo = (uint64_t)(u - p->urb + 1) | (p->sim->now_ps / SIM_US + t.timeout_ms * UINT64_C(1000)) << 8;
    }
    struct usb_urb *u = &p->urb[(call->memo & 0xFF) - 1];
    sim_time end_ps = t.timeout_ms ? (call->memo >> 8) * SIM_US : SIM_NEVER;

    if (!u->done && p->sim->now_ps < end_ps) {
        call->retry_ps = end_ps;
        return -EAGAIN;
    }
    if (!u->done) {
        stop_urb(p, u, -ETIMEDOUT);
    }
    int status = u->status, actual = (int)u->actual;

    t.actual = u->actual;
    answer(i, &t, u->bytes, t.endpoint & IN ? u->actual : 0);
    free_urb(u);
    return status < 0 ? status : actual;
}

static int submit(struct usb_port *p, struct device_ioctl *i, int handle)
{
    const uint8_t *bytes;
    struct usb_transfer t;
    size_t n;

    if (!head_of(i, &t, &bytes, &n) || t.type == USBDEVFS_URB_TYPE_ISO) {
        return -EINVAL;
    }
    return new_urb(p, handle, &t, bytes, n) ? 0 : -ENOMEM;
}

static struct usb_urb *first_done(struct usb_port *p, int handle)
{
    struct usb_urb *first = NULL;

    for (unsigned k = 0; k < USB_PORT_URBS; k++) {
        struct usb_urb *u = &p->urb[k];

        if (u->used && u->done && u->handle == handle && (!first || u->order < first->order)) {
            first = u;
        }
    }
    return first;
}

/* Result 0: an URB has ended and is in the answer; 1: none has (only where that is not waited for). */
static int reap(struct usb_port *p, struct device_ioctl *i, int handle, bool waits)
{
    struct usb_urb *u = first_done(p, handle);

    if (!u) {
        return waits ? -EAGAIN : 1;
    }
    bool is_control = u->type == USBDEVFS_URB_TYPE_CONTROL, in = (is_control ? u->bytes[0] : u->endpoint) & IN;
    const struct usb_transfer t = {
        .id = u->id, .type = u->type, .endpoint = u->endpoint, .status = u->status, .actual = u->actual
    };

    answer(i, &t, u->bytes + (is_control ? sizeof t.setup : 0), in ? u->actual : 0);
    free_urb(u);
    return 0;
}

static int discard(struct usb_port *p, struct device_ioctl *i, int handle)
{
    for (unsigned k = 0; k < USB_PORT_URBS; k++) {
        struct usb_urb *u = &p->urb[k];

        if (u->used && !u->done && u->handle == handle && u->id == i->value) {
            stop_urb(p, u, -ENOENT);
            return 0;
        }
    }
    return -EINVAL;
}

/* The first number of what came: most requests are about an interface or an endpoint. */
static unsigned number(const struct device_ioctl *i)
{
    unsigned v = 0;

    memcpy(&v, i->in, i->n_in < sizeof v ? i->n_in : sizeof v);
    return v;
}

static int claim(struct usb_port *p, unsigned interface, int handle)
{
    unsigned interfaces = p->descriptors[p->descriptors[0] + 4];

    if (interface >= interfaces || interface >= USB_PORT_INTERFACES) {
        return -ENOENT;
    }
    if (p->owner[interface] && p->owner[interface] != handle + 1) {
        return -EBUSY;
    }
    p->owner[interface] = handle + 1;
    return 0;
}

static int release(struct usb_port *p, unsigned interface, int handle)
{
    if (interface >= USB_PORT_INTERFACES || p->owner[interface] != handle + 1) {
        return -EINVAL;
    }
    p->owner[interface] = 0;
    return 0;
}

static int out_bytes(struct device_ioctl *i, const void *from, size_t n)
{
    memcpy(i->out, from, n);
    i->n_out = n;
    return 0;
}

static int standard(const struct usb_port *p, uint8_t type, uint8_t request, unsigned value, unsigned index)
{
    const uint8_t setup[8] = { type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index };
    int got = do_control(p, setup, NULL, 0);

    return got < 0 ? got : 0;
}

static int ioctl_usb(struct device *d, struct device_ioctl *i, struct device_call *call)
{
    enum {
        TO_DEVICE = 0,
        TO_INTERFACE = 1,
        TO_ENDPOINT = 2,
        CLEAR_FEATURE = 1,
        SET_CONFIGURATION = 9,
        SET_INTERFACE = 11
    };
    struct usb_port *p = port_of(d);
    const uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
    const struct usbdevfs_connectinfo connected = { .devnum = p->address };
    unsigned two[2] = { 0 };

    switch (i->request) {
    case USBDEVFS_CONTROL: return control(p, i);
    case USBDEVFS_BULK: return bulk(p, i, call);
    case USBDEVFS_SUBMITURB: return submit(p, i, call->handle);
    case USBDEVFS_REAPURB: return reap(p, i, call->handle, true);
    case USBDEVFS_REAPURBNDELAY: return reap(p, i, call->handle, false);
    case USBDEVFS_DISCARDURB: return discard(p, i, call->handle);
    case USBDEVFS_CLAIMINTERFACE: return claim(p, number(i), call->handle);
    case USBDEVFS_RELEASEINTERFACE: return release(p, number(i), call->handle);
    case USBDEVFS_DISCONNECT_CLAIM: return claim(p, number(i), call->handle);
    case USBDEVFS_SETCONFIGURATION: return standard(p, TO_DEVICE, SET_CONFIGURATION, number(i), 0);
    case USBDEVFS_SETINTERFACE:
        memcpy(two, i->in, i->n_in < sizeof two ? i->n_in : sizeof two);
        return standard(p, TO_INTERFACE, SET_INTERFACE, two[1], two[0]);
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESETEP: return standard(p, TO_ENDPOINT, CLEAR_FEATURE, 0, number(i));
    case USBDEVFS_RESET: return 0;
    case USBDEVFS_GETDRIVER: /* no driver of the kernel has it */
    case USBDEVFS_IOCTL: return -ENODATA;
    case USBDEVFS_GET_CAPABILITIES: return out_bytes(i, &capabilities, sizeof capabilities);
    case USBDEVFS_CONNECTINFO: return out_bytes(i, &connected, sizeof connected);
    case USBDEVFS_GET_SPEED: return SPEED_FULL;
    default: return -ENOTTY;
    }
}

/* ---- the device ---- */

static sim_time cost(const struct device *d, uint32_t request)
{
    return request == USBDEVFS_CONTROL ? d->modem_ps : d->call_ps;
}

static short ready(struct device *d, int handle)
{
    return first_done(port_of(d), handle) ? POLLOUT : 0;
}

static void close_usb(struct device *d, int handle)
{
    struct usb_port *p = port_of(d);

    for (unsigned i = 0; i < USB_PORT_INTERFACES; i++) {
        p->owner[i] = p->owner[i] == handle + 1 ? 0 : p->owner[i];
    }
    for (unsigned i = 0; i < USB_PORT_URBS; i++) {
        struct usb_urb *u = &p->urb[i];

        if (u->used && (u->handle == handle || (u->handle < 0 && !d->opens))) {
            if (!u->done) {
                stop_urb(p, u, -ENOENT);
            }
            free_urb(u);
        }
    }
}

static ssize_t content(struct device *d, void *to, size_t room)
{
    const struct usb_port *p = port_of(d);

    if (p->n_descriptors > room) {
        return -EIO;
    }
    memcpy(to, p->descriptors, p->n_descriptors);
    return (ssize_t)p->n_descriptors;
}

static const struct device_type usb_type = {
    .name = "USB device",
    .close = close_usb,
    .content = content,
    .ioctl = ioctl_usb,
    .ioctl_cost = cost,
    .ready = ready,
};

/* ---- sysfs ---- */

enum { NO_STRING = 0 };

/* A string of the device, as it gives it (UTF-16; what is no ASCII becomes '?'). */
static bool string_of(const struct usb_port *p, uint8_t index, char *text, size_t room)
{
    const uint8_t setup[8] = { IN, GET_DESCRIPTOR, index, STRING, 0x09, 0x04, 255, 0 };
    uint8_t bytes[255];
    int n = index ? do_control(p, setup, bytes, sizeof bytes) : -1;
    size_t at = 0;

    for (int i = 2; i + 1 < n && at + 1 < room; i += 2) {
        text[at++] = (char)(bytes[i + 1] || bytes[i] < 32 || bytes[i] > 126 ? '?' : bytes[i]);
    }
    text[at] = '\0';
    return n >= 0;
}

static unsigned word(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

/* at: of a number in the descriptors; else which string. */
static const struct usb_file {
    const char *name, *format;
    unsigned at, bytes;
} files[] = {
    { "busnum", "1\n", 0, 0 },        { "devnum", NULL, 0, 0 },
    { "speed", "12\n", 0, 0 },        { "bConfigurationValue", "%u\n", 18 + 5, 1 },
    { "idVendor", "%04x\n", 8, 2 },   { "idProduct", "%04x\n", 10, 2 },
    { "bcdDevice", "%04x\n", 12, 2 }, { "manufacturer", NULL, 14, 0 },
    { "product", NULL, 15, 0 },       { "serial", NULL, 16, 0 },
    { "descriptors", NULL, 0, 0 },
};
enum { FILES = sizeof files / sizeof files[0] };
_Static_assert(FILES + 1 == USB_PORT_FILES, "a folder and its files");

static ssize_t file_content(struct device *d, void *to, size_t room)
{
    const struct usb_port_file *file = d->own;
    const struct usb_file *f = &files[file->index];
    const struct usb_port *p = file->of;
    char text[256];

    if (!strcmp(f->name, "descriptors")) {
        return content(p->node, to, room);
    }
    if (!strcmp(f->name, "devnum")) {
        return snprintf(to, room, "%u\n", p->address);
    }
    if (f->format && !f->bytes) {
        return snprintf(to, room, "%s", f->format);
    }
    if (f->format) {
        return snprintf(to, room, f->bytes == 1 ? "%u\n" : "%04x\n",
                        f->bytes == 1 ? p->descriptors[f->at] : word(&p->descriptors[f->at]));
    }
    return string_of(p, p->descriptors[f->at], text, sizeof text) ? snprintf(to, room, "%s\n", text) : -ENODATA;
}

static const struct device_type file_type = { .name = "attribute of a USB device", .content = file_content };
static const struct device_type folder_type = { .name = "folder" };

static unsigned add_files(struct usb_port *p, struct device *file)
{
    unsigned n = 1;

    file[0].type = &folder_type;
    file[0].mode = S_IFDIR | 0755;
    snprintf(file[0].path, sizeof file[0].path, "/sys/bus/usb/devices/1-%u", p->address - 1);
    for (unsigned i = 0; i < FILES; i++) {
        if (!files[i].format && files[i].at && !p->descriptors[files[i].at]) {
            continue; /* it has no such string */
        }
        struct device *d = &file[n++];

        p->file[i] = (struct usb_port_file){ p, i };
        d->type = &file_type;
        d->own = &p->file[i];
        d->mode = S_IFREG | 0444;
        snprintf(d->path, sizeof d->path, "/sys/bus/usb/devices/1-%u/%s", p->address - 1, files[i].name);
    }
    return n;
}

/* ---- plugging in ---- */

/* What the kernel asks a device that is plugged in, and sets. */
static void enumerate(struct usb_port *p)
{
    const uint8_t device[8] = { IN, GET_DESCRIPTOR, 0, 1, 0, 0, 18, 0 };
    const uint8_t configuration[8] = { IN, GET_DESCRIPTOR, 0, 2, 0, 0, 0, 2 };
    int n = do_control(p, device, p->descriptors, 18), more;

    more = n == 18 ? do_control(p, configuration, p->descriptors + 18, 512) : -1;
    p->n_descriptors = more > 0 ? 18 + (size_t)more : 0;
    if (p->n_descriptors) {
        standard(p, 0, 9, p->descriptors[18 + 5], 0); /* SET_CONFIGURATION */
    }
}

unsigned usb_port_init(struct usb_port *p, struct device *node, struct sim *sim, const struct pc_usb *type, void *part,
                       unsigned address, struct device *file)
{
    *p = (struct usb_port){ .sim = sim, .type = type, .part = part, .node = node, .address = address };
    for (unsigned i = 0; i < USB_PORT_PIPES; i++) {
        p->pipe[i].of = p;
        sim_event_init(&p->pipe[i].packet, "USB packet", packet_is_over, &p->pipe[i]);
    }
    node->type = &usb_type;
    node->own = p;
    type->listen(part, device_changed, p);
    enumerate(p);
    return add_files(p, file);
}

void usb_port_free(struct usb_port *p)
{
    p->type->listen(p->part, NULL, NULL);
    for (unsigned i = 0; i < USB_PORT_PIPES; i++) {
        sim_cancel(p->sim, &p->pipe[i].packet);
    }
    for (unsigned i = 0; i < USB_PORT_URBS; i++) {
        free(p->urb[i].bytes);
    }
}
