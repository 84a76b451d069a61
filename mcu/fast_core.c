/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/fast_core.h"

#include <simavr/avr_watchdog.h>
#include <string.h>

#include "mcu/fast_kinds.h"

/* Time may have moved, and an earlier timer or an interrupt may end the run. */
static inline uint64_t end_after_callback(const avr_t *avr, uint64_t end)
{
    const avr_cycle_timer_slot_t *timer = avr->cycle_timers.timer;
    if (avr->interrupt_state || !avr->run_cycle_count || !timer) {
        return 0;
    }
    return timer->when < end ? timer->when : end;
}

/* The byte at Z for an LPM in the word at pc. */
static inline uint8_t lpm(const struct fast_core *f, const avr_t *avr, uint32_t pc, unsigned z)
{
    const struct fast_sections *s = &f->sections;
    if (s->lpm_free) {
        return z < FAST_ROW_BYTES ? avr->flash[z] : 0xff;
    }
    if (s->app_locked || s->boot_locked) {
        bool in_boot = 2 * pc >= s->boot_start;
        bool of_boot = (z & (2 * f->words - 1)) >= s->boot_start;
        if (in_boot != of_boot && (of_boot ? s->boot_locked : s->app_locked)) {
            return s->refused;
        }
    }
    return avr->flash[z];
}

/* ---- what a probe notes ---- */

static inline void note_store(struct fast_probe *p, unsigned at, uint8_t was)
{
    if (p->stored[at] == p->epoch) {
        return;
    }
    p->stored[at] = p->epoch;
    if (p->n_stores == FAST_PROBE_STORES) {
        p->spoilt = true; /* seen when the lap ends */
        return;
    }
    p->store[p->n_stores++] = (struct fast_store){ (uint16_t)at, was };
}

/*
 * After the read. False: the probe is over. A register that changed on the way, without an event (a pin within a UART
 * frame, a timer's flag), will not do so in the next lap.
 */
static bool note_read(struct fast_core *f, const avr_t *avr, unsigned a)
{
    struct fast_probe *p = &f->probe;
    const struct fast_io *io = &f->io[a - 32];
    if (a == FAST_SPL || a == FAST_SPH || a > avr->ioend) {
        return true;
    }
    if (avr->io[a - 32].r.c && io->kind != FAST_IO_STEADY) {
        p->counts |= io->kind != FAST_IO_ACTS;
        p->spoilt |= io->kind == FAST_IO_ACTS;
        return !p->spoilt;
    }
    for (unsigned i = 0; i < p->n_reads; i++) {
        if (p->read[i] == a) {
            p->spoilt |= p->seen[i] != avr->data[a] && !io->is_memory;
            return !p->spoilt;
        }
    }
    if (p->n_reads == FAST_PROBE_READS) {
        p->spoilt = true;
        return false;
    }
    p->seen[p->n_reads] = avr->data[a];
    p->read[p->n_reads++] = (uint16_t)a;
    return true;
}

/* Before the store. False: the probe is over. */
static bool note_io_write(struct fast_core *f, const avr_t *avr, unsigned a, unsigned value)
{
    struct fast_probe *p = &f->probe;
    if (avr->io[a - 32].w.c) {
        p->spoilt |= !f->io[a - 32].rewrite_is_ok || avr->data[a] != value;
        return !p->spoilt;
    }
    bool changes = avr->data[a] != value && a <= avr->ioend, is_memory = f->io[a - 32].is_memory;
    p->wrote_io |= changes && !is_memory;
    p->wrote_memory |= changes && is_memory;
    note_store(p, a, avr->data[a]);
    return true;
}

/* ---- executing ---- */

/* May it push or pop n bytes from here on, outside of SRAM? With callbacks simavr does it. */
static bool __attribute__((noinline))
stack_is_memory(const struct fast_core *f, const avr_t *avr, unsigned first, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned a = (first + i) & 0xffff;
        if (a >= 32 && a < FAST_FIRST_RAM &&
            (a == R_SREG || avr->io[a - 32].irq || avr->io[a - 32].r.c || avr->io[a - 32].w.c)) {
            return false;
        }
    }
    return f->stack_is_told;
}

#define EXEC_NAME run_plain
#define EXEC_PROBES 0
#define EXEC_COUNTS 0
#include "mcu/fast_exec.h"

#define EXEC_NAME run_probe
#define EXEC_PROBES 1
#define EXEC_COUNTS 1
#include "mcu/fast_exec.h"

#define EXEC_NAME run_counted
#define EXEC_PROBES 0
#define EXEC_COUNTS 1
#include "mcu/fast_exec.h"

void fast_core_undefined(struct fast_core *f, uint32_t word)
{
    if (word < f->words && f->ops[word].kind == SLOW) {
        f->ops[word].kind = f->ops[word].exec = UNDEFINED;
    }
}

enum fast_stop fast_core_run(struct fast_core *f, avr_t *avr, uint64_t end)
{
    avr->run_cycle_count = 1; /* a callback that wants the run to end clears it */
    return f->counts ? run_counted(f, avr, end) : run_plain(f, avr, end);
}

void fast_core_probe_begin(struct fast_core *f, uint32_t pc_word)
{
    struct fast_probe *p = &f->probe;
    p->pc = pc_word;
    p->spoilt = p->counts = p->wdr = p->wrote_io = p->wrote_memory = false;
    p->n_stores = p->n_reads = 0;
    if (++p->epoch == 0) {
        memset(p->stored, 0, (f->ram_end + 1u) * sizeof *p->stored);
        p->epoch = 1;
    }
}

enum fast_stop fast_core_probe(struct fast_core *f, avr_t *avr, uint64_t end)
{
    avr->run_cycle_count = 1;
    return run_probe(f, avr, end);
}
