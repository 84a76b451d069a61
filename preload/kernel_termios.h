/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel_termios.h - libc's struct termios as the kernel's, which has another shape (asm/termbits.h clashes with
 * termios.h, so that no file can include both)
 */
#ifndef PRELOAD_KERNEL_TERMIOS_H
#define PRELOAD_KERNEL_TERMIOS_H

struct termios;

enum kernel_tty_call { KERNEL_DRAIN, KERNEL_FLUSH, KERNEL_FLOW, KERNEL_BREAK };

/* All: 0, or -1 and errno. when: 0 at once, 1 after what is to be sent, 2 that and forgetting what was received. */
int kernel_termios_get(int handle, struct termios *t);
int kernel_termios_set(int handle, unsigned when, const struct termios *t);
int kernel_tty_call(int handle, enum kernel_tty_call call, int arg);

#endif
