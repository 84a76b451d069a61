/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec.h - a real program as the host of a board, in simulated time: no result depends on the wall clock
 *
 *      program + liblimpet-exec.so <-- shared memory --> session --> devices --> board
 *
 * The program computes in no time. Whenever it waits (for a device, a time-out, a sleep) or looks at the clock,
 * simulated time runs (session.h). So the same job gives the same trace, byte for byte.
 */
#ifndef HARNESS_EXEC_EXEC_H
#define HARNESS_EXEC_EXEC_H

#include "harness/board/board.h"
#include "sim/problem.h"

#define EXEC_MAX_OUTPUT_BYTES (1u << 20)

struct exec_job {               /* begin with exec_job_default */
    const char *program;        /* found in PATH */
    const char *const *args;    /* without the program's name; NULL at the end */
    bool captured;              /* its input is `input`, its output goes into the result; else both are ours */
    const char *input;          /* NULL: empty */
    sim_time call_ps, modem_ps; /* of every device, instead of its row's; SIM_NEVER: as the rows say */
    unsigned patience_s;        /* wall clock: so long may it compute without a call */
    uint64_t kill_after_bytes;  /* killed once it has sent so many bytes to a serial port (a host that dies); 0: not */
    bool (*stopped)(void *ctx); /* asked now and then: true ends it; NULL: never */
    void (*note)(void *ctx, const char *text); /* what the user should know; NULL: nobody listens */
    void *ctx;
};

extern const struct exec_job exec_job_default;

struct exec_result {
    int exit_status;         /* -1: a signal ended it */
    int signal;              /* that one */
    bool killed;             /* by kill_after_bytes */
    bool not_its_doing;      /* exec_run() is false: it could not be started, or this machine has no room for it */
    char *output;            /* captured: both its outputs in order, cut at the maximum; free() it */
    uint64_t sent, received; /* bytes on serial ports, seen from the program */
    sim_time took_ps;
    uint64_t calls;    /* on the bench ... */
    uint64_t turns;    /* ... in so many answers: ahead.h */
    uint64_t opens;    /* of its devices */
    uint64_t suspects; /* threads that were looked at, since a signal might have come to them */
};

/*
 * Runs the job to its end. False: it could not be started, or can't go on (err says why): result has no output then.
 * Takes the board's serial ports over and lets go of them.
 */
bool exec_run(struct board *b, const struct exec_job *job, struct exec_result *result, struct problem *err);

/* A line for each device that programs find on this board: path and what it is. */
void exec_devices_text(struct board *b, char *text, size_t n);

#endif
