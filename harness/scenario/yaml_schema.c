/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/yaml_schema.h"

#include "harness/base/printable.h"
#include "harness/scenario/yaml_words.h"
#include "sim/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- checking against a libcyaml schema ---- */

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned yaml_spelling_distance(const char *a, const char *b)
{
    unsigned row[32], la = (unsigned)strlen(a), lb = (unsigned)strlen(b);

    if (la > 30 || lb > 30) {
        return 99;
    }
    for (unsigned j = 0; j <= lb; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= la; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= lb; j++) {
            unsigned up = row[j];

            row[j] = smaller(smaller(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] != b[j - 1]));
            diagonal = up;
        }
    }
    return row[lb];
}

static const char *known_keys(const cyaml_schema_field_t *fields, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        if (used + strlen(f->key) + 8 < size) {
            used += (unsigned)sprintf(text + used, "%s%s", used ? ", " : "", f->key);
        }
    }
    return text;
}

/* Is the text a known key with this character behind it? */
static bool begins_with_key(const char *text, char behind, const cyaml_schema_field_t *fields)
{
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        size_t n = strlen(f->key);

        if (!strncmp(text, f->key, n) && text[n] == behind) {
            return true;
        }
    }
    return false;
}

static bool unknown_key(const struct yaml_tree *t, const struct yaml_node *n, const cyaml_schema_field_t *fields,
                        struct problem *err)
{
    struct yaml_node place = { .line = n->key_line, .column = n->key_column, .set_by = n->set_by };
    const char *nearest = NULL;
    unsigned best = 3;
    char known[600];

    const char *colon = strchr(n->key, ':');
    if (colon && colon[1] && ((n->kind == YAML_SCALAR && !n->text[0]) || begins_with_key(n->key, ':', fields))) {
        return yaml_problem(t, &place, err, "a blank is missing behind the colon: write '%.*s: %.60s'",
                            (int)(colon - n->key), n->key, colon + 1);
    }
    if (n->key[0] >= '0' && n->key[0] <= '9' && n->kind == YAML_SCALAR && !n->text[0]) {
        return yaml_problem(t, &place, err,
                            "unknown key '%.60s': if it belongs to the number before it, decimals follow a point",
                            n->key);
    }
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        unsigned d = yaml_spelling_distance(n->key, f->key);

        if (d < best) {
            best = d;
            nearest = f->key;
        }
    }
    if (nearest) {
        return yaml_problem(t, &place, err, "unknown key '%.60s', did you mean '%s'?", n->key, nearest);
    }
    return yaml_problem(t, &place, err, "unknown key '%.60s'; known here: %s", n->key,
                        known_keys(fields, known, sizeof known));
}

static bool check_node(const struct yaml_tree *t, const struct yaml_node *n, const cyaml_schema_value_t *schema,
                       struct problem *err);

static bool has_key(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = map->first;

    while (n && strcmp(n->key, key) != 0) {
        n = n->next;
    }
    return n != NULL;
}

static bool no_map(const struct yaml_tree *t, const struct yaml_node *n, const cyaml_schema_field_t *fields,
                   struct problem *err)
{
    char known[600];

    if (n->kind == YAML_SCALAR && begins_with_key(n->text, ':', fields)) {
        const char *colon = strchr(n->text, ':');

        return yaml_problem(t, n, err, "a blank is missing behind the colon: write '{%.*s: %.60s}'",
                            (int)(colon - n->text), n->text, colon + 1);
    }
    if (n->kind == YAML_SCALAR && begins_with_key(n->text, ' ', fields)) {
        return yaml_problem(t, n, err, "a colon is missing behind '%.*s'", (int)strcspn(n->text, " "), n->text);
    }
    return yaml_problem(t, n, err, "expected keys with values here%s%s%s; known: %s", n->key ? ", under '" : "",
                        n->key ? n->key : "", n->key ? "'" : "", known_keys(fields, known, sizeof known));
}

static bool check_map(const struct yaml_tree *t, const struct yaml_node *n, const cyaml_schema_value_t *schema,
                      struct problem *err)
{
    const cyaml_schema_field_t *fields = schema->mapping.fields;

    if (n->kind != YAML_MAP) {
        return no_map(t, n, fields, err);
    }
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        const cyaml_schema_field_t *f = fields;

        while (f->key && strcmp(f->key, c->key)) {
            f++;
        }
        if (!f->key) {
            return unknown_key(t, c, fields, err);
        }
        if (!check_node(t, c, &f->value, err)) {
            return false;
        }
    }
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        if (!(f->value.flags & CYAML_FLAG_OPTIONAL) && !has_key(n, f->key)) {
            return yaml_problem(t, n, err, "the key '%s' is missing", f->key);
        }
    }
    return true;
}

static bool check_list(const struct yaml_tree *t, const struct yaml_node *n, const cyaml_schema_value_t *schema,
                       struct problem *err)
{
    if (n->kind == YAML_MAP && n->first && n->first->key[0] == '-' && n->first->key[1]) {
        return yaml_problem(t, n, err, "a blank is missing behind the dash: write '- %.60s'", n->first->key + 1);
    }
    if (n->kind != YAML_LIST) {
        return yaml_problem(t, n, err, "expected a list here%s%s%s: each entry begins with '- '",
                            n->key ? ", under '" : "", n->key ? n->key : "", n->key ? "'" : "");
    }
    if (n->n < schema->sequence.min || n->n > schema->sequence.max) {
        return yaml_problem(t, n, err, "the list has %u entries, not %u .. %u", n->n, schema->sequence.min,
                            schema->sequence.max);
    }
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        if (!check_node(t, c, schema->sequence.entry, err)) {
            return false;
        }
    }
    return true;
}

static bool check_node(const struct yaml_tree *t, const struct yaml_node *n, const cyaml_schema_value_t *schema,
                       struct problem *err)
{
    switch (schema->type) {
    case CYAML_MAPPING: return check_map(t, n, schema, err);
    case CYAML_SEQUENCE: return check_list(t, n, schema, err);
    case CYAML_STRING:
        if (n->kind != YAML_SCALAR) {
            return yaml_problem(t, n, err, "expected one value here%s%s%s", n->key ? ", for '" : "",
                                n->key ? n->key : "", n->key ? "'" : "");
        }
        return true;
    case CYAML_IGNORE: /* whoever reads it from the tree checks it */ return true;
    default: assert(!"schemas here have maps, lists and texts; other types are read from the texts"); return false;
    }
}

bool yaml_check(const struct yaml_tree *t, const cyaml_schema_value_t *schema, struct problem *err)
{
    return check_node(t, t->root, schema, err);
}

/* ---- handing over to libcyaml ---- */

/* The character that n bytes of UTF-8 hold. */
static uint32_t character(const char *s, unsigned n)
{
    uint32_t c = (unsigned char)s[0] & (n == 1 ? 0x7f : 0xffu >> (n + 1));

    for (unsigned i = 1; i < n; i++) {
        c = c << 6 | ((unsigned char)s[i] & 0x3f);
    }
    return c;
}

/* What an escape in the file has put there, libyaml may refuse to read as it is, or take for the end of a line. */
static void put_text(FILE *to, const char *s)
{
    putc('"', to);
    while (*s) {
        unsigned n = utf8_sequence(s);
        uint32_t c = character(s, n);

        assert(n); /* libyaml has read it */
        if (c == '"' || c == '\\') {
            fprintf(to, "\\%c", (char)c);
        } else if (c < 0x20 || c >= 0x7f) {
            fprintf(to, "\\U%08" PRIx32, c);
        } else {
            putc((int)c, to);
        }
        s += n;
    }
    putc('"', to);
}

static void put_node(FILE *to, const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR) {
        put_text(to, n->text);
        return;
    }
    putc(n->kind == YAML_MAP ? '{' : '[', to);
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        if (c->key) {
            put_text(to, c->key);
            fputs(": ", to);
        }
        put_node(to, c);
        if (c->next) {
            fputs(",\n", to);
        }
    }
    putc(n->kind == YAML_MAP ? '}' : ']', to);
}

/* The first message of libcyaml is kept; it prints nothing. */
static void keep_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    struct problem *kept = ctx;

    (void)level;
    if (!kept->text[0]) {
        vsnprintf(kept->text, sizeof kept->text, fmt, args);
        kept->text[strcspn(kept->text, "\n")] = '\0';
    }
}

bool yaml_load(const struct yaml_tree *t, const cyaml_schema_value_t *schema, void **data, struct problem *err)
{
    struct problem log = { "" };
    cyaml_config_t config = { .log_fn = keep_log,
                              .log_ctx = &log,
                              .mem_fn = cyaml_mem,
                              .log_level = CYAML_LOG_ERROR,
                              .flags = CYAML_CFG_NO_ALIAS };
    char *text = NULL;
    size_t n = 0;
    cyaml_err_t r;
    FILE *to;

    *data = NULL;
    if (!yaml_check(t, schema, err)) {
        return false;
    }
    to = memory_checked(open_memstream(&text, &n));
    put_node(to, t->root);
    fclose(to);
    r = cyaml_load_data((const uint8_t *)text, n, &config, schema, data, NULL);
    free(text);
    if (r != CYAML_OK) {
        return problem_set(err, "%s: %s%s%s", t->path, cyaml_strerror(r), log.text[0] ? ": " : "", log.text);
    }
    return true;
}

void yaml_unload(const cyaml_schema_value_t *schema, void *data)
{
    static const cyaml_config_t config = { .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR };

    cyaml_free(&config, schema, data, 0);
}
