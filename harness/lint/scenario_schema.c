/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/lint/scenario_schema.h"

#include "harness/base/json_text.h"
#include "harness/base/limits.h"
#include "harness/lint/key_texts.h"
#include "harness/parts/part_types.h"
#include "harness/scenario/schema.h"
#include "sim/checker.h"
#include "sim/part.h"
#include "sim/switches.h"

#include <stdio.h>
#include <string.h>

static struct json_builder *of_fields(struct json_builder *b, const cyaml_schema_field_t *fields, const char *section,
                                      json_t *to);

/* NULL: the documents say nothing of it. */
static const char *text_of(const char *section, const char *key)
{
    for (const struct key_text *t = key_texts; t->key; t++) {
        if (!strcmp(t->section, section) && !strcmp(t->key, key)) {
            return t->text;
        }
    }
    return NULL;
}

/* A value: "20 ms", 3, 0x62, yes; empty is allowed, as in YAML. */
static json_t *scalar(struct json_builder *b)
{
    static const char *const types[] = { "string", "number", "boolean", "null" };
    json_t *o = json_object(), *list = json_array();

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        json_append(b, list, json_string(types[i]));
    }
    json_put(b, o, "type", list);
    return o;
}

static json_t *typed(struct json_builder *b, const char *type)
{
    json_t *o = json_object();

    json_put(b, o, "type", json_string(type));
    return o;
}

static json_t *either(struct json_builder *b, json_t *one, json_t *other)
{
    json_t *o = json_object(), *list = json_array();

    json_append(b, list, one);
    json_append(b, list, other);
    json_put(b, o, "anyOf", list);
    return o;
}

static json_t *names(struct json_builder *b, const char *(*name)(unsigned i))
{
    json_t *o = json_object(), *list = json_array();

    for (unsigned i = 0; name(i); i++) {
        json_append(b, list, json_string(name(i)));
    }
    json_put(b, o, "enum", list);
    return o;
}

static const char *part_name(unsigned i)
{
    return part_at(i) ? part_at(i)->name : NULL;
}

static const char *rule_name(unsigned i)
{
    return i < CHECKER_RULES ? checker_rule_info((enum checker_rule)i)->id : NULL;
}

static json_t *list_of(struct json_builder *b, json_t *entry)
{
    json_t *o = typed(b, "array");

    json_put(b, o, "items", entry);
    return o;
}

static json_t *map_of(struct json_builder *b, json_t *value)
{
    json_t *o = typed(b, "object");

    json_put(b, o, "additionalProperties", value);
    return o;
}

/* ---- what the loader reads from the tree, by tables of its own ---- */

static json_t *switches(struct json_builder *b)
{
    json_t *o = typed(b, "object"), *properties = json_object();

    for (unsigned i = 0; i < TARGET_SWITCHES; i++) {
        json_put(b, properties, target_switch_info((enum target_switch)i)->name, scalar(b));
    }
    json_put(b, o, "properties", properties);
    json_put(b, o, "additionalProperties", json_false());
    return o;
}

/* A choice as YAML's readers give it, without quotes around it: 0 is a number, and to some "on" is true. */
static void add_choice(struct json_builder *b, json_t *list, const char *choice)
{
    json_append(b, list, json_string(choice));
    if (choice[0] >= '0' && choice[0] <= '9') {
        json_append(b, list, json_integer(choice[0] - '0'));
    } else if (!strcmp(choice, "on") || !strcmp(choice, "yes")) {
        json_append(b, list, json_true());
    } else if (!strcmp(choice, "off") || !strcmp(choice, "no")) {
        json_append(b, list, json_false());
    }
}

static json_t *part_key(struct json_builder *b, const struct part_key *k)
{
    json_t *o = k->choices ? json_object() : scalar(b);

    if (k->choices) {
        json_t *list = json_array();

        for (unsigned i = 0; k->choices[i]; i++) {
            add_choice(b, list, k->choices[i]);
        }
        json_put(b, o, "enum", list);
    }
    json_put(b, o, "description", json_string(k->help));
    return o;
}

/* A part of board.parts: an alternative a type. */
static json_t *parts(struct json_builder *b)
{
    json_t *one = json_object(), *list = json_array();

    for (unsigned i = 0; part_type_at(i); i++) {
        const struct part_type *t = part_type_at(i);
        json_t *o = typed(b, "object"), *properties = json_object(), *type = json_object(), *must = json_array();

        if (t->place != PART_AMONG_PARTS) {
            json_decref(o);
            json_decref(properties);
            json_decref(type);
            json_decref(must);
            continue;
        }
        json_put(b, type, "const", json_string(t->name));
        json_put(b, type, "description", json_string(t->help));
        json_put(b, properties, "type", type);
        json_append(b, must, json_string("type"));
        for (unsigned k = 0; k < t->n_keys; k++) {
            json_put(b, properties, t->keys[k].name, part_key(b, &t->keys[k]));
            if (t->keys[k].must) {
                json_append(b, must, json_string(t->keys[k].name));
            }
        }
        json_put(b, o, "properties", properties);
        json_put(b, o, "required", must);
        json_put(b, o, "additionalProperties", json_false());
        json_append(b, list, o);
    }
    json_put(b, one, "anyOf", list);
    return map_of(b, one);
}

/* Of a key that libcyaml passes over. */
static json_t *of_ignored(struct json_builder *b, const char *key)
{
    if (!strcmp(key, "switches")) {
        return switches(b);
    }
    if (!strcmp(key, "parts")) {
        return parts(b);
    }
    if (!strcmp(key, "wires")) {
        return map_of(b, list_of(b, typed(b, "string")));
    }
    if (!strcmp(key, "map") || !strcmp(key, "devices")) {
        return map_of(b, typed(b, "string"));
    }
    if (!strcmp(key, "margins")) {
        return map_of(b, typed(b, "string"));
    }
    return strcmp(key, "$schema") ? json_object() : typed(b, "string");
}

/* ---- what it reads by schema.c ---- */

static bool is_data(const char *key)
{
    static const char *const keys[] = { "flash", "eeprom", "program", "verify", "read" };

    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!strcmp(key, keys[i])) {
            return true;
        }
    }
    return false;
}

static json_t *of_map(struct json_builder *b, const cyaml_schema_field_t *fields, const char *section)
{
    json_t *o = typed(b, "object");

    of_fields(b, fields, section, o);
    return o;
}

static json_t *of_value(struct json_builder *b, const cyaml_schema_value_t *v, const char *key, const char *section)
{
    if (v->type == CYAML_MAPPING) {
        json_t *map = of_map(b, v->mapping.fields, is_data(key) ? "data" : key);

        return strcmp(key, "random") ? map : either(b, map, scalar(b)); /* a bare number is its seed */
    }
    if (v->type == CYAML_SEQUENCE) {
        const cyaml_schema_value_t *entry = v->sequence.entry;
        bool steps = !strcmp(key, "steps");
        json_t *one = of_value(b, entry, steps ? "step" : key, section);

        if (!strcmp(key, "findings")) { /* a rule's name alone, and "none" for a list of none */
            json_t *none = json_object();

            json_put(b, none, "const", json_string("none"));
            return either(b, none, list_of(b, either(b, names(b, rule_name), one)));
        }
        return list_of(b, one);
    }
    if (v->type == CYAML_IGNORE) {
        return of_ignored(b, key);
    }
    if (!strcmp(key, "part")) {
        json_t *brief = typed(b, "string"); /* avrdude's names are known too, and what is printed on a chip */

        json_put(b, brief, "pattern", json_string("^([mtMT]|[aA][tT](mega|tiny|MEGA|TINY))[0-9]"));
        return either(b, names(b, part_name), brief);
    }
    return !strcmp(key, "rule") ? names(b, rule_name) : scalar(b);
}

static struct json_builder *of_fields(struct json_builder *b, const cyaml_schema_field_t *fields, const char *section,
                                      json_t *to)
{
    json_t *properties = json_object();

    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        const char *text = text_of(section, f->key);
        json_t *o = of_value(b, &f->value, f->key, section);

        if (text) {
            json_put(b, o, "description", json_string(text));
        }
        json_put(b, properties, f->key, o);
    }
    json_put(b, to, "properties", properties);
    json_put(b, to, "additionalProperties", json_false());
    return b;
}

static char *finished(struct json_builder *b, json_t *root, const char *title)
{
    json_put(b, root, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
    json_put(b, root, "title", json_string(title));
    return json_text(b, root, JSON_INDENT(1) | JSON_SORT_KEYS);
}

char *scenario_schema_text(void)
{
    struct json_builder b = { false };
    struct raw_schema raw;
    json_t *root;

    raw_schema_init(&raw);
    root = of_map(&b, raw.scenario_fields, "");
    return finished(&b, root, "A scenario of limpet run");
}

/* ---- sweeps: harness/sweep/sweep.h ---- */

static json_t *told(struct json_builder *b, json_t *o, const char *text)
{
    json_put(b, o, "description", json_string(text));
    return o;
}

static json_t *closed(struct json_builder *b, json_t *properties, const char *must, const char *also)
{
    json_t *o = typed(b, "object"), *list = json_array();

    json_append(b, list, json_string(must));
    if (also) {
        json_append(b, list, json_string(also));
    }
    json_put(b, o, "properties", properties);
    json_put(b, o, "required", list);
    json_put(b, o, "additionalProperties", json_false());
    return o;
}

char *sweep_schema_text(void)
{
    struct json_builder b = { false };
    json_t *choice = json_object(), *axis = json_object(), *sweep = json_object();

    json_put(&b, choice, "name", scalar(&b));
    json_put(&b, choice, "set", told(&b, map_of(&b, scalar(&b)), "values by their paths: {board.target.vcc: 3 V}"));
    json_put(&b, axis, "name", scalar(&b));
    json_put(&b, axis, "path", told(&b, typed(&b, "string"), "the value that varies: board.target.fuses.low"));
    json_put(&b, axis, "values",
             told(&b, scalar(&b), "\"a, b, c\", \"1 kHz..4 kHz step 500 Hz\", \"1 ms..64 ms times 2\""));
    json_put(&b, axis, "choices", list_of(&b, closed(&b, choice, "name", NULL)));
    json_put(&b, sweep, "name", scalar(&b));
    json_put(&b, sweep, "description", scalar(&b));
    json_put(&b, sweep, "$schema", typed(&b, "string"));
    json_put(&b, sweep, "scenario", told(&b, typed(&b, "string"), "a scenario's file, beside this one"));
    json_put(&b, sweep, "axes", list_of(&b, closed(&b, axis, "name", NULL)));
    return finished(&b, closed(&b, sweep, "name", "scenario"), "A sweep of limpet sweep");
}

/* Texts, but for those that value_of() makes. */
static json_t *of_keys(struct json_builder *b, const struct limits_key *keys,
                       json_t *(*value_of)(struct json_builder *b, const char *key))
{
    json_t *o = typed(b, "object"), *properties = json_object(), *required = json_array();

    for (; keys->key; keys++) {
        json_put(b, properties, keys->key, told(b, value_of(b, keys->key), keys->about));
        if (keys->required) {
            json_append(b, required, json_string(keys->key));
        }
    }
    json_put(b, o, "properties", properties);
    json_put(b, o, "required", required);
    json_put(b, o, "additionalProperties", json_false());
    return o;
}

static json_t *of_figure(struct json_builder *b, const char *key)
{
    return !strcmp(key, "kind")     ? names(b, limits_kind_name)
           : !strcmp(key, "better") ? names(b, limits_better_name)
                                    : typed(b, "string");
}

static json_t *of_limits(struct json_builder *b, const char *key)
{
    if (!strcmp(key, "limits")) {
        json_t *pattern = json_object(), *o = map_of(b, of_keys(b, limits_figure_keys, of_figure));

        json_put(b, pattern, "pattern", json_string(LIMITS_NAME_PATTERN));
        json_put(b, o, "propertyNames", pattern);
        return o;
    }
    json_t *o = typed(b, "string");
    if (!strcmp(key, "format")) {
        json_put(b, o, "const", json_string(LIMITS_FORMAT));
    }
    return o;
}

char *limits_schema_text(void)
{
    struct json_builder b = { false };

    return finished(&b, of_keys(&b, limits_file_keys, of_limits),
                    "Figures that a later run is compared with (run --save-baseline, judge --save-limits)");
}
