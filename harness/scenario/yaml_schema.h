/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_schema.h - a tree of yaml_place.h into structs, by libcyaml's schema
 *
 * libcyaml fills structs but keeps no positions, so a wrong unit found later could not be placed. The tree is checked
 * here against the same tables, so that every message names file, line and column and what would have been right;
 * libcyaml then loads a document that it can't refuse.
 */
#ifndef HARNESS_SCENARIO_YAML_SCHEMA_H
#define HARNESS_SCENARIO_YAML_SCHEMA_H

#include "harness/scenario/yaml_place.h"

#include <cyaml/cyaml.h>

/* Every key known, every type right, nothing missing. */
bool yaml_check(const struct yaml_tree *t, const cyaml_schema_value_t *schema, struct problem *err);

/* check, then load with libcyaml. Free *data with yaml_unload(). */
bool yaml_load(const struct yaml_tree *t, const cyaml_schema_value_t *schema, void **data, struct problem *err);
void yaml_unload(const cyaml_schema_value_t *schema, void *data);

/* Letters to change, add or drop between two words (Levenshtein); words longer than 30 count as far. */
unsigned yaml_spelling_distance(const char *a, const char *b);

#endif
