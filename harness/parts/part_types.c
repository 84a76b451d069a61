/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/part_types.h"

#include <string.h>

static const struct part_type *const types[] = {
    &level_shifter_type, &glitch_type, &led_type, &resistor_type, &driver_type,
};

const struct part_type *part_type_find(const char *name)
{
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!strcmp(types[i]->name, name)) {
            return types[i];
        }
    }
    return NULL;
}

const struct part_type *part_type_at(unsigned i)
{
    return i < sizeof types / sizeof types[0] ? types[i] : NULL;
}
