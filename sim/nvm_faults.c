/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/nvm_faults.h"

#include <string.h>

#include "sim/nvm.h"

static void stick(struct nvm_faults *f, bool eeprom, uint32_t at)
{
    bool drawn = sim_rng_below(&f->rng, 2);

    if (f->n == NVM_FAULTS_MOST) {
        return;
    }
    struct nvm_stuck_bit *b = &f->bit[f->n++];
    b->eeprom = eeprom;
    b->at = at;
    b->mask = (uint8_t)(1u << sim_rng_below(&f->rng, 8));
    b->level = f->cfg.level == NVM_STUCK_EITHER ? drawn : f->cfg.level == NVM_STUCK_AT_1;
}

void nvm_faults_init(struct nvm_faults *f, const struct part *part, const struct nvm_faults_config *cfg, uint64_t seed,
                     const char *name)
{
    memset(f, 0, sizeof *f);
    f->part = part;
    f->cfg = *cfg;
    f->rng = sim_rng_stream(seed, name);
    for (uint32_t i = 0; i < cfg->flash_bits; i++) {
        stick(f, false, (uint32_t)sim_rng_below(&f->rng, part->flash_bytes));
    }
    for (uint32_t i = 0; i < cfg->eeprom_bits; i++) {
        stick(f, true, (uint32_t)sim_rng_below(&f->rng, part->eeprom_bytes));
    }
}

bool nvm_faults_matter(const struct nvm_faults *f, const struct nvm_cells *cells)
{
    for (unsigned i = 0; i < f->n; i++) {
        const struct nvm_stuck_bit *b = &f->bit[i];
        uint8_t cell = b->eeprom ? cells->eeprom[b->at] : cells->flash[b->at];

        if (!(cell & b->mask) == b->level) {
            return true;
        }
    }
    return false;
}

void nvm_faults_apply(struct nvm_faults *f, struct nvm_cells *cells)
{
    if (f->before) {
        f->before(f->ctx, cells);
    }
    for (unsigned i = 0; i < f->n; i++) {
        const struct nvm_stuck_bit *b = &f->bit[i];
        uint8_t *cell = b->eeprom ? &cells->eeprom[b->at] : &cells->flash[b->at];

        *cell = b->level ? *cell | b->mask : *cell & (uint8_t)~b->mask;
    }
}

uint8_t nvm_faults_stuck(struct nvm_faults *f, bool eeprom, uint32_t at)
{
    uint8_t mask = 0;

    if (f->before) {
        f->before(f->ctx, NULL);
    }
    for (unsigned i = 0; i < f->n; i++) {
        mask |= f->bit[i].eeprom == eeprom && f->bit[i].at == at ? f->bit[i].mask : 0;
    }
    return mask;
}

void nvm_faults_wear(struct nvm_faults *f, bool eeprom, uint32_t at, uint32_t n, uint32_t times)
{
    bool worn = times > (eeprom ? NVM_EEPROM_CYCLES : NVM_FLASH_CYCLES);

    if (worn && f->before) {
        f->before(f->ctx, NULL);
    }
    if (worn && sim_rng_below(&f->rng, 1000000) < f->cfg.wear_ppm) {
        stick(f, eeprom, at + (uint32_t)sim_rng_below(&f->rng, n));
    }
}
