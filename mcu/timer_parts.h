/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timer_parts.h - what the timers' sources share: timer_count.c (where the counter is, when something happens),
 * timer_output.c (OCnx), timer_steps.h, timer_step.c and timer_store.c (registers written all the time), timer_interrupt.c,
 * timer.c (registers)
 *
 * Time is counted in ticks of the prescaler. The place in the period is the ticks since the counter was last 0,
 * counting up; it is negative on the way from above TOP to 0.
 */
#ifndef MCU_TIMER_PARTS_H
#define MCU_TIMER_PARTS_H

#include "mcu/timer.h"

#define TIMER_NEVER INT64_MAX

struct timer_mode {
    uint8_t kind, top;
    uint16_t fixed;  /* TOP, 0: a register */
    uint8_t toggles; /* a bit per output: COMnx 1 toggles it, else the port has the pin */
    bool is_pwm;
    uint16_t fill; /* an index is a shift */
};

static inline avr_t *timer_avr(const struct timer *t)
{
    return t->core->avr;
}

static inline bool timer_flag_is_set(const struct timer *t, enum timer_flag f)
{
    return timer_avr(t)->data[t->r_tifr] & t->flag[f];
}

static inline bool timer_is_dual(const struct timer *t)
{
    return t->kind == TIMER_PHASE || t->kind == TIMER_PHASE_FREQ;
}

static inline bool timer_is_pwm(const struct timer *t)
{
    return timer_is_dual(t) || t->kind == TIMER_FAST;
}

/* Ticks of the prescaler up to and including this cycle. */
static inline int64_t timer_tick_at(const struct timer *t, uint64_t cycle)
{
    return t->prescale ? (int64_t)((cycle - *t->prescaler) >> t->shift) : 0;
}

static inline uint64_t timer_cycle_of(const struct timer *t, int64_t tick)
{
    return *t->prescaler + (uint64_t)tick * t->prescale;
}

/* x % period, which is mostly a power of two, or fits into 32 bits. */
static inline int64_t timer_in_period(const struct timer *t, int64_t x)
{
    if (!(t->period & (t->period - 1))) {
        return x & (t->period - 1);
    }
    return x >> 32 ? x % t->period : (int64_t)((uint32_t)x % t->period);
}

/*
 * Place in the period. Negative: above TOP, and on the way to 0 at tick `zero`: through MAX, or down in the
 * dual-slope modes (TOP was lowered while the counter stood at it).
 */
static inline int64_t timer_place(const struct timer *t, int64_t tick)
{
    int64_t p = t->prescale ? tick - t->zero : t->stood;
    if (p < 0 || p < t->period) {
        return p;
    }
    return timer_in_period(t, p);
}

static inline bool timer_goes_down(const struct timer *t, int64_t p)
{
    return timer_is_dual(t) && (p < 0 || p > t->top);
}

/* The first tick after `after` at which the place is p (a value that stood one tick before it). */
static inline int64_t timer_next_place(const struct timer *t, int64_t after, int64_t p)
{
    int64_t first = t->zero + (p < t->period ? p : p % t->period);
    if (after < first) {
        return first;
    }
    return after + t->period - timer_in_period(t, after - first);
}

static inline int64_t timer_nearer(int64_t least, int64_t n, int64_t first)
{
    return n >= first && n < least ? n : least;
}

/* No flag is set and no output moved before so many ticks have passed from place p on; matches not before `first`. */
static inline int64_t timer_least_to_act(const struct timer *t, int64_t p, int64_t first)
{
    if (p < 0) {
        return 0;
    }
    int64_t least = t->period - p;
    least = timer_nearer(least, t->ocr[0] + 1 - p, first);
    least = timer_nearer(least, t->ocr[1] + 1 - p, first);
    if (timer_is_dual(t)) {
        least = timer_nearer(least, 2 * (int64_t)t->top - t->ocr[0] + 1 - p, first);
        least = timer_nearer(least, 2 * (int64_t)t->top - t->ocr[1] + 1 - p, first);
        least = timer_nearer(least, (int64_t)t->top + 1 - p, 1);
        least = timer_nearer(least, 1 - p, 1);
    }
    return least;
}

static inline int64_t timer_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* next_place() for the end of a value: a counter that comes to 0 from MAX has not left TOP. */
static inline int64_t timer_next_end(const struct timer *t, int64_t after, int64_t p)
{
    p = p < t->period ? p : p % t->period; /* TOP is 0 or 1 */
    return timer_next_place(t, p == 0 && after < t->zero ? t->zero : after, p);
}

static inline bool timer_update_pending(const struct timer *t)
{
    return t->ocr[0] != t->ocr_next[0] || t->ocr[1] != t->ocr_next[1];
}

/* To the closed form, from a timer that steps. */
void timer_close_steps(struct timer *t);

static inline void timer_end_steps(struct timer *t)
{
    if (t->steps.on) {
        timer_close_steps(t);
    }
}

/* Looks at a control register (0: all), or at TIMSK, anew. */
void timer_read_control(struct timer *t, avr_io_addr_t changed);
void timer_read_enables(struct timer *t);
/* `enabled` for this value of TIMSKn, and `awaited` << 8. */
static inline unsigned timer_enables(const struct timer *t, unsigned v)
{
    return t->enables_low[v & 15] | (unsigned)t->enables_high[v >> 4];
}
static inline void timer_set_enables(struct timer *t, unsigned enables)
{
    t->enabled = (uint8_t)enables;
    t->awaited = (uint8_t)(enables >> 8);
}

static inline void timer_set_resting(struct timer *t, unsigned resting)
{
    t->resting = (uint8_t)resting;
    t->resting_bit = (uint8_t)(1u << resting);
}

/* TCNT at a place. */
uint32_t timer_value_at(const struct timer *t, int64_t p);

/* The counter is at place p at this cycle; what it counts by may be new, the mode and its ends are as they were. */
void timer_stand_at(struct timer *t, int64_t p, uint64_t cycle);

/* A new regime from the registers, with the counter at v at this cycle. */
void timer_set_regime(struct timer *t, uint32_t v, bool down, uint64_t cycle);

/* Ends of the value OCRnx: up and, in dual-slope modes, down (-1 none). */
void timer_match_places(const struct timer *t, uint32_t ocr, int64_t *up, int64_t *down);

/* On the way from above TOP the counter passes OCRnx once, or not at all. */
int64_t timer_match_in_lead(const struct timer *t, int64_t after, uint32_t ocr);

/* First tick after `after` that sets the flag, TIMER_NEVER if none does. */
int64_t timer_next_flag(const struct timer *t, int64_t after, enum timer_flag flag);

/* When written OCRnx take over: fast and phase-and-frequency correct at BOTTOM, phase correct at TOP. */
int64_t timer_next_update(const struct timer *t, int64_t after);

/* Everything up to and including this cycle has happened. True if OCRnx took over on the way. */
bool timer_settle(struct timer *t, uint64_t cycle);
/* The latches at rest have come to this cycle: what happens then acts on them. */
void timer_advance_outputs(struct timer *t, uint64_t cycle);

/* Its modes by WGMn3:0. */
const struct timer_mode *timer_modes(const struct timer *t);
/* The period and its like for what is in force. */
void timer_find_period(struct timer *t);

static inline uint32_t timer_top(const struct timer *t)
{
    return t->mode->fixed ? t->mode->fixed : t->mode->top == TOP_OCRA ? t->ocr[0] : t->icr;
}

/* Cycles per tick by the registers. */
static inline uint32_t timer_prescale(const struct timer *t)
{
    return t->clocked && !(t->bank->halted & t->psr) ? 1u << t->shift : 0;
}

/* Sets the flags of all ticks up to and including this one. */
void timer_settle_flags(struct timer *t, int64_t tick);

/* The registers changed, the counter goes on from where it is. */
void timer_rebase(struct timer *t, uint64_t cycle);

/* The written OCRnx take effect. */
void timer_take_over(struct timer *t, uint64_t cycle);

/* The latch of OCnx, by the plan in force. */
bool timer_output_level(const struct timer_output *o, uint64_t cycle);

/* To this cycle: what comes next acts on it as it is then. Of an output that rests. */
void timer_output_advance(struct timer_output *o, uint64_t cycle);
/* The pin's level at rest, at a cycle not before that of the last store but one; port: the port's, if it has the pin. */
bool timer_output_resting_level(struct timer_output *o, uint64_t cycle, bool port);
/* The plan from `cycle` on. Returns the cycle of a single change, 0: none. */
uint64_t timer_output_find_plan(struct timer_output *o, uint64_t cycle);
/* The wave that it has planned. */
struct net_wave timer_output_wave(const struct timer_output *o);

/* The next tick at which something may happen, seen from this one. */
int64_t timer_acts_after(const struct timer *t, int64_t tick);

/* COMnx as it acts in the present mode: 0 not connected, 1 toggle, 2 or 3. */
static inline unsigned timer_output_com(const struct timer_output *o)
{
    return o->com_now == 1 && !(o->timer->mode->toggles >> o->channel & 1) ? 0 : o->com_now;
}

/*
 * From `cycle` on the output is a level, or a wave whose first rise lies ahead. When it is high now, it stays
 * so up to its next fall, and the plan is made again there.
 */
void timer_output_plan(struct timer_output *o, uint64_t cycle);

/* Quick ways of its registers. */
void timer_step_init(struct timer *t);
void timers_step_init(struct timers *b);
/* The register with the flag that ICP1 sets. */
void timer_step_captures(struct timer *t);
/* The event for the next flag whose interrupt is on; for the next OCRnx that takes over. */
void timer_plan_interrupt(struct timer *t);
void timer_plan_update(struct timer *t);
/* After a step with interrupts: the event comes in time, or before. True: it was moved, and a run may end earlier. */
bool timer_arm_steps(struct timer *t);
/* ICP1 has changed by a quick store: pins.h. */
bool timer_capture_quick(void *ctx, bool level, uint64_t cycle);
/* I is set: those that left it open have planned their interrupts, and set the flags up to now. */
void timers_wake_lazy(void *ctx, uint64_t cycle);
/* To this cycle, which is earlier than it was. */
void timer_move_interrupt(struct timer *t, uint64_t cycle);
/* The core tells when it is taken. */
void timer_hook_interrupt(struct timer *t, enum timer_flag f);

/* As the quick ways, for callbacks: of a timer whose outputs nobody hears, with interrupts. False: nothing has been done. */
bool timer_step_tcnt(struct timer *t, uint64_t cycle, unsigned v);
bool timer_step_ocr(struct timer *t, unsigned channel, uint64_t cycle, unsigned v);
bool timer_step_icr(struct timer *t, uint64_t cycle, unsigned v);
bool timer_step_control(struct timer *t, avr_io_addr_t addr, uint64_t cycle, unsigned v);
/* No flag whose interrupt is on is set before this cycle, and no OCRnx takes over. 0: none is, or I is clear. */
uint64_t timer_steps_interrupt(struct timer *t);
/* It steps, and has come to this cycle. */
bool timer_steps_to(struct timer *t, uint64_t cycle);

/* The planned single change: the level turns over, then a wave may follow. */
void timer_output_change(void *ctx, sim_time at_ps);

#endif
