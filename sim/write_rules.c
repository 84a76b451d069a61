/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/write_rules.h"

#include <assert.h>
#include <string.h>

#define RDY_BSY 1 /* of the poll: busy */

void write_rules_init(struct write_rules *w, struct checker *checker, const struct part *part, bool has_poll)
{
    memset(w, 0, sizeof *w);
    w->checker = checker;
    w->part = part;
    w->has_poll = has_poll;
}

void write_rules_stop(struct write_rules *w)
{
    w->waiting = w->lock_written = false;
    w->n_loaded = 0;
}

/* ---- waits ---- */

bool write_rules_wait(const struct part *part, enum isp_op op, enum checker_rule *rule, uint32_t *t_wd_us)
{
    switch (op) {
    case ISP_WRITE_FLASH_PAGE:
        *rule = CHECK_WD_FLASH;
        *t_wd_us = part->t_wd_flash_us;
        return true;
    case ISP_WRITE_EEPROM:
    case ISP_WRITE_EEPROM_PAGE:
        *rule = CHECK_WD_EEPROM;
        *t_wd_us = part->t_wd_eeprom_us;
        return true;
    case ISP_CHIP_ERASE:
        *rule = CHECK_WD_ERASE;
        *t_wd_us = part->t_wd_erase_us;
        return true;
    case ISP_WRITE_LFUSE:
    case ISP_WRITE_HFUSE:
    case ISP_WRITE_EFUSE:
    case ISP_WRITE_LOCK:
        *rule = CHECK_WD_FUSE;
        *t_wd_us = part->t_wd_fuse_us;
        return true;
    default: return false;
    }
}

bool write_rules_is_poll(enum isp_op op, bool has_poll)
{
    return op == ISP_POLL_RDY_BSY || (!has_poll && (op == ISP_READ_FLASH || op == ISP_READ_EEPROM));
}

static void waited(struct write_rules *w, sim_time at_ps)
{
    sim_time hosts = w->talk ? host_talk_spent(w->talk) - w->spent_ps : 0;

    checker_where_then(w->checker, &w->where);
    checker_at_least(w->checker, w->rule, w->at_ps, w->required_ps, (int64_t)(at_ps - w->at_ps - hosts));
    checker_where_then(w->checker, NULL);
    w->waiting = false;
}

static void begin_wait(struct write_rules *w, enum isp_op op, sim_time at_ps)
{
    uint32_t t_wd_us = 0;

    if (write_rules_wait(w->part, op, &w->rule, &t_wd_us)) {
        w->waiting = true;
        w->at_ps = at_ps;
        w->required_ps = (int64_t)(t_wd_us * SIM_US);
        w->spent_ps = w->talk ? host_talk_spent(w->talk) : 0;
        checker_where_now(w->checker, &w->where);
    }
}

void write_rules_released(struct write_rules *w, sim_time at_ps)
{
    if (w->waiting) {
        waited(w, at_ps);
    }
}

/* ---- pages ---- */

static void loaded(struct write_rules *w, uint32_t bytes)
{
    uint32_t page = (bytes >> 8 & 0xFFFF) / (w->part->flash_page_bytes / 2u);

    w->one_page = !w->n_loaded || (w->one_page && page == w->loaded_page);
    w->loaded_page = page;
    w->n_loaded++;
}

/* Many programmers send the bits within the page only, and zeros or ones before them: these say nothing. */
static bool says_a_page(const struct write_rules *w)
{
    return w->loaded_page && w->loaded_page != 0xFFFF / (w->part->flash_page_bytes / 2u);
}

static void check_page(struct write_rules *w, uint32_t page, sim_time at_ps)
{
    if (!w->n_loaded) {
        checker_report_text(w->checker, CHECK_PAGE_OTHER, at_ps,
                            "a page is written with nothing loaded into the page buffer since the last one");
    } else if (w->one_page && says_a_page(w) && w->loaded_page != page) {
        checker_report(w->checker, CHECK_PAGE_OTHER, at_ps, NULL, 0, 0);
        if (!w->misread) { /* what stands there from now on is another page's */
            write_rules_misread(w, CHECK_PAGE_OTHER);
        }
    }
}

static void check_flash(struct write_rules *w, const struct nvm *n, uint32_t page, sim_time at_ps)
{
    uint32_t size = w->part->flash_page_bytes, base = page % (w->part->flash_bytes / size) * size, changes = 0;

    for (uint32_t i = 0; i < size; i++) {
        bool is_loaded = n->page_loaded[i / 2] >> (i & 1) & 1;
        uint8_t data = n->page[i], cell = n->cells.flash[base + i];

        bool lost = is_loaded && data & ~cell; /* a bit that is stuck is the chip's fault */

        if (lost && !(n->faults && !(data & ~cell & ~nvm_faults_stuck(n->faults, false, base + i)))) {
            checker_report(w->checker, CHECK_WRITE_UNERASED, at_ps, NULL, 0, base + i);
            return;
        }
        changes += is_loaded && data != cell;
    }
    if (!changes && w->n_loaded) {
        checker_report(w->checker, CHECK_REWRITE, at_ps, NULL, 0, base);
    }
    if (n->cells.flash_written[page % NVM_MAX_FLASH_PAGES] >= NVM_FLASH_CYCLES) {
        checker_report(w->checker, CHECK_ENDURANCE, at_ps, NULL, 0, base);
    }
}

/* What is found in flash may follow from what stands there since. */
static void check_flash_after(struct write_rules *w, const struct nvm *n, uint32_t page, sim_time at_ps)
{
    bool misread = w->checker->follows;

    if (w->misread && !misread) {
        checker_follows(w->checker, w->from);
    }
    check_flash(w, n, page, at_ps);
    if (!misread) {
        checker_follows(w->checker, CHECKER_RULES);
    }
}

static void check_eeprom(struct write_rules *w, const struct nvm *n, const struct isp_frame *f, sim_time at_ps)
{
    uint32_t at = f->address % w->part->eeprom_bytes;

    if (n->cells.eeprom[at] == f->data) {
        checker_report(w->checker, CHECK_REWRITE, at_ps, NULL, 0, at);
    }
    if (n->cells.eeprom_written[at] >= NVM_EEPROM_CYCLES) {
        checker_report(w->checker, CHECK_ENDURANCE, at_ps, NULL, 0, at);
    }
}

/* ---- instructions ---- */

void write_rules_before(struct write_rules *w, const struct nvm *nvm, const struct isp_frame *f, uint32_t bytes,
                        sim_time at_ps)
{
    if (!w->checker) {
        return;
    }
    if (w->waiting && !write_rules_is_poll(f->op, w->has_poll)) {
        waited(w, at_ps);
    }
    if (w->talk) {
        host_talk_acts(w->talk);
    }
    switch (f->op) {
    case ISP_LOAD_FLASH_PAGE: loaded(w, bytes); break;
    case ISP_WRITE_FLASH_PAGE:
        check_page(w, f->address, at_ps);
        check_flash_after(w, nvm, f->address, at_ps);
        break;
    case ISP_WRITE_EEPROM: check_eeprom(w, nvm, f, at_ps); break;
    default: break;
    }
}

void write_rules_after(struct write_rules *w, const struct nvm *nvm, const struct isp_frame *f, enum nvm_result r,
                       uint8_t data, sim_time at_ps)
{
    if (!w->checker) {
        return;
    }
    if (f->is_read) {
        assert(!w->waiting ||
               write_rules_is_poll(f->op, w->has_poll)); /* else write_rules_before() has ended the wait */
        if (w->waiting && nvm->work == NVM_IDLE && !(f->op == ISP_POLL_RDY_BSY && data & RDY_BSY)) {
            w->waiting = false; /* it knows */
        }
        return;
    }
    if (r == NVM_LOCKED && w->lock_written) {
        checker_report(w->checker, CHECK_LOCK_EARLY, at_ps, NULL, 0, 0);
    }
    if (r == NVM_DONE) {
        begin_wait(w, f->op, at_ps);
        w->lock_written |= f->op == ISP_WRITE_LOCK;
    }
    if (f->op == ISP_WRITE_FLASH_PAGE || f->op == ISP_CHIP_ERASE) {
        w->n_loaded = 0;
        w->lock_written &= f->op != ISP_CHIP_ERASE;
        w->misread &= f->op != ISP_CHIP_ERASE || w->checker->follows;
    }
}
