/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json.h - a run's results as JSON: what the reports of lines of JSON, HTML and baselines share
 *
 * Numbers are exact: times in whole picoseconds, measured and required in the rule's unit. docs/schema/ has the schema.
 */
#ifndef HARNESS_RUN_REPORT_JSON_H
#define HARNESS_RUN_REPORT_JSON_H

#include "harness/base/json_text.h"
#include "harness/report/report_cases.h"

#define REPORT_JSON_VERSION 1

json_t *report_case_json(struct json_builder *b, const struct report_case *c);
json_t *report_change_json(struct json_builder *b, const struct report_change *d);
json_t *report_totals_json(struct json_builder *b, const struct report_totals *t);

#endif
