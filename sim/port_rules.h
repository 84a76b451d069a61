/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_rules.h - measures what a programmer does to SCK, MOSI and RESET, for the checker to judge
 *
 * Told of every change by the target, with the target's clock as the yardstick. Writes and busy times are not
 * its business. Without a clock there is nothing to measure phases by: that is a note of its own.
 */
#ifndef SIM_PORT_RULES_H
#define SIM_PORT_RULES_H

#include "sim/checker.h"
#include "sim/clock.h"

#define PORT_ENABLE_WAIT_PS (20 * SIM_MS)

struct port_rules {
    struct checker *checker; /* NULL: nobody checks */
    bool listening;          /* between RESET low and high */
    bool has_clock;
    int64_t phase_ps, setup_ps, hold_ps;
    int64_t least_phase_ps; /* more than 2 clocks; from 12 MHz on at least 3 */

    bool sck_rose, sck_fell; /* since listening */
    bool hold_open;          /* no change of MOSI since SCK rose */
    bool told_no_clock;
    sim_time rise_ps, fall_ps, mosi_ps;
    sim_time since_ps; /* RESET low or power-up: the 20 ms run from here */
    bool early;        /* SCK moved before they were over */
};

void port_rules_init(struct port_rules *p, struct checker *checker);
/* period_ps 0: no clock. */
void port_rules_clock(struct port_rules *p, sim_time period_ps);
/* The port listens from now on; sck: level at that moment. */
void port_rules_start(struct port_rules *p, sim_time at_ps, enum net_level sck);
void port_rules_stop(struct port_rules *p);

/* The first rise since listening: the wait before Programming Enable, and whether there is a clock. */
void port_rules_first_rise(struct port_rules *p, sim_time at_ps);

static inline void port_rules_sck(struct port_rules *p, sim_time at_ps, bool level)
{
    if (!p->listening) {
        return;
    }
    if (level) {
        if (!p->sck_rose) {
            port_rules_first_rise(p, at_ps);
        }
        if (p->has_clock) {
            if (p->sck_fell) {
                checker_judge(p->checker, CHECK_SCK_LOW, at_ps, p->phase_ps, (int64_t)(at_ps - p->fall_ps),
                              p->least_phase_ps);
            }
            checker_at_least(p->checker, CHECK_MOSI_SETUP, at_ps, p->setup_ps, (int64_t)(at_ps - p->mosi_ps));
        }
        p->sck_rose = true;
        p->hold_open = p->has_clock;
        p->rise_ps = at_ps;
    } else {
        if (p->has_clock && p->sck_rose) {
            checker_judge(p->checker, CHECK_SCK_HIGH, at_ps, p->phase_ps, (int64_t)(at_ps - p->rise_ps),
                          p->least_phase_ps);
        }
        p->sck_fell = p->sck_rose; /* a low before the first rise is no phase of a clock */
        p->fall_ps = at_ps;
    }
}

static inline void port_rules_mosi(struct port_rules *p, sim_time at_ps)
{
    p->mosi_ps = at_ps;
    if (p->hold_open) {
        p->hold_open = false;
        checker_at_least(p->checker, CHECK_MOSI_HOLD, at_ps, p->hold_ps, (int64_t)(at_ps - p->rise_ps));
    }
}

#endif
