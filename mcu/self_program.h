/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * self_program.h - flash, EEPROM, fuses and lock bits as the running program sees and writes them
 *
 *      SPM, SPMCSR, LPM --+
 *      EECR, EEAR, EEDR --+--> nvm (the cells, and how long a write takes) --> copy that simavr executes
 *
 * Models      SPM within 4 cycles of SPMCSR: page buffer, page erase and write (old AND new), lock bits, RWWSRE;
 *             RWWSB, reads of the busy section as FF, halt while the page lies in the section without
 *             read-while-write; SPM only from the boot section; boot lock bits against SPM, LPM and interrupts;
 *             LPM of fuses, lock bits and the signature row within 3 cycles; SPM_READY. EEPROM writes (EEMPE
 *             within 4 cycles, EEPM modes), reads, their stalls of 2 and 4 cycles, EE_READY. A write that has
 *             begun goes on through a reset.
 * Leaves out  an instruction fetched from the busy section: FFFF is executed.
 * Assumed     LPM sees the special row for 3 cycles whatever the address of the LPM; Z beyond the row reads FF.
 * Source      ATmega328P datasheet "Boot Loader Support" (Tables 27-2, 27-7 to 27-9), "AVR Memories" (EECR).
 */
#ifndef MCU_SELF_PROGRAM_H
#define MCU_SELF_PROGRAM_H

#include <simavr/avr_eeprom.h>
#include <simavr/avr_flash.h>

#include "mcu/deadline.h"
#include "sim/nvm.h"

struct self_program { /* do not move after init */
    avr_io_t io;      /* hears SPM */
    struct core *core;
    struct nvm *nvm;
    struct fuse_bytes fuses; /* in effect: the size of the boot section */
    avr_eeprom_t *eeprom;    /* where its registers are */
    avr_io_addr_t r_spmcsr;

    uint64_t spm_until; /* cycle: SPM acts up to here */
    uint64_t eempe_until;
    struct deadline spmen_end, row_end;
    bool row_shown; /* the special row lies over flash[0..] */
    uint8_t row_kept[FAST_ROW_BYTES];
    uint8_t page[NVM_MAX_FLASH_PAGE_BYTES];
    uint8_t loaded[NVM_MAX_FLASH_PAGE_BYTES / 2];
    bool writes_flash, writes_eeprom;
    bool rww_hidden;    /* the core sees FF in the read-while-write section, until RWWSRE or a reset */
    uint32_t busy_page; /* byte address of the page being erased or written */
    struct sim_event written;
};

/* nvm must outlive it. -1 when the core has no EEPROM module (no such part is known). */
int self_program_init(struct self_program *s, struct core *core, struct nvm *nvm);
void self_program_free(struct self_program *s);
/* Before core_start(): the fuses in effect; what simavr executes is copied from nvm. */
void self_program_load(struct self_program *s, const struct fuse_bytes *fuses);

#endif
