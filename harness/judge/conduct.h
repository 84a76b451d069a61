/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conduct.h - what a programmer does in a session, seen from its pins: RESET, SCK, waits, polling, pages
 *
 *      nets of RESET and SCK --> edges --+
 *      sim/notes.h           ------------+--> struct conduct
 */
#ifndef HARNESS_JUDGE_CONDUCT_H
#define HARNESS_JUDGE_CONDUCT_H

#include "harness/board/board.h"
#include "sim/isp_code.h"
#include "sim/net.h"

#define CONDUCT_RESETS 6 /* phases of RESET before the first byte */
#define CONDUCT_RATES 6
#define CONDUCT_PINS 3 /* RESET, SCK, MOSI */

enum conduct_write { WRITE_FLASH, WRITE_EEPROM, WRITE_ERASE, WRITE_FUSE, CONDUCT_WRITES };

struct conduct {
    bool seen;
    unsigned n_resets;                 /* of phases, more than are kept are counted */
    sim_time reset_ps[CONDUCT_RESETS]; /* how long, the last first */
    enum net_level reset[CONDUCT_RESETS];
    struct conduct_rate { /* within instructions */
        sim_time high_ps, low_ps;
        uint64_t n;
    } rate[CONDUCT_RATES]; /* the commonest first */
    unsigned n_rates, more_rates;
    struct conduct_wait {
        uint64_t n;
        sim_time least_ps, most_ps;  /* from a write to the next instruction that is no poll, or to the release */
        uint64_t polls, value_polls; /* RDY/BSY polls, reads while it was busy */
    } wait[CONDUCT_WRITES];
    uint64_t ops[ISP_OPS];
    enum net_level before[CONDUCT_PINS], after[CONDUCT_PINS];
};

struct conduct_watch { /* do not move it */
    struct net_watch sck_watch, reset_watch;
    struct conduct c;
    sim_time rise_ps, fall_ps, reset_ps;
    unsigned rises; /* since RESET moved last */
    bool programs;  /* a byte has been sent */
};

void conduct_begin(struct conduct_watch *w, struct board *b);
void conduct_end(struct conduct_watch *w, struct board *b, struct conduct *c);
/* Of one that was read from a file: is all that chooses from a table in it? */
bool conduct_is_sound(const struct conduct *c);

#endif
