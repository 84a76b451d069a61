/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/yaml_place.h"

#include "harness/base/printable.h"
#include "harness/scenario/yaml_words.h"

#include "sim/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* ---- building the tree from libyaml's events ---- */

#define MAX_ANCHORS 64

struct anchor {
    char *name;
    struct yaml_node *node;
    bool open; /* still being read */
};

struct builder {
    struct yaml_tree *tree;
    yaml_parser_t parser;
    struct anchor anchors[MAX_ANCHORS];
    unsigned n_anchors, depth;
    const char *set_by;
    struct problem *err;
    const char *text; /* the document */
    size_t n;
};

static void free_node(struct yaml_node *n)
{
    while (n) {
        struct yaml_node *next = n->next;

        free_node(n->first);
        free(n->key);
        free(n->text);
        free(n);
        n = next;
    }
}

static struct yaml_node *new_node(struct yaml_tree *t, enum yaml_kind kind, unsigned line, unsigned column)
{
    struct yaml_node *n = memory_zeroed(1, sizeof *n);

    n->kind = kind;
    n->line = line;
    n->column = column;
    n->last = &n->first;
    t->n_nodes++;
    return n;
}

static void append(struct yaml_node *parent, struct yaml_node *child)
{
    *parent->last = child;
    parent->last = &child->next;
    parent->n++;
}

static struct yaml_node *child_by_key(const struct yaml_node *map, const char *key, size_t n)
{
    for (struct yaml_node *c = map->first; c; c = c->next) {
        if (c->key && strlen(c->key) == n && !memcmp(c->key, key, n)) {
            return c;
        }
    }
    return NULL;
}

static bool at_mark(struct builder *b, const yaml_mark_t *m, const char *said)
{
    char text[400];

    printable(text, sizeof text, said, false);
    if (b->set_by) {
        return problem_set(b->err, "--set %s: %s", b->set_by, text);
    }
    return problem_set(b->err, "%s:%zu:%zu: %s", b->tree->path, m->line + 1, m->column + 1, text);
}

static bool parser_problem(struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    char text[300];
    yaml_mark_t mark;

    if (p->error != YAML_READER_ERROR && yaml_words(p, b->text, b->n, &mark, text, sizeof text)) {
        return at_mark(b, &mark, text);
    }
    snprintf(text, sizeof text, "not YAML: %s%s%s", p->problem ? p->problem : "out of memory", p->context ? ", " : "",
             p->context ? p->context : "");
    if (p->error == YAML_READER_ERROR && b->n >= 2 &&
        (!memcmp(b->text, "\xFF\xFE", 2) || !memcmp(b->text, "\xFE\xFF", 2))) {
        return problem_set(b->err, "%s: the text is in UTF-16: save it as UTF-8", b->tree->path);
    }
    if (p->error == YAML_READER_ERROR) { /* not readable as text: libyaml knows the byte, not the line */
        return b->set_by ? problem_set(b->err, "--set %s: %s", b->set_by, text)
                         : problem_set(b->err, "%s: byte %zu: %s", b->tree->path, p->problem_offset, text);
    }
    return at_mark(b, &p->problem_mark, text);
}

static struct yaml_node *copy_node(struct builder *b, const struct yaml_node *from)
{
    struct yaml_node *n;

    if (b->tree->n_nodes >= YAML_MAX_NODES) {
        return NULL;
    }
    n = new_node(b->tree, from->kind, from->line, from->column);
    n->set_by = from->set_by;
    n->key_line = from->key_line;
    n->key_column = from->key_column;
    if (from->key) {
        n->key = memory_text(from->key);
    }
    if (from->text) {
        n->text = memory_text(from->text);
    }
    for (const struct yaml_node *c = from->first; c; c = c->next) {
        struct yaml_node *copy = copy_node(b, c);

        if (!copy) {
            free_node(n);
            return NULL;
        }
        append(n, copy);
    }
    return n;
}

static struct anchor *find_anchor(struct builder *b, const char *name)
{
    for (unsigned i = b->n_anchors; i-- > 0;) { /* the latest of a name counts */
        if (!strcmp(b->anchors[i].name, name)) {
            return &b->anchors[i];
        }
    }
    return NULL;
}

/* -2: too many; -1: none; else the anchor's place in the table */
static int open_anchor(struct builder *b, const yaml_char_t *name, struct yaml_node *n)
{
    struct anchor *a;

    if (!name) {
        return -1;
    }
    if (b->n_anchors == MAX_ANCHORS) {
        return -2;
    }
    a = &b->anchors[b->n_anchors];
    a->name = memory_text((const char *)name);
    a->node = n;
    a->open = true;
    return (int)b->n_anchors++;
}

static struct yaml_node *build(struct builder *b, yaml_event_t *event);

static bool build_children(struct builder *b, struct yaml_node *parent, yaml_event_type_t end)
{
    for (;;) {
        yaml_event_t event;
        struct yaml_node *child;
        char *key = NULL;
        bool again = false;
        yaml_mark_t key_mark = { 0 };

        if (!yaml_parser_parse(&b->parser, &event)) {
            return parser_problem(b);
        }
        if (event.type == end) {
            yaml_event_delete(&event);
            return true;
        }
        if (parent->kind == YAML_MAP) {
            key_mark = event.start_mark;
            if (event.type != YAML_SCALAR_EVENT ||
                strlen((char *)event.data.scalar.value) != event.data.scalar.length) {
                yaml_event_delete(&event);
                return at_mark(b, &key_mark, "a key must be a plain word");
            }
            if (parent->n == YAML_MAX_KEYS) { /* each is compared with all before it */
                yaml_event_delete(&event);
                return at_mark(b, &key_mark, "too many keys in one map");
            }
            key = memory_text((char *)event.data.scalar.value);
            yaml_event_delete(&event);
            again = child_by_key(parent, key, strlen(key)) != NULL;
            if (!yaml_parser_parse(&b->parser, &event)) {
                free(key);
                return parser_problem(b);
            }
        }
        child = build(b, &event);
        if (!child) {
            free(key);
            return false;
        }
        free(child->key);
        child->key = key;
        child->again = again;
        child->key_line = b->set_by ? 0 : (unsigned)key_mark.line + 1;
        child->key_column = b->set_by ? 0 : (unsigned)key_mark.column + 1;
        append(parent, child);
    }
}

static struct yaml_node *build_alias(struct builder *b, const yaml_event_t *event)
{
    const struct anchor *a = find_anchor(b, (char *)event->data.alias.anchor);
    struct yaml_node *copy;

    if (!a) {
        at_mark(b, &event->start_mark, "this alias has no anchor before it");
        return NULL;
    }
    if (a->open) {
        at_mark(b, &event->start_mark, "this alias stands inside its own anchor, it would never end");
        return NULL;
    }
    copy = copy_node(b, a->node);
    if (!copy) {
        at_mark(b, &event->start_mark, "too many values (aliases multiply them)");
    }
    return copy;
}

/* What an event begins. False: no node, the problem says why. */
static bool begins(struct builder *b, const yaml_event_t *event, enum yaml_kind *kind, const yaml_char_t **anchor)
{
    const yaml_char_t *tag;

    switch (event->type) {
    case YAML_SCALAR_EVENT:
        *kind = YAML_SCALAR;
        *anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        if (strlen((char *)event->data.scalar.value) != event->data.scalar.length) {
            at_mark(b, &event->start_mark, "there is a NUL character in this text");
            return false;
        }
        break;
    case YAML_SEQUENCE_START_EVENT:
        *kind = YAML_LIST;
        *anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        *kind = YAML_MAP;
        *anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default: at_mark(b, &event->start_mark, "a value is missing"); return false;
    }
    if (tag) {
        at_mark(b, &event->start_mark, "tags (!...) are not used here");
    } else if (b->depth >= YAML_MAX_DEPTH) {
        at_mark(b, &event->start_mark, "nested too deeply");
    } else if (b->tree->n_nodes >= YAML_MAX_NODES) {
        at_mark(b, &event->start_mark, "too many values");
    } else {
        return true;
    }
    return false;
}

static struct yaml_node *build_node(struct builder *b, const yaml_event_t *event)
{
    unsigned line = b->set_by ? 0 : (unsigned)event->start_mark.line + 1;
    unsigned column = b->set_by ? 0 : (unsigned)event->start_mark.column + 1;
    const yaml_char_t *anchor;
    struct yaml_node *n;
    enum yaml_kind kind;
    int a;
    bool ok = true;

    if (event->type == YAML_ALIAS_EVENT) {
        return build_alias(b, event);
    }
    if (!begins(b, event, &kind, &anchor)) {
        return NULL;
    }
    n = new_node(b->tree, kind, line, column);
    n->set_by = b->set_by;
    a = open_anchor(b, anchor, n);
    if (a == -2) {
        free_node(n);
        at_mark(b, &event->start_mark, "too many anchors");
        return NULL;
    }
    b->depth++;
    if (kind == YAML_SCALAR) {
        n->text = memory_text((char *)event->data.scalar.value);
    } else {
        ok = build_children(b, n, kind == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
    }
    b->depth--;
    if (a >= 0) {
        b->anchors[a].open = false;
    }
    if (!ok) {
        free_node(n);
        return NULL;
    }
    return n;
}

static struct yaml_node *build(struct builder *b, yaml_event_t *event)
{
    struct yaml_node *n = build_node(b, event);

    yaml_event_delete(event);
    return n;
}

/* The text's one document, or NULL; *empty says that it has none, which is no error. */
static struct yaml_node *parse_document(struct builder *b, const char *text, size_t n, bool *empty)
{
    struct yaml_node *root = NULL;
    yaml_event_t event;
    bool done = false;

    *empty = false;
    if (!yaml_parser_initialize(&b->parser)) {
        out_of_memory();
    }
    size_t mark_bytes = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* of byte order: Windows editors */
    b->text = text + mark_bytes;
    b->n = n - mark_bytes;
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)b->text, b->n);
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    while (!done) {
        yaml_event_type_t type;
        yaml_mark_t mark;

        if (!yaml_parser_parse(&b->parser, &event)) {
            parser_problem(b);
            goto failed;
        }
        type = event.type;
        mark = event.start_mark;
        switch (type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            yaml_event_delete(&event);
            if (type == YAML_DOCUMENT_START_EVENT && root) {
                at_mark(b, &mark, "a second document begins here: one file is one scenario");
                goto failed;
            }
            break;
        case YAML_STREAM_END_EVENT:
            yaml_event_delete(&event);
            done = true;
            break;
        default:
            root = build(b, &event);
            if (!root) {
                goto failed;
            }
        }
    }
    *empty = root == NULL;
    goto end;
failed:
    free_node(root);
    root = NULL;
end:
    yaml_parser_delete(&b->parser);
    for (unsigned i = 0; i < b->n_anchors; i++) {
        free(b->anchors[i].name);
    }
    return root;
}

bool yaml_tree_read(struct yaml_tree *t, const char *path, const char *text, size_t n, struct problem *err)
{
    struct builder b = { .tree = t, .err = err };
    bool empty;

    memset(t, 0, sizeof *t);
    t->path = printable_text(path, false);
    t->root = parse_document(&b, text, n, &empty);
    t->empty = empty;
    if (empty) {
        t->root = new_node(t, YAML_MAP, 1, 1);
    }
    if (t->root && t->root->kind == YAML_SCALAR && !t->root->text[0]) { /* "---" alone */
        free_node(t->root);
        t->root = new_node(t, YAML_MAP, 1, 1);
        t->empty = true;
    }
    return t->root != NULL;
}

static const struct yaml_node *first_again(const struct yaml_node *n)
{
    const struct yaml_node *found = n->again ? n : NULL;

    for (const struct yaml_node *child = n->first; child && !found; child = child->next) {
        found = first_again(child);
    }
    return found;
}

bool yaml_keys_differ(const struct yaml_tree *t, struct problem *err)
{
    const struct yaml_node *again = first_again(t->root);

    if (again && again->key_line) {
        const struct yaml_node key = { .line = again->key_line, .column = again->key_column };
        return yaml_problem(t, &key, err, "the key '%.60s' is there twice: remove one", again->key);
    }
    return !again || yaml_problem(t, again, err, "the key '%.60s' is there twice", again->key);
}

bool yaml_tree_parse(struct yaml_tree *t, const char *path, const char *text, size_t n, struct problem *err)
{
    return yaml_tree_read(t, path, text, n, err) && yaml_keys_differ(t, err);
}

void yaml_tree_free(struct yaml_tree *t)
{
    free_node(t->root);
    free(t->path);
    *t = (struct yaml_tree){ .root = NULL };
}

/* ---- paths ---- */

/* One step of a path: a key or an index; *path moves behind it. 0: end, -1: malformed. */
static int path_step(const char **path, const char **key, size_t *n, unsigned *index)
{
    const char *p = *path;

    if (*p == '.') {
        p++;
    }
    if (!*p) {
        return *path == p ? 0 : -1;
    }
    if (*p == '[') {
        char *end;
        unsigned long i;

        if (p[1] < '0' || p[1] > '9') {
            return -1;
        }
        i = strtoul(p + 1, &end, 10);
        if (*end != ']' || i > YAML_MAX_NODES) {
            return -1;
        }
        *key = NULL;
        *index = (unsigned)i;
        *path = end + 1;
        return 1;
    }
    *key = p;
    *n = strcspn(p, ".[");
    *path = p + *n;
    return *n ? 1 : -1;
}

static struct yaml_node *child_at(const struct yaml_node *parent, const char *key, size_t n, unsigned index)
{
    struct yaml_node *c;

    if (key) {
        return parent->kind == YAML_MAP ? child_by_key(parent, key, n) : NULL;
    }
    if (parent->kind != YAML_LIST) {
        return NULL;
    }
    for (c = parent->first; c && index; c = c->next) {
        index--;
    }
    return c;
}

static struct yaml_node *find(const struct yaml_tree *t, const char *path, bool nearest)
{
    struct yaml_node *at = t->root;
    const char *key;
    unsigned index = 0;
    size_t n = 0;
    int r;

    while ((r = path_step(&path, &key, &n, &index)) > 0) {
        struct yaml_node *child = child_at(at, key, n, index);

        if (!child) {
            return nearest ? at : NULL;
        }
        at = child;
    }
    return r == 0 || nearest ? at : NULL;
}

struct yaml_node *yaml_find(const struct yaml_tree *t, const char *path)
{
    return find(t, path, false);
}

struct yaml_node *yaml_nearest(const struct yaml_tree *t, const char *path)
{
    return find(t, path, true);
}

/* n gets the value of from, in its own place among its siblings; from is gone. */
static void replace_value(struct yaml_node *n, struct yaml_node *from)
{
    free_node(n->first);
    free(n->text);
    n->kind = from->kind;
    n->line = from->line;
    n->column = from->column;
    n->set_by = from->set_by;
    n->text = from->text;
    n->first = from->first;
    n->last = from->first ? from->last : &n->first;
    n->n = from->n;
    free(from->key);
    free(from);
}

bool yaml_set(struct yaml_tree *t, const char *path, const char *value, struct problem *err)
{
    struct builder b = { .tree = t, .err = err, .set_by = path };
    struct yaml_node *at = t->root, *made;
    const char *p = path, *key;
    unsigned index = 0;
    size_t n = 0;
    bool empty;
    int r;

    made = parse_document(&b, value, strlen(value), &empty);
    if (!made) {
        if (!empty) {
            return false;
        }
        made = new_node(t, YAML_SCALAR, 0, 0);
        made->text = memory_text("");
        made->set_by = path;
    }
    if (!*path) {
        r = -1;
    } else {
        while ((r = path_step(&p, &key, &n, &index)) > 0) {
            struct yaml_node *child = child_at(at, key, n, index);

            if (!child && key && (at->kind == YAML_MAP || (at->kind == YAML_SCALAR && !at->text[0]))) {
                at->kind = YAML_MAP;
                child = new_node(t, YAML_MAP, 0, 0);
                child->set_by = path;
                child->key = memory_checked(strndup(key, n));
                append(at, child);
            } else if (!child && !key && at->kind == YAML_LIST && index == at->n) {
                child = new_node(t, YAML_MAP, 0, 0);
                child->set_by = path;
                append(at, child);
            }
            if (!child) {
                free_node(made);
                return problem_set(err, "--set %s: there is no such place in %s", path, t->path);
            }
            at = child;
        }
    }
    if (r < 0) {
        free_node(made);
        return problem_set(err, "--set %s: not a path such as board.vcc or steps[0].wait", path);
    }
    replace_value(at, made);
    return true;
}

bool yaml_remove(struct yaml_tree *t, const char *path)
{
    struct yaml_node *parent = NULL, **link = &t->root;

    while (*path == '[') {
        char *end;
        unsigned long i = strtoul(path + 1, &end, 10);

        parent = *link;
        path = *end == ']' ? end + 1 : "?";
        if (i >= parent->n) {
            return false;
        }
        for (link = &parent->first; i; i--) {
            link = &(*link)->next;
        }
    }
    if (!parent || *path) {
        return false;
    }
    struct yaml_node *n = *link;

    *link = n->next;
    if (!*link) {
        parent->last = link;
    }
    parent->n--;
    n->next = NULL;
    free_node(n);
    return true;
}

void yaml_wrap(struct yaml_node *n, const char *key)
{
    struct yaml_node *inner = memory_zeroed(1, sizeof *inner);

    *inner = *n;
    if (!inner->first) {
        inner->last = &inner->first;
    }
    inner->next = NULL;
    inner->key = memory_text(key);
    inner->key_line = n->line;
    inner->key_column = n->column;
    n->kind = YAML_MAP;
    n->text = NULL;
    n->first = inner;
    n->last = &inner->next;
    n->n = 1;
}

bool yaml_problem(const struct yaml_tree *t, const struct yaml_node *at, struct problem *err, const char *fmt, ...)
{
    char said[900], text[900];
    va_list args;

    va_start(args, fmt);
    vsnprintf(said, sizeof said, fmt, args);
    va_end(args);
    printable(text, sizeof text, said, false); /* what it quotes may hold line ends, and forge a line */
    if (at && at->set_by) {
        return problem_set(err, "--set %s: %s", at->set_by, text);
    }
    if (!at || !at->line) {
        return problem_set(err, "%s: %s", t->path, text);
    }
    return problem_set(err, "%s:%u:%u: %s", t->path, at->line, at->column, text);
}
