/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copies.h - copies of this process, by fork(), that do a part of its work and end
 *
 * What it has written is flushed before; no copy outlives the one that asked for it. By SIGTERM a copy ends as
 * left_over_die() has it, whatever its parent does then.
 */
#ifndef HARNESS_BASE_COPIES_H
#define HARNESS_BASE_COPIES_H

#include <sys/types.h>

/* 0 in the copy, which must _exit(); below 0: none could be made (errno). */
pid_t copy_make(void);
/* Waits for its end, and returns waitpid()'s status. */
int copy_wait(pid_t pid);

#endif
