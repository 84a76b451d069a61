/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/idle_skip.h"

#include <string.h>

#include "mcu/fast_kinds.h"
#include "mcu/idle_inner.h"

#define WAIT_MOST_CK 32768
#define ARRIVALS 16  /* at the jump's target, of one probe */
#define PROBE_CK 512 /* the first; 8 times as long where no lap came */
#define MOST_PASSES 64
#define INTERRUPTED 4 /* probes in a row that saw no end of a lap */
#define LAPS_TO_KEEP 3
#define MOST_MISSES 4
#define MOST_NOT_KEPT 4
#define MOST_RECORDINGS 100 /* of calls, of one program */

void idle_skip_init(struct idle_skip *k)
{
    memset(k, 0, sizeof *k);
    k->wait_ck = WAIT_LEAST_CK;
    k->wake.executed = WAKES_EXECUTED;
    k->place[0].pc = UINT32_MAX; /* 0 is the pc of place 0 */
}

/* ---- is the state the same again? ---- */

static void remember(struct idle_state *s, const avr_t *avr)
{
    memcpy(s->reg, avr->data, sizeof s->reg);
    memcpy(s->sreg, avr->sreg, sizeof s->sreg);
    memcpy(s->sp, avr->data + FAST_SPL, sizeof s->sp);
    s->cycle = avr->cycle;
}

static bool is_same(const struct idle_state *s, const struct fast_probe *p, const avr_t *avr)
{
    if (memcmp(s->reg, avr->data, sizeof s->reg) || memcmp(s->sreg, avr->sreg, sizeof s->sreg) ||
        memcmp(s->sp, avr->data + FAST_SPL, sizeof s->sp)) {
        return false;
    }
    for (unsigned i = 0; i < p->n_stores; i++) {
        if (avr->data[p->store[i].at] != p->store[i].was) {
            return false;
        }
    }
    return true;
}

/* ---- how long the I/O registers of the lap stay ---- */

/* The first cycle at which one of them may read otherwise, 0 = they do already. */
static uint64_t steady_until(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr)
{
    uint64_t until = UINT64_MAX;
    for (unsigned i = 0; i < k->n_reads; i++) {
        unsigned a = k->read[i];
        const struct fast_io *io = &f->io[a - 32];
        uint8_t now = avr->data[a];
        uint64_t at = io->steady && avr->io[a - 32].r.c ? io->steady(io->ctx, (avr_io_addr_t)a, &now) : UINT64_MAX;
        if (now != k->seen[i]) {
            return 0;
        }
        until = at < until ? at : until;
    }
    return until;
}

/* ---- laps ---- */

uint64_t idle_skip_laps(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    uint64_t until = steady_until(k, f, avr);
    uint64_t to = until < end ? until : end;
    if (to <= avr->cycle) {
        k->in_lap = false;
        return avr->cycle;
    }
    uint64_t n = (to - 1 - avr->cycle) / k->lap_ck;
    n -= k->wdr && n; /* the last one is executed: the watchdog starts anew in it */
    if (n) {
        avr->cycle += n * k->lap_ck;
        idle_skipped(k, k->lap_means, n * k->lap_ck, n * k->lap_instructions);
    }
    k->in_lap = until >= end; /* else what is executed next may lead out of it */
    return to;
}

/* A store of the lap changes an I/O byte that the lap reads: its value depends on where in the lap one is. */
static bool reads_what_it_writes(const struct fast_probe *p)
{
    for (unsigned i = 0; (p->wrote_io || p->wrote_memory) && i < p->n_reads; i++) {
        for (unsigned j = 0; j < p->n_stores; j++) {
            if (p->store[j].at == p->read[i]) {
                return true;
            }
        }
    }
    return false;
}

static bool take_lap(struct idle_skip *k, const struct fast_core *f, const avr_t *avr)
{
    const struct fast_probe *p = &f->probe;
    if (reads_what_it_writes(p)) {
        return false;
    }
    k->lap_ck = avr->cycle - k->start.cycle;
    k->lap_instructions = f->executed - k->start_executed;
    k->lap_means = IDLE_LAPS;
    k->wdr = p->wdr;
    k->n_reads = p->n_reads;
    for (unsigned i = 0; i < p->n_reads; i++) {
        k->read[i] = p->read[i];
        k->seen[i] = p->seen[i];
    }
    k->code_changes = f->changes;
    k->in_lap = true;
    k->in_kept = NULL;
    return true;
}

/* ---- places ---- */

static struct idle_place *place_of(struct idle_skip *k, uint32_t pc)
{
    struct idle_place *p = &k->place[(pc >> 1) % IDLE_PLACES];
    if (p->pc != pc) {
        *p = (struct idle_place){ .pc = pc };
    }
    return p;
}

static void gave_a_lap(struct idle_place *p)
{
    p->fails = p->interrupted = 0;
}

static void gave_none(struct idle_place *p)
{
    p->passes = (uint16_t)(p->fails < 6 ? 1u << p->fails : MOST_PASSES);
    p->fails += p->fails < 6;
}

static void wait_longer(struct idle_skip *k, struct fast_core *f, const avr_t *avr)
{
    k->probes_failed++;
    f->probe_at = avr->cycle + k->wait_ck;
    k->wait_ck = k->wait_ck < WAIT_MOST_CK ? 2 * k->wait_ck : WAIT_MOST_CK;
}

/* ---- laps that are kept ---- */

static struct idle_lap *kept_at(struct idle_skip *k, const avr_t *avr)
{
    for (unsigned i = 0; i < IDLE_KEPT; i++) {
        struct idle_lap *lap = &k->kept[i];
        if (lap->valid && lap->pc == avr->pc && !memcmp(lap->sp, avr->data + FAST_SPL, sizeof lap->sp)) {
            return lap;
        }
    }
    return NULL;
}

/* steady_until() of the lap that is kept: it becomes the one that the core is in. */
static uint64_t kept_until(struct idle_skip *k, const struct idle_lap *lap, const struct fast_core *f, const avr_t *avr)
{
    k->lap_ck = lap->ck;
    k->lap_instructions = lap->instructions;
    k->lap_means = IDLE_LAPS;
    k->wdr = false;
    k->n_reads = lap->n_io;
    memcpy(k->read, lap->io, lap->n_io * sizeof lap->io[0]);
    memcpy(k->seen, lap->io_value, lap->n_io);
    k->code_changes = f->changes;
    return steady_until(k, f, avr);
}

/* The lap that begins here goes another way. Often in a row: it is not worth keeping. */
static void missed(struct idle_skip *k, struct idle_lap *lap, struct fast_core *f, const avr_t *avr)
{
    f->probe_at = avr->cycle + 1;
    if (++lap->misses == MOST_MISSES) {
        struct idle_place *p = place_of(k, lap->pc);
        p->not_kept += p->not_kept < MOST_NOT_KEPT;
        lap->valid = false;
    }
}

/* The lanes of a lap that reads a timer's count. The last lap is executed: it reads the registers. */
static void skip_timer_laps(struct idle_skip *k, struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint64_t to,
                            uint64_t most)
{
    if (most < 2) {
        f->probe_at = to;
        return;
    }
    uint64_t n = idle_lap_run(lap, avr, most);
    if (n < 2) {
        missed(k, lap, f, avr);
        return;
    }
    lap->misses = 0;
    idle_lap_begin_last(lap, avr);
    avr->cycle += (n - 1) * lap->ck;
    idle_skipped(k, IDLE_TIMER_LAPS, (n - 1) * lap->ck, (n - 1) * lap->instructions);
    f->probe_at = avr->cycle + 1 + (n < most && n < IDLE_LANES ? lap->ck : 0); /* after the last one it goes on */
}

static void skip_same_laps(struct idle_skip *k, struct idle_lap *lap, struct fast_core *f, avr_t *avr, uint64_t to,
                           uint64_t most, bool up_to_event)
{
    uint64_t n = idle_lap_run(lap, avr, most ? most : 1);
    if (!n) {
        missed(k, lap, f, avr);
        return;
    }
    lap->misses = 0;
    n = !most ? 0 : lap->calls ? most - 1 : most;
    if (n) {
        avr->cycle += n * lap->ck;
        idle_skipped(k, IDLE_LAPS, n * lap->ck, n * lap->instructions);
    }
    if (n && !lap->calls) {
        idle_lap_leave(lap, avr);
    }
    k->in_lap = up_to_event && !lap->calls && (n || idle_lap_has_left(lap, avr));
    k->in_kept = k->in_lap ? lap : NULL;
    f->probe_at = to;
}

void idle_pass_calls(struct idle_skip *k, struct fast_core *f, avr_t *avr, const struct idle_leap *leap)
{
    uint64_t ck = leap->to_cycle - avr->cycle;
    k->call.misses = 0;
    idle_calls_leave(&k->call, leap, avr);
    avr->cycle = leap->to_cycle;
    k->pass_calls(f->ctx, k->call.source, leap);
    idle_skipped(k, IDLE_CALLS, ck, leap->instructions);
}

void idle_calls_missed(struct idle_skip *k, const struct idle_leap *leap)
{
    if (!leap->follow && ++k->call.misses == MOST_MISSES) {
        k->call.lap.valid = false;
    }
}

void idle_tell_quiet(struct idle_skip *k, const struct fast_core *f, uint64_t cycle)
{
    if (k->quiet && cycle > k->quiet_ck) {
        k->quiet(f->ctx, cycle);
    }
}

bool idle_find_beat(const struct idle_skip *k, const struct fast_core *f, const void *source, struct idle_beat *beat)
{
    if (!k->beat_of || !k->beat_of(f->ctx, source, beat)) {
        return false;
    }
    beat->quiet = k->quiet_ck > beat->limit ? beat->limit : beat->quiet;
    return true;
}

/* Are there calls to be skipped from a lap's start on? *beat: when they come. */
static bool calls_come(const struct idle_skip *k, const struct idle_lap *lap, const struct fast_core *f,
                       const avr_t *avr, struct idle_beat *beat)
{
    return lap->takes_calls && k->call.lap.valid && idle_find_beat(k, f, k->call.source, beat) &&
           beat->quiet > avr->cycle + 2 * beat->period && idle_calls_fit_start(&k->call, lap, f);
}

/* At the start of a lap that reads only what stays until the next event. True: calls were skipped with laps between them. */
static bool skip_calls_from_start(struct idle_skip *k, struct idle_lap *lap, struct fast_core *f, avr_t *avr)
{
    struct idle_beat beat;
    struct idle_leap leap;
    if (!calls_come(k, lap, f, avr, &beat) || !idle_lap_run(lap, avr, 1)) {
        return false;
    }
    bool leaps = idle_calls_leap_from_start(&k->call, lap, avr, &beat, &leap);
    idle_tell_quiet(k, f, leap.quiet);
    if (!leaps) {
        idle_calls_missed(k, &leap);
        return false;
    }
    idle_pass_calls(k, f, avr, &leap);
    k->leaps_from_start++;
    return true;
}

/* True: a lap that is kept begins here, and has been skipped as far as it goes. */
static bool skip_kept(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct idle_lap *lap = kept_at(k, avr);
    if (!lap) {
        return false;
    }
    uint64_t until = kept_until(k, lap, f, avr), to = until < end ? until : end;
    if (!until || !idle_lap_fits(lap, f, avr)) {
        missed(k, lap, f, avr);
        return lap->valid;
    }
    if (until == UINT64_MAX && skip_calls_from_start(k, lap, f, avr)) {
        to = end = idle_end_now(avr, UINT64_MAX);
    }
    uint64_t most = to > avr->cycle ? (to - 1 - avr->cycle) / lap->ck : 0;
    if (lap->counts) {
        skip_timer_laps(k, lap, f, avr, to, most);
    } else {
        skip_same_laps(k, lap, f, avr, to, most, until >= end);
    }
    return true;
}

/* Executes a lap, keeps it, and skips the ones after it. */
static enum fast_stop keep_lap(struct idle_skip *k, struct idle_place *p, struct fast_core *f, avr_t *avr, uint64_t end)
{
    enum idle_recorded is = idle_record(&k->recorded, f, avr, end);
    k->in_lap = false; /* what was executed may have led out of it */
    p->laps = 0;
    if (is == IDLE_NO_LAP) {
        gave_none(p);
        p->not_kept += p->not_kept < MOST_NOT_KEPT;
        p->passes = (uint16_t)(4u << 2 * p->not_kept);
        wait_longer(k, f, avr);
        return FAST_END;
    }
    f->probe_at = avr->cycle + 1;
    k->wait_ck = WAIT_LEAST_CK;
    if (is == IDLE_RECORDED) {
        struct idle_lap *old = kept_at(k, avr);
        gave_a_lap(p);
        k->in_kept = k->left.lap = NULL;
        memcpy(old ? old : &k->kept[k->next_kept++ % IDLE_KEPT], &k->recorded, sizeof k->recorded);
        skip_kept(k, f, avr, idle_end_now(avr, end));
    }
    return FAST_END;
}

/* ---- interrupts within a kept lap ---- */

void idle_skip_interrupted(struct idle_skip *k, struct fast_core *f, const avr_t *avr, const void *source)
{
    struct idle_left *l = &k->left;
    idle_wakes_interrupted(&k->wake, avr, source);
    l->lap = k->in_lap && avr->pc == k->at_pc && avr->cycle == k->at_cycle ? k->in_kept : NULL;
    l->in_nest = !l->lap && idle_nest_is_at(&k->nest, f, avr);
    l->in_count = !l->lap && k->count.code_changes == f->changes && avr->pc >= k->count.pc && avr->pc < k->count.end;
    f->return_to = FAST_NOWHERE;
    if (l->lap || l->in_count || l->in_nest) {
        l->pc = avr->pc;
        l->source = source;
        l->entered = true;
        remember(&l->state, avr);
    }
    if (l->lap) {
        for (unsigned i = 0; i < l->lap->n_bytes; i++) {
            l->byte[i] = avr->data[l->lap->byte[i].at];
        }
        f->return_to = avr->pc >> 1;
    }
}

/* The lap only pushes and pops it, and SP is above it: it is written before it is read. So is SREG as a byte. */
static bool is_dead(const struct idle_lap_byte *b, const avr_t *avr)
{
    unsigned sp = avr->data[FAST_SPL] | (unsigned)avr->data[FAST_SPH] << 8;
    return b->at == R_SREG || (!b->in && !b->direct && b->at <= sp);
}

/* Is all as it was when the interrupt came, but what is dead? *same: that, too. */
static bool is_back(const struct idle_left *l, const avr_t *avr, bool *same)
{
    const struct idle_state *s = &l->state;
    *same = true;
    if (avr->pc != l->pc || memcmp(s->reg, avr->data, sizeof s->reg) || memcmp(s->sreg, avr->sreg, sizeof s->sreg) ||
        memcmp(s->sp, avr->data + FAST_SPL, sizeof s->sp)) {
        return false;
    }
    for (unsigned i = 0; i < l->lap->n_bytes; i++) {
        const struct idle_lap_byte *b = &l->lap->byte[i];
        if (avr->data[b->at] != l->byte[i]) {
            *same = false;
            if (!is_dead(b, avr)) {
                return false;
            }
        }
    }
    return true;
}

/* The core is in the handler that took it out of a loop which such calls can be skipped with: this one is recorded. */
static enum fast_stop record_call(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct idle_left *l = &k->left;
    struct idle_call *call = &k->call;
    call->recordings = (uint8_t)(call->code_changes == f->changes ? call->recordings + 1 : 1);
    call->source = l->source;
    call->code_changes = f->changes;
    call->misses = 0;
    idle_record_call(&call->lap, f, avr, l->pc, end);
    call->ck = avr->cycle - l->state.cycle;
    idle_calls_prepare(call);
    return avr->pc == l->pc ? FAST_RETURN : FAST_END;
}

/* Is this a call that could be recorded, and is not? */
static bool is_call_to_record(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr)
{
    const struct idle_left *l = &k->left;
    const struct idle_call *call = &k->call;
    struct idle_beat beat;
    bool is_known = call->lap.valid && call->source == l->source;
    bool takes_calls = l->lap ? l->lap->has_steps || l->lap->takes_calls : l->in_count || l->in_nest;
    return takes_calls && k->beat_of &&
           (call->code_changes != f->changes || (!is_known && call->recordings < MOST_RECORDINGS)) &&
           k->beat_of(f->ctx, l->source, &beat) &&
           (l->lap || l->in_nest || idle_count_is_worth_calls(&k->count, avr, beat.period));
}

/* Behind a call, in the lap. The calls that come are skipped with the laps between them, all but the last. */
static void skip_calls(struct idle_skip *k, const struct idle_lap *lap, struct fast_core *f, avr_t *avr)
{
    struct idle_leap leap;
    struct idle_beat beat;
    if (k->call.source != k->left.source || !idle_calls_fit(&k->call, lap, f, avr) ||
        !idle_find_beat(k, f, k->left.source, &beat)) {
        return;
    }
    bool leaps = idle_calls_leap(&k->call, lap, avr, &beat, &leap);
    idle_tell_quiet(k, f, leap.quiet);
    if (leaps) {
        idle_pass_calls(k, f, avr, &leap);
    } else {
        idle_calls_missed(k, &leap);
    }
}

/* Back from the interrupt, in mid-lap: as good a start of laps as any. */
static void go_on_in_lap(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    struct idle_left *l = &k->left;
    const struct idle_lap *lap = l->lap;
    bool same;
    f->return_to = FAST_NOWHERE;
    l->lap = NULL;
    if (!lap || !lap->valid || lap->code_changes != f->changes || avr->cycle >= end ||
        (f->interrupt_wanted && f->interrupt_wanted(f->ctx, avr->cycle)) ||
        memcmp(&f->sections, &lap->sections, sizeof f->sections)) {
        return;
    }
    l->lap = lap;
    bool back = is_back(l, avr, &same);
    l->lap = NULL;
    uint64_t until = back ? kept_until(k, lap, f, avr) : 0, to = until < end ? until : end;
    if (to <= avr->cycle) {
        return;
    }
    struct idle_beat beat;
    if (until == UINT64_MAX && !lap->has_steps && calls_come(k, lap, f, avr, &beat)) {
        return; /* from the next lap's start on */
    }
    if (same && until == UINT64_MAX) {
        skip_calls(k, lap, f, avr);
        to = end = idle_end_now(avr, UINT64_MAX);
        if (to <= avr->cycle) {
            return;
        }
    }
    uint64_t n = (to - 1 - avr->cycle) / lap->ck;
    for (unsigned i = 0; n && !same && i < lap->n_bytes; i++) {
        avr->data[lap->byte[i].at] = l->byte[i];
    }
    avr->cycle += n * lap->ck;
    idle_skipped(k, IDLE_LAPS, n * lap->ck, n * lap->instructions);
    k->in_lap = until >= end && (n || same);
    k->in_kept = k->in_lap ? lap : NULL;
    f->probe_at = to;
}

/*
 * At the target of a jump backwards. Runs on from there; if it finds a lap, skips. The state to compare with is
 * renewed at arrivals 2, 4, 8...: a small loop inside the big one must not hide it.
 */
static enum fast_stop probe(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    enum fast_stop stop = FAST_LOOP;
    struct idle_place *p = place_of(k, avr->pc);
    if (p->passes) { /* a small loop within another? The big one's start will come */
        p->passes--;
        f->probe_at = avr->cycle + 1;
        return stop;
    }
    enum fast_kind kind = (enum fast_kind)f->ops[avr->pc >> 1].kind;
    if (idle_may_be_poll(kind) && idle_skip_poll(k, f, avr, end)) {
        return stop;
    }
    if (idle_count_is_near(k, avr->pc) && idle_skip_nest(k, p, f, avr, end)) {
        f->probe_at = avr->cycle + 1;
        return FAST_END;
    }
    if (idle_may_be_count(kind) && idle_skip_count(k, f, avr, end)) {
        f->probe_at = avr->cycle + 1;
        return stop;
    }
    if (skip_kept(k, f, avr, idle_end_now(avr, end))) {
        return stop;
    }
    k->probes++;
    uint64_t last = avr->cycle + ((uint64_t)PROBE_CK << (p->fails < 3 ? p->fails : 3));
    for (unsigned arrival = 1; stop == FAST_LOOP; arrival++) {
        if (!(arrival & (arrival - 1))) {
            fast_core_probe_begin(f, avr->pc >> 1);
            remember(&k->start, avr);
            k->start_executed = f->executed;
        }
        stop = fast_core_probe(f, avr, end < last ? end : last);
        bool too_long = avr->cycle >= last && avr->cycle < end;
        if (f->probe.spoilt || too_long || (stop == FAST_LOOP && arrival == ARRIVALS)) {
            gave_none(p);
            wait_longer(k, f, avr);
            return stop;
        }
        if (stop == FAST_LOOP && f->probe.counts) {
            return keep_lap(k, p, f, avr, idle_end_now(avr, end));
        }
        if (stop == FAST_LOOP && is_same(&k->start, &f->probe, avr)) {
            if (!take_lap(k, f, avr)) {
                gave_none(p);
                wait_longer(k, f, avr);
                return stop;
            }
            gave_a_lap(p);
            k->wait_ck = WAIT_LEAST_CK;
            if (++p->laps >= LAPS_TO_KEEP << p->not_kept) {
                return keep_lap(k, p, f, avr, idle_end_now(avr, end));
            }
            f->probe_at = idle_skip_laps(k, f, avr, idle_end_now(avr, end));
            return stop;
        }
    }
    if (++p->interrupted == INTERRUPTED) { /* once, it is no fault of the loop's */
        gave_none(p);
        p->interrupted = 0;
    }
    return stop;
}

enum fast_stop idle_skip_run(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    if (k->off) {
        f->probe_at = UINT64_MAX;
        return fast_core_run(f, avr, end);
    }
    if (k->in_lap) {
        if (avr->pc == k->at_pc && avr->cycle == k->at_cycle && f->changes == k->code_changes &&
            !avr->interrupt_state &&
            !(f->interrupt_wanted && f->interrupt_wanted(f->ctx, avr->cycle))) { /* it may wait for the lap to set I */
            f->probe_at = idle_skip_laps(k, f, avr, idle_end_now(avr, end));
        } else {
            k->in_lap = false;
        }
    }
    enum fast_stop stop;
    bool entered = k->left.entered;
    k->left.entered = false;
    if (entered && is_call_to_record(k, f, avr)) {
        stop = record_call(k, f, avr, end);
        end = idle_end_now(avr, end);
        if (stop == FAST_RETURN && avr->cycle < end) {
            go_on_in_lap(k, f, avr, end);
        }
    }
    if (k->wake.entered) {
        k->wake.entered = false;
        struct idle_beat beat;
        if (idle_wakes_wants_record(&k->wake, f, avr) && k->beat_of && k->beat_of(f->ctx, k->wake.source, &beat)) {
            idle_wakes_record(&k->wake, f, avr, end);
            end = idle_end_now(avr, end);
        }
    }
    while ((stop = fast_core_run(f, avr, end)) >= FAST_RETURN) {
        end = idle_end_now(avr, end); /* an I/O callback may have armed a timer on the way */
        if (avr->cycle >= end) {
            break;
        }
        k->in_lap = false;
        if (stop == FAST_RETURN) {
            go_on_in_lap(k, f, avr, end);
            continue;
        }
        if (k->wake_lazy) {
            k->wake_lazy(f->ctx, avr->cycle);
            end = idle_end_now(avr, end);
        }
        stop = probe(k, f, avr, end);
        end = idle_end_now(avr, end); /* what spoilt the probe may have, too */
        if (stop == FAST_SLOW || avr->cycle >= end || f->stray) {
            break;
        }
    }
    k->at_pc = avr->pc;
    k->at_cycle = avr->cycle;
    k->in_lap &= stop != FAST_SLOW;
    return stop;
}

uint64_t idle_skip_quiet_until(const struct idle_skip *k, const struct fast_core *f, const avr_t *avr)
{
    bool goes_round = !k->off && k->in_lap && avr->pc == k->at_pc && avr->cycle == k->at_cycle &&
                      f->changes == k->code_changes && !avr->interrupt_state &&
                      !(f->interrupt_wanted && f->interrupt_wanted(f->ctx, avr->cycle));
    return goes_round ? steady_until(k, f, avr) : 0;
}

/* ---- wakes ---- */

void idle_skip_wakes(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint32_t handler, uint64_t ck_before_entry)
{
    struct idle_wake *w = &k->wake;
    struct idle_beat beat;
    struct idle_leap leap;
    if (k->off || handler != w->call.lap.pc || !idle_wakes_fit(w, f, avr) ||
        !idle_find_beat(k, f, w->call.source, &beat)) {
        return;
    }
    unsigned passed = idle_wakes_skip(w, avr, &beat, &leap);
    idle_tell_quiet(k, f, leap.quiet);
    if (!passed) {
        return;
    }
    leap.taken_ck += ck_before_entry;
    avr->cycle = leap.to_cycle;
    k->pass_calls(f->ctx, w->call.source, &leap);
    k->wakes += leap.calls;
    idle_skipped(k, IDLE_CALLS, leap.calls * w->call.ck, leap.instructions);
}

/* ---- erased flash ---- */

/*
 * The word behind the erased ones that begin at `word`; remembered, since nearly every event ends within them. Not
 * while a special row stands in flash's place.
 */
static uint32_t erased_up_to(struct idle_skip *k, const struct fast_core *f, const avr_t *avr, uint32_t word)
{
    struct idle_erased *e = &k->erased;
    if (e->changes == f->changes && e->from <= word && word < e->to && !f->sections.lpm_free) {
        return e->to;
    }
    uint32_t to = word;
    while (to < f->words && avr->flash[2 * to] == 0xff && avr->flash[2 * to + 1] == 0xff) {
        to++;
    }
    if (!f->sections.lpm_free) {
        *e = (struct idle_erased){ f->changes, word, to };
    }
    return to;
}

void idle_skip_erased(struct idle_skip *k, struct fast_core *f, avr_t *avr, uint64_t end)
{
    uint32_t word = avr->pc >> 1;
    if (k->off || avr->data[31] & 0x80 || end <= avr->cycle || word >= f->words) {
        return;
    }
    uint64_t n = erased_up_to(k, f, avr, word) - word, most = end - avr->cycle;
    n = n < most ? n : most;
    avr->pc += (avr_flashaddr_t)n << 1;
    avr->cycle += n;
    idle_skipped(k, IDLE_ERASED, n, n);
}

uint64_t idle_skip_erased_until(struct idle_skip *k, const struct fast_core *f, const avr_t *avr, bool loops)
{
    uint32_t word = avr->pc >> 1;
    if (k->off || avr->data[31] & 0x80 || word >= f->words || f->sections.lpm_free) {
        return 0;
    }
    uint32_t to = erased_up_to(k, f, avr, word);
    return to == word ? 0 : loops && to == f->words ? UINT64_MAX : avr->cycle + (to - word);
}
