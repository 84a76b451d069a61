/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nvm.h - what survives power loss: flash, EEPROM, fuses, lock bits, calibration; and how it is written
 *
 *                   load, write, erase, read (at a time)
 *      ISP port  ---------------------------------------> page buffers --+
 *      SPM, EEPROM registers of the running core (later) ----------------+--> cells, after a busy time
 *
 * A pure state machine: it is given the time, knows no kernel, and schedules nothing. A write begins, is busy,
 * and its cells change when it ends: nvm_settle() brings them up to a time (every call here does so first; the
 * target does at the end of each write, so an idle chip's cells are always current).
 *
 * Models      page buffer and its order, programming of flash as old AND new, EEPROM auto-erase, pages of which
 *             only loaded bytes change, chip erase (EESAVE at once, lock bits last), lock modes, fuse rules,
 *             bits that are not there (read 1), address bits that are not there (ignored), busy times by the RC
 *             oscillator, power loss in the middle of a write; what high-voltage programming does otherwise
 * Leaves out  retention; cells that die are a fault that somebody hands in (nvm_faults.h), writes are counted
 * Source      ATmega328P datasheet (42735B), "Serial Downloading", "Program And Data Memory Lock Bits",
 *             "Boot Loader Support"; open points: switches.h
 */
#ifndef SIM_NVM_H
#define SIM_NVM_H

#include "sim/fuse_model.h"
#include "sim/nvm_faults.h"
#include "sim/part.h"
#include "sim/rng.h"
#include "sim/switches.h"

#define NVM_MAX_FLASH_BYTES 65536
#define NVM_MAX_FLASH_PAGE_BYTES 256
#define NVM_MAX_FLASH_PAGES 1024
#define NVM_MAX_EEPROM_BYTES 2048
#define NVM_MAX_EEPROM_PAGE_BYTES 8
#define NVM_MAX_CALIBRATION 4

/* The non-volatile state, all of it: what a chip file stores. Plain values, no pointers. */
struct nvm_cells {
    uint8_t flash[NVM_MAX_FLASH_BYTES]; /* byte order: low byte of word 0, high byte of word 0, ... */
    uint8_t eeprom[NVM_MAX_EEPROM_BYTES];
    struct fuse_bytes fuses; /* as written; bits that are not there are 1 */
    uint8_t calibration[NVM_MAX_CALIBRATION];
    /* wear */
    uint32_t flash_erased[NVM_MAX_FLASH_PAGES], flash_written[NVM_MAX_FLASH_PAGES]; /* per page */
    uint32_t eeprom_written[NVM_MAX_EEPROM_BYTES];                                  /* per byte, chip erase too */
    uint32_t fuse_written[4];                                                       /* low, high, extended, lock */
    uint32_t chip_erased;
};

enum nvm_work {
    NVM_IDLE,
    NVM_FLASH_WRITE,    /* one page: old AND buffer */
    NVM_FLASH_ERASE,    /* one page (SPM) */
    NVM_EEPROM_WRITE,   /* one byte or the loaded bytes of a page, erased first */
    NVM_EEPROM_PROGRAM, /* the same without the erase: old AND new (high voltage) */
    NVM_CHIP_ERASE,
    NVM_FUSE_WRITE,
    NVM_LOCK_WRITE,
};

enum nvm_result {
    NVM_DONE,
    NVM_BUSY,             /* a write was going on: dropped; of a read: data is what the chip shows meanwhile */
    NVM_LOCKED,           /* refused by the lock bits: nothing happens, no busy time */
    NVM_NOT_THERE,        /* this part has no such cell */
    NVM_LOADED_TWICE,     /* done; the word or byte was in the page buffer already */
    NVM_HIGH_WITHOUT_LOW, /* done; a word's high byte came without its low byte before it */
};

struct nvm {
    struct nvm_cells cells;
    const struct part *part;
    struct target_switches switches;
    uint64_t rc_millihz; /* paces the writes; set by whoever knows the clocks */
    bool high_voltage; /* the port below is the high-voltage one: its write times, SPIEN is writable, no EEPROM erase */
    struct sim_rng damage;
    struct nvm_faults *faults; /* NULL: every cell works */

    /* volatile: page buffers */
    uint8_t page[NVM_MAX_FLASH_PAGE_BYTES];
    uint8_t page_loaded[NVM_MAX_FLASH_PAGE_BYTES / 2]; /* per word: bit 0 low, bit 1 high byte loaded */
    uint8_t low_latch;
    uint8_t eeprom_page[NVM_MAX_EEPROM_PAGE_BYTES];
    uint8_t eeprom_loaded; /* a bit per byte */

    /* the write that is going on */
    enum nvm_work work;
    sim_time begin_ps, end_ps;
    uint32_t address; /* first byte in flash or EEPROM; 0..2 which fuse */
    uint8_t data[NVM_MAX_FLASH_PAGE_BYTES];
    uint8_t data_mask; /* EEPROM: which bytes */
    bool keep_eeprom;  /* chip erase with EESAVE programmed */
};

/* A factory-fresh chip. seed: for cells that a power loss leaves half written. */
void nvm_init(struct nvm *nvm, const struct part *part, const struct target_switches *switches, uint64_t seed);

/* Cells that fail from now on; NULL: none. f must outlive that. */
void nvm_set_faults(struct nvm *nvm, struct nvm_faults *f);
/* Ends what has ended by then. */
void nvm_settle(struct nvm *nvm, sim_time at_ps);
/* End of the write that is going on, 0 when idle. */
sim_time nvm_busy_until(struct nvm *nvm, sim_time at_ps);
/* System reset: clears the page buffers; a write that has begun goes on. */
void nvm_reset(struct nvm *nvm, sim_time at_ps);
/* The supply is gone: a write that has begun leaves cells half written. */
void nvm_power_off(struct nvm *nvm, sim_time at_ps);

/* ---- the programming ports: serial, or (nvm.high_voltage) parallel and high-voltage serial ---- */

/* Addresses beyond the part's wrap, as the address bits are not there. */
enum nvm_result nvm_load_flash(struct nvm *nvm, sim_time at_ps, uint32_t word, bool high, uint8_t data);
enum nvm_result nvm_write_flash_page(struct nvm *nvm, sim_time at_ps, uint32_t page);
enum nvm_result nvm_load_eeprom(struct nvm *nvm, sim_time at_ps, uint32_t offset, uint8_t data);
enum nvm_result nvm_write_eeprom_page(struct nvm *nvm, sim_time at_ps, uint32_t page);
enum nvm_result nvm_write_eeprom(struct nvm *nvm, sim_time at_ps, uint32_t address, uint8_t data);
enum nvm_result nvm_chip_erase(struct nvm *nvm, sim_time at_ps);
enum nvm_result nvm_write_fuse(struct nvm *nvm, sim_time at_ps, unsigned which, uint8_t data);
enum nvm_result nvm_write_lock(struct nvm *nvm, sim_time at_ps, uint8_t data);

enum nvm_result nvm_read_flash(struct nvm *nvm, sim_time at_ps, uint32_t word, bool high, uint8_t *data);
enum nvm_result nvm_read_eeprom(struct nvm *nvm, sim_time at_ps, uint32_t address, uint8_t *data);
enum nvm_result nvm_read_fuse(struct nvm *nvm, sim_time at_ps, unsigned which, uint8_t *data);
enum nvm_result nvm_read_lock(struct nvm *nvm, sim_time at_ps, uint8_t *data);
enum nvm_result nvm_read_signature(struct nvm *nvm, sim_time at_ps, unsigned which, uint8_t *data);
enum nvm_result nvm_read_calibration(struct nvm *nvm, sim_time at_ps, unsigned which, uint8_t *data);
/* What the RDY/BSY poll shows. */
uint8_t nvm_poll(struct nvm *nvm, sim_time at_ps);

/* Fuses and lock bits as they will be when the write that is going on has ended. */
struct fuse_bytes nvm_fuses_to_be(const struct nvm *nvm);
/* LB mode in force (1, 2 or 3). */
unsigned nvm_lb_mode(const struct nvm *nvm);

/* ---- for whoever writes from inside the chip (SPM, EEPROM registers) ---- */

/*
 * Begins a write without the rules of the port; false if one is going on. address in bytes; data: a page for
 * NVM_FLASH_WRITE, the bytes in mask for NVM_EEPROM_WRITE, one byte for fuse and lock; length_ps: busy time.
 */
bool nvm_begin(struct nvm *nvm, sim_time at_ps, enum nvm_work work, uint32_t address, const uint8_t *data, uint8_t mask,
               sim_time length_ps);
/* Busy time of a kind of work as this chip's RC oscillator paces it. */
sim_time nvm_length_ps(const struct nvm *nvm, enum nvm_work work);

#endif
