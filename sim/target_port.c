/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/target_parts.h"

#include <string.h>

#include "sim/fuse_warning.h"
#include "sim/notes.h"

bool target_port_has(const struct target *t, enum isp_op op)
{
    for (unsigned i = 0; i < t->decoder.n; i++) {
        if (t->decoder.code[i].op == op) {
            return true;
        }
    }
    return false;
}

/* May op come while a write is going on? The poll may; reads may where polling is done by value. */
static bool may_come_while_busy(const struct target *t, enum isp_op op)
{
    switch (op) {
    case ISP_POLL_RDY_BSY:
    case ISP_PROGRAMMING_ENABLE:
    case ISP_LOAD_EXT_ADDRESS: return true;
    case ISP_READ_FLASH:
    case ISP_READ_EEPROM: return !t->has_poll;
    default: return false;
    }
}

static void check_busy(struct target *t, enum isp_op op, sim_time at_ps)
{
    struct nvm *n = t->nvm;

    if (may_come_while_busy(t, op)) {
        return;
    }
    if (nvm_busy_until(n, at_ps) || n->end_ps != t->waited_for_ps) { /* of each write, the first access after it */
        t->waited_for_ps = n->work == NVM_IDLE ? n->end_ps : t->waited_for_ps;
        bool fuse = n->work == NVM_FUSE_WRITE || n->work == NVM_LOCK_WRITE || (n->work == NVM_IDLE && t->wrote_fuse);
        checker_at_least(t->checker, fuse ? CHECK_BUSY_FUSE : CHECK_BUSY_ACCESS, at_ps,
                         (int64_t)(n->end_ps - n->begin_ps), (int64_t)(at_ps - n->begin_ps));
    }
}

void target_judge(struct target *t, enum nvm_result r, sim_time at_ps)
{
    switch (r) {
    case NVM_LOCKED: checker_report(t->checker, CHECK_LOCKED, at_ps, NULL, 0, 0); break;
    case NVM_LOADED_TWICE: checker_report(t->checker, CHECK_PAGE_LOAD_TWICE, at_ps, NULL, 0, 0); break;
    case NVM_HIGH_WITHOUT_LOW: checker_report(t->checker, CHECK_PAGE_LOAD_ORDER, at_ps, NULL, 0, 0); break;
    case NVM_DONE:
    case NVM_BUSY: /* measured before */
    case NVM_NOT_THERE: break;
    }
}

static void note(struct target *t, enum note_kind kind, sim_time at_ps, sim_time end_ps, uint32_t value)
{
    if (t->sim->notes) {
        notes_add(t->sim->notes, kind, at_ps, end_ps, value, NULL);
    }
}

/* What follows from what the port has misread says so. */
static void begin_taken(struct target *t, uint32_t bits, unsigned n)
{
    if (!port_rules_took(&t->rules, bits, n)) {
        enum checker_rule from = port_rules_cause(&t->rules);

        checker_follows(t->checker, from);
        if (from != CHECKER_RULES) {
            write_rules_misread(&t->writes, from);
        }
    }
}

static bool answer(struct target *t, const struct isp_frame *f, sim_time at_ps, uint32_t frame, uint8_t *data)
{
    struct nvm *n = t->nvm;
    enum nvm_result r = NVM_NOT_THERE;

    check_busy(t, f->op, at_ps);
    write_rules_before(&t->writes, n, f, frame, at_ps);
    switch (f->op) {
    case ISP_POLL_RDY_BSY:
        *data = nvm_poll(n, at_ps);
        write_rules_after(&t->writes, n, f, NVM_DONE, *data, at_ps);
        return true;
    case ISP_READ_FLASH: r = nvm_read_flash(n, at_ps, f->address, f->high, data); break;
    case ISP_READ_EEPROM: r = nvm_read_eeprom(n, at_ps, f->address, data); break;
    case ISP_READ_SIGNATURE: r = nvm_read_signature(n, at_ps, f->address, data); break;
    case ISP_READ_CALIBRATION: r = nvm_read_calibration(n, at_ps, f->address, data); break;
    case ISP_READ_LFUSE:
    case ISP_READ_HFUSE:
    case ISP_READ_EFUSE: r = nvm_read_fuse(n, at_ps, f->op - ISP_READ_LFUSE, data); break;
    case ISP_READ_LOCK: r = nvm_read_lock(n, at_ps, data); break;
    default: break;
    }
    target_judge(t, r, at_ps);
    write_rules_after(&t->writes, n, f, r, r == NVM_DONE ? *data : 0, at_ps);
    if (r == NVM_LOCKED && t->cfg.switches.v[SW_REFUSED_READ] >= 0) {
        *data = (uint8_t)t->cfg.switches.v[SW_REFUSED_READ];
        return true;
    }
    return r == NVM_DONE || r == NVM_BUSY;
}

static bool port_read(void *ctx, sim_time at_ps, uint32_t frame, uint8_t *data)
{
    struct target *t = ctx;
    struct isp_frame f;

    if (!isp_decode(&t->decoder, frame, &f) || !f.is_read) {
        return false;
    }
    note(t, NOTE_TAKEN, at_ps, at_ps, frame);
    begin_taken(t, frame >> 8, 24);
    bool answers = answer(t, &f, at_ps, frame, data);
    checker_follows(t->checker, CHECKER_RULES);
    return answers;
}

static void warnings_of(const struct target *t, const struct fuse_bytes *fuses, struct fuse_warnings *w)
{
    struct fuse_verdict v = fuse_verdict(t->cfg.part, fuses, &t->board);

    fuse_warnings_make(w, t->cfg.part, fuses, &t->board, &v);
}

/* Shut out of the port, or by the lock bits out of the memories. */
static bool shuts_out(const struct fuse_warning *w)
{
    return w->bricks || !strcmp(w->id, "lock-2") || !strcmp(w->id, "lock-3");
}

static bool has_warning(const struct fuse_warnings *w, const char *id)
{
    for (unsigned i = 0; i < w->n; i++) {
        if (!strcmp(w->warning[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Fuses or lock bits are being written, or erased: what will be lost with it that was not lost before, in `limpet fuses`' words. */
static void warn_of_lock_out(struct target *t, const struct fuse_bytes *before, sim_time at_ps)
{
    struct fuse_warnings was, is;
    struct fuse_bytes will_be = nvm_fuses_to_be(t->nvm);

    if (!t->checker || !memcmp(before, &will_be, sizeof will_be)) {
        return;
    }
    warnings_of(t, before, &was);
    warnings_of(t, &will_be, &is);
    for (unsigned i = 0; i < is.n; i++) {
        if (shuts_out(&is.warning[i]) && !has_warning(&was, is.warning[i].id)) {
            checker_report_text(t->checker, CHECK_LOCK_OUT, at_ps, is.warning[i].text);
        }
    }
}

void target_write_began(struct target *t, const struct fuse_bytes *fuses, sim_time at_ps, uint32_t frame)
{
    struct nvm *n = t->nvm;

    if (n->work == NVM_FUSE_WRITE || n->work == NVM_LOCK_WRITE || n->work == NVM_CHIP_ERASE) {
        warn_of_lock_out(t, fuses, at_ps);
    }
    sim_time end_ps = nvm_busy_until(n, at_ps);
    if (end_ps) {
        note(t, NOTE_BUSY, at_ps, end_ps, frame);
        sim_schedule(t->sim, &t->written, end_ps);
    }
}

/* ---- instructions that somebody waits for ---- */

void target_await_instructions(struct target *t, struct target_countdown *c, uint64_t n, struct sim_event *event)
{
    *c = (struct target_countdown){ t->countdowns, n, event };
    t->countdowns = c;
}

void target_forget_countdown(struct target *t, struct target_countdown *c)
{
    for (struct target_countdown **p = &t->countdowns; *p; p = &(*p)->next) {
        if (*p == c) {
            *p = c->next;
            return;
        }
    }
}

static void count_down(struct target *t, sim_time at_ps)
{
    for (struct target_countdown *c = t->countdowns, *next; c; c = next) {
        next = c->next;
        if (--c->left == 0) {
            target_forget_countdown(t, c);
            sim_schedule(t->sim, c->event, at_ps > t->sim->now_ps ? at_ps : t->sim->now_ps);
        }
    }
}

/* What a chip that still writes has not taken is missing later: a low byte before its high one, an erase before a write. */
static void note_ignored(struct target *t, enum isp_op op, enum nvm_result r)
{
    if (r == NVM_BUSY && op == ISP_CHIP_ERASE) {
        write_rules_misread(&t->writes, CHECK_BUSY_ACCESS);
    }
    if (op == ISP_LOAD_FLASH_PAGE) {
        t->load_ignored |= r == NVM_BUSY;
    } else if (op == ISP_WRITE_FLASH_PAGE || op == ISP_CHIP_ERASE) {
        t->load_ignored &= r == NVM_BUSY;
    }
}

static void execute(struct target *t, const struct isp_frame *f, sim_time at_ps, uint32_t frame)
{
    struct nvm *n = t->nvm;
    enum nvm_result r = NVM_NOT_THERE;

    check_busy(t, f->op, at_ps);
    nvm_settle(n, at_ps);
    write_rules_before(&t->writes, n, f, frame, at_ps);
    struct fuse_bytes fuses = n->cells.fuses;
    switch (f->op) {
    case ISP_CHIP_ERASE: r = nvm_chip_erase(n, at_ps); break;
    case ISP_LOAD_FLASH_PAGE: r = nvm_load_flash(n, at_ps, f->address, f->high, f->data); break;
    case ISP_WRITE_FLASH_PAGE: r = nvm_write_flash_page(n, at_ps, f->address); break;
    case ISP_LOAD_EEPROM_PAGE: r = nvm_load_eeprom(n, at_ps, f->address, f->data); break;
    case ISP_WRITE_EEPROM_PAGE: r = nvm_write_eeprom_page(n, at_ps, f->address); break;
    case ISP_WRITE_EEPROM: r = nvm_write_eeprom(n, at_ps, f->address, f->data); break;
    case ISP_WRITE_LFUSE:
    case ISP_WRITE_HFUSE:
    case ISP_WRITE_EFUSE: r = nvm_write_fuse(n, at_ps, f->op - ISP_WRITE_LFUSE, f->data); break;
    case ISP_WRITE_LOCK: r = nvm_write_lock(n, at_ps, f->data); break;
    default: /* Programming Enable again; the extended address, of no use to flash below 64 Ki words */ break;
    }
    note_ignored(t, f->op, r);
    bool follows = r == NVM_HIGH_WITHOUT_LOW && t->load_ignored && !t->rules.misread;
    if (follows) {
        checker_follows(t->checker, CHECK_BUSY_ACCESS);
    }
    target_judge(t, r, at_ps);
    if (follows) {
        checker_follows(t->checker, CHECKER_RULES);
    }
    write_rules_after(&t->writes, n, f, r, 0, at_ps);
    if (r == NVM_DONE) {
        t->wrote_fuse = n->work == NVM_FUSE_WRITE || n->work == NVM_LOCK_WRITE;
        target_write_began(t, &fuses, at_ps, frame);
    }
}

static void port_execute(void *ctx, sim_time at_ps, uint32_t frame)
{
    struct target *t = ctx;

    if (t->countdowns) {
        count_down(t, at_ps);
    }
    struct isp_frame f;

    begin_taken(t, frame, 32);
    if (isp_decode(&t->decoder, frame, &f) && !f.is_read) {
        note(t, NOTE_TAKEN, at_ps, at_ps, frame);
        execute(t, &f, at_ps, frame);
    }
    checker_follows(t->checker, CHECKER_RULES);
}

static bool port_enable(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;

    bool accepted = !(t->rules.early && t->cfg.switches.v[SW_EARLY_ENABLE_IGNORED]);
    note(t, NOTE_PORT, at_ps, at_ps, accepted);
    t->enables += accepted;
    t->lost_enabled &= !accepted;
    port_rules_enabled(&t->rules);
    return accepted;
}

const struct spi_slave_ops target_port_ops = {
    .output = target_miso_output,
    .read = port_read,
    .execute = port_execute,
    .enable = port_enable,
};
