/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/nvm.h"

#include <assert.h>
#include <string.h>

#include "sim/clock_model.h"
#include "sim/hv.h"

enum { LOADED_LOW = 1, LOADED_HIGH = 2 };

/* Counts to the end and stays there: a worn cell does not become new. */
static void wear(uint32_t *count)
{
    *count += *count != UINT32_MAX;
}

static void clear_page(struct nvm *n)
{
    memset(n->page, 0xFF, sizeof n->page);
    memset(n->page_loaded, 0, sizeof n->page_loaded);
    n->low_latch = 0xFF;
}

static void clear_eeprom_page(struct nvm *n)
{
    memset(n->eeprom_page, 0xFF, sizeof n->eeprom_page);
    n->eeprom_loaded = 0;
}

void nvm_init(struct nvm *n, const struct part *part, const struct target_switches *switches, uint64_t seed)
{
    assert(part->flash_bytes <= NVM_MAX_FLASH_BYTES && part->eeprom_bytes <= NVM_MAX_EEPROM_BYTES);
    assert(part->flash_page_bytes <= NVM_MAX_FLASH_PAGE_BYTES);
    assert(part->flash_bytes / part->flash_page_bytes <= NVM_MAX_FLASH_PAGES);
    assert(part->eeprom_page_bytes <= NVM_MAX_EEPROM_PAGE_BYTES && part->n_calibration <= NVM_MAX_CALIBRATION);
    memset(n, 0, sizeof *n);
    n->part = part;
    n->switches = *switches;
    n->rc_millihz = part->rc_nominal_hz * UINT64_C(1000);
    n->damage = sim_rng_stream(seed, "half-written cells");
    memset(n->cells.flash, 0xFF, sizeof n->cells.flash);
    memset(n->cells.eeprom, 0xFF, sizeof n->cells.eeprom);
    n->cells.fuses = fuse_factory(part);
    for (unsigned cksel = 0; cksel < 16; cksel++) { /* each calibrated frequency has its byte */
        const struct clock_source *s = &part->clocks->source[cksel];
        if (s->kind == CLOCK_RC || s->kind == CLOCK_PLL) {
            assert(s->calibration < NVM_MAX_CALIBRATION);
            n->cells.calibration[s->calibration] = clock_typical_osccal(part, s->f_min_hz);
        }
    }
    clear_page(n);
    clear_eeprom_page(n);
}

static uint8_t fuse_unused(const struct nvm *n, unsigned which)
{
    return (uint8_t)~n->part->fuse_used[which];
}

static bool eesave(const struct nvm *n)
{
    return fuse_has(n->part, FUSE_EESAVE) && fuse_is_programmed(n->part, &n->cells.fuses, FUSE_EESAVE);
}

/* ---- how a write ends: whole, or where the supply left it ---- */

/*
 * A write in progress as chances: erased/programmed of 65536. Whole: both 65536. Of a write that erases first,
 * the first half of the time erases and the second programs.
 */
struct progress {
    uint32_t erased, programmed;
};

static const struct progress whole = { 65536, 65536 };

static uint8_t draw_bits(struct nvm *n, uint8_t bits, uint32_t chance)
{
    if (chance >= 65536) {
        return bits;
    }
    uint8_t drawn = 0;
    for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 1)) {
        if ((bits & bit) && sim_rng_below(&n->damage, 65536) < chance) {
            drawn |= bit;
        }
    }
    return drawn;
}

static uint8_t erase_cell(struct nvm *n, uint8_t old, const struct progress *p)
{
    return old | draw_bits(n, (uint8_t)~old, p->erased);
}

static uint8_t program_cell(struct nvm *n, uint8_t old, uint8_t data, const struct progress *p)
{
    return old & (uint8_t)~draw_bits(n, old & (uint8_t)~data, p->programmed);
}

static uint8_t rewrite_cell(struct nvm *n, uint8_t old, uint8_t data, const struct progress *p)
{
    return program_cell(n, erase_cell(n, old, p), data, p);
}

static void end_flash_write(struct nvm *n, const struct progress *p)
{
    for (unsigned i = 0; i < n->part->flash_page_bytes; i++) {
        uint8_t *cell = &n->cells.flash[n->address + i];
        *cell = program_cell(n, *cell, n->data[i], p);
    }
    wear(&n->cells.flash_written[n->address / n->part->flash_page_bytes]);
}

static void end_flash_erase(struct nvm *n, const struct progress *p)
{
    for (unsigned i = 0; i < n->part->flash_page_bytes; i++) {
        uint8_t *cell = &n->cells.flash[n->address + i];
        *cell = erase_cell(n, *cell, p);
    }
    wear(&n->cells.flash_erased[n->address / n->part->flash_page_bytes]);
}

static void end_eeprom_write(struct nvm *n, const struct progress *p)
{
    for (unsigned i = 0; i < 8; i++) {
        if (n->data_mask >> i & 1) {
            uint8_t *cell = &n->cells.eeprom[n->address + i];
            *cell = n->work == NVM_EEPROM_PROGRAM ? program_cell(n, *cell, n->data[i], p)
                                                  : rewrite_cell(n, *cell, n->data[i], p);
            wear(&n->cells.eeprom_written[n->address + i]);
        }
    }
}

static void end_chip_erase(struct nvm *n, const struct progress *p)
{
    const struct part *part = n->part;

    for (uint32_t i = 0; i < part->flash_bytes; i++) {
        n->cells.flash[i] = erase_cell(n, n->cells.flash[i], p);
    }
    for (uint32_t i = 0; i < part->flash_bytes / part->flash_page_bytes; i++) {
        wear(&n->cells.flash_erased[i]);
    }
    if (!n->keep_eeprom) {
        for (uint32_t i = 0; i < part->eeprom_bytes; i++) {
            n->cells.eeprom[i] = erase_cell(n, n->cells.eeprom[i], p);
            wear(&n->cells.eeprom_written[i]);
        }
    }
    if (p->erased >= 65536) { /* only after everything else is gone */
        n->cells.fuses.lock = 0xFF;
    }
    wear(&n->cells.chip_erased);
}

static void end_fuse_write(struct nvm *n, const struct progress *p)
{
    uint8_t *fuse = &n->cells.fuses.fuse[n->address];

    *fuse = rewrite_cell(n, *fuse, n->data[0], p) | fuse_unused(n, n->address);
    wear(&n->cells.fuse_written[n->address]);
}

static void end_lock_write(struct nvm *n, const struct progress *p)
{
    uint8_t unused = (uint8_t)~n->part->lock_used;

    n->cells.fuses.lock = program_cell(n, n->cells.fuses.lock, n->data[0] | unused, p) | unused;
    wear(&n->cells.fuse_written[3]);
}

void nvm_set_faults(struct nvm *n, struct nvm_faults *f)
{
    n->faults = f;
    if (f) {
        nvm_faults_apply(f, &n->cells);
    }
}

/* After a write: what it wore out, and what stays as it is. */
static void fail_cells(struct nvm *n, enum nvm_work work)
{
    const struct nvm_cells *c = &n->cells;
    uint32_t page = n->part->flash_page_bytes;

    switch (work) {
    case NVM_FLASH_WRITE:
        nvm_faults_wear(n->faults, false, n->address, page, c->flash_written[n->address / page]);
        break;
    case NVM_FLASH_ERASE:
        nvm_faults_wear(n->faults, false, n->address, page, c->flash_erased[n->address / page]);
        break;
    case NVM_EEPROM_WRITE:
    case NVM_EEPROM_PROGRAM:
        for (unsigned i = 0; i < 8; i++) {
            if (n->data_mask >> i & 1) {
                nvm_faults_wear(n->faults, true, n->address + i, 1, c->eeprom_written[n->address + i]);
            }
        }
        break;
    case NVM_CHIP_ERASE:
        for (uint32_t i = 0; i < n->part->flash_bytes / page; i++) {
            nvm_faults_wear(n->faults, false, i * page, page, c->flash_erased[i]);
        }
        break;
    default: break;
    }
    nvm_faults_apply(n->faults, &n->cells);
}

static void end_work(struct nvm *n, const struct progress *p)
{
    enum nvm_work work = n->work;

    switch (n->work) {
    case NVM_FLASH_WRITE: end_flash_write(n, p); break;
    case NVM_FLASH_ERASE: end_flash_erase(n, p); break;
    case NVM_EEPROM_WRITE:
    case NVM_EEPROM_PROGRAM: end_eeprom_write(n, p); break;
    case NVM_CHIP_ERASE: end_chip_erase(n, p); break;
    case NVM_FUSE_WRITE: end_fuse_write(n, p); break;
    case NVM_LOCK_WRITE: end_lock_write(n, p); break;
    case NVM_IDLE: break;
    }
    n->work = NVM_IDLE;
    if (n->faults) {
        fail_cells(n, work);
    }
}

void nvm_settle(struct nvm *n, sim_time at_ps)
{
    if (n->work != NVM_IDLE && at_ps >= n->end_ps) {
        end_work(n, &whole);
    }
}

void nvm_power_off(struct nvm *n, sim_time at_ps)
{
    nvm_settle(n, at_ps);
    if (n->work != NVM_IDLE) {
        uint64_t done = (uint64_t)((unsigned __int128)(at_ps - n->begin_ps) * 65536 / (n->end_ps - n->begin_ps));
        struct progress p = { (uint32_t)done, (uint32_t)done };
        if (n->work == NVM_EEPROM_WRITE || n->work == NVM_FUSE_WRITE) {
            p.erased = done < 32768 ? (uint32_t)done * 2 : 65536;
            p.programmed = done < 32768 ? 0 : (uint32_t)(done - 32768) * 2;
        }
        end_work(n, &p);
    }
    clear_page(n);
    clear_eeprom_page(n);
}

void nvm_reset(struct nvm *n, sim_time at_ps)
{
    nvm_settle(n, at_ps);
    clear_page(n);
    clear_eeprom_page(n);
}

/* ---- how a write begins ---- */

sim_time nvm_busy_until(struct nvm *n, sim_time at_ps)
{
    nvm_settle(n, at_ps);
    return n->work == NVM_IDLE ? 0 : n->end_ps;
}

static uint32_t length_us(const struct nvm *n, enum nvm_work work)
{
    const struct part_hv *hv = n->high_voltage ? n->part->hv : NULL;

    switch (work) {
    case NVM_FLASH_WRITE:
    case NVM_FLASH_ERASE: return hv ? hv->t_write_us : n->part->t_wd_flash_us;
    case NVM_EEPROM_WRITE:
    case NVM_EEPROM_PROGRAM: return hv ? hv->t_write_us : n->part->t_wd_eeprom_us;
    case NVM_CHIP_ERASE: return hv ? hv->t_erase_us : n->part->t_wd_erase_us;
    case NVM_FUSE_WRITE:
    case NVM_LOCK_WRITE: return hv ? hv->t_fuse_us : n->part->t_wd_fuse_us;
    case NVM_IDLE: break;
    }
    return 0;
}

sim_time nvm_length_ps(const struct nvm *n, enum nvm_work work)
{
    uint32_t us = length_us(n, work);

    /* us * permille is ns; paced by the RC oscillator */
    uint64_t ns = (uint64_t)us * (uint32_t)n->switches.v[SW_BUSY_PERMILLE];
    return (sim_time)((unsigned __int128)(ns * SIM_NS) * n->part->rc_nominal_hz * 1000 / n->rc_millihz);
}

bool nvm_begin(struct nvm *n, sim_time at_ps, enum nvm_work work, uint32_t address, const uint8_t *data, uint8_t mask,
               sim_time length_ps)
{
    nvm_settle(n, at_ps);
    if (n->work != NVM_IDLE) {
        return false;
    }
    assert(work != NVM_IDLE && length_ps > 0);
    n->work = work;
    n->begin_ps = at_ps;
    n->end_ps = at_ps + length_ps;
    n->address = address;
    n->data_mask = mask;
    n->keep_eeprom = eesave(n); /* as written, not as latched */
    switch (work) {
    case NVM_FLASH_WRITE: memcpy(n->data, data, n->part->flash_page_bytes); break;
    case NVM_EEPROM_WRITE:
    case NVM_EEPROM_PROGRAM:
        memset(n->data, 0xFF, 8);
        for (unsigned i = 0; i < 8; i++) {
            if (mask >> i & 1) {
                n->data[i] = data[i];
            }
        }
        break;
    case NVM_FUSE_WRITE:
    case NVM_LOCK_WRITE: n->data[0] = data[0]; break;
    default: break;
    }
    return true;
}

static bool begin(struct nvm *n, sim_time at_ps, enum nvm_work work, uint32_t address, const uint8_t *data,
                  uint8_t mask)
{
    return nvm_begin(n, at_ps, work, address, data, mask, nvm_length_ps(n, work));
}

/* ---- rules of the port ---- */

unsigned nvm_lb_mode(const struct nvm *n)
{
    unsigned mode = fuse_lb_mode(n->part, &n->cells.fuses);

    if (mode == 1 && n->switches.v[SW_LB2_ALONE_PROTECTS] && fuse_get(n->part, &n->cells.fuses, FUSE_LB) == 1) {
        return 2;
    }
    return mode;
}

/*
 * May a load or write begin? When busy it is dropped, and by a switch spoils what is being written: one bit in four
 * of the data turns. (A chip erase has no data to spoil.)
 */
static enum nvm_result admit(struct nvm *n, sim_time at_ps, bool refused_by_lock)
{
    nvm_settle(n, at_ps);
    if (n->work != NVM_IDLE) {
        if (n->switches.v[SW_WRITE_WHILE_BUSY_SPOILS]) {
            unsigned bytes = n->work == NVM_FLASH_WRITE ? n->part->flash_page_bytes : 8;
            for (unsigned i = 0; i < bytes; i++) {
                n->data[i] ^= (uint8_t)(sim_rng_next(&n->damage) & sim_rng_next(&n->damage));
            }
        }
        return NVM_BUSY;
    }
    return refused_by_lock && nvm_lb_mode(n) != 1 ? NVM_LOCKED : NVM_DONE;
}

static uint8_t load_byte(const struct nvm *n, uint8_t old, bool loaded, uint8_t data)
{
    return loaded && n->switches.v[SW_SAME_WORD_TWICE_ANDS] ? old & data : data;
}

enum nvm_result nvm_load_flash(struct nvm *n, sim_time at_ps, uint32_t word, bool high, uint8_t data)
{
    enum nvm_result r = admit(n, at_ps, true);

    if (r != NVM_DONE) {
        return r;
    }
    word %= n->part->flash_page_bytes / 2u;
    uint8_t bit = high ? LOADED_HIGH : LOADED_LOW;
    uint8_t *cell = &n->page[2 * word + high];
    bool twice = n->page_loaded[word] & bit;
    *cell = load_byte(n, *cell, twice, data);
    if (!high) {
        n->low_latch = *cell;
    } else if (!(n->page_loaded[word] & LOADED_LOW)) {
        if (!n->switches.v[SW_HIGH_WITHOUT_LOW_KEEPS]) {
            n->page[2 * word] = n->low_latch;
        }
        r = NVM_HIGH_WITHOUT_LOW;
    }
    n->page_loaded[word] |= bit;
    return twice ? NVM_LOADED_TWICE : r;
}

enum nvm_result nvm_write_flash_page(struct nvm *n, sim_time at_ps, uint32_t page)
{
    enum nvm_result r = admit(n, at_ps, true);

    if (r == NVM_DONE) {
        uint32_t pages = n->part->flash_bytes / n->part->flash_page_bytes;
        begin(n, at_ps, NVM_FLASH_WRITE, page % pages * n->part->flash_page_bytes, n->page, 0);
        clear_page(n);
    }
    return r;
}

static void eeprom_disturbs_flash_page(struct nvm *n)
{
    if (n->switches.v[SW_EEPROM_WRITE_CLEARS_PAGE]) {
        clear_page(n);
    }
}

/* 0: single bytes only. */
static uint32_t eeprom_page_bytes(const struct nvm *n)
{
    return n->high_voltage ? n->part->hv->eeprom_page_bytes : n->part->eeprom_page_bytes;
}

enum nvm_result nvm_load_eeprom(struct nvm *n, sim_time at_ps, uint32_t offset, uint8_t data)
{
    if (!eeprom_page_bytes(n)) {
        return NVM_NOT_THERE;
    }
    enum nvm_result r = admit(n, at_ps, true);
    if (r != NVM_DONE) {
        return r;
    }
    offset %= eeprom_page_bytes(n);
    assert(offset < NVM_MAX_EEPROM_PAGE_BYTES);
    bool twice = n->eeprom_loaded >> offset & 1;
    n->eeprom_page[offset] = data;
    n->eeprom_loaded |= (uint8_t)(1u << offset);
    return twice ? NVM_LOADED_TWICE : NVM_DONE;
}

enum nvm_result nvm_write_eeprom_page(struct nvm *n, sim_time at_ps, uint32_t page)
{
    if (!eeprom_page_bytes(n)) {
        return NVM_NOT_THERE;
    }
    enum nvm_result r = admit(n, at_ps, true);
    if (r == NVM_DONE) {
        uint32_t bytes = eeprom_page_bytes(n);
        begin(n, at_ps, n->high_voltage ? NVM_EEPROM_PROGRAM : NVM_EEPROM_WRITE,
              page % (n->part->eeprom_bytes / bytes) * bytes, n->eeprom_page, n->eeprom_loaded);
        clear_eeprom_page(n);
        eeprom_disturbs_flash_page(n);
    }
    return r;
}

enum nvm_result nvm_write_eeprom(struct nvm *n, sim_time at_ps, uint32_t address, uint8_t data)
{
    enum nvm_result r = admit(n, at_ps, true);

    if (r == NVM_DONE) {
        begin(n, at_ps, NVM_EEPROM_WRITE, address % n->part->eeprom_bytes, &data, 1);
        eeprom_disturbs_flash_page(n);
    }
    return r;
}

enum nvm_result nvm_chip_erase(struct nvm *n, sim_time at_ps)
{
    enum nvm_result r = admit(n, at_ps, false);

    if (r == NVM_DONE) {
        begin(n, at_ps, NVM_CHIP_ERASE, 0, NULL, 0);
    }
    return r;
}

struct fuse_bytes nvm_fuses_to_be(const struct nvm *n)
{
    struct fuse_bytes b = n->cells.fuses;

    switch (n->work) {
    case NVM_FUSE_WRITE: b.fuse[n->address] = n->data[0] | fuse_unused(n, n->address); break;
    case NVM_LOCK_WRITE: b.lock &= n->data[0] | (uint8_t)~n->part->lock_used; break;
    case NVM_CHIP_ERASE: b.lock = 0xFF; break;
    case NVM_IDLE:
    case NVM_FLASH_WRITE:
    case NVM_FLASH_ERASE:
    case NVM_EEPROM_WRITE:
    case NVM_EEPROM_PROGRAM: break;
    }
    return b;
}

enum nvm_result nvm_write_fuse(struct nvm *n, sim_time at_ps, unsigned which, uint8_t data)
{
    if (which >= n->part->n_fuses) {
        return NVM_NOT_THERE;
    }
    enum nvm_result r = admit(n, at_ps, true);
    if (r == NVM_DONE) {
        struct fuse_bytes next = n->cells.fuses;
        next.fuse[which] = data | fuse_unused(n, which);
        if (fuse_has(n->part, FUSE_SPIEN) && !n->high_voltage) { /* not accessible in serial programming */
            fuse_put(n->part, &next, FUSE_SPIEN, fuse_get(n->part, &n->cells.fuses, FUSE_SPIEN));
        }
        begin(n, at_ps, NVM_FUSE_WRITE, which, &next.fuse[which], 0);
    }
    return r;
}

enum nvm_result nvm_write_lock(struct nvm *n, sim_time at_ps, uint8_t data)
{
    enum nvm_result r = admit(n, at_ps, false);

    if (r == NVM_DONE && nvm_lb_mode(n) == 3) {
        return NVM_LOCKED; /* nothing left to program but the boot lock bits, which mode 3 freezes */
    }
    if (r == NVM_DONE) {
        begin(n, at_ps, NVM_LOCK_WRITE, 0, &data, 0);
    }
    return r;
}

/* ---- reads ---- */

/* Does a write hide what is at [at, at + bytes) of its memory? */
static bool hidden(struct nvm *n, sim_time at_ps, bool is_eeprom, uint32_t at)
{
    nvm_settle(n, at_ps);
    if (n->work == NVM_IDLE || !n->switches.v[SW_READ_WHILE_BUSY]) {
        return false;
    }
    if (n->part->busy_reads_ff_everywhere || n->work == NVM_CHIP_ERASE || n->work == NVM_FUSE_WRITE ||
        n->work == NVM_LOCK_WRITE) {
        return true;
    }
    if (n->work == NVM_EEPROM_WRITE || n->work == NVM_EEPROM_PROGRAM) {
        return is_eeprom && at >= n->address && at < n->address + 8 && (n->data_mask >> (at - n->address) & 1);
    }
    return !is_eeprom && at >= n->address && at < n->address + n->part->flash_page_bytes;
}

static enum nvm_result give(struct nvm *n, bool is_hidden, uint8_t cell, uint8_t *data)
{
    *data = is_hidden ? 0xFF : cell;
    return n->work == NVM_IDLE ? NVM_DONE : NVM_BUSY;
}

enum nvm_result nvm_read_flash(struct nvm *n, sim_time at_ps, uint32_t word, bool high, uint8_t *data)
{
    uint32_t at = (2 * word + high) % n->part->flash_bytes;
    bool is_hidden = hidden(n, at_ps, false, at);

    return nvm_lb_mode(n) == 3 ? NVM_LOCKED : give(n, is_hidden, n->cells.flash[at], data);
}

enum nvm_result nvm_read_eeprom(struct nvm *n, sim_time at_ps, uint32_t address, uint8_t *data)
{
    uint32_t at = address % n->part->eeprom_bytes;
    bool is_hidden = hidden(n, at_ps, true, at);

    return nvm_lb_mode(n) == 3 ? NVM_LOCKED : give(n, is_hidden, n->cells.eeprom[at], data);
}

/* Fuses, lock, signature, calibration: hidden by any write that hides everything. */
static bool row_hidden(struct nvm *n, sim_time at_ps)
{
    nvm_settle(n, at_ps);
    return n->work != NVM_IDLE && n->switches.v[SW_READ_WHILE_BUSY] &&
           (n->part->busy_reads_ff_everywhere || n->work == NVM_CHIP_ERASE || n->work == NVM_FUSE_WRITE ||
            n->work == NVM_LOCK_WRITE);
}

enum nvm_result nvm_read_fuse(struct nvm *n, sim_time at_ps, unsigned which, uint8_t *data)
{
    if (which >= n->part->n_fuses) {
        return NVM_NOT_THERE;
    }
    bool is_hidden = row_hidden(n, at_ps);
    return give(n, is_hidden, n->cells.fuses.fuse[which] | fuse_unused(n, which), data);
}

enum nvm_result nvm_read_lock(struct nvm *n, sim_time at_ps, uint8_t *data)
{
    bool is_hidden = row_hidden(n, at_ps);
    return give(n, is_hidden, n->cells.fuses.lock | (uint8_t)~n->part->lock_used, data);
}

enum nvm_result nvm_read_signature(struct nvm *n, sim_time at_ps, unsigned which, uint8_t *data)
{
    bool is_hidden = row_hidden(n, at_ps);
    uint8_t cell = which < 3 ? n->part->signature[which] : (uint8_t)n->switches.v[SW_SIGNATURE_3];
    return give(n, is_hidden, cell, data);
}

enum nvm_result nvm_read_calibration(struct nvm *n, sim_time at_ps, unsigned which, uint8_t *data)
{
    if (which >= n->part->n_calibration) {
        return NVM_NOT_THERE;
    }
    bool is_hidden = row_hidden(n, at_ps);
    return give(n, is_hidden, n->cells.calibration[which], data);
}

uint8_t nvm_poll(struct nvm *n, sim_time at_ps)
{
    nvm_settle(n, at_ps);
    return n->work == NVM_IDLE ? (uint8_t)n->switches.v[SW_POLL_READY] : 0xFF;
}
