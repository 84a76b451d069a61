/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/image_device.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What stands behind the number of a device's name and changes neither vectors nor memories. */
static const char *const variants[] = { "", "a", "l", "p", "pa", "pb", "v" };

unsigned image_device_architecture(const char *device, uint32_t flash_bytes)
{
    bool has_mul = strncasecmp(device, "attiny", 6) != 0 && strncasecmp(device, "at90usb", 7) != 0 &&
                   !(strlen(device) > 2 && strcasecmp(device + strlen(device) - 2, "u2") == 0);
    if (flash_bytes > 128 * 1024) {
        return 6;
    }
    if (flash_bytes > 64 * 1024) {
        return 51;
    }
    if (flash_bytes > 8 * 1024) {
        return has_mul ? 5 : 35;
    }
    return has_mul ? 4 : strncasecmp(device, "attiny", 6) == 0 ? 25 : 35;
}

/* Length of "atmega328" in "atmega328pb": up to the end of its last number that follows the family's name. */
static size_t stem(const char *name)
{
    size_t n = strcspn(name, "0123456789");
    return n + strspn(name + n, "0123456789");
}

static bool is_variant(const char *suffix)
{
    for (unsigned i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        if (strcasecmp(suffix, variants[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool image_device_is_sibling(const char *a, const char *b)
{
    size_t n = stem(a);
    return strcasecmp(a, b) == 0 ||
           (n == stem(b) && strncasecmp(a, b, n) == 0 && is_variant(a + n) && is_variant(b + n));
}

bool image_is_for(const struct image *img, const char *device, uint32_t flash_bytes, struct problem *err)
{
    unsigned architecture = image_device_architecture(device, flash_bytes);
    if (img->device[0]) {
        if (image_device_is_sibling(img->device, device)) {
            return true;
        }
        return problem_set(err, "the program is for another device: built for %s, here it would run on %s", img->device,
                           device);
    }
    if (!img->architecture || img->architecture == architecture) {
        return true;
    }
    return problem_set(err, "the program is for another device: built for the architecture avr%u, %s is avr%u",
                       img->architecture, device, architecture);
}
