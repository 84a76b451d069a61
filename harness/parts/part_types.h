/* SPDX-License-Identifier: GPL-3.0-or-later */
/* part_types.h - the parts that a scenario can put on a board (board.parts) */
#ifndef HARNESS_PARTS_PART_TYPES_H
#define HARNESS_PARTS_PART_TYPES_H

#include "harness/parts/part.h"

/* NULL: there is none of that name. */
const struct part_type *part_type_find(const char *name);
/* i = 0.. ; NULL after the last. */
const struct part_type *part_type_at(unsigned i);

extern const struct part_type level_shifter_type, glitch_type, led_type, resistor_type, driver_type;

#endif
