/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_hw.h - hw.h with a small target behind it, byte by byte, for tests of limpisp's core on the host
 *
 * Models      an ATmega328P's instructions, echo pipeline and busy times; out of step (rubbish) while a phase of
 *             SCK is not longer than two target clocks, or the clock is gone
 * Leaves out  edges, the checker, clock sources: the bench has those, with the same firmware in simavr
 */
#ifndef TESTS_LIMPISP_FAKE_HW_H
#define TESTS_LIMPISP_FAKE_HW_H

#include <stdbool.h>
#include <stdint.h>

struct fake {
    double f_hz;                                                 /* target clock, 0: none */
    bool no_polling;                                             /* part without RDY/BSY: F0 is echoed */
    uint8_t flash[0x20000 + 0x100], eeprom[1024], fuse[3], lock; /* flash larger than the part's: extended addresses */
    double busy_until_ms;
    double lost_at_ms; /* the clock stops for 5 ms at this time; 0: never */
    double unpowered_until_ms;
    /* state */
    double now_ms;
    bool taken, reset_n, enabled, in_step;
    uint16_t half_ck;
    uint8_t in[4], n, last;
    uint8_t page[256], ext;
    uint32_t clock_half_ck;
    bool jumper;
    uint16_t noisy_half_ck; /* at this rate the last signature byte reads wrong now and then */
    uint8_t sent[512];      /* since the last rise of RESET */
    unsigned n_sent, reads;
    /* counters */
    unsigned enables, busy_accesses, ext_loads;
    char debug[4096];
    unsigned n_debug;
};

extern struct fake fake;
void fake_reset(double f_hz); /* a fresh chip */

#endif
