/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_rows.h - start-up times and crystal ranges that the families since the ATmega48 have in common
 *
 * "Start-up Times for ..." of ATmega48/88/168/328, ATtiny13, ATtiny25/45/85, ATtiny24/44/84, ATtiny2313/4313: the same
 * cells in all of them. How long a time-out is differs: each family's own timeouts[], with [TIMEOUT_NONE .. TIMEOUT_64MS]
 * first.
 */
#ifndef SIM_PARTS_CLOCK_ROWS_H
#define SIM_PARTS_CLOCK_ROWS_H

#include "sim/clock_model.h"

enum { TIMEOUT_NONE, TIMEOUT_4MS, TIMEOUT_64MS };

/* By SUT. The external clock; the calibrated RC oscillator, and most 128 kHz oscillators. */
extern const struct clock_startup startup_external[4], startup_rc[4];
/* "Crystal Oscillator Clock Selection": CKSEL0 = 0 and 1. */
extern const struct clock_startup startup_crystal_0[4], startup_crystal_1[4];

/* "Crystal Oscillator Operating Modes", CKSEL 1000 to 1111; the highest range ends at max_hz. */
#define CLOCK_ROWS_CRYSTAL(max_hz)                                                           \
    { .kind = CLOCK_CRYSTAL,                                                                 \
      .f_min_hz = 400000,                                                                    \
      .f_max_hz = 900000,                                                                    \
      .resonators_only = true,                                                               \
      .startup = startup_crystal_0 },                                                        \
        { .kind = CLOCK_CRYSTAL,                                                             \
          .f_min_hz = 400000,                                                                \
          .f_max_hz = 900000,                                                                \
          .resonators_only = true,                                                           \
          .startup = startup_crystal_1 },                                                    \
        CLOCK_ROWS_CRYSTAL_FROM(900000, 3000000), CLOCK_ROWS_CRYSTAL_FROM(3000000, 8000000), \
        CLOCK_ROWS_CRYSTAL_FROM(8000000, max_hz)
#define CLOCK_ROWS_CRYSTAL_FROM(min_hz, max_hz)                                                          \
    { .kind = CLOCK_CRYSTAL, .f_min_hz = (min_hz), .f_max_hz = (max_hz), .startup = startup_crystal_0 }, \
    {                                                                                                    \
        .kind = CLOCK_CRYSTAL, .f_min_hz = (min_hz), .f_max_hz = (max_hz), .startup = startup_crystal_1  \
    }

#endif
