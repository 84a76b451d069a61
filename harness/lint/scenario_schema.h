/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_schema.h - scenarios as a JSON schema (draft 7), for editors: made from the tables that the loader reads by
 *
 *      schema.c, step_types[], parts, switches, rules + docs/scenarios.md's texts --> JSON schema
 *
 * It can't say more than the tables: values are texts, numbers or yes and no there; units and ranges the loader knows.
 */
#ifndef HARNESS_LINT_SCENARIO_SCHEMA_H
#define HARNESS_LINT_SCENARIO_SCHEMA_H

/* The whole file's text, to free(). NULL: out of memory. */
char *scenario_schema_text(void);
char *sweep_schema_text(void);
char *limits_schema_text(void); /* harness/base/limits.h */

#endif
