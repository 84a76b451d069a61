/* SPDX-License-Identifier: GPL-3.0-or-later */
/* raw_fields.h - how keys of a scenario are told to libcyaml, and the tables that several files need */
#ifndef HARNESS_SCENARIO_RAW_FIELDS_H
#define HARNESS_SCENARIO_RAW_FIELDS_H

#include "harness/scenario/raw.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(s, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct s, key, 0, CYAML_UNLIMITED)
#define NAMED(s, name, member) CYAML_FIELD_STRING_PTR(name, OPTIONAL, struct s, member, 0, CYAML_UNLIMITED)
#define MAP(s, key, fields) CYAML_FIELD_MAPPING_PTR(#key, OPTIONAL, struct s, key, fields)
#define LIST(s, key, entry) CYAML_FIELD_SEQUENCE(#key, OPTIONAL, struct s, key, &entry, 0, 10000)

extern const cyaml_schema_value_t raw_text_value;         /* an entry of a list of texts */
extern const cyaml_schema_field_t raw_pins_fields[];      /* struct raw_pins */
extern const cyaml_schema_field_t raw_step_data_fields[]; /* struct raw_data, and which memory */
extern const cyaml_schema_field_t raw_read_fields[];      /* struct raw_data: memory, offset, length */
extern const cyaml_schema_field_t raw_fuses_fields[];     /* struct raw_fuses */
extern const cyaml_schema_field_t raw_clock_fields[];     /* struct raw_clock */
extern const cyaml_schema_field_t raw_expect_fields[];    /* struct raw_expect */

#endif
