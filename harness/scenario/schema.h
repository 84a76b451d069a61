/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.h - which keys a scenario has, for libcyaml: the structs of raw.h told as tables */
#ifndef HARNESS_SCENARIO_SCHEMA_H
#define HARNESS_SCENARIO_SCHEMA_H

#include "harness/scenario/raw_fields.h"

#define RAW_SCENARIO_FIELDS 12
struct raw_schema { /* made, since a scenario's steps are rows; do not move it after init */
    cyaml_schema_field_t step_fields[RAW_STEP_TYPES + 4], scenario_fields[RAW_SCENARIO_FIELDS];
    cyaml_schema_value_t step, scenario;
};

void raw_schema_init(struct raw_schema *r);

#endif
