/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lap's program as it was recorded, made short. Between register and register, memory and register most laps only move
 * what they have: each value gets one place for as long as somebody wants it, so copies vanish, and so does what nobody
 * wants at the end. Flags stay in their slots.
 */
#include <string.h>

#include "mcu/fast_kinds.h"
#include "mcu/idle_lanes.h"

#define VALUES (LANE_SLOTS + 2 * LANE_OPS) /* the slots' first ones, then what operations leave */
#define NOBODY UINT16_MAX                  /* no value */
#define UP_TO_THE_END UINT16_MAX

struct value_op {
    struct lane_op op;
    uint16_t a, b, d, e; /* values */
};

struct shortener {
    struct value_op op[LANE_OPS];
    unsigned n, n_values;
    uint16_t now[LANE_SLOTS]; /* the value that a slot holds */
    uint16_t last_use[VALUES];
    bool wanted[VALUES], constant[VALUES];
    uint8_t k[VALUES]; /* of a constant */
    uint8_t place[VALUES];
    bool taken[LANE_PLACES];
};

static bool is_flag(unsigned slot)
{
    return slot >= LANE_FLAG && slot < LANE_BYTE;
}

/* How many slots it reads: a, b; and writes: d, e. */
static const struct {
    uint8_t reads, writes;
} shape[] = {
    [LANE_SET] = { 0, 1 },       [LANE_SPREAD] = { 1, 1 },  [LANE_COUNT] = { 0, 1 }, [LANE_COPY] = { 1, 1 },
    [LANE_ADD] = { 2, 1 },       [LANE_SUB] = { 2, 1 },     [LANE_AND] = { 2, 1 },   [LANE_OR] = { 2, 1 },
    [LANE_EOR] = { 2, 1 },       [LANE_COM] = { 1, 1 },     [LANE_NEG] = { 1, 1 },   [LANE_SWAP] = { 1, 1 },
    [LANE_INC] = { 1, 1 },       [LANE_DEC] = { 1, 1 },     [LANE_LSR] = { 1, 1 },   [LANE_ASR] = { 1, 1 },
    [LANE_ROR] = { 1, 1 },       [LANE_ADIW] = { 2, 2 },    [LANE_SBIW] = { 2, 2 },  [LANE_MUL] = { 2, 2 },
    [LANE_FROM_SREG] = { 0, 1 }, [LANE_TO_SREG] = { 1, 0 }, [LANE_BST] = { 1, 0 },   [LANE_BLD] = { 1, 1 },
    [LANE_BIT] = { 1, 0 },       [LANE_FLAG_IS] = { 0, 0 }, [LANE_SAME] = { 2, 0 },  [LANE_IS] = { 1, 0 },
};

static bool is_question(enum lane_kind kind)
{
    return kind >= LANE_BIT;
}

/* b may be a constant. */
static bool takes_k(enum lane_kind kind)
{
    return kind == LANE_ADD || kind == LANE_SUB || kind == LANE_AND || kind == LANE_OR || kind == LANE_EOR;
}

static uint16_t new_value(struct shortener *s, unsigned slot)
{
    s->now[slot] = (uint16_t)s->n_values;
    return (uint16_t)s->n_values++;
}

/* ---- slots become values ---- */

/* Of a first value it is done when the lap's are loaded; a constant is the same everywhere. */
static bool needs_no_spreading(struct shortener *s, struct lane_program *p, uint16_t value)
{
    if (value < LANE_SLOTS) {
        p->load_wide |= UINT64_C(1) << value;
        return true;
    }
    return s->constant[value];
}

static void take(struct shortener *s, struct lane_program *p, const struct lane_op *o)
{
    enum lane_kind kind = (enum lane_kind)o->kind;
    bool on_flag = is_flag(o->a), is_pair = kind == LANE_ADIW || kind == LANE_SBIW;
    unsigned reads = on_flag ? 0 : shape[kind].reads, writes = on_flag || o->compare ? 0 : shape[kind].writes;

    if (kind == LANE_COPY) {
        s->now[o->a] = s->now[o->b];
        return;
    }
    if (kind == LANE_SPREAD && !on_flag && needs_no_spreading(s, p, s->now[o->a])) {
        return;
    }
    struct value_op *v = &s->op[s->n++];
    *v = (struct value_op){ *o, NOBODY, NOBODY, NOBODY, NOBODY };
    v->a = reads > 0 ? s->now[o->a] : NOBODY;
    v->b = reads > 1 ? s->now[is_pair ? o->a + 1u : o->b] : NOBODY;
    v->op.has_k = takes_k(kind) && s->constant[v->b];
    if (v->op.has_k) {
        v->op.k = s->k[v->b];
        v->b = NOBODY;
    }
    v->d = writes > 0 ? new_value(s, kind == LANE_MUL ? 0 : o->a) : NOBODY;
    v->e = writes > 1 ? new_value(s, kind == LANE_MUL ? 1 : o->a + 1u) : NOBODY;
    if (kind == LANE_SET && !on_flag) {
        s->constant[v->d] = v->op.wide = true;
        s->k[v->d] = o->k;
    }
}

/* ---- what nobody wants goes ---- */

static uint8_t flags_read(const struct lane_op *o)
{
    switch ((enum lane_kind)o->kind) {
    case LANE_FLAG_IS: return (uint8_t)(1u << (o->a - LANE_FLAG));
    case LANE_FROM_SREG: return 0xff;
    case LANE_BLD: return 1u << S_T;
    case LANE_ROR: return 1u << S_C;
    case LANE_SPREAD: return is_flag(o->a) ? (uint8_t)(1u << (o->a - LANE_FLAG)) : 0;
    case LANE_SUB: return !o->with_c ? 0 : (uint8_t)(1u << S_C | (o->needs & 1u << S_Z));
    default: return (uint8_t)(o->with_c << S_C);
    }
}

static uint8_t flags_set(const struct lane_op *o)
{
    bool on_flag = (o->kind == LANE_SET || o->kind == LANE_SPREAD) && is_flag(o->a);
    return on_flag ? (uint8_t)(1u << (o->a - LANE_FLAG)) : o->sets;
}

static void drop_unwanted(struct shortener *s, const struct lane_program *p)
{
    uint8_t flags = p->flags_out;
    unsigned first = s->n;

    for (unsigned i = 0; i < LANE_SLOTS; i++) {
        if (i < 64 && !is_flag(i) && p->slots_out >> i & 1) {
            s->wanted[s->now[i]] = true;
        }
    }
    for (unsigned i = s->n; i-- > 0;) {
        struct value_op *v = &s->op[i];
        uint8_t sets = flags_set(&v->op);
        bool is_wanted = is_question((enum lane_kind)v->op.kind) || (sets & flags) ||
                         (v->d != NOBODY && s->wanted[v->d]) || (v->e != NOBODY && s->wanted[v->e]);
        if (!is_wanted) {
            continue;
        }
        v->op.needs = flags & sets;
        flags = (uint8_t)((flags & ~sets) | flags_read(&v->op));
        if (v->a != NOBODY) {
            s->wanted[v->a] = true;
        }
        if (v->b != NOBODY) {
            s->wanted[v->b] = true;
        }
        s->op[--first] = *v;
    }
    s->n -= first;
    memmove(s->op, s->op + first, s->n * sizeof s->op[0]);
}

/* ---- values get places ---- */

static void find_last_uses(struct shortener *s, const struct lane_program *p)
{
    for (unsigned i = 0; i < s->n; i++) {
        if (s->op[i].a != NOBODY) {
            s->last_use[s->op[i].a] = (uint16_t)i;
        }
        if (s->op[i].b != NOBODY) {
            s->last_use[s->op[i].b] = (uint16_t)i;
        }
    }
    for (unsigned i = 0; i < 64; i++) {
        if (p->slots_out >> i & 1) {
            s->last_use[s->now[i]] = UP_TO_THE_END;
        }
    }
}

static uint8_t find_place(struct shortener *s, uint16_t value)
{
    unsigned at = 0;

    while (s->taken[at]) { /* there are more places than slots, and no value without one of these */
        at++;
    }
    s->taken[at] = true;
    return s->place[value] = (uint8_t)at;
}

static uint8_t place_of(struct shortener *s, uint16_t value, unsigned i)
{
    if (s->last_use[value] == i) {
        s->taken[s->place[value]] = false;
    }
    return s->place[value];
}

/* An operation may leave its result where it found what it reads, but two results are two places. */
static void give_places(struct shortener *s, struct value_op *v, unsigned i)
{
    struct lane_op *o = &v->op;

    o->a = v->a != NOBODY ? place_of(s, v->a, i) : o->a;
    o->b = v->b != NOBODY ? place_of(s, v->b, i) : o->b;
    o->d = v->d != NOBODY ? find_place(s, v->d) : o->a;
    o->e = v->e != NOBODY ? find_place(s, v->e) : o->d;
    if (v->d != NOBODY && !s->wanted[v->d]) {
        s->taken[o->d] = false;
    }
    if (v->e != NOBODY && !s->wanted[v->e]) {
        s->taken[o->e] = false;
    }
}

static void place_values(struct shortener *s, struct lane_program *p)
{
    find_last_uses(s, p);
    for (unsigned i = 0; i < LANE_SLOTS; i++) {
        s->place[i] = (uint8_t)i;
        s->taken[i] = is_flag(i) || s->wanted[i];
    }
    for (unsigned i = 0; i < s->n; i++) {
        give_places(s, &s->op[i], i);
        p->op[i] = s->op[i].op;
    }
    for (unsigned i = 0; i < LANE_SLOTS; i++) {
        p->where[i] = is_flag(i) ? (uint8_t)i : s->place[s->now[i]];
    }
    p->n = s->n;
}

void lane_program_shorten(struct lane_program *p)
{
    struct shortener s;

    memset(&s, 0, sizeof s);
    s.n_values = LANE_SLOTS;
    p->load_wide = 0;
    for (unsigned i = 0; i < LANE_SLOTS; i++) {
        s.now[i] = (uint16_t)i;
    }
    for (unsigned i = 0; i < p->n; i++) {
        take(&s, p, &p->op[i]);
    }
    drop_unwanted(&s, p);
    place_values(&s, p);
}
