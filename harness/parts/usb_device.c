/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/usb_device.h"

#include "harness/parts/pc_side.h"

#include <string.h>

enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, SET_ADDRESS = 5, GET_DESCRIPTOR = 6 };
enum { GET_CONFIGURATION = 8, SET_CONFIGURATION = 9, GET_INTERFACE = 10, SET_INTERFACE = 11 };
enum { DEVICE = 1, CONFIGURATION = 2, STRING = 3, ENGLISH = 0x0409, IN = 0x80, TYPE = 0x60 };

static int give(uint8_t *data, size_t n, const void *from, size_t size)
{
    n = n < size ? n : size;
    memcpy(data, from, n);
    return (int)n;
}

static int give_string(const struct usb_device *d, unsigned index, uint8_t *data, size_t n)
{
    static const uint8_t languages[] = { 4, STRING, ENGLISH & 0xFF, ENGLISH >> 8 };
    uint8_t text[254];
    unsigned len = 2, i = 0;

    if (!index) {
        return give(data, n, languages, sizeof languages);
    }
    while (d->strings[i] && i + 1 < index) {
        i++;
    }
    if (!d->strings[i]) {
        return PC_USB_STALL;
    }
    for (const char *c = d->strings[i]; *c && len + 2 <= sizeof text; c++) { /* UTF-16 */
        text[len++] = (uint8_t)*c;
        text[len++] = 0;
    }
    text[0] = (uint8_t)len;
    text[1] = STRING;
    return give(data, n, text, len);
}

static int give_descriptor(const struct usb_device *d, const uint8_t setup[8], uint8_t *data, size_t n)
{
    switch (setup[3]) {
    case DEVICE: return give(data, n, d->device, d->device[0]);
    case CONFIGURATION:
        return setup[2] ? PC_USB_STALL
                        : give(data, n, d->configuration,
                               (size_t)(d->configuration[2] | (unsigned)d->configuration[3] << 8));
    case STRING: return give_string(d, setup[2], data, n);
    default: return PC_USB_STALL;
    }
}

int usb_device_request(struct usb_device *d, const uint8_t setup[8], uint8_t *data, size_t n)
{
    static const uint8_t zeros[2] = { 0 };

    if (setup[0] & TYPE) {
        return PC_USB_STALL;
    }
    if (setup[0] & IN) {
        switch (setup[1]) {
        case GET_STATUS: return give(data, n, zeros, 2);
        case GET_DESCRIPTOR: return give_descriptor(d, setup, data, n);
        case GET_CONFIGURATION: return give(data, n, &d->chosen, 1);
        case GET_INTERFACE: return give(data, n, zeros, 1);
        default: return PC_USB_STALL;
        }
    }
    switch (setup[1]) {
    case SET_CONFIGURATION:
        if (setup[2] && setup[2] != d->configuration[5]) {
            return PC_USB_STALL;
        }
        d->chosen = setup[2];
        return 0;
    case SET_INTERFACE: return setup[2] ? PC_USB_STALL : 0; /* only alternate setting 0 */
    case CLEAR_FEATURE:
    case SET_FEATURE:
    case SET_ADDRESS: return 0;
    default: return PC_USB_STALL;
    }
}
