/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.h - allocation of what nothing can go on without, and the one place that says "out of memory"
 *
 * These never return NULL: where the system refuses they call out_of_memory(). What may well be refused, because
 * its size comes from the user's input, is asked for with malloc() and answered with a struct problem.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>

/*
 * Must not return. The one in the library is weak: it says "limpet: out of memory" on stderr and ends the process with
 * status 2, bad input, which no caller may take for a result. A program with other needs defines its own.
 */
_Noreturn void out_of_memory(void);

/* n * size bytes of zeros; free() them. */
void *memory_zeroed(size_t n, size_t size);
/* old (or NULL) as realloc() gives it, with room for n * size bytes. */
void *memory_grown(void *old, size_t n, size_t size);
/* A copy; free() it. */
char *memory_text(const char *text);
/* Three texts, one after the other; free() it. */
char *memory_joined(const char *a, const char *b, const char *c);
/* p, for whatever else allocates: memory_checked(open_memstream(...)) */
void *memory_checked(void *p);

#endif
