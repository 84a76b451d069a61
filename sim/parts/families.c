/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/parts/families.h"

static const struct part_family *const families[] = {
    &family_megax8, &family_mega8, &family_tinyx5, &family_tinyx4, &family_tiny13, &family_tiny2313,
};

/* part.h's two, here because this folder knows what there is and part.c does not look down into it. */
const struct part *part_at(unsigned i)
{
    for (unsigned f = 0; f < sizeof families / sizeof families[0]; f++) {
        if (i < families[f]->n) {
            return families[f]->parts[i];
        }
        i -= families[f]->n;
    }
    return NULL;
}

unsigned part_count(void)
{
    unsigned n = 0;

    for (unsigned f = 0; f < sizeof families / sizeof families[0]; f++) {
        n += families[f]->n;
    }
    return n;
}
