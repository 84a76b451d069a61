/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * finding_json.h - findings and margins for programs, as JSON
 *
 * Values are exact: times in picoseconds, volts in millivolts; "text" is what people read.
 */
#ifndef HARNESS_RUN_FINDING_JSON_H
#define HARNESS_RUN_FINDING_JSON_H

#include "harness/base/json_text.h"
#include "sim/checker.h"

struct source_lines;
struct source_place;

/* {"step", "instruction", "pc", "source": [{"function", "file", "line", "own"}]}: what is known of it. lines may be NULL. */
json_t *where_json(struct json_builder *b, const struct checker_where *w, struct source_lines *lines);
/* The same where the places are known already. */
json_t *where_places_json(struct json_builder *b, const struct checker_where *w, const struct source_place *places,
                          unsigned n);
/* Puts "rule", "term", "severity" and "unit" of a rule into an object. */
void rule_json_put(struct json_builder *b, json_t *of, enum checker_rule rule);
json_t *finding_json(struct json_builder *b, const struct checker_finding *f, struct source_lines *lines);
/* A list, and what of it was not kept: [{"rule", "kept", "of"}] */
json_t *findings_json(struct json_builder *b, const struct checker *c, struct source_lines *lines);
json_t *findings_cut_json(struct json_builder *b, const struct checker *c);
/* Of each rule that was measured: required, measured, margin_ppm, where. */
json_t *margins_json(struct json_builder *b, const struct checker *c, struct source_lines *lines);

#endif
