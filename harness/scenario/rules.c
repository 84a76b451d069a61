/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rules.c - what a scenario says of the checker's rules by name: which are off or notes here, and margins to keep */
#include "harness/scenario/load.h"
#include "harness/scenario/yaml_schema.h"

#include <stdio.h>
#include <string.h>

const char *load_no_rule(const char *name, char *text, size_t size)
{
    const char *nearest = NULL;
    unsigned best = 3, told = 0;

    for (unsigned r = 0; r < CHECKER_RULES; r++) {
        unsigned d = yaml_spelling_distance(name, checker_rule_info((enum checker_rule)r)->id);

        if (d < best) {
            best = d;
            nearest = checker_rule_info((enum checker_rule)r)->id;
        }
    }
    if (nearest) {
        snprintf(text, size, "there is no rule '%.40s', did you mean '%s'?", name, nearest);
        return text;
    }
    snprintf(text, size, "there is no rule '%.40s'; known: ", name);
    for (size_t n = strlen(text); told < CHECKER_RULES && n + 80 < size; told++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s", told ? ", " : "",
                              checker_rule_info((enum checker_rule)told)->id);
    }
    if (told < CHECKER_RULES) {
        snprintf(text + strlen(text), size - strlen(text), " and %u more (docs/rules.md)", CHECKER_RULES - told);
    }
    return text;
}

static bool find_rule(struct loader *l, const struct yaml_node *n, enum checker_rule *rule)
{
    char text[700];

    *rule = checker_rule_find(n->key ? n->key : "");
    return *rule != CHECKER_RULES ||
           yaml_problem(&l->tree, n, l->err, "%s", load_no_rule(n->key ? n->key : "", text, sizeof text));
}

static const struct yaml_node *child(const struct yaml_node *map, const char *key)
{
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        if (n->key && !strcmp(n->key, key)) {
            return n;
        }
    }
    return NULL;
}

/* {as: off, because: "..."}: without a reason nobody will know next year whether it still holds. */
static bool load_rule(struct loader *l, const struct yaml_node *n)
{
    const struct yaml_node *as = n->kind == YAML_MAP ? child(n, "as") : NULL;
    const struct yaml_node *because = n->kind == YAML_MAP ? child(n, "because") : NULL;
    enum checker_rule rule;
    char text[400];

    if (!find_rule(l, n, &rule)) {
        return false;
    }
    if (!as || as->kind != YAML_SCALAR || !because || because->kind != YAML_SCALAR || !because->text[0]) {
        return yaml_problem(&l->tree, n, l->err,
                            "expected {as: off, because: \"the reason\"} or {as: note, because: ...}");
    }
    for (const struct yaml_node *k = n->first; k; k = k->next) {
        if (k != as && k != because) {
            return yaml_problem(&l->tree, k, l->err, "unknown key '%.40s'; known here: as, because", k->key);
        }
    }
    if (!strcmp(as->text, "off")) {
        l->s->rule_as[rule] = CHECKER_OFF;
    } else if (!strcmp(as->text, "note")) {
        l->s->rule_as[rule] = CHECKER_AS_NOTE;
    } else {
        return yaml_problem(&l->tree, as, l->err, "'%.40s' is neither off nor note", as->text);
    }
    snprintf(text, sizeof text, "%s is %s here: %s", n->key, strcmp(as->text, "off") ? "a note" : "switched off",
             because->text);
    load_note(l, text);
    return true;
}

bool load_rules(struct loader *l)
{
    const struct yaml_node *map = yaml_find(&l->tree, "rules");

    if (map && map->kind != YAML_MAP) {
        return yaml_problem(&l->tree, map, l->err,
                            "expected names of rules, each with {as: off, because: \"the reason\"}");
    }
    for (const struct yaml_node *n = map ? map->first : NULL; n; n = n->next) {
        if (!load_rule(l, n)) {
            return false;
        }
    }
    return true;
}

static bool load_margin(struct loader *l, const char *path, const struct yaml_node *n, struct scenario_expect_margin *m)
{
    if (!find_rule(l, n, &m->rule)) {
        return false;
    }
    if (!checker_rule_info(m->rule)->has_margin) {
        return yaml_problem(&l->tree, n, l->err, "the rule '%s' has no figure, so no margin: name it in findings",
                            n->key);
    }
    if (n->kind != YAML_SCALAR) {
        return yaml_problem(&l->tree, n, l->err, "expected a margin, such as \">= 20 %%\"");
    }
    m->place = load_place(l, path, n->key);
    return load_relation(l, path, n->key, n->text, QUANTITY_PPM, &m->margin);
}

bool load_margins(struct loader *l, const char *path, struct scenario_expect *e)
{
    const struct yaml_node *map = yaml_find(&l->tree, path);
    unsigned n = 0;

    if (!map) {
        return true;
    }
    if (map->kind != YAML_MAP) {
        return yaml_problem(&l->tree, map, l->err,
                            "expected names of rules with margins, such as {sck_high: \">= 20 %%\"}");
    }
    for (const struct yaml_node *c = map->first; c; c = c->next) {
        n++;
    }
    e->margins = load_keep(l, (n + 1) * sizeof *e->margins);
    for (const struct yaml_node *c = map->first; c; c = c->next) {
        if (!load_margin(l, path, c, &e->margins[e->n_margins++])) {
            return false;
        }
    }
    return true;
}
