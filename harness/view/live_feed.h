/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live_feed.h - the recording that a bench sends through its socket (serve --live), as a file that grows
 *
 * The file is in memory and has whole lines only, so that it can be read any time.
 */
#ifndef HARNESS_VIEW_LIVE_FEED_H
#define HARNESS_VIEW_LIVE_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/problem.h"

struct live_feed {
    int fd;          /* the socket; -1: it has hung up, or there is none */
    int file;        /* -1: none */
    char path[40];   /* of the file, for who reads it */
    size_t n;        /* bytes in it */
    char rest[4096]; /* a line that is not whole yet */
    size_t n_rest;
};

/* Is there a socket at this path? */
bool live_feed_is(const char *path);
/* Connects, and waits for the beginning of the recording. False and err: it does not come. */
bool live_feed_open(struct live_feed *f, const char *path, struct problem *err);
/* Takes what has come. True: the file has grown. */
bool live_feed_more(struct live_feed *f);
void live_feed_close(struct live_feed *f);

#endif
