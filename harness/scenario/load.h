/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load.h - for the files that turn texts of a scenario into values: here, and the steps (step_type.h)
 *
 * Each function takes the path of the map it reads ("board.target") and the key in it; a text that is NULL
 * (not given) leaves the value alone. False: l->err holds the problem with its place.
 */
#ifndef HARNESS_SCENARIO_LOAD_H
#define HARNESS_SCENARIO_LOAD_H

#include "harness/base/quantity.h"
#include "harness/scenario/raw.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_place.h"

struct loader {
    struct yaml_tree tree;
    struct scenario *s;
    struct problem *err;
    const char *dir;             /* of the scenario file */
    struct load_data_once *data; /* load.c: bytes that stand in several places are there once */
    size_t data_bytes;
};

/* Memory that lives as long as the scenario. */
void *load_keep(struct loader *l, size_t n);
const char *load_keep_text(struct loader *l, const char *text);
/* What was accepted though it is worth knowing: told once with the scenario's results. */
void load_note(struct loader *l, const char *text);

/* "file:line:column: text" of the value at path.key (key NULL: of path itself). Always false. */
bool load_problem(struct loader *l, const char *path, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same before l->err's present text. */
bool load_place_problem(struct loader *l, const char *path, const char *key);
struct scenario_place load_place(struct loader *l, const char *path, const char *key);

bool load_number(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
                 int64_t min, int64_t max, int64_t *value);
bool load_u64(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
              int64_t min, int64_t max, uint64_t *value);
bool load_u32(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
              int64_t min, int64_t max, uint32_t *value);
bool load_bool(struct loader *l, const char *path, const char *key, const char *text, bool *value);
/* rules.c: what is said of rules by name: the scenario's "rules", and path's "expect.margins". */
bool load_rules(struct loader *l);
bool load_margins(struct loader *l, const char *path, struct scenario_expect *e);
/* What to say of a rule that is not there: the one that is spelt nearly so, or those there are. */
const char *load_no_rule(const char *name, char *text, size_t size);
bool load_relation(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
                   struct scenario_number *number);

bool load_data(struct loader *l, const char *path, const struct raw_data *raw, enum prog_memory m, bool must_have_bytes,
               struct scenario_data *data);
/* Hex bytes of any number; NULL text: none. "xx" gives -1 where wild is true. */
bool load_bytes(struct loader *l, const char *path, const char *key, const char *text, bool wild, int **bytes,
                unsigned *n);
/* Those of an image's .fuse and .lock (enum prog_fuse); bytes that it lacks, or the part, stay as they are. */
bool load_fuses_of_file(struct loader *l, const char *path, const char *file, int out[4]);
/* A note for each memory that an image has bytes for, and of which the scenario says nothing (said[], by memory). */
bool load_note_sections(struct loader *l, const char *path, const char *file, const bool said[]);
/* out[]: enum prog_fuse, -1 where not given. to_compare: a preset as it reads back, unused bits 1. */
bool load_fuses(struct loader *l, const char *path, const struct raw_fuses *raw, bool to_compare, int out[4]);
bool load_clock(struct loader *l, const char *path, const struct raw_clock *raw, struct scenario_clock *clock);

/* wires.c. The plan first: names are looked up in it. */
bool load_plan(struct loader *l);
bool load_leads(struct loader *l, const char *path, const struct raw_pins *raw, struct plan_lead **leads, unsigned *n);
bool load_pulls(struct loader *l, const char *path, const struct raw_pins *raw, bool up);
/* The part that board.reset_capacitor stands for; the pulls have been loaded. */
void load_reset_capacitor(struct loader *l, uint64_t c_ff);
bool load_stimulus_map(struct loader *l);
/* No pin gets two wires, from the beginning and through all steps: those have been loaded. */
bool load_wiring_is_sound(struct loader *l);
/* Is it a net, or a line in volts? Else the problem says what there is. */
bool load_net_name(struct loader *l, const char *path, const char *key, const char *name, bool or_line);

/* board.c, devices.c, target.c, programmer.c; devices after the plan */
bool load_devices(struct loader *l);
bool load_board(struct loader *l, const struct raw_board *raw);
bool load_target(struct loader *l, const struct raw_target *raw);
bool load_programmer(struct loader *l, const struct raw_programmer *raw);
bool load_switches(struct loader *l, const char *path, struct target_switches *sw);
bool load_adapter(struct loader *l, const char *path, const char *text, struct adapter *adapter);
/* Switches and wires of a high-voltage programmer, if there is one; name NULL: the scripted one's. After load_plan(). */
bool load_high_voltage(struct loader *l, const char *name);
/* The keys of a part's table, from a map of the tree; `type` is no key of it. */
bool load_part_keys(struct loader *l, const struct yaml_node *map, const struct part_type *type, void *cfg);
bool load_script(struct loader *l, const char *path, const struct raw_script *raw, struct scripted_config *s);

/* steps.c */
bool load_steps(struct loader *l, const struct raw_scenario *raw);
/* expect.c */
bool load_expect(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e);

#endif
