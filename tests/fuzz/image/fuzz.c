/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image of any bytes: ELF, Intel hex, S-records by their beginning, else a raw one. */
#include "mcu/image.h"
#include "mcu/image_device.h"
#include "tests/fuzz/input.h"

static void take(const char *name, const uint8_t *bytes, size_t n, enum image_memory meant_for)
{
    static uint8_t cells[IMAGE_MAX_BYTES], used[IMAGE_MAX_BYTES];
    struct problem err = { "" };
    struct image img;

    if (!image_parse(&img, name, bytes, n, meant_for, &err)) {
        if (!err.text[0]) {
            abort(); /* a refusal says why */
        }
        return;
    }
    for (unsigned m = 0; m < IMAGE_MEMORIES; m++) {
        if (image_bytes(&img, m) > image_end(&img, m)) {
            abort();
        }
        image_place(&img, m, cells, m == IMAGE_FLASH ? IMAGE_MAX_BYTES : 1024, used, &err);
    }
    image_is_for(&img, "atmega328p", 32768, &err);
    image_free(&img);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    take("fuzz", bytes, n, IMAGE_FLASH);
    take("fuzz.bin", bytes, n, IMAGE_EEPROM);
    return 0;
}
