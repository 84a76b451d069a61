/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer.h - the timers of a core, computed: TCNT, flags and the OCnx pins from register writes
 *
 *      TCCR, OCR, ICR, TCNT writes --> regime: TCNT is a function of the cycle
 *                                  --> OCnx: a wave on the pin's net (no edges), or a level
 *                                  --> flags: looked up when read, an event only for enabled interrupts
 *
 * Nothing ticks. A register write settles what happened before it, changes the regime and plans again.
 * The events of a tick (match, overflow, update of OCRnx) happen with the tick that ENDS the value: OCFnx with
 * the step from OCRnx, TOV with the step from MAX, TOP or BOTTOM, as the datasheet's timing diagrams show.
 * Models      all modes of 8- and 16-bit timers (normal, CTC, fast, phase correct, phase and frequency correct),
 *             all COMnx settings, double-buffered OCRnx, TEMP of 16-bit registers, FOCnx, compare blocked by a
 *             write to TCNT, a TCNT above TOP, the shared prescaler with its reset and TSM, input capture (from
 *             the first ICIE or look at TIFR on).
 * Leaves out  external clocks T0/T1 and asynchronous timer 2 (the counter stands still), noise canceller,
 *             PRR, dead time; of the ATtiny85's timer 1 all but normal mode with OC1A: its PWM, OCR1C and OC1B.
 * Source      ATmega328P datasheet chapters "8-bit Timer/Counter0 with PWM", "16-bit Timer/Counter1 with PWM",
 *             "Timer/Counter0 and Timer/Counter1 Prescalers", "8-bit Timer/Counter2".
 */
#ifndef MCU_TIMER_H
#define MCU_TIMER_H

#include <simavr/avr_timer.h>

#include "mcu/pins.h"

#define TIMERS_MAX 3

enum timer_kind { TIMER_NORMAL, TIMER_CTC, TIMER_FAST, TIMER_PHASE, TIMER_PHASE_FREQ };
enum timer_top { TOP_MAX, TOP_FF, TOP_1FF, TOP_3FF, TOP_OCRA, TOP_ICR };

enum timer_way { TIMER_UP, TIMER_DOWN, TIMER_LEAD }; /* LEAD: down from above TOP, in dual-slope modes */

enum timer_flag { TIMER_TOV, TIMER_OCFA, TIMER_OCFB, TIMER_ICF, TIMER_FLAGS };

struct timer_mode;

struct timer_output { /* one OCnx */
    struct pin *pin;
    struct timer_output *twin; /* NULL, or that of another timer on the same pin: who moves last has it */
    struct timer *timer;
    avr_regbit_t com;
    unsigned com_now;            /* + its bits, as WGMn3:0 are in `mode` */
    unsigned channel;            /* 0 = A, 1 = B */
    unsigned kind;               /* + COMnx now, 0 = the port has the pin */
    bool shown;                  /* the pin has our override */
    bool level;                  /* + latch of OCnx, up to the next rise or turn */
    uint64_t rise, period, high; /* in cycles: a wave from `rise` on, period 0 = none */
    struct sim_event change;     /* the latch's next change, when it is not the wave's */
    /*
     * Its net sleeps (pin_time()): no wave, no event, also while COMnx say that the port has the pin. Up to cycle `since`
     * the latch was `before` and the kind `was`, from then on they are `level` and `kind`. The latch's plan is made when
     * somebody asks: `next` is its single change then, 0 none.
     */
    bool rests, planned, before;
    uint8_t was;
    uint64_t since, next;
};

struct timer_field { /* bits of a register */
    avr_io_addr_t reg;
    uint8_t shift, mask, to;
};

/*
 * Of a quiet timer whose registers are written all the time: it goes by the value, tick by tick (timer_steps.h). It has
 * come to tick `flags_tick`, of the store that acted at `cycle`. What is marked with + in struct timer is not kept then.
 */
struct timer_steps {
    bool on;
    bool blocks;    /* the next tick's compare match does not count */
    uint8_t way;    /* enum timer_way */
    uint8_t coms;   /* COMnA, and COMnB << 2 */
    uint8_t wgm[2]; /* what control[0] and [1] have of WGMn3:0 */
    uint32_t value;
    uint64_t cycle;
    struct timer_latches {
        uint8_t level[2], kind[2];
    } now, before; /* before: just before `cycle` */
};

/* A register of its mode, and what it means. */
struct timer_control {
    struct timer *timer;
    uint8_t *byte;     /* the register */
    avr_io_addr_t reg; /* 0: none */
    bool has_com, has_cs;
    struct timer_bits {
        /* fits: bit r says that a timer with `resting` r may go on stepping with it; 0: not found yet */
        uint8_t fits, wgm, clocked, shift, coms, fill[3];
    } bits[256]; /* of each value, found when it is first stored */
};

struct timer {
    struct core *core;
    struct timers *bank;
    char name;           /* '1' */
    uint8_t bit;         /* 1 << its number */
    avr_timer_t *simavr; /* where its registers are */
    uint16_t max;
    avr_io_addr_t r_ocr[2], r_ocrh[2], r_foc, r_tifr, r_timsk;
    uint8_t *tifr;                                  /* that byte */
    avr_int_vector_t *vector[TIMER_FLAGS];          /* NULL: the timer has no such flag */
    uint8_t flag[TIMER_FLAGS], enable[TIMER_FLAGS]; /* their bits in TIFRn and TIMSKn; 0: no such flag */
    uint16_t enables_low[16], enables_high[16];     /* `enabled`, and `awaited` << 8, by the halves of TIMSKn */

    const struct timer_mode *mode; /* of the registers, as TIMSK and CSn2:0 are below */
    uint8_t enabled;               /* a bit per flag whose interrupt is on */
    uint8_t awaited;               /* and those flags' bits in TIFRn */
    uint8_t wgm;
    struct timer_field wgm_field[2], cs_field[2];
    bool clocked;        /* by the prescaler: CSn2:0 is neither stop nor a pin */
    bool is_unheard;     /* no output is shown, or all rest */
    uint8_t resting;     /* a bit per output that rests */
    uint8_t resting_bit; /* 1 << that */
    struct timer_steps steps;
    const struct timer_mode *modes;  /* by WGMn3:0 */
    struct timer_control control[3]; /* the registers with COMnx, with CSn2:0, and with FOCnx, if that is another */
    enum timer_kind kind;            /* of the mode in force */
    uint32_t top, period;            /* + period in ticks */
    uint32_t prescale;               /* cycles per tick, 0 = stopped */
    uint8_t shift;                   /* logarithm of what CSn2:0 say */
    uint64_t *prescaler;             /* cycle of the prescaler's last reset */
    uint16_t ocr[2];                 /* in effect */
    uint16_t ocr_next[2];            /* written; takes over at TOP or BOTTOM */
    uint16_t icr;
    uint8_t temp;
    int64_t zero;                 /* + tick at which TCNT was or will be 0, counting up */
    int64_t stood;                /* + when stopped: its place */
    int64_t blocked;              /* + tick whose compare match does not count */
    int64_t flags_tick;           /* flags are settled up to here */
    int64_t flags_next;           /* + no flag that is clear sets before this tick; not after flags_tick: unknown */
    int64_t acts_next;            /* + no flag is set and no output moved before this tick */
    int64_t ends[TIMER_FLAGS][2]; /* places whose begin sets the flag; -1 none */
    uint8_t all_flags;            /* their bits in TIFRn */
    uint8_t psr;                  /* PSRSYNC 1: timers 0 and 1; PSRASY 2: timer 2 */
    bool has_ends;                /* they are found when they are asked for */
    uint16_t of_ocr[2];           /* top, period and ends are of these, and of this mode */
    const struct timer_mode *of_mode;
    int64_t due_tick; /* of a timer that steps: not before `due`; 0: not known */
    uint64_t due;     /* the cycle at which an enabled interrupt's flag is set by itself; 0 none */
    struct timer_output out[2];
    struct sim_event update; /* OCRnx takes over */
};

struct timers {
    struct core *core;
    struct pins *pins;
    struct timer timer[TIMERS_MAX];
    unsigned n;
    struct timers_of_timsk { /* a register that enables interrupts, often of several, whose flags are in one, too */
        struct timer *timer[TIMERS_MAX];
        unsigned n;
        uint8_t *timsk;
        const struct pins *icp; /* whose ICP1 sets a flag there; NULL: none */
    } of_timsk[TIMERS_MAX];
    uint64_t prescaler[2]; /* timers 0 and 1; timer 2 */
    avr_io_addr_t r_gtccr; /* 0 = none */
    uint8_t halted;        /* by TSM: PSRSYNC 1, PSRASY 2 */
    bool icr_sticks;       /* ICR1 written where it is not TOP; timers_init(): true */
    bool holds;            /* something is held back */
    bool told_of_icr;      /* since the start */
};

/* Takes over every timer of the core it knows. gtccr: data address or 0. icp: "PB0" or NULL. */
void timers_init(struct timers *b, struct core *core, struct pins *pins, avr_io_addr_t gtccr, const char *icp);
void timers_free(struct timers *b);
/* Pins or the core's clock were changed: put the outputs on their nets again. */
void timers_replan(struct timers *b);
/*
 * The clock may change: what is planned in ps for that cycle does not come, since by another clock it begins later, up to
 * timers_replan(), or timers_go_on() if there was none.
 */
void timers_hold_back(struct timers *b, uint64_t cycle);
void timers_go_on(struct timers *b);

/* Unheard, and no interrupt is on: what it does, nobody sees by itself. */
static inline bool timer_is_quiet(const struct timer *t)
{
    return t->is_unheard && !t->enabled;
}
/* Nothing of it is planned in ps: for timers_replan() there is nothing to do. */
static inline bool timer_is_in_cycles(const struct timer *t)
{
    return t->is_unheard &&
           (!t->enabled || t->steps.on || (t->ocr[0] == t->ocr_next[0] && t->ocr[1] == t->ocr_next[1]));
}

/* Value of TCNT at a cycle that is not before the last register write. For tests and reports. */
uint16_t timer_tcnt(const struct timer *t, uint64_t cycle);
/* TCNT counts up to a power of two: it is ((from + cycles since then) >> shift) & mask. */
struct timer_ramp {
    uint32_t from, mask;
    uint8_t shift;
};
/* From this cycle on, if no register is written and no OCRnx takes over meanwhile. False: it counts in another way. */
bool timer_ramp_from(const struct timer *t, uint64_t cycle, struct timer_ramp *r);
/* An OCRnx that waits to take over will change how the counter goes on. */
bool timer_count_is_open(const struct timer *t);

#endif
