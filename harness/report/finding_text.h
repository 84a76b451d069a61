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

struct source_lines;

#define FINDING_TEXT_BYTES 600

const char *finding_text(const struct checker_finding *f, char *buf, size_t size);
/* Do they say the same of the same net? Lists give them one line with a count. */
bool finding_same_cause(const struct checker_finding *a, const struct checker_finding *b);

/*
 * Every finding of c, what is of one rule on one net as one line with a count; below it, where the firmware has line
 * numbers (lines NULL: not known), what it was doing then. prefix begins every line.
 */
void findings_list(FILE *to, const struct checker *c, struct source_lines *lines, const char *prefix);

/* "commit ArduinoISP.ino:489, called by write_flash ArduinoISP.ino:502", most deep; "": not known. Returns buf. */
const char *finding_source_text(const struct checker_where *w, struct source_lines *lines, unsigned most, char *buf,
                                size_t size);
/* The instruction on the wire: "40 00 12 .." (of what has not come yet, dots). Returns buf. */
const char *finding_instruction_text(const struct checker_where *w, char *buf, size_t size);
/* "1.5 us", "0x1234", "X": a measured or required value of the rule. Returns buf. */
const char *finding_value_text(enum checker_rule rule, int64_t value, char *buf, size_t size);

/* One rule of a run: "sck_high ok, worst tSHSL 5 us at 15.21 ms, required 1.9679 us". */
const char *margin_text(const struct checker_margin *m, enum checker_rule rule, char *buf, size_t size);

/*
 * The end of a run: how many findings of each rule, and of every rule that was measured its worst margin.
 * prefix begins every line.
 */
void findings_summary(FILE *to, const struct checker *c, const char *prefix);

#endif
