/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_lanes.h"

#include <string.h>

#include "mcu/timer.h"

#define N IDLE_LANES
/* n is a multiple of the block: inner loops of a length that the compiler knows become vector operations */
#define EACH_LANE(n_, ...)                                     \
    for (unsigned base = 0; base < (n_); base += LANE_BLOCK) { \
        for (unsigned i = base; i < base + LANE_BLOCK; i++) {  \
            __VA_ARGS__                                        \
        }                                                      \
    }

#define NEEDS(o_, flag_) ((o_)->needs >> (flag_)&1)

/* Flags of results, each only if somebody needs it. */
static void set_flag(struct lanes *l, unsigned n, unsigned flag, const uint8_t *bit7)
{
    uint8_t *to = l->v[LANE_FLAG + flag];
    EACH_LANE(n, to[i] = bit7[i] >> 7;)
}

static void set_zn(struct lanes *l, const struct lane_op *o, unsigned n, const uint8_t *res)
{
    if (NEEDS(o, S_Z)) {
        uint8_t *z = l->v[LANE_FLAG + S_Z];
        EACH_LANE(n, z[i] = res[i] == 0;)
    }
    if (NEEDS(o, S_N)) {
        set_flag(l, n, S_N, res);
    }
}

/* bit 7 of v */
static void set_vs(struct lanes *l, const struct lane_op *o, unsigned n, const uint8_t *res, const uint8_t *v)
{
    uint8_t s[N];
    if (NEEDS(o, S_V)) {
        set_flag(l, n, S_V, v);
    }
    if (NEEDS(o, S_S)) {
        EACH_LANE(n, s[i] = res[i] ^ v[i];)
        set_flag(l, n, S_S, s);
    }
}

static bool needs_v(const struct lane_op *o)
{
    return o->needs & (1 << S_V | 1 << S_S);
}

static void set_h(struct lanes *l, const struct lane_op *o, unsigned n, const uint8_t *a, const uint8_t *b,
                  const uint8_t *res)
{
    uint8_t *h = l->v[LANE_FLAG + S_H];
    if (NEEDS(o, S_H)) {
        EACH_LANE(n, h[i] = (a[i] ^ b[i] ^ res[i]) >> 4 & 1;)
    }
}

static void add(struct lanes *l, const struct lane_op *o, unsigned n)
{
    uint8_t *a = l->v[o->a], *b = l->v[o->b], *c = l->v[LANE_FLAG + S_C], res[N], carry[N], v[N];
    if (o->with_c) {
        EACH_LANE(n, uint8_t half = (uint8_t)(a[i] + b[i]); res[i] = (uint8_t)(half + c[i]);
                  carry[i] = (half < a[i]) | (res[i] < half);)
    } else {
        EACH_LANE(n, res[i] = (uint8_t)(a[i] + b[i]); carry[i] = res[i] < a[i];)
    }
    if (needs_v(o)) {
        EACH_LANE(n, v[i] = (a[i] ^ res[i]) & (b[i] ^ res[i]);)
        set_vs(l, o, n, res, v);
    }
    set_h(l, o, n, a, b, res);
    set_zn(l, o, n, res);
    memcpy(c, carry, n);
    memcpy(a, res, n);
}

static void sub(struct lanes *l, const struct lane_op *o, unsigned n, const uint8_t *a, const uint8_t *b)
{
    uint8_t *c = l->v[LANE_FLAG + S_C], *z = l->v[LANE_FLAG + S_Z], res[N], borrow[N], v[N];
    if (o->with_c) {
        EACH_LANE(n, uint8_t half = (uint8_t)(a[i] - b[i]); res[i] = (uint8_t)(half - c[i]);
                  borrow[i] = (half > a[i]) | (res[i] > half);)
    } else {
        EACH_LANE(n, res[i] = (uint8_t)(a[i] - b[i]); borrow[i] = res[i] > a[i];)
    }
    if (needs_v(o)) {
        EACH_LANE(n, v[i] = (a[i] ^ b[i]) & (a[i] ^ res[i]);)
        set_vs(l, o, n, res, v);
    }
    set_h(l, o, n, a, b, res);
    if (NEEDS(o, S_N)) {
        set_flag(l, n, S_N, res);
    }
    if (NEEDS(o, S_Z) && o->with_c) {
        EACH_LANE(n, z[i] &= res[i] == 0;)
    } else if (NEEDS(o, S_Z)) {
        EACH_LANE(n, z[i] = res[i] == 0;)
    }
    memcpy(c, borrow, n);
    if (!o->compare) {
        memcpy(l->v[o->a], res, n);
    }
}

static void logic(struct lanes *l, const struct lane_op *o, unsigned n)
{
    static const uint8_t none[N];
    uint8_t *a = l->v[o->a];
    const uint8_t *b = l->v[o->b];
    switch (o->kind) {
    case LANE_AND: EACH_LANE(n, a[i] &= b[i];) break;
    case LANE_OR: EACH_LANE(n, a[i] |= b[i];) break;
    case LANE_EOR: EACH_LANE(n, a[i] ^= b[i];) break;
    default: EACH_LANE(n, a[i] = (uint8_t)~a[i];) memset(l->v[LANE_FLAG + S_C], 1, n);
    }
    set_zn(l, o, n, a);
    set_vs(l, o, n, a, none);
}

static void count_up_or_down(struct lanes *l, const struct lane_op *o, unsigned n)
{
    uint8_t *a = l->v[o->a], was[N], v[N];
    memcpy(was, a, n);
    if (o->kind == LANE_INC) {
        EACH_LANE(n, a[i]++; v[i] = a[i] & (uint8_t)~was[i];)
    } else {
        EACH_LANE(n, a[i]--; v[i] = was[i] & (uint8_t)~a[i];)
    }
    set_zn(l, o, n, a);
    set_vs(l, o, n, a, v);
}

static void shift(struct lanes *l, const struct lane_op *o, unsigned n)
{
    uint8_t *a = l->v[o->a], *c = l->v[LANE_FLAG + S_C], was[N], v[N];
    memcpy(was, a, n);
    switch (o->kind) {
    case LANE_LSR: EACH_LANE(n, a[i] >>= 1;) break;
    case LANE_ASR: EACH_LANE(n, a[i] = (uint8_t)(a[i] >> 1 | (a[i] & 0x80));) break;
    default: EACH_LANE(n, a[i] = (uint8_t)(a[i] >> 1 | c[i] << 7);) break;
    }
    EACH_LANE(n, c[i] = was[i] & 1;)
    set_zn(l, o, n, a);
    if (needs_v(o)) {
        EACH_LANE(n, v[i] = a[i] ^ (uint8_t)(c[i] << 7);)
        set_vs(l, o, n, a, v);
    }
}

static void wide(struct lanes *l, const struct lane_op *o, unsigned n)
{
    uint8_t *low = l->v[o->a], *high = l->v[o->a + 1], *f[8], k = o->k;
    bool up = o->kind == LANE_ADIW;
    for (unsigned i = 0; i < 8; i++) {
        f[i] = l->v[LANE_FLAG + i];
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned a = low[i] | (unsigned)high[i] << 8, r = (up ? a + k : a - k) & 0xffff;
        unsigned v = up ? ~a & r : a & ~r, c = up ? ~r & a : r & ~a;
        low[i] = (uint8_t)r;
        high[i] = (uint8_t)(r >> 8);
        f[S_C][i] = c >> 15 & 1;
        f[S_V][i] = v >> 15 & 1;
        f[S_N][i] = (uint8_t)(r >> 15);
        f[S_Z][i] = r == 0;
        f[S_S][i] = f[S_N][i] ^ f[S_V][i];
    }
}

static void multiply(struct lanes *l, const struct lane_op *o, unsigned n)
{
    const uint8_t *a = l->v[o->a], *b = l->v[o->b];
    uint8_t low[N], high[N];
    for (unsigned i = 0; i < n; i++) {
        unsigned r = (unsigned)a[i] * b[i];
        low[i] = (uint8_t)r;
        high[i] = (uint8_t)(r >> 8);
        l->v[LANE_FLAG + S_C][i] = (uint8_t)(r >> 15);
        l->v[LANE_FLAG + S_Z][i] = r == 0;
    }
    memcpy(l->v[0], low, n);
    memcpy(l->v[1], high, n);
}

/* I is not among the flags: it is the same in all lanes. */
static void sreg(struct lanes *l, const struct lane_op *o, unsigned n)
{
    uint8_t *a = l->v[o->a];
    if (o->kind == LANE_TO_SREG) {
        for (unsigned f = 0; f < S_I; f++) {
            uint8_t *flag = l->v[LANE_FLAG + f];
            EACH_LANE(n, flag[i] = a[i] >> f & 1;)
        }
        return;
    }
    memset(a, o->k << S_I, n);
    for (unsigned f = 0; f < S_I; f++) {
        const uint8_t *flag = l->v[LANE_FLAG + f];
        EACH_LANE(n, a[i] |= (uint8_t)(flag[i] << f);)
    }
}

static void bit_t(struct lanes *l, const struct lane_op *o, unsigned n)
{
    uint8_t *a = l->v[o->a], *t = l->v[LANE_FLAG + S_T], k = o->k;
    if (o->kind == LANE_BST) {
        EACH_LANE(n, t[i] = a[i] >> k & 1;)
    } else {
        EACH_LANE(n, a[i] = (uint8_t)((a[i] & ~(1u << k)) | (unsigned)t[i] << k);)
    }
}

static void counts(struct lanes *l, const struct lane_op *o, const struct lane_count *c, unsigned n, uint64_t from_ck,
                   uint64_t lap_ck)
{
    struct timer_ramp r;
    uint8_t *a = l->v[o->a];
    if (timer_ramp_from(c->timer, from_ck + c->at, &r)) { /* the usual case: no call, no division */
        uint32_t from = r.from, step = (uint32_t)lap_ck, shift_by = r.shift, mask = r.mask;
        EACH_LANE(n, a[i] = (uint8_t)((from + i * step) >> shift_by & mask);)
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        a[i] = (uint8_t)timer_tcnt(c->timer, from_ck + c->at + i * lap_ck);
    }
}

/* How many of the first `alive` lanes fulfil it. */
static unsigned goes_on(const struct lanes *l, const struct lane_op *o, unsigned alive)
{
    const uint8_t *a = l->v[o->a], *b = l->v[o->b];
    for (unsigned i = 0; i < alive; i++) {
        bool is = o->kind == LANE_BIT    ? a[i] >> o->k & 1
                  : o->kind == LANE_SAME ? a[i] == b[i]
                  : o->kind == LANE_IS   ? a[i] == o->k
                                         : a[i];
        if (is != o->want) {
            return i;
        }
    }
    return alive;
}

void lanes_prepare(struct lane_program *p)
{
    uint8_t used = p->flags_out;
    for (unsigned i = p->n; i-- > 0;) {
        struct lane_op *o = &p->op[i];
        if (o->kind == LANE_SPREAD || o->kind == LANE_SET) {
            continue; /* of a flag: what it was, or is */
        }
        o->needs = used & o->sets;
        used &= (uint8_t)~o->sets;
        if (o->kind == LANE_FLAG_IS) {
            used |= (uint8_t)(1u << (o->a - LANE_FLAG));
        }
        if (o->kind == LANE_FROM_SREG) {
            used = 0xff;
        }
        if (o->kind == LANE_BLD) {
            used |= 1u << S_T;
        }
        if (o->with_c || o->kind == LANE_ROR) {
            used |= 1u << S_C;
        }
        if (o->kind == LANE_SUB && o->with_c) {
            used |= 1u << S_Z;
        }
    }
}

unsigned lanes_other(const struct lanes *l, unsigned slot, uint8_t value, unsigned n)
{
    const uint8_t *a = l->v[slot];
    unsigned i = 0;
    while (i < n && a[i] == value) {
        i++;
    }
    return i;
}

static unsigned whole_blocks(unsigned n)
{
    return (n + LANE_BLOCK - 1) / LANE_BLOCK * LANE_BLOCK;
}

unsigned lanes_run(const struct lane_program *p, struct lanes *l, unsigned n, uint64_t from_ck, uint64_t lap_ck)
{
    static const uint8_t zero[N];
    unsigned alive = n, all = whole_blocks(n);
    for (unsigned k = 0; k < p->n; k++) {
        const struct lane_op *o = &p->op[k];
        uint8_t *a = l->v[o->a];
        unsigned m = o->wide ? all : LANE_BLOCK;
        switch ((enum lane_kind)o->kind) {
        case LANE_SET: memset(a, o->k, m); break;
        case LANE_SPREAD: memset(a, a[0], m); break;
        case LANE_COUNT: counts(l, o, &p->count[o->k], m, from_ck, lap_ck); break;
        case LANE_COPY: memcpy(a, l->v[o->b], m); break;
        case LANE_ADD: add(l, o, m); break;
        case LANE_SUB: sub(l, o, m, a, l->v[o->b]); break;
        case LANE_NEG: sub(l, o, m, zero, memcpy(l->v[LANE_K], a, m)); break;
        case LANE_AND:
        case LANE_OR:
        case LANE_EOR:
        case LANE_COM: logic(l, o, m); break;
        case LANE_SWAP: EACH_LANE(m, a[i] = (uint8_t)(a[i] >> 4 | a[i] << 4);) break;
        case LANE_INC:
        case LANE_DEC: count_up_or_down(l, o, m); break;
        case LANE_LSR:
        case LANE_ASR:
        case LANE_ROR: shift(l, o, m); break;
        case LANE_ADIW:
        case LANE_SBIW: wide(l, o, m); break;
        case LANE_MUL: multiply(l, o, m); break;
        case LANE_FROM_SREG:
        case LANE_TO_SREG: sreg(l, o, m); break;
        case LANE_BST:
        case LANE_BLD: bit_t(l, o, m); break;
        case LANE_BIT:
        case LANE_FLAG_IS:
        case LANE_SAME:
        case LANE_IS: {
            unsigned looked_at = o->wide ? alive : 1, good = goes_on(l, o, looked_at);
            if (good < looked_at) {
                alive = good;
                all = whole_blocks(alive);
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
