/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting loops, in closed form, and calls of a handler that only counts between their laps. */
#include "mcu/idle_inner.h"

#define MOST_LATE_CK 2 /* an interrupt waits for the instruction before it, three cycles at most */
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

bool idle_count_find(const struct fast_core *f, uint32_t pc, struct idle_count *c)
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

uint64_t idle_count_left(const struct idle_count *c, const avr_t *avr)
{
    uint64_t left = 0;
    for (unsigned i = 0; i < c->bytes; i++) {
        left |= (uint64_t)avr->data[c->reg[i]] << 8 * i;
    }
    return left ? left : UINT64_C(1) << 8 * c->bytes;
}

void idle_count_take(const struct idle_count *c, avr_t *avr, uint64_t n)
{
    uint64_t left = idle_count_left(c, avr) - n;
    for (unsigned i = 0; i < c->bytes; i++) {
        avr->data[c->reg[i]] = (uint8_t)(left >> 8 * i);
    }
}

/* ---- calls ---- */

/* Before a flag, while nothing else comes and the loop is not left. */
static uint64_t known_until(const struct idle_beat *beat, uint64_t flag, uint64_t left)
{
    uint64_t until = flag < left ? flag : left;
    return until < beat->quiet ? until : beat->quiet;
}

/*
 * How far it goes with `most` calls at most, of which the last is executed. Returns the laps. A call
 * is taken before the first instruction that begins at or after the flag, in the same lap whichever that is.
 */
static uint64_t find_leap(const struct idle_call *call, const struct idle_laps *way, const struct idle_beat *beat,
                          const avr_t *avr, unsigned most, struct idle_leap *leap)
{
    struct idle_leap next = { .follow = leap->follow }; /* behind the call looked at last */
    const uint64_t way_ck = way->most * way->ck;
    uint64_t began = avr->cycle; /* if there had been no calls */
    uint64_t flag = beat->next, laps = 0, next_laps = 0;

    for (unsigned n = 1; n <= most; n++, flag += beat->period) {
        uint64_t gone = flag - began, back = flag + MOST_LATE_CK + call->ck;
        next.quiet = leap->quiet = known_until(beat, flag, began + way_ck);
        if (gone + MOST_LATE_CK > way_ck || back + way->ck >= beat->quiet || back >= flag + beat->period) {
            break;
        }
        if (n > 1 && next.to_cycle + way->executed_ck < flag && back + way->ck < beat->limit) {
            *leap = next;
            laps = next_laps;
        }
        began += call->ck;
        next_laps = (gone + way->ck - 1) / way->ck;
        next.calls = n;
        next.to_cycle = began + next_laps * way->ck;
        next.taken_ck = flag;
        next.instructions = next_laps * way->instructions + n * (uint64_t)call->lap.instructions;
    }
    return laps;
}

/* Calls that may come on the way. */
static uint64_t calls_within(const struct idle_laps *way, uint64_t call_ck, uint64_t period_ck)
{
    return call_ck < period_ck ? way->most * way->ck / (period_ck - call_ck) + 1 : 0;
}

bool idle_calls_come_between(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr,
                             struct idle_beat *beat)
{
    const struct idle_call *call = &k->call;
    return call->lap.valid && avr->sreg[S_I] && idle_calls_fit_registers(call, f, avr) &&
           idle_find_beat(k, f, call->source, beat) && beat->next > avr->cycle && beat->next != k->count_waits_for;
}

uint64_t idle_skip_calls_between(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_laps *way,
                                 const struct idle_beat *beat)
{
    struct idle_call *call = &k->call;
    struct idle_leap leap = { .calls = 0 };
    struct lanes l;
    uint64_t within = calls_within(way, call->ck, beat->period);
    unsigned n = idle_calls_at_once(call, avr, beat);
    n = within < n ? (unsigned)within : n;
    if (n < 2) {
        return 0;
    }
    leap.follow = idle_calls_compute(call, avr, &l, n);
    uint64_t laps = find_leap(call, way, beat, avr, leap.follow, &leap);
    idle_tell_quiet(k, f, leap.quiet);
    if (!leap.calls) {
        k->count_waits_for = leap.follow < 2 ? beat->next : 0;
        idle_calls_missed(k, &leap);
        return 0;
    }
    idle_calls_left(call, &l, &leap);
    idle_pass_calls(k, f, avr, &leap);
    k->leaps_in_counts++;
    return laps;
}

/* A lap is executed before the last call: it sets the flags. */
static bool skip_calls(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_count *c)
{
    struct idle_beat beat;
    if (!idle_calls_come_between(k, f, avr, &beat)) {
        return false;
    }
    struct idle_laps way = { c->ck, c->instructions, idle_count_left(c, avr) - 1, c->ck };
    uint64_t laps = idle_skip_calls_between(k, f, avr, &way, &beat);
    idle_count_take(c, avr, laps);
    return laps != 0;
}

bool idle_count_is_worth_calls(const struct idle_count *c, const avr_t *avr, uint64_t period_ck)
{
    return idle_count_left(c, avr) * c->ck > 2 * period_ck;
}

bool idle_skip_count(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    const struct idle_count *c = &k->count;
    if (!is_known(c, f, avr->pc)) {
        struct idle_count found;
        if (!idle_count_find(f, avr->pc, &found)) {
            return false;
        }
        k->count = found;
    }
    if (skip_calls(k, f, avr, c)) {
        end = idle_end_now(avr, UINT64_MAX);
    }
    uint64_t left = idle_count_left(c, avr), fit = end > avr->cycle ? (end - 1 - avr->cycle) / c->ck : 0;
    uint64_t n = left - 1 < fit ? left - 1 : fit;
    if (n > 1) { /* else it is one, but nearly over */
        idle_count_take(c, avr, n - 1);
        avr->cycle += (n - 1) * c->ck;
        idle_skipped(k, IDLE_COUNTS, (n - 1) * c->ck, (n - 1) * c->instructions);
        k->wait_ck = (n - 1) * c->ck < LONG_CK ? k->wait_ck : WAIT_LEAST_CK;
    }
    return true;
}
