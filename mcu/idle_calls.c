/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_calls.h"

#include <string.h>

#include "mcu/fast_kinds.h"

/* ---- which bytes it counts ---- */

/* Not what it pushes: that is written before it is read, and the last call leaves it. */
static bool is_counted(const struct idle_lap_byte *b)
{
    return b->direct && b->at != R_SREG;
}

/* The slot of what the handler counts there, -1: nothing. */
static int counted_at(const struct idle_lap *c, unsigned at)
{
    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (c->byte[i].at == at && c->byte[i].written && is_counted(&c->byte[i])) {
            return (int)i;
        }
    }
    return -1;
}

static bool lap_reads(const struct idle_lap *lap, unsigned at)
{
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].at == at) {
            return true;
        }
    }
    return false;
}

#define MOST_PUSHED (LANE_BYTES + 2) /* by a call, with the return address */

static bool is_below(const struct idle_lap_byte *b, unsigned sp) /* where calls push */
{
    return b->at <= sp && sp - b->at < MOST_PUSHED;
}

/* What it reads or counts lies where it pushed when it was recorded: elsewhere it need not. */
static bool counts_in_its_stack(const struct idle_lap *c)
{
    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (is_counted(&c->byte[i]) && is_below(&c->byte[i], (c->sp[0] | (unsigned)c->sp[1] << 8) + 2)) {
            return true;
        }
    }
    return false;
}

bool idle_calls_fit(const struct idle_call *call, const struct idle_lap *lap, const struct fast_core *f,
                    const avr_t *avr)
{
    const struct idle_lap *c = &call->lap;
    unsigned sp = (avr->data[FAST_SPL] | (unsigned)avr->data[FAST_SPH] << 8) - 2;

    if (!c->valid || !lap->has_steps || c->code_changes != f->changes || c->sp[0] != (sp & 0xff) ||
        c->sp[1] != sp >> 8 || counts_in_its_stack(c) || memcmp(&c->sections, &f->sections, sizeof f->sections)) {
        return false;
    }
    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (is_counted(&c->byte[i]) && lap_reads(lap, c->byte[i].at)) {
            return false;
        }
    }
    return true;
}

/* Bytes of the stack that the lap or a call in it may write: from below up to where SP is when the lap begins. */
static bool is_in_stack(const struct idle_call *call, const struct idle_lap *lap, unsigned at)
{
    const struct idle_lap *c = &call->lap;
    unsigned entered = c->sp[0] | (unsigned)c->sp[1] << 8, deepest = 0, top = lap->sp[0] | (unsigned)lap->sp[1] << 8;
    unsigned low = top;

    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (!c->byte[i].direct && c->byte[i].at != R_SREG && entered >= c->byte[i].at) {
            deepest = entered - c->byte[i].at + 1 > deepest ? entered - c->byte[i].at + 1 : deepest;
        }
    }
    for (unsigned i = 0; i < lap->instructions; i++) {
        low = lap->step_sp[i] < low ? lap->step_sp[i] : low;
    }
    return at <= top && at + deepest + 2 > low;
}

/* What it counts, the lap may read, no more. */
static bool leaves_alone(const struct idle_lap *lap, const struct idle_lap_byte *counted)
{
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].at == counted->at && lap->byte[i].written) {
            return false;
        }
    }
    return true;
}

bool idle_calls_fit_start(const struct idle_call *call, const struct idle_lap *lap, const struct fast_core *f)
{
    const struct idle_lap *c = &call->lap;
    unsigned top = lap->sp[0] | (unsigned)lap->sp[1] << 8;

    if (!c->valid || !lap->takes_calls || c->code_changes != f->changes || counts_in_its_stack(c) ||
        memcmp(&c->sections, &f->sections, sizeof f->sections)) {
        return false;
    }
    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (is_counted(&c->byte[i]) && (!leaves_alone(lap, &c->byte[i]) || is_in_stack(call, lap, c->byte[i].at))) {
            return false;
        }
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        const struct idle_lap_byte *b = &lap->byte[i];
        if ((b->in && !b->direct && b->at <= top) || (is_counted(b) && is_in_stack(call, lap, b->at))) {
            return false;
        }
    }
    return true;
}

bool idle_calls_fit_registers(const struct idle_call *call, const struct fast_core *f, const avr_t *avr)
{
    const struct idle_lap *c = &call->lap;
    unsigned sp = avr->data[FAST_SPL] | (unsigned)avr->data[FAST_SPH] << 8;

    if (!c->valid || c->code_changes != f->changes || sp < avr->ioend + 1u + MOST_PUSHED || sp > f->ram_end ||
        counts_in_its_stack(c) || memcmp(&c->sections, &f->sections, sizeof f->sections)) {
        return false;
    }
    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (is_counted(&c->byte[i]) && is_below(&c->byte[i], sp)) {
            return false;
        }
    }
    return true;
}

/* The slot of a byte that it reads and writes at this address, -1: none. */
static int digit_at(const struct idle_lap *c, unsigned at)
{
    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (c->byte[i].at == at && is_counted(&c->byte[i]) && c->byte[i].in && c->byte[i].written) {
            return (int)i;
        }
    }
    return -1;
}

/* All that lie side by side from here on; more than fit go on as another number. */
static void take_numbers(struct idle_call *call, unsigned at)
{
    struct idle_number *number = NULL;

    for (int slot; (slot = digit_at(&call->lap, at)) >= 0; at++) {
        if (!number || number->n == CALL_DIGITS) {
            number = &call->number[call->n_numbers++];
            number->n = 0;
        }
        number->slot[number->n++] = (unsigned)slot;
    }
}

void idle_calls_prepare(struct idle_call *call)
{
    struct idle_lap *c = &call->lap;

    call->n_numbers = 0;
    call->lanes = CALL_LANES;
    for (unsigned i = 0; c->valid && i < c->n_bytes; i++) {
        if (c->byte[i].at && digit_at(c, c->byte[i].at - 1u) < 0) {
            take_numbers(call, c->byte[i].at);
        }
    }
}

/* ---- what many calls make of them ---- */

static void put(struct lanes *l, unsigned slot, unsigned lane, uint8_t value)
{
    l->v[LANE_BYTE + slot][lane / LANE_BLOCK][lane % LANE_BLOCK] = value;
}

/* Each lane gets what it should find there. */
static void spread_number(const struct idle_lap *c, const struct idle_number *number, const avr_t *avr, struct lanes *l,
                          unsigned n)
{
    uint64_t now = 0, first = 0, last = 0;

    for (unsigned k = 0; k < number->n; k++) {
        now |= (uint64_t)avr->data[c->byte[number->slot[k]].at] << 8 * k;
        first |= (uint64_t)c->first.byte[number->slot[k]] << 8 * k;
        last |= (uint64_t)c->last.byte[number->slot[k]] << 8 * k;
    }
    for (unsigned lane = 0; lane < n; lane++, now += last - first) {
        for (unsigned k = 0; k < number->n; k++) {
            put(l, number->slot[k], lane, (uint8_t)(now >> 8 * k));
        }
    }
}

void idle_calls_load_bytes(const struct idle_call *call, const avr_t *avr, struct lanes *l, unsigned n)
{
    const struct idle_lap *c = &call->lap;

    for (unsigned i = 0; i < c->n_bytes; i++) {
        if (c->byte[i].in && !c->byte[i].written) {
            lanes_load_all(l, LANE_BYTE + i, avr->data[c->byte[i].at], n);
        }
    }
    for (unsigned i = 0; i < call->n_numbers; i++) {
        spread_number(c, &call->number[i], avr, l, n);
    }
}

static void load(const struct idle_call *call, const avr_t *avr, struct lanes *l, unsigned n)
{
    for (unsigned i = 0; i < LANE_BYTE; i++) { /* nothing depends on these: they are only put aside */
        lanes_load(&call->lap.program, l, i, 0, n);
    }
    idle_calls_load_bytes(call, avr, l, n);
}

static uint8_t left_by(const struct idle_lap *c, const struct lanes *l, unsigned slot, unsigned lane)
{
    return c->byte_fixed >> slot & 1 ? c->last.byte[slot] : lanes_value(&c->program, l, LANE_BYTE + slot, lane);
}

unsigned idle_calls_that_follow(const struct idle_call *call, const struct lanes *before, const struct lanes *l,
                                unsigned n)
{
    for (unsigned i = 0; i < call->n_numbers; i++) {
        for (unsigned k = 0; k < call->number[i].n; k++) {
            unsigned slot = call->number[i].slot[k];

            for (unsigned lane = 0; lane + 1 < n; lane++) {
                if (left_by(&call->lap, l, slot, lane) !=
                    before->v[LANE_BYTE + slot][(lane + 1) / LANE_BLOCK][(lane + 1) % LANE_BLOCK]) {
                    n = lane + 1;
                }
            }
        }
    }
    return n;
}

void idle_calls_choose_lanes(struct idle_call *call, unsigned asked, unsigned held)
{
    if (held < asked) {
        call->lanes = held + CALL_LANES;
    } else if (asked == call->lanes) {
        call->lanes *= 2;
    }
    call->lanes = call->lanes < IDLE_LANES ? call->lanes : IDLE_LANES;
}

/* ---- when they come ---- */

struct place { /* of the core, in the lap */
    unsigned step;
    uint64_t cycle, instructions;
};

/* The first boundary at or after the cycle that lets an interrupt in. */
static void go_to(const struct idle_lap *lap, struct place *p, uint64_t cycle)
{
    uint64_t on = lap->step_ck[p->step] + (cycle - p->cycle), laps = on / lap->ck, rest = on % lap->ck;
    unsigned to = 0;

    while (to < lap->instructions && lap->step_ck[to] < rest) {
        to++;
    }
    for (unsigned i = 0; i < lap->instructions && !lap->step_is_open[to % lap->instructions]; i++) {
        to++;
    }
    uint64_t ck = to < lap->instructions ? lap->step_ck[to] : lap->ck + lap->step_ck[to - lap->instructions];
    p->instructions += laps * lap->instructions + to - p->step;
    p->cycle = cycle + ck - rest;
    p->step = to % lap->instructions;
}

/* The core is back at the step with which it began; false: not before the cycle. */
static bool go_round(const struct idle_lap *lap, struct place *p, unsigned step, uint64_t before)
{
    uint64_t ck = (lap->step_ck[step] + lap->ck - lap->step_ck[p->step]) % lap->ck;

    p->instructions += (step + lap->instructions - p->step) % lap->instructions;
    p->cycle += ck;
    p->step = step;
    return p->cycle < before;
}

/* How far it goes with `most` calls at most, of which the last is executed; the run's end does not concern leap->quiet. */
static void find_leap(const struct idle_call *call, const struct idle_lap *lap, const struct idle_beat *beat,
                      struct place at, unsigned most, struct idle_leap *leap)
{
    const struct place began = at;
    struct idle_leap next = { .calls = 0 }; /* behind the call looked at last */
    uint64_t flag = beat->next;

    for (unsigned n = 1; n <= most && flag > at.cycle; n++, flag += beat->period) {
        next.quiet = leap->quiet = flag < beat->quiet ? flag : beat->quiet;
        go_to(lap, &at, flag);
        uint64_t taken_ck = at.cycle;
        at.cycle += call->ck;
        if (at.cycle + lap->ck >= beat->quiet || at.cycle >= flag + beat->period) {
            return;
        }
        if (n > 1 && at.cycle + lap->ck < beat->limit) { /* as recorded: the ones before it can be skipped */
            next.follow = leap->follow;
            *leap = next;
        }
        struct place landing = at;
        if (!go_round(lap, &landing, began.step, flag + beat->period)) {
            return;
        }
        next.calls = n;
        next.to_cycle = landing.cycle;
        next.taken_ck = taken_ck;
        next.instructions = landing.instructions + n * (uint64_t)call->lap.instructions;
    }
}

/* Steps between which the lap reads what the handler counts: an interrupt there is neither before nor behind it. */
struct reads {
    unsigned first, last; /* first > last: it reads nothing of it */
};

static struct reads reads_of(const struct idle_call *call, const struct idle_lap *lap)
{
    struct reads r = { LAP_STEPS, 0 };

    for (unsigned i = 0; i < lap->n_bytes; i++) {
        const struct idle_lap_byte *b = &lap->byte[i];
        if (b->in && counted_at(&call->lap, b->at) >= 0) {
            r.first = b->first_read < r.first ? b->first_read : r.first;
            r.last = b->last_read > r.last ? b->last_read : r.last;
        }
    }
    return r;
}

/* As find_leap(), from the lap's start to a lap's start; `most` calls and the laps behind each are known. */
static void find_leap_from_start(const struct idle_call *call, const struct idle_lap *lap, const struct idle_beat *beat,
                                 struct place at, unsigned most, struct idle_leap *leap)
{
    const struct reads reads = reads_of(call, lap);
    struct idle_leap next = { .follow = leap->follow };
    uint64_t flag = beat->next;
    unsigned low = UINT16_MAX; /* SP of those skipped */

    for (unsigned n = 1; n <= most && flag > at.cycle; n++, flag += beat->period) {
        next.quiet = leap->quiet = flag < beat->quiet ? flag : beat->quiet;
        go_to(lap, &at, flag);
        uint64_t taken_ck = at.cycle;
        unsigned step = at.step, sp = lap->step_sp[step];
        at.cycle += call->ck;
        if (at.cycle + lap->ck >= beat->quiet || at.cycle >= flag + beat->period) {
            return;
        }
        if (n > 1 && sp <= low && next.to_cycle + lap->ck < flag && at.cycle + lap->ck < beat->limit) {
            *leap = next;
        }
        if (step > reads.first && step <= reads.last) {
            return;
        }
        low = sp < low ? sp : low;
        struct place landing = at;
        if (step && !go_round(lap, &landing, 0, flag + beat->period)) {
            return;
        }
        next.calls = n;
        next.to_cycle = landing.cycle;
        next.taken_ck = taken_ck;
        next.instructions = landing.instructions + n * (uint64_t)call->lap.instructions;
    }
}

static int step_at(const struct idle_lap *lap, uint32_t pc)
{
    for (unsigned i = 0; i < lap->instructions; i++) {
        if (lap->step_pc[i] == pc) {
            return (int)i;
        }
    }
    return -1;
}

unsigned idle_calls_at_once(const struct idle_call *call, const avr_t *avr, const struct idle_beat *beat)
{
    uint64_t fit = beat->quiet > avr->cycle ? (beat->quiet - avr->cycle) / beat->period + 1 : 0;

    return (unsigned)(fit < call->lanes ? fit : call->lanes);
}

unsigned idle_calls_compute(struct idle_call *call, const avr_t *avr, struct lanes *l, unsigned n)
{
    const struct idle_lap *c = &call->lap;
    struct lanes before;

    load(call, avr, l, n);
    for (unsigned i = 0; i < c->n_bytes; i++) {
        memcpy(before.v[LANE_BYTE + i], l->v[LANE_BYTE + i], (n + LANE_BLOCK - 1) / LANE_BLOCK * LANE_BLOCK);
    }
    unsigned alive = lanes_run(&c->program, l, n, 0, 0),
             follow = alive ? idle_calls_that_follow(call, &before, l, alive) : 0;
    idle_calls_choose_lanes(call, n, follow);
    return follow;
}

void idle_calls_left(const struct idle_call *call, const struct lanes *l, struct idle_leap *leap)
{
    for (unsigned i = 0; leap->calls && i < call->lap.n_bytes; i++) {
        leap->byte[i] = left_by(&call->lap, l, i, (unsigned)leap->calls - 1);
    }
}

bool idle_calls_leap(struct idle_call *call, const struct idle_lap *lap, const avr_t *avr, const struct idle_beat *beat,
                     struct idle_leap *leap)
{
    unsigned n = idle_calls_at_once(call, avr, beat);
    int step = step_at(lap, avr->pc);
    struct lanes l;

    leap->calls = leap->quiet = 0;
    leap->follow = n;
    if (n < 2 || step < 0 || beat->next <= avr->cycle) {
        return false;
    }
    n = leap->follow = idle_calls_compute(call, avr, &l, n);
    find_leap(call, lap, beat, (struct place){ .step = (unsigned)step, .cycle = avr->cycle }, n, leap);
    idle_calls_left(call, &l, leap);
    return leap->calls != 0;
}

/* How many calls can be skipped for the laps' sake: each lap goes the recorded way with what the calls before it left. */
static unsigned laps_hold(const struct idle_call *call, const struct idle_lap *lap, const avr_t *avr,
                          const struct lanes *left, unsigned n)
{
    struct lanes l;
    uint32_t has = 0;

    for (unsigned i = 0; i < lap->n_bytes; i++) {
        int slot = lap->byte[i].in ? counted_at(&call->lap, lap->byte[i].at) : -1;
        for (unsigned lane = 0; slot >= 0 && lane < n; lane++) {
            put(&l, i, lane, lane ? left_by(&call->lap, left, (unsigned)slot, lane - 1) : avr->data[lap->byte[i].at]);
        }
        has |= (uint32_t)(slot >= 0) << i;
    }
    unsigned hold = has ? idle_lap_hold(lap, avr, &l, has, n) : n;
    return hold ? hold - 1 : 0;
}

bool idle_calls_leap_from_start(struct idle_call *call, const struct idle_lap *lap, const avr_t *avr,
                                const struct idle_beat *beat, struct idle_leap *leap)
{
    struct lanes l;
    unsigned n = idle_calls_at_once(call, avr, beat);

    leap->calls = leap->quiet = 0;
    leap->follow = n;
    if (n < 2 || beat->next <= avr->cycle) {
        return false;
    }
    leap->follow = idle_calls_compute(call, avr, &l, n);
    n = laps_hold(call, lap, avr, &l, leap->follow);
    find_leap_from_start(call, lap, beat, (struct place){ .cycle = avr->cycle }, n + 1, leap);
    idle_calls_left(call, &l, leap);
    return leap->calls != 0;
}

void idle_calls_leave(const struct idle_call *call, const struct idle_leap *leap, avr_t *avr)
{
    for (unsigned i = 0; i < call->lap.n_bytes; i++) {
        if (is_counted(&call->lap.byte[i]) && call->lap.byte[i].written) {
            avr->data[call->lap.byte[i].at] = leap->byte[i];
        }
    }
}
