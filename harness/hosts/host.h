/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.h - what a program on the PC is handed of the board it talks to
 *
 *      host --bytes--> line ----> programmer
 *           --open---> DTR  ----> its reset, where the board has wired that
 *
 * A host knows its port and the part that its user says stands there; the board and the scenario it does not see.
 * What it does runs the simulation.
 */
#ifndef HARNESS_HOSTS_HOST_H
#define HARNESS_HOSTS_HOST_H

#include "harness/serial/serial_line.h"
#include "sim/kernel.h"
#include "sim/part.h"
#include "sim/problem.h"

/* A host that waits for bytes looks so often. */
#define HOST_SLICE_PS (100 * SIM_US)

struct host { /* everything in it must outlive the programmer made with it */
    struct sim *sim;
    const struct part *part;
    struct serial_line *line;  /* its port; NULL: it has none */
    void (*open)(void *board); /* the port is opened; NULL: nobody minds */
    void *board;               /* for open() only */
};

struct host_settings {      /* what its user has it ask of the programmer; zeroed: nothing */
    uint64_t sck_period_ps; /* avrdude's -B; 0: nothing asked */
    bool clock_given;       /* recovery clock (avrdude's fosc); clock_hz 0: off */
    uint32_t clock_hz;
    bool careful;   /* limpisp: SCK searched from the slowest rate up, with a margin */
    bool impatient; /* goes on at once after an erase or a fuse: no wait of its own, no new entry, no look */
};

/* Opens the port: from now on byte() gets what comes. */
void host_open(const struct host *h, void (*byte)(void *ctx, uint8_t value, sim_time at_ps), void *ctx);

/* Simulated time passes. False: the simulation can't go on (err says why). */
bool host_run(struct sim *sim, sim_time d_ps, struct problem *err);

/*
 * Waits until something happens on the port (a byte came, or the last one to send has begun), looking every
 * HOST_SLICE_PS, limit_ps at most and one slice at least. Returns the time that passed in whole slices, 0 with err.
 */
sim_time host_wait(const struct host *h, sim_time limit_ps, struct problem *err);

#endif
