/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connect.h - a link to the bench is made: a socket, and the channel that the bench sends on it
 *
 * Where the program's limits leave no room for that the process ends: outside simulated time it might pass where it would
 * fail in it. The bench is told why, by what is there: the new socket, or the channel of another thread or of the parent.
 */
#ifndef PRELOAD_CONNECT_H
#define PRELOAD_CONNECT_H

#include "preload/protocol.h"

#include <stdbool.h>
#include <stddef.h>

/* The n letters of the session's name. False: it has none. */
bool connect_to(const char *name, size_t n);
/* The socket; -1: the bench has ended. */
int connect_bench(enum exec_hello_kind kind, struct exec_channel **channel);
/* In a child: what was its parent's channel is there until connect_dropped(). */
void connect_forked(struct exec_channel *parents);
/* It is about to go; other: one that stays, NULL: none. */
void connect_dropped(struct exec_channel *channel, struct exec_channel *other);

#endif
