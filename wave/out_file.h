/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_file.h - a file that is either written whole or not there
 *
 *      open --> temporary file --> put ... put --> close: flush, fsync, rename to path
 *                                             \--> any failure: the temporary file is removed, path is as it was
 *
 * What is no regular file (a pipe, /dev/stdout; out_path.h) can't be renamed to: it is written as it goes, and the
 * message of a failure says so. Symbolic links are followed, to a file not yet there too. Errors stick: put after
 * put may be left unchecked.
 *
 * The temporary file lies beside the final one (".limpet-HASH.PID.N.tmp": short, so that any name that the file
 * system takes can be written) and is locked while its process lives: one that a kill has left is removed by the
 * next process that writes the same file, one of a process that a signal ends by left_over.h.
 * A FIFO that nobody reads is waited for OUT_FILE_FIFO_WAIT_MS, then it is an error. One whose reader takes nothing is
 * waited for for ever, or with `stop` no longer than OUT_FILE_STOP_WAIT_MS once that is set.
 */
#ifndef WAVE_OUT_FILE_H
#define WAVE_OUT_FILE_H

#include "sim/problem.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OUT_FILE_FIFO_WAIT_MS 5000
#define OUT_FILE_STOP_WAIT_MS 1000

struct out_file {
    int fd;
    int error; /* first errno, 0 = none */
    /* may be set once it is open: a signal that came. NULL: none ends the waiting */
    const volatile sig_atomic_t *stop;
    char *path;  /* as the user gave it, for messages */
    char *final; /* path with links resolved; NULL: written directly */
    char *temp;
    bool stream; /* a pipe, a device: a reader that goes is a write that fails, not SIGPIPE */
    size_t len;
    char buf[65536];
};

/* Could it be opened? For telling before a long run rather than after it. Changes nothing. */
bool out_file_possible(const char *path, struct problem *err);
/* On failure false, and err holds "PATH: reason". */
bool out_file_open(struct out_file *o, const char *path, struct problem *err);
/*
 * The same for a file that others read while it grows: written directly, what stood there is gone at once, and what has
 * been written stays whatever happens.
 */
bool out_file_open_growing(struct out_file *o, const char *path, struct problem *err);
/* What has been put so far is in the file. */
void out_file_flush(struct out_file *o);
void out_file_put(struct out_file *o, const void *bytes, size_t n);
void out_file_text(struct out_file *o, const char *text);
void out_file_char(struct out_file *o, char c);
/*
 * For code that prints: what goes into it goes into the file. fclose() it before the file is closed; a failure is told
 * by out_file_close(). NULL: out of memory.
 */
FILE *out_file_stream(struct out_file *o);
/* Decimal, with at least min_digits digits. */
void out_file_number(struct out_file *o, uint64_t v, unsigned min_digits);
/* All is written and the file has its name. False: nothing is left behind, err says why. Frees in both cases. */
bool out_file_close(struct out_file *o, struct problem *err);
/* Gives up: removes the temporary file. */
void out_file_abandon(struct out_file *o);

#endif
