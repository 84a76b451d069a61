/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * avrdude.h - real avrdude as the host of a board, in a way that no result depends on the wall clock
 *
 *      avrdude <-- pty --> avrdude_run() <-- bytes --> board
 *
 * They take turns (turn_taking.h). While avrdude has the word simulated time stands still, however long it thinks. When
 * a whole command has come its bytes go on the line together, and the simulation runs until the programmer has
 * answered; then it stands still again. So the same job gives the same trace, byte for byte (where avrdude looks at
 * its own clock: if libfaketime is installed, which then makes that clock steady). What avrdude waits
 * by itself (a few 100 ms per call) takes no simulated time, but for open_ps after it has opened the port.
 * Any other program that speaks to a serial port will do as well.
 */
#ifndef HARNESS_LIVE_AVRDUDE_H
#define HARNESS_LIVE_AVRDUDE_H

#include "harness/board/board.h"
#include "harness/serial/turn_taking.h"
#include "sim/problem.h"

#define AVRDUDE_MAX_OUTPUT_BYTES (1u << 20)

struct avrdude_job {         /* begin with avrdude_job_default */
    const char *program;     /* found in PATH */
    const char *const *args; /* without the program's name; NULL at the end. "{port}" becomes the pty's path */
    const char *input;       /* its standard input, for -t; NULL: empty */
    enum turn_taking_protocol protocol; /* that it speaks: host_turns_of_avrdude() */
    struct turn_taking_limits limits;
    sim_time open_ps;          /* simulated time from opening the port to the first byte */
    unsigned timeout_s;        /* wall clock, against a hang of avrdude: it is killed */
    uint64_t kill_after_bytes; /* killed once it has sent so many bytes (a host that dies); 0: not */
};

extern const struct avrdude_job avrdude_job_default;

struct avrdude_result {
    int exit_status; /* -1: it was killed */
    bool timed_out, killed;
    /*
     * Both its outputs in order, cut at the maximum; free() it. What differs from run to run is taken out: the
     * pty's path is written "{port}", the seconds of its progress bars ("100% 0.96s") "-.--s".
     */
    char *output;
    uint64_t sent, received; /* bytes, seen from avrdude */
    sim_time took_ps;
    unsigned unsure_turns; /* turns decided by a wall-clock limit: 0 in any sound run */
};

/*
 * Runs the job to its end. Takes over the board's host line (board_ports_on_byte) and lets go of it. False: it
 * could not be started, or the simulation can't go on (err says why); result is then empty.
 */
bool avrdude_run(struct board *b, const struct avrdude_job *job, struct avrdude_result *result, struct problem *err);

#endif
