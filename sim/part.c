/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/part.h"

#include <ctype.h>
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

bool part_has_pin(const struct part *part, const char *name)
{
    if (toupper((unsigned char)name[0]) != 'P' || !name[1] || name[2] < '0' || name[2] > '7' || name[3]) {
        return false;
    }
    for (const struct part_port *p = part->ports; p->letter; p++) {
        if (p->letter == toupper((unsigned char)name[1])) {
            return p->pins >> (name[2] - '0') & 1;
        }
    }
    return false;
}

const char *part_pin_name(const struct part *part, unsigned i, char name[PART_PIN_NAME_SIZE])
{
    for (const struct part_port *p = part->ports; p->letter; p++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if ((p->pins >> bit & 1) && i-- == 0) {
                name[0] = 'P';
                name[1] = p->letter;
                name[2] = (char)('0' + bit);
                name[3] = '\0';
                return name;
            }
        }
    }
    return NULL;
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
