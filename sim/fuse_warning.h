/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuse_warning.h - what to beware of with these fuse and lock bytes, in words: `limpet fuses` and the note at a write
 */
#ifndef SIM_FUSE_WARNING_H
#define SIM_FUSE_WARNING_H

#include "sim/fuse_verdict.h"

#define FUSE_WARNINGS_MAX 16

struct fuse_warning {
    const char *id; /* "rstdisbl", "no-crystal", ... stable, for scripts */
    bool bricks;    /* ISP does not come back by itself */
    char text[320];
};

struct fuse_warnings {
    struct fuse_warning warning[FUSE_WARNINGS_MAX];
    unsigned n;
    /* what they are about; must outlive the call only */
    const struct part *part;
    const struct fuse_bytes *fuses;
    const struct clock_board *board;
    const struct fuse_verdict *verdict;
};

/* verdict: of these fuses on this board. */
void fuse_warnings_make(struct fuse_warnings *r, const struct part *part, const struct fuse_bytes *fuses,
                        const struct clock_board *board, const struct fuse_verdict *verdict);

#endif
