/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls.h - carries out what threads ask, once its time has come: devices, what is open of them, sleeps, timers
 *
 * A further operation is a function in the table of calls.c.
 */
#ifndef HARNESS_EXEC_CALLS_H
#define HARNESS_EXEC_CALLS_H

#include "harness/exec/client.h"
#include "harness/exec/device.h"

struct opened {            /* one open(): a handle */
    struct device *device; /* NULL: free */
    int hang_up_fd;        /* the other end of what the program holds */
    int lock;              /* LOCK_SH, LOCK_EX of flock(); 0: none */
    uint64_t inode;        /* of the program's end */
    uint64_t position;     /* in what is a file */
};

struct calls {
    struct sim *sim;
    struct clients *clients;
    struct device *devices;
    unsigned n_devices;
    struct opened *opened;
    unsigned n_opened;
    uint64_t count;     /* carried out */
    uint64_t opens;     /* of devices, that went well */
    bool names_changed; /* a device came or went: see device_show() */
};

/*
 * A record of k, whose time has come. True: done, with its reply. False: k->wait says until when; it is called again
 * after every sim_wake() and at the deadline.
 */
bool calls_do(struct calls *c, struct client *k, const struct exec_record *r, const void *data, struct reply *reply);
/* Simulated time that it takes before it is done. */
sim_time calls_cost(const struct calls *c, const struct exec_record *r);
/* What EXEC_TAKE took last, and the program has not had; can it be? */
bool calls_can_give_back(const struct calls *c, int handle);
void calls_give_back(struct calls *c, int handle, const uint8_t *bytes, size_t n);
/* A program has gone: closes what none has any more. One that lives on says itself when it closes (EXEC_CLOSE). */
void calls_close_left(struct calls *c);
/* Takes what programs wrote by calls that nobody saw. */
void calls_take_unseen(struct calls *c);
/* Closes everything. */
void calls_free(struct calls *c);

#endif
