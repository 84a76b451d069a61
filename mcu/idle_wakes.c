/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_wakes.h"

#include <string.h>

#include "mcu/fast_kinds.h"

#define MOST_RECORDINGS 100 /* in a row without a leap, of one program */
#define MOST_MISSES 4
#define SLEEP_CK 1

void idle_wakes_woken(struct idle_wake *w, const avr_t *avr, uint64_t wake_ck)
{
    w->woken = true;
    w->woken_pc = avr->pc;
    w->woken_ck = avr->cycle;
    w->taken_ck = avr->cycle + wake_ck;
}

void idle_wakes_interrupted(struct idle_wake *w, const avr_t *avr, const void *source)
{
    w->entered = w->woken && avr->pc == w->woken_pc && avr->cycle == w->taken_ck;
    w->woken = false;
    w->source = source;
}

static unsigned sp_of(const avr_t *avr)
{
    return avr->data[FAST_SPL] | (unsigned)avr->data[FAST_SPH] << 8;
}

static bool is_at(const struct idle_lap *lap, const struct fast_core *f, unsigned sp)
{
    return lap->valid && lap->code_changes == f->changes && sp == (lap->sp[0] | (unsigned)lap->sp[1] << 8) &&
           !memcmp(&lap->sections, &f->sections, sizeof f->sections);
}

bool idle_wakes_wants_record(const struct idle_wake *w, const struct fast_core *f, const avr_t *avr)
{
    const struct idle_call *c = &w->call;
    bool is_known = w->source == c->source && w->woken_pc == w->asleep_pc && avr->pc == c->lap.pc &&
                    is_at(&c->lap, f, sp_of(avr));
    return !is_known && (c->code_changes != f->changes || c->recordings < MOST_RECORDINGS);
}

void idle_wakes_record(struct idle_wake *w, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct idle_call *c = &w->call;
    uint64_t entry_ck = avr->cycle - w->woken_ck;
    c->recordings = (uint8_t)(c->code_changes == f->changes ? c->recordings + 1 : 1);
    c->code_changes = f->changes;
    c->source = w->source;
    c->misses = 0;
    w->leads_away = 0;
    w->asleep_pc = w->woken_pc;
    idle_record_wake(&c->lap, f, avr, w->asleep_pc, end);
    c->ck = entry_ck + c->lap.ck + SLEEP_CK;
    idle_calls_prepare(c);
}

/* What it reads of I/O is as it was, and stays until an event. */
static bool io_stays(const struct idle_lap *lap, const struct fast_core *f, const avr_t *avr)
{
    for (unsigned i = 0; i < lap->n_io; i++) {
        const struct fast_io *io = &f->io[lap->io[i] - 32];
        uint8_t now = avr->data[lap->io[i]];
        if (avr->io[lap->io[i] - 32].r.c && io->steady && io->steady(io->ctx, lap->io[i], &now) != UINT64_MAX) {
            return false;
        }
        if (now != lap->io_value[i]) {
            return false;
        }
    }
    return true;
}

bool idle_wakes_fit(const struct idle_wake *w, const struct fast_core *f, const avr_t *avr)
{
    return w->call.lap.valid && avr->pc == w->asleep_pc && avr->sreg[S_I] &&
           is_at(&w->call.lap, f, (sp_of(avr) - 2) & 0xffff) && io_stays(&w->call.lap, f, avr);
}

static void load(const struct idle_call *c, const avr_t *avr, struct lanes *l, unsigned n)
{
    for (EACH_BIT(i, c->lap.reg_in)) {
        lanes_load_all(l, i, avr->data[i], n);
    }
    for (EACH_BIT(i, c->lap.flag_in)) {
        lanes_load_all(l, LANE_FLAG + i, avr->sreg[i], n);
    }
    idle_calls_load_bytes(c, avr, l, n);
}

/* Wakes up to the one behind which the slot has another value than the first began with. */
static unsigned back_in(const struct idle_lap *lap, const struct lanes *l, unsigned slot, bool fixed, uint8_t last,
                        uint8_t first, unsigned n)
{
    unsigned other = !fixed ? lanes_other(&lap->program, l, slot, first, n) : last == first ? n : 0;
    return other < n ? other + 1 : n;
}

/* Wakes from here that go the recorded way, each with what the one before leaves. */
static unsigned that_hold(const struct idle_call *c, const avr_t *avr, struct lanes *l, unsigned n)
{
    const struct idle_lap *lap = &c->lap;
    struct lanes before;
    load(c, avr, l, n);
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        memcpy(before.v[LANE_BYTE + i], l->v[LANE_BYTE + i], (n + LANE_BLOCK - 1) / LANE_BLOCK * LANE_BLOCK);
    }
    n = lanes_run_all(&lap->program, l, n);
    n = n ? idle_calls_that_follow(c, &before, l, n) : 0;
    for (EACH_BIT(i, n ? lap->reg_back : 0)) {
        n = back_in(lap, l, i, lap->reg_fixed >> i & 1, lap->last.reg[i], avr->data[i], n);
    }
    for (EACH_BIT(i, n ? lap->flag_back : 0)) {
        n = back_in(lap, l, LANE_FLAG + i, lap->flag_fixed >> i & 1, lap->last.flag[i], avr->sreg[i], n);
    }
    return n;
}

/* What the wake in this lane leaves in bytes that the next one reads. */
static void leave(const struct idle_lap *lap, const struct lanes *l, avr_t *avr, unsigned lane)
{
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in && lap->byte[i].written) {
            bool fixed = lap->byte_fixed >> i & 1;
            avr->data[lap->byte[i].at] = fixed ? lap->last.byte[i] : lanes_value(&lap->program, l, LANE_BYTE + i, lane);
        }
    }
}

/* Of the wakes that come, how many are over before that cycle. */
static unsigned over_before(const struct idle_call *c, const struct idle_beat *beat, uint64_t cycle)
{
    if (beat->next + c->ck >= cycle) {
        return 0;
    }
    uint64_t fit = (cycle - 1 - beat->next - c->ck) / beat->period + 1;
    return (unsigned)(fit < c->lanes ? fit : c->lanes);
}

/* Of `most` wakes, those before the one of which the last computation said that it goes another way. */
static unsigned that_may_hold(const struct idle_wake *w, const struct idle_beat *beat, unsigned most)
{
    if (beat->next > w->leads_away) {
        return most;
    }
    uint64_t before = (w->leads_away - beat->next) / beat->period;
    return before < most ? (unsigned)before : most;
}

unsigned idle_wakes_skip(struct idle_wake *w, avr_t *avr, const struct idle_beat *beat, struct idle_leap *leap)
{
    struct idle_call *c = &w->call;
    struct lanes l;
    leap->quiet = 0;
    if (c->ck >= beat->period || beat->next <= avr->cycle) {
        return 0;
    }
    unsigned fit = over_before(c, beat, beat->limit), n = over_before(c, beat, beat->quiet);
    if (n <= w->executed || that_may_hold(w, beat, n) <= w->executed) {
        return 0;
    }
    unsigned hold = that_hold(c, avr, &l, n), most = hold < fit ? hold : fit;
    uint64_t known = beat->next + hold * beat->period; /* up to that flag it has been computed */
    leap->quiet = known < beat->quiet ? known : beat->quiet;
    if (hold < n || w->leads_away < known) {
        w->leads_away = hold < n ? known : 0;
    }
    if (hold <= w->executed) {
        c->lap.valid = ++c->misses < MOST_MISSES;
        return 0;
    }
    idle_calls_choose_lanes(c, n, hold);
    c->misses = c->recordings = 0;
    if (most <= w->executed) {
        return 0;
    }
    unsigned skipped = most - w->executed;
    leave(&c->lap, &l, avr, skipped - 1);
    uint64_t last_flag = beat->next + (skipped - 1) * beat->period;
    *leap = (struct idle_leap){ .calls = skipped,
                                .to_cycle = last_flag + c->ck,
                                .taken_ck = last_flag,
                                .quiet = leap->quiet,
                                .instructions = skipped * (uint64_t)c->lap.instructions };
    return skipped;
}
