/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/self_program.h"

#include <stddef.h>
#include <string.h>

enum {
    SPMEN = 0x01,
    PGERS = 0x02,
    PGWRT = 0x04,
    BLBSET = 0x08,
    RWWSRE = 0x10,
    SIGRD = 0x20,
    RWWSB = 0x40,
    SPMIE = 0x80
};
enum { EERE = 0x01, EEPE = 0x02, EEMPE = 0x04, EERIE = 0x08, EEPM = 0x30 };

#define SPMCSR 0x57 /* the same in every classic part that has it */
#define SPM_CK 4    /* SPM must follow SPMCSR within */
#define LPM_CK 3    /* so must LPM of fuses, lock bits, signature row */
#define EEMPE_CK 4
#define EEPROM_WRITE_CK 2 /* the CPU stands still */
#define EEPROM_READ_CK 4
/* of parts with EEPM, "EEPROM Mode Bits" */
#define EEPROM_BOTH_US 3400
#define EEPROM_SPLIT_US 1800 /* erase only, write only */

static uint8_t *reg(struct self_program *s, avr_io_addr_t a)
{
    return &s->core->avr->data[a];
}

static sim_time now_ps(struct self_program *s)
{
    return core_ps(s->core, s->core->avr->cycle);
}

static uint32_t boot_start(const struct self_program *s)
{
    return s->nvm->part->flash_bytes - 2 * fuse_boot_words(s->nvm->part, &s->fuses);
}

static uint32_t nrww_start(const struct self_program *s)
{
    return 2u * s->nvm->part->nrww_start_word;
}

static bool has_boot(const struct self_program *s)
{
    return s->nvm->part->boot_min_words != 0;
}

/* ---- what simavr executes and LPM reads ---- */

static void copy_page(struct self_program *s, uint32_t address)
{
    core_load_flash(s->core, address, s->nvm->cells.flash + address, s->nvm->part->flash_page_bytes);
}

/*
 * While a page of the read-while-write section is erased or written, and until RWWSRE, that section must not be
 * read: FF is what LPM gets. Code there would not run either.
 */
static void hide_rww(struct self_program *s)
{
    if (!s->rww_hidden) {
        s->rww_hidden = true;
        core_hide_flash(s->core, nrww_start(s));
    }
}

static void show_rww(struct self_program *s)
{
    if (!s->rww_hidden) {
        return; /* it is there: a program may set RWWSRE in a loop */
    }
    s->rww_hidden = false;
    core_show_flash(s->core, s->nvm->cells.flash);
}

/* ---- boot lock bits ---- */

static unsigned boot_lock_mode(const struct self_program *s, enum fuse_field blb)
{
    return fuse_blb_mode(s->nvm->part, &s->nvm->cells.fuses, blb);
}

static void apply_boot_locks(struct self_program *s)
{
    struct fast_sections l = { .boot_start = UINT32_MAX };
    if (has_boot(s)) {
        l.boot_start = boot_start(s);
        l.app_locked = boot_lock_mode(s, FUSE_BLB0) >= 3;
        l.boot_locked = boot_lock_mode(s, FUSE_BLB1) >= 3;
        l.refused = (uint8_t)s->nvm->switches.v[SW_REFUSED_LPM];
    }
    s->core->fast.sections = l;
    s->core->fast.changes++; /* LPM may read otherwise */
}

/* ---- LPM of the special rows ---- */

static void special_row(struct self_program *s, bool signature, uint8_t row[FAST_ROW_BYTES])
{
    const struct nvm_cells *c = &s->nvm->cells;
    memset(row, 0xff, FAST_ROW_BYTES);
    if (signature) {
        for (unsigned i = 0; i < 3; i++) {
            row[2 * i] = s->nvm->part->signature[i];
        }
        for (unsigned i = 0; i < s->nvm->part->n_calibration; i++) {
            row[2 * i + 1] = c->calibration[i];
        }
    } else {
        struct fuse_bytes f = fuse_as_read(s->nvm->part, &c->fuses);
        row[0] = f.fuse[0];
        row[1] = f.lock;
        row[2] = f.fuse[2];
        row[3] = f.fuse[1];
    }
}

static void end_row(struct self_program *s)
{
    if (s->row_shown) {
        s->row_shown = s->core->fast.sections.lpm_free = false;
        memcpy(s->core->avr->flash, s->row_kept, sizeof s->row_kept);
        s->core->fast.changes++;
        if (!s->writes_flash) {
            *reg(s, s->r_spmcsr) &= RWWSB | 0x80;
        }
    }
}

static void row_over(void *ctx, uint64_t cycle)
{
    (void)cycle;
    end_row(ctx);
}

static void show_row(struct self_program *s, bool signature)
{
    avr_t *avr = s->core->avr;
    uint8_t row[FAST_ROW_BYTES];
    special_row(s, signature, row);
    memcpy(s->row_kept, avr->flash, sizeof s->row_kept);
    memcpy(avr->flash, row, sizeof row);
    s->row_shown = s->core->fast.sections.lpm_free = true;
    deadline_set(&s->row_end, avr->cycle + core_store_ck(avr) + LPM_CK);
}

/* ---- SPM ---- */

static void clear_page(struct self_program *s)
{
    memset(s->page, 0xff, sizeof s->page);
    memset(s->loaded, 0, sizeof s->loaded);
}

static void written(void *ctx, sim_time at_ps)
{
    struct self_program *s = ctx;
    sim_time end = nvm_busy_until(s->nvm, at_ps);
    if (end > at_ps) { /* the port began something else meanwhile */
        sim_schedule(s->core->sim, &s->written, end);
        return;
    }
    if (s->writes_flash) {
        s->writes_flash = false;
        *reg(s, s->r_spmcsr) &= RWWSB | 0x80;
        if (s->busy_page >= nrww_start(s) || !(*reg(s, s->r_spmcsr) & RWWSB)) { /* else RWWSRE shows it */
            copy_page(s, s->busy_page);
        }
        apply_boot_locks(s); /* the program may have written them */
    }
    if (s->writes_eeprom) {
        s->writes_eeprom = false;
        *reg(s, s->eeprom->r_eecr) &= (uint8_t)~EEPE;
    }
    core_irq_update(s->core);
}

static void await_end(struct self_program *s)
{
    sim_schedule(s->core->sim, &s->written, nvm_busy_until(s->nvm, now_ps(s)));
    core_horizon_changed(s->core);
}

/* The CPU stands still until the write has ended. */
static void halt_until_written(struct self_program *s)
{
    struct core *c = s->core;
    uint64_t end = core_cycle_at(c, s->nvm->end_ps);
    if (end > c->avr->cycle) {
        core_sync(c, end);
        core_stall(c, end - c->avr->cycle);
    }
}

static bool spm_refused(const struct self_program *s, uint32_t address)
{
    unsigned mode = boot_lock_mode(s, address < boot_start(s) ? FUSE_BLB0 : FUSE_BLB1);
    return mode == 2 || mode == 3;
}

static void begin_page(struct self_program *s, enum nvm_work work, uint32_t z)
{
    const struct part *part = s->nvm->part;
    uint32_t address = z % part->flash_bytes / part->flash_page_bytes * part->flash_page_bytes;
    if (spm_refused(s, address) ||
        !nvm_begin(s->nvm, now_ps(s), work, address, s->page, 0, nvm_length_ps(s->nvm, NVM_FLASH_WRITE))) {
        return;
    }
    s->writes_flash = true;
    s->busy_page = address;
    if (work == NVM_FLASH_WRITE) {
        clear_page(s);
    }
    await_end(s);
    if (has_boot(s) && address < nrww_start(s)) {
        *reg(s, s->r_spmcsr) |= RWWSB;
        hide_rww(s);
    } else {
        halt_until_written(s);
    }
}

static void write_lock(struct self_program *s)
{
    /* only bits of the boot lock modes and LB as they stand; programming goes 1 -> 0 */
    uint8_t r0 = s->core->avr->data[0] | 0xc0;
    if (nvm_begin(s->nvm, now_ps(s), NVM_LOCK_WRITE, 0, &r0, 0, nvm_length_ps(s->nvm, NVM_LOCK_WRITE))) {
        s->writes_flash = true;
        s->busy_page = 0;
        await_end(s);
        halt_until_written(s);
    }
}

static void load_word(struct self_program *s, uint32_t z)
{
    unsigned at = z % s->nvm->part->flash_page_bytes & ~1u;
    if (!s->loaded[at / 2]) { /* a word can be written once, until the buffer is erased */
        s->loaded[at / 2] = 1;
        s->page[at] = s->core->avr->data[0];
        s->page[at + 1] = s->core->avr->data[1];
    }
}

static void spm(void *ctx)
{
    struct self_program *s = ctx;
    avr_t *avr = s->core->avr;
    uint32_t z = avr->data[R_ZL] | (uint32_t)avr->data[R_ZH] << 8;
    uint8_t v = *reg(s, s->r_spmcsr);
    bool in_time = avr->cycle < s->spm_until;
    s->spm_until = 0;
    if (!in_time || (has_boot(s) && avr->pc < s->core->fast.sections.boot_start)) {
        return;
    }
    core_sync(s->core, avr->cycle);
    nvm_settle(s->nvm, now_ps(s));
    switch (v & (PGERS | PGWRT | BLBSET | RWWSRE)) {
    case 0: load_word(s, z); break;
    case PGERS: begin_page(s, NVM_FLASH_ERASE, z); break;
    case PGWRT: begin_page(s, NVM_FLASH_WRITE, z); break;
    case BLBSET:
        if (has_boot(s)) {
            write_lock(s);
        }
        break;
    case RWWSRE: /* CTPB on parts without a boot section: the buffer only */
        if (!s->writes_flash) {
            clear_page(s);
            if (has_boot(s)) {
                *reg(s, s->r_spmcsr) &= (uint8_t)~RWWSB;
                show_rww(s);
            }
        }
        break;
    }
    if (!s->writes_flash) {
        *reg(s, s->r_spmcsr) &= RWWSB | 0x80;
    }
}

static int heard(avr_io_t *io, uint32_t ctl, void *param)
{
    struct self_program *s = (struct self_program *)((char *)io - offsetof(struct self_program, io));
    (void)param;
    if (ctl != AVR_IOCTL_FLASH_SPM) {
        return -1;
    }
    spm(s);
    return 0;
}

static void spmen_over(void *ctx, uint64_t cycle)
{
    struct self_program *s = ctx;
    (void)cycle;
    if (!s->writes_flash && !s->row_shown) {
        *reg(s, s->r_spmcsr) &= RWWSB | 0x80;
    }
    core_irq_update(s->core);
}

static bool is_row(unsigned v)
{
    return (v & 0x3f) == (BLBSET | SPMEN) || (v & 0x3f) == (SIGRD | SPMEN);
}

static void spmcsr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct self_program *s = param;
    uint8_t kept = avr->data[addr] & RWWSB;
    if (s->writes_flash) { /* busy: only SPMIE can change */
        avr->data[addr] = (avr->data[addr] & 0x7f) | (v & 0x80);
        return;
    }
    end_row(s);
    avr->data[addr] = (v & (uint8_t)~RWWSB) | kept;
    s->spm_until = 0;
    if (!(v & SPMEN) || s->writes_eeprom) { /* the EEPROM's write keeps SPM out */
        return;
    }
    s->spm_until = avr->cycle + core_store_ck(avr) + SPM_CK;
    if (is_row(v)) {
        show_row(s, v & SIGRD);
    }
    if (is_row(v) && !(v & SPMIE)) { /* the row's end clears the bits */
        deadline_off(&s->spmen_end);
    } else {
        deadline_set(&s->spmen_end, s->spm_until);
    }
}

/* Where it only opens or shuts the time for an SPM, and SPM_READY is nobody's interrupt. */
static bool spmcsr_quick(void *ctx, uint64_t cycle, unsigned v)
{
    struct self_program *s = ctx;
    bool opens = v & SPMEN && !s->writes_eeprom;
    if (s->writes_flash || s->row_shown || is_row(v) || (s->core->avr->sreg[S_I] && v & SPMIE) ||
        cycle >= s->core->quick_end || (opens && !deadline_is_free(&s->spmen_end, cycle + SPM_CK))) {
        return false;
    }
    *reg(s, s->r_spmcsr) = (uint8_t)((v & ~(unsigned)RWWSB) | (*reg(s, s->r_spmcsr) & RWWSB));
    s->spm_until = 0;
    if (opens) {
        s->spm_until = cycle + SPM_CK;
        deadline_set(&s->spmen_end, s->spm_until);
    }
    return true;
}

/* ---- EEPROM ---- */

static uint32_t eeprom_address(struct self_program *s)
{
    uint32_t a = *reg(s, s->eeprom->r_eearl);
    if (s->eeprom->r_eearh && s->nvm->part->eeprom_bytes > 256) {
        a |= (uint32_t)*reg(s, s->eeprom->r_eearh) << 8;
    }
    return a % s->nvm->part->eeprom_bytes;
}

static void eeprom_read(struct self_program *s)
{
    nvm_settle(s->nvm, now_ps(s));
    *reg(s, s->eeprom->r_eedr) = s->nvm->cells.eeprom[eeprom_address(s)];
    core_stall(s->core, EEPROM_READ_CK);
}

/* EEPM: 0 erase and write, 1 erase only, 2 write only. */
static void eeprom_write(struct self_program *s, unsigned eepm)
{
    uint32_t a = eeprom_address(s);
    uint8_t data = *reg(s, s->eeprom->r_eedr);
    uint32_t one_us = s->nvm->part->t_cpu_eeprom_us; /* the ISP port's wait is longer */
    uint32_t us = eepm ? EEPROM_SPLIT_US : one_us ? one_us : EEPROM_BOTH_US;
    sim_time length = nvm_length_ps(s->nvm, NVM_EEPROM_WRITE) / s->nvm->part->t_wd_eeprom_us * us;
    nvm_settle(s->nvm, now_ps(s));
    if (eepm == 1) {
        data = 0xff;
    } else if (eepm == 2) {
        data &= s->nvm->cells.eeprom[a];
    }
    if (nvm_begin(s->nvm, now_ps(s), NVM_EEPROM_WRITE, a, &data, 1, length)) {
        s->writes_eeprom = true;
        *reg(s, s->eeprom->r_eecr) |= EEPE;
        await_end(s);
        core_stall(s->core, EEPROM_WRITE_CK);
    }
}

static uint8_t eecr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct self_program *s = param;
    return avr->data[addr] | (avr->cycle < s->eempe_until ? EEMPE : 0);
}

static uint64_t eecr_steady(void *ctx, avr_io_addr_t addr, uint8_t *value)
{
    struct self_program *s = ctx;
    *value = eecr_read(s->core->avr, addr, s);
    return s->core->avr->cycle < s->eempe_until ? s->eempe_until : UINT64_MAX;
}

static void eecr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct self_program *s = param;
    unsigned store = core_store_ck(avr);
    bool may_write = avr->cycle < s->eempe_until;
    core_sync(s->core, avr->cycle + store);
    uint8_t modes = s->writes_eeprom ? avr->data[addr] & EEPM : s->nvm->part->t_cpu_eeprom_us ? 0 : v & EEPM;
    avr->data[addr] = (avr->data[addr] & EEPE) | modes | (v & EERIE);
    if (v & EEMPE && !(v & EEPE)) {
        s->eempe_until = avr->cycle + store + EEMPE_CK;
    }
    if ((v & EEPE) && may_write && !s->writes_eeprom && !s->writes_flash) {
        s->eempe_until = 0;
        eeprom_write(s, modes >> 4);
    } else if ((v & EERE) && !s->writes_eeprom) {
        eeprom_read(s);
    }
}

/* ---- building ---- */

static void self_program_reset(void *ctx)
{
    struct self_program *s = ctx;
    end_row(s);
    deadline_init(&s->row_end, s->core, row_over, s);
    deadline_init(&s->spmen_end, s->core, spmen_over, s);
    s->spm_until = s->eempe_until = 0;
    clear_page(s);
    if (s->writes_eeprom) {
        *reg(s, s->eeprom->r_eecr) |= EEPE; /* goes on */
    }
    if (has_boot(s)) {
        show_rww(s);
    }
}

void self_program_load(struct self_program *s, const struct fuse_bytes *fuses)
{
    s->fuses = *fuses;
    s->row_shown = false;
    if (!nvm_busy_until(s->nvm, s->core->sim->now_ps)) {
        s->writes_flash = s->writes_eeprom = false;
        sim_cancel(s->core->sim, &s->written);
    }
    core_load_flash(s->core, 0, s->nvm->cells.flash, s->nvm->part->flash_bytes);
    s->rww_hidden = false;
    apply_boot_locks(s);
}

int self_program_init(struct self_program *s, struct core *core, struct nvm *nvm)
{
    memset(s, 0, sizeof *s);
    s->eeprom = core_module(core, "eeprom", 0);
    if (!s->eeprom) {
        return -1;
    }
    s->core = core;
    s->nvm = nvm;
    s->r_spmcsr = SPMCSR;
    s->io = (avr_io_t){ .kind = "own flash", .ioctl = heard };
    sim_event_init(&s->written, "self-programming", written, s);
    avr_register_io(core->avr, &s->io);
    core->fast.spm = spm;
    core->fast.spm_ctx = s;
    avr_flash_t *flash = core_module(core, "flash", 0);
    core_hook_write(core, s->r_spmcsr, spmcsr_write, s);
    core_io_quick(core, s->r_spmcsr, spmcsr_quick, s);
    core_hook_read(core, s->r_spmcsr, NULL, NULL);
    if (flash && flash->flash.vector) {
        core_set_level_vector(core, &flash->flash, s->r_spmcsr, SPMEN, 0);
    }
    core_hook_write(core, s->eeprom->r_eecr, eecr_write, s);
    core_hook_read(core, s->eeprom->r_eecr, eecr_read, s);
    core_io_steady(core, s->eeprom->r_eecr, eecr_steady, s);
    core_set_level_vector(core, &s->eeprom->ready, s->eeprom->r_eecr, EEPE, 0);
    core_add_unit(core, self_program_reset, s);
    return 0;
}

void self_program_free(struct self_program *s)
{
    if (s->core) {
        sim_cancel(s->core->sim, &s->written);
    }
}
