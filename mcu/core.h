/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core.h - a simavr core as an agent of the board: run loop, time, interrupts, reset
 *
 *      sim kernel --run(until)--> core --avr_run_one()--> instructions
 *                                  |  I/O callbacks
 *                                  +--> pins, spi_master, usart, timers (own models behind avr->io[])
 *
 * Kept from simavr 1.6: instructions that are not plain (fast_core.h has those), cycle timers.
 * Own: the run loop (bursts up to the next event), interrupt dispatch, reset, buffers, and every peripheral
 * that touches a pin or the non-volatile memory; chip.h puts them together.
 *
 * Time        one cycle is one period of `clk`; the core's time is exact (clock.h), never summed up.
 *             In an I/O callback avr->cycle is the START of the instruction: a store takes effect at
 *             + core_store_ck(), a load samples at + core_load_ck().
 * Interrupts  by level, as on silicon: a vector is taken when its flag and its enable are set and I is set, one
 *             instruction after I was set; entry costs 4 cycles. simavr's queue is not used (it loses late
 *             enables, and stale entries fill it). Boot lock bits (fast.sections) keep code of a locked section from
 *             being interrupted by handlers of the other.
 * Robustness  all 64 KiB of data space and of flash have memory behind them, the program counter wraps at the
 *             end of flash, SLEEP with I clear waits for a reset. simavr aborts, exits or writes outside its
 *             buffers in these cases. What a program should not do becomes a note (checker.h, program_...).
 * Leaves out  wake-up time from sleep beyond 4 cycles; power-reduction bits.
 * Source      ATmega328P datasheet "Reset and Interrupt Handling", "Interrupt Response Time", "Reset Sources".
 *
 * Several cores can live in one process and in one sim, also in several threads (one sim each).
 */
#ifndef MCU_CORE_H
#define MCU_CORE_H

#include <simavr/sim_avr.h>

#include "mcu/core_work.h"
#include "mcu/fast_core.h"
#include "mcu/idle_skip.h"
#include "sim/checker.h"
#include "sim/clock.h"
#include "sim/kernel.h"
#include "sim/problem.h"

#define CORE_MAX_VECTORS 40 /* at most 64: a bit each */
#define CORE_MAX_UNITS 14
#define CORE_MAX_LATE 2
#define CORE_INTERRUPT_CK 4 /* entry, before the instruction in the vector */
#define CORE_WAKE_CK 4      /* from sleep, before the interrupt's entry */

struct core_unit {            /* a peripheral of ours: what it must do on a reset */
    void (*reset)(void *ctx); /* I/O registers are zero, time is core_now(); outputs go to their reset state */
    void *ctx;
};

/* A unit that makes its edges late (the SPI, the USART as one): everyone who looks at the board runs it first. */
struct core_late {
    uint64_t cycle;                              /* its next edge, UINT64_MAX none */
    void (*run)(void *ctx, uint64_t cycle);      /* makes those up to that cycle, one at least */
    uint64_t (*last)(void *ctx, uint64_t cycle); /* its last edge up to a cycle not before the next one, or later */
    bool (*quick)(void *ctx, uint64_t cycle); /* as run, if nobody but the program could tell; it has not ended then */
    void *ctx;
};

struct core_vector { /* sorted by vector number: the priority */
    avr_int_vector_t *simavr;
    uint16_t enable_reg, raised_reg; /* data addresses; raised_reg 0: simavr's pending bit counts */
    uint8_t enable_mask, raised_mask;
    uint8_t raised_when;                           /* wanted while (raised_reg & raised_mask) == this */
    void (*taken)(void *ctx, avr_int_vector_t *v); /* NULL, or told just before its flag is cleared */
    void *ctx;
    /* NULL, or: does its flag come again and again? And: it has, and was taken each time, the last time at this cycle. */
    bool (*beats)(void *ctx, avr_int_vector_t *v, struct idle_beat *beat);
    void (*pass)(void *ctx, avr_int_vector_t *v, uint64_t taken_ck);
};

enum core_reset_cause { /* bits of the ATmega328P's MCUSR */
                        CORE_PORF = 1,
                        CORE_EXTRF = 2,
                        CORE_BORF = 4,
                        CORE_WDRF = 8,
};

struct core {
    avr_t *avr;
    struct sim *sim;
    struct sim_agent agent;
    const char *name;
    bool floating_high; /* what inputs read on a floating net */

    struct sim_clock clk; /* edge k is the start of cycle clk_cycle + k */
    uint64_t clk_cycle;
    struct core_known_f { /* what sim_clock_f_hz() said of a period */
        uint64_t period_num, period_den;
        uint32_t f_hz;
    } known_f[2];
    uint64_t end_cycle;   /* of this run(): first cycle at or after until_ps */
    uint64_t quick_end;   /* stores that act before this cycle may be quick: core_is_quick() */
    bool ends_early;      /* the run ends before end_cycle's time is due, and looks again: core_tune() */
    uint64_t least_f_hz;  /* of a clock with which end_cycle and quick_end are not too late; UINT64_MAX: of none */
    uint64_t cycle_limit; /* stepped: cycles from here on have not begun yet; else UINT64_MAX */
    sim_time until_ps;
    bool running, asleep, reset_wanted;
    bool promises;             /* in this run: it would pay to say how long it will be quiet (sim_promise()) */
    uint8_t broken, passes;    /* promises of which nobody made use, in a row; runs without one after these */
    uint64_t promises_more_ck; /* 0; for tests: so much too long */
    uint8_t reset_cause;
    sim_time start_ps; /* after a hold that came in mid-run */

    uint32_t flash_bytes;
    struct fast_core fast; /* decoded by core_load_flash() */
    struct idle_skip idle;
    uint16_t ram_end;     /* of the part; simavr's copy says 0xFFFF */
    uint32_t vector_base; /* bytes: the boot section with IVSEL, else 0 */

    struct core_vector vectors[CORE_MAX_VECTORS];
    unsigned n_vectors;
    struct core_flag { /* of each vector, packed: asked for with every OUT SREG; reg 0: simavr's pending bit counts */
        uint16_t reg;
        uint8_t mask, when;
    } flags[CORE_MAX_VECTORS];
    uint8_t enable_masks[CORE_MAX_VECTORS]; /* of each vector, packed too */
    uint64_t enabled;                       /* a bit per vector whose enable is set; core_vectors.h */
    const struct core_wrap *stale;          /* of whose register it does not say so yet; NULL: none */
    uint8_t lazy;      /* while I is clear: a bit per unit that has not planned its interrupts (core_wake_lazy()) */
    uint8_t taken;     /* the vector that was taken last; any, at first */
    uint64_t taken_ck; /* then */
    void (*wake_lazy)(void *ctx, uint64_t cycle); /* core_on_lazy() */
    void *wake_lazy_ctx;
    struct core_unit units[CORE_MAX_UNITS];
    unsigned n_units;

    struct core_late late[CORE_MAX_LATE];
    unsigned n_late;
    uint64_t late_cycle; /* the first of them, UINT64_MAX none */

    uint64_t resets, watchdog_resets;
    /* statistics */
    uint64_t interrupts, simavr_instructions, slept_ck;
    struct checker *checker; /* hears of a program that runs wild, once a kind and start; NULL: nobody */
    bool may_be_empty;       /* a chip with nothing in its flash: erased flash and its end are no news then */
    bool is_empty;
    uint32_t rules_reported; /* a bit per rule reported since the start */
    sim_time started_ps;     /* the first instruction since the last reset */
    bool asks_device; /* nobody knows which device the program is for: one that runs wild at once is asked, once */

    struct core_wrap { /* write callbacks that were there before ours */
        uint16_t reg;
        avr_io_write_t write;
        void *param;
        struct core *core;
        uint64_t vectors;                 /* a bit for each that the register enables */
        uint64_t by_low[16], by_high[16]; /* those that the low and the high half of its byte enable */
        /* the byte that has all their flags, each of which is wanted when set; NULL: not so, or no quick way */
        const uint8_t *flags;
        uint8_t flags_mask;
        bool (*quick)(void *, uint64_t, unsigned);
        void *quick_ctx;
    } wraps[CORE_MAX_VECTORS];
    unsigned n_wraps;
};

struct core_config {
    const char *simavr_name; /* "atmega328p" */
    const char *name;        /* agent's, for messages; static storage */
    uint64_t f_millihz;      /* not 0 */
    uint32_t reset_pc;       /* bytes */
    bool floating_high;
};

/*
 * Builds the core and adds its agent, halted. The core is cleared flash (FF). The caller then installs its
 * peripherals (core_add_unit) and calls core_power_up(). -1 with err when simavr does not know the part.
 */
/* What it has done so far. */
struct core_work core_work(const struct core *c);

bool core_init(struct core *c, struct sim *sim, const struct core_config *cfg, struct problem *err);
void core_free(struct core *c);

/* A module of the simavr core by its kind ("port", "spi", "uart", "timer", "extint", ...); n = 0, 1, ... */
void *core_module(const struct core *c, const char *kind, unsigned n);

/* Order of calls is the order of resets. */
void core_add_unit(struct core *c, void (*reset)(void *), void *ctx);
/* Replaces a callback of an I/O register (data address); the quick way of the one before goes with it. */
void core_hook_read(struct core *c, avr_io_addr_t addr, avr_io_read_t read, void *param);
void core_hook_write(struct core *c, avr_io_addr_t addr, avr_io_write_t write, void *param);
/* What the register is to a waiting loop (fast_core.h says what the words mean). Without: no loop with it is skipped. */
void core_io_steady(struct core *c, avr_io_addr_t addr, uint64_t (*steady)(void *, avr_io_addr_t, uint8_t *),
                    void *ctx);
/* TCNT, or its low byte: timer is the struct timer that it belongs to. */
void core_io_counts(struct core *c, avr_io_addr_t addr, void *timer);
/* Without callbacks, and nobody looks at it but programs. */
void core_io_is_memory(struct core *c, avr_io_addr_t addr);
void core_io_rewrite_is_ok(struct core *c, avr_io_addr_t addr);
/* SBI stores its bit alone, and CBI nothing. */
void core_io_by_bit(struct core *c, avr_io_addr_t addr);
/* Its quick way to be stored to (fast_core.h), after core_hook_write(). */
void core_io_quick(struct core *c, avr_io_addr_t addr, bool (*quick)(void *, uint64_t, unsigned), void *ctx);
/* What it returns for a store that is done, but may end the run. */
static inline bool core_quick_ends(struct core *c)
{
    c->fast.is_stored = true;
    return false;
}
/* What it returns for a store that is done, and may have raised flags: these may be interrupts. */
bool core_flagged_live(struct core *c);
static inline bool core_flagged_quick(struct core *c)
{
    return !c->avr->sreg[S_I] || core_flagged_live(c);
}
/* And to be read, after core_hook_read(). */
void core_io_quick_read(struct core *c, avr_io_addr_t addr, bool (*quick)(void *, uint64_t), void *ctx);

/* Copies code into flash at a byte address (also the mirror behind its end) and looks at it. size fits. */
void core_load_flash(struct core *c, uint32_t address, const uint8_t *bytes, uint32_t size);
/* The first size bytes of flash read FF, until core_show_flash() brings them back as bytes[] says. */
void core_hide_flash(struct core *c, uint32_t size);
void core_show_flash(struct core *c, const uint8_t *bytes);

/* Starts executing at start_ps (now or later), from the reset state with the given MCUSR bits. */
void core_start(struct core *c, sim_time start_ps, unsigned cause);
/* Resets and stops (RESET held, no supply); outputs are in their reset state from now on. */
void core_hold(struct core *c, unsigned cause);
/* Before core_start(): its clock; only the period counts. */
void core_set_clock(struct core *c, const struct sim_clock *clk);
/* The clock becomes clk at at_ps: the instruction on its way ends with the old one. */
void core_change_clock(struct core *c, const struct sim_clock *clk, sim_time at_ps);
/*
 * From a quick store that acts at that cycle, while no slice ends in this run: the clock becomes clk, of f_hz, as
 * core_change_clock() does it. What the quick store returns.
 */
bool core_tune(struct core *c, const struct sim_clock *clk, uint32_t f_hz, uint64_t cycle);
/* The agent was halted without a reset (no clock) and goes on with clk. */
void core_resume(struct core *c, const struct sim_clock *clk, sim_time at_ps);

/* No clock from now on, or one that is driven by hand: cycles begin by core_clock_edge() only. */
void core_set_stepped(struct core *c);
static inline bool core_is_stepped(const struct core *c)
{
    return c->cycle_limit != UINT64_MAX;
}
/*
 * A cycle begins at at_ps; period_ps is how long it should last. An instruction of several cycles takes the others as
 * they come, but what it does in them, and peripherals that work in time, go by period_ps. True: this edge did not
 * come when it was expected.
 */
bool core_clock_edge(struct core *c, sim_time at_ps, sim_time period_ps);

/* Start of a cycle in ps. */
static inline sim_time core_ps(const struct core *c, uint64_t cycle)
{
    return sim_clock_edge(&c->clk, cycle - c->clk_cycle);
}
/* n cycles as num / den ps; den is clk's unless num would not fit. */
void core_span(const struct core *c, uint64_t n, uint64_t *num, uint64_t *den);
/* First cycle that starts at or after t. */
static inline uint64_t core_cycle_at(const struct core *c, sim_time t_ps)
{
    return c->clk_cycle + sim_clock_edges_before(&c->clk, t_ps);
}

static inline unsigned core_op_at_pc(const avr_t *avr)
{
    return avr->flash[avr->pc] | (unsigned)avr->flash[avr->pc + 1] << 8;
}
/* From the start of a store to the edge where its effect is out: OUT 1; SBI CBI ST STD STS PUSH 2. */
static inline unsigned core_store_ck(const avr_t *avr)
{
    return (core_op_at_pc(avr) & 0xf800) == 0xb800 ? 1 : 2;
}
/* From the start of a load to the cycle that reads: IN SBIC SBIS SBI CBI 0; LD LDD LDS 1. */
static inline unsigned core_load_ck(const avr_t *avr)
{
    unsigned op = core_op_at_pc(avr);
    return (op & 0xf800) == 0xb000 || (op & 0xfc00) == 0x9800 ? 0 : 1;
}

/* A cycle timer at a cycle, or after this instruction if that is past. */
void core_set_timer(struct core *c, uint64_t cycle, avr_cycle_timer_t timer);
/* When the first of them comes that is neither this one nor the end of the run; UINT64_MAX: never. */
uint64_t core_next_timer_but(const struct core *c, avr_cycle_timer_t timer, const void *param);

/* Brings the board to a time or cycle (our own late edges first). For I/O callbacks and cycle timers. */
void core_sync_ps(struct core *c, sim_time at_ps);
static inline void core_sync_at(struct core *c, sim_time at_ps)
{
    struct sim *sim = c->sim;
    if (sim->slice_ps || sim->promised || c->late_cycle != UINT64_MAX || at_ps >= sim_horizon(sim) ||
        sim_horizon(sim) < c->until_ps || sim_somebody_is_behind(sim, at_ps)) {
        core_sync_ps(c, at_ps);
    } else if (at_ps > sim->now_ps) { /* nothing is on its way */
        sim->now_ps = at_ps;
    }
}
static inline void core_sync(struct core *c, uint64_t cycle)
{
    core_sync_at(c, core_ps(c, cycle));
}
/*
 * For quick stores: at that cycle of this run nothing on the board waits to be brought to that time, so that what concerns
 * nobody else may be done without a core_sync(). Never without shortcuts.
 */
bool core_makes_late(const struct core *c, uint64_t cycle);
/* But for late edges. */
static inline bool core_is_alone(const struct core *c, uint64_t cycle)
{
    return cycle < c->quick_end && c->sim->awake_agents <= 1;
}
/* Late edges are made here where they are due. */
static inline bool core_is_quick(const struct core *c, uint64_t cycle)
{
    return core_is_alone(c, cycle) && (c->late_cycle > cycle || core_makes_late(c, cycle));
}
/* Does a slice end within this run? Only for the core that the kernel runs; not in a sync of it. */
static inline bool core_has_slice_end(const struct core *c)
{
    const struct sim *sim = c->sim;
    return sim->slice_ps && sim->busy_agents == 1 && sim->slice_end_ps < c->until_ps;
}
/* Before the time of the board moves on by a late edge: the ends of slices that lie behind the core are over. */
void core_slices_passed(struct core *c);
static inline void core_pass_slices(struct core *c)
{
    if (core_has_slice_end(c) && c->sim->slice_end_ps <= core_ps(c, c->avr->cycle)) {
        core_slices_passed(c);
    }
}
/* Something wants the run to end with the present slice. */
void core_stop_at_slice_end(struct core *c);
/* quick_end, after the end of the run or of the slice became other. */
void core_find_quick_end(struct core *c);
/* A unit with late edges; it stays where it is. */
struct core_late *core_add_late(struct core *c, void (*run)(void *, uint64_t), uint64_t (*last)(void *, uint64_t),
                                bool (*quick)(void *, uint64_t), void *ctx);
static inline void core_late_next(struct core *c, struct core_late *late, uint64_t cycle)
{
    late->cycle = cycle;
    c->late_cycle = c->late[0].cycle < c->late[1].cycle ? c->late[0].cycle : c->late[1].cycle;
}
/* All that are due at this cycle, in their order in time. */
void core_run_late(struct core *c, uint64_t cycle);
/* The last of them up to a cycle not before late_cycle. */
uint64_t core_last_late(const struct core *c, uint64_t cycle);
/* Edges were added, or other ones come. */
void core_late_edges_changed(struct core *c);
/* Something was scheduled in the kernel, or done to the board: the run may have to end earlier. */
void core_end_run_earlier(struct core *c);
/* A run of the core that leads, and was to go further than it may now: others are at sim->now_ps. */
void core_lead_no_more(struct core *c);
static inline void core_horizon_changed(struct core *c)
{
    if (c->running && (sim_horizon(c->sim) < c->until_ps || sim_lead_is_over(c->sim))) {
        core_end_run_earlier(c);
    }
}

/* In a run: before this time nothing happens on the board but what the core does, and nobody else looks at it. */
static inline sim_time core_quiet_until(const struct core *c)
{
    sim_time until_ps = c->running ? c->until_ps : 0;
    return c->sim->slice_ps && c->sim->slice_end_ps < until_ps ? c->sim->slice_end_ps : until_ps;
}

/* From an I/O callback: the CPU stands still for so many cycles more. */
void core_stall(struct core *c, uint64_t cycles);

/*
 * While I is clear nobody hears of an interrupt's flag. A unit whose registers are written all the time need not plan then
 * when the next one is set: it sets its bit in c->lazy instead, and is woken before anybody looks at its flags. It plans
 * then, as from that cycle; whoever runs until an event looks anew when that comes.
 */
void core_on_lazy(struct core *c, void (*wake)(void *ctx, uint64_t cycle), void *ctx);
static inline void core_wake_lazy(struct core *c, uint64_t cycle)
{
    if (c->lazy) {
        c->wake_lazy(c->wake_lazy_ctx, cycle);
        c->lazy = 0;
    }
}

/* Enable bits were changed by other means than the program's store. */
void core_enables_changed(struct core *c);
/* Flags changed: take an interrupt at the next chance if one is wanted. */
void core_irq_update(struct core *c);
/* Sets the vector's flag. */
void core_raise(struct core *c, avr_int_vector_t *v);
/* Clears the vector's flag. */
void core_lower(struct core *c, avr_int_vector_t *v);

/* Whoever sets the vector's flag is told when the CPU takes the interrupt, just before the flag is cleared. */
void core_on_taken(struct core *c, avr_int_vector_t *v, void (*taken)(void *ctx, avr_int_vector_t *v), void *ctx);
/* Of a vector with core_on_taken(): its flag comes by itself. */
void core_on_beats(struct core *c, avr_int_vector_t *v, bool (*beats)(void *, avr_int_vector_t *, struct idle_beat *),
                   void (*pass)(void *, avr_int_vector_t *, uint64_t));
/* The vector is wanted while the bits of mask in a register are `when`: EE_READY, SPM_READY. */
void core_set_level_vector(struct core *c, avr_int_vector_t *v, uint16_t reg, uint8_t mask, uint8_t when);

#endif
