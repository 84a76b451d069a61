/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * write_rules.h - what a programmer writes, and whether it waits for it by itself: rules about sequences of instructions
 *
 *      write ---- own time ---->|answer ... host's ... command|---- own time ----> next instruction
 *
 * Waits       tWD_FLASH, tWD_EEPROM, tWD_ERASE, tWD_FUSE are kept by the programmer's own time, or by a poll that says
 *             ready. That a slow host makes it long enough is luck: a risk, not a finding (the chip's true busy time is
 *             busy_access). Told of the write, since the wait is missing there.
 * Pages       written to where their bytes were loaded for, erased before, not what is there already
 * Source      ATmega328P datasheet 42735B, "Serial Programming Algorithm", "Minimum Wait Delay Before Writing the Next
 *             Flash or EEPROM Location"; endurance: "Features"
 */
#ifndef SIM_WRITE_RULES_H
#define SIM_WRITE_RULES_H

#include "sim/checker.h"
#include "sim/host_talk.h"
#include "sim/isp_code.h"
#include "sim/nvm.h"

struct write_rules {
    struct checker *checker; /* NULL: nobody checks */
    const struct part *part;
    struct host_talk *talk; /* NULL: no host behind the programmer */
    bool has_poll;

    bool waiting; /* since a write: */
    enum checker_rule rule;
    sim_time at_ps, spent_ps;
    int64_t required_ps;
    struct checker_where where;

    uint32_t n_loaded;    /* bytes of the page buffer since the last page write */
    uint32_t loaded_page; /* as the address bits say that the chip ignores */
    bool one_page;        /* all of them the same */
    bool lock_written;    /* in this session */
    bool misread; /* until the next chip erase: flash holds what the port misread, or a page's bytes elsewhere: */
    enum checker_rule from;
};

/* How long the part's datasheet says to wait after such a write, and the rule about it. False: no wait. */
bool write_rules_wait(const struct part *part, enum isp_op op, enum checker_rule *rule, uint32_t *t_wd_us);
/* An instruction that asks whether the write has ended: where there is no RDY/BSY, data are read until they are right. */
bool write_rules_is_poll(enum isp_op op, bool has_poll);

void write_rules_init(struct write_rules *w, struct checker *checker, const struct part *part, bool has_poll);
/* RESET was let go: nobody will say more about the last write, the programmer has waited for it or not. */
void write_rules_released(struct write_rules *w, sim_time at_ps);
/* The port is closed, the supply gone: what was written may end as it likes. */
void write_rules_stop(struct write_rules *w);

/* What comes is not what was sent, since this rule was broken. */
static inline void write_rules_misread(struct write_rules *w, enum checker_rule from)
{
    w->misread = true;
    w->from = from;
}

/* An instruction is about to be executed or answered; bytes: all four (of a read three). */
void write_rules_before(struct write_rules *w, const struct nvm *nvm, const struct isp_frame *f, uint32_t bytes,
                        sim_time at_ps);
/* ... and was; of a read data is what went out. */
void write_rules_after(struct write_rules *w, const struct nvm *nvm, const struct isp_frame *f, enum nvm_result r,
                       uint8_t data, sim_time at_ps);

#endif
