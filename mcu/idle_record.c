/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How idle_lap.h's laps are recorded: one is executed, and what each instruction does is noted before. */
#include <string.h>

#include "mcu/idle_inner.h"
#include "mcu/idle_note.h"

#define MOST_STEPS 400
#define MOST_ARRIVALS 12
#define MOST_LAPS (UINT64_C(1) << 24) /* of a counting loop within another */
#define NO_WORD UINT32_MAX

/* ---- the lap ---- */

static bool is_back(const struct recorder *r, unsigned slot, uint8_t first)
{
    return r->holds[slot] != VARIES && idle_note_value(r, slot) == first && !(r->lap->counts && r->saved[slot]);
}

/* Without counts a lap is compared with the last one, saved flags and all. */
static uint8_t flags_back(const struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    return lap->counts ? r->used_in & r->changed_out : lap->flag_in & lap->flag_out;
}

/* What was read before it was written has its first value again. Else it is a smaller loop within the lap. */
static bool is_closed(const struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    const avr_t *avr = r->avr;
    bool closed = avr->sreg[S_I] == lap->i && !memcmp(avr->data + FAST_SPL, lap->sp, sizeof lap->sp);
    for (unsigned i = 0; i < 32 && closed; i++) {
        closed = !((lap->reg_in & lap->reg_out) >> i & 1) || is_back(r, i, lap->first.reg[i]);
    }
    for (unsigned i = 0; i < 8 && closed; i++) {
        closed = !(flags_back(r) >> i & 1) || is_back(r, LANE_FLAG + i, lap->first.flag[i]);
    }
    for (unsigned i = 0; i < lap->n_bytes && closed; i++) {
        closed = !lap->byte[i].in || !lap->byte[i].written || is_back(r, LANE_BYTE + i, lap->first.byte[i]);
    }
    return closed;
}

static void begin(struct recorder *r, struct idle_lap *lap, struct fast_core *f, avr_t *avr)
{
    *r = (struct recorder){ .f = f, .avr = avr, .lap = lap, .first_cycle = avr->cycle };
    memset(r->holds, COMMON, sizeof r->holds);
    for (unsigned i = 0; i < LANE_BYTE; i++) {
        r->origin[i] = (uint8_t)(i + 1);
    }
    memcpy(lap->first.reg, avr->data, sizeof lap->first.reg);
    memcpy(lap->first.flag, avr->sreg, sizeof lap->first.flag);
    lap->valid = lap->known = lap->counts = lap->calls = lap->touches_i = false;
    lap->misses = 0;
    lap->pc = avr->pc;
    lap->code_changes = f->changes;
    lap->sections = f->sections;
    lap->i = avr->sreg[S_I];
    memcpy(lap->sp, avr->data + FAST_SPL, sizeof lap->sp);
    lap->reg_in = lap->reg_out = 0;
    lap->flag_in = lap->flag_out = 0;
    lap->n_bytes = lap->n_io = 0;
    lap->program.n = lap->program.n_counts = 0;
    fast_core_probe_begin(f, NO_WORD >> 1);
}

/* Executes one instruction. False: the lap is over before its end. */
static bool execute(struct recorder *r, uint64_t end)
{
    avr_t *avr = r->avr;
    uint64_t before = avr->cycle;
    fast_core_probe(r->f, avr, before + 1);
    if (avr->interrupt_state == -2 && avr->cycle < end &&
        !(r->f->interrupt_wanted && r->f->interrupt_wanted(r->f->ctx, avr->cycle))) {
        avr->interrupt_state = 0; /* I was set, and the run did not end with this instruction after all */
    }
    end = avr->cycle_timers.timer && avr->cycle_timers.timer->when < end ? avr->cycle_timers.timer->when : end;
    r->failed |= r->f->probe.spoilt || (r->f->probe.wdr && !r->is_wake) || r->f->probe.wrote_io || r->f->stray != 0 ||
                 (r->f->probe.wrote_memory && !r->is_wake);
    return avr->cycle > before && avr->cycle < end && !r->failed && !avr->interrupt_state && avr->run_cycle_count;
}

static bool step(struct recorder *r, uint64_t end)
{
    idle_note(r);
    return execute(r, end);
}

static void note_fixed(struct recorder *r)
{
    struct idle_lap *lap = r->lap;
    const avr_t *avr = r->avr;
    lap->reg_fixed = lap->byte_fixed = 0;
    lap->flag_fixed = 0;
    for (unsigned i = 0; i < 32; i++) {
        lap->last.reg[i] = avr->data[i];
        lap->reg_fixed |= (uint32_t)(r->holds[i] == FIXED) << i;
    }
    for (unsigned i = 0; i < 8; i++) {
        lap->last.flag[i] = avr->sreg[i];
        lap->flag_fixed |= (uint8_t)((r->holds[LANE_FLAG + i] == FIXED) << i);
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        lap->last.byte[i] = avr->data[lap->byte[i].at];
        lap->byte_fixed |= (uint32_t)(r->holds[LANE_BYTE + i] == FIXED) << i;
    }
}

/* At a lap's end with what it read. */
static bool is_compared(const struct idle_lap *lap, unsigned slot)
{
    return slot < LANE_FLAG   ? (lap->reg_in & lap->reg_out) >> slot & 1
           : slot < LANE_BYTE ? (lap->flag_in & lap->flag_out) >> (slot - LANE_FLAG) & 1
                              : lap->byte[slot - LANE_BYTE].in && lap->byte[slot - LANE_BYTE].written;
}

/* What is compared at the end of a lap stands in all lanes. */
static void spread_ends(struct recorder *r)
{
    for (unsigned i = 0; i < LANE_BYTE + r->lap->n_bytes; i++) {
        if (is_compared(r->lap, i) && r->holds[i] == COMMON) {
            idle_note_want(r, i, true);
        }
    }
}

/* A handler gives back what it finds in registers; the last of laps with counts is executed. */
static bool is_wanted_at_end(const struct recorder *r, unsigned slot)
{
    const struct idle_lap *lap = r->lap;
    if (r->is_wake && slot < LANE_FLAG) {
        return lap->reg_back >> slot & 1;
    }
    if (r->is_call || r->is_wake || lap->counts) {
        return r->is_call ? slot >= LANE_BYTE && lap->byte[slot - LANE_BYTE].written : is_compared(lap, slot);
    }
    return slot < LANE_FLAG ? lap->reg_out >> slot & 1 : slot >= LANE_BYTE && lap->byte[slot - LANE_BYTE].written;
}

static bool finish(struct recorder *r)
{
    struct idle_lap *lap = r->lap;
    lap->ck = r->avr->cycle - r->first_cycle;
    lap->flag_back = r->is_wake ? r->used_in & r->changed_out : flags_back(r);
    for (unsigned i = 0; i < lap->n_io; i++) {
        lap->io_value[i] = r->avr->data[lap->io[i]];
    }
    note_fixed(r);
    if (lap->counts) {
        spread_ends(r);
    }
    lap->program.flags_out = r->is_call    ? 0
                             : r->is_wake  ? lap->flag_back
                             : lap->counts ? lap->flag_in & lap->flag_out
                                           : lap->flag_out;
    lap->program.slots_out = 0;
    for (unsigned i = 0; i < LANE_BYTE + lap->n_bytes; i++) {
        lap->program.slots_out |= (uint64_t)(r->holds[i] != FIXED && is_wanted_at_end(r, i)) << i;
    }
    lane_program_shorten(&lap->program);
    lap->valid = !r->failed;
    return lap->valid;
}

/* Whatever the lap holds that it came into, it gives back, and nothing of that is used. */
static bool only_counts(const struct recorder *r)
{
    const struct idle_lap *call = r->lap;
    bool only = !r->failed && !r->used_regs && !r->used_in && !r->changed_out && !call->n_io && !call->counts;
    for (unsigned i = 0; i < 32 && only; i++) {
        only = !(call->reg_out >> i & 1) || r->origin[i] == i + 1;
    }
    for (unsigned i = 0; i < call->n_bytes && only; i++) {
        const struct idle_lap_byte *b = &call->byte[i];
        bool is_own = !r->origin[LANE_BYTE + i] && !r->saved[LANE_BYTE + i]; /* not put there from the lap */
        only = b->at == R_SREG || (b->direct ? is_own : !b->in && b->written);
    }
    return only;
}

enum idle_recorded idle_record_call(struct idle_lap *call, struct fast_core *f, avr_t *avr, uint32_t return_pc,
                                    uint64_t end)
{
    struct recorder r;
    begin(&r, call, f, avr);
    r.is_call = true;
    for (call->instructions = 1; call->instructions <= MOST_STEPS && avr->cycle < end; call->instructions++) {
        const struct fast_op *o = &f->ops[avr->pc >> 1];
        bool returns = o->kind == RETI;
        r.failed |= o->kind == SEI || o->kind == RET || o->kind == CALL || o->kind == RCALL || o->kind == ICALL;
        bool goes_on = returns ? execute(&r, end) : step(&r, end);
        if (returns) {
            bool good = goes_on && avr->pc == return_pc && only_counts(&r);
            return good && finish(&r) ? IDLE_RECORDED : goes_on ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
        if (!goes_on) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
    }
    return IDLE_NO_LAP;
}

enum idle_recorded idle_record(struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct recorder r;
    unsigned arrivals = 0;
    begin(&r, lap, f, avr);
    for (lap->instructions = 1; lap->instructions <= MOST_STEPS && arrivals < MOST_ARRIVALS; lap->instructions++) {
        if (avr->cycle >= end) {
            return IDLE_BROKEN_OFF;
        }
        idle_lap_note_step(lap, avr, r.first_cycle, r.i_before);
        r.i_before = avr->sreg[S_I];
        if (!step(&r, end)) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
        if (avr->pc == lap->pc) {
            if (is_closed(&r)) {
                idle_lap_judge_steps(lap, r.used_stack, r.i_before);
                return finish(&r) ? IDLE_RECORDED : IDLE_NO_LAP;
            }
            arrivals++;
        }
    }
    return IDLE_NO_LAP;
}

/* ---- around a counting loop ---- */

/* All but the last lap of the counting loop that begins here are over. False: it does not end before `end`. */
static bool take_count(struct recorder *r, struct idle_skip *k, const struct idle_count *c, uint64_t end)
{
    avr_t *avr = r->avr;
    uint64_t n = idle_count_left(c, avr) - 1, ck = n * c->ck;
    if (n >= MOST_LAPS || end - avr->cycle <= ck + c->ck) {
        return false;
    }
    for (unsigned i = 0; i < c->bytes; i++) {
        idle_note_fix_reg(r, c->reg[i]);
    }
    idle_count_take(c, avr, n);
    avr->cycle += ck;
    r->lap->instructions += (uint32_t)(n * c->instructions);
    idle_skipped(k, IDLE_COUNTS, ck, n * c->instructions);
    return true;
}

static bool uses_registers_only(const struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    return !r->used_stack && !lap->n_bytes && !lap->n_io && !lap->counts && !lap->calls && !lap->touches_i;
}

enum idle_recorded idle_record_nest(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct idle_lap *lap = &k->nest.lap;
    struct recorder r;
    struct idle_count c;
    bool counted = false;
    begin(&r, lap, f, avr);
    lap->instructions = 0;
    for (unsigned steps = 1; steps <= MOST_STEPS && avr->cycle < end; steps++) {
        bool counts = idle_count_find(f, avr->pc, &c);
        if (counts && !take_count(&r, k, &c, end)) {
            return IDLE_BROKEN_OFF;
        }
        counted |= counts;
        k->nest.last_pc = avr->pc;
        lap->instructions++;
        if (!step(&r, end)) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
        if (!uses_registers_only(&r)) {
            return IDLE_NO_LAP;
        }
        if (avr->pc == lap->pc) {
            return counted && finish(&r) ? IDLE_RECORDED : IDLE_NO_LAP;
        }
    }
    return IDLE_NO_LAP;
}

/* ---- from sleep to sleep ---- */

/* What passed into bytes that it reads, or into other registers, counts as used: it must be what it was. */
static void use_what_moved(struct recorder *r)
{
    const struct idle_lap *lap = r->lap;
    for (unsigned i = 0; i < 32; i++) {
        if ((lap->reg_in & lap->reg_out) >> i & 1 && r->origin[i] != i + 1) {
            idle_note_use_reg(r, i);
        }
    }
    for (unsigned i = 0; i < lap->n_bytes; i++) {
        if (lap->byte[i].in && lap->byte[i].written) {
            idle_note_use_reg(r, LANE_BYTE + i);
            r->used_in |= r->saved[LANE_BYTE + i];
        }
    }
}

static bool finish_wake(struct recorder *r)
{
    struct idle_lap *lap = r->lap;
    uint32_t changed = 0, saves_flags = 0;
    use_what_moved(r);
    for (unsigned i = 0; i < 32; i++) {
        changed |= (uint32_t)(lap->reg_out >> i & 1 && r->origin[i] != i + 1) << i;
        saves_flags |= (uint32_t)(r->saved[i] != 0) << i;
    }
    r->failed |= (changed & r->used_regs & saves_flags) != 0 || lap->counts;
    for (unsigned i = 0; i < lap->n_bytes; i++) { /* what was pushed by others, and popped */
        r->failed |= lap->byte[i].in && lap->byte[i].written && !lap->byte[i].direct;
    }
    for (unsigned i = 0; i < lap->n_io; i++) { /* SMCR, too, is what it was */
        r->failed |= lap->io_value[i] != r->avr->data[lap->io[i]];
    }
    lap->reg_back = changed & r->used_regs;
    return finish(r);
}

static bool is_asleep_next(const struct recorder *r, uint32_t asleep_pc)
{
    const avr_t *avr = r->avr;
    return avr->pc + 2 == asleep_pc && avr->sreg[S_I] &&
           idle_note_sp(r) == (r->lap->sp[0] | (unsigned)r->lap->sp[1] << 8) + 2;
}

enum idle_recorded idle_record_wake(struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint32_t asleep_pc,
                                    uint64_t end)
{
    struct recorder r;
    begin(&r, lap, f, avr);
    r.is_wake = r.on_stack = true;
    r.failed = idle_note_sp(&r) < avr->ioend; /* a stack in registers or I/O */
    for (unsigned i = 1; i <= 2; i++) {       /* the interrupt pushed the same pc as ever */
        idle_note_write_byte(&r, idle_note_byte(&r, idle_note_sp(&r) + i, false), FIXED);
    }
    for (lap->instructions = 1; lap->instructions <= MOST_STEPS && avr->cycle < end; lap->instructions++) {
        if (is_asleep_next(&r, asleep_pc)) { /* SLEEP is one of its instructions */
            return finish_wake(&r) ? IDLE_RECORDED : IDLE_NO_LAP;
        }
        bool returns = f->ops[avr->pc >> 1].kind == RETI;
        if (returns) {
            r.on_stack = true;
            idle_note_pop_pc(&r);
        }
        if (!(returns ? execute(&r, end) : step(&r, end))) {
            return r.failed ? IDLE_NO_LAP : IDLE_BROKEN_OFF;
        }
    }
    return IDLE_NO_LAP;
}
