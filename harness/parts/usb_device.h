/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usb_device.h - the standard requests of a USB device, answered from its descriptors
 *
 *      pc_usb.control() of a part --not its own--> usb_device_request()
 *
 * Source      USB 2.0, chapter 9
 */
#ifndef HARNESS_PARTS_USB_DEVICE_H
#define HARNESS_PARTS_USB_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct usb_device {
    const uint8_t *device;        /* device descriptor: device[0] bytes */
    const uint8_t *configuration; /* the only one, with its interfaces and endpoints: wTotalLength bytes */
    const char *const *strings;   /* of index 1 on, in English; NULL at the end */
    uint8_t chosen;               /* configuration; 0: none yet */
};

/* As pc_usb.control(): bytes, or PC_USB_STALL where it knows no such request. */
int usb_device_request(struct usb_device *d, const uint8_t setup[8], uint8_t *data, size_t n);

#endif
