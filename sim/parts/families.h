/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * families.h - the parts, a list per family, in the order of families.c
 *
 * A file per family holds what its parts have in common as tables and macros of initialisers; a part is then a row:
 * names, what the family offers by memory size and by die, and its signature.
 */
#ifndef SIM_PARTS_FAMILIES_H
#define SIM_PARTS_FAMILIES_H

#include "sim/part.h"

struct part_family {
    const struct part *const *parts;
    unsigned n;
};

/* A part that has no name of its own in C. */
#define PART(...)        \
    &(const struct part) \
    {                    \
        __VA_ARGS__      \
    }

extern const struct part_family family_megax8, family_mega8, family_tinyx5, family_tinyx4, family_tiny13,
    family_tiny2313;

#endif
