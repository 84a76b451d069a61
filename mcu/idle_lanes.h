/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_lanes.h - operations on many laps' values at once, for idle_ramp.c
 *
 * A slot holds one byte a lane: registers 0..31, flags as 0 or 1, bytes of SRAM, and a constant.
 */
#ifndef MCU_IDLE_LANES_H
#define MCU_IDLE_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "mcu/idle_ramp.h"

#define LANE_OPS 160
#define LANE_BYTES 24 /* of SRAM */
enum { LANE_FLAG = 32, LANE_BYTE = LANE_FLAG + 8, LANE_K = LANE_BYTE + LANE_BYTES, LANE_SLOTS };

enum lane_kind {
    LANE_SET,   /* a = constant */
    LANE_COUNT, /* a = TCNT at `at` of each lap; its high byte too in b, if that is not a */
    LANE_COPY,  /* a = b */
    LANE_ADD,   /* a += b; with_c: + C */
    LANE_SUB,   /* a -= b; with_c: - C; compare: a stays; keep_z */
    LANE_AND,
    LANE_OR,
    LANE_EOR,
    LANE_COM,
    LANE_NEG,
    LANE_SWAP,
    LANE_INC,
    LANE_DEC,
    LANE_LSR,
    LANE_ASR,
    LANE_ROR,
    LANE_ADIW, /* a, a + 1 */
    LANE_SBIW,
    LANE_MUL,     /* 0, 1 = a * b */
    LANE_BIT,     /* goes on while bit k of a is `want` */
    LANE_FLAG_IS, /* goes on while flag slot a is `want` */
    LANE_SAME,    /* goes on while (a == b) is `want` */
};

struct lane_op {
    uint8_t kind, a, b, k;
    bool with_c, compare, want;
    uint8_t needs; /* flags whose value is used later: a bit each, as in SREG */
    uint8_t sets;  /* flags that it sets */
    void *timer;   /* LANE_COUNT: struct timer */
    uint64_t at;   /* ... cycle in lane 0 */
};

struct lane_program {
    struct lane_op op[LANE_OPS];
    unsigned n;
    uint64_t lap_ck;
};

/* Lanes from the first on that go all the way: 0..IDLE_LANES. */
unsigned lanes_run(struct lane_program *p);

#endif
