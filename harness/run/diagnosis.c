/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/diagnosis.h"

#include "harness/run/diagnosis_rows.h"
#include "mcu/mcu_board.h"

#include <stdarg.h>
#include <stdio.h>

void diagnosis_begin(struct diagnosis *d, struct board *b)
{
    const struct mcu_board *mcu = board_mcu(b);
    struct mcu_board_counters n = mcu ? mcu_board_counters(mcu) : (struct mcu_board_counters){ 0 };
    const struct serial_line *line = &board_ports(b)->line[BOARD_PORT_PROGRAMMER];

    *d = (struct diagnosis){
        .since_ps = board_now(b),
        .session_ps = SIM_NEVER,
        .rx_overruns = n.rx_overruns,
        .resets = n.resets,
        .sent = line->n_sent,
        .received = line->n_received,
        .enables = board_target(b)->enables,
        .erases = board_nvm(b)->cells.chip_erased,
    };
}

bool say(const struct asked *a, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(a->buf, a->n, fmt, args);
    va_end(args);
    return true;
}

uint64_t came(const struct asked *a, enum checker_rule rule)
{
    uint64_t before = 0;

    for (size_t i = 0; a->since_ps && i < checker_count(a->c); i++) {
        const struct checker_finding *f = checker_at(a->c, i);

        before += f->rule == rule && f->at_ps < a->since_ps && !f->follows;
    }
    return checker_margin(a->c, rule)->findings - checker_margin(a->c, rule)->follow - before;
}

const struct checker_finding *first_of(const struct asked *a, enum checker_rule rule)
{
    for (size_t i = 0; i < checker_count(a->c); i++) {
        const struct checker_finding *f = checker_at(a->c, i);

        if (f->rule == rule && f->at_ps >= a->since_ps && !f->follows) {
            return f;
        }
    }
    return NULL;
}

bool touched(const struct asked *a)
{
    const struct plan *p = &board_scenario(a->b)->board.plan;
    const struct plan_part *programmer = &p->parts[PLAN_PROGRAMMER];

    for (unsigned i = ISP_RESET; i <= ISP_MOSI; i++) {
        char name[100];

        if (p->isp[i] < 0) {
            continue;
        }
        snprintf(name, sizeof name, "%s.%s", programmer->name, programmer->pins[p->isp[i]].name);
        const struct net *net = board_net(a->b, name);
        net_wake(net);
        if (net && net->changed_ps && net->changed_ps >= a->d->since_ps) {
            return true;
        }
    }
    return a->t->rules.programs || a->t->spi.enabled || a->t->enables != a->d->enables;
}

enum when { NOW, LATER, LAST }; /* LATER: what a step before did may show only now; LAST: if nothing else was found */

static const struct {
    diagnosis_row *is_it;
    enum when when;
} rows[] = {
    /* the deepest first: what follows from it comes to nothing */
    { nothing_opened, NOW },  { wrong_protocol, NOW },       { wrong_baud, NOW },    { wrong_baud_heard, NOW },
    { bytes_lost, NOW },      { programmer_was_reset, NOW }, { target_silent, NOW }, { bootloader_knows_no_fuses, NOW },
    { chip_out, NOW },        { serial_struck, LATER },      { no_supply, NOW },     { supply_came_back, NOW },
    { wire_wrong, NOW },      { port_closed, NOW },          { no_clock, NOW },      { programmer_silent, NOW },
    { sck_never_moved, NOW }, { mosi_never_moved, NOW },     { miso_fought, NOW },   { floats, NOW },
    { other_part, NOW },      { sck_too_fast, LATER },       { wire_faulty, LATER }, { written_while_busy, LATER },
    { locked, LATER },        { cell_stuck, LATER },         { unerased, LATER },    { eeprom_kept, LATER },
    { unused_bits, NOW },     { programmer_hangs, NOW },     { rule_broken, NOW },   { no_enable, NOW },
    { fault_struck, LAST },   { bits_moved, LAST },          { read_wrong, LAST },
};

static bool ask(const struct asked *a, enum when from, enum when to)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].when >= from && rows[i].when <= to && rows[i].is_it(a)) {
            return true;
        }
    }
    return false;
}

bool diagnosis_make(const struct diagnosis *d, struct board *b, char *buf, size_t n)
{
    struct asked a = { d, b, board_checker(b), board_target(b), d->since_ps, buf, n };

    buf[0] = '\0';
    if (ask(&a, NOW, LATER)) {
        return true;
    }
    if (d->session_ps < a.since_ps) {
        a.since_ps = d->session_ps;
        if (ask(&a, NOW, LATER)) {
            return true;
        }
    }
    a.since_ps = 0;
    if (d->compares && ask(&a, LATER, LATER)) {
        return true;
    }
    a.since_ps = d->since_ps;
    return ask(&a, LAST, LAST);
}
