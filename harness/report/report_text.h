/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_text.h - a report as text for people: findings, margins and the verdict, at the end what did not pass
 *
 * The same run gives the same text, byte for byte.
 */
#ifndef HARNESS_RUN_REPORT_TEXT_H
#define HARNESS_RUN_REPORT_TEXT_H

#include "harness/report/report.h"

#include <stdio.h>

struct report_text_options {
    bool verbose; /* every step, not only what failed */
    bool quiet;   /* only of scenarios that did not pass, and the end */
    bool colour;  /* as a terminal takes it */
    /* Called before something is written: whoever has a line of progress on the same terminal takes it away. NULL */
    void (*before)(void *ctx);
    void *ctx;
};

/* out stays the caller's. */
struct report_sink *report_text_new(FILE *out, const struct report_text_options *o);

#endif
