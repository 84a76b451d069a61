/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - programs and a board take turns: carries out what threads ask, each at its simulated time
 *
 *      clients (threads) --records--> session --calls--> devices
 *                        <--answers--         <--runs--> sim
 *
 * The thread whose record is due first comes next; simulated time runs up to there, or to where a device wakes one
 * that waits. Then that thread alone computes until it asks again.
 */
#ifndef HARNESS_EXEC_SESSION_H
#define HARNESS_EXEC_SESSION_H

#include "harness/exec/calls.h"

struct session {
    struct sim *sim;
    struct clients clients;
    struct calls calls;
    pid_t root;                 /* when it ends the session ends */
    bool (*stopped)(void *ctx); /* asked now and then; NULL: never */
    void *ctx;
    uint64_t answers; /* given */
    sim_time pace_ps; /* up to then at once, then at the world's pace */
    bool stuck;       /* out: a thread computes without an end */
};

/* devices must outlive the session, which must not move. False and err: no socket. */
bool session_init(struct session *s, struct sim *sim, struct device *devices, unsigned n, struct problem *err);
/* Everybody is told that it is over; what is open is closed. */
void session_free(struct session *s);
/* Until the root process has ended. False: it can't go on (err). */
bool session_run(struct session *s, struct problem *err);

#endif
