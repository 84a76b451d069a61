/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sr_none.c - stands in for sr_read.c where libzip is missing */
#include "wave/sr_read.h"

#include <stdio.h>

bool sr_read(struct wave_list *w, const char *path, struct problem *err)
{
    (void)w;
    return problem_set(
        err,
        "%s: a PulseView session, which this limpet was built without (install libzip-dev and build again); "
        "convert it: sigrok-cli -i FILE.sr -O csv > FILE.csv",
        path);
}
