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

/*
 * The device that a path leads to, over symbolic links, from the folder that dir_fd is (AT_FDCWD) if it is relative.
 * Returns its number in bench_name(), or -1; name: NULL or at least 256 bytes for its proper path.
 */
int device_of_path(int dir_fd, const char *path, char *name);

#endif
