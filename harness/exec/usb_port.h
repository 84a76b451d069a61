/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usb_port.h - a USB device of the board as Linux shows it: /dev/bus/usb/001/00N (usbfs) and /sys/bus/usb/devices/1-N
 *
 *      libusb-0.1, libusb-1.0 --ioctl--> usbfs --transfers--> one packet after the other --pc_usb--> part
 *
 * The kernel's interface and not the libraries': so their own code decides about time-outs, threads and what can be
 * cancelled, it serves both of them and whoever loads them at run time (Python), and it is smaller than either library.
 * udev is the one thing between: preload/udev.c.
 *
 * Models      control, bulk and interrupt transfers, synchronous and as URBs, time-outs, cancelling, claims; a packet
 *             takes its time on a bus of full speed; an endpoint that does not acknowledge is asked again when the device
 *             says that it has changed; a control transfer takes the row's time (pc_side.h)
 * Leaves out  isochronous transfers, streams, hubs, frames and who else is on the bus, drivers of the kernel
 * Source      Linux uapi: linux/usbdevice_fs.h; USB 2.0, table 5-9 (bulk at full speed)
 */
#ifndef HARNESS_EXEC_USB_PORT_H
#define HARNESS_EXEC_USB_PORT_H

#include "harness/exec/device.h"
#include "harness/parts/pc_side.h"

enum { USB_PORT_URBS = 64, USB_PORT_PIPES = 32, USB_PORT_FILES = 12, USB_PORT_INTERFACES = 32 };

struct usb_urb {
    bool used, done;
    int handle;
    uint64_t id;      /* the program's: its address */
    unsigned type;    /* USBDEVFS_URB_TYPE_ ... */
    uint8_t endpoint; /* with the direction's bit */
    int status;       /* 0, -errno */
    uint32_t length, actual, flags;
    uint64_t order; /* of submitting, then of ending */
    uint8_t *bytes;
};

struct usb_pipe { /* an endpoint in one direction */
    struct usb_port *of;
    struct sim_event packet; /* is on the bus */
    bool waits;              /* the last one was not acknowledged */
};

struct usb_port { /* do not move it while the device is there */
    struct sim *sim;
    const struct pc_usb *type;
    void *part;
    struct device *node;
    struct usb_urb urb[USB_PORT_URBS];
    struct usb_pipe pipe[USB_PORT_PIPES];
    uint64_t orders;
    int owner[USB_PORT_INTERFACES]; /* handle + 1 */
    uint8_t descriptors[1024];      /* of the device, then of the configuration */
    size_t n_descriptors;
    unsigned address;
    struct usb_port_file {
        const struct usb_port *of;
        unsigned index;
    } file[USB_PORT_FILES];
};

/* address: of the bus, 2 and up. file: USB_PORT_FILES devices, of which it fills as many as it returns. */
unsigned usb_port_init(struct usb_port *p, struct device *node, struct sim *sim, const struct pc_usb *type, void *part,
                       unsigned address, struct device *file);
void usb_port_free(struct usb_port *p);

#endif
