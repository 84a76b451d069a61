/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/core.h"

#include "mcu/core_promise.h"
#include "mcu/core_vectors.h"
#include "mcu/cycle_list.h"
#include "mcu/simavr_part.h"
#include "sim/memory.h"

#include <assert.h>
#include <pthread.h>
#include <simavr/sim_core.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FLASH_BUFFER_BYTES 0x10000u /* what LPM and SPM can reach */
/* ELPM takes r0 for RAMPZ where the part has none, and reads 16 MiB far: address space, never touched */
#define FLASH_MAPPED_BYTES (0x1000000u + 0x10000u)
#define DATA_BUFFER_BYTES 0x10000u
/* A program for another device meets wrong vectors, registers or SRAM in its first milliseconds. */
#define EARLY_PS (10 * SIM_MS)
#define FAR_CK 4096
#define SHORT_RUN_CK 256
#define IN_A_ROW_CK 24 /* interrupts so near each other: a handler that returns, and little between */

/* ---- programs that run wild ---- */

static uint32_t rule_bit(enum checker_rule rule)
{
    return 1u << (rule - CHECK_PROGRAM_ERASED);
}

static void report_once(struct core *c, enum checker_rule rule, uint32_t address)
{
    if (c->rules_reported & rule_bit(rule)) {
        return;
    }
    c->rules_reported |= rule_bit(rule);
    sim_time now_ps = core_ps(c, c->avr->cycle);
    checker_report(c->checker, rule, now_ps, c->name, 0, address);
    if (c->asks_device && now_ps - c->started_ps <= EARLY_PS) {
        c->asks_device = false;
        checker_report(c->checker, CHECK_PROGRAM_DEVICE, now_ps, c->name, 0, address);
    }
}

static void core_log(avr_t *avr, const int level, const char *format, va_list ap)
{
    struct core *c = avr ? avr->custom.data : NULL;
    (void)ap;
    if (c && c->running && level <= LOG_WARNING && level != LOG_OUTPUT && strstr(format, "Invalid Opcode")) {
        report_once(c, CHECK_PROGRAM_OPCODE, avr->pc);
        fast_core_undefined(&c->fast, avr->pc / 2);
        c->fast.undefined_is_told = true;
    }
}

/* Bytes that an instruction pops (below 0) or pushes: PUSH, POP, the calls and returns. */
static int stack_use(unsigned op)
{
    if ((op & 0xfe0f) == 0x900f || (op & 0xfe0f) == 0x920f) {
        return op & 0x200 ? 1 : -1;
    }
    if (op == 0x9508 || op == 0x9518) {
        return -2;
    }
    return (op & 0xfe0e) == 0x940e || (op & 0xf000) == 0xd000 || op == 0x9509 ? 2 : 0;
}

/* SP points to the next free byte: pushes go to it and below, pops come from above. */
static void look_at_stack(struct core *c, int use)
{
    int sp = _avr_sp_get(c->avr), low = use > 0 ? sp - use + 1 : sp + 1, high = use > 0 ? sp : sp - use;
    if (use && (low <= (int)c->avr->ioend || high > c->ram_end)) {
        report_once(c, CHECK_PROGRAM_STACK, (uint32_t)sp);
        c->fast.stack_is_told = true;
    }
}

/* Before an instruction that is not fast_core's. */
static void look_at_instruction(struct core *c)
{
    unsigned op = core_op_at_pc(c->avr);
    if (op == 0xffff && !c->is_empty) {
        report_once(c, CHECK_PROGRAM_ERASED, c->avr->pc);
    }
    look_at_stack(c, stack_use(op));
}

static void install_logger(void)
{
    avr_global_logger_set(core_log); /* simavr's one piece of shared state */
}

/* ---- interrupts ---- */

static bool any_wanted(void *ctx, uint64_t cycle)
{
    core_wake_lazy(ctx, cycle);
    return core_first_wanted(ctx) != NULL;
}

static void wake_lazy(void *ctx, uint64_t cycle)
{
    core_wake_lazy(ctx, cycle);
}

/* Where one comes right after the other it is often the same again. */
static inline bool is_same_wanted(struct core *c)
{
    return core_enabled(c) >> c->taken & 1 && core_is_wanted(c, c->taken);
}

static bool same_wanted(void *ctx, uint64_t cycle)
{
    core_wake_lazy(ctx, cycle);
    return is_same_wanted(ctx) || core_first_wanted(ctx);
}

/* Boot lock bits: code of a locked section is not interrupted by handlers of the other. */
static bool interrupts_off_here(const struct core *c)
{
    const struct fast_sections *s = &c->fast.sections;
    bool in_boot = c->avr->pc >= s->boot_start;
    return c->vector_base ? s->app_locked && !in_boot : s->boot_locked && in_boot;
}

void core_irq_update(struct core *c)
{
    avr_t *avr = c->avr;
    if (avr->sreg[S_I] && avr->interrupt_state == 0 && core_first_wanted(c)) {
        avr->interrupt_state = 1;
    }
}

void core_raise(struct core *c, avr_int_vector_t *v)
{
    if (v->raised.reg) {
        c->avr->data[v->raised.reg] |= (uint8_t)(v->raised.mask << v->raised.bit);
    } else {
        v->pending = 1;
    }
    if (c->avr->sreg[S_I]) {
        core_irq_update(c);
    }
}

void core_lower(struct core *c, avr_int_vector_t *v)
{
    if (v->raised.reg) {
        c->avr->data[v->raised.reg] &= (uint8_t) ~(v->raised.mask << v->raised.bit);
    }
    v->pending = 0;
}

/* The program stays where it is. */
static void timers_due(avr_t *avr)
{
    avr_flashaddr_t pc = avr->pc;
    cycle_list_run(avr);
    avr->pc = pc;
}

/* The return address, on a stack that lies in SRAM or beyond; elsewhere as simavr does it. */
static void push_pc(struct core *c)
{
    avr_t *avr = c->avr;
    unsigned sp = _avr_sp_get(avr), word = avr->pc >> 1;
    if (sp > avr->ioend + 1u && avr->address_size == 2) {
        avr->data[sp] = (uint8_t)word;
        avr->data[sp - 1] = (uint8_t)(word >> 8);
        _avr_sp_set(avr, (uint16_t)(sp - 2));
    } else {
        _avr_push_addr(avr, avr->pc);
    }
}

/* What simavr does, but for signals that nobody hears. */
static void enter(avr_t *avr, avr_int_vector_t *v)
{
    if (v->irq[AVR_INT_IRQ_RUNNING].hook) {
        avr_raise_irq(v->irq + AVR_INT_IRQ_RUNNING, 1);
    }
    v->pending = 0;
    if (v->raised.reg && !v->raise_sticky) {
        avr->data[v->raised.reg] &= (uint8_t) ~(v->raised.mask << v->raised.bit);
    }
}

static void take_interrupt(struct core *c)
{
    avr_t *avr = c->avr;
    struct core_vector *v = core_first_wanted(c);
    avr->interrupt_state = 0;
    avr->interrupts.pending.read = avr->interrupts.pending.write; /* simavr's queue is not used */
    if (!v) {
        return;
    }
    c->interrupts++;
    c->fast.interrupt_wanted = avr->cycle - c->taken_ck < IN_A_ROW_CK ? same_wanted : any_wanted;
    c->taken = (uint8_t)(v - c->vectors);
    c->taken_ck = avr->cycle;
    idle_skip_interrupted(&c->idle, &c->fast, avr, v);
    look_at_stack(c, 2);
    push_pc(c);
    avr_sreg_set(avr, S_I, 0);
    avr->pc = c->vector_base + v->simavr->vector * avr->vector_size;
    if (v->taken) {
        v->taken(v->ctx, v->simavr);
    }
    enter(avr, v->simavr);
    avr->cycle += CORE_INTERRUPT_CK;
    avr_flashaddr_t pc = avr->pc;
    timers_due(avr);
    avr->pc = pc;
}

/* Of the vector that an interrupt was taken by. */
static bool beat_of(void *ctx, const void *source, struct idle_beat *beat)
{
    const struct core_vector *v = source;
    (void)ctx;
    return v->beats && v->beats(v->ctx, v->simavr, beat);
}

static void pass_calls(void *ctx, const void *source, const struct idle_leap *leap)
{
    const struct core_vector *v = source;
    struct core *c = ctx;
    c->interrupts += leap->calls;
    v->pass(v->ctx, v->simavr, leap->taken_ck);
    c->avr->interrupt_state = 0; /* the flag was set on the way, and is taken */
}

/* ---- time ---- */

void core_span(const struct core *c, uint64_t n, uint64_t *num, uint64_t *den)
{
    unsigned __int128 wide = (unsigned __int128)n * c->clk.period_num;
    *den = c->clk.period_den;
    while (wide >> 62) {
        wide >>= 1;
        *den >>= 1;
    }
    *num = (uint64_t)wide;
}

/* The same edges counted from a cycle that is near: few enough that their times take 64 bits (clock.c). */
static void count_from_now(struct core *c)
{
    uint64_t n = c->avr->cycle - c->clk_cycle;
    if (c->clk.period_den == 1 || n < FAR_CK || c->avr->cycle < c->clk_cycle) {
        return;
    }
    unsigned __int128 at = (unsigned __int128)n * c->clk.period_num + c->clk.lead_num;
    c->clk.t0_ps += (sim_time)(at / c->clk.period_den);
    c->clk.lead_num = (uint64_t)(at % c->clk.period_den);
    c->clk_cycle = c->avr->cycle;
}

static avr_cycle_count_t do_nothing(avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)avr;
    (void)when;
    (void)param;
    return 0;
}

/*
 * The deadline is a cycle timer that does nothing: whatever else arms or cancels timers in mid-burst, simavr
 * ends the burst there. A limit kept only in run_cycle_count is overrun.
 */
static void set_deadline(struct core *c, sim_time until_ps)
{
    count_from_now(c);
    c->until_ps = until_ps;
    c->end_cycle = core_cycle_at(c, until_ps);
    if (c->end_cycle > c->cycle_limit) {
        c->end_cycle = c->cycle_limit;
    }
    c->ends_early = false;
    c->least_f_hz = UINT64_MAX;
    core_set_timer(c, c->end_cycle, do_nothing);
    core_late_edges_changed(c);
    core_find_quick_end(c);
}

/* A run that core_tune() has shortened: how far it really goes. */
static bool goes_on(struct core *c)
{
    if (c->ends_early) {
        set_deadline(c, c->until_ps);
    }
    return c->avr->cycle < c->end_cycle;
}

void core_end_run_earlier(struct core *c)
{
    if (sim_lead_is_over(c->sim)) {
        core_lead_no_more(c);
    }
    if (sim_horizon(c->sim) < c->until_ps) {
        set_deadline(c, sim_horizon(c->sim));
    }
}

void core_lead_no_more(struct core *c)
{
    sim_time end_ps = c->sim->now_ps + c->agent.max_lead_ps;
    c->sim->on_promise = false;
    if (c->running && end_ps < c->until_ps) {
        set_deadline(c, end_ps);
    }
}

uint64_t core_next_timer_but(const struct core *c, avr_cycle_timer_t timer, const void *param)
{
    for (const avr_cycle_timer_slot_t *s = c->avr->cycle_timers.timer; s; s = s->next) {
        if ((s->timer != timer || s->param != param) && (s->timer != do_nothing || s->param != c)) {
            return s->when;
        }
    }
    return UINT64_MAX;
}

void core_sync_ps(struct core *c, sim_time at_ps)
{
    core_pass_slices(c);
    if (c->late_cycle != UINT64_MAX && core_ps(c, c->late_cycle) <= at_ps) {
        core_run_late(c, core_cycle_at(c, at_ps + 1) - 1);
    }
    sim_sync(c->sim, at_ps);
    core_horizon_changed(c);
    if (c->sim->slice_ps && sim_slice_is_last(c->sim)) {
        core_stop_at_slice_end(c);
    }
}

void core_stall(struct core *c, uint64_t cycles)
{
    c->avr->cycle += cycles;
    c->avr->run_cycle_count = 0; /* what became due meanwhile comes before the next instruction */
}

/* ---- reset ---- */

static bool flash_is_empty(const struct core *c)
{
    const uint8_t *f = c->avr->flash;
    return f[0] == 0xff && memcmp(f, f + 1, c->flash_bytes - 1) == 0;
}

static void no_late_edges(struct core *c)
{
    for (unsigned i = 0; i < CORE_MAX_LATE; i++) {
        core_late_next(c, &c->late[i], UINT64_MAX);
    }
}

static void reset_now(struct core *c, unsigned cause)
{
    avr_t *avr = c->avr;
    uint16_t mcusr = avr->reset_flags.porf.reg;
    idle_skip_leave(&c->idle);
    uint8_t kept = mcusr && !(cause & CORE_PORF) ? avr->data[mcusr] : 0;
    avr_reset(avr);
    c->vector_base = 0;
    if (mcusr) { /* simavr forgets the flags of earlier resets */
        avr->data[mcusr] = kept | (uint8_t)cause;
    }
    _avr_sp_set(avr, c->ram_end);
    avr->interrupt_state = 0;
    avr->state = cpu_Running;
    c->is_empty = c->may_be_empty && flash_is_empty(c);
    c->rules_reported = 0;
    c->fast.undefined_is_told = c->fast.stack_is_told = false;
    c->asleep = c->reset_wanted = false;
    no_late_edges(c);
    for (unsigned i = 0; i < c->n_units; i++) {
        c->units[i].reset(c->units[i].ctx);
    }
    core_enables_changed(c);
    if (c->running) {
        set_deadline(c, c->until_ps);
    }
}

static void set_time(struct core *c, sim_time at_ps)
{
    struct sim_clock from = sim_clock_divided(&c->clk, at_ps, 1);
    if (from.t0_ps == at_ps) { /* an edge: its fraction of a picosecond stays, as whoever made the clock has it */
        c->clk = from;
    } else {
        c->clk.t0_ps = at_ps;
        c->clk.lead_num = 0;
    }
    c->clk_cycle = c->avr->cycle;
    if (core_is_stepped(c)) {
        c->cycle_limit = c->avr->cycle;
    }
    c->agent.at_ps = at_ps;
}

void core_start(struct core *c, sim_time start_ps, unsigned cause)
{
    core_wrap_enables(c);
    if (c->running) { /* from an event that fires inside our own run */
        core_hold(c, cause);
        c->start_ps = start_ps;
        return;
    }
    set_time(c, start_ps);
    c->started_ps = start_ps;
    sim_agent_halt(c->sim, &c->agent, false);
    c->resets += !(cause & CORE_PORF);
    reset_now(c, cause);
}

void core_hold(struct core *c, unsigned cause)
{
    core_wrap_enables(c);
    sim_agent_halt(c->sim, &c->agent, true);
    c->start_ps = SIM_NEVER;
    if (c->running) { /* the run ends first */
        c->reset_wanted = true;
        c->reset_cause = (uint8_t)cause;
        c->avr->run_cycle_count = 0;
        return;
    }
    set_time(c, c->sim->now_ps);
    reset_now(c, cause);
}

/* sim_clock_f_hz(), which divides by 128 bits: programs that change the clock all the time go to and fro. */
static uint32_t f_hz_of(struct core *c, const struct sim_clock *clk)
{
    struct core_known_f *k = c->known_f;
    if (k->period_num != clk->period_num || k->period_den != clk->period_den) {
        k++;
    }
    if (k->period_num != clk->period_num || k->period_den != clk->period_den) {
        c->known_f[1] = c->known_f[0];
        k = c->known_f;
        *k = (struct core_known_f){ clk->period_num, clk->period_den, (uint32_t)sim_clock_f_hz(clk) };
    }
    return k->f_hz;
}

void core_set_clock(struct core *c, const struct sim_clock *clk)
{
    c->clk = *clk;
    c->avr->frequency = f_hz_of(c, clk);
    c->cycle_limit = UINT64_MAX;
}

/* Cycle n starts with the first edge of clk at or after t. */
static void go_on_with(struct core *c, const struct sim_clock *clk, uint64_t n, sim_time t_ps)
{
    if (t_ps <= clk->t0_ps) {
        core_set_clock(c, clk);
    } else {
        struct sim_clock from = sim_clock_divided(clk, t_ps, 1);
        core_set_clock(c, &from);
    }
    c->clk_cycle = n;
}

void core_change_clock(struct core *c, const struct sim_clock *clk, sim_time at_ps)
{
    uint64_t n = c->running ? core_cycle_at(c, at_ps) : c->avr->cycle;
    go_on_with(c, clk, n, core_ps(c, n));
    if (c->running) {
        set_deadline(c, c->until_ps);
    } else {
        c->agent.at_ps = c->clk.t0_ps;
    }
}

/*
 * With each change a period of the old clock goes by in which no cycle begins, and changes come in each cycle at most: in
 * a quarter of the cycles that are left at this clock the run is far from over, whatever comes that is not slower. Where
 * few are left its end is found with each change.
 */
static __attribute__((noinline)) bool end_early(struct core *c, uint32_t f_hz, uint64_t cycle)
{
    uint64_t end = core_cycle_at(c, c->until_ps), left = end > cycle ? end - cycle : 0;
    c->ends_early = left > SHORT_RUN_CK;
    c->end_cycle = c->quick_end = cycle + (c->ends_early ? left / 4 : left);
    c->least_f_hz = c->ends_early ? f_hz : UINT64_MAX;
    core_set_timer(c, c->end_cycle, do_nothing);
    return core_quick_ends(c);
}

bool core_tune(struct core *c, const struct sim_clock *clk, uint32_t f_hz, uint64_t cycle)
{
    c->clk = *clk;
    c->clk_cycle = cycle;
    c->avr->frequency = f_hz;
    return f_hz >= c->least_f_hz || end_early(c, f_hz, cycle);
}

void core_resume(struct core *c, const struct sim_clock *clk, sim_time at_ps)
{
    /* an instruction on its way still takes the cycles that had not come when the clock stopped */
    uint64_t n = c->cycle_limit < c->avr->cycle ? c->cycle_limit : c->avr->cycle;
    go_on_with(c, clk, n, at_ps);
    c->agent.at_ps = core_ps(c, c->avr->cycle);
    sim_agent_halt(c->sim, &c->agent, false);
}

void core_set_stepped(struct core *c)
{
    uint64_t next = core_cycle_at(c, c->sim->now_ps); /* those before have begun */
    c->cycle_limit = next < c->cycle_limit ? next : c->cycle_limit;
    sim_agent_halt(c->sim, &c->agent, true);
}

bool core_clock_edge(struct core *c, sim_time at_ps, sim_time period_ps)
{
    assert(core_is_stepped(c));
    uint64_t n = c->cycle_limit++;
    if (c->running) { /* it came while the instruction before waited for the board: the next one brings the times up */
        set_deadline(c, c->until_ps);
        return false;
    }
    bool as_expected = c->clk_cycle <= n && core_ps(c, n) == at_ps;
    c->clk = (struct sim_clock){ .t0_ps = at_ps, .period_num = period_ps, .period_den = 1 };
    c->avr->frequency = (uint32_t)sim_clock_f_hz(&c->clk);
    c->clk_cycle = n;
    if (c->avr->cycle <= n) { /* else the last instruction is still at work */
        c->agent.at_ps = at_ps;
        sim_agent_halt(c->sim, &c->agent, false);
    }
    return !as_expected;
}

/* ---- run loop ---- */

static void run_asleep(struct core *c)
{
    avr_t *avr = c->avr;
    uint64_t next = avr->cycle_timers.timer ? avr->cycle_timers.timer->when : c->end_cycle;
    if (next > c->end_cycle) {
        next = c->end_cycle;
    }
    if (next > avr->cycle) {
        avr->cycle = next;
    }
    avr_flashaddr_t pc = avr->pc;
    timers_due(avr);
    avr->pc = pc;
}

static void skip_wakes(struct core *c)
{
    const struct core_vector *v = c->idle.wake.call.source;
    idle_skip_wakes(&c->idle, &c->fast, c->avr, c->vector_base + v->simavr->vector * c->avr->vector_size, CORE_WAKE_CK);
}

static void report_wrap(struct core *c, uint32_t to)
{
    if (!c->is_empty) {
        report_once(c, CHECK_PROGRAM_WRAPPED, to);
    }
}

/* simavr stops the core when it runs off the end of flash; silicon wraps. */
static avr_flashaddr_t wrapped(struct core *c, avr_flashaddr_t pc)
{
    avr_t *avr = c->avr;
    if (avr->state == cpu_Crashed || avr->state == cpu_Stopped || avr->state == cpu_Done) {
        avr->state = cpu_Running;
        pc = avr->pc;
        if (pc < c->flash_bytes) { /* an access that simavr refuses: the instruction does nothing */
            pc += 2;
            avr->cycle++;
        }
    }
    if (pc >= c->flash_bytes) {
        report_wrap(c, pc);
    }
    return pc % c->flash_bytes;
}

/* What fast_core did that a program should not do. */
static void report_fast(struct core *c)
{
    if (c->fast.stray) {
        report_once(c, CHECK_PROGRAM_ACCESS, c->fast.stray);
    }
    if (c->fast.left_flash) {
        report_wrap(c, c->fast.left_flash);
    }
    c->fast.stray = 0;
    c->fast.left_flash = 0;
}

/* One instruction of simavr's. */
static void step(struct core *c)
{
    avr_t *avr = c->avr;
    look_at_instruction(c);
    c->simavr_instructions++;
    avr->run_cycle_limit = avr->run_cycle_count = 1;
    avr_flashaddr_t pc = avr_run_one(avr);
    if (pc >= c->flash_bytes || avr->state != cpu_Running) {
        if (avr->state == cpu_Sleeping) {
            avr->state = cpu_Running; /* so that a raised flag does not wake it behind our back */
            c->asleep = true;
        }
        pc = wrapped(c, pc);
    }
    avr->pc = pc;
}

/* Words of FF up to the next event, or one of them. */
static void step_erased(struct core *c)
{
    avr_t *avr = c->avr;
    uint64_t before = avr->cycle;
    look_at_instruction(c);
    idle_skip_erased(&c->idle, &c->fast, avr, avr->cycle_timers.timer ? avr->cycle_timers.timer->when : before);
    if (avr->cycle == before) {
        step(c);
    } else {
        avr->pc = wrapped(c, avr->pc);
    }
}

static void step_or_burst(struct core *c)
{
    avr_t *avr = c->avr;
    avr_cycle_timer_slot_t *timer = avr->cycle_timers.timer;
    uint64_t before = avr->cycle;
    /* an interrupt that waits lets one instruction by */
    uint64_t end = avr->interrupt_state ? before + 1 : timer ? timer->when : before;
    enum fast_stop stop = idle_skip_run(&c->idle, &c->fast, avr, end);
    if (c->fast.stray || c->fast.left_flash) {
        report_fast(c);
    }
    timer = avr->cycle_timers.timer; /* an input that was read may have brought something about */
    bool due = avr->cycle >= c->end_cycle || (timer && timer->when <= avr->cycle);
    if (stop == FAST_SLOW && (avr->cycle == before || !(avr->interrupt_state || due))) {
        if (core_op_at_pc(avr) == 0xffff && !avr->interrupt_state) {
            step_erased(c);
        } else {
            step(c);
        }
    }
    timers_due(avr);
}

static sim_time core_run(void *ctx, sim_time until_ps)
{
    struct core *c = ctx;
    avr_t *avr = c->avr;
    uint64_t began_ck = avr->cycle - c->idle.computed_ck, slept_ck = 0;
    c->running = true;
    c->idle.off = c->sim->no_shortcuts;
    c->promises = c->sim->awake_agents > 1 && until_ps < sim_horizon(c->sim) && core_would_promise(c);
    set_deadline(c, until_ps);
    core_pass_slices(c);
    while ((avr->cycle < c->end_cycle || goes_on(c)) && !c->agent.halted) {
        if (c->asleep) {
            if (avr->sreg[S_I] && !interrupts_off_here(c) && core_first_wanted(c)) {
                c->asleep = false;
                idle_wakes_woken(&c->idle.wake, avr, CORE_WAKE_CK);
                avr->cycle += CORE_WAKE_CK;
                avr->interrupt_state = 1;
            } else {
                slept_ck -= avr->cycle - c->idle.computed_ck;
                if (avr->sreg[S_I] && c->idle.wake.call.lap.valid && !interrupts_off_here(c)) {
                    skip_wakes(c);
                }
                run_asleep(c);
                slept_ck += avr->cycle - c->idle.computed_ck;
            }
        } else if (avr->interrupt_state > 0 && !interrupts_off_here(c)) {
            take_interrupt(c);
        } else {
            if (avr->interrupt_state < 0) { /* I was just set: the next instruction runs first */
                core_wake_lazy(c, avr->cycle);
                timers_due(avr); /* a unit that somebody looked at since then may have planned for a time gone by */
                avr->interrupt_state = is_same_wanted(c) || core_first_wanted(c);
            }
            step_or_burst(c);
        }
    }
    core_pass_slices(c);
    if (c->late_cycle <= avr->cycle) {
        core_run_late(c, avr->cycle);
    }
    if (c->promises && !c->agent.halted) {
        core_promise_up_to_timer(c);
    }
    c->running = false;
    c->slept_ck += slept_ck;
    c->sim->used_ck += avr->cycle - c->idle.computed_ck - began_ck - slept_ck;
    if (avr->cycle >= c->cycle_limit) {
        sim_agent_halt(c->sim, &c->agent, true); /* until the next edge */
    }
    sim_time end_ps = core_ps(c, avr->cycle);
    if (c->agent.halted && c->reset_wanted) {
        if (c->start_ps != SIM_NEVER) {
            core_start(c, c->start_ps, c->reset_cause);
            return c->start_ps;
        }
        reset_now(c, c->reset_cause);
    }
    return end_ps;
}

/* ---- building ---- */

/* Also to the mirrors behind the part's flash. */
static void copy_flash(struct core *c, uint32_t address, const uint8_t *bytes, uint32_t size)
{
    assert(address <= c->flash_bytes && size <= c->flash_bytes - address);
    for (uint32_t at = address; at + size <= FLASH_BUFFER_BYTES; at += c->flash_bytes) {
        memcpy(c->avr->flash + at, bytes, size);
    }
}

void core_hide_flash(struct core *c, uint32_t size)
{
    fast_core_hide(&c->fast, c->avr->flash, size / 2);
    for (uint32_t at = 0; at + size <= FLASH_BUFFER_BYTES; at += c->flash_bytes) {
        memset(c->avr->flash + at, 0xff, size);
    }
}

void core_show_flash(struct core *c, const uint8_t *bytes)
{
    copy_flash(c, 0, bytes, 2 * c->fast.hidden.words);
    fast_core_show(&c->fast, c->avr->flash);
}

void core_load_flash(struct core *c, uint32_t address, const uint8_t *bytes, uint32_t size)
{
    copy_flash(c, address, bytes, size);
    fast_core_decode(&c->fast, c->avr->flash, address / 2, (size + 1) / 2);
}

/* simavr's own buffers end with the part's memories; a stray pointer in the firmware would leave them. */
static void take_flash_back(struct core *c)
{
    munmap(c->avr->flash, FLASH_MAPPED_BYTES);
    c->avr->flash = NULL;
}

static void give_full_buffers(struct core *c)
{
    avr_t *avr = c->avr;
    uint8_t *data = memory_zeroed(1, DATA_BUFFER_BYTES);
    void *flash = mmap(NULL, FLASH_MAPPED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1, 0);
    if (flash == MAP_FAILED) {
        out_of_memory();
    }
    memset(flash, 0xff, FLASH_BUFFER_BYTES + 256);
    memcpy(data, avr->data, avr->ramend + 1u);
    free(avr->flash);
    free(avr->data);
    avr->flash = flash;
    avr->data = data;
    c->ram_end = avr->ramend;
    c->flash_bytes = avr->flashend + 1;
    idle_skip_init(&c->idle);
    if (fast_core_init(&c->fast, c->flash_bytes / 2, c->ram_end)) {
        out_of_memory();
    }
    c->idle.beat_of = beat_of;
    c->idle.pass_calls = pass_calls;
    c->idle.quiet = core_promise;
    c->idle.wake_lazy = wake_lazy;
    c->fast.interrupt_wanted = any_wanted;
    c->fast.ctx = c;
    c->fast.probe_at = 0;
    c->fast.counts = c->sim->stats != NULL;
    avr->ramend = 0xffff;
    avr->codeend = avr->flashend;
}

bool core_init(struct core *c, struct sim *sim, const struct core_config *cfg, struct problem *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_logger);
    memset(c, 0, sizeof *c);
    c->sim = sim;
    c->name = cfg->name;
    c->floating_high = cfg->floating_high;
    c->cycle_limit = UINT64_MAX;
    no_late_edges(c);
    c->avr = simavr_part_make(cfg->simavr_name, c);
    if (!c->avr) {
        return problem_set(err, "simavr has no core for %s", cfg->simavr_name);
    }
    give_full_buffers(c);
    c->clk = sim_clock_mhz(sim->now_ps, cfg->f_millihz, 1);
    c->avr->frequency = (uint32_t)(cfg->f_millihz / 1000);
    c->avr->reset_pc = cfg->reset_pc;
    core_read_vectors(c);
    c->agent = (struct sim_agent){
        .run = core_run,
        .ctx = c,
        .name = cfg->name,
        .max_lead_ps = SIM_NEVER,
        .halted = true,
    };
    sim_agent_add(sim, &c->agent);
    return true;
}

void core_free(struct core *c)
{
    if (!c->avr) {
        return;
    }
    sim_agent_remove(c->sim, &c->agent);
    fast_core_free(&c->fast);
    take_flash_back(c);
    simavr_part_free(c->avr);
    c->avr = NULL;
}
