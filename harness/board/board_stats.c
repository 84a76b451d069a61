/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/board_stats.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/mcu_board.h"
#include "mcu/target_core.h"
#include "sim/stats.h"

struct teller {
    void (*told)(void *ctx, const char *line);
    void *ctx;
};

static void __attribute__((format(printf, 2, 3))) tell(const struct teller *t, const char *fmt, ...)
{
    char line[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    t->told(t->ctx, line);
}

static uint64_t skipped_in_all(const struct core_work *w)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < CORE_MEANS_N; i++) {
        n += w->skipped[i];
    }
    return n;
}

static void tell_core(const struct teller *t, const char *name, const struct core_work *w)
{
    uint64_t executed = w->executed + w->simavr, all = executed + skipped_in_all(w);

    tell(t,
         "%s: %" PRIu64 " cycles, %" PRIu64 " of them asleep; %" PRIu64 " instructions, %" PRIu64
         " executed (%.1f %%), %" PRIu64 " of these by simavr; %" PRIu64 " interrupts",
         name, w->cycles, w->slept_ck, all, executed, all ? 100.0 * (double)executed / (double)all : 0, w->simavr,
         w->interrupts);
    for (unsigned i = 0; i < CORE_MEANS_N; i++) {
        if (w->skips[i]) {
            tell(t, "%s: skipped %" PRIu64 " instructions, %" PRIu64 " cycles, in %" PRIu64 " leaps: %s", name,
                 w->skipped[i], w->skipped_ck[i], w->skips[i], core_means_name((enum core_means)i));
        }
    }
}

/* The most frequent first, equal ones by name. */
static int by_number(const void *a, const void *b)
{
    const struct sim_stats_kind *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

static void tell_events(const struct teller *t, const struct board_work *w)
{
    struct sim_stats s = w->stats;

    tell(t, "events: %" PRIu64 " in all", w->events);
    qsort(s.kind, s.n_kinds, sizeof s.kind[0], by_number);
    for (unsigned i = 0; i < s.n_kinds; i++) {
        tell(t, "events: %" PRIu64 " %s", s.kind[i].n, s.kind[i].name);
    }
    if (s.other_kinds) {
        tell(t, "events: %" PRIu64 " of further kinds", s.other_kinds);
    }
    if (s.spi_bytes) {
        tell(t, "SPI bytes: %" PRIu64 ", of %" PRIu64 " in one step", s.spi_bytes, s.trains);
    }
    if (s.frames + s.frames_refused) {
        tell(t, "UART frames: %" PRIu64 " in one piece, %" PRIu64 " edge by edge", s.frames, s.frames_refused);
    }
}

static void add_core(struct core_work *sum, const struct core_work *w)
{
    sum->cycles += w->cycles;
    sum->slept_ck += w->slept_ck;
    sum->executed += w->executed;
    sum->simavr += w->simavr;
    sum->interrupts += w->interrupts;
    for (unsigned i = 0; i < CORE_MEANS_N; i++) {
        sum->skipped[i] += w->skipped[i];
        sum->skipped_ck[i] += w->skipped_ck[i];
        sum->skips[i] += w->skips[i];
    }
}

void board_work_join(struct board_work *sum, const struct board_work *more)
{
    sum->runs += more->runs;
    sum->has_programmer |= more->has_programmer;
    sum->has_target |= more->has_target;
    add_core(&sum->programmer, &more->programmer);
    add_core(&sum->target, &more->target);
    sum->events += more->events;
    sum->simulated_ps += more->simulated_ps;
    sim_stats_join(&sum->stats, &more->stats);
}

void board_work_add(struct board_work *sum, struct board *b)
{
    const struct sim *sim = board_sim(b);

    if (!sim->stats) {
        return;
    }
    struct board_work w = {
        .runs = 1,
        .has_programmer = board_mcu(b) != NULL,
        .has_target = board_target_core(b) != NULL,
        .events = sim->events_fired,
        .simulated_ps = board_now(b),
        .stats = *sim->stats,
    };
    if (w.has_programmer) {
        w.programmer = mcu_board_work(board_mcu(b));
    }
    if (w.has_target) {
        w.target = target_core_work(board_target_core(b));
    }
    board_work_join(sum, &w);
}

void board_work_tell(const struct board_work *w, void (*told)(void *ctx, const char *line), void *ctx)
{
    const struct teller t = { told, ctx };

    if (!w->runs) {
        return;
    }
    if (w->has_programmer) {
        tell_core(&t, "programmer", &w->programmer);
    }
    if (w->has_target) {
        tell_core(&t, "target", &w->target);
    }
    tell_events(&t, w);
}

void board_stats_tell(struct board *b, void (*told)(void *ctx, const char *line), void *ctx)
{
    struct board_work w = { 0 };

    board_work_add(&w, b);
    board_work_tell(&w, told, ctx);
}
