/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core_units.c - how the units of a chip (timers, USART, SPI ...) get at its core: simavr's modules, resets, registers */
#include "mcu/core.h"

#include <assert.h>
#include <string.h>

void *core_module(const struct core *c, const char *kind, unsigned n)
{
    for (avr_io_t *io = c->avr->io_port; io; io = io->next) {
        if (io->kind && strcmp(io->kind, kind) == 0 && n-- == 0) {
            return io;
        }
    }
    return NULL;
}

void core_add_unit(struct core *c, void (*reset)(void *), void *ctx)
{
    assert(c->n_units < CORE_MAX_UNITS);
    c->units[c->n_units++] = (struct core_unit){ reset, ctx };
}

void core_on_lazy(struct core *c, void (*wake)(void *ctx, uint64_t cycle), void *ctx)
{
    c->wake_lazy = wake;
    c->wake_lazy_ctx = ctx;
}

struct core_late *core_add_late(struct core *c, void (*run)(void *, uint64_t), uint64_t (*last)(void *, uint64_t),
                                bool (*quick)(void *, uint64_t), void *ctx)
{
    assert(c->n_late < CORE_MAX_LATE);
    c->late[c->n_late] = (struct core_late){ UINT64_MAX, run, last, quick, ctx };
    return &c->late[c->n_late++];
}

/* The last edge that a unit has made so; 0: none has. */
static uint64_t make_quick(struct core *c, uint64_t cycle)
{
    uint64_t made = 0;
    for (const struct core_late *l = c->late; l < c->late + c->n_late; l++) {
        uint64_t last = l->last(l->ctx, cycle);
        if (l->quick(l->ctx, cycle)) {
            made = last > made ? last : made;
        }
    }
    return made;
}

void core_run_late(struct core *c, uint64_t cycle)
{
    if (c->sim->promised) {
        sim_end_promises(c->sim);
    }
    bool by_turns = c->late[0].cycle <= cycle && c->late[1].cycle <= cycle; /* an edge each, but for quick ones */
    uint64_t quick = by_turns ? make_quick(c, cycle) : 0;
    while (c->late_cycle <= cycle) {
        bool second = c->late[1].cycle < c->late[0].cycle;
        const struct core_late *next = &c->late[second], *other = &c->late[!second];
        uint64_t until = cycle < other->cycle ? cycle : other->cycle - (other->cycle > next->cycle);
        next->run(next->ctx, until);
    }
    if (quick && c->sim->now_ps < core_ps(c, quick)) {
        c->sim->now_ps = core_ps(c, quick);
    }
}

/* Those that are due, in a quick store, while nobody relies on our promise; units have ports of their own. */
bool core_makes_late(const struct core *c, uint64_t cycle)
{
    const struct core_late *l = c->late;
    _Static_assert(CORE_MAX_LATE == 2, "both of them");
    return !c->sim->promised && (l[0].cycle > cycle || l[0].quick(l[0].ctx, cycle)) &&
           (l[1].cycle > cycle || l[1].quick(l[1].ctx, cycle));
}

uint64_t core_last_late(const struct core *c, uint64_t cycle)
{
    uint64_t last = 0;
    for (const struct core_late *l = c->late; l < c->late + c->n_late; l++) {
        uint64_t at = l->cycle <= cycle ? l->last(l->ctx, cycle) : 0;
        last = at > last ? at : last;
    }
    return last;
}

void core_hook_read(struct core *c, avr_io_addr_t addr, avr_io_read_t read, void *param)
{
    c->avr->io[AVR_DATA_TO_IO(addr)].r.c = read;
    c->avr->io[AVR_DATA_TO_IO(addr)].r.param = param;
    c->fast.io[AVR_DATA_TO_IO(addr)].quick_read = NULL;
}

void core_hook_write(struct core *c, avr_io_addr_t addr, avr_io_write_t write, void *param)
{
    c->avr->io[AVR_DATA_TO_IO(addr)].w.c = write;
    c->avr->io[AVR_DATA_TO_IO(addr)].w.param = param;
    c->fast.io[AVR_DATA_TO_IO(addr)].quick = NULL;
}

void core_io_steady(struct core *c, avr_io_addr_t addr, uint64_t (*steady)(void *, avr_io_addr_t, uint8_t *), void *ctx)
{
    struct fast_io *io = &c->fast.io[AVR_DATA_TO_IO(addr)];
    io->kind = FAST_IO_STEADY;
    io->steady = steady;
    io->ctx = ctx;
}

void core_io_counts(struct core *c, avr_io_addr_t addr, void *timer)
{
    struct fast_io *io = &c->fast.io[AVR_DATA_TO_IO(addr)];
    io->kind = FAST_IO_COUNTS;
    io->ctx = timer;
}

void core_io_rewrite_is_ok(struct core *c, avr_io_addr_t addr)
{
    c->fast.io[AVR_DATA_TO_IO(addr)].rewrite_is_ok = true;
}

void core_io_by_bit(struct core *c, avr_io_addr_t addr)
{
    c->fast.io[AVR_DATA_TO_IO(addr)].by_bit = true;
}

void core_io_is_memory(struct core *c, avr_io_addr_t addr)
{
    assert(!c->avr->io[AVR_DATA_TO_IO(addr)].r.c && !c->avr->io[AVR_DATA_TO_IO(addr)].w.c);
    c->fast.io[AVR_DATA_TO_IO(addr)].is_memory = !c->avr->io[AVR_DATA_TO_IO(addr)].irq;
}

void core_io_quick(struct core *c, avr_io_addr_t addr, bool (*quick)(void *, uint64_t, unsigned), void *ctx)
{
    struct fast_io *io = &c->fast.io[AVR_DATA_TO_IO(addr)];
    io->quick = quick;
    io->quick_ctx = ctx;
}

void core_io_quick_read(struct core *c, avr_io_addr_t addr, bool (*quick)(void *, uint64_t), void *ctx)
{
    struct fast_io *io = &c->fast.io[AVR_DATA_TO_IO(addr)];
    io->quick_read = quick;
    io->quick_read_ctx = ctx;
}
