/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/diagnosis.h"

#include "harness/base/quantity.h"
#include "harness/board/ports.h"
#include "harness/run/finding_text.h"
#include "mcu/mcu_board.h"
#include "sim/fuse_warning.h"
#include "sim/target_avr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BAUD_PERMILLE 40 /* a UART bears so much */

struct asked {
    const struct diagnosis *d;
    struct board *b;
    const struct checker *c;
    const struct target *t;
    char *buf;
    size_t n;
};

void diagnosis_begin(struct diagnosis *d, struct board *b)
{
    const struct mcu_board *mcu = board_mcu(b);

    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        d->findings[i] = checker_margin(board_checker(b), (enum checker_rule)i)->findings;
    }
    d->rx_overruns = mcu ? mcu_board_counters(mcu).rx_overruns : 0;
    d->since_ps = board_now(b);
}

static uint64_t came(const struct asked *a, enum checker_rule rule)
{
    return checker_margin(a->c, rule)->findings - a->d->findings[rule];
}

/* The first of the rule since the step began that is still in the list. */
static const struct checker_finding *first_of(const struct asked *a, enum checker_rule rule)
{
    for (size_t i = 0; i < checker_count(a->c); i++) {
        const struct checker_finding *f = checker_at(a->c, i);

        if (f->rule == rule && f->at_ps >= a->d->since_ps) {
            return f;
        }
    }
    return NULL;
}

static const char *hz_text(uint64_t millihz, char *buf, unsigned n)
{
    return quantity_text(QUANTITY_FREQ_MILLIHZ, (int64_t)millihz, buf, n);
}

/* "its system clock is 16 kHz (low fuse 0x63)" */
static const char *clock_text(const struct asked *a, char *buf, size_t n)
{
    char hz[48];
    const struct sim_clock *cpu = target_cpu_clock(a->t);
    uint64_t millihz = sim_clock_runs(cpu)
                           ? (uint64_t)((unsigned __int128)cpu->period_den * 1000 * SIM_S / cpu->period_num)
                           : 0;
    uint64_t unit = millihz > 1000000000 ? 1000000 : 1000;

    snprintf(buf, n, "the target's clock is %s (low fuse 0x%02X)",
             millihz ? hz_text((millihz + unit / 2) / unit * unit, hz, sizeof hz) : "made by hand",
             a->t->latched.fuse[0]);
    return buf;
}

/* ---- the serial line ---- */

static bool wrong_baud(const struct asked *a)
{
    struct board_ports *p = board_ports(a->b);
    uint32_t listens = board_programmer_baud(a->b), speaks;
    const struct uart_format *f = &p->line[BOARD_PORT_PROGRAMMER].format;

    if (!board_mcu(a->b)) {
        return false;
    }
    if (!listens) {
        snprintf(a->buf, a->n, "the programmer's firmware does not listen on its serial port: its USART is off");
        return true;
    }
    speaks = (uint32_t)(f->bit_den * SIM_S / f->bit_num);
    uint32_t apart = speaks > listens ? speaks - listens : listens - speaks;
    if ((uint64_t)apart * 1000 <= (uint64_t)listens * BAUD_PERMILLE) {
        return false;
    }
    snprintf(a->buf, a->n,
             "the host speaks at %u baud, the programmer's firmware listens at %u: say programmer.baud (avrdude's -b)",
             speaks, listens);
    return true;
}

static bool bytes_lost(const struct asked *a)
{
    uint64_t n = board_mcu(a->b) ? mcu_board_counters(board_mcu(a->b)).rx_overruns - a->d->rx_overruns : 0;

    if (n) {
        snprintf(a->buf, a->n,
                 "the programmer's USART lost %" PRIu64 " byte%s: its firmware did not fetch them in time", n,
                 n == 1 ? "" : "s");
    }
    return n;
}

/* ---- the target does not hear, or has no clock ---- */

static bool port_closed(const struct asked *a)
{
    enum checker_rule told = a->t->told_closed;

    if (told >= CHECKER_RULES) {
        return false;
    }
    snprintf(a->buf, a->n, "%s", checker_rule_info(told)->text);
    return true;
}

static bool no_clock(const struct asked *a)
{
    struct fuse_warnings w;

    if (!came(a, CHECK_NO_CLOCK) && (a->t->clock.runs || a->t->mode != TARGET_RESET)) {
        return false;
    }
    struct fuse_verdict v = fuse_verdict(a->t->cfg.part, &a->t->latched, &a->t->board);
    fuse_warnings_make(&w, a->t->cfg.part, &a->t->latched, &a->t->board, &v);
    for (unsigned i = 0; i < w.n; i++) {
        if (w.warning[i].bricks) {
            snprintf(a->buf, a->n, "the target has no clock: %s", w.warning[i].text);
            return true;
        }
    }
    snprintf(a->buf, a->n, "the target has no clock: low fuse 0x%02X", a->t->latched.fuse[0]);
    return true;
}

static bool sck_never_moved(const struct asked *a)
{
    const struct net *sck = board_net(a->b, "target.sck");

    if (sck && sck->changed_ps && (sck->changed_ps >= a->d->since_ps || a->t->rules.programs)) {
        return false;
    }
    snprintf(a->buf, a->n, "SCK did not move at the target: is its wire there, and does the programmer get so far?");
    return true;
}

/* ---- what the programmer does to it ---- */

static bool sck_too_fast(const struct asked *a)
{
    static const enum checker_rule rules[] = { CHECK_SCK_HIGH, CHECK_SCK_LOW };
    char clock[120], is[48], must[48];

    for (unsigned i = 0; i < 2; i++) {
        const struct checker_finding *f = came(a, rules[i]) ? first_of(a, rules[i]) : NULL;

        if (f) {
            snprintf(a->buf, a->n,
                     "SCK was %s for %s, and %s: it sees edges from more than %s on and missed %" PRIu64
                     " phases. A slower SCK helps (avrdude's -B), or a faster clock",
                     i ? "low" : "high", finding_value_text(f->rule, f->measured, is, sizeof is),
                     clock_text(a, clock, sizeof clock), finding_value_text(f->rule, f->required, must, sizeof must),
                     came(a, CHECK_SCK_HIGH) + came(a, CHECK_SCK_LOW));
            return true;
        }
    }
    return false;
}

static bool written_while_busy(const struct asked *a)
{
    static const enum checker_rule rules[] = { CHECK_BUSY_ACCESS, CHECK_BUSY_FUSE };
    char at[48], is[48], must[48], bytes[16];

    for (unsigned i = 0; i < 2; i++) {
        const struct checker_finding *f = came(a, rules[i]) ? first_of(a, rules[i]) : NULL;

        if (f) {
            snprintf(
                a->buf, a->n,
                "the chip was still writing when %s came at %s, %s after it began (it may take %s): it ignored that. Wait "
                "longer, or poll",
                finding_instruction_text(&f->where, bytes, sizeof bytes),
                quantity_text(QUANTITY_TIME_PS, (int64_t)f->at_ps, at, sizeof at),
                finding_value_text(f->rule, f->measured, is, sizeof is),
                finding_value_text(f->rule, f->required, must, sizeof must));
            return true;
        }
    }
    return false;
}

static bool locked(const struct asked *a)
{
    if (!came(a, CHECK_LOCKED)) {
        return false;
    }
    snprintf(a->buf, a->n, "the lock bits (0x%02X, LB mode %u) refused it: a chip erase opens them",
             a->t->nvm->cells.fuses.lock, nvm_lb_mode(a->t->nvm));
    return true;
}

static bool unerased(const struct asked *a)
{
    const struct checker_finding *f = NULL;

    for (size_t i = 0; i < checker_count(a->c) && !f; i++) {
        f = checker_at(a->c, i)->rule == CHECK_WRITE_UNERASED ? checker_at(a->c, i) : NULL;
    }
    if (f) {
        snprintf(a->buf, a->n,
                 "flash was written at 0x%04" PRIX64 " without an erase before: bits only go from 1 to 0 there",
                 (uint64_t)f->measured);
    }
    return f;
}

/* Any other rule that was broken in this step. */
static bool rule_broken(const struct asked *a)
{
    char text[FINDING_TEXT_BYTES];

    for (size_t i = 0; i < checker_count(a->c); i++) {
        const struct checker_finding *f = checker_at(a->c, i);

        if (f->at_ps >= a->d->since_ps && checker_rule_info(f->rule)->severity != CHECK_NOTE && came(a, f->rule)) {
            const struct checker_rule_info *info = checker_rule_info(f->rule);

            snprintf(a->buf, a->n, "%.*s", (int)a->n - 1,
                     info->has_margin ? finding_text(f, text, sizeof text)
                     : f->text        ? f->text
                                      : info->text);
            return true;
        }
    }
    return false;
}

/* Does a wire lead from the target's MISO to the programmer's? Parts between them: taken as if. */
static bool miso_is_wired(const struct asked *a)
{
    const struct plan *p = &board_scenario(a->b)->board.plan;
    char name[100];

    if (p->n_parts > PLAN_OTHERS || p->isp[ISP_MISO] < 0) {
        return true;
    }
    snprintf(name, sizeof name, "%s.%s", p->parts[PLAN_PROGRAMMER].name,
             p->parts[PLAN_PROGRAMMER].pins[p->isp[ISP_MISO]].name);
    return board_net(a->b, name) == a->t->pin[TARGET_MISO].net;
}

/* The target answers, and the answer does not arrive. */
static bool miso_cut(const struct asked *a)
{
    const struct net *miso = a->t->pin[TARGET_MISO].net;

    if (!a->t->spi.enabled) {
        return false;
    }
    if (miso && net_others(miso, &a->t->pin[TARGET_MISO].driver).strength >= NET_STRONG) {
        snprintf(a->buf, a->n, "the target answers on MISO, and something else drives that wire");
        return true;
    }
    if (!miso_is_wired(a)) {
        snprintf(a->buf, a->n, "the target answers on MISO, and no wire leads from there to the programmer");
        return true;
    }
    return false;
}

/* The deepest cause first: what follows from it comes to nothing. */
static bool (*const rows[])(const struct asked *a) = {
    wrong_baud,         bytes_lost, port_closed, no_clock, sck_never_moved, sck_too_fast,
    written_while_busy, locked,     unerased,    miso_cut, rule_broken,
};

bool diagnosis_make(const struct diagnosis *d, struct board *b, char *buf, size_t n)
{
    const struct asked a = { d, b, board_checker(b), board_target(b), buf, n };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i](&a)) {
            return true;
        }
    }
    return false;
}
