/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/port_rules.h"

#include <string.h>

void port_rules_init(struct port_rules *p, struct checker *checker)
{
    memset(p, 0, sizeof *p);
    p->checker = checker;
}

void port_rules_clock(struct port_rules *p, sim_time period_ps)
{
    /* 12 MHz = 83333.3 ps */
    bool is_fast = period_ps <= 83333;

    p->has_clock = period_ps != 0;
    p->phase_ps = (int64_t)(period_ps * (is_fast ? 3 : 2));
    p->least_phase_ps = p->phase_ps + !is_fast;
    p->setup_ps = (int64_t)period_ps;
    p->hold_ps = (int64_t)(2 * period_ps);
    if (!p->has_clock) {
        p->hold_open = false;
    }
}

void port_rules_start(struct port_rules *p, sim_time at_ps, enum net_level sck)
{
    p->listening = true;
    p->sck_rose = p->sck_fell = p->hold_open = p->told_no_clock = p->early = false;
    p->since_ps = at_ps;
    if (sck == NET_1) {
        checker_report(p->checker, CHECK_SCK_AT_RESET, at_ps, NULL, NET_0, NET_1);
    }
}

void port_rules_stop(struct port_rules *p)
{
    p->listening = false;
    p->hold_open = false;
}

void port_rules_first_rise(struct port_rules *p, sim_time at_ps)
{
    p->early = at_ps - p->since_ps < PORT_ENABLE_WAIT_PS;
    checker_at_least(p->checker, CHECK_ENABLE_WAIT, at_ps, PORT_ENABLE_WAIT_PS, (int64_t)(at_ps - p->since_ps));
    if (!p->has_clock && !p->told_no_clock) {
        p->told_no_clock = true;
        checker_report(p->checker, CHECK_NO_CLOCK, at_ps, NULL, 0, 0);
    }
}
