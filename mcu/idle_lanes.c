/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_lanes.h"

#include <string.h>

#include "mcu/timer.h"

#define N IDLE_LANES
#define EACH_LANE   \
    unsigned i = 0; \
    i < N;          \
    i++

struct lanes {
    uint8_t v[LANE_SLOTS][N];
};

/* Flags of results, each only if somebody needs it. */
static void set_flag(struct lanes *l, const struct lane_op *o, unsigned flag, const uint8_t *bit7)
{
    if (o->needs >> flag & 1) {
        uint8_t *to = l->v[LANE_FLAG + flag];
        for (EACH_LANE) {
            to[i] = bit7[i] >> 7;
        }
    }
}

static void set_zns(struct lanes *l, const struct lane_op *o, const uint8_t *res, const uint8_t *v)
{
    uint8_t *z = l->v[LANE_FLAG + S_Z], s[N];
    if (o->needs >> S_Z & 1) {
        for (EACH_LANE) {
            z[i] = res[i] == 0;
        }
    }
    set_flag(l, o, S_N, res);
    set_flag(l, o, S_V, v);
    if (o->needs >> S_S & 1) {
        for (EACH_LANE) {
            s[i] = res[i] ^ v[i];
        }
        set_flag(l, o, S_S, s);
    }
}

static void set_h(struct lanes *l, const struct lane_op *o, const uint8_t *a, const uint8_t *b, const uint8_t *res)
{
    uint8_t *h = l->v[LANE_FLAG + S_H];
    if (o->needs >> S_H & 1) {
        for (EACH_LANE) {
            h[i] = (a[i] ^ b[i] ^ res[i]) >> 4 & 1;
        }
    }
}

static void add(struct lanes *l, const struct lane_op *o)
{
    uint8_t *a = l->v[o->a], *b = l->v[o->b], *c = l->v[LANE_FLAG + S_C], res[N], carry[N], v[N];
    if (o->with_c) {
        for (EACH_LANE) {
            uint8_t half = (uint8_t)(a[i] + b[i]);
            res[i] = (uint8_t)(half + c[i]);
            carry[i] = (half < a[i]) | (res[i] < half);
        }
    } else {
        for (EACH_LANE) {
            res[i] = (uint8_t)(a[i] + b[i]);
            carry[i] = res[i] < a[i];
        }
    }
    for (EACH_LANE) {
        v[i] = (a[i] ^ res[i]) & (b[i] ^ res[i]);
    }
    set_h(l, o, a, b, res);
    set_zns(l, o, res, v);
    memcpy(c, carry, N);
    memcpy(a, res, N);
}

static void sub(struct lanes *l, const struct lane_op *o, const uint8_t *a, const uint8_t *b, bool keep_z)
{
    uint8_t *c = l->v[LANE_FLAG + S_C], *z = l->v[LANE_FLAG + S_Z], res[N], borrow[N], v[N], was_z[N];
    if (o->with_c) {
        for (EACH_LANE) {
            uint8_t half = (uint8_t)(a[i] - b[i]);
            res[i] = (uint8_t)(half - c[i]);
            borrow[i] = (half > a[i]) | (res[i] > half);
        }
    } else {
        for (EACH_LANE) {
            res[i] = (uint8_t)(a[i] - b[i]);
            borrow[i] = res[i] > a[i];
        }
    }
    memcpy(was_z, z, N);
    for (EACH_LANE) {
        v[i] = (a[i] ^ b[i]) & (a[i] ^ res[i]);
    }
    set_h(l, o, a, b, res);
    set_zns(l, o, res, v);
    if (keep_z && (o->needs >> S_Z & 1)) {
        for (EACH_LANE) {
            z[i] &= was_z[i];
        }
    }
    memcpy(c, borrow, N);
    if (!o->compare) {
        memcpy(l->v[o->a], res, N);
    }
}

static void logic(struct lanes *l, const struct lane_op *o)
{
    static const uint8_t none[N];
    uint8_t *a = l->v[o->a];
    const uint8_t *b = l->v[o->b];
    switch (o->kind) {
    case LANE_AND:
        for (EACH_LANE) {
            a[i] &= b[i];
        }
        break;
    case LANE_OR:
        for (EACH_LANE) {
            a[i] |= b[i];
        }
        break;
    case LANE_EOR:
        for (EACH_LANE) {
            a[i] ^= b[i];
        }
        break;
    default:
        for (EACH_LANE) {
            a[i] = (uint8_t)~a[i];
        }
        memset(l->v[LANE_FLAG + S_C], 1, N);
        break;
    }
    set_zns(l, o, a, none);
}

static void count_up_or_down(struct lanes *l, const struct lane_op *o)
{
    uint8_t *a = l->v[o->a], was[N], v[N];
    memcpy(was, a, N);
    if (o->kind == LANE_INC) {
        for (EACH_LANE) {
            a[i]++;
        }
        for (EACH_LANE) {
            v[i] = a[i] & (uint8_t)~was[i];
        }
    } else {
        for (EACH_LANE) {
            a[i]--;
        }
        for (EACH_LANE) {
            v[i] = was[i] & (uint8_t)~a[i];
        }
    }
    set_zns(l, o, a, v);
}

static void shift(struct lanes *l, const struct lane_op *o)
{
    uint8_t *a = l->v[o->a], *c = l->v[LANE_FLAG + S_C], was[N], v[N];
    memcpy(was, a, N);
    switch (o->kind) {
    case LANE_LSR:
        for (EACH_LANE) {
            a[i] >>= 1;
        }
        break;
    case LANE_ASR:
        for (EACH_LANE) {
            a[i] = (uint8_t)(a[i] >> 1 | (a[i] & 0x80));
        }
        break;
    default:
        for (EACH_LANE) {
            a[i] = (uint8_t)(a[i] >> 1 | c[i] << 7);
        }
        break;
    }
    for (EACH_LANE) {
        c[i] = was[i] & 1;
    }
    for (EACH_LANE) {
        v[i] = a[i] ^ (uint8_t)(c[i] << 7);
    }
    set_zns(l, o, a, v);
}

static void wide(struct lanes *l, const struct lane_op *o)
{
    uint8_t *low = l->v[o->a], *high = l->v[o->a + 1], *f[8], k = o->k;
    bool up = o->kind == LANE_ADIW;
    for (unsigned i = 0; i < 8; i++) {
        f[i] = l->v[LANE_FLAG + i];
    }
    for (EACH_LANE) {
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

static void multiply(struct lanes *l, const struct lane_op *o)
{
    const uint8_t *a = l->v[o->a], *b = l->v[o->b];
    uint8_t low[N], high[N];
    for (EACH_LANE) {
        unsigned r = (unsigned)a[i] * b[i];
        low[i] = (uint8_t)r;
        high[i] = (uint8_t)(r >> 8);
        l->v[LANE_FLAG + S_C][i] = (uint8_t)(r >> 15);
        l->v[LANE_FLAG + S_Z][i] = r == 0;
    }
    memcpy(l->v[0], low, N);
    memcpy(l->v[1], high, N);
}

static void counts(struct lanes *l, const struct lane_op *o, uint64_t lap_ck)
{
    uint16_t count[N];
    timer_tcnt_each(o->timer, o->at, lap_ck, count, N);
    for (EACH_LANE) {
        l->v[o->a][i] = (uint8_t)count[i];
    }
    if (o->b != o->a) {
        for (EACH_LANE) {
            l->v[o->b][i] = (uint8_t)(count[i] >> 8);
        }
    }
}

/* How many of the first `alive` lanes fulfil it. */
static unsigned goes_on(const struct lanes *l, const struct lane_op *o, unsigned alive)
{
    const uint8_t *a = l->v[o->a], *b = l->v[o->b];
    for (unsigned i = 0; i < alive; i++) {
        bool is = o->kind == LANE_BIT ? a[i] >> o->k & 1 : o->kind == LANE_SAME ? a[i] == b[i] : a[i];
        if (is != o->want) {
            return i;
        }
    }
    return alive;
}

/* From the end: a flag that is set again before it is used need not be computed. */
static void find_needs(struct lane_program *p)
{
    uint8_t used = 0;
    for (unsigned i = p->n; i-- > 0;) {
        struct lane_op *o = &p->op[i];
        o->needs = used & o->sets;
        used &= (uint8_t)~o->sets;
        if (o->kind == LANE_FLAG_IS) {
            used |= (uint8_t)(1u << (o->a - LANE_FLAG));
        }
        if (o->with_c || o->kind == LANE_ROR) {
            used |= 1u << S_C;
        }
        if (o->kind == LANE_SUB && o->with_c) {
            used |= 1u << S_Z;
        }
    }
}

unsigned lanes_run(struct lane_program *p)
{
    static const uint8_t zero[N];
    struct lanes l;
    unsigned alive = N;
    find_needs(p);
    for (unsigned k = 0; k < p->n && alive; k++) {
        const struct lane_op *o = &p->op[k];
        uint8_t *a = l.v[o->a];
        switch ((enum lane_kind)o->kind) {
        case LANE_SET: memset(a, o->k, N); break;
        case LANE_COUNT: counts(&l, o, p->lap_ck); break;
        case LANE_COPY: memcpy(a, l.v[o->b], N); break;
        case LANE_ADD: add(&l, o); break;
        case LANE_SUB: sub(&l, o, a, l.v[o->b], o->with_c); break;
        case LANE_NEG: sub(&l, o, zero, memcpy(l.v[LANE_K], a, N), false); break;
        case LANE_AND:
        case LANE_OR:
        case LANE_EOR:
        case LANE_COM: logic(&l, o); break;
        case LANE_SWAP:
            for (EACH_LANE) {
                a[i] = (uint8_t)(a[i] >> 4 | a[i] << 4);
            }
            break;
        case LANE_INC:
        case LANE_DEC: count_up_or_down(&l, o); break;
        case LANE_LSR:
        case LANE_ASR:
        case LANE_ROR: shift(&l, o); break;
        case LANE_ADIW:
        case LANE_SBIW: wide(&l, o); break;
        case LANE_MUL: multiply(&l, o); break;
        case LANE_BIT:
        case LANE_FLAG_IS:
        case LANE_SAME: alive = goes_on(&l, o, alive); break;
        }
    }
    return alive;
}
