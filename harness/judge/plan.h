/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h - the fixed plan of sessions that a programmer is judged by: rows
 *
 * Each row is a session on a target made for it. A further one is a row in plan.c. What a programmer can't do (a blind
 * one reads nothing) is left out of its sessions.
 */
#ifndef HARNESS_JUDGE_PLAN_H
#define HARNESS_JUDGE_PLAN_H

#include "harness/judge/subject.h"

enum plan_clock { /* the target's clock fuses */
                  TARGET_FACTORY,
                  TARGET_RC,       /* the calibrated RC undivided: 8 MHz */
                  TARGET_EXTERNAL, /* from XTAL1, undivided */
                  TARGET_CRYSTAL,  /* the part's fastest crystal setting */
                  TARGET_128K,     /* the 128 kHz oscillator */
};

enum plan_group {
    GROUP_RULES, /* its findings and margins are the programmer's */
    GROUP_WAITS, /* of its findings only those about waits: a host that does not wait for it */
    GROUP_FAILS, /* something is wrong on the board: what does the programmer make of it? */
    GROUP_REACH, /* made by reach.c */
    GROUP_FAULTS,
};

struct plan_row {
    const char *id, *title;
    enum plan_group group;
    /*
     * What the host does: n enter, s signature, R read fuses, e erase, w write flash, v verify it, x and X the same of
     * whole pages, W write EEPROM, V verify it, f write a fuse, L write lock bits, l leave, . wait 10 ms, ~ wait for a slow
     * crystal, o supply on, p the chip is pulled out, k MOSI is
     * shorted to ground, d the supply is lost, each after some instructions (drawn from the seed).
     */
    const char *actions;
    enum plan_clock clock;
    const char *xtal;   /* board.target.clock, NULL: nothing there */
    const char *target; /* more of board.target: "rc_deviation: -10 %", NULL: nothing */
    const char *sets;   /* "PATH=VALUE" of the scenario, separated by ';' and blanks, NULL: none */
    bool in_quick;      /* in the reduced plan too */
    bool needs_read;    /* says nothing of a programmer that reads nothing */
    bool needs_port;    /* ... without a serial port */
    bool needs_hurry;   /* ... whose host always waits */
};

extern const struct plan_row plan_rows[]; /* id NULL at the end */
const struct plan_row *plan_row_find(const char *id);

#define PLAN_FAULT "fault" /* the part of a board that faults.c adds */

/* What reach.c and faults.c vary of a row. */
struct plan_variation {
    const struct part *part; /* NULL: the subject's */
    uint64_t clock_hz;       /* wave on XTAL1, 0: as the row says */
    uint32_t vcc_mv;         /* 0: as the row says */
    int low_fuse;            /* -1: as the row says */
    const char *xtal;        /* instead of the row's, NULL: as the row says */
    const char *sets;        /* more of them, NULL: none */
    const char *first;       /* actions before the row's, NULL: none */
    uint64_t seed;           /* the chip's, 0: 1 */
    uint64_t fault_seed;     /* of the part "fault", and of what happens later; 0: as `seed` */
};
#define PLAN_NO_VARIATION \
    {                     \
        .low_fuse = -1    \
    }

/* Its scenario, for this programmer. NULL and err: this board can't have it. */
struct scenario *plan_scenario(struct subject *s, const struct plan_row *row, const struct plan_variation *v,
                               struct problem *err);
/* The instructions after which the chip is pulled out, of a fault's seed. */
uint64_t plan_pulled_after(uint64_t seed);
/* Does the row say anything of this programmer on this part? */
bool plan_row_fits(const struct subject *s, const struct plan_row *row);

#endif
