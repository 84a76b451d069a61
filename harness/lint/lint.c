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

#define PATH_BYTES 400
#define LINE_SHOWN 160 /* characters of a line around the caret */

struct mistake {
    unsigned line, column; /* 0: no place */
    char *message;
};

struct lint {
    const char *path, *text;
    size_t n;
    struct scenario_set gone[LINT_MOST]; /* in order: each path is of the tree without those before it */
    unsigned n_gone;
    struct mistake mistakes[LINT_MOST + 1];
    unsigned n_mistakes;
};

/* ---- telling ---- */

/* "PATH:12:5: ..." False: the message names no place in it. */
static bool place_of(const char *message, const char *path, unsigned *line, unsigned *column)
{
    size_t n = strlen(path);

    return !strncmp(message, path, n) && sscanf(message + n, ":%u:%u:", line, column) == 2 && *line && *column;
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

struct place {
    unsigned line, column;
    char path[PATH_BYTES]; /* found; "": none */
};

/* Deepest first: a map begins where its first key does, and the key is what is wrong. */
static bool find_place(const struct yaml_node *n, const char *path, struct place *to)
{
    unsigned i = 0;

    for (const struct yaml_node *child = n->first; child; child = child->next, i++) {
        char at[PATH_BYTES];

        if (child->key) {
            snprintf(at, sizeof at, "%s%s%s", path, *path ? "." : "", child->key);
        } else {
            snprintf(at, sizeof at, "%s[%u]", path, i);
        }
        if (find_place(child, at, to)) {
            return true;
        }
        if ((child->line == to->line && child->column == to->column) ||
            (child->key && child->key_line == to->line && child->key_column == to->column)) {
            snprintf(to->path, sizeof to->path, "%s", at);
            return true;
        }
    }
    return false;
}

static bool path_of_place(const struct lint *l, unsigned line, unsigned column, char path[PATH_BYTES])
{
    struct yaml_tree t = { 0 };
    struct place p = { line, column, "" };
    struct problem none;
    bool found = yaml_tree_parse(&t, l->path, l->text, l->n, &none);

    for (unsigned i = 0; found && i < l->n_gone; i++) {
        yaml_remove(&t, l->gone[i].path);
    }
    found = found && find_place(t.root, "", &p);
    yaml_tree_free(&t);
    memcpy(path, p.path, PATH_BYTES);
    return found;
}

/* Something inside it was taken out before: what is wrong with it now may be only that. */
static bool is_incomplete(const struct lint *l, const char *path)
{
    size_t n = strlen(path);

    for (unsigned i = 0; i < l->n_gone; i++) {
        if (!strncmp(l->gone[i].path, path, n) && strchr(".[", l->gone[i].path[n])) {
            return true;
        }
    }
    return false;
}

/* ---- scenarios ---- */

static bool load(const struct lint *l, struct problem *err)
{
    struct scenario *s = scenario_load_text(l->path, l->text, l->n, l->gone, l->n_gone, err);
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

enum lint_result lint_scenario(const char *path, FILE *out, unsigned *n)
{
    struct lint *l = memory_zeroed(1, sizeof *l);
    struct input_files inputs = { 0 };
    struct problem err = { "" };
    const struct input_file *f = input_files_get(&inputs, path, 1000000, NULL, &err);
    enum lint_result result = LINT_CLEAN;

    *n = 0;
    if (!f) {
        lint_tell(out, path, "", 0, err.text);
        result = LINT_UNREADABLE;
    } else {
        l->path = path;
        l->text = f->bytes;
        l->n = f->n;
    }
    while (f && l->n_gone < LINT_MOST && !load(l, &err)) {
        unsigned line = 0, column = 0;
        char at[PATH_BYTES] = "";
        bool placed = place_of(err.text, path, &line, &column) && path_of_place(l, line, column, at);

        if (!placed || !is_incomplete(l, at)) {
            l->mistakes[l->n_mistakes++] = (struct mistake){ line, column, memory_text(err.text) };
            result = LINT_MISTAKES;
        }
        if (!placed) {
            break;
        }
        l->gone[l->n_gone++] = (struct scenario_set){ memory_text(at), NULL };
    }
    tell_all(l, out);
    *n = l->n_mistakes;
    for (unsigned i = 0; i < l->n_gone; i++) {
        free((char *)l->gone[i].path);
    }
    input_files_free(&inputs);
    free(l);
    return result;
}
