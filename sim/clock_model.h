/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_model.h - fuses, what is wired to XTAL1 and XTAL2, and the supply -> the system clock and its start-up
 *
 *      fuses (CKSEL SUT CKDIV8) --+
 *      XTAL1, XTAL2 wiring      --+--> source, frequency, start-up, or why there is no clock
 *      VCC, OSCCAL, RC tolerance -+
 *
 * Pure functions: target_avr asks when something changed and builds its sim_clock from the answer.
 */
#ifndef SIM_CLOCK_MODEL_H
#define SIM_CLOCK_MODEL_H

#include "sim/fuse_model.h"
#include "sim/part.h"

enum clock_kind { /* what a CKSEL value selects */
    CLOCK_RESERVED,
    CLOCK_EXTERNAL,
    CLOCK_RC,          /* calibrated RC */
    CLOCK_RC_128K,     /* watchdog-class oscillator */
    CLOCK_LF_CRYSTAL,  /* 32.768 kHz */
    CLOCK_CRYSTAL,     /* low-power crystal or resonator */
    CLOCK_FULL_SWING,  /* full-swing crystal or resonator */
    CLOCK_EXTERNAL_RC, /* R and C on XTAL1 (ATmega8A) */
    CLOCK_PLL,         /* ATtiny85 */
};

enum clock_wired { /* on the crystal pins */
    WIRED_NOTHING,
    WIRED_CRYSTAL, /* crystal or resonator across XTAL1 and XTAL2, f_millihz */
    WIRED_WAVE,    /* a square wave on xtal1 or xtal2, f_millihz */
    WIRED_EDGES,   /* XTAL1 is driven edge by edge: no period is known */
};

struct clock_board { /* what the board offers, now */
    enum clock_wired wired;
    bool wave_on_xtal2;
    uint64_t f_millihz;
    uint32_t vcc_mv;
    uint8_t osccal;
    int32_t rc_ppm;       /* this chip's RC deviation at OSCCAL = its calibration byte */
    uint8_t osccal_factory; /* calibration byte: OSCCAL that gives nominal * (1 + rc_ppm) */
    int32_t rc128k_ppm;   /* deviation of the 128 kHz oscillator */
    bool lf_wave_on_xtal2_only; /* board option: low-frequency crystal mode takes a wave on XTAL2, not XTAL1 */
};

enum clock_trouble { /* why the result is no clock, or a doubtful one */
    CLOCK_FINE,
    CLOCK_DEAD_RESERVED,
    CLOCK_DEAD_NOTHING_WIRED,  /* external clock or crystal selected, none there */
    CLOCK_DEAD_WRONG_RANGE,    /* a crystal that this oscillator can't start */
    CLOCK_DEAD_WRONG_PIN,      /* a wave on the pin that doesn't take it */
    CLOCK_DEAD_NO_RC_PARTS,
    CLOCK_OVER_SPEED,          /* runs, faster than the speed grade allows at this VCC */
};

struct clock_result {
    enum clock_kind kind;
    enum clock_trouble trouble;
    bool runs;
    bool by_edges;         /* WIRED_EDGES: step the divider with every rise of XTAL1 */
    uint64_t f_millihz;    /* of the source, before the prescaler; 0 when by_edges or dead */
    uint32_t divide;       /* CKDIV8: 8 or 1 (reset value of CLKPR) */
    uint32_t startup_ck;   /* cycles from power-down; a crystal's oscillator needs them before its first edge counts */
    uint32_t delay_ck;     /* 14CK or 0 */
    uint32_t delay_us;     /* 0, 4100, 65000: tTOUT at 5 V */
    bool oscillator_starts; /* startup_ck must pass after power-up before the clock counts (crystals) */
};

struct clock_result clock_model(const struct part *part, const struct fuse_bytes *fuses,
                                const struct clock_board *board);

enum clock_kind clock_kind_of(const struct part *part, const struct fuse_bytes *fuses);
const char *clock_kind_name(enum clock_kind kind);
const char *clock_trouble_text(enum clock_trouble t);

/* Frequency of the calibrated RC, in millihertz, for an OSCCAL value. Curve: datasheet figure, per part. */
uint64_t clock_rc_millihz(const struct part *part, const struct clock_board *board);

/* Consecutive equal samples that the port wants: 2, or 3 from 12 MHz on (f of the system clock). */
unsigned clock_sck_samples(uint64_t f_cpu_millihz);
/* Fastest safe SCK for a system clock: both phases longer than 2 (3) clocks. */
uint64_t clock_max_sck_hz(uint64_t f_cpu_millihz);

#endif
