/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/part.h"

#include <string.h>
#include <strings.h>

static const struct part *const parts[] = {
    &part_atmega328p,
    &part_atmega8a,
    &part_attiny85,
    &part_atmega168p,
};

const struct part *part_at(unsigned i)
{
    return i < sizeof parts / sizeof parts[0] ? parts[i] : NULL;
}

bool part_clko_is_xtal2(const struct part *part)
{
    return part->pin_clko && !strcmp(part->pin_clko, part->pin_xtal2);
}

const struct part *part_find(const char *name)
{
    const struct part *p;

    for (unsigned i = 0; (p = part_at(i)); i++) {
        if (!strcasecmp(name, p->name) || !strcasecmp(name, p->avrdude_id)) {
            return p;
        }
    }
    return NULL;
}
