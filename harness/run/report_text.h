/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_text.h - a report as text for people: findings, margins and the verdict
 *
 * The same run gives the same text, byte for byte.
 */
#ifndef HARNESS_RUN_REPORT_TEXT_H
#define HARNESS_RUN_REPORT_TEXT_H

#include "harness/run/report.h"

#include <stdio.h>

/* verbose: every step, not only what failed. out stays the caller's. */
struct report_sink *report_text_new(FILE *out, bool verbose);

#endif
