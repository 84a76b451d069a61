/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * in_file.h - opening and reading a file that the user named, whatever it is
 *
 * Regular files, and pipes, terminals and devices as far as something comes: one that is silent for
 * IN_FILE_SILENCE_MS is an error, not a hang. Folders and sockets are refused.
 */
#ifndef WAVE_IN_FILE_H
#define WAVE_IN_FILE_H

#include "sim/problem.h"

#include <stdbool.h>
#include <stddef.h>

#define IN_FILE_SILENCE_MS 10000

/*
 * Reads all of path: the caller frees *bytes (n of them, and a NUL that does not count). False with err
 * "PATH: reason": can't be read, larger than max_bytes, silent. *errno_of (may be NULL): the errno of a file that can't
 * be opened, else 0.
 */
bool in_file_read(const char *path, size_t max_bytes, char **bytes, size_t *n, int *errno_of, struct problem *err);

/* A regular file: may be looked at before it is read. A pipe would be emptied, or waited for. */
bool in_file_is_regular(const char *path);

/*
 * For readers that need no more than a piece at a time. The descriptor, or -1 and err (and errno, 0 when it could be
 * opened): too large, a folder. What is not regular may be silent for ever: take its bytes with in_file_rest().
 */
int in_file_open(const char *path, size_t max_bytes, bool *is_regular, struct problem *err);
/* The bytes from here on, as in_file_read(); fd stays open. */
bool in_file_rest(int fd, const char *path, size_t max_bytes, char **bytes, size_t *n, struct problem *err);

#endif
