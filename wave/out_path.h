/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_path.h - what stands at a path that is to be written, by its type and not by its name
 *
 *      /dev/shm/chip   a regular file like any other      /dev/stdout, /dev/fd/3   a descriptor of ours
 *      link -> chip    the chip, there or not yet          /dev/null, a FIFO        written as it goes
 */
#ifndef WAVE_OUT_PATH_H
#define WAVE_OUT_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum out_path_kind {
    OUT_PATH_REGULAR,    /* replaced in one step; exists or not */
    OUT_PATH_DESCRIPTOR, /* descriptor is open in this process: shared with what the shell opened */
    OUT_PATH_STREAM,     /* pipe, device, another process' descriptor: opened and written as it goes */
};

struct out_path {
    enum out_path_kind kind;
    bool exists;
    mode_t mode;    /* permission bits, if it exists */
    int descriptor; /* OUT_PATH_DESCRIPTOR */
    char *final;    /* with links resolved; the caller frees it with out_path_free() */
};

/* Looks, changes nothing. 0, or an errno: EISDIR, ENOENT (also for ""), EACCES, ELOOP, ENOMEM ... */
int out_path_look(struct out_path *p, const char *path);
void out_path_free(struct out_path *p);
/* Directory of a path: "." if it names none. NULL: out of memory. The caller frees it. */
char *out_path_folder(const char *path);
/* Of a path's last part: short names for files that stand beside it, however long it is. */
uint64_t out_path_name_hash(const char *path);
/*
 * Are these two one file (or will be)? Links are followed, those of /dev/fd to what is open there, too. False also if one
 * can't be looked at, and of what is no regular file: two may share a pipe or a terminal.
 */
bool out_path_same(const char *a, const char *b);
/* Both are descriptors of ours: what two write there comes one behind the other, into a file, too. */
bool out_path_both_descriptors(const char *a, const char *b);

#endif
