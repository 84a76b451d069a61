/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What strobes of the control bus do: registers, and through them the memories (hv_port.h). */
#include "sim/target_parts.h"

#include <assert.h>

#include "sim/notes.h"

enum {
    HV_CMD_ERASE = 0x80,
    HV_CMD_WRITE_FUSE = 0x40,
    HV_CMD_WRITE_LOCK = 0x20,
    HV_CMD_WRITE_FLASH = 0x10,
    HV_CMD_WRITE_EEPROM = 0x11,
    HV_CMD_READ_SIGNATURE = 0x08,
    HV_CMD_READ_FUSE = 0x04,
    HV_CMD_READ_FLASH = 0x02,
    HV_CMD_READ_EEPROM = 0x03,
};

/* Sooner than this after WR nobody has looked at RDY/BSY in time. */
#define AT_ONCE_PS (20 * HV_WLRL_PS)

void hv_engine_reset(struct target *t)
{
    struct hv_port *h = &t->hv;

    h->has_command = h->command_came = false;
    h->command = h->output = 0;
    h->address_low = h->address_high = h->data_low = h->data_high = 0;
    h->judged_end_ps = t->nvm->end_ps;
}

/* Is nothing being written? Judges how long the programmer waited for that. */
static bool idle(struct target *t, sim_time at_ps)
{
    struct nvm *n = t->nvm;
    bool busy = nvm_busy_until(n, at_ps);

    if (busy && at_ps - n->begin_ps < AT_ONCE_PS) {
        checker_report(t->checker, CHECK_HV_RDY_EARLY, at_ps, NULL, 0, 0);
    } else if (busy || n->end_ps != t->hv.judged_end_ps) {
        t->hv.judged_end_ps = busy ? t->hv.judged_end_ps : n->end_ps;
        checker_at_least(t->checker, CHECK_HV_BUSY, at_ps, (int64_t)(n->end_ps - n->begin_ps),
                         (int64_t)(at_ps - n->begin_ps));
    }
    return !busy;
}

/* The first command of the session: was it waited for, and is the supply right? */
static void first(struct target *t, sim_time at_ps)
{
    struct hv_port *h = &t->hv;
    uint32_t wait_us = t->cfg.part->hv->enter_wait_us;

    if (h->command_came) {
        return;
    }
    h->command_came = true;
    if (wait_us) {
        checker_at_least(t->checker, CHECK_HV_ENTER_WAIT, at_ps, (int64_t)(wait_us * SIM_US),
                         (int64_t)(at_ps - h->reached_ps));
    }
    target_hv_judge_supply(t);
}

static uint32_t address(const struct hv_port *h)
{
    return (uint32_t)h->address_high << 8 | h->address_low;
}

/* In the words of the serial port's instruction that does the same, for pictures; 0: it has none. */
static uint32_t instruction(const struct target *t, const struct isp_frame *f)
{
    uint8_t b[4];

    if (!isp_encode(t->cfg.part, f->op, f->high, f->address, f->data, b)) {
        return 0;
    }
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void took(struct target *t, sim_time at_ps, const struct isp_frame *f)
{
    if (t->sim->notes) {
        notes_add(t->sim->notes, NOTE_TAKEN, at_ps, at_ps, instruction(t, f), NULL);
    }
}

static void load(struct target *t, sim_time at_ps, enum isp_op op, bool high, uint8_t data)
{
    const struct isp_frame f = { .op = op, .high = high, .address = address(&t->hv), .data = data };

    took(t, at_ps, &f);
    target_judge(t,
                 op == ISP_LOAD_EEPROM_PAGE ? nvm_load_eeprom(t->nvm, at_ps, f.address, data)
                                            : nvm_load_flash(t->nvm, at_ps, f.address, high, data),
                 at_ps);
}

static void load_at_once(struct target *t, sim_time at_ps, const struct hv_bus *bus)
{
    if (t->hv.command == HV_CMD_WRITE_EEPROM && !bus->bs1) {
        load(t, at_ps, ISP_LOAD_EEPROM_PAGE, false, bus->data);
    } else if (t->hv.command == HV_CMD_WRITE_FLASH) {
        load(t, at_ps, ISP_LOAD_FLASH_PAGE, bus->bs1, bus->data);
    }
}

void hv_engine_strobe(struct target *t, sim_time at_ps, const struct hv_bus *bus)
{
    struct hv_port *h = &t->hv;

    if (bus->xa1 && bus->xa0) {
        return;
    }
    first(t, at_ps);
    if (!idle(t, at_ps)) {
        return;
    }
    if (bus->xa1) {
        h->command = bus->data;
        h->has_command = true;
    } else if (bus->xa0) {
        *(bus->bs1 ? &h->data_high : &h->data_low) = bus->data;
        if (t->cfg.part->hv->shared_pins && h->has_command) { /* no pin for PAGEL: the page buffer has it at once */
            load_at_once(t, at_ps, bus);
        }
    } else {
        *(bus->bs1 ? &h->address_high : &h->address_low) = bus->data;
    }
}

void hv_engine_pagel(struct target *t, sim_time at_ps, const struct hv_bus *bus)
{
    struct hv_port *h = &t->hv;
    const struct part_hv *hv = t->cfg.part->hv;

    first(t, at_ps);
    if (!idle(t, at_ps)) {
        return;
    }
    if (h->has_command && h->command == HV_CMD_WRITE_EEPROM) {
        load(t, at_ps, ISP_LOAD_EEPROM_PAGE, false, h->data_low);
    } else if (h->has_command && h->command == HV_CMD_WRITE_FLASH) {
        if (!hv->latch_by_byte || !bus->bs1) {
            load(t, at_ps, ISP_LOAD_FLASH_PAGE, false, h->data_low);
        }
        if (!hv->latch_by_byte || bus->bs1) {
            load(t, at_ps, ISP_LOAD_FLASH_PAGE, true, h->data_high);
        }
    } else {
        checker_report(t->checker, CHECK_HV_NO_COMMAND, at_ps, "PAGEL", 0, 0);
    }
}

bool hv_engine_writes_fuses(const struct target *t)
{
    return t->hv.has_command && t->hv.command == HV_CMD_WRITE_FUSE;
}

/* The write that command, BS1 and BS2 ask for; false: none. */
static bool write_of(const struct target *t, const struct hv_bus *bus, struct isp_frame *f)
{
    const struct hv_port *h = &t->hv;

    *f = (struct isp_frame){ .address = address(h), .data = h->data_low };
    switch (h->has_command ? h->command : 0) {
    case HV_CMD_ERASE: f->op = ISP_CHIP_ERASE; return true;
    case HV_CMD_WRITE_LOCK: f->op = ISP_WRITE_LOCK; return true;
    case HV_CMD_WRITE_FLASH:
        f->op = ISP_WRITE_FLASH_PAGE;
        f->address /= t->cfg.part->flash_page_bytes / 2u;
        return true;
    case HV_CMD_WRITE_EEPROM:
        f->op = ISP_WRITE_EEPROM_PAGE;
        f->address /= t->cfg.part->hv->eeprom_page_bytes;
        return true;
    case HV_CMD_WRITE_FUSE:
        f->op = bus->bs2 ? ISP_WRITE_EFUSE : bus->bs1 ? ISP_WRITE_HFUSE : ISP_WRITE_LFUSE;
        return !(bus->bs1 && bus->bs2);
    default: return false;
    }
}

static enum nvm_result begin_write(struct target *t, sim_time at_ps, const struct isp_frame *f)
{
    struct nvm *n = t->nvm;

    switch (f->op) {
    case ISP_CHIP_ERASE: return nvm_chip_erase(n, at_ps);
    case ISP_WRITE_FLASH_PAGE: return nvm_write_flash_page(n, at_ps, f->address);
    case ISP_WRITE_EEPROM_PAGE: return nvm_write_eeprom_page(n, at_ps, f->address);
    case ISP_WRITE_LOCK: return nvm_write_lock(n, at_ps, f->data);
    default: return nvm_write_fuse(n, at_ps, f->op - ISP_WRITE_LFUSE, f->data);
    }
}

bool hv_engine_write(struct target *t, sim_time at_ps, const struct hv_bus *bus)
{
    struct nvm *n = t->nvm;
    struct isp_frame f;

    first(t, at_ps);
    if (!idle(t, at_ps)) {
        return false;
    }
    if (!write_of(t, bus, &f)) {
        checker_report(t->checker, CHECK_HV_NO_COMMAND, at_ps, "WR", 0, 0);
        return false;
    }
    took(t, at_ps, &f);
    struct fuse_bytes fuses = n->cells.fuses;
    enum nvm_result r = begin_write(t, at_ps, &f);
    target_judge(t, r, at_ps);
    if (r == NVM_DONE) {
        target_write_began(t, &fuses, at_ps, instruction(t, &f));
    }
    return r == NVM_DONE;
}

/* What OE low shows; false: no read command. */
static bool read_of(const struct target *t, const struct hv_bus *bus, struct isp_frame *f)
{
    const struct hv_port *h = &t->hv;

    *f = (struct isp_frame){ .address = address(h), .high = bus->bs1 };
    switch (h->has_command ? h->command : 0) {
    case HV_CMD_READ_FLASH: f->op = ISP_READ_FLASH; return true;
    case HV_CMD_READ_EEPROM: f->op = ISP_READ_EEPROM; return true;
    case HV_CMD_READ_SIGNATURE: f->op = bus->bs1 ? ISP_READ_CALIBRATION : ISP_READ_SIGNATURE; return true;
    case HV_CMD_READ_FUSE:
        f->op = bus->bs1 ? (bus->bs2 ? ISP_READ_HFUSE : ISP_READ_LOCK) : bus->bs2 ? ISP_READ_EFUSE : ISP_READ_LFUSE;
        return true;
    default: return false;
    }
}

bool hv_engine_read(struct target *t, sim_time at_ps, const struct hv_bus *bus, uint8_t *data)
{
    struct nvm *n = t->nvm;
    struct isp_frame f;
    enum nvm_result r;

    if (!read_of(t, bus, &f)) {
        return false;
    }
    first(t, at_ps);
    bool is_idle = idle(t, at_ps);
    assert(is_idle); /* the command was taken while it was, and begins no write */
    (void)is_idle;
    took(t, at_ps, &f);
    *data = 0xFF;
    switch (f.op) {
    case ISP_READ_FLASH: r = nvm_read_flash(n, at_ps, f.address, f.high, data); break;
    case ISP_READ_EEPROM: r = nvm_read_eeprom(n, at_ps, f.address, data); break;
    case ISP_READ_SIGNATURE: r = nvm_read_signature(n, at_ps, f.address & 3, data); break;
    case ISP_READ_CALIBRATION: r = nvm_read_calibration(n, at_ps, f.address % t->cfg.part->n_calibration, data); break;
    case ISP_READ_LOCK: r = nvm_read_lock(n, at_ps, data); break;
    default: r = nvm_read_fuse(n, at_ps, f.op - ISP_READ_LFUSE, data); break;
    }
    target_judge(t, r, at_ps);
    if (r == NVM_LOCKED) {
        *data = (uint8_t)t->cfg.switches.v[SW_HV_REFUSED_READ];
    }
    return true;
}
