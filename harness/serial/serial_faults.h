/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_faults.h - what goes wrong on a serial line: bits that flip, bytes that are lost or come twice, wrong frames
 *
 *      n bytes, each --dropped?--doubled?--a bit flipped?--> 0, 1 or 2 bytes
 *
 * Every byte draws for itself, by chance. A flipped bit of data leaves a whole byte; a start or stop bit that is wrong is
 * sent wrong, and the receiver makes of it what it can (serial_frames.h).
 * Leaves out  frames that noise begins, bursts
 */
#ifndef HARNESS_SERIAL_SERIAL_FAULTS_H
#define HARNESS_SERIAL_SERIAL_FAULTS_H

#include "sim/branches.h"
#include "sim/kernel.h"
#include "sim/rng.h"

#include <stddef.h>

/* Bits of a frame that are none of the byte's. */
enum serial_frame_bits { SERIAL_START_BIT = 1, SERIAL_STOP_BIT = 2 };
enum serial_way { SERIAL_TO_BOARD, SERIAL_TO_HOST, SERIAL_BOTH };

struct serial_faults_config {
    enum serial_way way;
    uint32_t bit_ppm, drop_ppm, double_ppm; /* chance of a byte */
    uint32_t start_ppm, stop_ppm;           /* chance of a frame to have its start, its stop bit wrong */
    sim_time from_ps, until_ps;
};

#define SERIAL_STREAMS 4 /* of bytes and of frames, each way its own */

struct serial_faults {
    struct serial_faults_config cfg;
    struct sim_rng rng[SERIAL_STREAMS];
    struct branches *branches; /* nothing has struck yet, with any of these seeds; NULL: its seed is settled */
    struct sim_rng of[BRANCHES_MOST][SERIAL_STREAMS];  /* their streams */
    uint64_t flipped, dropped, doubled, starts, stops; /* so many bytes until now */
    sim_time struck_ps;                                /* the last of them */
};

/* name: of the streams that are drawn from. branches: seeds instead of the one, NULL: none. */
void serial_faults_init(struct serial_faults *f, const struct serial_faults_config *cfg, uint64_t seed,
                        struct branches *branches, const char *name);
/* Which of its start and stop bits are wrong (enum serial_frame_bits), once for each frame, at its begin. */
unsigned serial_faults_frame(struct serial_faults *f, enum serial_way way, sim_time at_ps);
/* f NULL: no faults at all. */
bool serial_faults_spoils_frames(const struct serial_faults *f);
/* What comes of a byte: out[], 0 to 2 of them. way: SERIAL_TO_BOARD or SERIAL_TO_HOST. */
unsigned serial_faults_take(struct serial_faults *f, enum serial_way way, sim_time at_ps, uint8_t byte, uint8_t out[2]);

#endif
