/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file_lock.h - one program at a time may keep a file, from reading it to writing it back
 *
 * out_file replaces a file, so that a lock on the file itself would stay with the old one: what is locked is a small
 * file beside it (".limpet-HASH.lock", with links resolved, so that two names of one file meet). It is gone after
 * file_lock_drop(), and after a signal that is handled as left_over.h says; one that a kill leaves is held by nobody and
 * is taken over.
 */
#ifndef WAVE_FILE_LOCK_H
#define WAVE_FILE_LOCK_H

#include "sim/problem.h"

#include <stdbool.h>
#include <stddef.h>

struct file_lock { /* zeroed: holds nothing */
    char *path;    /* of the lock's own file */
    int fd;
};

/* False and err: "PATH: in use by process 123 ..." or why it can't be locked. path need not exist yet. */
bool file_lock_take(struct file_lock *l, const char *path, struct problem *err);
/* Nothing held: nothing happens. */
void file_lock_drop(struct file_lock *l);

#endif
