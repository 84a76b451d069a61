/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock_model.h - fuses, what is wired to XTAL1 and XTAL2, and the supply -> the system clock and its start-up
 *
 *      fuses (CKSEL SUT CKDIV8) --+
 *      XTAL1, XTAL2 wiring      --+--> source, frequency, start-up, or why there is no clock
 *      VCC, OSCCAL, RC tolerance -+
 *
 * Pure functions: target_avr asks when something changed and builds its sim_clock from the answer. What a CKSEL
 * value means is a table per part (struct clock_layout).
 *
 * Models      every CKSEL value, start-up of every SUT with the RSTDISBL exception, OSCCAL curve, RC over VCC,
 *             delay oscillator over VCC, crystal ranges, speed grade, which pin takes a wave, the RC / 8 that clock
 *             failure detection puts in the place of an external clock or crystal that gives nothing (328PB)
 * Leaves out  the time that this takes and that only a reset leads back to the first source; temperature, crystal load and amplitude, jitter, duty cycle of an external clock
 * Assumed     where datasheets are silent, as switches of struct clock_board:
 *             - a crystal outside the selected range does not start (crystal_starts_anywhere = false), but above the
 *               highest range (the one that goes to 16 MHz and more) it does: users run 20 and 24 MHz;
 *             - low-frequency crystal mode takes a wave on XTAL2 and not on XTAL1 (lf_wave_on_xtal2_only = true).
 *               That is one user's report, the in-system programming page of the ScratchMonkey project; others
 *               report that XTAL1 works (Electronics StackExchange 189414, 423963): false gives theirs.
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

/* --- tables of a part --- */

struct clock_timeout { /* a time-out of the delay oscillator */
    uint32_t us_5v, us_3v;
};

struct clock_startup {   /* one cell of a start-up table */
    uint16_t ck;         /* cycles from power-down */
    uint8_t delay_ck;    /* the "14CK" of the additional delay */
    uint8_t timeout;     /* index into clock_layout.timeouts, 0 = none */
    bool reserved;       /* undescribed: the figures repeat the row's longest */
    bool reset_needed;   /* the bare delay only while RSTDISBL is unprogrammed, else timeouts[1] is added */
    uint8_t por_timeout; /* index: once more after power-on (PLL) */
};

struct clock_source { /* one CKSEL value */
    enum clock_kind kind;
    uint32_t f_min_hz, f_max_hz; /* crystals, external RC: what it starts with; internal: the oscillator's nominal */
    bool resonators_only;
    bool ignores_ckdiv8;                 /* CKDIV8 and CLKPR have no effect */
    uint8_t calibration;                 /* calibrated RC, PLL: index of its calibration byte */
    uint8_t mul, div;                    /* the clock is the oscillator * mul / div; 0 = 1 */
    uint16_t vcc_min_mv;                 /* 0: as the part */
    const struct clock_startup *startup; /* [4], by SUT; NULL: reserved */
};

struct clock_point {
    uint16_t x;
    uint32_t f_khz;
};

struct clock_curve { /* typical frequency, linear between points, constant beyond the ends */
    const struct clock_point *points;
    uint8_t n; /* 0: flat */
};

struct clock_layout {
    const struct clock_source *source;       /* [16], by CKSEL */
    const struct clock_source *source_ckopt; /* [16], when CKOPT is programmed; NULL: no such fuse */
    uint16_t reserved;                       /* bit CKSEL: family tables hold it, this part does not */
    uint8_t more_delay_ck;                   /* PB: 19CK where the tables have 14CK */
    const struct clock_timeout *timeouts;    /* [0] none, [1] the short one */
    struct clock_curve osccal[2];            /* by bit 7 of OSCCAL: the ranges overlap */
    struct clock_curve rc_vcc;               /* over mV */
    uint16_t rc_ref_mv;                      /* supply at which the factory calibrates */
    uint32_t rc_tolerance_ppm;               /* factory calibration, +- */
    uint32_t rc128k_min_hz, rc128k_max_hz;   /* spread to expect of the 128 kHz oscillator */
    uint32_t pll_max_hz;                     /* the PLL's output after div saturates here; 0: no PLL */
};

/* --- the question --- */

enum clock_wired { /* on the crystal pins */
                   WIRED_NOTHING,
                   WIRED_CRYSTAL, /* crystal or resonator across XTAL1 and XTAL2, f_millihz */
                   WIRED_WAVE,    /* a square wave on XTAL1 (or XTAL2: wave_on_xtal2), f_millihz */
                   WIRED_EDGES,   /* the same, driven edge by edge: no period is known */
                   WIRED_RC,      /* R and C on XTAL1; f_millihz from clock_external_rc_millihz() */
};

struct clock_board { /* what the board offers, now */
    enum clock_wired wired;
    bool wave_on_xtal2;
    uint64_t f_millihz; /* of crystal, wave or RC; below 1 THz */
    uint32_t vcc_mv;
    uint8_t osccal;
    int32_t rc_ppm;               /* this chip's RC deviation at OSCCAL = its calibration byte and 3 V */
    uint8_t osccal_factory;       /* calibration byte: OSCCAL that gives nominal * (1 + rc_ppm) */
    int32_t rc128k_ppm;           /* deviation of the 128 kHz oscillator */
    bool lf_wave_on_xtal2_only;   /* see above; default true */
    bool crystal_starts_anywhere; /* see above; default false */
};

/* Nothing wired, 5 V, typical calibration, no deviation, switches at their defaults. */
struct clock_board clock_board_default(const struct part *part, const struct fuse_bytes *fuses);

/* --- the answer --- */

enum clock_state { /* why the result is no clock, or a doubtful one */
                   CLOCK_FINE,
                   CLOCK_DEAD_RESERVED,
                   CLOCK_DEAD_NOTHING_WIRED, /* external clock or crystal selected, none there */
                   CLOCK_DEAD_WRONG_RANGE,   /* a crystal that this oscillator can't start */
                   CLOCK_DEAD_WRONG_PIN,     /* a wave on the pin that doesn't take it */
                   CLOCK_DEAD_NO_RC_PARTS,
                   CLOCK_DEAD_LOW_VCC, /* this oscillator needs more supply */
                   CLOCK_OVER_SPEED,   /* runs, faster than the speed grade allows at this VCC, or over_range */
};

struct clock_result {
    enum clock_kind kind;
    enum clock_state state;
    bool runs;
    bool by_edges;          /* WIRED_EDGES: step the divider with every rise of the driven pin */
    bool from_xtal2;        /* the clock comes in on XTAL2 */
    uint64_t f_millihz;     /* of the source, before the prescaler; 0 when by_edges or dead */
    uint32_t divide;        /* CKDIV8: 8 or 1 (reset value of CLKPR) */
    bool prescaler_fixed;   /* CLKPR has no effect */
    uint32_t startup_ck;    /* cycles of the source from power-down, counted before the delay */
    uint32_t delay_ck;      /* 14 or 0 */
    uint32_t delay_us;      /* 0, 4100, 65000 ...: tTOUT at this VCC */
    uint32_t por_us;        /* more of it after power-on (PLL) */
    bool startup_reserved;  /* this SUT is undescribed */
    bool over_range;        /* a crystal above the highest range: it is known to run */
    bool oscillator_starts; /* a crystal: startup_ck must pass after power-up before its edges count */
    bool fell_back;         /* clock failure detection (ATmega328PB): kind is the RC that stands in */
};

struct clock_result clock_model(const struct part *part, const struct fuse_bytes *fuses,
                                const struct clock_board *board);

/* The 14CK (PB: 19CK) of a start-up cell, or 0. */
uint32_t clock_delay_ck(const struct part *part, const struct clock_startup *cell);
/* The table row of a fuse setting. */
const struct clock_source *clock_source_of(const struct part *part, const struct fuse_bytes *fuses);
enum clock_kind clock_kind_of(const struct part *part, const struct fuse_bytes *fuses);
const char *clock_kind_name(enum clock_kind kind);
const char *clock_state_text(enum clock_state t);

/* Frequency of the calibrated RC, in millihertz, for an OSCCAL value: it paces the memories, selected or not. */
uint64_t clock_rc_millihz(const struct part *part, const struct clock_board *board);
/* The OSCCAL at which a typical chip's RC comes nearest to nominal: a fresh chip's calibration byte. */
uint8_t clock_typical_osccal(const struct part *part, uint32_t nominal_hz);
/* External RC: f = 1 / (3 R C) (ATmega8A, "External RC Oscillator"). 0 if r or c is. */
uint64_t clock_external_rc_millihz(uint32_t r_ohm, uint32_t c_pf);

/* Fastest system clock that the speed grade allows; 0 below the lowest supply. */
uint32_t clock_speed_grade_khz(const struct part *part, uint32_t vcc_mv);

/* From the release of RESET to the first instruction, f of the source known; 0 if the clock does not run. */
sim_time clock_startup_ps(const struct clock_result *r, bool after_power_on);

/* Consecutive equal samples that the port wants: 2, or 3 from 12 MHz on (f of the system clock). */
unsigned clock_sck_samples(uint64_t f_cpu_millihz);
/*
 * Fastest safe SCK, duty 50 %, in Hz rounded down, for a system clock: both phases longer than 2 clocks, or
 * at least 3 clocks from 12 MHz on.
 */
uint64_t clock_max_sck_hz(uint64_t f_cpu_millihz);

#endif
