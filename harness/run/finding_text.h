/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * finding_text.h - findings and margins as lines for people
 *
 *   425.1234375 ms  SCK  SCK high lasted 1.5 us, must be longer than 2 us (sck_high)
 *
 * Times are exact, so that the same run gives the same text.
 */
#ifndef HARNESS_RUN_FINDING_TEXT_H
#define HARNESS_RUN_FINDING_TEXT_H

#include <stdio.h>

#include "sim/checker.h"

#define FINDING_TEXT_BYTES 600

const char *finding_text(const struct checker_finding *f, char *buf, size_t size);

/* Every finding of c, what is of one rule on one net as one line with a count. prefix begins every line. */
void findings_list(FILE *to, const struct checker *c, const char *prefix);

/*
 * The end of a run: how many findings of each rule, and of every rule that was measured its worst margin.
 * prefix begins every line.
 */
void findings_summary(FILE *to, const struct checker *c, const char *prefix);

#endif
