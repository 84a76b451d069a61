/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_note.h - what each instruction of a lap does, noted before it is executed; for idle_record.c
 *
 * A note says what the instruction reads and writes, and appends what it does to the lap's program (idle_lanes.h). What is
 * the same whenever the lap goes this way is no operation: it stands in the core while the lap is executed.
 */
#ifndef MCU_IDLE_NOTE_H
#define MCU_IDLE_NOTE_H

#include "mcu/fast_kinds.h"
#include "mcu/idle_lap.h"

/* What a slot holds at this moment. */
enum holds {
    FIXED,  /* the same whenever the lap goes this way: not in its slot but in the core, as the lap is executed */
    COMMON, /* it depends on what the lap read, and is the same in every lane: in the first block */
    VARIES, /* it depends on a timer's count: in all lanes */
};

struct recorder {
    struct fast_core *f;
    avr_t *avr;
    struct idle_lap *lap;
    bool failed, on_stack; /* the instruction pushes or pops */
    bool is_call, is_wake, used_stack;
    uint32_t used_regs;         /* whose first value is used, not only put elsewhere */
    uint8_t origin[LANE_SLOTS]; /* 1 + the slot whose first value it still holds, 0: none */
    uint8_t holds[LANE_SLOTS];
    uint8_t saved[LANE_SLOTS];    /* a byte of SREG: its flags that are still those of the lap's start */
    uint8_t used_in, changed_out; /* flags: as flag_in and flag_out, without what is only saved and restored */
    bool spread[LANE_SLOTS];      /* COMMON, but all lanes have it */
    uint64_t first_cycle;
    bool i_before;          /* I, before the instruction before */
    struct lane_op nowhere; /* what comes after a full program goes there */
};

/* Notes the instruction at pc. r->failed: the lap can't be kept. */
void idle_note(struct recorder *r);

uint8_t idle_note_value(const struct recorder *r, unsigned slot); /* in the core, now */
/* An operation wants it: in all lanes, or in the first block. */
void idle_note_want(struct recorder *r, unsigned slot, bool wide);
/* If the slot still holds a register's first value, that is used. */
void idle_note_use_reg(struct recorder *r, unsigned slot);
/* The slot of a byte of SRAM; in: it is read now. */
unsigned idle_note_byte(struct recorder *r, unsigned at, bool in);
void idle_note_write_byte(struct recorder *r, unsigned slot, enum holds holds);
/* The lap goes this way only with the value that the register has now; it gets another that is always the same. */
void idle_note_fix_reg(struct recorder *r, unsigned n);
/* RET, and what RETI has of it. */
void idle_note_pop_pc(struct recorder *r);

static inline unsigned idle_note_sp(const struct recorder *r)
{
    return r->avr->data[FAST_SPL] | (unsigned)r->avr->data[FAST_SPH] << 8;
}

#endif
