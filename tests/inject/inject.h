/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject.h - one failure at a time in the limpet command: the parts of tests/inject
 *
 * inject.c         the tries and what is right about how they end
 * failing.c        what fails: allocations and the table of calls
 * private_copy.c   a process that fails at its n-th place is forked there, with copies of all files that it has
 * files.c          files as they were and as they should be
 * faulty.c         a program with faults, for self_test
 */
#ifndef TESTS_INJECT_INJECT_H
#define TESTS_INJECT_INJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The program's syscall() may fail, that of tests/inject does not. */
long __real_syscall(long number, ...);
#define syscall __real_syscall

/* harness/main.c's main() */
int limpet_main(int argc, char **argv);
/*
 * For harness/commands/never_null.c: is it this allocation's turn? end (or NULL): what whoever asks calls then, and
 * which never comes back: where it can be tried by itself, it is.
 */
bool inject_alloc_fails(void (*end)(void));

/* ---- failing.c ---- */

enum { MAX_PLACES = 1 << 20, INJECT_SECONDS = 60 };
enum mode { ALLOC, CALL, KILL };

struct place {        /* the n-th allocation or call of a run */
    uint64_t callers; /* which of all call stacks; of the run without a failure */
    uint8_t call;     /* row of the table */
    uint8_t wanted;   /* it is to be tried */
    uint8_t apart;    /* in another process than the run's first */
    uint8_t forked;   /* the process that goes along was forked for it */
};

struct shared { /* by all processes of a run */
    atomic_uint count;
    uint8_t failed; /* row of the call that was to fail: with several processes, the order is not always the same */
    struct place place[MAX_PLACES];
};

extern struct shared *shared;
extern enum mode mode;
/* How many ways a place has to fail; the name of what fails, and of the way. */
unsigned variants_of(const struct place *p);
const char *variant_name(const struct place *p, unsigned variant);

/* This process is one: from now on its calls are counted, and the at-th (0: none) fails. talk: goes_along() below, or -1 */
void failing_begin(unsigned at, unsigned variant, int talk);
/* stdout's bytes, by the write() that may fail. */
ssize_t failing_print(void *unused, const char *from, size_t n);

pid_t uncounted_fork(void);

/* ---- private_copy.c ---- */

/* What the process that goes along tells the tool at each place that it is forked at; a byte back lets it go on. */
struct message {
    unsigned at, count, variant; /* count: of places that it has passed */
    int ended;                   /* 0: the folder's copy is needed now; 1: the one that failed has ended there */
    int status;
};
#define COPY_FOLDER "../copy"

/* Can the calling process be forked, with nothing that both would share? Calls: with what the copy may still do. */
bool copy_possible(enum mode mode);
/*
 * True in the copy, which lives in COPY_FOLDER; false when it has ended and the tool has looked. end (or NULL): all that the
 * copy does is this; then it shares all memory with the process that goes along, which takes a tenth of the time.
 */
bool copy_runs(int talk, unsigned count, unsigned at, unsigned variant, void (*end)(void));
/* What copies have to take over: shared memory, locks. */
void copy_knows_memory(void *at, size_t n, bool is_there);
void copy_knows_lock(int fd, bool locked);

/* ---- files.c ---- */

/* free() it; NULL: there is none. A 0 follows the bytes. */
char *contents(const char *path, size_t *n);
/* NULL bytes: it goes. */
void put(const char *path, const char *bytes, size_t n);
bool is(const char *path, const char *bytes, size_t n);
/* Until NULL: where files name the folder `from`, is() takes it for `to`, which is no longer. */
void files_are_away(const char *from, const char *to);
bool no_temporary_file(void);
/* The names of what is in the working folder now and changes are those that nobody keeps in `but`. */
struct folder;
struct folder *folder_of_now(const char *const *but, unsigned n_but);
void folder_free(struct folder *f);
/* COPY_FOLDER is made as the working folder is: all of it, or what is not in f */
void folder_copy(const struct folder *f);

#endif
