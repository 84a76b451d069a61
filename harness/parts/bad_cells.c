/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bad_cells - bits of the target's flash and EEPROM that are stuck, from the start or by wear (sim/nvm_faults.h)
 *
 * Which ones is drawn from the seed and the part's name. A chip that is kept between runs (`--chip`) keeps what its cells
 * hold, not which of them are bad: that is the scenario's.
 */
#include "harness/parts/part_types.h"
#include "sim/branches.h"
#include "sim/memory.h"
#include "sim/nvm.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const levels[] = { "0", "1", "either", NULL };

struct cfg {
    int64_t flash, eeprom, level, wear_ppm, seed;
};

struct bad_cells {
    struct nvm_faults faults;
    struct nvm *nvm;
    struct branches *branches; /* no cell has failed yet, with any of these seeds; NULL: its seed is settled */
    struct nvm_faults *of;     /* what is drawn from them */
};

static void become(struct bad_cells *b, unsigned i)
{
    b->faults = b->of[i];
    b->branches = NULL;
}

/* The cells of those seeds with which they fail now; cells NULL: of all. */
static void about_to_fail(void *ctx, const struct nvm_cells *cells)
{
    struct bad_cells *b = ctx;

    if (!cells) {
        become(b, branches_leave_all(b->branches));
        return;
    }
    for (unsigned i = 0; i < b->branches->n; i++) {
        if (!b->branches->gone[i] && nvm_faults_matter(&b->of[i], cells) && branches_leave(b->branches, i)) {
            become(b, i);
            return;
        }
    }
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct bad_cells *b = memory_zeroed(1, sizeof *b);
    const struct cfg *c = cfg;
    const struct nvm_faults_config faults = {
        .flash_bits = (uint32_t)c->flash,
        .eeprom_bits = (uint32_t)c->eeprom,
        .level = (enum nvm_faults_level)c->level,
        .wear_ppm = (uint32_t)c->wear_ppm,
    };

    if (site->branches) {
        b->branches = site->branches;
        b->of = memory_zeroed(b->branches->n, sizeof *b->of);
        for (unsigned i = 0; i < b->branches->n; i++) {
            nvm_faults_init(&b->of[i], site->chip, &faults, b->branches->seed[i], site->name);
        }
        b->faults.before = about_to_fail;
        b->faults.ctx = b;
        return b;
    }
    nvm_faults_init(&b->faults, site->chip, &faults, part_seed(site, c->seed), site->name);
    return b;
}

static bool reach(void *self, const struct part_inside *in, struct problem *err)
{
    struct bad_cells *b = self;

    if (in->nvm->faults) {
        return problem_set(err, "this board's target has its bad cells already");
    }
    b->nvm = in->nvm;
    nvm_set_faults(b->nvm, &b->faults);
    return true;
}

static bool did(const void *self, sim_time since_ps, char *buf, size_t n)
{
    const struct bad_cells *b = self;

    unsigned stuck = b->branches ? b->of[0].n : b->faults.n; /* as many with each seed */

    (void)since_ps; /* for ever */
    if (stuck) {
        snprintf(buf, n, "%u bit%s of its memories stuck", stuck, stuck == 1 ? "" : "s");
    }
    return stuck;
}

static void stop(void *self)
{
    struct bad_cells *b = self;

    if (b->nvm) {
        nvm_set_faults(b->nvm, NULL); /* a kept chip lives on */
    }
}

static void free_bad_cells(void *self)
{
    struct bad_cells *b = self;

    free(b->of);
    free(b);
}

static bool check(const void *cfg, struct problem *err)
{
    const struct cfg *c = cfg;

    if (!(c->flash + c->eeprom + c->wear_ppm)) {
        return problem_set(err, "say how many: flash and eeprom (bits that are stuck), or wear (a chance)");
    }
    return c->flash + c->eeprom <= NVM_FAULTS_MOST || problem_set(err, "more than %d stuck bits", NVM_FAULTS_MOST);
}

#define BITS(key, member, text)                                                                                       \
    {                                                                                                                 \
        .name = key, .unit = QUANTITY_COUNT, .max = NVM_FAULTS_MOST, .at = offsetof(struct cfg, member), .help = text \
    }
static const struct part_key keys[] = {
    BITS("flash", flash, "so many bits of flash are stuck"),
    BITS("eeprom", eeprom, "so many bits of EEPROM"),
    { .name = "level",
      .choices = levels,
      .fallback = NVM_STUCK_EITHER,
      .at = offsetof(struct cfg, level),
      .help = "at what" },
    { .name = "wear",
      .unit = QUANTITY_PPM,
      .max = 1000000,
      .at = offsetof(struct cfg, wear_ppm),
      .help = "chance of each write beyond the rated endurance to stick one more bit" },
    PART_SEED_KEY(struct cfg),
};

const struct part_type bad_cells_type = {
    .name = "bad_cells",
    .help = "bits of the target's memories that are stuck",
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .check = check,
    .make = make,
    .reach = reach,
    .did = did,
    .stop = stop,
    .free = free_bad_cells,
};
