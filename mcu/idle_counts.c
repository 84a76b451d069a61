/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting loops, in closed form, and calls of a handler that only counts between their laps. */
#include "mcu/fast_kinds.h"
#include "mcu/idle_inner.h"

#define MOST_LATE_CK 1 /* an interrupt waits for the instruction before it, two cycles at most */
#define LONG_CK 512    /* in a loop for so long: what began with a probe was worth it */

static const struct fast_op *behind(struct idle_count *c, const struct fast_op *o, unsigned ck)
{
    c->ck += ck;
    c->instructions++;
    return o + 1;
}

/* NOP, RJMP to the next instruction. */
static const struct fast_op *behind_nothing(struct idle_count *c, const struct fast_core *f, const struct fast_op *o)
{
    while (o->kind == NOP || (o->kind == RJMP && &f->ops[o->k] == o + 1)) {
        o = behind(c, o, o->kind == NOP ? 1 : 2);
    }
    return o;
}

static bool is_taken(const struct idle_count *c, unsigned reg)
{
    for (unsigned i = 0; i < c->bytes; i++) {
        if (c->reg[i] == reg) {
            return true;
        }
    }
    return false;
}

/* SBIW, DEC, SUBI SBCI SBCI... by one. */
static const struct fast_op *behind_count(struct idle_count *c, const struct fast_op *o)
{
    const struct fast_op *counts = o;
    if (o->kind == SBIW && o->k == 1) {
        c->reg[c->bytes++] = o->d;
        c->reg[c->bytes++] = (uint8_t)(o->d + 1);
        return behind(c, o, 2);
    }
    if (o->kind != DEC && (o->kind != SUBI || o->k != 1)) {
        return o;
    }
    do {
        c->reg[c->bytes++] = o->d;
        o = behind(c, o, 1);
    } while (counts->kind == SUBI && c->bytes < COUNT_BYTES && o->kind == SBCI && o->k == 0 && !is_taken(c, o->d));
    return o;
}

/* A counting loop begins at pc. */
static bool find_count(const struct fast_core *f, uint32_t pc, struct idle_count *c)
{
    *c = (struct idle_count){ .pc = pc, .code_changes = f->changes };
    const struct fast_op *o = behind_count(c, behind_nothing(c, f, &f->ops[pc >> 1]));
    if (c->bytes) {
        o = behind_nothing(c, f, o);
    }
    if (!c->bytes || o->kind != BRNE || o->k != pc >> 1) {
        return false;
    }
    o = behind(c, o, 2);
    c->end = (uint32_t)(o - f->ops) << 1;
    return true;
}

static bool is_known(const struct idle_count *c, const struct fast_core *f, uint32_t pc)
{
    return c->ck && c->pc == pc && c->code_changes == f->changes;
}

/* Laps, with the one that leads out. */
static uint64_t laps_left(const struct idle_count *c, const avr_t *avr)
{
    uint64_t left = 0;
    for (unsigned i = 0; i < c->bytes; i++) {
        left |= (uint64_t)avr->data[c->reg[i]] << 8 * i;
    }
    return left ? left : UINT64_C(1) << 8 * c->bytes;
}

static void take_laps(const struct idle_count *c, avr_t *avr, uint64_t n)
{
    uint64_t left = laps_left(c, avr) - n;
    for (unsigned i = 0; i < c->bytes; i++) {
        avr->data[c->reg[i]] = (uint8_t)(left >> 8 * i);
    }
}

/* ---- calls ---- */

/*
 * How far it goes with `most` calls at most, of which the last is executed, and a lap before it. Returns the laps. A call
 * is taken before the first instruction that begins at or after the flag, in the same lap whichever that is.
 */
static uint64_t find_leap(const struct idle_call *call, const struct idle_count *c, const struct idle_beat *beat,
                          const avr_t *avr, unsigned most, struct idle_leap *leap)
{
    struct idle_leap next = { .follow = leap->follow }; /* behind the call looked at last */
    const uint64_t last_lap = (laps_left(c, avr) - 1) * c->ck;
    uint64_t began = avr->cycle; /* if there had been no calls */
    uint64_t flag = beat->next, laps = 0, next_laps = 0;

    for (unsigned n = 1; n <= most; n++, flag += beat->period) {
        uint64_t gone = flag - began, back = flag + MOST_LATE_CK + call->ck;
        if (gone + MOST_LATE_CK > last_lap || back + c->ck >= beat->limit || back >= flag + beat->period) {
            break;
        }
        if (n > 1 && next.to_cycle + c->ck < flag) {
            *leap = next;
            laps = next_laps;
        }
        began += call->ck;
        next_laps = (gone + c->ck - 1) / c->ck;
        next.calls = n;
        next.to_cycle = began + next_laps * c->ck;
        next.taken_ck = flag;
        next.instructions = next_laps * c->instructions + n * (uint64_t)call->lap.instructions;
    }
    return laps;
}

/* Calls that may come before the loop leads out. */
static uint64_t calls_within(const struct idle_count *c, const avr_t *avr, uint64_t call_ck, uint64_t period_ck)
{
    return call_ck < period_ck ? (laps_left(c, avr) - 1) * c->ck / (period_ck - call_ck) + 1 : 0;
}

/* True: calls were skipped with the laps between them, and the core is at the start of a lap. */
static bool skip_calls(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_count *c)
{
    struct idle_call *call = &k->call;
    struct idle_beat beat;
    struct idle_leap leap = { .calls = 0 };
    struct lanes l;

    if (!call->lap.valid || !avr->sreg[S_I] || !idle_calls_fit_registers(call, f, avr) || !k->beat_of ||
        !k->beat_of(f->ctx, call->source, &beat) || beat.next <= avr->cycle) {
        return false;
    }
    uint64_t within = calls_within(c, avr, call->ck, beat.period);
    unsigned n = idle_calls_at_once(call, avr, &beat);
    n = within < n ? (unsigned)within : n;
    if (n < 2 || beat.next == k->count_waits_for) {
        return false;
    }
    leap.follow = idle_calls_compute(call, avr, &l, n);
    uint64_t laps = find_leap(call, c, &beat, avr, leap.follow, &leap);
    if (!leap.calls) {
        k->count_waits_for = leap.follow < 2 ? beat.next : 0;
        idle_calls_missed(k, &leap);
        return false;
    }
    idle_calls_left(call, &l, &leap);
    take_laps(c, avr, laps);
    idle_pass_calls(k, f, avr, &leap);
    k->leaps_in_counts++;
    return true;
}

bool idle_count_is_worth_calls(const struct idle_count *c, const avr_t *avr, uint64_t period_ck)
{
    return laps_left(c, avr) * c->ck > 2 * period_ck;
}

bool idle_skip_count(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    const struct idle_count *c = &k->count;
    if (!is_known(c, f, avr->pc)) {
        struct idle_count found;
        if (!find_count(f, avr->pc, &found)) {
            return false;
        }
        k->count = found;
    }
    if (skip_calls(k, f, avr, c)) {
        end = idle_end_now(avr, UINT64_MAX);
    }
    uint64_t left = laps_left(c, avr), fit = end > avr->cycle ? (end - 1 - avr->cycle) / c->ck : 0;
    uint64_t n = left - 1 < fit ? left - 1 : fit;
    if (n > 1) { /* else it is one, but nearly over */
        take_laps(c, avr, n - 1);
        avr->cycle += (n - 1) * c->ck;
        idle_skipped(k, IDLE_COUNTS, (n - 1) * c->ck, (n - 1) * c->instructions);
        k->wait_ck = (n - 1) * c->ck < LONG_CK ? k->wait_ck : WAIT_LEAST_CK;
    }
    return true;
}
