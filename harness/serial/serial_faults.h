/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_faults.h - what goes wrong with bytes on a serial line: bits that flip, bytes that are lost or come twice
 *
 *      n bytes, each --dropped?--doubled?--a bit flipped?--> 0, 1 or 2 bytes
 *
 * Every byte draws for itself, by chance. What a receiver makes of it is a whole byte: start and stop bits stay.
 * Leaves out  frames that noise begins, framing errors, bursts
 */
#ifndef HARNESS_SERIAL_SERIAL_FAULTS_H
#define HARNESS_SERIAL_SERIAL_FAULTS_H

#include "sim/branches.h"
#include "sim/kernel.h"
#include "sim/rng.h"

#include <stddef.h>

enum serial_way { SERIAL_TO_BOARD, SERIAL_TO_HOST, SERIAL_BOTH };

struct serial_faults_config {
    enum serial_way way;
    uint32_t bit_ppm, drop_ppm, double_ppm; /* chance of a byte */
    sim_time from_ps, until_ps;
};

struct serial_faults {
    struct serial_faults_config cfg;
    struct sim_rng rng[2];     /* each way its own */
    struct branches *branches; /* nothing has struck yet, with any of these seeds; NULL: its seed is settled */
    struct sim_rng of[BRANCHES_MOST][2]; /* their streams */
    uint64_t flipped, dropped, doubled;  /* so many bytes until now */
    sim_time struck_ps;                  /* the last of them */
};

/* name: of the streams that are drawn from. branches: seeds instead of the one, NULL: none. */
void serial_faults_init(struct serial_faults *f, const struct serial_faults_config *cfg, uint64_t seed,
                        struct branches *branches, const char *name);
/* What comes of a byte: out[], 0 to 2 of them. way: SERIAL_TO_BOARD or SERIAL_TO_HOST. */
unsigned serial_faults_take(struct serial_faults *f, enum serial_way way, sim_time at_ps, uint8_t byte, uint8_t out[2]);

#endif
