/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuse_verdict.h - can the serial programming port still reach a chip with these fuses, and if not, what would?
 *
 * A pure function over fuse_model and clock_model; the exhaustive test (tests/fuse_verdict_test.c) compares it with
 * what the simulated chip does on its pins.
 *
 * The verdict is about fuses in effect: after the session that wrote them has ended, or after power-up.
 */
#ifndef SIM_FUSE_VERDICT_H
#define SIM_FUSE_VERDICT_H

#include "sim/clock_model.h"

enum fuse_reach {
    FUSE_REACH_NO,
    FUSE_REACH_BY_LUCK, /* the phase of SCK against the target's clock decides */
    FUSE_REACH_YES,
};

enum fuse_need { /* bits: what reaches it; of the clock sources any one will do, a higher VCC comes on top */
                 FUSE_NEED_HIGH_VOLTAGE = 1, /* nothing on the serial pins helps */
                 FUSE_NEED_WAVE_XTAL1 = 2,   /* a square wave there */
                 FUSE_NEED_WAVE_XTAL2 = 4,
                 FUSE_NEED_CRYSTAL = 8,   /* crystal_min_hz .. crystal_max_hz */
                 FUSE_NEED_RC_PARTS = 16, /* R and C for rc_min_hz .. */
                 FUSE_NEED_HIGHER_VCC = 32,
};

struct fuse_verdict {
    enum fuse_isp access; /* anything but FUSE_ISP_OPEN: high voltage only */
    struct clock_result clock;
    bool off;                                /* VCC is below power-on reset (typical) */
    bool held_by_bod;                        /* VCC is below the brown-out level (typical) */
    bool reachable;                          /* the port answers, if SCK is slow enough */
    unsigned needs;                          /* when it doesn't: enum fuse_need, else 0 */
    uint32_t crystal_min_hz, crystal_max_hz; /* also the range of R and C */
    bool resonators_only;

    uint64_t f_cpu_millihz;                        /* system clock after the prescaler, 0 = none or edge by edge */
    uint64_t f_cpu_min_millihz, f_cpu_max_millihz; /* over the tolerance of an internal oscillator */
    uint64_t sck_max_hz;                           /* fastest safe SCK, duty 50 %, at f_cpu_millihz */
    uint64_t sck_max_worst_hz;                     /* the same for any chip within the tolerance */
    sim_time clock_after_ps;                       /* from power-up until a crystal's clock counts */

    /* High-voltage programming, which no fuse keeps out (sim/hv.h: mode and pins). */
    bool hv_erases;         /* fuses are frozen: a chip erase first, the program is lost */
    bool hv_races_program;  /* RESET at 0 V does not hold the chip: 12 V must come before its program runs ... */
    sim_time hv_program_ps; /* ... so long after power-up; SIM_NEVER: it has no clock */

    unsigned lb_mode; /* 2: writes are refused until a chip erase; 3: reads, too */
    enum fuse_bod bod;
    const struct fuse_bod_level *bod_level; /* when FUSE_BOD_ON */
};

struct fuse_verdict fuse_verdict(const struct part *part, const struct fuse_bytes *fuses,
                                 const struct clock_board *board);

/*
 * At this rate, duty 50 %: YES if both phases are as long as the datasheet asks, NO if no phase ever shows the
 * samples that the port wants, BY_LUCK between.
 */
enum fuse_reach fuse_verdict_at(const struct fuse_verdict *v, uint64_t sck_hz);

#endif
