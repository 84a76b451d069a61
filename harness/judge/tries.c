/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/tries.h"

#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct plan_row fuse_row = {
    "clock_fuse", "a clock setting", GROUP_REACH, "~nsewvl", TARGET_FACTORY, .xtal = NULL,
};
static const struct plan_row part_row = {
    "part", "another part", GROUP_REACH, "nsewvWVl", TARGET_FACTORY, .xtal = NULL,
};
static const struct plan_row startup_row = {
    "startup", "supply just switched on", GROUP_REACH, "onsl", TARGET_FACTORY, .sets = "board.power=off",
};

struct list {
    struct try_case *t;
    unsigned n;
};

static struct try_case *add(struct list *l, enum try_kind kind)
{
    l->t = memory_grown(l->t, l->n + 1, sizeof *l->t);
    memset(&l->t[l->n], 0, sizeof *l->t);
    l->t[l->n].kind = kind;
    l->t[l->n].v.low_fuse = -1;
    return &l->t[l->n++];
}

/* A crystal that fits, as board.target.clock. */
static const char *crystal_for(const struct clock_source *c)
{
    static const struct {
        uint32_t hz;
        const char *text;
    } usual[] = {
        { 32768, "{crystal: 32.768 kHz}" }, { 800000, "{crystal: 800 kHz}" }, { 2000000, "{crystal: 2 MHz}" },
        { 4000000, "{crystal: 4 MHz}" },    { 8000000, "{crystal: 8 MHz}" },  { 16000000, "{crystal: 16 MHz}" },
    };
    const char *fits = NULL;

    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (usual[i].hz >= c->f_min_hz && usual[i].hz <= c->f_max_hz) {
            fits = usual[i].text;
        }
    }
    return fits;
}

static const char *const kind_names[] = {
    [CLOCK_EXTERNAL] = "external",     [CLOCK_RC] = "RC",           [CLOCK_RC_128K] = "128 kHz",
    [CLOCK_LF_CRYSTAL] = "LF crystal", [CLOCK_CRYSTAL] = "crystal", [CLOCK_FULL_SWING] = "full swing",
    [CLOCK_EXTERNAL_RC] = "R and C",   [CLOCK_PLL] = "PLL",
};

/*
 * Each CKSEL, undivided and divided by 8, with the crystal that fits; an external clock gives nothing. Of those that need
 * something on XTAL1 once more with the recovery clock there (sets of a variation; NULL: it has none).
 */
static void add_clock_fuses(struct list *l, const struct part *part, const char *recovery)
{
    unsigned n = 1u << part->fuses->at[FUSE_CKSEL].width, rates = fuse_has(part, FUSE_CKDIV8) ? 2 : 1;

    for (unsigned i = 0; i < n * rates; i++) {
        const struct clock_source *c = &part->clocks->source[i % n];
        struct fuse_bytes b = fuse_factory(part);
        struct try_case *t;

        if (c->kind == CLOCK_RESERVED || !c->startup) {
            continue;
        }
        fuse_put(part, &b, FUSE_CKDIV8, i < n);
        fuse_put(part, &b, FUSE_CKSEL, i % n);
        bool internal = c->kind == CLOCK_RC || c->kind == CLOCK_RC_128K || c->kind == CLOCK_PLL;

        if (recovery && internal) {
            continue;
        }
        t = add(l, recovery ? TRY_RECOVERY : TRY_CLOCK_FUSE);
        t->v.low_fuse = b.fuse[0];
        t->v.xtal = recovery ? "{}" : crystal_for(c);
        t->v.sets = recovery;
        snprintf(t->name, sizeof t->name, "0x%02X %s%s", b.fuse[0], kind_names[c->kind], i < n ? "" : " / 8");
    }
}

/* Each with the board's supply, with 3.3 V, and with the least that the part takes: the delays are its oscillator's. */
static void add_startups(struct list *l, const struct part *part)
{
    const uint32_t volts_mv[] = { 0, 3300, part->speed[0].vcc_mv };

    for (unsigned i = 0; i < 3 * sizeof volts_mv / sizeof volts_mv[0]; i++) {
        unsigned sut = i % 3, vcc_mv = volts_mv[i / 3];
        struct fuse_bytes b = fuse_factory(part);
        struct try_case *t;
        char at[16] = "";

        if (fuse_put(part, &b, FUSE_SUT, sut)) {
            t = add(l, TRY_STARTUP);
            t->v.low_fuse = b.fuse[0];
            t->v.vcc_mv = vcc_mv;
            if (vcc_mv) {
                snprintf(at, sizeof at, " at %u.%u V", vcc_mv / 1000, vcc_mv / 100 % 10);
            }
            snprintf(t->name, sizeof t->name, "SUT %u%u%s", sut >> 1, sut & 1, at);
        }
    }
}

static void add_parts(struct list *l)
{
    for (unsigned i = 0; part_at(i); i++) {
        struct try_case *t = add(l, TRY_PART);

        t->v.part = part_at(i);
        snprintf(t->name, sizeof t->name, "%s", part_at(i)->title);
    }
}

unsigned tries_make(const struct subject *s, struct try_case **tries)
{
    struct list l = { .t = NULL };

    add_clock_fuses(&l, s->part, NULL);
    if (s->recovery[0]) {
        add_clock_fuses(&l, s->part, s->recovery);
    }
    if (!s->own_steps) {
        add_startups(&l, s->part);
        add_parts(&l);
    }
    *tries = l.t;
    return l.n;
}

const struct plan_row *tries_row(const struct try_case *t)
{
    static const struct plan_row *const rows[TRY_KINDS] = {
        [TRY_CLOCK_FUSE] = &fuse_row,
        [TRY_RECOVERY] = &fuse_row,
        [TRY_PART] = &part_row,
        [TRY_STARTUP] = &startup_row,
    };

    return rows[t->kind];
}
