/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/notes.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

void notes_init(struct notes *n)
{
    memset(n, 0, sizeof *n);
}

void notes_free(struct notes *n)
{
    for (size_t i = 0; i < n->n; i++) {
        free(n->notes[i].text);
    }
    free(n->notes);
    free(n->clocks);
    free(n->seen);
    free(n->weak);
    free(n->bytes);
    notes_init(n);
}

/* Like the trace: out of memory ends the program, since a run can't go on without what it was asked to keep. */
static void *room(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) {
        return array;
    }
    *cap = *cap ? 2 * *cap : 64;
    return memory_grown(array, *cap, size);
}

void notes_add(struct notes *n, enum note_kind kind, sim_time at_ps, sim_time end_ps, uint32_t value, const char *text)
{
    char *copy = text ? memory_text(text) : NULL;
    n->notes = room(n->notes, n->n, &n->cap, sizeof *n->notes);
    n->notes[n->n++] = (struct note){ at_ps, end_ps, kind, value, copy };
}

void notes_clock(struct notes *n, const struct note_clock *c)
{
    n->clocks = room(n->clocks, n->n_clocks, &n->cap_clocks, sizeof *n->clocks);
    n->clocks[n->n_clocks++] = *c;
}

void notes_saw(struct notes *n, sim_time at_ps, bool bit)
{
    n->seen = room(n->seen, n->n_seen, &n->cap_seen, sizeof *n->seen);
    n->seen[n->n_seen++] = at_ps << 1 | bit;
}

void notes_weak(struct notes *n, unsigned signal, sim_time at_ps, bool weak)
{
    n->weak = room(n->weak, n->n_weak, &n->cap_weak, sizeof *n->weak);
    n->weak[n->n_weak++] = (struct note_weak){ at_ps, (uint8_t)signal, weak };
}

void notes_byte(struct notes *n, const struct note_byte *b)
{
    n->bytes = room(n->bytes, n->n_bytes, &n->cap_bytes, sizeof *n->bytes);
    n->bytes[n->n_bytes++] = *b;
}
