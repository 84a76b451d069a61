/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/lint/lint.h"

#include "harness/base/input_file.h"
#include "harness/base/printable.h"
#include "harness/board/board.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_place.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 256 /* YAML_MAX_DEPTH counts of up to five digits */
#define LINE_SHOWN 160 /* characters of a line around the caret */

struct mistake {
    unsigned line, column; /* 0: no place */
    char *message;
};

struct lint {
    const char *path, *text;
    size_t n;
    lint_loader *load;
    struct scenario_set gone[LINT_MOST]; /* in order: each path is of the tree without those before it */
    struct scenario_place gone_at[LINT_MOST];
    char *gone_key[LINT_MOST]; /* NULL: none */
    unsigned n_gone;
    struct mistake mistakes[LINT_MOST + 1];
    unsigned n_mistakes;
};

/* ---- telling ---- */

/* "PATH:12:5: ..." False: the message names no place in it. */
static bool place_of(const char *message, const char *path, unsigned *line, unsigned *column)
{
    char *shown = printable_text(path, false);
    size_t n = strlen(shown);
    bool is = !strncmp(message, shown, n) && sscanf(message + n, ":%u:%u:", line, column) == 2 && *line && *column;

    free(shown);
    return is;
}

static const char *line_at(const char *text, size_t n, unsigned line, size_t *len)
{
    const char *p = text, *end = text + n;

    for (unsigned i = 1; i < line; i++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p) {
            return NULL;
        }
        p++;
    }
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *len = (size_t)((newline ? newline : end) - p);
    return p;
}

void lint_tell(FILE *out, const char *path, const char *text, size_t n, const char *message)
{
    char *clean = printable_text(message, true), *copy, *shown;
    unsigned line, column;
    const char *at;
    size_t len;

    fprintf(out, "%s\n", clean);
    free(clean);
    if (!place_of(message, path, &line, &column) || !(at = line_at(text, n, line, &len)) || column > LINE_SHOWN) {
        return;
    }
    copy = memory_zeroed(len + 1, 1);
    memcpy(copy, at, len);
    for (char *p = copy; *p; p++) {
        *p = *p == '\t' || *p == '\r' ? ' ' : *p; /* one column each, as they are counted */
    }
    shown = printable_text(copy, false);
    fprintf(out, "%5u | %.*s\n      | %*s\n", line, LINE_SHOWN + 60, shown, (int)column, "^");
    free(shown);
    free(copy);
}

/* ---- which value a place is of ---- */

static bool is_at(const struct yaml_node *n, struct scenario_place at)
{
    return (n->line == at.line && n->column == at.column) ||
           (n->key && n->key_line == at.line && n->key_column == at.column);
}

static bool is_gone(const struct lint *l, const struct yaml_node *n)
{
    for (unsigned i = 0; i < l->n_gone; i++) {
        if (n->line == l->gone_at[i].line && n->column == l->gone_at[i].column) {
            return true;
        }
    }
    return false;
}

/*
 * The value whose place it is, and its path (as yaml_remove() takes it). Deepest first: a map begins where its first
 * key does, and the key is what is wrong. NULL: none.
 */
static const struct yaml_node *find_place(const struct yaml_node *n, struct scenario_place at, const char *under,
                                          char path[PATH_BYTES])
{
    unsigned i = 0;

    for (const struct yaml_node *child = n->first; child; child = child->next, i++) {
        const struct yaml_node *found;
        char name[PATH_BYTES];

        snprintf(name, sizeof name, "%s[%u]", under, i);
        found = find_place(child, at, name, path);
        if (!found && is_at(child, at)) {
            memcpy(path, name, PATH_BYTES);
            found = child;
        }
        if (found) {
            return found;
        }
    }
    return NULL;
}

/* The outermost that begins there. */
static const struct yaml_node *find_beginning(const struct yaml_node *n, struct scenario_place at)
{
    if (n->line == at.line && n->column == at.column) {
        return n;
    }
    for (const struct yaml_node *child = n->first; child; child = child->next) {
        const struct yaml_node *found = find_beginning(child, at);

        if (found) {
            return found;
        }
    }
    return NULL;
}

static bool something_is_gone(const struct lint *l, const struct yaml_node *n)
{
    for (const struct yaml_node *child = n->first; child; child = child->next) {
        if (is_gone(l, child) || something_is_gone(l, child)) {
            return true;
        }
    }
    return false;
}

struct found {
    char path[PATH_BYTES];    /* in the tree without what is gone */
    char *key;                /* in its map, to be freed; NULL: none */
    struct scenario_place at; /* where its value begins */
    bool incomplete;          /* something inside it was taken out: what is wrong with it now may be only that */
};

/* False: nothing is there that could be taken out. of_key: the message is about a key, not the map that begins there. */
static bool find(const struct lint *l, struct scenario_place at, bool of_key, struct found *to)
{
    struct yaml_tree whole = { 0 }, left = { 0 };
    struct problem none;
    char path[PATH_BYTES];
    const struct yaml_node *n, *about;
    bool ok = yaml_tree_read(&whole, l->path, l->text, l->n, &none) &&
              yaml_tree_read(&left, l->path, l->text, l->n, &none);

    for (unsigned i = 0; ok && i < l->n_gone; i++) {
        yaml_remove(&left, l->gone[i].path);
    }
    n = ok ? find_place(left.root, at, "", to->path) : NULL;
    about = !ok ? NULL : of_key ? find_place(whole.root, at, "", path) : find_beginning(whole.root, at);
    to->at = !n         ? at
             : n->again ? (struct scenario_place){ 0, 0 } /* the first of them stays: nothing lacks */
                        : (struct scenario_place){ n->line, n->column };
    to->key = n && n->key && !n->again ? memory_text(n->key) : NULL;
    to->incomplete = ok && something_is_gone(l, about ? about : whole.root);
    yaml_tree_free(&left);
    yaml_tree_free(&whole);
    return n != NULL;
}

/* ---- scenarios ---- */

static bool load_scenario(const char *path, const char *text, size_t n, const struct scenario_set *gone,
                          unsigned n_gone, struct problem *err)
{
    struct scenario *s = scenario_load_text(path, text, n, gone, n_gone, err);
    struct board *b = s ? board_new(s, NULL, err) : NULL;
    bool ok = b != NULL;

    board_free(b);
    scenario_free(s);
    return ok;
}

static int by_place(const void *a, const void *b)
{
    const struct mistake *x = a, *y = b;

    return x->line != y->line ? (x->line < y->line ? -1 : 1) : x->column < y->column ? -1 : x->column > y->column;
}

/* In the order of the file. */
static void tell_all(struct lint *l, FILE *out)
{
    qsort(l->mistakes, l->n_mistakes, sizeof l->mistakes[0], by_place);
    for (unsigned i = 0; i < l->n_mistakes; i++) {
        lint_tell(out, l->path, l->text, l->n, l->mistakes[i].message);
        free(l->mistakes[i].message);
    }
    if (l->n_gone == LINT_MOST) {
        fprintf(out, "%s: only the first %d mistakes are told\n", l->path, LINT_MOST);
    }
}

/* A part that is missed only since it was taken out. */
static bool misses_what_is_gone(const struct lint *l, const char *message)
{
    static const char begin[] = ": there is no part '";
    const char *name = strstr(message, begin);

    for (unsigned i = 0; name && i < l->n_gone; i++) {
        const char *key = l->gone_key[i];
        size_t n = key ? strlen(key) : 0;

        if (n && !strncmp(name + sizeof begin - 1, key, n) && name[sizeof begin - 1 + n] == '\'') {
            return true;
        }
    }
    return false;
}

/* Takes what is wrong out, one after another. */
static void find_all(struct lint *l)
{
    struct problem err = { "" };

    while (l->n_gone < LINT_MOST && !l->load(l->path, l->text, l->n, l->gone, l->n_gone, &err)) {
        struct scenario_place at = { 0 };
        struct found found = { .key = NULL };
        bool placed = place_of(err.text, l->path, &at.line, &at.column),
             of_key = strstr(err.text, ": unknown key '") || strstr(err.text, ": a blank is missing") ||
                      strstr(err.text, "' is there twice");
        bool there = placed && find(l, at, of_key, &found);

        if (!found.incomplete && !misses_what_is_gone(l, err.text)) {
            l->mistakes[l->n_mistakes++] = (struct mistake){ at.line, at.column, memory_text(err.text) };
        }
        if (!there) {
            break;
        }
        l->gone_at[l->n_gone] = found.at;
        l->gone_key[l->n_gone] = found.key;
        l->gone[l->n_gone++] = (struct scenario_set){ memory_text(found.path), NULL };
    }
}

enum lint_result lint_by(lint_loader *load, const char *path, FILE *out, unsigned *n)
{
    struct input_files inputs = { 0 };
    struct problem err = { "" };
    const struct input_file *f = input_files_get(&inputs, path, 1000000, NULL, &err);
    enum lint_result result = LINT_UNREADABLE;

    *n = 0;
    if (!f) {
        lint_tell(out, path, "", 0, err.text);
    } else {
        struct lint *l = memory_zeroed(1, sizeof *l);

        *l = (struct lint){ .path = path, .text = f->bytes, .n = f->n, .load = load };
        find_all(l);
        *n = l->n_mistakes;
        result = *n ? LINT_MISTAKES : LINT_CLEAN;
        tell_all(l, out);
        for (unsigned i = 0; i < l->n_gone; i++) {
            free((char *)l->gone[i].path);
            free(l->gone_key[i]);
        }
        free(l);
    }
    input_files_free(&inputs);
    return result;
}

enum lint_result lint_scenario(const char *path, FILE *out, unsigned *n)
{
    return lint_by(load_scenario, path, out, n);
}
