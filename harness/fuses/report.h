/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h - what fuse and lock bytes mean, in words and as JSON, and what to beware of
 */
#ifndef HARNESS_FUSES_REPORT_H
#define HARNESS_FUSES_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "sim/fuse_warning.h"

struct fuse_report {
    const struct part *part;
    struct fuse_bytes fuses;
    struct clock_board board;
    uint64_t sck_hz; /* the programmer's rate, 0 = not given */
    /* filled by fuse_report_make() */
    struct fuse_verdict verdict;
    enum fuse_reach reach; /* at sck_hz, or at a slow enough rate */
    struct fuse_warnings warnings;
};

/* part, fuses, board and sck_hz are set; the rest follows. */
void fuse_report_make(struct fuse_report *r);
void fuse_report_print(const struct fuse_report *r, FILE *out);
/* Of it what is said of the board, the clock and ISP: "label     text" a line, blanks instead of a label go on. Paragraphs
 * are broken at columns. */
void fuse_report_print_summary(const struct fuse_report *r, FILE *out, int columns);
/* A new reference; NULL when memory is short. */
json_t *fuse_report_json(const struct fuse_report *r);

/* What the field's present value does, in a few words; returns buf. */
const char *fuse_meaning(const struct part *part, const struct fuse_bytes *b, enum fuse_field f, char *buf, size_t n);

#endif
