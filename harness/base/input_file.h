/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input_file.h - a file that the user named, read once and whole
 *
 *      path --> input_files_get() --> bytes, SHA-256          the same path again: the same bytes, nothing is read
 *
 * Whoever runs a thing many times (a sweep) hands one struct input_files to all runs, so that none of them sees a file
 * that was edited meanwhile, and a pipe is emptied by its first reader only. The digests can stand in the result.
 *
 * What a file may be: wave/in_file.h.
 */
#ifndef HARNESS_BASE_INPUT_FILE_H
#define HARNESS_BASE_INPUT_FILE_H

#include "sim/problem.h"

#include <stddef.h>
#include <stdint.h>

#define INPUT_FILE_DIGEST_CHARS 64 /* SHA-256 as hexadecimal digits */

struct input_file {
    char *path;
    char *bytes; /* n of them, and a NUL that does not count */
    size_t n;
    char sha256[INPUT_FILE_DIGEST_CHARS + 1]; /* "": nobody has asked yet; read it by input_file_digest() */
};

struct input_files { /* zeroed: empty */
    struct input_file **file;
    unsigned n;
    bool closed; /* no further file: each process of many would read it for itself */
};

/*
 * As read the first time; the bytes belong to set until input_files_free(). NULL and err "PATH: reason": can't be
 * read, larger than max_bytes, silent, or new to a closed set. *errno_of (may be NULL): the errno of a file that can't be opened, else 0.
 */
const struct input_file *input_files_get(struct input_files *set, const char *path, size_t max_bytes, int *errno_of,
                                         struct problem *err);
/* Its SHA-256, worked out when it is asked for. */
const char *input_file_digest(struct input_file *f);
/* For one that another program will read: does it still hold the same? */
bool input_file_unchanged(const struct input_file *f, struct problem *err);
/* A file that somebody else has read: path and digest alone, bytes NULL. False: out of memory. */
bool input_files_note(struct input_files *set, const char *path, const char *sha256);
void input_files_free(struct input_files *set);
/* The SHA-256 of n bytes. */
void input_bytes_digest(const void *bytes, size_t n, char text[INPUT_FILE_DIGEST_CHARS + 1]);

#endif
