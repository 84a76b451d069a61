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

static void tell_events(const struct teller *t, const struct sim *sim)
{
    struct sim_stats s = *sim->stats;

    tell(t, "events: %" PRIu64 " in all", sim->events_fired);
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

void board_stats_tell(struct board *b, void (*told)(void *ctx, const char *line), void *ctx)
{
    const struct teller t = { told, ctx };
    const struct sim *sim = board_sim(b);

    if (!sim->stats) {
        return;
    }
    if (board_mcu(b)) {
        struct core_work w = mcu_board_work(board_mcu(b));
        tell_core(&t, "programmer", &w);
    }
    if (board_target_core(b)) {
        struct core_work w = target_core_work(board_target_core(b));
        tell_core(&t, "target", &w);
    }
    tell_events(&t, sim);
}
