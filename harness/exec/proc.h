/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc.h - what the kernel says in /proc of a thread: does it sleep, how long has it computed */
#ifndef HARNESS_EXEC_PROC_H
#define HARNESS_EXEC_PROC_H

#include <stdint.h>
#include <sys/types.h>

/* 'R', 'S' ... as in proc(5); 0: it is gone. */
char proc_state(pid_t pid, pid_t tid);
/* Time of the processor that it has had. */
uint64_t proc_cpu_ns(pid_t pid, pid_t tid);

#endif
