/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_lanes.h"

#include <string.h>

#include "mcu/timer.h"

/*
 * Block by block: what an operation reads of one is read before anything of it is written. Operations are handed over by
 * value, since bytes that are written could be anybody's: of what stands in memory the compiler would ask in each block.
 */
#define EACH_BLOCK  \
    unsigned i = 0; \
    i < n;          \
    i++
#define SLOT(slot_) (l->v[slot_][i])
#define FLAG(flag_) (l->v[LANE_FLAG + (flag_)][i])
#define NEEDS(o_, flag_) ((o_).needs >> (flag_)&1)

/*
 * Of what programs that wait seldom do: -O3 would make a loop for each set of flags needed, here, too, which takes the
 * compiler seven times as long and no instruction off a session.
 */
#ifdef __clang__
#define SELDOM
#else
#define SELDOM __attribute__((optimize("no-unswitch-loops")))
#endif

/* 1 where a comparison holds */
static inline lane_block ones(lane_block mask)
{
    return mask & 1;
}

static inline lane_block all_of(uint8_t value)
{
    return (lane_block){ 0 } + value;
}

/* Flags of a result, each only if somebody needs it; V is bit 7 of v. */
static inline void set_zn(struct lanes *l, struct lane_op o, unsigned i, lane_block res)
{
    if (NEEDS(o, S_Z)) {
        FLAG(S_Z) = ones((lane_block)(res == 0));
    }
    if (NEEDS(o, S_N)) {
        FLAG(S_N) = res >> 7;
    }
}

static inline void set_vs(struct lanes *l, struct lane_op o, unsigned i, lane_block res, lane_block v)
{
    if (NEEDS(o, S_V)) {
        FLAG(S_V) = v >> 7;
    }
    if (NEEDS(o, S_S)) {
        FLAG(S_S) = (res ^ v) >> 7;
    }
}

static inline void set_h(struct lanes *l, struct lane_op o, unsigned i, lane_block a, lane_block b, lane_block res)
{
    if (NEEDS(o, S_H)) {
        FLAG(S_H) = ((a ^ b ^ res) >> 4) & 1;
    }
}

/*
 * The same loop three times, since most results are asked for no flag, or for C alone: `needs_c` and `needs_all` are
 * constants where they come from.
 */
#define LOOP __attribute__((always_inline)) static inline void
#define BY_NEEDS(name_)                                                           \
    SELDOM static void name_##_all(struct lanes *l, struct lane_op o, unsigned n) \
    {                                                                             \
        name_##_loop(l, o, n, true, true);                                        \
    }                                                                             \
    static void name_(struct lanes *l, struct lane_op o, unsigned n)              \
    {                                                                             \
        if (!o.needs) {                                                           \
            name_##_loop(l, o, n, false, false);                                  \
        } else if (o.needs == 1u << S_C) {                                        \
            name_##_loop(l, o, n, true, false);                                   \
        } else {                                                                  \
            name_##_all(l, o, n);                                                 \
        }                                                                         \
    }

LOOP add_loop(struct lanes *l, struct lane_op o, unsigned n, bool needs_c, bool needs_all)
{
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), b = o.has_k ? all_of(o.k) : SLOT(o.b), c = o.with_c ? FLAG(S_C) : all_of(0);
        lane_block half = a + b, res = half + c;
        if (needs_c) {
            FLAG(S_C) = ones((lane_block)(half < a) | (lane_block)(res < half));
        }
        SLOT(o.d) = res;
        if (needs_all) {
            set_zn(l, o, i, res);
            set_vs(l, o, i, res, (a ^ res) & (b ^ res));
            set_h(l, o, i, a, b, res);
        }
    }
}

BY_NEEDS(add)

LOOP sub_loop(struct lanes *l, struct lane_op o, unsigned n, bool needs_c, bool needs_all)
{
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), b = o.has_k ? all_of(o.k) : SLOT(o.b);
        lane_block c = o.with_c ? FLAG(S_C) : all_of(0), z = o.with_c ? FLAG(S_Z) : all_of(1);
        lane_block half = a - b, res = half - c;
        if (needs_c) {
            FLAG(S_C) = ones((lane_block)(half > a) | (lane_block)(res > half));
        }
        if (!o.compare) {
            SLOT(o.d) = res;
        }
        if (needs_all) {
            set_zn(l, o, i, res);
            if (NEEDS(o, S_Z)) {
                FLAG(S_Z) &= z;
            }
            set_vs(l, o, i, res, (a ^ b) & (a ^ res));
            set_h(l, o, i, a, b, res);
        }
    }
}

BY_NEEDS(sub)

SELDOM static void negate(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), res = all_of(0) - a;
        FLAG(S_C) = ones((lane_block)(a != 0));
        SLOT(o.d) = res;
        set_zn(l, o, i, res);
        set_vs(l, o, i, res, a & res);
        set_h(l, o, i, all_of(0), a, res);
    }
}

SELDOM static void logic(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), b = o.has_k ? all_of(o.k) : SLOT(o.b), res;
        switch (o.kind) {
        case LANE_AND: res = a & b; break;
        case LANE_OR: res = a | b; break;
        case LANE_EOR: res = a ^ b; break;
        default:
            res = ~a;
            FLAG(S_C) = all_of(1);
            break;
        }
        SLOT(o.d) = res;
        set_zn(l, o, i, res);
        set_vs(l, o, i, res, all_of(0));
    }
}

SELDOM static void count_up_or_down(struct lanes *l, struct lane_op o, unsigned n)
{
    bool up = o.kind == LANE_INC;
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), res = up ? a + 1 : a - 1;
        SLOT(o.d) = res;
        set_zn(l, o, i, res);
        set_vs(l, o, i, res, up ? res & ~a : a & ~res);
    }
}

SELDOM static void shift(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), res = a >> 1;
        if (o.kind == LANE_ASR) {
            res |= a & 0x80;
        } else if (o.kind == LANE_ROR) {
            res |= FLAG(S_C) << 7;
        }
        FLAG(S_C) = a & 1;
        SLOT(o.d) = res;
        set_zn(l, o, i, res);
        set_vs(l, o, i, res, res ^ (a << 7));
    }
}

SELDOM static void wide(struct lanes *l, struct lane_op o, unsigned n)
{
    bool up = o.kind == LANE_ADIW;
    for (EACH_BLOCK) {
        lane_block low = SLOT(o.a), high = SLOT(o.b), k = all_of(o.k), rl, rh, over;
        if (up) {
            rl = low + k;
            rh = high + ones((lane_block)(rl < low));
            over = ~rh & high; /* bit 7: carry */
        } else {
            rl = low - k;
            rh = high - ones((lane_block)(low < k));
            over = rh & ~high;
        }
        SLOT(o.d) = rl;
        SLOT(o.e) = rh;
        FLAG(S_C) = over >> 7;
        set_zn(l, o, i, rh);
        if (NEEDS(o, S_Z)) {
            FLAG(S_Z) = ones((lane_block)((rl | rh) == 0));
        }
        set_vs(l, o, i, rh, up ? rh & ~high : high & ~rh);
    }
}

SELDOM static void multiply(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        lane_block a = SLOT(o.a), b = SLOT(o.b);
        for (unsigned k = 0; k < LANE_BLOCK; k++) {
            unsigned r = (unsigned)a[k] * b[k];
            SLOT(o.d)[k] = (uint8_t)r;
            SLOT(o.e)[k] = (uint8_t)(r >> 8);
            FLAG(S_C)[k] = (uint8_t)(r >> 15);
            FLAG(S_Z)[k] = r == 0;
        }
    }
}

/* I is not among the flags: it is the same in all lanes. */
SELDOM static void sreg(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        lane_block byte = o.kind == LANE_TO_SREG ? SLOT(o.a) : all_of((uint8_t)(o.k << S_I));
        for (unsigned f = 0; f < S_I; f++) {
            if (o.kind == LANE_TO_SREG) {
                FLAG(f) = (byte >> f) & 1;
            } else {
                byte |= FLAG(f) << f;
            }
        }
        SLOT(o.d) = byte;
    }
}

SELDOM static void bit_t(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        if (o.kind == LANE_BST) {
            FLAG(S_T) = (SLOT(o.a) >> o.k) & 1;
        } else {
            SLOT(o.d) = (SLOT(o.a) & (uint8_t) ~(1u << o.k)) | FLAG(S_T) << o.k;
        }
    }
}

static void spread(struct lanes *l, struct lane_op o, unsigned n)
{
    lane_block k = all_of(o.kind == LANE_SET ? o.k : l->v[o.a][0][0]);
    for (EACH_BLOCK) {
        SLOT(o.d) = k;
    }
}

SELDOM static void swap(struct lanes *l, struct lane_op o, unsigned n)
{
    for (EACH_BLOCK) {
        SLOT(o.d) = SLOT(o.a) >> 4 | SLOT(o.a) << 4;
    }
}

static void counts(struct lanes *l, struct lane_op o, const struct lane_count *c, unsigned n, uint64_t from_ck,
                   uint64_t lap_ck)
{
    struct timer_ramp r;
    bool is_ramp = timer_ramp_from(c->timer, from_ck + c->at, &r); /* the usual case: no call, no division */
    uint64_t lane = 0;
    for (EACH_BLOCK) {
        for (unsigned k = 0; k < LANE_BLOCK; k++, lane++) {
            SLOT(o.d)
            [k] = (uint8_t)(is_ramp ? (r.from + (uint32_t)(lane * lap_ck)) >> r.shift & r.mask
                                    : timer_tcnt(c->timer, from_ck + c->at + lane * lap_ck));
        }
    }
}

/* The first of n lanes whose byte is not `value`, n: none. */
static unsigned first_other(const lane_block *a, uint8_t value, unsigned n)
{
    unsigned lane = 0;
    for (; lane + LANE_BLOCK <= n; lane += LANE_BLOCK) {
        lane_block other = a[lane / LANE_BLOCK] ^ value;
        uint64_t half[2];
        memcpy(half, &other, sizeof half);
        if (half[0] | half[1]) {
            break;
        }
    }
    while (lane < n && a[lane / LANE_BLOCK][lane % LANE_BLOCK] == value) {
        lane++;
    }
    return lane;
}

static unsigned blocks(unsigned lanes)
{
    return (lanes + LANE_BLOCK - 1) / LANE_BLOCK;
}

/* How many of the first `alive` lanes fulfil it. */
static unsigned goes_on(const struct lanes *l, struct lane_op o, unsigned alive)
{
    lane_block is[IDLE_LANES / LANE_BLOCK];
    unsigned n = blocks(alive);
    if (o.kind == LANE_IS || o.kind == LANE_FLAG_IS) {
        return first_other(l->v[o.a], o.kind == LANE_IS ? o.k : o.want, alive);
    }
    for (EACH_BLOCK) {
        is[i] = o.kind == LANE_BIT ? (SLOT(o.a) >> o.k) & 1 : ones((lane_block)(SLOT(o.a) == SLOT(o.b)));
    }
    return first_other(is, o.want, alive);
}

unsigned lanes_other(const struct lane_program *p, const struct lanes *l, unsigned slot, uint8_t value, unsigned n)
{
    return first_other(l->v[p->where[slot]], value, n);
}

void lanes_load(const struct lane_program *p, struct lanes *l, unsigned slot, uint8_t value, unsigned n)
{
    lane_block block = all_of(value);

    l->v[slot][0] = block;
    for (unsigned i = 1; p->load_wide >> slot & 1 && i < blocks(n); i++) {
        l->v[slot][i] = block;
    }
}

void lanes_load_all(struct lanes *l, unsigned slot, uint8_t value, unsigned n)
{
    lane_block block = all_of(value);

    for (unsigned i = 0; i < blocks(n); i++) {
        l->v[slot][i] = block;
    }
}

static unsigned run(const struct lane_program *p, struct lanes *l, unsigned n, uint64_t from_ck, uint64_t lap_ck,
                    bool all_wide)
{
    unsigned alive = n, all = blocks(n);
    for (const struct lane_op *o = p->op, *end = p->op + p->n; o < end; o++) {
        bool is_wide = o->wide || all_wide;
        unsigned m = is_wide ? all : 1;
        switch ((enum lane_kind)o->kind) {
        case LANE_SET:
        case LANE_SPREAD: spread(l, *o, m); break;
        case LANE_COPY: break; /* of recorded programs only */
        case LANE_COUNT: counts(l, *o, &p->count[o->k], m, from_ck, lap_ck); break;
        case LANE_ADD: add(l, *o, m); break;
        case LANE_SUB: sub(l, *o, m); break;
        case LANE_NEG: negate(l, *o, m); break;
        case LANE_AND:
        case LANE_OR:
        case LANE_EOR:
        case LANE_COM: logic(l, *o, m); break;
        case LANE_SWAP: swap(l, *o, m); break;
        case LANE_INC:
        case LANE_DEC: count_up_or_down(l, *o, m); break;
        case LANE_LSR:
        case LANE_ASR:
        case LANE_ROR: shift(l, *o, m); break;
        case LANE_ADIW:
        case LANE_SBIW: wide(l, *o, m); break;
        case LANE_MUL: multiply(l, *o, m); break;
        case LANE_FROM_SREG:
        case LANE_TO_SREG: sreg(l, *o, m); break;
        case LANE_BST:
        case LANE_BLD: bit_t(l, *o, m); break;
        case LANE_BIT:
        case LANE_FLAG_IS:
        case LANE_SAME:
        case LANE_IS: {
            unsigned looked_at = is_wide ? alive : 1, good = goes_on(l, *o, looked_at);
            if (good < looked_at) {
                alive = good;
                all = blocks(alive);
            }
            if (!alive) {
                return 0;
            }
            break;
        }
        }
    }
    return alive;
}

unsigned lanes_run(const struct lane_program *p, struct lanes *l, unsigned n, uint64_t from_ck, uint64_t lap_ck)
{
    return run(p, l, n, from_ck, lap_ck, false);
}

unsigned lanes_run_all(const struct lane_program *p, struct lanes *l, unsigned n)
{
    return run(p, l, n, 0, 0, true);
}
