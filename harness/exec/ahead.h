/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ahead.h - answers to a program that reads a long reply in pieces: several in one turn
 *
 * A serial adapter hands over 8 bytes every 4 ms; a program that wants 128 waits, reads 8, waits again, and does nothing
 * else in between. To wake it 16 times for that costs more of the processor than some of the board's time. So once a
 * program has been seen to do so AHEAD_KEPT times in a row, the bench does in its stead what it will do (takes the bytes,
 * waits for more) and gives it up to AHEAD_PS of such answers in one turn, each with its own bytes and its own time. The
 * program's library hands them out one by one, as if each had come with a turn, and says how many were followed:
 *
 *      program  poll --------------------------------------------> 8 at t1, read, poll, 8 at t2, read, poll, 8 at t3 ...
 *      bench         ... 8 at t1, take, poll ... 8 at t2, take, poll ... 8 at t3 --^
 *
 * Exact       while the program goes on as it did: every call is carried out at the time at which it would be else.
 * Not exact   it does something else in the middle of a reply, for the first time: what it has not had is given back,
 *             what it does comes late by AHEAD_PS at most, and nothing is made ahead for it any more. So long Linux's FTDI
 *             driver lets bytes lie by default: no program can count on less.
 * Only        for a thread that has always been alone with the bench (when another one ends is the machine's business),
 *             without a timer; not with --no-shortcuts.
 */
#ifndef HARNESS_EXEC_AHEAD_H
#define HARNESS_EXEC_AHEAD_H

#include "harness/exec/reply.h"
#include "preload/protocol.h"
#include "sim/kernel.h"

#include <stdbool.h>
#include <stddef.h>

#define AHEAD_PS (16 * SIM_MS)
#define AHEAD_KEPT 16

struct ahead {
    struct exec_ahead made[EXEC_AHEAD]; /* for the next turn, or the one that the program has */
    unsigned n;
    uint8_t bytes[EXEC_PEEK_BYTES]; /* of all that was made, one answer's after another's */
    size_t n_bytes;
    unsigned kept;        /* so often in a row has the thread done what was expected of it */
    bool broken;          /* it has not, once */
    int handle;           /* that it reads in pieces */
    size_t left;          /* bytes that its last read wanted and did not get; 0: it was no such read */
    size_t shown, wanted; /* expected next: a read of `wanted` that takes `shown`, then a poll; 0: nothing */
    bool begun;           /* the bench has carried that out already, and waits in the poll ... */
    sim_time waits_from_ps;
};

/* The thread's record r has been carried out. */
void ahead_note(struct ahead *a, const struct exec_record *r);
/*
 * Its last record, r, has a reply. Returns 0: it is to be given now. Else the reply is kept, if it may be, and this is the
 * size of what was written to request (EXEC_DATA_BYTES): what the thread will ask then. r may be in it.
 */
size_t ahead_make(struct ahead *a, const struct exec_record *r, const struct reply *reply, bool may, sim_time now_ps,
                  uint8_t *request);
/* When what has been made must be given, whatever comes. */
sim_time ahead_end_ps(const struct ahead *a);
/* It is that late, and the thread would wait in its poll since waits_from_ps: *last is the answer to give. */
void ahead_stop(struct ahead *a, sim_time waits_from_ps, struct exec_ahead *last);

enum ahead_asked { AHEAD_NOT, AHEAD_GOES_ON, AHEAD_GIVE_BACK };
/*
 * The thread asks, and has followed so many of the answers before the last. AHEAD_GOES_ON: what it asks is what the bench
 * has begun. AHEAD_GIVE_BACK: the *n bytes from *bytes on were not read after all.
 */
enum ahead_asked ahead_asked(struct ahead *a, const uint8_t *request, size_t n_request, unsigned followed,
                             const uint8_t **bytes, size_t *n);

#endif
