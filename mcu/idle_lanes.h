/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_lanes.h - a lap of a waiting loop as operations on many laps' values at once, for idle_lap.c
 *
 * A slot holds one byte a lane: registers 0..31, flags as 0 or 1, bytes of SRAM, and a constant. What is the same in
 * every lane is worked out in the first block only, until something that is not wants it.
 * Recorded are operations on slots, a and b, of which a is the result, too. lane_program_shorten() makes operations on
 * places of them, a and b to d: what is only moved or not wanted is none.
 */
#ifndef MCU_IDLE_LANES_H
#define MCU_IDLE_LANES_H

#include <stdbool.h>
#include <stdint.h>

#define IDLE_LANES 256
#define LANE_BLOCK 16 /* lanes of one vector operation */
#define LANE_OPS 288
#define LANE_BYTES 24 /* of SRAM */
#define LANE_COUNTS 4 /* reads of counters in a lap */
enum { LANE_FLAG = 32, LANE_BYTE = LANE_FLAG + 8, LANE_K = LANE_BYTE + LANE_BYTES, LANE_SLOTS };
#define LANE_PLACES (LANE_SLOTS + 3)

enum lane_kind {
    LANE_SET,    /* a = constant */
    LANE_SPREAD, /* a: from its first lane to all */
    LANE_COUNT,  /* a = the count of counts[k] in each lap */
    LANE_COPY,   /* a = b */
    LANE_ADD,    /* a += b; with_c: + C */
    LANE_SUB,    /* a -= b; with_c: - C, and Z stays 0; compare: a stays */
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
    LANE_MUL,       /* 0, 1 = a * b */
    LANE_FROM_SREG, /* a = the flags; k: I */
    LANE_TO_SREG,   /* the flags but I = a */
    LANE_BST,       /* T = bit k of a */
    LANE_BLD,       /* bit k of a = T */
    LANE_BIT,       /* goes on while bit k of a is `want` */
    LANE_FLAG_IS,   /* goes on while flag slot a is `want` */
    LANE_SAME,      /* goes on while (a == b) is `want` */
    LANE_IS,        /* goes on while a is k */
};

struct lane_op {
    uint8_t kind, a, b, k;
    bool with_c, compare, want;
    uint8_t d, e;  /* the result, the second of two */
    bool has_k;    /* k stands for b */
    bool wide;     /* all lanes; else the first block */
    uint8_t needs; /* flags whose value is used later: a bit each, as in SREG */
    uint8_t sets;  /* flags that it sets */
};

struct lane_count {
    void *timer; /* struct timer */
    uint64_t at; /* cycle of the read in lane 0 */
};

struct lane_program {
    struct lane_op op[LANE_OPS];
    unsigned n;
    struct lane_count count[LANE_COUNTS];
    unsigned n_counts;
    uint8_t flags_out;         /* flags whose value at the end somebody wants */
    uint64_t slots_out;        /* the same of slots, a bit each */
    uint64_t load_wide;        /* slots whose first value all lanes get */
    uint8_t where[LANE_SLOTS]; /* the place of a slot's value at the end */
};

typedef uint8_t lane_block __attribute__((vector_size(LANE_BLOCK)));

struct lanes {
    lane_block v[LANE_PLACES][IDLE_LANES / LANE_BLOCK];
};

/* Once the program is complete, with flags_out and slots_out. */
void lane_program_shorten(struct lane_program *p);

/* What the lap reads goes into the first block, or wherever n lanes want it. */
void lanes_load(const struct lane_program *p, struct lanes *l, unsigned slot, uint8_t value, unsigned n);

/* The same for n lanes of lanes_run_all(). */
void lanes_load_all(struct lanes *l, unsigned slot, uint8_t value, unsigned n);

/*
 * What the lap reads stands in l (lanes_load()). Lanes from the first on that go all the way: 0..n.
 * n: 1..IDLE_LANES. from_ck: the cycle at which lane 0 begins; lap_ck: cycles from one to the next.
 */
unsigned lanes_run(const struct lane_program *p, struct lanes *l, unsigned n, uint64_t from_ck, uint64_t lap_ck);

/* Of a program without counts, whose lanes differ in what they read: all of it stands in all lanes. */
unsigned lanes_run_all(const struct lane_program *p, struct lanes *l, unsigned n);

/* What a slot holds at the end. */
static inline uint8_t lanes_value(const struct lane_program *p, const struct lanes *l, unsigned slot, unsigned lane)
{
    return l->v[p->where[slot]][lane / LANE_BLOCK][lane % LANE_BLOCK];
}

static inline uint8_t lanes_first(const struct lane_program *p, const struct lanes *l, unsigned slot)
{
    return lanes_value(p, l, slot, 0);
}

/* The first of n lanes whose slot is not `value` at the end, n: none. */
unsigned lanes_other(const struct lane_program *p, const struct lanes *l, unsigned slot, uint8_t value, unsigned n);

#endif
