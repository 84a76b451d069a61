/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/branches.h"

#include <assert.h>

static unsigned left(const struct branches *b)
{
    unsigned n = 0;

    for (unsigned i = 0; i < b->n; i++) {
        n += !b->gone[i];
    }
    return n;
}

bool branches_leave(struct branches *b, unsigned i)
{
    assert(b->me < 0 && i < b->n && !b->gone[i]);
    if (left(b) > 1) {
        b->gone[i] = true;
        if (!b->copy(b->ctx, i)) {
            return false;
        }
    }
    b->me = (int)i;
    return true;
}

unsigned branches_leave_all(struct branches *b)
{
    unsigned i = 0;

    while (b->gone[i] || !branches_leave(b, i)) {
        i++;
        assert(i < b->n); /* the last one stays */
    }
    return i;
}
