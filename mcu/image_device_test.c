/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/image_device.h"
#include "sim/part.h"
#include "tests/run_all.h"

START_TEST(siblings_differ_in_letters_only)
{
    ck_assert(image_device_is_sibling("atmega328", "atmega328p"));
    ck_assert(image_device_is_sibling("atmega328pb", "ATmega328P"));
    ck_assert(image_device_is_sibling("atmega8", "atmega8a"));
    ck_assert(image_device_is_sibling("attiny2313a", "attiny2313"));
    ck_assert(image_device_is_sibling("attiny861v", "attiny861a"));
    ck_assert(!image_device_is_sibling("atmega168p", "atmega328p"));
    ck_assert(!image_device_is_sibling("atmega32", "atmega328p"));
    ck_assert(!image_device_is_sibling("atmega8", "atmega8u2"));
    ck_assert(!image_device_is_sibling("atmega32u4", "atmega32"));
    ck_assert(!image_device_is_sibling("attiny85", "atmega85"));
    ck_assert(!image_device_is_sibling("avr5", "atmega328p"));
}
END_TEST

static bool fits(const char *device, unsigned architecture, const char *here, uint32_t flash_bytes, struct problem *err)
{
    struct image img = { .architecture = architecture };
    snprintf(img.device, sizeof img.device, "%s", device);
    return image_is_for(&img, here, flash_bytes, err);
}

START_TEST(the_name_counts_then_the_architecture)
{
    struct problem err = { "" };
    ck_assert(fits("", 0, "atmega328p", 32768, &err)); /* a hex file */
    ck_assert(fits("", 5, "atmega328p", 32768, &err));
    ck_assert(fits("atmega328", 5, "atmega328p", 32768, &err));
    ck_assert_str_eq(err.text, "");
    ck_assert(!fits("attiny85", 25, "atmega328p", 32768, &err));
    ck_assert_str_eq(err.text,
                     "the program is for another device: built for attiny85, here it would run on atmega328p");
    ck_assert(!fits("atmega644p", 5, "atmega328p", 32768, &err)); /* the same architecture is not enough */
    ck_assert(!fits("", 6, "atmega328p", 32768, &err));
    ck_assert_str_eq(err.text,
                     "the program is for another device: built for the architecture avr6, atmega328p is avr5");
    ck_assert(!fits("", 5, "atmega8a", 8192, &err));
}
END_TEST

/* Every part there is, and some that come: what avr-gcc itself says. */
START_TEST(architectures_as_avr_gcc_has_them)
{
    static const struct {
        const char *device;
        uint32_t flash_kb;
    } more[] = { { "atmega2560", 256 }, { "atmega1284p", 128 }, { "atmega644p", 64 }, { "atmega32u4", 32 },
                 { "attiny2313", 2 },   { "attiny84", 8 },      { "attiny13a", 1 },   { "atmega48p", 4 },
                 { "atmega16u2", 16 },  { "atmega8u2", 8 },     { "attiny167", 16 },  { "attiny861a", 8 } };
    unsigned checked = 0, n_parts = 0;
    while (part_at(n_parts)) {
        n_parts++;
    }
    for (unsigned i = 0; i < n_parts + sizeof more / sizeof more[0]; i++) {
        const struct part *part = i < n_parts ? part_at(i) : NULL;
        unsigned k = part ? 0 : i - n_parts;
        const char *device = part ? part->name : more[k].device;
        uint32_t flash = part ? part->flash_bytes : more[k].flash_kb * 1024;
        char command[200];
        snprintf(command, sizeof command, "avr-gcc -mmcu=%s -E -dM -x c /dev/null 2>/dev/null", device);
        FILE *f = popen(command, "r");
        ck_assert_ptr_nonnull(f);
        char line[256];
        unsigned arch = 0;
        while (fgets(line, sizeof line, f)) {
            sscanf(line, "#define __AVR_ARCH__ %u", &arch);
        }
        pclose(f);
        if (arch) { /* else: no avr-gcc, or it doesn't know the device */
            ck_assert_msg(image_device_architecture(device, flash) == arch, "%s: avr%u, avr-gcc has avr%u", device,
                          image_device_architecture(device, flash), arch);
            checked++;
        }
    }
    printf("%u devices compared with avr-gcc\n", checked);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("image_device");
    TCase *tc = tcase_create("image_device");
    tcase_add_test(tc, siblings_differ_in_letters_only);
    tcase_add_test(tc, the_name_counts_then_the_architecture);
    tcase_add_test(tc, architectures_as_avr_gcc_has_them);
    suite_add_tcase(s, tc);
    return run_all(s);
}
