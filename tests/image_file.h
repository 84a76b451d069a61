/* SPDX-License-Identifier: GPL-3.0-or-later */
/* image_file.h - for tests: an image from a file that the build made */
#ifndef TESTS_IMAGE_FILE_H
#define TESTS_IMAGE_FILE_H

#include "mcu/image.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static inline void image_of_file(struct image *img, const char *path)
{
    uint8_t *bytes = malloc(IMAGE_MAX_FILE_BYTES);
    FILE *f = fopen(path, "rb");
    struct problem err;

    ck_assert_msg(f != NULL, "%s", path);
    size_t n = fread(bytes, 1, IMAGE_MAX_FILE_BYTES, f);
    fclose(f);
    ck_assert_msg(image_parse(img, path, bytes, n, IMAGE_FLASH, &err), "%s", err.text);
    free(bytes);
}

#endif
