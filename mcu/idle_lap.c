/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_lap.h"

#include <string.h>

#include "mcu/fast_kinds.h"
#include "mcu/timer.h"

void idle_lap_note_step(struct idle_lap *lap, const avr_t *avr, uint64_t first_cycle, bool i_before)
{
    unsigned i = lap->instructions - 1;
    lap->takes_calls = i < LAP_STEPS && (!i || lap->takes_calls);
    lap->has_steps = lap->takes_calls && (!i || lap->has_steps);
    for (unsigned k = 0; k < i && lap->has_steps; k++) {
        lap->has_steps = lap->step_pc[k] != avr->pc;
    }
    if (lap->takes_calls) {
        lap->step_pc[i] = avr->pc;
        lap->step_ck[i] = (uint16_t)(avr->cycle - first_cycle);
        lap->step_sp[i] = (uint16_t)(avr->data[FAST_SPL] | avr->data[FAST_SPH] << 8);
        lap->step_is_open[i] = avr->sreg[S_I] && i_before;
    }
}

/* What an interrupt between two of its instructions leaves must not depend on which: SP and I are the same throughout. */
void idle_lap_judge_steps(struct idle_lap *lap, bool uses_stack, bool i_before)
{
    lap->takes_calls &= !lap->calls && !lap->counts && lap->i;
    lap->has_steps &= lap->takes_calls && !uses_stack && !lap->touches_i;
    lap->step_is_open[0] = lap->i && i_before;
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        lap->has_steps &= lap->byte[i].at != R_SREG;
    }
}

bool idle_lap_fits(const struct idle_lap *lap, const struct fast_core *f, const avr_t *avr)
{
    if (!lap->valid || lap->pc != avr->pc || lap->code_changes != f->changes || avr->interrupt_state ||
        avr->sreg[S_I] != lap->i || memcmp(avr->data + FAST_SPL, lap->sp, sizeof lap->sp) ||
        memcmp(&f->sections, &lap->sections, sizeof f->sections)) {
        return false;
    }
    for (unsigned i = 0; i < lap->program.n_counts; i++) {
        if (timer_count_is_open(lap->program.count[i].timer)) {
            return false;
        }
    }
    return !lap->touches_i || !f->interrupt_wanted || !f->interrupt_wanted(f->ctx, avr->cycle);
}

static bool reads_the_same(const struct idle_lap *lap, const avr_t *avr)
{
    for (EACH_BIT(i, lap->reg_in)) {
        if (avr->data[i] != lap->first.reg[i]) {
            return false;
        }
    }
    for (EACH_BIT(i, lap->flag_in)) {
        if (avr->sreg[i] != lap->first.flag[i]) {
            return false;
        }
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in && avr->data[lap->byte[i].at] != lap->first.byte[i]) {
            return false;
        }
    }
    return true;
}

/* What the lap reads goes into its slots. */
static void load(struct idle_lap *lap, struct lanes *l, const avr_t *avr, unsigned n)
{
    const struct lane_program *p = &lap->program;

    for (EACH_BIT(i, lap->reg_in)) {
        lanes_load(p, l, i, lap->first.reg[i] = avr->data[i], n);
    }
    for (EACH_BIT(i, lap->flag_in)) {
        lanes_load(p, l, LANE_FLAG + i, lap->first.flag[i] = avr->sreg[i], n);
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in) {
            lanes_load(p, l, LANE_BYTE + i, lap->first.byte[i] = avr->data[lap->byte[i].at], n);
        }
    }
}

/* Laps whose successor reads what they read: up to and including the first that leaves something else. */
static unsigned back_in(const struct lane_program *p, const struct lanes *l, unsigned slot, bool fixed, uint8_t last,
                        uint8_t first, unsigned n)
{
    if (fixed) {
        return last == first ? n : 1;
    }
    unsigned other = lanes_other(p, l, slot, first, n);
    return other < n ? other + 1 : n;
}

static unsigned closed(const struct idle_lap *lap, const struct lanes *l, unsigned n)
{
    for (EACH_BIT(i, lap->reg_in & lap->reg_out)) {
        n = back_in(&lap->program, l, i, lap->reg_fixed >> i & 1, lap->last.reg[i], lap->first.reg[i], n);
    }
    for (EACH_BIT(i, lap->flag_back)) {
        n = back_in(&lap->program, l, LANE_FLAG + i, lap->flag_fixed >> i & 1, lap->last.flag[i], lap->first.flag[i],
                    n);
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in && lap->byte[i].written) {
            n = back_in(&lap->program, l, LANE_BYTE + i, lap->byte_fixed >> i & 1, lap->last.byte[i],
                        lap->first.byte[i], n);
        }
    }
    return n;
}

/* What the lap leaves; not of laps with counts. */
static void keep(struct idle_lap *lap, const struct lanes *l)
{
    for (EACH_BIT(i, lap->reg_out & ~lap->reg_fixed)) {
        lap->last.reg[i] = lanes_first(&lap->program, l, i);
    }
    for (EACH_BIT(i, lap->flag_out & ~lap->flag_fixed)) {
        lap->last.flag[i] = lanes_first(&lap->program, l, LANE_FLAG + i);
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].written && !(lap->byte_fixed >> i & 1)) {
            lap->last.byte[i] = lanes_first(&lap->program, l, LANE_BYTE + i);
        }
    }
}

/* What the lap reads goes into all lanes, but for these bytes. */
static void load_all(const struct idle_lap *lap, struct lanes *l, const avr_t *avr, uint32_t but, unsigned n)
{
    for (EACH_BIT(i, lap->reg_in)) {
        lanes_load_all(l, i, avr->data[i], n);
    }
    for (EACH_BIT(i, lap->flag_in)) {
        lanes_load_all(l, LANE_FLAG + i, avr->sreg[i], n);
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in && !(but >> i & 1)) {
            lanes_load_all(l, LANE_BYTE + i, avr->data[lap->byte[i].at], n);
        }
    }
}

unsigned idle_lap_hold(const struct idle_lap *lap, const avr_t *avr, struct lanes *l, uint32_t has, unsigned n)
{
    load_all(lap, l, avr, has, n);
    n = lanes_run_all(&lap->program, l, n);
    return n ? closed(lap, l, n) - 1 : 0; /* the last one may have left something else */
}

static uint8_t not_back(const struct idle_lap *lap)
{
    return (uint8_t)(lap->flag_in & lap->flag_out & ~lap->flag_back);
}

/* What n - 1 laps leave of the flags. */
static void keep_flags(struct idle_lap *lap, const struct lanes *l, unsigned n)
{
    for (EACH_BIT(i, not_back(lap))) {
        lap->flag_next[i] = lap->flag_fixed >> i & 1 ? lap->last.flag[i]
                                                     : lanes_value(&lap->program, l, LANE_FLAG + i, n - 2);
    }
}

uint64_t idle_lap_run(struct idle_lap *lap, const avr_t *avr, uint64_t most)
{
    struct lanes l;
    unsigned n = lap->counts ? (unsigned)(most < IDLE_LANES ? most : IDLE_LANES) : 1;
    if (lap->known && reads_the_same(lap, avr)) {
        return most;
    }
    load(lap, &l, avr, n);
    n = lanes_run(&lap->program, &l, n, avr->cycle, lap->ck);
    if (lap->counts) {
        n = n ? closed(lap, &l, n) : 0;
        if (n > 1) {
            keep_flags(lap, &l, n);
        }
        return n;
    }
    lap->known = n && closed(lap, &l, 2) == 2; /* the first block is the same throughout */
    if (lap->known) {
        keep(lap, &l);
    }
    return lap->known ? most : 0;
}

void idle_lap_begin_last(const struct idle_lap *lap, avr_t *avr)
{
    for (EACH_BIT(i, not_back(lap))) {
        avr->sreg[i] = lap->flag_next[i];
    }
}

void idle_lap_leave(const struct idle_lap *lap, avr_t *avr)
{
    for (EACH_BIT(i, lap->reg_out)) {
        avr->data[i] = lap->last.reg[i];
    }
    for (EACH_BIT(i, lap->flag_out)) {
        avr->sreg[i] = lap->last.flag[i];
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].written) {
            avr->data[lap->byte[i].at] = lap->last.byte[i];
        }
    }
}

bool idle_lap_has_left(const struct idle_lap *lap, const avr_t *avr)
{
    for (EACH_BIT(i, lap->reg_out)) {
        if (avr->data[i] != lap->last.reg[i]) {
            return false;
        }
    }
    for (EACH_BIT(i, lap->flag_out)) {
        if (avr->sreg[i] != lap->last.flag[i]) {
            return false;
        }
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].written && avr->data[lap->byte[i].at] != lap->last.byte[i]) {
            return false;
        }
    }
    return true;
}
