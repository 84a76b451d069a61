/* SPDX-License-Identifier: GPL-3.0-or-later */
/* user_memory.h - memory that the program names in a call may not be there: EFAULT, as from the kernel, not a signal */
#ifndef PRELOAD_USER_MEMORY_H
#define PRELOAD_USER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Can n bytes be read there? Else errno is EFAULT. */
bool user_readable(const void *from, size_t n);
/* memcpy() to the program's memory; false: it can't be written to, errno is EFAULT. */
bool user_fill(void *to, const void *from, size_t n);

#endif
