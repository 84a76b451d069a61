/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline.h - a run's figures, kept, and what has changed since: limpet run --save-baseline, --baseline
 *
 *      report --> baseline sink --> struct limits: SCENARIO/took (lower is better), SCENARIO/findings (lower),
 *                                                  SCENARIO/RULE (higher): the worst that was measured of each rule
 *      baseline_compare(was, is) --> struct report_changes --> every report
 *
 * Simulated figures are exact: without a tolerance any change to the worse counts. What the scenario's name has besides
 * letters, digits and ".-+" is "_" in a figure's.
 */
#ifndef HARNESS_RUN_BASELINE_H
#define HARNESS_RUN_BASELINE_H

#include "harness/base/limits.h"
#include "harness/report/report.h"

/* Adds the figures of each scenario that ran to `to`, which must outlive it. */
struct report_sink *baseline_sink_new(struct limits *to);

/*
 * path: of the baseline, for texts. Figures of scenarios that did not run this time are left out, and counted. False
 * and err: none of them ran, it is another suite's. Free with baseline_changes_free().
 */
bool baseline_compare(const struct limits *was, const struct limits *is, const char *path, struct report_changes *c,
                      struct problem *err);
void baseline_changes_free(struct report_changes *c);

#endif
