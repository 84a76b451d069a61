/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario_data.h - bytes for a memory, read or made when the scenario is loaded */
#ifndef HARNESS_BASE_SCENARIO_DATA_H
#define HARNESS_BASE_SCENARIO_DATA_H

#include <stdint.h>

struct scenario_data {
    const char *what; /* "blink.hex", "random 1", NULL: no data given */
    uint32_t offset;  /* byte address */
    uint32_t n;
    uint8_t *bytes;
    uint8_t *given; /* of an image file with gaps: 1 where it holds data; NULL: everywhere */
};

#endif
