/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/function_notes.h"

#include "sim/memory.h"
#include "sim/notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 8, TEXT_BYTES = 600 };

struct chain { /* what a place on the stack of calls was found to be */
    uint64_t key;
    char *text; /* NULL: this slot is free */
};

struct function_notes {
    struct sim *sim;
    struct source_lines *lines;
    void (*where)(void *ctx, struct checker_where *w);
    void *ctx;
    struct net_watch watch[FUNCTION_NOTES_NETS];
    struct chain *chains; /* a hash table, at most half full */
    size_t n, size;
    char last[64]; /* function */
};

/* "own function\nin digitalWrite, called by ...": what is told of a place. */
static char *describe(struct function_notes *f, const struct checker_where *w)
{
    struct source_place p[MOST_PLACES];
    char text[TEXT_BYTES];
    unsigned n = source_lines_find(f->lines, w, p, MOST_PLACES);

    if (!n) {
        return memory_text("");
    }
    unsigned own = source_lines_own(p, n);
    int at = snprintf(text, sizeof text, "%s\nIn %s", p[own].function, p[0].function);
    for (unsigned i = 1; i < n && at > 0 && (size_t)at < sizeof text; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, ", called by %s", p[i].function);
    }
    if (p[own].file[0] && at > 0 && (size_t)at < sizeof text) {
        snprintf(text + at, sizeof text - (size_t)at, " (%s)", p[own].file);
    }
    return memory_text(text);
}

static struct chain *slot_of(struct chain *chains, size_t size, uint64_t key)
{
    size_t i = key & (size - 1);

    while (chains[i].text && chains[i].key != key) {
        i = (i + 1) & (size - 1);
    }
    return &chains[i];
}

static void grow(struct function_notes *f)
{
    size_t size = f->size ? 2 * f->size : 256;
    struct chain *more = memory_zeroed(size, sizeof *more);

    for (size_t i = 0; i < f->size; i++) {
        if (f->chains[i].text) {
            *slot_of(more, size, f->chains[i].key) = f->chains[i];
        }
    }
    free(f->chains);
    f->chains = more;
    f->size = size;
}

static const char *text_of(struct function_notes *f, const struct checker_where *w)
{
    uint64_t key = source_lines_key(f->lines, w);

    if (2 * f->n >= f->size) {
        grow(f);
    }
    struct chain *c = slot_of(f->chains, f->size, key);
    if (!c->text) {
        *c = (struct chain){ key, describe(f, w) };
        f->n++;
    }
    return c->text;
}

static void moved(void *ctx, struct net *net, sim_time at_ps)
{
    struct function_notes *f = ctx;
    struct checker_where w = { .step = 0 };

    (void)net;
    f->where(f->ctx, &w);
    const char *text = w.has_pc ? text_of(f, &w) : "";
    size_t n = strcspn(text, "\n");
    n = n < sizeof f->last ? n : sizeof f->last - 1;
    if (strncmp(f->last, text, n) != 0 || f->last[n]) {
        memcpy(f->last, text, n);
        f->last[n] = '\0';
        notes_add(f->sim->notes, NOTE_FUNCTION, at_ps, at_ps, 0, text);
    }
}

struct function_notes *function_notes_new(struct sim *sim, struct source_lines *lines,
                                          struct net *const nets[FUNCTION_NOTES_NETS],
                                          void (*where)(void *ctx, struct checker_where *w), void *ctx)
{
    struct function_notes *f = memory_zeroed(1, sizeof *f);

    f->sim = sim;
    f->lines = lines;
    f->where = where;
    f->ctx = ctx;
    for (unsigned i = 0; i < FUNCTION_NOTES_NETS; i++) {
        if (nets[i]) {
            net_watch_add(nets[i], &f->watch[i], NET_WATCH_EDGES, moved, f);
        }
    }
    return f;
}

void function_notes_free(struct function_notes *f)
{
    for (size_t i = 0; f && i < f->size; i++) {
        free(f->chains[i].text);
    }
    if (f) {
        free(f->chains);
    }
    free(f);
}
