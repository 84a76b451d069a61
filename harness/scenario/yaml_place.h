/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_place.h - a YAML document as a tree that knows its places
 *
 *      text --libyaml--> tree --(set values by path)--> yaml_schema.h --> structs
 *
 * It keeps line and column of every value and finds them by path ("board.target.fuses.low", "steps[2].wait").
 *
 * Paths       keys joined by dots, [n] for entries of a list counted from 0.
 * Aliases     are copied where they stand. One that lies inside its own anchor, more than YAML_MAX_NODES
 *             values (a document that multiplies itself), or more than YAML_MAX_DEPTH levels are errors.
 * Leaves out  merge keys (<<), tags, several documents in a file: each an error.
 */
#ifndef HARNESS_SCENARIO_YAML_PLACE_H
#define HARNESS_SCENARIO_YAML_PLACE_H

#include "sim/problem.h"

#include <stdbool.h>
#include <stddef.h>

#define YAML_MAX_DEPTH 32
#define YAML_MAX_KEYS 1000 /* of one map */
#define YAML_MAX_NODES 100000

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column; /* from 1; 0 = set by path, not in the file */
    const char *set_by;    /* "board.vcc=3 V": the set that made it, or NULL */
    char *key;             /* in a map, or NULL */
    unsigned key_line, key_column;
    char *text;                      /* scalar */
    struct yaml_node *first, **last; /* children, in order */
    struct yaml_node *next;
    unsigned n; /* children */
    bool again; /* a value with this key stands before it in its map */
};

struct yaml_tree {
    char *path; /* for messages: printable */
    struct yaml_node *root;
    unsigned n_nodes;
    bool empty; /* nothing stood there: root is a map without keys */
};

/* False and err: not YAML. An empty document is an empty map. Free it in any case. */
bool yaml_tree_parse(struct yaml_tree *t, const char *path, const char *text, size_t n, struct problem *err);
/* The same, but keys that stand twice in a map are both kept: for yaml_remove(). yaml_keys_differ() before it is used. */
bool yaml_tree_read(struct yaml_tree *t, const char *path, const char *text, size_t n, struct problem *err);
bool yaml_keys_differ(const struct yaml_tree *t, struct problem *err);
void yaml_tree_free(struct yaml_tree *t);

/* The value at a path, NULL if there is none. "" is the root. */
struct yaml_node *yaml_find(const struct yaml_tree *t, const char *path);
/* The nearest value on the way to a path that exists: for messages about something missing. */
struct yaml_node *yaml_nearest(const struct yaml_tree *t, const char *path);

/*
 * Sets the value at a path, making maps on the way; value is YAML itself ("0x62", "{crystal: 16 MHz}").
 * An entry of a list must exist, or be the next one.
 */
bool yaml_set(struct yaml_tree *t, const char *path, const char *value, struct problem *err);

/*
 * A value is gone, with its key. Its path counts through lists and maps alike, "[1][0]" is the first in the second of
 * the root: a key may stand there twice, or have dots in it. False: there is none, or it is the root.
 */
bool yaml_remove(struct yaml_tree *t, const char *path);

/* The value becomes a map with one key, and it under that key: for short forms of a map. */
void yaml_wrap(struct yaml_node *n, const char *key);

/* Puts "file:line:column: " of a node before a text; a node made by a set names that instead. Always false. */
bool yaml_problem(const struct yaml_tree *t, const struct yaml_node *at, struct problem *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
