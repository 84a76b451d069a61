/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usb_transfer.h - how a transfer of usbfs travels: this, then its bytes (OUT there, IN back) */
#ifndef PRELOAD_USB_TRANSFER_H
#define PRELOAD_USB_TRANSFER_H

#include <stdint.h>

enum { USB_TRANSFER_BYTES = 1 << 15 }; /* more does not fit; libusb sends at most 16 KiB in one */

struct usb_transfer {
    uint64_t id;          /* of an URB: its address in the program */
    uint32_t type, flags; /* of an URB: USBDEVFS_URB_TYPE_... */
    uint32_t endpoint;    /* with the direction's bit */
    uint32_t length;      /* control: wLength; an URB's setup is in setup[] all the same */
    uint32_t timeout_ms;  /* 0: none */
    int32_t status;       /* answer: 0 or -errno */
    uint32_t actual;      /* answer: bytes */
    uint8_t setup[8];
};

#endif
