/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wave_socket.h - a file that grows, for programs of this machine that want to watch it: a Unix socket
 *
 *      growing file --> wave_socket_look() --> each client: all of it from the beginning, then what comes
 *
 * A client that does not read is waited for by nobody: it gets the rest when it reads again. What it says is ignored.
 * A socket that a bench which no longer runs has left is taken over; anything else at the path is left alone.
 */
#ifndef HARNESS_LIVE_WAVE_SOCKET_H
#define HARNESS_LIVE_WAVE_SOCKET_H

#include <sys/types.h>

#include "sim/problem.h"

#define WAVE_SOCKET_CLIENTS 8

struct wave_socket {
    int fd;   /* listens, -1: closed */
    int file; /* what is sent; the caller's */
    const char *path;
    struct {
        int fd; /* -1: free */
        off_t at;
    } clients[WAVE_SOCKET_CLIENTS];
};

/* path outlives it. False and err: it can't be made there. */
bool wave_socket_open(struct wave_socket *s, const char *path, int file, struct problem *err);
/* New clients, and what is new for all of them. Does not block. */
void wave_socket_look(struct wave_socket *s);
/* Hangs up and removes the path. Nothing happens to one that is closed. */
void wave_socket_close(struct wave_socket *s);

#endif
