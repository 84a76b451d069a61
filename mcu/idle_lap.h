/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_lap.h - laps of waiting loops, recorded once and then computed from what they read
 *
 *      idle_record(): one lap executed, every instruction noted ----> struct idle_lap
 *      idle_lap_run(): what the lap reads, now ----> how many laps from here go the same way, and what they leave
 *
 * A lap is a program: of what it reads before it writes it (registers, flags, bytes of SRAM) it makes what it leaves,
 * and at each branch goes the recorded way or another one. Nothing of it is a pattern of a compiler's code.
 * Same laps   without a timer's count all laps from here on are the same, if the first goes the recorded way and leaves
 *             what it read. After an interrupt that changed nothing of it, comparing is enough.
 * Counts      laps of delay(), micros() never repeat: what they read of TCNT is in their registers. But TCNT is a
 *             function of the cycle, so the next laps are computed beside each other (idle_lanes.h), up to the first
 *             in which a branch goes another way.
 * Exact if    what the lap reads before it writes it comes back with its old value (of the flags, what it does more
 *             with than to save and restore them as SREG); all laps end before `end`;
 *             addresses, the stack and I/O registers are as recorded (else the lap is not run); I is as it was. Stores
 *             to I/O are of the values that are there.
 */
#ifndef MCU_IDLE_LAP_H
#define MCU_IDLE_LAP_H

#include <stdbool.h>
#include <stdint.h>

#include "mcu/fast_core.h"
#include "mcu/idle_lanes.h"

/* for (EACH_BIT(i, set)): i is each bit of the set in turn */
#define EACH_BIT(i_, set_)                                \
    uint32_t left_ = (set_), i_;                          \
    left_ && (i_ = (uint32_t)__builtin_ctz(left_), true); \
    left_ &= left_ - 1

struct idle_lap_byte { /* of SRAM, or SREG as a byte */
    uint16_t at;
    bool in, written;              /* read before it was written */
    bool direct;                   /* not only pushed and popped */
    uint8_t first_read, last_read; /* steps, of those in */
};

struct idle_lap_values {
    uint8_t reg[32], flag[8], byte[LANE_BYTES];
};

#define LAP_STEPS 192

struct idle_lap {
    bool valid;
    bool known;     /* `first` leads to `last`, and back */
    uint8_t misses; /* in a row */
    uint32_t pc;
    uint64_t code_changes;
    struct fast_sections sections;
    uint64_t ck;
    uint32_t instructions;
    bool counts;    /* reads a timer's count */
    bool calls;     /* reads I/O by callbacks: the last lap must be executed */
    bool touches_i; /* changes I, and back */
    uint8_t i, sp[2];
    uint32_t reg_in, reg_out; /* a bit each; in: read before it was written */
    uint32_t reg_back;        /* of wakes: changed, and must come back; not what is only saved and restored */
    uint8_t flag_in, flag_out;
    uint8_t flag_back;    /* in, and must come back: not what is only saved, and restored by OUT SREG */
    uint8_t flag_next[8]; /* with counts: what the last lap begins with; of flags that need not come back */
    unsigned n_bytes, n_io;
    struct idle_lap_byte byte[LANE_BYTES];
    uint16_t io[FAST_PROBE_READS]; /* I/O registers that it reads, or stores their value to; but counts */
    uint8_t io_value[FAST_PROBE_READS];
    struct idle_lap_values first, last; /* of the lap last computed or recorded */
    uint32_t reg_fixed;                 /* outputs that are the same whatever was read: last has them */
    uint8_t flag_fixed;
    uint32_t byte_fixed;
    struct lane_program program;
    bool has_steps;   /* where each instruction begins is known, and an interrupt may come before any of them */
    bool takes_calls; /* the first is known, and before which of them an interrupt may come */
    uint32_t step_pc[LAP_STEPS];
    uint16_t step_ck[LAP_STEPS];  /* from the lap's start */
    uint16_t step_sp[LAP_STEPS];  /* SP */
    bool step_is_open[LAP_STEPS]; /* I is set, and was before the instruction before */
};

enum idle_recorded {
    IDLE_RECORDED,
    IDLE_BROKEN_OFF, /* something came before its end */
    IDLE_NO_LAP,     /* none that can be kept */
};

/* Executes a lap from pc, the target of a jump backwards, instruction by instruction. */
enum idle_recorded idle_record(struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint64_t end);

/*
 * The same of an interrupt's handler, from its first instruction up to where it leads back to: it only counts
 * (idle_calls.h), or IDLE_NO_LAP.
 */
enum idle_recorded idle_record_call(struct idle_lap *call, struct fast_core *f, avr_t *avr, uint32_t return_pc,
                                    uint64_t end);

/*
 * The same from the handler that wakes a core, from its first instruction, up to SLEEP, which leaves pc at asleep_pc again:
 * what it counts, in the handler and outside of it, need not come back (idle_wakes.h).
 */
enum idle_recorded idle_record_wake(struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint32_t asleep_pc,
                                    uint64_t end);

/* The instruction at pc begins, lap->instructions of the lap with it; i_before: I, when the one before began. */
void idle_lap_note_step(struct idle_lap *lap, const avr_t *avr, uint64_t first_cycle, bool i_before);
/* Of a lap that is complete: has_steps, takes_calls. */
void idle_lap_judge_steps(struct idle_lap *lap, bool uses_stack, bool i_before);

/* Can the lap be run here: code, stack, I, interrupts. */
bool idle_lap_fits(const struct idle_lap *lap, const struct fast_core *f, const avr_t *avr);

/*
 * How many laps from here go the recorded way and leave what they read, most (> 0) at most; 0: not even one. Of laps
 * without counts, what they leave stands in lap->last.
 */
uint64_t idle_lap_run(struct idle_lap *lap, const avr_t *avr, uint64_t most);

/*
 * Without counts: how many laps go the recorded way and leave what they read, in lanes of l that have bytes of SRAM already
 * (LANE_BYTE + i for each i of `has`, n lanes); the rest is as the core has it.
 */
unsigned idle_lap_hold(const struct idle_lap *lap, const avr_t *avr, struct lanes *l, uint32_t has, unsigned n);

/* With counts: flags are set as the last of the n > 1 laps that idle_lap_run() said begins. */
void idle_lap_begin_last(const struct idle_lap *lap, avr_t *avr);

/* Without counts: the core gets what laps leave. */
void idle_lap_leave(const struct idle_lap *lap, avr_t *avr);
/* ... and has it already. */
bool idle_lap_has_left(const struct idle_lap *lap, const avr_t *avr);

#endif
