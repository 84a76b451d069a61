/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pull.h - what a pull resistor is (pull.c), for those whose own physics depends on it */
#ifndef HARNESS_PARTS_PULL_H
#define HARNESS_PARTS_PULL_H

#include <stdint.h>

enum { PULL_TO_GND, PULL_TO_VCC };

struct pull_config { /* cfg of pull_type */
    int64_t milliohm, to;
};

uint32_t pull_ohm(const struct pull_config *cfg);

#endif
