/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * descriptors.h - which of the process's descriptors are the bench's devices, and what each is
 *
 * A device's descriptor is a real one (a socket): numbers, dup and inheritance are the kernel's. What leads from the
 * number to the bench's handle is this table, filled anew after exec by asking the bench about inherited sockets.
 */
#ifndef PRELOAD_DESCRIPTORS_H
#define PRELOAD_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

enum { DESCRIPTORS_MAX = 1024 };

/* The bench's handle; -1: this is no device of ours. */
int descriptor_handle(int fd);
/* fd is handle's from now on; -1: nobody's. */
void descriptor_set(int fd, int handle);
/* After exec: the inherited ones. */
void descriptors_adopt(void);
/* O_NONBLOCK is set: the kernel keeps it with the open device. */
bool descriptor_nonblocking(int fd);

enum { PATH_ELSEWHERE = -1, PATH_EMPTY = -2 };
/*
 * What a path leads to, over symbolic links, from the folder that dir_fd is (AT_FDCWD) if it is relative. Returns its
 * number in bench_names(); PATH_ELSEWHERE: it is the machine's; PATH_EMPTY: nothing stands there, in a folder of the
 * bench (errno is ENOENT), or the session is over (EIO). name: NULL or at least EXEC_PATH_BYTES for its proper path.
 */
int device_of_path(int dir_fd, const char *path, char *name);

/* path is "/proc/self/fd/3" or its like, of a device or a folder of the bench: its name, EXEC_PATH_BYTES. */
bool descriptor_name(const char *path, char *name);

/* A folder of the bench as a descriptor, which open() and fdopendir() know by this table; -1: errno. */
int folder_open(const char *path, int flags);
/* NULL: it is none. */
const char *folder_path(int fd);
bool folder_set(int fd, const char *path);
void folder_forget(int fd);

#endif
