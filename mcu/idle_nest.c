/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laps of loops around counting loops, many at once. */
#include <string.h>

#include "mcu/idle_inner.h"

#define MOST_FAILS 3  /* recordings at one place */
#define MOST_MISSES 4 /* leaps in a row */

/* ---- is it one? ---- */

/* Where the counting loop begins here, too, it must have led out: the outer loop led back. */
static bool is_around_count(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr)
{
    const struct idle_count *c = &k->count;
    struct idle_count other;
    if (!c->ck || c->code_changes != f->changes || !idle_count_is_near(k, avr->pc) ||
        (c->pc != avr->pc && idle_count_find(f, avr->pc, &other))) { /* that one's own jump led here */
        return false;
    }
    for (unsigned i = 0; c->pc == avr->pc && i < c->bytes; i++) {
        if (avr->data[c->reg[i]]) {
            return false;
        }
    }
    return true;
}

bool idle_nest_is_at(const struct idle_nest *nest, const struct fast_core *f, const avr_t *avr)
{
    const struct idle_lap *lap = &nest->lap;
    return lap->valid && lap->code_changes == f->changes && avr->pc >= lap->pc && avr->pc <= nest->last_pc &&
           !memcmp(lap->sp, avr->data + FAST_SPL, sizeof lap->sp);
}

/* A lap is executed, and recorded if it only uses registers. */
static void record(struct idle_skip *k, struct idle_place *place, struct fast_core *f, avr_t *avr, uint64_t end)
{
    place->no_nest += idle_record_nest(k, f, avr, end) == IDLE_NO_LAP;
    k->nest.misses = 0;
}

/* ---- many laps ---- */

/* What each lap should find in registers that change: those side by side are a number that grows by as much with each. */
static void guess(const struct idle_lap *lap, const avr_t *avr, struct lanes *l, unsigned n)
{
    uint32_t grow = lap->reg_in & lap->reg_out & ~lap->reg_fixed;
    for (unsigned from = 0; from < 32; from++) {
        uint64_t now = 0, first = 0, last = 0;
        unsigned bytes = 0;
        for (; bytes < 8 && from + bytes < 32 && grow >> (from + bytes) & 1; bytes++) {
            now |= (uint64_t)avr->data[from + bytes] << 8 * bytes;
            first |= (uint64_t)lap->first.reg[from + bytes] << 8 * bytes;
            last |= (uint64_t)lap->last.reg[from + bytes] << 8 * bytes;
        }
        for (unsigned lane = 0; bytes && lane < n; lane++, now += last - first) {
            for (unsigned i = 0; i < bytes; i++) {
                l->v[from + i][lane / LANE_BLOCK][lane % LANE_BLOCK] = (uint8_t)(now >> 8 * i);
            }
        }
        from += bytes ? bytes - 1 : 0;
    }
    for (EACH_BIT(i, lap->reg_in & lap->reg_out & lap->reg_fixed)) {
        lanes_load_all(l, i, lap->last.reg[i], n);
        l->v[i][0][0] = avr->data[i];
    }
}

static void load(const struct idle_lap *lap, const avr_t *avr, struct lanes *l, unsigned n)
{
    for (EACH_BIT(i, lap->reg_in & ~lap->reg_out)) {
        lanes_load_all(l, i, avr->data[i], n);
    }
    for (EACH_BIT(i, lap->flag_in)) {
        lanes_load_all(l, LANE_FLAG + i, avr->sreg[i], n);
    }
    guess(lap, avr, l, n);
}

static uint8_t left_in_reg(const struct idle_lap *lap, const struct lanes *l, unsigned reg, unsigned lane)
{
    return lap->reg_fixed >> reg & 1 ? lap->last.reg[reg] : lanes_value(&lap->program, l, reg, lane);
}

static uint8_t left_in_flag(const struct idle_lap *lap, const struct lanes *l, unsigned flag, unsigned lane)
{
    return lap->flag_fixed >> flag & 1 ? lap->last.flag[flag] : lanes_value(&lap->program, l, LANE_FLAG + flag, lane);
}

/* Laps from here that go the recorded way, each with what the one before leaves; that stands in l. */
static unsigned that_hold(const struct idle_lap *lap, const avr_t *avr, struct lanes *l, unsigned n)
{
    struct lanes before;
    load(lap, avr, l, n);
    for (EACH_BIT(i, lap->reg_in & lap->reg_out)) {
        memcpy(before.v[i], l->v[i], (n + LANE_BLOCK - 1) / LANE_BLOCK * LANE_BLOCK);
    }
    n = lanes_run_all(&lap->program, l, n);
    for (EACH_BIT(i, lap->reg_in & lap->reg_out)) {
        for (unsigned lane = 0; lane + 1 < n; lane++) {
            if (left_in_reg(lap, l, i, lane) != before.v[i][(lane + 1) / LANE_BLOCK][(lane + 1) % LANE_BLOCK]) {
                n = lane + 1;
            }
        }
    }
    for (EACH_BIT(i, lap->flag_in & lap->flag_out)) {
        for (unsigned lane = 0; lane + 1 < n; lane++) {
            if (left_in_flag(lap, l, i, lane) != avr->sreg[i]) {
                n = lane + 1;
            }
        }
    }
    return n;
}

static void leave(const struct idle_lap *lap, const struct lanes *l, avr_t *avr, unsigned lane)
{
    for (EACH_BIT(i, lap->reg_out)) {
        avr->data[i] = left_in_reg(lap, l, i, lane);
    }
    for (EACH_BIT(i, lap->flag_out)) {
        avr->sreg[i] = left_in_flag(lap, l, i, lane);
    }
}

/* At the start of a lap: as many as hold, with the calls between them or up to the next event. */
static void skip_laps(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct idle_nest *nest = &k->nest;
    const struct idle_lap *lap = &nest->lap;
    struct lanes l;
    struct idle_beat beat;
    bool calls_come = idle_calls_come_between(k, f, avr, &beat);
    uint64_t until = calls_come ? beat.limit : end;
    uint64_t most = until > avr->cycle ? (until - 1 - avr->cycle) / lap->ck : 0;
    if (!most) {
        return;
    }
    unsigned hold = that_hold(lap, avr, &l, (unsigned)(most < IDLE_LANES ? most : IDLE_LANES));
    nest->misses = hold ? 0 : (uint8_t)(nest->misses + 1);
    nest->lap.valid = nest->misses < MOST_MISSES;
    uint64_t laps = 0;
    if (hold && calls_come) {
        struct idle_laps way = { lap->ck, lap->instructions, hold, 0 };
        laps = idle_skip_calls_between(k, f, avr, &way, &beat);
    }
    if (!laps && hold) {
        uint64_t fit = end > avr->cycle ? (end - 1 - avr->cycle) / lap->ck : 0;
        laps = fit < hold ? fit : hold;
        avr->cycle += laps * lap->ck;
        idle_skipped(k, IDLE_COUNTS, laps * lap->ck, laps * lap->instructions);
    }
    if (laps) {
        leave(lap, &l, avr, (unsigned)laps - 1);
        k->nest_laps += laps;
    }
}

bool idle_skip_nest(struct idle_skip *k, struct idle_place *place, struct fast_core *f, avr_t *avr, uint64_t end)
{
    const struct idle_lap *lap = &k->nest.lap;
    if (!is_around_count(k, f, avr)) {
        return false;
    }
    if (idle_lap_fits(lap, f, avr)) {
        skip_laps(k, f, avr, end);
        return lap->pc != k->count.pc; /* else the inner loop begins here, too */
    }
    if (place->no_nest >= MOST_FAILS) {
        return false;
    }
    record(k, place, f, avr, end);
    return true;
}
