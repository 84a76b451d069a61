/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nvm_faults.h - cells that fail: bits that stay what they are, whatever is written
 *
 *      nvm ----end of a write----> nvm_faults_apply() ----> the stuck bits of its cells
 *                                       ^
 *      so many from the start, drawn ---+--- further ones in cells that are written more often than they are rated for
 *
 * Models      a bit stuck at 0 or 1, in flash or EEPROM, from the start or by wear: beyond the rated endurance each
 *             write of a page (EEPROM: byte) sticks one more of its bits with a chance
 * Leaves out  fuses and lock bits, bits that come back, read disturbance, retention
 * Source      rated endurance: ATmega328P datasheet 42735B, "Features" (10000 flash, 100000 EEPROM); that a cell dies as a
 *             stuck bit, and how soon beyond the rating, is assumed
 */
#ifndef SIM_NVM_FAULTS_H
#define SIM_NVM_FAULTS_H

#include "sim/part.h"
#include "sim/rng.h"

#include <stdbool.h>

#define NVM_FLASH_CYCLES 10000
#define NVM_EEPROM_CYCLES 100000
#define NVM_FAULTS_MOST 512

struct nvm_cells;

enum nvm_faults_level { NVM_STUCK_AT_0, NVM_STUCK_AT_1, NVM_STUCK_EITHER };

struct nvm_faults_config {
    uint32_t flash_bits, eeprom_bits; /* stuck from the start, at most NVM_FAULTS_MOST together */
    enum nvm_faults_level level;
    uint32_t wear_ppm; /* chance of each write beyond the rating; 0: cells never die */
};

struct nvm_faults {
    const struct part *part;
    struct nvm_faults_config cfg;
    struct sim_rng rng;
    /* NULL, or told before it acts or is asked for what is drawn: the owner may change all of this. cells: these get it. */
    void (*before)(void *ctx, const struct nvm_cells *cells);
    void *ctx;
    unsigned n;
    struct nvm_stuck_bit {
        bool eeprom, level;
        uint8_t mask;
        uint32_t at; /* byte address */
    } bit[NVM_FAULTS_MOST];
};

/* name: of the stream that they are drawn from. */
void nvm_faults_init(struct nvm_faults *f, const struct part *part, const struct nvm_faults_config *cfg, uint64_t seed,
                     const char *name);
/* Cells have changed: stuck bits are what they are. */
void nvm_faults_apply(struct nvm_faults *f, struct nvm_cells *cells);
/* Would that change any? */
bool nvm_faults_matter(const struct nvm_faults *f, const struct nvm_cells *cells);
/* Bits of a cell that do not change. */
uint8_t nvm_faults_stuck(struct nvm_faults *f, bool eeprom, uint32_t at);
/* n bytes from `at` on have been written for the times-th time. */
void nvm_faults_wear(struct nvm_faults *f, bool eeprom, uint32_t at, uint32_t n, uint32_t times);

#endif
