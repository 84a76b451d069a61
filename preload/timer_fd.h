/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer_fd.h - timerfd in simulated time: a descriptor (of an eventfd that never counts) with a time of its own
 *
 * It is this process's: a child has the descriptor, and a timer that never expires.
 */
#ifndef PRELOAD_TIMER_FD_H
#define PRELOAD_TIMER_FD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

bool timer_fd_is(int fd);
/* When it will be readable, or since when it is: ps since the beginning; UINT64_MAX: it is off. */
uint64_t timer_fd_due_ps(int fd);
/* As read(). */
ssize_t timer_fd_read(int fd, void *bytes, size_t n);
/* It was closed. */
void timer_fd_forget(int fd);

#endif
