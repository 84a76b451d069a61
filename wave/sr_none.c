/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sr_none.c - stands in for sr_read.c and sr_write.c where minizip is missing */
#include "wave/doc_write.h"
#include "wave/sr_read.h"

#include <stdio.h>

bool sr_read(struct wave_list *w, const char *path, const char *bytes, size_t n, struct problem *err)
{
    (void)w;
    (void)bytes;
    (void)n;
    return problem_set(
        err,
        "%s: a PulseView session, which this limpet was built without (install libminizip-dev and build again); "
        "convert it: sigrok-cli -i FILE.sr -O csv > FILE.csv",
        path);
}

bool doc_write_sr(const char *path, const struct wave_doc *d, const struct doc_cut *cut, struct problem *err)
{
    (void)d;
    (void)cut;
    return problem_set(
        err, "%s: this limpet was built without PulseView sessions (install libminizip-dev and build again)", path);
}
